// SPDX-License-Identifier: GPL-2.0
/*
 * Round-trip estimation and the retransmission timeout.
 *
 * RFC 6298 2.2 and 2.3 in shifted integers:
 *	SRTT   <- 7/8 SRTT + 1/8 R		kept times 8
 *	RTTVAR <- 3/4 RTTVAR + 1/4 |SRTT - R|	kept times 4, so 4 * RTTVAR
 *						is the number itself
 *	RTO    <- SRTT + 4 * RTTVAR
 * with Linux's departures: the variance term has a floor, of 200 ms usually; it
 * rises at once but falls only once per window of data, by a quarter of the
 * way; and a sample far under the mean barely raises the deviation (a path
 * that got faster is no reason to wait longer).
 *
 * Pure: times are arguments. The owner of the struct serialises.
 */
#include "rtt.h"
#include "seq.h"

#include <linux/export.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <kunit/visibility.h>

/**
 * newtcp_rtt_init - state of a connection without samples
 * @rtt: estimator
 */
void newtcp_rtt_init(struct newtcp_rtt *rtt)
{
	memset(rtt, 0, sizeof(*rtt));
	rtt->mdev_us = NEWTCP_RTO_INIT_US;
	rtt->rto_us = NEWTCP_RTO_INIT_US;
	rtt->rto_min_ms = NEWTCP_RTO_MIN_US / 1000;
	rtt->min.one[0].value = ~0U;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rtt_init);

/**
 * newtcp_rtt_start - a connection is established: its first timeout
 * @rtt: estimator, with the handshake's sample if there was one
 * @route_rtt_ms: what the route knows, milliseconds times 8; 0: nothing
 *
 * The route counts when it says more than we have seen.
 */
void newtcp_rtt_start(struct newtcp_rtt *rtt, u32 route_rtt_ms)
{
	u64 route_us = (u64)route_rtt_ms * USEC_PER_MSEC;

	if (route_us > rtt->srtt_us) {
		route_us >>= 3;
		route_us += max_t(u64, 2 * route_us, (u64)rtt->rto_min_ms * USEC_PER_MSEC);
		rtt->rto_us = min_t(u64, route_us, NEWTCP_RTO_MAX_US);
	} else if (!rtt->srtt_us) {
		rtt->rttvar_us = NEWTCP_RTO_FALLBACK_US;
		rtt->mdev_us = NEWTCP_RTO_FALLBACK_US;
		rtt->mdev_max_us = NEWTCP_RTO_FALLBACK_US;
		rtt->rto_us = NEWTCP_RTO_FALLBACK_US;
	}
	/* A lost SYN has doubled the timeout that this one replaces. */
	rtt->backoff = 0;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rtt_start);

static u32 floor_us(const struct newtcp_rtt *rtt)
{
	return rtt->rto_min_ms * 1000U;
}

static void first_sample(struct newtcp_rtt *rtt, u32 r, u32 snd_nxt)
{
	rtt->srtt_us = r << 3;
	rtt->mdev_us = r << 1;	/* RTTVAR = R / 2, times 4 */
	rtt->rttvar_us = max(rtt->mdev_us, floor_us(rtt));
	rtt->mdev_max_us = rtt->rttvar_us;
	rtt->rtt_seq = snd_nxt;
}

static void next_sample(struct newtcp_rtt *rtt, u32 r, u32 snd_una,
			u32 snd_nxt)
{
	s32 err = (s32)r - (s32)(rtt->srtt_us >> 3);
	s32 dev = abs(err) - (s32)(rtt->mdev_us >> 2);

	/* Faster than the mean by more than usual: an eighth of the weight. */
	if (err < 0 && dev > 0)
		dev >>= 3;
	rtt->srtt_us = max_t(u32, rtt->srtt_us + err, 1);
	rtt->mdev_us += dev;

	rtt->mdev_max_us = max(rtt->mdev_max_us, rtt->mdev_us);
	rtt->rttvar_us = max(rtt->rttvar_us, rtt->mdev_max_us);

	if (!seq_after(snd_una, rtt->rtt_seq))
		return;
	/* All that was in flight when the window began is acknowledged. */
	rtt->rttvar_us -= (rtt->rttvar_us - rtt->mdev_max_us) >> 2;
	rtt->mdev_max_us = floor_us(rtt);
	rtt->rtt_seq = snd_nxt;
}

/* The bound keeps the shifts within 32 bits. */
static u32 bounded(u32 sample_us)
{
	return clamp(sample_us, 1U, NEWTCP_RTO_MAX_US);
}

/**
 * newtcp_rtt_sample - take one measurement
 * @rtt: estimator
 * @trip: the round trip; never of a segment sent twice (Karn)
 * @now_us: time of the ACK
 * @snd_una: SND.UNA after the ACK
 * @snd_nxt: SND.NXT
 * @min_win_us: how long the minimum is remembered
 *
 * A valid measurement also ends the back-off (RFC 6298 section 5, last
 * paragraph). An ACK that may have waited at the peer never raises the minimum: where
 * each one does, the path would seem longer as soon as the first is forgotten
 * (tcp_update_rtt_min()).
 */
void newtcp_rtt_sample(struct newtcp_rtt *rtt, const struct newtcp_trip *trip, u64 now_us,
		       u32 snd_una, u32 snd_nxt, u64 min_win_us)
{
	u32 r = bounded(trip->us), newest = bounded(trip->newest_us);

	if (!trip->delayed || newest <= newtcp_rtt_min(rtt))
		newtcp_winmin_take(&rtt->min, newest, now_us, min_win_us);
	if (rtt->srtt_us)
		next_sample(rtt, r, snd_una, snd_nxt);
	else
		first_sample(rtt, r, snd_nxt);
	/* Without a floor it must not come to nothing. */
	rtt->rto_us = clamp((rtt->srtt_us >> 3) + rtt->rttvar_us, 1000U,
			    NEWTCP_RTO_MAX_US);
	rtt->backoff = 0;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rtt_sample);
