/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of what waits may go out now: the windows, the sender's part of silly
 * window avoidance, whole segments, and whether a larger packet is worth a wait
 * (RFC 9293 3.8.6.2.1, RFC 5681; Linux's tcp_snd_wnd_test(), tcp_mss_split_point()
 * and tcp_tso_should_defer()).
 *
 * Pure: plain values, no locks, any context. An MSS is never 0.
 */
#ifndef _NEWTCP_SENDABLE_H
#define _NEWTCP_SENDABLE_H

#include <linux/minmax.h>
#include <linux/types.h>
#include "seq.h"

#define NEWTCP_DEFER_SEGS	3	/* waits for one ACK, without a part of the window */

/**
 * newtcp_sendable_cwnd - segments for which the congestion window has room
 * @cwnd: the window
 * @pipe: segments in flight
 *
 * Return: segments.
 */
static inline u32 newtcp_sendable_cwnd(u32 cwnd, u32 pipe)
{
	return pipe >= cwnd ? 0 : cwnd - pipe;
}

/**
 * newtcp_sendable_fits - does the peer's window take a segment, or all there is?
 * @seq: of the first byte
 * @end_seq: behind the last one, and behind a FIN
 * @len: payload
 * @mss: of a full segment
 * @wnd_end: SND.UNA + SND.WND
 *
 * Return: true when it does.
 */
static inline bool newtcp_sendable_fits(u32 seq, u32 end_seq, u32 len, u32 mss, u32 wnd_end)
{
	return !seq_after(len > mss ? seq + mss : end_seq, wnd_end);
}

/**
 * newtcp_sendable_len - how much of more than a segment goes in one packet
 * @len: payload that waits in one piece, more than @mss
 * @limit: bytes that the windows and the packet have room for, at least @mss
 * @mss: of a full segment
 * @tail_waits: Nagle's rule holds a partial segment at its end
 *
 * Return: bytes: all of it, or whole segments.
 */
static inline u32 newtcp_sendable_len(u32 len, u32 limit, u32 mss, bool tail_waits)
{
	if (len > limit)
		return limit - limit % mss;
	return tail_waits ? len - len % mss : len;
}

/**
 * newtcp_sendable_again - how much of a segment may be sent again
 * @seq: of its first byte
 * @len: payload, not 0
 * @segs: segments that the congestion window has room for
 * @mss: of a full segment
 * @una: SND.UNA
 * @wnd_end: SND.UNA + SND.WND, which may have moved to the left
 *
 * The oldest goes even into a closed window: it is the probe.
 *
 * Return: bytes; 0: the window has no room for it.
 */
static inline u32 newtcp_sendable_again(u32 seq, u32 len, u32 segs, u32 mss, u32 una,
					u32 wnd_end)
{
	u32 most = min_t(u64, len, (u64)segs * mss);
	u32 room = wnd_end - seq;

	if (!seq_after(wnd_end, seq)) {
		if (seq != una)
			return 0;
		room = mss;
	}
	if (most <= room)
		return most;
	return room > mss ? room - room % mss : room;
}

/**
 * newtcp_defer_may - can waiting for an ACK make a larger packet?
 * @len: payload that waits in one piece
 * @limit: bytes of it that the windows let go
 * @most: bytes that a packet may have
 * @pipe: segments in flight
 * @recovering: something in flight counts as lost
 * @fin: it carries a FIN
 *
 * Return: true when it can: newtcp_defer_pays() says whether to.
 */
static inline bool newtcp_defer_may(u32 len, u32 limit, u64 most, u32 pipe, bool recovering,
				    bool fin)
{
	return !recovering && pipe && !fin && limit < len && limit < most;
}

/**
 * newtcp_defer_pays - is the next ACK near, and will it let much more go?
 * @limit: bytes that the windows let go now
 * @mss: of a full segment
 * @window: the smaller of the two windows, bytes
 * @divisor: net.ipv4.tcp_tso_win_divisor: less than that part of it waits; 0: less than
 *	three segments do
 * @out_us: since the oldest in flight was sent, microseconds
 * @srtt8_us: smoothed round trip, times 8
 *
 * Return: true when to wait.
 */
static inline bool newtcp_defer_pays(u32 limit, u32 mss, u32 window, u32 divisor, u64 out_us,
				     u32 srtt8_us)
{
	/* More than half a round trip away: too long. */
	if (out_us < srtt8_us >> 4)
		return false;
	return divisor ? limit < window / divisor : limit <= NEWTCP_DEFER_SEGS * mss;
}

/**
 * newtcp_sendable_all - would what is held back take all of the congestion window's room?
 * @len: payload that waits in one piece
 * @window: bytes of the peer's window from its first byte on
 * @room: segments
 * @mss: of a full segment
 *
 * Return: true when it would: the window is in use, then.
 */
static inline bool newtcp_sendable_all(u32 len, u32 window, u32 room, u32 mss)
{
	return (u64)room * mss <= min(len, window);
}

#endif /* _NEWTCP_SENDABLE_H */
