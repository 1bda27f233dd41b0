/* SPDX-License-Identifier: GPL-2.0 */
/* The rate at which a connection sends (pacing.c): locked. */
#ifndef _NEWTCP_PACING_H
#define _NEWTCP_PACING_H

#include <linux/types.h>
#include <net/sock.h>
#include "core/rate.h"
#include "tcb.h"

struct newtcp_ack_news;
struct newtcp_pacer;
struct sock;

void newtcp_pacer_sent(struct sock *sk, u32 bytes);
bool newtcp_pacer_holds(struct sock *sk);
unsigned long newtcp_pacer_later(const struct sock *sk, unsigned long at);
void newtcp_pacer_stop(struct sock *sk);
void newtcp_pacer_free(struct newtcp_pacer *p);			/* any; nobody uses it */

/* Is it on us to keep to the rate? Neither is there a need, nor does a queue below. */
static inline bool newtcp_paced_here(const struct sock *sk)
{
	return unlikely(READ_ONCE(sk->sk_pacing_status) == SK_PACING_NEEDED);
}

/* May nothing be sent yet, for the sake of the rate? */
static inline bool newtcp_pacing_waits(struct sock *sk)
{
	return newtcp_paced_here(sk) && newtcp_pacer_holds(sk);
}

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

#endif /* _NEWTCP_PACING_H */
