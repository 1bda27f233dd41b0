// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/rack.c: losses by time (RFC 8985 6).
 */
#include <kunit/test.h>

#include "../module/core/rack.h"
#include "sender.h"

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

static struct kunit_case rack_cases[] = {
	KUNIT_CASE(lost_retransmission),
	KUNIT_CASE(retransmission_at_once),
	{}
};

static struct kunit_suite rack_suite = {
	.name = "newinet_rack",
	.test_cases = rack_cases,
};

kunit_test_suite(rack_suite);
