/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Window arithmetic and the acceptance tests of RFC 9293 3.10.7.4, with
 * RFC 5961's tightening: verdicts only, the caller acts on them.
 *
 * Pure: plain values, no locks, any context.
 */
#ifndef _NEWTCP_WINDOW_H
#define _NEWTCP_WINDOW_H

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

bool newtcp_seg_acceptable(u32 rcv_nxt, u32 rcv_wnd, u32 seq, u32 end_seq);
enum newtcp_rst_verdict newtcp_rst_verdict(u32 rcv_nxt, u32 rcv_wnd, u32 seq);

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
