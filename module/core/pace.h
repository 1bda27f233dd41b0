/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How fast a sender sends: the pacing rate from the window and the round trip,
 * and what follows from the rate: how large a super-packet is, and how much may
 * wait below the socket (TCP Small Queues). Numbers and defaults are Linux's.
 *
 * Pure: rates in bytes per second, round trips in microseconds, scaled as
 * struct newtcp_rtt has them.
 */
#ifndef _NEWTCP_PACE_H
#define _NEWTCP_PACE_H

#include <linux/math64.h>
#include <linux/minmax.h>
#include "cong.h"

/**
 * struct newtcp_pace_conf - a snapshot of the configuration
 * @ss_percent: of the rate at which the window is delivered, in slow start
 * @ca_percent: the same as slow start ends, and after
 */
struct newtcp_pace_conf {
	u32 ss_percent;
	u32 ca_percent;
};

/**
 * newtcp_pace_rate - at what rate a window's worth of data goes out
 * @c: the window
 * @out: segments out
 * @mss: payload of a segment, bytes
 * @srtt8_us: smoothed round trip, times 8; 0 = not known
 * @conf: configuration
 *
 * More than what the path delivers, so that it is the window that rules; twice
 * in the first half of slow start, where the window doubles.
 *
 * Return: bytes per second.
 */
static inline u64 newtcp_pace_rate(const struct newtcp_cong *c, u32 out, u32 mss, u32 srtt8_us,
				   const struct newtcp_pace_conf *conf)
{
	u32 percent = c->cwnd < c->ssthresh / 2 ? conf->ss_percent : conf->ca_percent;
	/* 2^37 * 80,000 * 1,000 is less than 2^64. */
	u64 bytes = min_t(u64, (u64)mss * max(c->cwnd, out), 1ULL << 37);
	/* Of a second in microseconds, times 8, a hundredth. */
	u64 rate = bytes * 80000 * min(percent, 1000U);

	return srtt8_us ? div_u64(rate, srtt8_us) : rate;
}

/**
 * newtcp_pace_segs - segments of a super-packet at a rate
 * @rate: bytes per second
 * @shift: of a second, in powers of two, that a packet may take
 * @min_rtt_us: smallest round trip
 * @rtt_log: a path of 2^rtt_log microseconds gets half a largest packet on top;
 *	one twice, three times as long a quarter, an eighth
 * @largest: bytes that the device takes at once
 * @mss: payload of a segment, bytes, not 0
 * @least: segments, whatever the rate, as far as the device takes them
 *
 * Return: segments, at least 1.
 */
static inline u32 newtcp_pace_segs(u64 rate, u8 shift, u32 min_rtt_us, u8 rtt_log, u32 largest,
				   u32 mss, u32 least)
{
	u64 bytes = rate >> shift;
	u32 r = rtt_log < 32 ? min_rtt_us >> rtt_log : 0;

	if (r < 32)
		bytes += largest >> r;
	return min(max((u32)min_t(u64, bytes, largest) / mss, least), largest / mss) ?: 1;
}

/**
 * newtcp_pace_queue - bytes of memory that may wait below the socket
 * @rate: bytes per second
 * @shift: of a second, in powers of two, that they may take
 * @packet: memory of the packet in hand: two of it in any case
 * @most: bound of it; U64_MAX where the queue below paces
 *
 * Return: bytes.
 */
static inline u64 newtcp_pace_queue(u64 rate, u8 shift, u32 packet, u64 most)
{
	return min(max_t(u64, 2ULL * packet, rate >> shift), most);
}

/**
 * newtcp_pace_next - when the next packet may go, after one that goes now
 * @next_ns: when this one might go; 0 = at any time
 * @now_ns: the time
 * @bytes: of this one
 * @rate: bytes per second, not 0
 *
 * What was lost because the timer was late is made up for, but by half of the
 * time that a packet takes at most.
 *
 * Return: nanoseconds of the same clock.
 */
static inline u64 newtcp_pace_next(u64 next_ns, u64 now_ns, u32 bytes, u64 rate)
{
	u64 takes = div64_u64((u64)bytes * 1000000000, rate);

	if (next_ns >= now_ns)
		return next_ns + takes;
	return now_ns + takes - min(takes / 2, now_ns - next_ns);
}

/**
 * newtcp_pace_room - segments that the congestion window lets go at once
 * @c: the window
 * @room: segments for which it has room
 *
 * At most half the window, so that there are ACKs to go by.
 *
 * Return: segments.
 */
static inline u32 newtcp_pace_room(const struct newtcp_cong *c, u32 room)
{
	return min(max(c->cwnd >> 1, 1U), room);
}

#endif /* _NEWTCP_PACE_H */
