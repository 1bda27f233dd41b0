/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a peer says it has enters the sender's board.
 *
 * Pure: see snd.h.
 */
#ifndef _NEWTCP_SACKIN_H
#define _NEWTCP_SACKIN_H

#include "rack.h"
#include "snd.h"

void newtcp_sack_enter(const struct newtcp_snd *s, struct newtcp_ack_news *n,
		       const struct newtcp_range *sacks, unsigned int num);
void newtcp_dupacks_acked(const struct newtcp_snd *s, struct newtcp_ack_news *n);
void newtcp_reordering_found(const struct newtcp_snd *s, u32 seq);
void newtcp_limit_dupacks(const struct newtcp_snd *s, u32 acked);

/**
 * newtcp_seg_acked - an ACK covers a segment, or a part of it
 * @r: the sender's memory of losses
 * @b: its scoreboard
 * @rate: its deliveries
 * @n: the ACK
 * @seg: the segment, as it was before
 * @segs: segments of the wire that leave the counts
 * @now_us: the time, microseconds
 * @min_rtt_us: the smallest round trip known
 *
 * The caller takes what is acknowledged whole off the board.
 */
static __always_inline void newtcp_seg_acked(struct newtcp_recovery *r, struct newtcp_board *b,
					     struct newtcp_rate *rate,
					     struct newtcp_ack_news *n,
					     const struct newtcp_seg *seg, u32 segs,
					     u64 now_us, u32 min_rtt_us)
{
	u8 marks = seg->marks;

	n->acked += segs;
	if (likely(!(marks & (NEWTCP_SEG_EVER_RETRANS | NEWTCP_SEG_SACKED)))) {
		/* The first one waited longest: so long an answer can take. */
		if (!n->first_us)
			n->first_us = seg->sent_us;
		n->last_us = seg->sent_us;
		if (seq_before(seg->seq, n->late_seq))
			n->late_seq = seg->seq;
		if (!seq_after(seg->end_seq, r->recovery_point))
			n->flags |= NEWTCP_RX_ORIG_ACKED;
	}
	if (unlikely(marks & NEWTCP_SEG_EVER_RETRANS))
		n->flags |= NEWTCP_RX_RETRANS_ACKED;
	if (likely(!(marks & NEWTCP_SEG_SACKED))) {
		n->delivered += segs;
		if (likely(segs))
			newtcp_rate_arrived(rate, &n->rate, seg);
		if (likely(!newtcp_first_copy_arrived(n, seg)))
			newtcp_rack_advance(r, seg, now_us, min_rtt_us);
	}
	newtcp_board_count(b, seg, segs);
}

#endif /* _NEWTCP_SACKIN_H */
