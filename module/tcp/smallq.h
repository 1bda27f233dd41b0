/* SPDX-License-Identifier: GPL-2.0 */
/* Little data below the socket: see smallq.c. */
#ifndef _NEWTCP_SMALLQ_H
#define _NEWTCP_SMALLQ_H

#include <linux/interrupt.h>
#include <linux/llist.h>
#include <linux/percpu.h>
#include <linux/types.h>

struct sock;
struct sk_buff;

/* The sockets that a CPU is to send for; each holds one of its sk_wmem_alloc. */
struct newtcp_smallq {
	struct llist_head sockets;
	struct tasklet_struct tasklet;
};

DECLARE_PER_CPU(struct newtcp_smallq, newtcp_smallqs);	/* smallq_send.c empties it */

bool newtcp_smallq_full(struct sock *sk, const struct sk_buff *skb, unsigned int factor);
bool newtcp_smallq_holds(struct sock *sk, const struct sk_buff *skb);
void newtcp_smallq_kick(struct sock *sk);
void newtcp_write_space(struct sock *sk);			/* any */

#endif /* _NEWTCP_SMALLQ_H */
