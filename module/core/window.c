// SPDX-License-Identifier: GPL-2.0
/*
 * Window arithmetic and acceptance tests: RFC 9293 3.10.7.4 (acceptable
 * segments, SND.WL1/WL2), RFC 5961 3.2 and 5.2 (RST and ACK), RFC 9293
 * 3.8.6.2 (silly windows), Nagle in Minshall's form. Where Linux is more
 * lenient than the text, the comment says so.
 *
 * Pure: verdicts only; no locks, any context.
 */
#include "window.h"
#include "options.h"
#include "seq.h"

#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <kunit/visibility.h>

/**
 * newtcp_seg_acceptable - is any of the segment in the receive window?
 * @rcv_nxt: RCV.NXT, or as Linux RCV.NXT at the last window update
 * @rcv_wnd: bytes offered from there
 * @seq: SEG.SEQ
 * @end_seq: SEG.SEQ + SEG.LEN, SYN and FIN counted
 *
 * A segment without length may also sit exactly on the right edge: a peer
 * that filled the window sends its pure ACKs from there, and RFC 9293 would
 * lose them.
 *
 * Return: true when it is.
 */
bool newtcp_seg_acceptable(u32 rcv_nxt, u32 rcv_wnd, u32 seq, u32 end_seq)
{
	u32 edge = rcv_nxt + rcv_wnd;

	if (seq == end_seq)
		return !seq_before(seq, rcv_nxt) && !seq_after(seq, edge);
	return seq_after(end_seq, rcv_nxt) && seq_before(seq, edge);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_seg_acceptable);

/**
 * newtcp_rst_verdict - RFC 5961 3.2
 * @rcv_nxt: RCV.NXT
 * @rcv_wnd: bytes offered from there
 * @seq: SEG.SEQ of the RST
 *
 * Return: what to do with it.
 */
enum newtcp_rst_verdict newtcp_rst_verdict(u32 rcv_nxt, u32 rcv_wnd, u32 seq)
{
	if (seq == rcv_nxt)
		return VERDICT_RST_RESET;
	if (seq_after(seq, rcv_nxt) && seq_before(seq, rcv_nxt + rcv_wnd))
		return VERDICT_RST_CHALLENGE;
	return VERDICT_RST_DROP;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rst_verdict);

/**
 * newtcp_window_scale - the scale to announce
 * @space: the largest window we may ever offer
 *
 * Return: 0 to NEWTCP_MAX_WSCALE.
 */
u8 newtcp_window_scale(u32 space)
{
	/* What has more than the 16 bits of the header's field. */
	return clamp(fls(space) - 16, 0, NEWTCP_MAX_WSCALE);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_window_scale);

/**
 * newtcp_window_unscaled - newtcp_window_select() without scaling
 * @free_space: room left in the receive buffer, bytes of payload
 * @full_space: room of the empty buffer
 * @cur_win: what is offered now
 * @mss: what the peer's segments are believed to carry
 *
 * Whole segments, and the old offer stands while it is less than a segment
 * away, so that the window moves in useful steps.
 *
 * Return: bytes.
 */
u32 newtcp_window_unscaled(u32 free_space, u32 full_space, u32 cur_win, u32 mss)
{
	if (cur_win > free_space || cur_win + mss <= free_space)
		return rounddown(free_space, mss);
	/* The buffer holds one segment: half of it is step enough. */
	if (mss == full_space && free_space > cur_win + full_space / 2)
		return free_space;
	return cur_win;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_window_unscaled);

/**
 * newtcp_overhead_fits - may the window grow with segments as bloated as this?
 * @size: what the segment takes, as payload of the same memory
 * @len: its payload
 * @ssthresh: present bound on the window
 * @most: the window that the largest buffer allows
 *
 * The more overhead, the smaller the window that may be offered: half of the
 * largest for twice the usual overhead, a quarter for four times.
 *
 * Return: true when it may.
 */
bool newtcp_overhead_fits(u32 size, u32 len, u32 ssthresh, u32 most)
{
	if (!len)
		return false;
	do {
		size >>= 1;
		most >>= 1;
		if (ssthresh > most)
			return false;
	} while (size > len);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_overhead_fits);

/**
 * newtcp_clamp_init - the largest window, when the connection is established
 * @clamp: what the scale and the program allow
 * @full: what the buffer allows
 * @mss: ours
 * @app_win: net.ipv4.tcp_app_win: a part 1 / 2^app_win of the buffer is the
 *	program's; 0: none
 *
 * Room for one segment is kept back, as far as there are two.
 *
 * Return: bytes.
 */
u32 newtcp_clamp_init(u32 clamp, u32 full, u32 mss, int app_win)
{
	if (clamp >= full) {
		clamp = full;
		if (app_win > 0 && full > 4 * mss)
			clamp = max(full - (app_win < 32 ? full >> app_win : 0), 4 * mss);
	}
	if (app_win > 0 && clamp > 2 * mss && clamp + mss > full)
		clamp = max(2 * mss, full - mss);
	return clamp;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_clamp_init);
