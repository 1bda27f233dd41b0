/* SPDX-License-Identifier: GPL-2.0 */
/* Where a claim stands in the kernel's bind table (holder.c): process, claim_net.lock. */
#ifndef _NEWINET_HOLDER_H
#define _NEWINET_HOLDER_H

#include <linux/types.h>

struct claim_net;
struct inet_timewait_sock;
struct sock;

int claim_holder_get(struct claim_net *cn, struct inet_timewait_sock *holder,
		     const struct sock *sk, __be32 addr, int dev, u16 num,
		     bool shared);
void claim_holder_put(struct claim_net *cn, struct inet_timewait_sock *holder);
void claim_binder_free(struct claim_net *cn);

#endif /* _NEWINET_HOLDER_H */
