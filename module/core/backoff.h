/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the pace of timeouts slows: doubled each time (RFC 6298 5.5), but for the first
 * SYNs and for thin streams, where it may stay, and for probes of a shut window
 * (RFC 9293 3.8.6.1).
 *
 * Pure: plain values. The owner of a struct newtcp_rtt serialises.
 */
#ifndef _NEWTCP_BACKOFF_H
#define _NEWTCP_BACKOFF_H

#include <linux/minmax.h>
#include <linux/types.h>
#include "rtt.h"

#define NEWTCP_BACKOFF_MAX	31
#define NEWTCP_THIN_SEGS	4	/* fewer in flight make a thin stream */
#define NEWTCP_THIN_RETRIES	6	/* timeouts of one at the same pace */

/**
 * newtcp_backoff_thin - may a stream's timeouts go at one pace for a while?
 * @out: segments in flight
 * @lost_before: the slow-start threshold says that something was lost before
 * @timeouts: in a row, this one counted
 *
 * TCP_THIN_LINEAR_TIMEOUTS: a stream of few segments gets no duplicate ACKs, so that
 * all its losses wait for the timer.
 *
 * Return: true when they may, should the configuration allow it.
 */
static inline bool newtcp_backoff_thin(u32 out, bool lost_before, u8 timeouts)
{
	return out < NEWTCP_THIN_SEGS && lost_before && timeouts <= NEWTCP_THIN_RETRIES;
}

/**
 * newtcp_backoff_step - a timeout passed: how long is the next one?
 * @rtt: estimator
 * @thin: newtcp_backoff_thin(), and it is allowed
 * @steady: it was one of the first SYNs, which go at one pace
 */
static inline void newtcp_backoff_step(struct newtcp_rtt *rtt, bool thin, bool steady)
{
	if (thin)
		rtt->backoff = 0;
	else if (!steady && rtt->backoff < NEWTCP_BACKOFF_MAX)
		rtt->backoff++;
}

/**
 * newtcp_backoff_probe - a probe of a shut window went out
 * @rtt: estimator
 * @limit: net.ipv4.tcp_retries2: no more doublings than that
 */
static inline void newtcp_backoff_probe(struct newtcp_rtt *rtt, u8 limit)
{
	if (rtt->backoff < limit)
		rtt->backoff++;
}

/**
 * newtcp_backoff_probe_us - when a shut window is probed next
 * @rtt: estimator
 *
 * Return: microseconds: the timeout, doubled for each probe without an answer.
 */
static inline u32 newtcp_backoff_probe_us(const struct newtcp_rtt *rtt)
{
	u64 us = (u64)rtt->rto_us << min_t(u8, rtt->backoff, 16);

	return clamp_t(u64, us, NEWTCP_RTO_MIN_US, NEWTCP_RTO_MAX_US);
}

#endif /* _NEWTCP_BACKOFF_H */
