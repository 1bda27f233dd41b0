/* SPDX-License-Identifier: GPL-2.0 */
/* An acknowledgment arrives (ack.c): locked. */
#ifndef _NEWTCP_ACK_H
#define _NEWTCP_ACK_H

#include <linux/math64.h>
#include <linux/time64.h>
#include "tcp/tcb.h"

struct newtcp_options;
struct newtcp_trip;
struct sk_buff;
struct sock;

/* Seconds since TS.Recent was taken: after 24 days it says nothing any more. */
static inline u32 newtcp_ts_age(const struct newtcp_sock *tp)
{
	return (u32)div_u64(tp->now_us, USEC_PER_SEC) - tp->ts_recent_stamp;
}

/* TS.Recent is taken, in the event that newtcp_sock.now_us is the time of. */
static inline void newtcp_ts_take(struct newtcp_sock *tp, u32 tsval)
{
	tp->ts_recent = tsval;
	tp->ts_recent_stamp += newtcp_ts_age(tp);
}

/* < 0: drop the segment (a challenge was sent if one was due); else fine. */
int newtcp_ack(struct sock *sk, const struct sk_buff *skb,
	       const struct newtcp_options *opts, u32 flags);
void newtcp_ts_recent_update(struct newtcp_sock *tp, u32 seq);
void newtcp_rtt_update(struct sock *sk, const struct newtcp_trip *trip);

#endif /* _NEWTCP_ACK_H */
