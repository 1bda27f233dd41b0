// SPDX-License-Identifier: GPL-2.0
/*
 * How large the receive buffer is to be, by what the program reads in a round trip.
 * Answers to Linux's tcp_rcv_space_adjust().
 *
 * Pure: no locks, any context.
 */
#include "rcvtune.h"

#include <linux/export.h>
#include <kunit/visibility.h>

/**
 * newtcp_rcvtune_read - a round trip is over: what was read in it?
 * @t: state; the next round trip begins
 * @w: the window
 * @now_us: when data came last
 * @copied_seq: the program has read up to here
 * @rcv_nxt: RCV.NXT
 *
 * What still waits was not read: a slow reader needs no larger buffer.
 *
 * Return: bytes of memory that the buffer should have; 0: it may stay.
 */
int newtcp_rcvtune_read(struct newtcp_rcvtune *t, const struct newtcp_rcvwnd *w, u64 now_us,
			u32 copied_seq, u32 rcv_nxt)
{
	int copied = (copied_seq - t->seq) - (rcv_nxt - copied_seq);
	int want = 0;

	if (copied > (int)t->space) {
		want = newtcp_rcvwnd_tune(w, copied, t->space);
		t->space = copied;
	}
	t->seq = copied_seq;
	t->since_us = now_us;
	return want;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rcvtune_read);
