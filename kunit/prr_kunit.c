// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/prr.c: proportional rate reduction (RFC 6937).
 */
#include <kunit/test.h>

#include "../module/core/prr.h"
#include "sender.h"

struct prr_case {
	const char *desc;
	u32 pipe;
	u32 ssthresh;
	u32 prior;		/* the window before the reduction */
	u32 before;		/* delivered since it began */
	u32 out;		/* sent since it began */
	u32 delivered;		/* by the ACK in hand */
	bool loss;		/* which showed one */
	bool advanced;
	u32 window;
};

static const struct prr_case prr_steps[] = {
	{ "nothing was delivered", 15, 10, 20, 4, 2, 0, .window = 0 },
	{ "half the window: one for two", 15, 10, 20, 4, 2, 2, .window = 16 },
	{ "one for two: not yet", 15, 10, 20, 2, 2, 1, .window = 15 },
	{ "seven tenths: seven for ten", 90, 70, 100, 0, 0, 10, .window = 97 },
	{ "more was sent already: none", 18, 10, 20, 4, 4, 1, .window = 18 },
	{ "below the threshold, a loss: one for one", 5, 10, 20, 8, 9, 1, .loss = true,
	  .advanced = true, .window = 6 },
	{ "below it, progress: slow start", 5, 10, 20, 8, 9, 1, .advanced = true, .window = 7 },
	{ "below it, what was not sent yet", 5, 10, 20, 8, 5, 1, .loss = true, .window = 9 },
	{ "not beyond it", 9, 10, 20, 8, 5, 3, .advanced = true, .window = 10 },
	{ "the first retransmission always goes", 10, 10, 20, 0, 0, 1, .window = 11 },
	{ "never none", 0, 1, 1, 0, 5, 1, .loss = true, .window = 1 },
};

KUNIT_ARRAY_PARAM_DESC(prr, prr_steps, desc);

/* RFC 6937 3 */
static void prr_step(struct kunit *test)
{
	const struct prr_case *p = test->param_value;
	struct sender *x = new_sender(test, p->prior, true);

	x->b.packets_out = p->pipe;
	x->c.ssthresh = p->ssthresh;
	x->c.prior_cwnd = p->prior;
	x->r.prr_delivered = p->before;
	x->r.prr_out = p->out;
	KUNIT_EXPECT_EQ(test, newtcp_prr_step(&x->s, p->delivered, p->loss, p->advanced),
			p->window);
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

/* A retransmission that was lost is a loss as any other: no slow start. */
static void lost_again(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 20, MS);
	x->s.now_us = NOW + 130 * MS;
	ack(x, 0, BLOCKS(2, 20), 0);
	KUNIT_ASSERT_EQ(test, resend(x), 2);
	x->s.now_us += MS;
	send_each(x, 3, MS);
	x->r.prr_out = x->r.prr_delivered;
	x->s.now_us = NOW + 240 * MS;
	ack(x, 1, BLOCKS(2, 23), 0);
	KUNIT_EXPECT_TRUE(test, x->n.flags & NEWTCP_RX_LOST_RETRANS);
	KUNIT_EXPECT_EQ(test, x->n.delivered, 4);
	KUNIT_EXPECT_EQ(test, newtcp_board_pipe(&x->b), 0);
	KUNIT_EXPECT_EQ(test, x->n.reduced, 4);
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

static struct kunit_case prr_cases[] = {
	KUNIT_CASE_PARAM(prr_step, prr_gen_params),
	KUNIT_CASE(one_loss),
	KUNIT_CASE(lost_again),
	KUNIT_CASE(congested),
	{}
};

static struct kunit_suite prr_suite = {
	.name = "newinet_prr",
	.test_cases = prr_cases,
};

kunit_test_suite(prr_suite);
