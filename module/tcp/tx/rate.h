/* SPDX-License-Identifier: GPL-2.0 */
/* The rate at which a connection sends (rate.c): locked. */
#ifndef _NEWTCP_TCP_RATE_H
#define _NEWTCP_TCP_RATE_H

#include <linux/types.h>
#include <net/sock.h>
#include "core/rate.h"
#include "tcp/tcb.h"

struct newtcp_ack_news;

/**
 * newtcp_rate_check - a program writes: does it keep the path busy?
 * @sk: the connection
 */
static inline void newtcp_rate_check(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	newtcp_rate_write(&tp->rate, &tp->board, tp->cong.cwnd, tp->rec.delivered,
			  tp->write_seq - tp->snd_nxt < tp->mss &&
			  sk_wmem_alloc_get(sk) < SKB_TRUESIZE(1));
}

u32 newtcp_packet_segs(struct sock *sk, u32 mss);
void newtcp_pace_update(struct sock *sk);
void newtcp_tell_cong(struct sock *sk, const struct newtcp_ack_news *n, u32 acked,
		      u32 in_flight, u32 rtt_us);

/* The pacing rate by now. It costs a division: most ACKs leave it to who asks. */
static inline unsigned long newtcp_pacing_rate(struct sock *sk)
{
	if (newtcp_sk(sk)->pace_stale)
		newtcp_pace_update(sk);
	return READ_ONCE(sk->sk_pacing_rate);
}

#endif /* _NEWTCP_TCP_RATE_H */
