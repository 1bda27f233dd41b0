// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/recovery.c: its states, and what an ACK or a timeout makes of them.
 */
#include <kunit/test.h>

#include "../module/core/recovery.h"
#include "sender.h"

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

/*
 * RFC 5682 without SACK: what came with the hole's filling was there before the timeout,
 * for all that is known, and proves nothing.
 */
static void timeout_without_sack(struct kunit *test)
{
	struct sender *x = new_sender(test, 10, false);

	send_each(x, 3, 0);
	x->s.now_us = NOW + 300 * MS;
	newtcp_recovery_timeout(&x->s, false);
	KUNIT_EXPECT_TRUE(test, (bool)x->r.frto);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
	x->s.now_us += 100 * MS;
	ack(x, 3, NULL, 0);
	KUNIT_EXPECT_EQ(test, x->c.ssthresh, 5);
	KUNIT_EXPECT_LT(test, x->c.cwnd, 10);
}

/* A recovery that follows another at once has not begun when that had. */
static void recovery_after_recovery(struct kunit *test)
{
	struct sender *x = new_sender(test, 40, true);

	send_each(x, 10, 0);
	x->s.now_us = NOW + 100 * MS;
	ack(x, 0, BLOCKS(1, 6), 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_RECOVERY);
	KUNIT_EXPECT_EQ(test, resend(x), 1);
	x->r.retrans_stamp = 5;
	send_each(x, 10, 0);
	x->s.now_us += 100 * MS;
	/* All of the first one, and a hole in what was sent meanwhile. */
	ack(x, 10, BLOCKS(12, 20), 0);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_RECOVERY);
	KUNIT_EXPECT_EQ(test, x->r.recovery_point, at(20));
	KUNIT_EXPECT_EQ(test, x->r.retrans_stamp, 0);
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
	/* Late enough that RACK would still wait for it. */
	send_more(x, 3);
	ack(x, 1, NULL, 0);
	KUNIT_EXPECT_TRUE(test, x->n.reneged);
	x->s.now_us += 50 * MS;
	newtcp_recovery_timeout(&x->s, false);
	expect_sums(test, x, 12, 0, 12, 0);
	KUNIT_EXPECT_EQ(test, x->c.cwnd, 1);
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

/* Times of sending in units of 10 ms before the ACK; 0: none. */
struct told_case {
	const char *desc;
	u32 flags;
	u8 first, last, first_sack, last_sack;
	u32 tsecr;
	u32 rtt_us, newest_us;
};

#define ADV		NEWTCP_RX_ADVANCED
#define ECHOED		NEWTCP_RX_ECHO
#define TWICE		NEWTCP_RX_RETRANS_ACKED

/* At 9,000,000 us. */
static const struct told_case told_cases[] = {
	{ "acknowledged, sent once", ADV, 5, 5, 0, 0, 0, 50000, 50000 },
	{ "several: the timeout's is the first", ADV, 5, 2, 0, 0, 0, 50000, 20000 },
	{ "the same before what was SACKed", ADV, 5, 4, 3, 1, 0, 50000, 10000 },
	{ "acknowledged, some of it twice: nothing (Karn)",
	  ADV | TWICE, 5, 5, 0, 0, 0, 0, 0 },
	{ "of that an echo tells", ADV | TWICE | ECHOED, 5, 5, 0, 0, 8970, 30000, 30000 },
	{ "so does what was SACKed", ADV | TWICE | ECHOED, 5, 5, 4, 2, 8970, 40000, 20000 },
	{ "SACKed, sent once", NEWTCP_RX_SACKED, 0, 0, 4, 3, 0, 40000, 30000 },
	{ "an echo that acknowledges nothing", ECHOED, 0, 0, 0, 0, 8970, 0, 0 },
	{ "an absurd echo", ADV | ECHOED, 0, 0, 0, 0, 9001, 0, 0 },
};

#undef ADV
#undef ECHOED
#undef TWICE

KUNIT_ARRAY_PARAM_DESC(told, told_cases, desc);

static u64 sent_at(u8 ago)
{
	return ago ? 9000000 - ago * 10000 : 0;
}

static void round_trip(struct kunit *test)
{
	const struct told_case *c = test->param_value;
	const struct newtcp_board b = {};
	const struct newtcp_ack_news n = {
		.flags = c->flags, .first_us = sent_at(c->first), .last_us = sent_at(c->last),
		.first_sack_us = sent_at(c->first_sack), .last_sack_us = sent_at(c->last_sack),
		.tsecr = c->tsecr,
	};
	struct newtcp_trip trip = newtcp_ack_trip(&n, &b, MSS, 9000000);

	KUNIT_EXPECT_EQ(test, c->rtt_us, trip.us);
	KUNIT_EXPECT_EQ(test, c->newest_us, trip.newest_us);
	KUNIT_EXPECT_FALSE(test, trip.delayed);
}

struct delayed_case {
	const char *desc;
	u32 acked, delivered, bytes, sacked_out, flags;
	bool delayed;
};

static const struct delayed_case delayed_cases[] = {
	{ "a lone segment", 1, 1, MSS - 1, 0, 0, true },
	{ "a full one", 1, 1, MSS, 0, 0, false },
	{ "two", 2, 2, 20, 0, 0, false },
	{ "it was SACKed", 1, 0, 20, 0, 0, false },
	{ "others are SACKed", 1, 1, 20, 3, 0, false },
	{ "it SACKs", 1, 2, 20, 1, NEWTCP_RX_SACKED, false },
	{ "it reports a duplicate", 1, 1, 20, 0, NEWTCP_RX_DSACK, false },
};

KUNIT_ARRAY_PARAM_DESC(delayed, delayed_cases, desc);

static void may_be_delayed(struct kunit *test)
{
	const struct delayed_case *c = test->param_value;
	const struct newtcp_board b = { .sacked_out = c->sacked_out };
	const struct newtcp_ack_news n = {
		.flags = c->flags | NEWTCP_RX_ADVANCED, .first_us = 1000, .last_us = 1000,
		.acked = c->acked, .delivered = c->delivered,
		.prior_una = U32_MAX - 5, .ack = U32_MAX - 5 + c->bytes,
	};
	struct newtcp_trip trip = newtcp_ack_trip(&n, &b, MSS, 1000);

	KUNIT_EXPECT_EQ(test, c->delayed, trip.delayed);
	/* In less than a microsecond. */
	KUNIT_EXPECT_EQ(test, 1, trip.us);
}

static struct kunit_case recovery_cases[] = {
	KUNIT_CASE(timeout_and_back),
	KUNIT_CASE(timeout_without_sack),
	KUNIT_CASE(recovery_after_recovery),
	KUNIT_CASE(reneging),
	KUNIT_CASE(newreno),
	KUNIT_CASE(newreno_waits),
	KUNIT_CASE(resized),
	KUNIT_CASE_PARAM(round_trip, told_gen_params),
	KUNIT_CASE_PARAM(may_be_delayed, delayed_gen_params),
	{}
};

static struct kunit_suite recovery_suite = {
	.name = "newinet_recovery",
	.test_cases = recovery_cases,
};

kunit_test_suite(recovery_suite);
