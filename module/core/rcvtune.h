/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The receive buffer grows to what the program reads in a round trip, as far as the
 * receiver can tell one: from the time in which a window is filled, and from echoed
 * timestamps. Answers to Linux's tcp_rcv_rtt_measure(), tcp_rcv_rtt_measure_ts() and
 * tcp_rcv_space_adjust().
 *
 * Pure: plain values, times in microseconds. The owner of the struct serialises (for a
 * socket: the socket lock).
 */
#ifndef _NEWTCP_RCVTUNE_H
#define _NEWTCP_RCVTUNE_H

#include <linux/minmax.h>
#include <linux/types.h>
#include "cong.h"
#include "rcvwnd.h"
#include "rtt.h"
#include "seq.h"

/**
 * struct newtcp_rcvtune - state
 * @rtt8_us: round trip as the receiver sees it, times 8; 0: not known
 * @rtt_seq: when this arrives, a window has been filled
 * @rtt_since_us: since then it is awaited, low half of the clock; 0: not yet
 * @rtt_tsecr: the echo that was looked at last
 * @space: the most bytes that the program read in a round trip so far; not 0 from
 *	newtcp_rcvtune_start() on
 * @seq: up to here it had read when this one began
 * @since_us: when that was, low half of the clock
 */
struct newtcp_rcvtune {
	u32 rtt8_us;
	u32 rtt_seq;
	u32 rtt_since_us;
	u32 rtt_tsecr;
	u32 space;
	u32 seq;
	u32 since_us;
};

/**
 * newtcp_rcvtune_start - the connection is established
 * @t: state, zeroed
 * @w: the window
 * @now_us: the time
 * @copied_seq: the program reads from here
 */
static inline void newtcp_rcvtune_start(struct newtcp_rcvtune *t, const struct newtcp_rcvwnd *w,
					u64 now_us, u32 copied_seq)
{
	t->since_us = now_us;
	t->seq = copied_seq;
	/* What is read is divided by it: a window of 0 counts as one byte. */
	t->space = min3(w->ssthresh, w->wnd, (u32)NEWTCP_INIT_CWND * w->advmss) ?: 1;
}

/**
 * newtcp_rcvtune_window - data arrived: has a window been filled?
 * @t: state
 * @now_us: the time
 * @rcv_nxt: RCV.NXT
 * @wnd: the window that was offered, bytes
 *
 * That takes a round trip at least: the shortest counts.
 */
static inline void newtcp_rcvtune_window(struct newtcp_rcvtune *t, u64 now_us, u32 rcv_nxt,
					 u32 wnd)
{
	u32 sample;

	if (t->rtt_since_us) {
		if (seq_before(rcv_nxt, t->rtt_seq))
			return;
		sample = clamp((u32)now_us - t->rtt_since_us, 1U, NEWTCP_RTO_MAX_US);
		if (!t->rtt8_us || sample < t->rtt8_us >> 3)
			t->rtt8_us = sample << 3;
	}
	t->rtt_seq = rcv_nxt + wnd;
	t->rtt_since_us = (u32)now_us ?: 1;
}

/**
 * newtcp_rcvtune_echo - a segment with data echoes a timestamp
 * @t: state
 * @tsecr: the echo
 * @now: what a segment of ours would say, milliseconds
 * @full: it is a full one: full segments come as fast as the path lets them
 *
 * Each echo counts once: later segments with the same one say nothing new. A shorter
 * round trip is believed at once, one of less than a millisecond is not seen.
 */
static inline void newtcp_rcvtune_echo(struct newtcp_rcvtune *t, u32 tsecr, u32 now, bool full)
{
	u32 sample;

	if (tsecr == t->rtt_tsecr)
		return;
	t->rtt_tsecr = tsecr;
	if (!full || now == tsecr)
		return;
	sample = newtcp_rtt_of_echo(now, tsecr);
	if (!sample)
		return;
	if (!t->rtt8_us || sample << 3 < t->rtt8_us)
		t->rtt8_us = sample << 3;
	else
		t->rtt8_us += sample - (t->rtt8_us >> 3);
}

/**
 * newtcp_rcvtune_due - the program read: is a round trip over?
 * @t: state
 * @now_us: when data came last: as good a clock as when it is read
 *
 * Return: true when newtcp_rcvtune_read() is to be asked.
 */
static inline bool newtcp_rcvtune_due(const struct newtcp_rcvtune *t, u64 now_us)
{
	return t->rtt8_us && (u32)now_us - t->since_us >= t->rtt8_us >> 3;
}

/* A new ratio of payload changed the clamp: what is compared may not exceed it. */
static inline void newtcp_rcvtune_clamped(struct newtcp_rcvtune *t, u32 clamp)
{
	t->space = min(t->space, clamp) ?: 1;
}

int newtcp_rcvtune_read(struct newtcp_rcvtune *t, const struct newtcp_rcvwnd *w, u64 now_us,
			u32 copied_seq, u32 rcv_nxt);

#endif /* _NEWTCP_RCVTUNE_H */
