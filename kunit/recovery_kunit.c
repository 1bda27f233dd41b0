// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/recovery.c and the files that it lists: a sender of
 * segments of 1,000 bytes from sequence number BASE, which wraps on the way,
 * and what a peer's ACKs make of it. The window is halved (Reno) unless a test
 * says otherwise; times are microseconds from NOW, the round trip is 100 ms.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "../module/core/rack.h"
#include "../module/core/recovery.h"
#include "../module/core/sackin.h"
#include "../module/core/tlp.h"

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
static u32 at(unsigned int i)
{
	return BASE + i * MSS;
}

static struct newtcp_seg *cut(void *owner, struct newtcp_seg *seg, u32 len)
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

static void start(struct sender *x, u32 cwnd, bool sack)
{
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
	newtcp_rtt_sample(&x->rtt, 100 * MS, NOW, BASE, BASE, 300 * 1000000ULL);
	x->s = (struct newtcp_snd){
		.b = &x->b, .r = &x->r, .c = &x->c, .rate = &x->rate, .rtt = &x->rtt,
		.conf = &x->conf, .now_us = NOW, .una = BASE, .nxt = BASE, .mss = MSS,
		.max_window = 1 << 20, .sack_ok = sack, .cut = cut, .owner = x,
	};
}

/* @segs more segments go out in one record. */
static void send_more(struct sender *x, unsigned int segs)
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

static void send_each(struct sender *x, unsigned int n, u32 gap_us)
{
	while (n--) {
		send_more(x, 1);
		x->s.now_us += gap_us;
	}
}

/* What is lost goes out again, as far as the window reaches; how many did? */
static unsigned int resend(struct sender *x)
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
static void tell(struct sender *x)
{
	const struct newtcp_ack_sample s = { .reduced = x->n.reduced };

	x->c.ops->on_ack(&x->c, &s);
}

/* An ACK of all below segment @ack, with blocks of segments [from, to) in pairs. */
static void ack(struct sender *x, unsigned int ack, const unsigned int *blocks, u32 flags)
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
				 x->rtt.min_us);
		newtcp_board_remove(&x->b, seg);
	}
	newtcp_recovery_ack(&x->s, n);
	tell(x);
}

#define BLOCKS(...)	((const unsigned int []){ __VA_ARGS__, 0, 0 })

static void expect_sums(struct kunit *test, struct sender *x, u32 out, u32 sacked, u32 lost,
			u32 retrans)
{
	KUNIT_EXPECT_EQ(test, x->b.packets_out, out);
	KUNIT_EXPECT_EQ(test, x->b.sacked_out, sacked);
	KUNIT_EXPECT_EQ(test, x->b.lost_out, lost);
	KUNIT_EXPECT_EQ(test, x->b.retrans_out, retrans);
}

static struct sender *new_sender(struct kunit *test, u32 cwnd, bool sack)
{
	struct sender *x = kunit_kzalloc(test, sizeof(*x), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, x);
	start(x, cwnd, sack);
	return x;
}

/* A block inside a record of many cuts it at whole segments, on both sides. */
static void sack_cuts(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);
	struct newtcp_range r = { at(3) + 1, at(7) + 999 };

	send_more(x, 10);
	x->s.now_us += 100 * MS;
	memset(&x->n, 0, sizeof(x->n));
	x->n.ack = x->s.una;
	x->n.late_seq = x->s.nxt;
	newtcp_sack_enter(&x->s, &x->n, &r, 1);

	expect_sums(test, x, 10, 3, 0, 0);
	KUNIT_EXPECT_EQ(test, x->n.delivered, 3);
	KUNIT_EXPECT_EQ(test, x->r.high_sacked, at(7));
	KUNIT_EXPECT_EQ(test, newtcp_board_find(&x->b.held, at(0))->seq, at(4));
	KUNIT_EXPECT_EQ(test, newtcp_board_first(&x->b)->end_seq, at(4));
	KUNIT_EXPECT_EQ(test, newtcp_board_last(&x->b)->seq, at(7));
	/* The same again is no news. */
	memset(&x->n, 0, sizeof(x->n));
	x->n.ack = x->s.una;
	newtcp_sack_enter(&x->s, &x->n, &r, 1);
	KUNIT_EXPECT_EQ(test, x->n.delivered, 0);
	KUNIT_EXPECT_EQ(test, x->n.flags & NEWTCP_RX_SACKED, 0);
}

/* RFC 6937 and 8985: one loss of twenty, found with the third SACK. */
static void one_loss(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);
	unsigned int i, sent = 0;

	send_each(x, 20, MS);
	x->s.now_us = NOW + 101 * MS;
	ack(x, 0, BLOCKS(1, 2), 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_DISORDER);
	KUNIT_EXPECT_GT(test, x->n.look_again_us, 0);
	ack(x, 0, BLOCKS(1, 3), 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_DISORDER);
	ack(x, 0, BLOCKS(1, 4), 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_RECOVERY);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 10);
	expect_sums(test, x, 20, 3, 1, 0);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
	expect_sums(test, x, 20, 3, 1, 1);

	/* One segment for each two that are delivered. */
	for (i = 5; i <= 20; i++) {
		x->s.now_us += MS;
		ack(x, 0, BLOCKS(1, i), 0);
		while (newtcp_board_pipe(&x->b) < x->c.cwnd) {
			send_more(x, 1);
			sent++;
		}
	}
	KUNIT_EXPECT_EQ(test, sent, 9);
	KUNIT_EXPECT_EQ(test, newtcp_board_pipe(&x->b), 10);

	x->s.now_us = NOW + 204 * MS;
	ack(x, 20, NULL, 0);
	ack(x, 21, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
	KUNIT_EXPECT_EQ(test, x->c.cwnd, 10);
	expect_sums(test, x, 8, 0, 0, 0);
}

/* RACK finds that the retransmission was lost as well. */
static void lost_retransmission(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 10, MS);
	x->s.now_us = NOW + 110 * MS;
	ack(x, 0, BLOCKS(1, 10), 0);
	KUNIT_ASSERT_EQ(test, resend(x), 1);
	x->s.now_us += MS;
	send_each(x, 3, MS);
	x->s.now_us = NOW + 220 * MS;
	ack(x, 0, BLOCKS(1, 13), 0);
	expect_sums(test, x, 13, 12, 1, 0);
	KUNIT_EXPECT_TRUE(test, x->n.flags & NEWTCP_RX_LOST_RETRANS);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
	x->s.now_us += 100 * MS;
	ack(x, 13, NULL, 0);
	expect_sums(test, x, 0, 0, 0, 0);
}

/*
 * A segment was sent in the same microsecond as the retransmission, before it, and
 * is delivered before it: that says nothing of the retransmission.
 */
static void retransmission_at_once(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 10, MS);
	x->s.now_us = NOW + 110 * MS;
	send_more(x, 1);
	ack(x, 0, BLOCKS(1, 4), 0);
	KUNIT_ASSERT_EQ(test, resend(x), 1);
	x->s.now_us += 100 * MS;
	ack(x, 0, BLOCKS(1, 11), 0);
	expect_sums(test, x, 11, 10, 1, 1);
	KUNIT_EXPECT_FALSE(test, x->n.flags & NEWTCP_RX_LOST_RETRANS);
	ack(x, 11, NULL, 0);
	expect_sums(test, x, 0, 0, 0, 0);
}

/* What arrives late by itself is reordering: more is tolerated from then on. */
static void reordering(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 10, 0);
	x->s.now_us = NOW + 100 * MS;
	ack(x, 0, BLOCKS(1, 3), 0);
	ack(x, 3, NULL, 0);
	KUNIT_EXPECT_TRUE(test, (bool)x->r.reord_seen);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
	KUNIT_EXPECT_EQ(test, x->r.reordering, 3);
	/* Now the third SACK is no evidence: a quarter of the round trip is. */
	ack(x, 3, BLOCKS(4, 9), 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_DISORDER);
	KUNIT_EXPECT_EQ(test, x->n.look_again_us, 25000);
	x->s.now_us += x->n.look_again_us;
	memset(&x->n, 0, sizeof(x->n));
	KUNIT_EXPECT_TRUE(test, newtcp_recovery_look_again(&x->s, &x->n));
	KUNIT_EXPECT_EQ(test, x->n.lost, 1);
	KUNIT_EXPECT_EQ(test, x->n.reduced, newtcp_board_pipe(&x->b) + 1);
	tell(x);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_RECOVERY);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
}

/* Each retransmission is reported as a duplicate: all is as it was. */
static void undo_by_dsack(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 10, MS);
	x->s.now_us = NOW + 110 * MS;
	ack(x, 0, BLOCKS(1, 4), 0);
	KUNIT_ASSERT_EQ(test, resend(x), 1);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 10);
	/* The first copy arrives, then the second. */
	x->s.now_us += 10 * MS;
	ack(x, 10, NULL, 0);
	send_each(x, 2, 0);
	ack(x, 10, BLOCKS(0, 1), 0);
	KUNIT_EXPECT_EQ(test, x->n.flags & NEWTCP_RX_DSACK, NEWTCP_RX_DSACK);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
	KUNIT_EXPECT_GE(test, x->c.cwnd, 20);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
	/* A duplicate of the network's making says nothing of ours. */
	ack(x, 10, BLOCKS(0, 1), 0);
	KUNIT_EXPECT_EQ(test, x->n.flags & NEWTCP_RX_DSACK, 0);
}

/* Eifel: the echo is older than the retransmission. */
static void undo_by_echo(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 10, MS);
	x->s.now_us = NOW + 110 * MS;
	ack(x, 0, BLOCKS(1, 4), 0);
	KUNIT_ASSERT_EQ(test, resend(x), 1);
	x->s.now_us += 10 * MS;
	ack(x, 10, NULL, NEWTCP_RX_ECHO);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
	KUNIT_EXPECT_GE(test, x->c.cwnd, 20);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
}

/* RFC 6298 5, RFC 5681 3.1: one segment, and slow start from there. */
static void timeout_and_back(struct kunit *test)
{
	struct sender *x = new_sender(test, 10, true);

	x->conf.frto = false;
	send_each(x, 10, 0);
	x->s.now_us = NOW + 300 * MS;
	newtcp_recovery_timeout(&x->s, false);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_LOSS);
	KUNIT_EXPECT_EQ(test, x->c.cwnd, 1);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 5);
	expect_sums(test, x, 10, 0, 10, 0);
	KUNIT_EXPECT_EQ(test, resend(x), 1);

	/* Again without an answer: the threshold stays. */
	x->s.now_us += 600 * MS;
	newtcp_recovery_timeout(&x->s, true);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 5);
	expect_sums(test, x, 10, 0, 10, 0);
	KUNIT_EXPECT_EQ(test, resend(x), 1);

	x->s.now_us += 100 * MS;
	ack(x, 1, NULL, 0);
	KUNIT_EXPECT_TRUE(test, x->n.grow);
	x->c.cwnd = 2;
	KUNIT_EXPECT_EQ(test, resend(x), 2);
	/* After progress a timeout counts anew. */
	x->s.now_us += 300 * MS;
	newtcp_recovery_timeout(&x->s, false);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 2);
	resend(x);
	x->s.now_us += 100 * MS;
	ack(x, 10, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
}

/* RFC 5682 3.1: the ACKs after the timeout are of the first copies. */
static void spurious_timeout(struct kunit *test)
{
	struct sender *x = new_sender(test, 10, true);

	send_each(x, 10, 0);
	x->s.now_us = NOW + 300 * MS;
	newtcp_recovery_timeout(&x->s, false);
	KUNIT_ASSERT_TRUE(test, x->r.frto);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
	/* Step 2.b: new data rather than what is lost. */
	x->s.now_us += 10 * MS;
	ack(x, 1, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->n.resend, NEWTCP_RESEND_NEW);
	send_more(x, 2);
	/* Step 3.b: something that was never sent again. */
	ack(x, 2, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
	KUNIT_EXPECT_GE(test, x->c.cwnd, 10);
	expect_sums(test, x, 10, 0, 0, 0);
}

/* RFC 5682 3.1 step 3.a: after the new data a SACK of it alone: it was real. */
static void real_timeout(struct kunit *test)
{
	struct sender *x = new_sender(test, 10, true);

	send_each(x, 10, 0);
	x->s.now_us = NOW + 300 * MS;
	newtcp_recovery_timeout(&x->s, false);
	resend(x);
	x->s.now_us += 100 * MS;
	ack(x, 1, NULL, 0);
	send_more(x, 2);
	x->s.now_us += 100 * MS;
	ack(x, 1, BLOCKS(10, 12), 0);
	KUNIT_EXPECT_FALSE(test, x->r.frto);
	KUNIT_EXPECT_EQ(test, x->n.resend, NEWTCP_RESEND_LOST);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 5);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_LOSS);
}

/* The same without SACK: a duplicate ACK after the new data. */
static void real_timeout_plain(struct kunit *test)
{
	struct sender *x = new_sender(test, 10, false);

	send_each(x, 10, 0);
	x->s.now_us = NOW + 300 * MS;
	newtcp_recovery_timeout(&x->s, false);
	resend(x);
	x->s.now_us += 75 * MS;
	ack(x, 1, NULL, 0);
	x->c.cwnd = 2;
	KUNIT_EXPECT_EQ(test, x->n.resend, NEWTCP_RESEND_NEW);
	send_each(x, 2, 0);
	x->s.now_us += 100 * MS;
	ack(x, 1, NULL, 0);
	KUNIT_EXPECT_FALSE(test, x->r.frto);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
	ack(x, 1, NULL, 0);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
	x->s.now_us += 100 * MS;
	ack(x, 2, NULL, 0);
	x->c.cwnd = 3;
	KUNIT_EXPECT_EQ(test, resend(x), 0);
	ack(x, 3, NULL, 0);
	x->c.cwnd = 4;
	KUNIT_EXPECT_EQ(test, resend(x), 2);
	x->s.now_us += 100 * MS;
	ack(x, 12, NULL, 0);
	expect_sums(test, x, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, x->n.delivered, 9);
	KUNIT_EXPECT_TRUE(test, x->n.grow);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 5);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
}

/* RFC 2018 8: the peer SACKed the oldest, and goes back on it. */
static void reneging(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 10, MS);
	x->s.now_us = NOW + 110 * MS;
	ack(x, 0, BLOCKS(1, 4), 0);
	resend(x);
	x->s.now_us += 100 * MS;
	ack(x, 1, NULL, 0);
	KUNIT_EXPECT_TRUE(test, x->n.reneged);
	x->s.now_us += 50 * MS;
	newtcp_recovery_timeout(&x->s, false);
	expect_sums(test, x, 9, 0, 9, 0);
}

/* RFC 6582: three duplicate ACKs, then each partial ACK names the next. */
static void newreno(struct kunit *test)
{
	struct sender *x = new_sender(test, 10, false);
	unsigned int i;

	send_each(x, 10, 0);
	x->s.now_us = NOW + 100 * MS;
	for (i = 0; i < 2; i++)
		ack(x, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_DISORDER);
	/* Neither a window update nor data repeats an ACK. */
	ack(x, 0, NULL, NEWTCP_RX_WIN_UPDATE);
	ack(x, 0, NULL, NEWTCP_RX_DATA);
	KUNIT_EXPECT_EQ(test, x->b.sacked_out, 2);
	ack(x, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_RECOVERY);
	expect_sums(test, x, 10, 3, 1, 0);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
	/* Of ten two are missing: eight repeat the ACK. */
	for (i = 0; i < 5; i++)
		ack(x, 0, NULL, 0);
	expect_sums(test, x, 10, 8, 1, 1);
	x->s.now_us += 100 * MS;
	ack(x, 4, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_RECOVERY);
	expect_sums(test, x, 6, 5, 1, 0);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
	x->s.now_us += 100 * MS;
	ack(x, 10, NULL, 0);
	/* Duplicates of the recovery point would be of what was sent again. */
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_RECOVERY);
	send_more(x, 1);
	x->s.now_us += 100 * MS;
	ack(x, 11, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
	KUNIT_EXPECT_EQ(test, x->c.cwnd, 5);
}

/* RFC 6582 3.2: recovery waits for more than all; that it did is no reason to undo it. */
static void newreno_waits(struct kunit *test)
{
	struct sender *x = new_sender(test, 10, false);
	unsigned int i;

	send_each(x, 10, 0);
	x->s.now_us = NOW + 100 * MS;
	for (i = 0; i < 9; i++)
		ack(x, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_RECOVERY);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
	send_more(x, 1);
	send_more(x, 1);
	x->s.now_us += 100 * MS;
	ack(x, 10, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_RECOVERY);
	ack(x, 11, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 5);
	KUNIT_EXPECT_EQ(test, x->c.cwnd, 5);
}

struct tlp_case {
	const char *desc;
	bool retrans;		/* the probe was the last segment again */
	bool after;		/* data that was sent behind it is acknowledged */
	bool dsack;		/* the probe is reported as a duplicate */
	bool repeats;		/* the ACK repeats itself before */
	u32 cwnd;
	bool out;		/* the verdict is open yet */
};

static const struct tlp_case tlp_cases[] = {
	{ "new data", .cwnd = 10 },
	{ "the last again: too early to tell", .retrans = true, .cwnd = 10, .out = true },
	{ "beyond it: a loss was repaired", .retrans = true, .after = true, .cwnd = 5 },
	{ "a duplicate: nothing was lost", .retrans = true, .dsack = true, .cwnd = 10 },
	{ "repeated: nothing was lost", .retrans = true, .repeats = true, .after = true,
	  .cwnd = 10 },
};

KUNIT_ARRAY_PARAM_DESC(tlp, tlp_cases, desc);

/* RFC 8985 7.4 */
static void tlp_verdict(struct kunit *test)
{
	const struct tlp_case *p = test->param_value;
	struct sender *x = new_sender(test, 10, true);

	send_each(x, 4, 0);
	x->s.now_us += 202 * MS;
	if (p->retrans) {
		x->seg[3].sent_us = x->s.now_us;
		newtcp_recovery_sent_again(&x->s, &x->seg[3]);
	} else {
		send_more(x, 1);
	}
	newtcp_tlp_sent(&x->s, p->retrans);
	x->s.now_us += 100 * MS;
	ack(x, p->retrans ? 4 : 5, p->dsack ? BLOCKS(3, 4) : NULL, 0);
	if (p->after) {
		send_more(x, 1);
		if (p->repeats)
			ack(x, 4, NULL, 0);
		x->s.now_us += 100 * MS;
		ack(x, 5, NULL, 0);
	}
	KUNIT_EXPECT_EQ(test, x->c.cwnd, p->cwnd);
	KUNIT_EXPECT_EQ(test, (bool)x->r.tlp_out, p->out);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
}

struct tlp_wait_case {
	const char *desc;
	unsigned int out;
	u8 state;
	bool sack;
	bool probed;
	u32 wait_us;
};

static const struct tlp_wait_case tlp_wait_cases[] = {
	{ "nothing out", 0, NEWTCP_CA_OPEN, true, false, 0 },
	{ "one: a delayed ACK may be on its way", 1, NEWTCP_CA_OPEN, true, false, 400000 },
	{ "more: two round trips", 2, NEWTCP_CA_OPEN, true, false, 208000 },
	{ "congested", 2, NEWTCP_CA_CWR, true, false, 208000 },
	{ "in disorder", 2, NEWTCP_CA_DISORDER, true, false, 0 },
	{ "in recovery", 2, NEWTCP_CA_RECOVERY, true, false, 0 },
	{ "without SACK", 2, NEWTCP_CA_OPEN, false, false, 0 },
	{ "probed already", 2, NEWTCP_CA_OPEN, true, true, 208000 },
};

KUNIT_ARRAY_PARAM_DESC(tlp_wait, tlp_wait_cases, desc);

/* RFC 8985 7.2 */
static void tlp_wait(struct kunit *test)
{
	const struct tlp_wait_case *p = test->param_value;
	struct sender *x = new_sender(test, 10, p->sack);

	send_each(x, p->out, 0);
	x->r.state = p->state;
	x->r.tlp_out = p->probed;
	KUNIT_EXPECT_EQ(test, newtcp_tlp_wait_us(&x->b, &x->r, &x->rtt, p->sack, 4000), p->wait_us);
}

/* What is too large for the path is lost, and no congestion. */
static void resized(struct kunit *test)
{
	struct sender *x = new_sender(test, 10, true);
	struct newtcp_seg *seg, *next;

	send_each(x, 10, 0);
	list_for_each_entry_safe(seg, next, &x->b.sent, sent)
		newtcp_board_mark_lost(&x->b, seg);
	newtcp_recovery_resized(&x->s);
	KUNIT_EXPECT_EQ(test, x->c.cwnd, 10);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
	KUNIT_EXPECT_EQ(test, resend(x), 10);
	x->s.now_us += 100 * MS;
	ack(x, 10, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
}

/* Our own device is congested: half, over a round trip, once a window. */
static void congested(struct kunit *test)
{
	struct sender *x = new_sender(test, 10, true);
	unsigned int i;

	send_each(x, 10, 0);
	newtcp_recovery_congested(&x->s);
	newtcp_recovery_congested(&x->s);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 5);
	x->s.now_us += 100 * MS;
	for (i = 1; i <= 10; i++) {
		ack(x, i, NULL, 0);
		if (newtcp_board_pipe(&x->b) < x->c.cwnd)
			send_more(x, 1);
	}
	x->s.now_us += 100 * MS;
	ack(x, 11, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->c.cwnd, 5);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
}

static struct kunit_case recovery_cases[] = {
	KUNIT_CASE(sack_cuts),
	KUNIT_CASE(one_loss),
	KUNIT_CASE(lost_retransmission),
	KUNIT_CASE(retransmission_at_once),
	KUNIT_CASE(reordering),
	KUNIT_CASE(undo_by_dsack),
	KUNIT_CASE(undo_by_echo),
	KUNIT_CASE(timeout_and_back),
	KUNIT_CASE(spurious_timeout),
	KUNIT_CASE(real_timeout),
	KUNIT_CASE(real_timeout_plain),
	KUNIT_CASE(reneging),
	KUNIT_CASE(newreno),
	KUNIT_CASE(newreno_waits),
	KUNIT_CASE_PARAM(tlp_verdict, tlp_gen_params),
	KUNIT_CASE_PARAM(tlp_wait, tlp_wait_gen_params),
	KUNIT_CASE(resized),
	KUNIT_CASE(congested),
	{}
};

static struct kunit_suite recovery_suite = {
	.name = "newinet_recovery",
	.test_cases = recovery_cases,
};

kunit_test_suite(recovery_suite);
