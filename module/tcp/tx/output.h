/* SPDX-License-Identifier: GPL-2.0 */
/* Segments leave (output.c): locked. */
#ifndef _NEWTCP_OUTPUT_H
#define _NEWTCP_OUTPUT_H

#include "core/nagle.h"
#include "tcp/tcb.h"
#include "mss.h"

/* How much newtcp_write_xmit() may send. */
enum newtcp_amount {
	NEWTCP_ALL,	/* what the windows allow */
	NEWTCP_ONE,	/* of that one skb */
	NEWTCP_PROBE,	/* one segment, also where the congestion window is full */
};

bool newtcp_write_xmit(struct sock *sk, u32 mss, enum newtcp_nagle nagle, enum newtcp_amount amount,
		       gfp_t gfp);
void newtcp_send_pending(struct sock *sk, u32 mss, enum newtcp_nagle nagle);
void newtcp_send_one(struct sock *sk, u32 mss);

static inline enum newtcp_nagle newtcp_nagle_of(const struct newtcp_sock *tp)
{
	return newtcp_nagle_says(tp->nodelay, tp->cork, tp->push);
}

static inline void newtcp_send_queued(struct sock *sk)
{
	if (!skb_queue_empty(&sk->sk_write_queue))
		newtcp_send_pending(sk, newtcp_current_mss(sk),
				    newtcp_nagle_of(newtcp_sk(sk)));
}

#endif /* _NEWTCP_OUTPUT_H */
