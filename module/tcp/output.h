/* SPDX-License-Identifier: GPL-2.0 */
/* Segments leave (output.c): locked. */
#ifndef _NEWTCP_OUTPUT_H
#define _NEWTCP_OUTPUT_H

#include "mss.h"
#include "tcb.h"

/* How much newtcp_write_xmit() may send. */
enum newtcp_amount {
	NEWTCP_ALL,	/* what the windows allow */
	NEWTCP_ONE,	/* of that one skb */
	NEWTCP_PROBE,	/* one segment, also where the congestion window is full */
};

bool newtcp_write_xmit(struct sock *sk, u32 mss, int nonagle, enum newtcp_amount amount,
		       gfp_t gfp);
void newtcp_send_pending(struct sock *sk, u32 mss, int nonagle);
void newtcp_send_one(struct sock *sk, u32 mss);

#define NEWTCP_NAGLE_OFF	1
#define NEWTCP_NAGLE_CORK	2
#define NEWTCP_NAGLE_PUSH	4

static inline int newtcp_nonagle(const struct newtcp_sock *tp)
{
	return (tp->nodelay ? NEWTCP_NAGLE_OFF : 0) |
	       (tp->cork ? NEWTCP_NAGLE_CORK : 0);
}

static inline void newtcp_send_queued(struct sock *sk)
{
	if (!skb_queue_empty(&sk->sk_write_queue))
		newtcp_send_pending(sk, newtcp_current_mss(sk),
				    newtcp_nonagle(newtcp_sk(sk)));
}

/* TCP_NODELAY was set, or the cork pulled: what was held back goes now. */
static inline void newtcp_send_held(struct sock *sk)
{
	if (!skb_queue_empty(&sk->sk_write_queue))
		newtcp_send_pending(sk, newtcp_current_mss(sk),
				    NEWTCP_NAGLE_OFF | NEWTCP_NAGLE_PUSH);
}

#endif /* _NEWTCP_OUTPUT_H */
