// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/undo.c: reductions that were for nothing (RFC 3522, 4015, 3708), and
 * F-RTO (RFC 5682).
 */
#include <kunit/test.h>

#include "../module/core/undo.h"
#include "sender.h"

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
	KUNIT_EXPECT_EQ(test, x->r.reo_wnd_persist, 1);
	/* A duplicate of the network's making says nothing of ours. */
	ack(x, 10, BLOCKS(0, 1), 0);
	KUNIT_EXPECT_EQ(test, x->n.flags & NEWTCP_RX_DSACK, 0);
}

/* A duplicate of what was sent once is the network's: the reduction was for something. */
static void network_duplicates(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 10, 0);
	x->s.now_us = NOW + 100 * MS;
	ack(x, 0, BLOCKS(1, 10), 0);
	KUNIT_ASSERT_EQ(test, resend(x), 1);
	x->s.now_us += 100 * MS;
	ack(x, 10, NULL, 0);
	KUNIT_ASSERT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
	KUNIT_ASSERT_EQ(test, x->c.ssthresh, 10);
	send_each(x, 8, MS);
	x->s.now_us += 92 * MS;
	ack(x, 10, BLOCKS(15, 16, 15, 16), 0);
	KUNIT_EXPECT_EQ(test, x->n.flags & NEWTCP_RX_DSACK, NEWTCP_RX_DSACK);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 10);
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

/* The one that was late is learnt from, though nothing is SACKed any more. */
static void undo_partial(struct kunit *test)
{
	struct sender *x = new_sender(test, 40, true);

	send_each(x, 20, MS);
	x->s.now_us = NOW + 110 * MS;
	ack(x, 0, BLOCKS(1, 10), 0);
	KUNIT_ASSERT_EQ(test, resend(x), 1);
	x->s.now_us += MS;
	ack(x, 10, NULL, NEWTCP_RX_ECHO);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
	KUNIT_EXPECT_EQ(test, x->n.resend, NEWTCP_RESEND_NOTHING);
	KUNIT_EXPECT_TRUE(test, (bool)x->r.reord_seen);
	KUNIT_EXPECT_EQ(test, x->r.reordering, 10);
}

/* One was late, another is lost: that begins a recovery of its own, with the same ACK. */
static void undo_and_loss(struct kunit *test)
{
	struct sender *x = new_sender(test, 40, true);

	send_each(x, 20, MS);
	x->s.now_us = NOW + 110 * MS;
	ack(x, 0, BLOCKS(1, 12, 13, 20), 0);
	expect_sums(test, x, 20, 18, 2, 0);
	x->c.cwnd = 1;
	KUNIT_ASSERT_EQ(test, resend(x), 1);
	x->s.now_us += 30 * MS;
	ack(x, 12, BLOCKS(13, 20), NEWTCP_RX_ECHO);
	expect_sums(test, x, 8, 7, 1, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_RECOVERY);
	KUNIT_EXPECT_EQ(test, x->n.resend, NEWTCP_RESEND_LOST);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 20);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
}

/* The window fell for our own device's queue: duplicates do not raise it again. */
static void undo_when_congested(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 10, MS);
	newtcp_recovery_congested(&x->s);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 10);
	x->s.now_us = NOW + 110 * MS;
	ack(x, 0, BLOCKS(1, 4), 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_RECOVERY);
	KUNIT_ASSERT_EQ(test, resend(x), 1);
	x->s.now_us += 10 * MS;
	ack(x, 10, NULL, 0);
	send_each(x, 2, 0);
	ack(x, 10, BLOCKS(0, 1), 0);
	KUNIT_EXPECT_EQ(test, x->n.flags & NEWTCP_RX_DSACK, NEWTCP_RX_DSACK);
	KUNIT_EXPECT_FALSE(test, x->r.can_undo);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 10);
	KUNIT_EXPECT_EQ(test, x->c.cwnd, 10);
	/* What falls for a loss the next time is raised again. */
	x->s.now_us += 110 * MS;
	send_each(x, 10, 0);
	x->s.now_us += 110 * MS;
	ack(x, 10, BLOCKS(12, 16), 0);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 5);
	KUNIT_EXPECT_GT(test, resend(x), 0);
	ack(x, 22, NULL, NEWTCP_RX_ECHO);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 10);
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

/* Nor does a timeout of the same window that was for nothing. */
static void spurious_when_congested(struct kunit *test)
{
	struct sender *x = new_sender(test, 20, true);

	send_each(x, 10, 0);
	newtcp_recovery_congested(&x->s);
	x->s.now_us = NOW + 300 * MS;
	newtcp_recovery_timeout(&x->s, false);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
	x->s.now_us += 10 * MS;
	ack(x, 1, NULL, 0);
	send_more(x, 2);
	ack(x, 2, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 10);
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

static struct kunit_case undo_cases[] = {
	KUNIT_CASE(undo_by_dsack),
	KUNIT_CASE(network_duplicates),
	KUNIT_CASE(undo_by_echo),
	KUNIT_CASE(undo_partial),
	KUNIT_CASE(undo_and_loss),
	KUNIT_CASE(undo_when_congested),
	KUNIT_CASE(spurious_timeout),
	KUNIT_CASE(spurious_when_congested),
	KUNIT_CASE(real_timeout),
	KUNIT_CASE(real_timeout_plain),
	{}
};

static struct kunit_suite undo_suite = {
	.name = "newinet_undo",
	.test_cases = undo_cases,
};

kunit_test_suite(undo_suite);
