/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Groups of listeners on one address and port, for BPF to choose among
 * (reuseport.c).
 */
#ifndef _NEWINET_REUSEPORT_H
#define _NEWINET_REUSEPORT_H

#include <linux/types.h>

struct sk_buff;
struct sock;

bool newinet_reuseport_fits(const struct sock *a, const struct sock *b);
int newinet_reuseport_join(struct sock *sk, struct sock *other);	/* bucket lock */
void newinet_reuseport_leave(struct sock *sk);				/* bucket lock */
struct sock *newinet_reuseport_choose(struct sock *sk, struct sk_buff *skb,
				      unsigned int hdrlen);		/* BH */

#endif /* _NEWINET_REUSEPORT_H */
