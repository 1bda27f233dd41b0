// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/sackin.c: what a peer says it has enters the board.
 */
#include <kunit/test.h>

#include "../module/core/sackin.h"
#include "sender.h"

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

/* A block that grows makes no records: what it takes joins what it had. */
static void sack_merges(struct kunit *test)
{
	struct sender *x = new_sender(test, 100, true);
	unsigned int end, used;

	send_more(x, 70);
	send_more(x, 10);
	x->s.now_us += 100 * MS;
	ack(x, 0, BLOCKS(2, 3), 0);
	used = x->used;
	/* Up to as much as can be sent again as one; then a record of its own begins. */
	for (end = 4; end <= 62; end++) {
		ack(x, 0, BLOCKS(2, end), 0);
		KUNIT_ASSERT_EQ(test, x->n.delivered, 1);
		KUNIT_ASSERT_EQ(test, x->b.sacked_out, end - 2);
		KUNIT_ASSERT_EQ(test, x->r.high_sacked, at(end));
	}
	KUNIT_EXPECT_EQ(test, x->used, used);
	KUNIT_EXPECT_EQ(test, newtcp_board_find(&x->b.held, at(2))->end_seq, at(62));
	KUNIT_EXPECT_EQ(test, newtcp_board_find(&x->b.held, at(2))->segs, 60);
	KUNIT_EXPECT_EQ(test, newtcp_board_find(&x->b.flight.rb_root, at(62))->seq, at(62));
	ack(x, 0, BLOCKS(2, 63), 0);
	KUNIT_EXPECT_EQ(test, x->used, used + 1);
	/* The rest of that record, and a part of the next. */
	ack(x, 0, BLOCKS(2, 72), 0);
	KUNIT_EXPECT_EQ(test, x->n.delivered, 9);
	ack(x, 80, NULL, 0);
	expect_sums(test, x, 0, 0, 0, 0);
}

/* Where a record of the program's ends, one of the board's does: nothing joins it. */
static void sack_keeps_records(struct kunit *test)
{
	struct sender *x = new_sender(test, 100, true);
	unsigned int used;

	send_more(x, 2);
	send_more(x, 10);
	newtcp_board_first(&x->b)->marks |= NEWTCP_SEG_EOR;
	x->s.now_us += 100 * MS;
	ack(x, 0, BLOCKS(1, 2), 0);
	/* It was cut; the mark is on its end, which is SACKed. */
	newtcp_board_find(&x->b.held, at(1))->marks |= NEWTCP_SEG_EOR;
	used = x->used;
	ack(x, 0, BLOCKS(1, 4), 0);
	KUNIT_EXPECT_EQ(test, x->n.delivered, 2);
	KUNIT_EXPECT_EQ(test, x->used, used + 1);
	KUNIT_EXPECT_EQ(test, newtcp_board_find(&x->b.held, at(1))->end_seq, at(2));
	KUNIT_EXPECT_EQ(test, newtcp_board_find(&x->b.held, at(2))->end_seq, at(4));
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

/* The first copy of a retransmission came, behind later ones: its duplicate tells. */
static void reordering_by_dsack(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 10, MS);
	x->s.now_us = NOW + 110 * MS;
	ack(x, 0, BLOCKS(2, 10), 0);
	KUNIT_ASSERT_EQ(test, resend(x), 2);
	ack(x, 0, BLOCKS(1, 10), 0);
	KUNIT_EXPECT_EQ(test, x->r.reordering, 3);
	ack(x, 0, BLOCKS(1, 2, 1, 10), 0);
	KUNIT_EXPECT_EQ(test, x->n.flags & NEWTCP_RX_DSACK, NEWTCP_RX_DSACK);
	KUNIT_EXPECT_EQ(test, x->r.reordering, 9);
	KUNIT_EXPECT_TRUE(test, (bool)x->r.reord_seen);
}

/* A duplicate of what SND.UNA has passed says nothing of what is SACKed. */
static void no_reordering_by_dsack(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 10, MS);
	x->s.now_us = NOW + 110 * MS;
	ack(x, 0, BLOCKS(2, 10), 0);
	KUNIT_ASSERT_EQ(test, resend(x), 2);
	ack(x, 1, BLOCKS(0, 1, 2, 10), 0);
	KUNIT_EXPECT_EQ(test, x->n.flags & NEWTCP_RX_DSACK, NEWTCP_RX_DSACK);
	KUNIT_EXPECT_EQ(test, x->r.reordering, 3);
	KUNIT_EXPECT_FALSE(test, (bool)x->r.reord_seen);
}

static struct kunit_case sackin_cases[] = {
	KUNIT_CASE(sack_cuts),
	KUNIT_CASE(sack_merges),
	KUNIT_CASE(sack_keeps_records),
	KUNIT_CASE(reordering),
	KUNIT_CASE(reordering_by_dsack),
	KUNIT_CASE(no_reordering_by_dsack),
	{}
};

static struct kunit_suite sackin_suite = {
	.name = "newinet_sackin",
	.test_cases = sackin_cases,
};

kunit_test_suite(sackin_suite);
