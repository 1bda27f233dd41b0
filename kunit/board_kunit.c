// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/board.[ch]: where the records of what was sent stand. A fuzzer
 * (scripts/host/fuzz/board.c) has it beside a slow model.
 */
#include <kunit/test.h>

#include "../module/core/board.h"
#include "sender.h"

/* The records of segments 0 to @n - 1 go out, one segment each. */
static struct sender *with_records(struct kunit *test, unsigned int n)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, n, MS);
	return x;
}

/* The oldest and the newest, wherever they stand. */
static void ends(struct kunit *test)
{
	struct sender *x = with_records(test, 5);

	newtcp_board_mark_lost(&x->b, &x->seg[0]);
	newtcp_board_mark_sacked(&x->b, &x->seg[4]);
	KUNIT_EXPECT_PTR_EQ(test, newtcp_board_first(&x->b), &x->seg[0]);
	KUNIT_EXPECT_PTR_EQ(test, newtcp_board_last(&x->b), &x->seg[4]);
	expect_sums(test, x, 5, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, newtcp_board_pipe(&x->b), 3);
	/* Of those in flight: the lowest that reaches beyond a number. */
	KUNIT_EXPECT_PTR_EQ(test, newtcp_board_find(&x->b.flight.rb_root, at(0)), &x->seg[1]);
	KUNIT_EXPECT_PTR_EQ(test, newtcp_board_find(&x->b.flight.rb_root, at(3) - 1), &x->seg[2]);
	KUNIT_EXPECT_PTR_EQ(test, newtcp_board_find(&x->b.flight.rb_root, at(3)), &x->seg[3]);
	KUNIT_EXPECT_NULL(test, newtcp_board_find(&x->b.flight.rb_root, at(4)));
}

/* A record that is alone in flight leaves, and others come and leave after it. */
static void alone(struct kunit *test)
{
	struct sender *x = with_records(test, 1);
	unsigned int i;

	newtcp_board_count(&x->b, &x->seg[0], 1);
	newtcp_board_remove(&x->b, &x->seg[0]);
	KUNIT_EXPECT_TRUE(test, newtcp_board_empty(&x->b));
	KUNIT_EXPECT_TRUE(test, list_empty(&x->b.sent));
	KUNIT_EXPECT_NULL(test, newtcp_board_first(&x->b));
	send_each(x, 3, MS);
	for (i = 1; i <= 3; i++) {
		KUNIT_ASSERT_PTR_EQ(test, newtcp_board_first(&x->b), &x->seg[i]);
		newtcp_board_count(&x->b, &x->seg[i], 1);
		newtcp_board_remove(&x->b, &x->seg[i]);
	}
	KUNIT_EXPECT_TRUE(test, newtcp_board_empty(&x->b));
	KUNIT_EXPECT_TRUE(test, list_empty(&x->b.sent));
	expect_sums(test, x, 0, 0, 0, 0);
}

/* One that is alone in flight leaves, while others are lost or held. */
static void alone_in_flight(struct kunit *test)
{
	struct sender *x = with_records(test, 3);

	newtcp_board_mark_lost(&x->b, &x->seg[0]);
	newtcp_board_mark_sacked(&x->b, &x->seg[2]);
	newtcp_board_count(&x->b, &x->seg[1], 1);
	newtcp_board_remove(&x->b, &x->seg[1]);
	KUNIT_EXPECT_TRUE(test, list_empty(&x->b.sent));
	KUNIT_EXPECT_PTR_EQ(test, newtcp_board_first(&x->b), &x->seg[0]);
	KUNIT_EXPECT_PTR_EQ(test, newtcp_board_last(&x->b), &x->seg[2]);
	expect_sums(test, x, 2, 1, 1, 0);
}

/* New data goes behind all, whatever was sent last. */
static void behind_all(struct kunit *test)
{
	struct sender *x = with_records(test, 6);
	struct newtcp_seg *seg;
	unsigned int i;

	/* The newest is held; then an old one was sent last. */
	newtcp_board_mark_sacked(&x->b, &x->seg[5]);
	send_more(x, 1);
	newtcp_board_mark_lost(&x->b, &x->seg[1]);
	x->seg[1].sent_us = x->s.now_us;
	newtcp_board_mark_sent_again(&x->b, &x->seg[1]);
	send_more(x, 1);
	send_more(x, 1);
	KUNIT_EXPECT_PTR_EQ(test, newtcp_board_last(&x->b), &x->seg[8]);
	/* Ascending: 0 1 2 3 4 6 7 8 are in flight. */
	seg = newtcp_board_first(&x->b);
	for (i = 0; i < 9; i++) {
		if (i == 5)
			continue;
		KUNIT_ASSERT_PTR_EQ(test, seg, &x->seg[i]);
		seg = newtcp_seg_entry(rb_next(&seg->node));
	}
	KUNIT_EXPECT_NULL(test, seg);
	/* By time: the one that was sent again is last but two. */
	KUNIT_EXPECT_PTR_EQ(test, list_last_entry(&x->b.sent, struct newtcp_seg, sent),
			    &x->seg[8]);
	KUNIT_EXPECT_PTR_EQ(test, list_entry(x->seg[7].sent.prev, struct newtcp_seg, sent),
			    &x->seg[1]);
	expect_sums(test, x, 9, 1, 1, 1);
}

/* RFC 6675 IsLost(): below so many SACKed segments. */
static void above(struct kunit *test)
{
	struct sender *x = with_records(test, 8);

	newtcp_board_mark_sacked(&x->b, &x->seg[2]);
	newtcp_board_mark_sacked(&x->b, &x->seg[5]);
	newtcp_board_mark_sacked(&x->b, &x->seg[6]);
	KUNIT_EXPECT_EQ(test, newtcp_board_above(&x->b, 1), at(6));
	KUNIT_EXPECT_EQ(test, newtcp_board_above(&x->b, 2), at(5));
	KUNIT_EXPECT_EQ(test, newtcp_board_above(&x->b, 3), at(2));
}

/* The peer goes back on its SACKs: all is in flight, in the order in which it was sent. */
static void forget(struct kunit *test)
{
	struct sender *x = with_records(test, 4);
	struct newtcp_seg *seg;
	unsigned int i = 0;

	newtcp_board_mark_sacked(&x->b, &x->seg[1]);
	newtcp_board_mark_sacked(&x->b, &x->seg[3]);
	newtcp_board_forget_sacks(&x->b);
	expect_sums(test, x, 4, 0, 0, 0);
	list_for_each_entry(seg, &x->b.sent, sent)
		KUNIT_EXPECT_PTR_EQ(test, seg, &x->seg[i++]);
	KUNIT_EXPECT_EQ(test, i, 4);
}

static struct kunit_case board_cases[] = {
	KUNIT_CASE(ends),
	KUNIT_CASE(alone),
	KUNIT_CASE(alone_in_flight),
	KUNIT_CASE(behind_all),
	KUNIT_CASE(above),
	KUNIT_CASE(forget),
	{}
};

static struct kunit_suite board_suite = {
	.name = "newinet_board",
	.test_cases = board_cases,
};

kunit_test_suite(board_suite);
