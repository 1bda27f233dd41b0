/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Window arithmetic and the acceptance tests of RFC 9293 3.10.7.4, with
 * RFC 5961's tightening: verdicts only, the caller acts on them.
 *
 * Pure: plain values, no locks, any context.
 */
#ifndef _NEWTCP_WINDOW_H
#define _NEWTCP_WINDOW_H

#include <linux/align.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include "seq.h"

/* What to do with a RST that came in a synchronised state. */
enum newtcp_rst_verdict {
	VERDICT_RST_DROP,	/* outside the window */
	VERDICT_RST_CHALLENGE,	/* in the window, not exact */
	VERDICT_RST_RESET,	/* exactly RCV.NXT */
};

/* What an acknowledgment number is worth. */
enum newtcp_ack_verdict {
	VERDICT_ACK_OLD,		/* duplicate or before SND.UNA, still plausible */
	VERDICT_ACK_NEW,		/* SND.UNA < SEG.ACK <= SND.NXT */
	VERDICT_ACK_FUTURE,	/* acks what was not sent: challenge, drop */
	VERDICT_ACK_TOO_OLD,	/* further back than the largest window: challenge */
};

/**
 * newtcp_ack_verdict - RFC 5961 5.2
 * @snd_una: SND.UNA
 * @snd_nxt: SND.NXT
 * @max_window: the largest window the peer ever offered
 * @ack: SEG.ACK
 *
 * Return: what it is worth.
 */
static inline enum newtcp_ack_verdict
newtcp_ack_verdict(u32 snd_una, u32 snd_nxt, u32 max_window, u32 ack)
{
	if (seq_after(ack, snd_nxt))
		return VERDICT_ACK_FUTURE;
	if (seq_after(ack, snd_una))
		return VERDICT_ACK_NEW;
	if (seq_before(ack, snd_una - max_window))
		return VERDICT_ACK_TOO_OLD;
	return VERDICT_ACK_OLD;
}

/**
 * newtcp_window_may_update - may SEG.WND replace SND.WND?
 * @snd_una: SND.UNA before the ACK
 * @snd_wl1: SEG.SEQ of the last window update
 * @snd_wnd: SND.WND
 * @ack: SEG.ACK
 * @seq: SEG.SEQ
 * @wnd: SEG.WND, scaled
 *
 * An old segment must not shrink the window; at the same sequence number
 * only a larger window is news, or a closed one.
 *
 * Return: true when it may.
 */
static inline bool newtcp_window_may_update(u32 snd_una, u32 snd_wl1,
					    u32 snd_wnd, u32 ack, u32 seq,
					    u32 wnd)
{
	if (seq_after(ack, snd_una) || seq_after(seq, snd_wl1))
		return true;
	return seq == snd_wl1 && (wnd > snd_wnd || !wnd);
}

/*
 * How much of the memory that segments take is payload, in 256ths; half until
 * segments have come.
 */
#define NEWTCP_RATIO_SHIFT	8
#define NEWTCP_RATIO_DEFAULT	(1U << (NEWTCP_RATIO_SHIFT - 1))

/**
 * newtcp_payload_ratio - what this segment says of the ratio
 * @len: its payload, bytes
 * @truesize: memory that it takes, bytes
 *
 * Return: 1 to 255.
 */
static inline u8 newtcp_payload_ratio(u32 len, u32 truesize)
{
	u64 ratio = (u64)len << NEWTCP_RATIO_SHIFT;

	return clamp_t(u64, div_u64(ratio, truesize ?: 1), 1, U8_MAX);
}

/**
 * newtcp_payload_of - payload that a buffer may hold
 * @ratio: as newtcp_payload_ratio()
 * @space: bytes of true size; negative: overdrawn
 *
 * Return: bytes.
 */
static inline u32 newtcp_payload_of(u8 ratio, int space)
{
	return space <= 0 ? 0 : ((u64)space * ratio) >> NEWTCP_RATIO_SHIFT;
}

/**
 * newtcp_truesize_of - buffer that a payload needs
 * @ratio: as newtcp_payload_ratio(), not 0
 * @win: bytes of payload
 *
 * Return: bytes of true size, at most INT_MAX.
 */
static inline int newtcp_truesize_of(u8 ratio, u32 win)
{
	return min_t(u64, div_u64((u64)win << NEWTCP_RATIO_SHIFT, ratio), INT_MAX);
}

bool newtcp_overhead_fits(u32 size, u32 len, u32 ssthresh, u32 most);
u32 newtcp_clamp_init(u32 clamp, u32 full, u32 mss, int app_win);
bool newtcp_seg_acceptable(u32 rcv_nxt, u32 rcv_wnd, u32 seq, u32 end_seq);
enum newtcp_rst_verdict newtcp_rst_verdict(u32 rcv_nxt, u32 rcv_wnd, u32 seq);
u8 newtcp_window_scale(u32 space);
u32 newtcp_window_unscaled(u32 free_space, u32 full_space, u32 cur_win, u32 mss);

/**
 * newtcp_window_select - how much to offer, without silly windows
 * @free_space: room left in the receive buffer, bytes of payload
 * @full_space: room of the empty buffer
 * @cur_win: what is offered now
 * @mss: what the peer's segments are believed to carry
 * @rcv_wscale: our scale
 *
 * RFC 9293 3.8.6.2.2. The caller keeps the right edge from moving back.
 *
 * Return: bytes; with scaling a multiple of 1 << @rcv_wscale.
 */
static inline u32 newtcp_window_select(u32 free_space, u32 full_space,
				       u32 cur_win, u32 mss, u8 rcv_wscale)
{
	mss = min(mss, full_space);
	if (!mss)
		return 0;

	if (free_space < full_space / 2) {
		/* Getting tight: rounding must not offer what is not there. */
		free_space = round_down(free_space, 1U << rcv_wscale);
		if (free_space < mss || free_space < full_space / 16)
			return 0;
	}
	/* Rounded up, so that a small window is not scaled away to 0. */
	if (rcv_wscale)
		return ALIGN(free_space, 1U << rcv_wscale);
	return newtcp_window_unscaled(free_space, full_space, cur_win, mss);
}

/**
 * newtcp_nagle_hold - must a partial segment wait?
 * @len: bytes that could go out now
 * @mss: a full segment
 * @nodelay: the program asked for no delay
 * @small_in_flight: an earlier partial segment is not acknowledged yet
 *
 * Minshall's variant: one partial segment may be in flight, not none.
 *
 * Return: true when it must.
 */
static inline bool newtcp_nagle_hold(u32 len, u32 mss, bool nodelay,
				     bool small_in_flight)
{
	return len < mss && !nodelay && small_in_flight;
}

#endif /* _NEWTCP_WINDOW_H */
