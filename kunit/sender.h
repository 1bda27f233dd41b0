/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A sender for the suites of loss recovery (module/core/snd.h lists what they test): of
 * segments of 1,000 bytes from sequence number BASE, which wraps on the way, and what a
 * peer's ACKs make of it. The window is halved (Reno) unless a test says otherwise;
 * times are microseconds from NOW, the round trip is 100 ms.
 */
#ifndef _KUNIT_SENDER_H
#define _KUNIT_SENDER_H

#include <kunit/test.h>
#include <linux/string.h>
#include "../module/core/recovery.h"
#include "../module/core/sackin.h"

#define MSS	1000U
#define BASE	(0U - 4500U)
#define NOW	(1000 * 1000000ULL)
#define MS	1000U
#define SEGS	96

struct sender {
	struct newtcp_board b;
	struct newtcp_recovery r;
	struct newtcp_cong c;
	struct newtcp_rate rate;
	struct newtcp_rtt rtt;
	struct newtcp_loss_conf conf;
	struct newtcp_snd s;
	struct newtcp_ack_news n;
	struct newtcp_seg seg[SEGS];
	unsigned int used;
};

/* The number of the byte at which segment @i begins. */
static inline u32 at(unsigned int i)
{
	return BASE + i * MSS;
}

static inline struct newtcp_seg *cut(void *owner, struct newtcp_seg *seg, u32 len)
{
	struct sender *x = owner;
	struct newtcp_seg *rest;
	u16 before = seg->segs;

	if (x->used == SEGS)
		return NULL;
	rest = &x->seg[x->used++];
	*rest = *seg;
	rest->seq = seg->seq + len;
	seg->end_seq = rest->seq;
	seg->segs = DIV_ROUND_UP(len, MSS);
	rest->segs = DIV_ROUND_UP(rest->end_seq - rest->seq, MSS);
	newtcp_board_count(&x->b, seg, before - seg->segs - rest->segs);
	newtcp_board_split(&x->b, seg, rest);
	return rest;
}

static inline bool shift(void *owner, struct newtcp_seg *to, struct newtcp_seg *from, u32 len)
{
	return true;
}

static inline void start(struct sender *x, u32 cwnd, bool sack)
{
	const struct newtcp_trip trip = { .us = 100 * MS, .newest_us = 100 * MS };

	memset(x, 0, sizeof(*x));
	x->conf = (struct newtcp_loss_conf){
		.reordering = 3, .max_reordering = 300,
		.recovery = NEWTCP_RACK, .frto = true,
	};
	newtcp_board_init(&x->b);
	newtcp_recovery_init(&x->r, &x->conf, BASE);
	newtcp_cong_start(&x->c, &newtcp_cong_reno);
	x->c.cwnd = cwnd;
	newtcp_rtt_init(&x->rtt);
	newtcp_rtt_sample(&x->rtt, &trip, NOW, BASE, BASE, 300 * 1000000ULL);
	x->s = (struct newtcp_snd){
		.b = &x->b, .r = &x->r, .c = &x->c, .rate = &x->rate, .rtt = &x->rtt,
		.conf = &x->conf, .now_us = NOW, .una = BASE, .nxt = BASE, .mss = MSS,
		.max_window = 1 << 20, .sack_ok = sack, .cut = cut, .shift = shift,
		.owner = x,
	};
}

/* @segs more segments go out in one record. */
static inline void send_more(struct sender *x, unsigned int segs)
{
	struct newtcp_seg *seg = &x->seg[x->used++];

	seg->seq = x->s.nxt;
	seg->end_seq = seg->seq + segs * MSS;
	seg->segs = segs;
	seg->mss = MSS;
	seg->sent_us = x->s.now_us;
	newtcp_board_append(&x->b, seg);
	x->s.nxt = seg->end_seq;
	if (newtcp_ca_reducing(&x->r))
		x->r.prr_out += segs;
}

static inline void send_each(struct sender *x, unsigned int n, u32 gap_us)
{
	while (n--) {
		send_more(x, 1);
		x->s.now_us += gap_us;
	}
}

/* What is lost goes out again, as far as the window reaches; how many did? */
static inline unsigned int resend(struct sender *x)
{
	unsigned int sent = 0;
	struct newtcp_seg *seg;

	while ((seg = newtcp_seg_entry(rb_first(&x->b.lost))) &&
	       newtcp_board_pipe(&x->b) < x->c.cwnd) {
		seg->sent_us = x->s.now_us;
		newtcp_recovery_sent_again(&x->s, seg);
		if (!x->r.retrans_stamp)
			x->r.retrans_stamp = newtcp_ms_of(x->s.now_us);
		sent += seg->segs;
	}
	return sent;
}

/* Congestion control hears of it; the window does not grow. */
static inline void tell(struct sender *x)
{
	const struct newtcp_ack_sample s = { .reduced = x->n.reduced };

	x->c.ops->on_ack(&x->c, &s);
}

/* An ACK of all below segment @ack, with blocks of segments [from, to) in pairs. */
static inline void ack(struct sender *x, unsigned int ack, const unsigned int *blocks, u32 flags)
{
	struct newtcp_range sacks[4];
	struct newtcp_ack_news *n = &x->n;
	struct newtcp_seg *seg;
	unsigned int num = 0;
	u32 una = at(ack);

	memset(n, 0, sizeof(*n));
	n->flags = flags;
	n->ack = una;
	n->late_seq = x->s.nxt;
	n->prior_una = x->s.una;
	n->prior_fack = x->b.sacked_out ? x->r.high_sacked : x->s.una;
	if (seq_after(una, x->s.una))
		n->flags |= NEWTCP_RX_ADVANCED;
	if (flags & NEWTCP_RX_ECHO)
		n->tsecr = newtcp_ms_of(NOW);
	x->s.una = una;
	for (; blocks && blocks[1]; blocks += 2, num++) {
		sacks[num].start = at(blocks[0]);
		sacks[num].end = at(blocks[1]);
	}
	if (num)
		newtcp_sack_enter(&x->s, n, sacks, num);
	while ((seg = newtcp_board_first(&x->b)) && !seq_after(seg->end_seq, una)) {
		newtcp_seg_acked(&x->r, &x->b, &x->rate, n, seg, seg->segs, x->s.now_us,
				 newtcp_rtt_min(&x->rtt));
		newtcp_board_remove(&x->b, seg);
	}
	newtcp_recovery_ack(&x->s, n);
	tell(x);
}

#define BLOCKS(...)	((const unsigned int []){ __VA_ARGS__, 0, 0 })

static inline void expect_sums(struct kunit *test, struct sender *x, u32 out, u32 sacked,
			       u32 lost, u32 retrans)
{
	KUNIT_EXPECT_EQ(test, x->b.packets_out, out);
	KUNIT_EXPECT_EQ(test, x->b.sacked_out, sacked);
	KUNIT_EXPECT_EQ(test, x->b.lost_out, lost);
	KUNIT_EXPECT_EQ(test, x->b.retrans_out, retrans);
}

static inline struct sender *new_sender(struct kunit *test, u32 cwnd, bool sack)
{
	struct sender *x = kunit_kzalloc(test, sizeof(*x), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, x);
	start(x, cwnd, sack);
	return x;
}

#endif /* _KUNIT_SENDER_H */
