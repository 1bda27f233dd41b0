/* SPDX-License-Identifier: GPL-2.0 */
/* A port for bind(2) and listen(2) (bind.c). */
#ifndef _NEWINET_BIND_H
#define _NEWINET_BIND_H

#include <linux/types.h>

struct sock;

/* Process, socket locked. 0 or -errno as bind(2) reports it. */
int newinet_claim_bind(struct sock *sk, __be32 addr, u16 port);
/* The same port taken again by a listener, sk_state set; or a first one. */
int newinet_claim_listen(struct sock *sk);
/* Whether it has its port in the VRF that it is in now; locked. */
bool newinet_claim_is_here(struct sock *sk);

#endif /* _NEWINET_BIND_H */
