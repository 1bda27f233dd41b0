/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Congestion window validation: a window that is not used says nothing of the
 * path. Whether it is in use decides if it may grow; unused it decays (RFC 2861,
 * RFC 7661 as Linux does it), and after a pause it restarts (RFC 5681 4.1).
 *
 * Pure: the time is an argument, microseconds. The owner serialises.
 */
#ifndef _NEWTCP_CWV_H
#define _NEWTCP_CWV_H

#include "cong.h"
#include "seq.h"

/**
 * struct newtcp_cwv - how much of the window is used
 * @most_out: segments that were out at most, in the window of data in hand
 * @limited: the window is what held the sender back
 * @end: SND.NXT when @most_out was taken: there this window of data ends
 * @used: segments that were out at most since @since
 * @since: since when less than the window is used, and it did not grow, in
 *	1,024 microseconds
 */
struct newtcp_cwv {
	u32 most_out:31;
	u32 limited:1;
	u32 end;
	u32 used;
	u32 since;
};

/**
 * newtcp_cwv_in_use - does growing the window make sense?
 * @v: how much of it is used
 * @c: the window
 *
 * Return: true when the window held the sender back; in slow start when half of
 * it was used.
 */
static inline bool newtcp_cwv_in_use(const struct newtcp_cwv *v, const struct newtcp_cong *c)
{
	return v->limited || (newtcp_cong_in_slow_start(c) && c->cwnd < 2 * v->most_out);
}

void newtcp_cwv_start(struct newtcp_cwv *v);
void newtcp_cwv_decay(struct newtcp_cwv *v, struct newtcp_cong *c, u32 init_cwnd, bool starved,
		      u64 now_us);
void newtcp_cwv_idle(struct newtcp_cwv *v, struct newtcp_cong *c, u32 idle, u32 rto,
		     u32 init_cwnd, u64 now_us);

/* The window may have grown: that counts as use. */
static inline void newtcp_cwv_grown(struct newtcp_cwv *v, u64 now_us)
{
	v->since = now_us >> 10;
}

/**
 * newtcp_cwv_after_send - the sender sent, or could not
 * @v: how much of the window is used
 * @c: the window
 * @out: segments out
 * @una: SND.UNA
 * @nxt: SND.NXT
 * @limited: the window has no room left
 * @now_us: the time
 * @rto_us: the retransmission timeout
 *
 * Return: true when the window was not used for a timeout: newtcp_cwv_decay() is due.
 */
static inline bool newtcp_cwv_after_send(struct newtcp_cwv *v, const struct newtcp_cong *c,
					 u32 out, u32 una, u32 nxt, bool limited, u64 now_us,
					 u32 rto_us)
{
	/* The strongest evidence of a window of data counts. */
	if (!seq_before(una, v->end) || limited || (!v->limited && out > v->most_out)) {
		v->most_out = out;
		v->end = nxt;
		v->limited = limited;
	}
	if (newtcp_cwv_in_use(v, c)) {
		v->used = 0;
		v->since = now_us >> 10;
		return false;
	}
	if (out > v->used)
		v->used = out;
	return (u32)(now_us >> 10) - v->since >= rto_us >> 10;
}

#endif /* _NEWTCP_CWV_H */
