// SPDX-License-Identifier: GPL-2.0
/*
 * The delivery rate: see rate.h.
 *
 * Pure: the owner of the structs serialises.
 */
#include "rate.h"

#include <linux/export.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <kunit/visibility.h>

/**
 * newtcp_rate_sample - what an ACK says of the rate
 * @r: the sender's memory
 * @rs: the ACK's sample, after newtcp_rate_arrived() for all that it names;
 *	delivered and interval_us are set
 * @delivered: segments delivered so far
 * @news: of these: by this ACK
 * @min_rtt_us: smallest round trip: nothing arrives in less
 * @now_us: the time, microseconds
 */
void newtcp_rate_sample(struct newtcp_rate *r, struct newtcp_rate_sample *rs, u32 delivered,
			u32 news, u32 min_rtt_us, u64 now_us)
{
	u32 interval;

	if (unlikely(r->limited) && seq_after(delivered, r->limited))
		r->limited = 0;
	if (news)
		r->delivered_us = now_us;
	rs->interval_us = 0;
	if (!rs->found)
		return;
	rs->delivered = delivered - rs->prior;
	interval = max(rs->send_us, (u32)now_us - rs->prior_us);
	/* It was the copy that was taken for lost, and the interval is of the other. */
	if (interval < min_rtt_us || interval >> 31)
		return;
	rs->interval_us = interval;
	/* A pause hides the rate: only a higher one counts then. */
	if (rs->limited && (u64)rs->delivered * r->in_us < (u64)r->got * interval)
		return;
	r->got = rs->delivered;
	r->in_us = interval;
	r->got_limited = rs->limited;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rate_sample);

/**
 * newtcp_rate_bytes - the last good sample
 * @r: the sender's memory
 * @mss: payload of a segment, bytes
 *
 * Return: bytes per second; 0 = none.
 */
u64 newtcp_rate_bytes(const struct newtcp_rate *r, u32 mss)
{
	/* 2^43 * 10^6 is less than 2^64. */
	u64 bytes = min((u64)r->got * mss, 1ULL << 43);

	return r->in_us ? div_u64(bytes * 1000000, r->in_us) : 0;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rate_bytes);
