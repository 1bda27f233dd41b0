/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Round-trip time estimation and the retransmission timeout (RFC 6298, with
 * Linux's 200 ms floor on the variance term).
 *
 * Pure: times are microseconds that the caller passes in. The owner of the
 * struct serialises (for a socket: the socket lock).
 */
#ifndef _NEWTCP_RTT_H
#define _NEWTCP_RTT_H

#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/types.h>
#include "winmin.h"

#define NEWTCP_RTO_MIN_US	(200 * 1000U)
#define NEWTCP_RTO_MAX_US	(120 * 1000 * 1000U)
#define NEWTCP_RTO_INIT_US	(1000 * 1000U)
#define NEWTCP_RTO_FALLBACK_US	(3000 * 1000U)	/* RFC 6298 5.7: the handshake gave no sample */

/**
 * struct newtcp_rtt - estimator state
 * @srtt_us: smoothed round-trip time, times 8; 0 = no sample yet
 * @mdev_us: mean deviation, times 4
 * @mdev_max_us: largest mdev since the last window of data began
 * @rttvar_us: deviation used for the RTO, times 4 (never under the floor)
 * @rtt_seq: SND.NXT when the present window of data began
 * @rto_us: retransmission timeout without back-off
 * @min: smallest round trip of late; ~0U = none
 * @rto_min_ms: floor of the variance term, 200 unless the route or the
 *	namespace says otherwise
 * @backoff: how many times the timeout was doubled since the last new ACK
 */
struct newtcp_rtt {
	u32 srtt_us;
	u32 mdev_us;
	u32 mdev_max_us;
	u32 rttvar_us;
	u32 rtt_seq;
	u32 rto_us;
	struct newtcp_winmin min;
	u8 backoff;
	u16 rto_min_ms;
};

/**
 * struct newtcp_trip - a round trip
 * @us: of what was sent first: how long an answer can take; 0: none was seen
 * @newest_us: of what was sent last: how long the path is
 * @delayed: its ACK may have waited at the peer
 */
struct newtcp_trip {
	u32 us;
	u32 newest_us;
	bool delayed;
};

void newtcp_rtt_init(struct newtcp_rtt *rtt);
void newtcp_rtt_start(struct newtcp_rtt *rtt, u32 route_rtt_ms);
void newtcp_rtt_sample(struct newtcp_rtt *rtt, const struct newtcp_trip *trip, u64 now_us,
		       u32 snd_una, u32 snd_nxt, u64 min_win_us);

/* The smallest round trip in the window; ~0U: none was seen. */
static inline u32 newtcp_rtt_min(const struct newtcp_rtt *rtt)
{
	return rtt->min.one[0].value;
}

/* Milliseconds of our clock, as they are on the wire before the offset. */
static inline u32 newtcp_ms_of(u64 us)
{
	return (u32)div_u64(us, USEC_PER_MSEC);
}

/**
 * newtcp_rtt_of_echo - the round trip that an echoed timestamp tells
 * @now: our clock, milliseconds
 * @echo: what the peer echoes of it
 *
 * A peer that echoes nonsense must not make us wait for minutes.
 *
 * Return: microseconds; 0: it tells nothing.
 */
static inline u32 newtcp_rtt_of_echo(u32 now, u32 echo)
{
	u32 delta = now - echo;

	if (delta > NEWTCP_RTO_MAX_US / USEC_PER_MSEC)
		return 0;
	return (delta ?: 1) * USEC_PER_MSEC;
}

/**
 * newtcp_rtt_rto - the timeout to arm a timer with
 * @rtt: estimator
 *
 * Return: microseconds, backed off, at most NEWTCP_RTO_MAX_US.
 */
static inline u32 newtcp_rtt_rto(const struct newtcp_rtt *rtt)
{
	u64 rto = (u64)rtt->rto_us << min_t(u8, rtt->backoff, 31);

	return min_t(u64, rto, NEWTCP_RTO_MAX_US);
}

/**
 * newtcp_rtt_revert - a timeout was no sign of congestion: back off one step less
 * @rtt: estimator, backed off
 * @since_us: since the segment was sent for the last time
 *
 * RFC 6069 section 4.
 *
 * Return: microseconds that are left of the timeout as it is now.
 */
static inline u32 newtcp_rtt_revert(struct newtcp_rtt *rtt, u64 since_us)
{
	u32 rto;

	rtt->backoff--;
	rto = newtcp_rtt_rto(rtt);
	return since_us < rto ? rto - since_us : 0;
}

#endif /* _NEWTCP_RTT_H */
