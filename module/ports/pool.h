/* SPDX-License-Identifier: GPL-2.0 */
/* The ports of outgoing connections (pool.c). */
#ifndef _NEWINET_POOL_H
#define _NEWINET_POOL_H

#include <linux/types.h>

struct claim_net;
struct newinet_claim;
struct sock;
struct work_struct;

/*
 * Process, socket locked: give an unbound socket, whose addresses and sk_dport
 * are set, a port for a connection, and insert it into the connection table.
 * When sk->sk_num is set already only the insertion is done. -EADDRNOTAVAIL when
 * nothing is free.
 */
int newinet_claim_connect(struct sock *sk);

/* For the other files about ports. */
void claim_pool_release(struct claim_net *cn, struct newinet_claim *c);	/* both locks */
void claim_pool_reap(struct claim_net *cn, bool all);	/* process, claim_net.lock */
void claim_pool_work(struct work_struct *work);

#endif /* _NEWINET_POOL_H */
