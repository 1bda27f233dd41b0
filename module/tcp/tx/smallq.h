/* SPDX-License-Identifier: GPL-2.0 */
/* Little data below the socket: see smallq.c. */
#ifndef _NEWTCP_SMALLQ_H
#define _NEWTCP_SMALLQ_H

#include <linux/interrupt.h>
#include <linux/llist.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/sock.h>

/* The sockets that a CPU is to send for; each holds one of its sk_wmem_alloc. */
struct newtcp_smallq {
	struct llist_head sockets;
	struct tasklet_struct tasklet;
};

DECLARE_PER_CPU(struct newtcp_smallq, newtcp_smallqs);	/* smallq_send.c empties it */

bool newtcp_smallq_over(struct sock *sk, const struct sk_buff *skb, unsigned int factor);

/**
 * newtcp_smallq_full - does enough of a socket's data wait below it?
 * @sk: the connection
 * @skb: what is to be sent next
 * @factor: powers of two by which more may: 0, or 1 for what is sent again
 *
 * Two packets of the same size may wait at any rate; no rate is asked for then.
 *
 * Context: socket lock held.
 * Return: true when @skb has to wait; newtcp_smallq_send() follows then.
 */
static inline bool newtcp_smallq_full(struct sock *sk, const struct sk_buff *skb,
				      unsigned int factor)
{
	u32 waits = refcount_read(&sk->sk_wmem_alloc) >> factor;

	/* Negative is no bound, as on Linux. */
	if (likely(waits <= 2 * skb->truesize &&
		   waits <= (u32)READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_limit_output_bytes)))
		return false;
	return newtcp_smallq_over(sk, skb, factor);
}

bool newtcp_smallq_holds(struct sock *sk, const struct sk_buff *skb);
void newtcp_smallq_kick(struct sock *sk);
void newtcp_write_space(struct sock *sk);			/* any */

#endif /* _NEWTCP_SMALLQ_H */
