// SPDX-License-Identifier: GPL-2.0
/*
 * When a connection that hears nothing is given up.
 *
 * A number of retries is taken as the time that so many doublings of the
 * shortest timeout last (RFC 1122 4.2.3.5's R1 and R2 are times), so that a
 * path of long round trips is not given up later. A limit that the program
 * set (TCP_USER_TIMEOUT, RFC 5482) takes the place of that time.
 *
 * Pure: no locks, any context. Every value may be absurd.
 */
#include "giveup.h"
#include "rtt.h"

#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <kunit/visibility.h>

/* A peer that shut its window may be silent for so long, whatever is set. */
#define SHUT_SILENT_MS	(2 * (NEWTCP_RTO_MAX_US / USEC_PER_MSEC))

/**
 * newtcp_backoff_ms - how long an exponential back-off lasts
 * @tries: timeouts, each twice as long as the last, up to NEWTCP_RTO_MAX_US
 * @base_us: the first one; not 0
 *
 * Return: milliseconds until the timeout that follows the last try.
 */
u32 newtcp_backoff_ms(unsigned int tries, u32 base_us)
{
	u32 base = clamp(base_us, 1U, NEWTCP_RTO_MAX_US);
	unsigned int doublings = ilog2(NEWTCP_RTO_MAX_US / base);
	u64 us;

	us = ((2ULL << min(tries, doublings)) - 1) * base;
	if (tries > doublings)
		us += (u64)(tries - doublings) * NEWTCP_RTO_MAX_US;
	return min_t(u64, div_u64(us, USEC_PER_MSEC), U32_MAX);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_backoff_ms);

/**
 * newtcp_tried_for - has a segment been tried for long enough?
 * @elapsed_ms: since it was first sent again
 * @tries: that many doublings
 * @base_us: of this timeout
 * @limit_ms: instead of these; 0 = none
 *
 * Return: true when it is time to give up.
 */
bool newtcp_tried_for(u32 elapsed_ms, unsigned int tries, u32 base_us,
		      u32 limit_ms)
{
	return elapsed_ms >= (limit_ms ?: newtcp_backoff_ms(tries, base_us));
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_tried_for);

/**
 * newtcp_shut_too_long - the peer shut its window over what is in flight
 * @unacked_ms: since that was first sent again
 * @silent_ms: since the peer last acknowledged anything
 * @limit_ms: the program's; 0 = none
 *
 * RFC 9293 3.8.6.1, RFC 1122 4.2.2.17: as long as it answers the probes the
 * connection stays. A limit of the program's counts all the same.
 *
 * Return: true when it is time to give up.
 */
bool newtcp_shut_too_long(u32 unacked_ms, u32 silent_ms, u32 limit_ms)
{
	u32 most = SHUT_SILENT_MS;

	if (limit_ms) {
		if (unacked_ms > limit_ms)
			return true;
		most = min(most, limit_ms);
	}
	return silent_ms > most && unacked_ms > most;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_shut_too_long);

/**
 * newtcp_wait_within - wake up in time to see a limit pass
 * @wait: jiffies until the next try
 * @elapsed_ms: of the limit
 * @limit_ms: the limit; 0 = none
 *
 * Return: jiffies, at least 1 when the limit is what counts.
 */
u32 newtcp_wait_within(u32 wait, u32 elapsed_ms, u32 limit_ms)
{
	unsigned long left;

	if (!limit_ms)
		return wait;
	if (elapsed_ms >= limit_ms)
		return 1;
	left = msecs_to_jiffies(limit_ms - elapsed_ms);
	return min_t(unsigned long, wait, max(left, 1UL));
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_wait_within);
