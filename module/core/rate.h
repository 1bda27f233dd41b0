/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The delivery rate (draft-cheng-iccrg-delivery-rate-estimation): each segment takes
 * along how much had been delivered when it was sent, and when that was known; what has
 * been delivered by the time of its ACK, over the time that it took, is a sample.
 *
 * A sample is by the segment sent last of those that an ACK names. Its interval is
 * the longer one of the time in which those segments were sent and the time in
 * which the ACKs came, since either may be compressed. A sender that had nothing
 * to send measures itself, not the path: such samples are marked.
 *
 * Times are the low half of a clock in microseconds: no interval is longer than a
 * segment is out, for as long as any is.
 *
 * Answers to tcp_rate.c. Pure: the owner of the structs serialises.
 */
#ifndef _NEWTCP_RATE_H
#define _NEWTCP_RATE_H

#include "board.h"

/**
 * struct newtcp_rate - what a sender remembers of its deliveries
 * @delivered_us: when something was delivered last
 * @first_us: when the segment was sent that was delivered last
 * @limited: how much will have been delivered when the program's pause is behind us; 0 = none
 * @got: the last good sample: segments delivered
 * @in_us: in what time, microseconds; 0 = there is no sample
 * @got_limited: it says what the program sent, not what the path takes
 */
struct newtcp_rate {
	u32 delivered_us;
	u32 first_us;
	u32 limited;
	u32 got;
	u32 in_us:31;
	u32 got_limited:1;
};

/**
 * struct newtcp_rate_sample - what an ACK says of the rate, zeroed to begin with
 * @sent_us: when the segment was sent by which it is measured
 * @end_seq: where that one ends
 * @prior: segments that had been delivered when it was sent
 * @prior_us: when that was known
 * @send_us: in what time the segments delivered since were sent
 * @delivered: out: segments delivered since
 * @interval_us: out: in what time; 0 = there is no sample
 * @limited: the program had not sent all that it might
 * @retrans: the segment had been sent more than once
 * @found: a segment is named
 */
struct newtcp_rate_sample {
	u64 sent_us;
	u32 end_seq;
	u32 prior;
	u32 prior_us;
	u32 send_us;
	u32 delivered;
	u32 interval_us;
	bool limited;
	bool retrans;
	bool found;
};

/**
 * newtcp_rate_init - a connection starts: nothing is known of the path
 * @r: overwritten
 */
static inline void newtcp_rate_init(struct newtcp_rate *r)
{
	*r = (struct newtcp_rate) { .limited = ~0U, .got_limited = 1 };
}

/**
 * newtcp_rate_sent - a segment goes out, for the first time or again
 * @r: the sender's memory
 * @seg: its record, with the time in it
 * @delivered: segments delivered so far
 * @alone: nothing else is out
 */
static inline void newtcp_rate_sent(struct newtcp_rate *r, struct newtcp_seg *seg,
				    u32 delivered, bool alone)
{
	/* What arrives from now on arrives in the time from now on. */
	if (alone) {
		r->first_us = seg->sent_us;
		r->delivered_us = seg->sent_us;
	}
	seg->first_us = r->first_us;
	seg->delivered_us = r->delivered_us;
	seg->delivered = delivered;
	if (unlikely(r->limited))
		seg->marks |= NEWTCP_SEG_LIMITED;
	else
		seg->marks &= ~NEWTCP_SEG_LIMITED;
}

/**
 * newtcp_rate_arrived - an ACK names a segment for the first time
 * @r: the sender's memory
 * @rs: the sample of the ACK
 * @seg: the segment's record
 */
static inline void newtcp_rate_arrived(struct newtcp_rate *r, struct newtcp_rate_sample *rs,
				       const struct newtcp_seg *seg)
{
	if (rs->found && !newtcp_sent_after(seg->sent_us, seg->end_seq, rs->sent_us, rs->end_seq))
		return;
	rs->found = true;
	rs->sent_us = seg->sent_us;
	rs->end_seq = seg->end_seq;
	rs->prior = seg->delivered;
	rs->prior_us = seg->delivered_us;
	rs->send_us = (u32)seg->sent_us - seg->first_us;
	rs->limited = seg->marks & NEWTCP_SEG_LIMITED;
	rs->retrans = seg->marks & NEWTCP_SEG_EVER_RETRANS;
	r->first_us = seg->sent_us;
}

void newtcp_rate_sample(struct newtcp_rate *r, struct newtcp_rate_sample *rs, u32 delivered,
			u32 news, u32 min_rtt_us, u64 now_us);

/**
 * newtcp_rate_write - the program writes: had it paused?
 * @r: the sender's memory
 * @b: the scoreboard
 * @cwnd: the congestion window, segments
 * @delivered: segments delivered so far
 * @idle: less than a segment had been left to send, and nothing waited below the socket
 *
 * If neither the window nor a loss held it back, what is sent until all that is out has
 * arrived measures the program.
 */
static inline void newtcp_rate_write(struct newtcp_rate *r, const struct newtcp_board *b,
				     u32 cwnd, u32 delivered, bool idle)
{
	u32 pipe = newtcp_board_pipe(b);

	if (idle && pipe < cwnd && b->lost_out <= b->retrans_out)
		r->limited = (delivered + pipe) ?: 1;
}

u64 newtcp_rate_bytes(const struct newtcp_rate *r, u32 mss);

#endif /* _NEWTCP_RATE_H */
