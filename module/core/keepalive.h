/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keepalive: when a connection on which nothing happens is asked for a sign of life,
 * and when it is given up (RFC 9293 3.8.4, RFC 5482; Linux's tcp_keepalive_timer()).
 *
 * Pure: plain values; times are in ticks (jiffies), but no clock is read.
 */
#ifndef _NEWTCP_KEEPALIVE_H
#define _NEWTCP_KEEPALIVE_H

#include <linux/jiffies.h>
#include <linux/types.h>

/* The time has come to look. */
enum newtcp_keep_verdict {
	VERDICT_KEEP_WAIT,	/* something was heard, or is on its way */
	VERDICT_KEEP_PROBE,
	VERDICT_KEEP_END,	/* the peer is told, as far as it can be, and it is over */
};

/**
 * struct newtcp_keep_state - a connection that is kept alive
 * @idle: since the peer was last heard, ticks
 * @time: idle for so long, it is probed, ticks
 * @limit_ms: the program's limit (TCP_USER_TIMEOUT), milliseconds; 0: none
 * @tries: probes without an answer that are enough, where there is no limit
 * @out: probes without an answer
 * @busy: data is on the way, or waits: other deadlines watch it
 */
struct newtcp_keep_state {
	u32 idle;
	u32 time;
	u32 limit_ms;
	u32 tries;
	u8 out;
	bool busy;
};

/**
 * newtcp_keep_verdict - the keepalive deadline has passed
 * @st: the connection
 * @wait: out: ticks until the next look, for VERDICT_KEEP_WAIT
 *
 * Return: what to do.
 */
static inline enum newtcp_keep_verdict newtcp_keep_verdict(const struct newtcp_keep_state *st,
							   u32 *wait)
{
	if (st->busy || st->idle < st->time) {
		*wait = st->busy ? st->time : st->time - st->idle;
		return VERDICT_KEEP_WAIT;
	}
	/* One probe at least goes out before the limit counts. */
	if (st->limit_ms ? st->out && st->idle >= msecs_to_jiffies(st->limit_ms) :
			   st->out >= st->tries)
		return VERDICT_KEEP_END;
	return VERDICT_KEEP_PROBE;
}

#endif /* _NEWTCP_KEEPALIVE_H */
