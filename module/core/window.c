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
#include "seq.h"

#include <linux/export.h>
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
