// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/delack.c: the delay and how it follows the data, quick ACKs,
 * interactive mode, and what each event asks for (RFC 9293 3.8.6.3, RFC 5681 4.2).
 * The clock ticks in milliseconds here.
 */
#include <kunit/test.h>

#include "../module/core/delack.h"

static const struct newtcp_delack_times ms = { .min = 40, .max = 200 };

#define MSS	1000
#define THRESH	3

struct arrive_case {
	const char *desc;
	u16 delay;
	u32 gap, rto, wnd;
	u16 want;
	u8 quickacks;
};

static const struct arrive_case arrive_cases[] = {
	{ "the first data: quick ACKs for the window", 0, 5000, 200, 20000, 40, 10 },
	{ "the first data, small window", 0, 5000, 200, 1000, 40, 2 },
	{ "the first data, huge window", 0, 5000, 200, 1 << 30, 40, 16 },
	{ "close together: towards the least", 100, 20, 200, 20000, 70, 0 },
	{ "close together, at the least", 40, 0, 200, 20000, 40, 0 },
	{ "at a pace within the delay", 100, 60, 300, 20000, 110, 0 },
	{ "just beyond half the least", 100, 21, 300, 20000, 71, 0 },
	{ "never more than the timeout", 190, 180, 200, 20000, 200, 0 },
	{ "slower than the delay", 100, 150, 200, 20000, 100, 0 },
	{ "at the timeout", 100, 200, 200, 20000, 100, 0 },
	{ "later than the timeout: quick again", 100, 201, 200, 20000, 100, 10 },
	{ "as much as the field holds", 65000, 64000, 120000, 20000, 65535, 0 },
};

KUNIT_ARRAY_PARAM_DESC(arrive, arrive_cases, desc);

static void delack_arrive(struct kunit *test)
{
	const struct arrive_case *c = test->param_value;
	struct newtcp_delack d = { .delay = c->delay, .rcv_mss = MSS };

	newtcp_delack_arrived(&d, &ms, c->gap, c->rto, c->wnd);
	KUNIT_EXPECT_EQ(test, d.delay, c->want);
	KUNIT_EXPECT_EQ(test, d.quickacks_left, c->quickacks);
	KUNIT_EXPECT_EQ(test, d.owed, DELACK_OWED);
}

struct when_case {
	const char *desc;
	struct newtcp_delack d;
	u32 unacked;
	bool reads, gaps;
	enum newtcp_delack_when want;
};

static const struct when_case when_cases[] = {
	{ "nothing owed", { .always = 1 }, 5000, true, true, DELACK_WHEN_NEVER },
	{ "one segment", { .owed = DELACK_OWED }, 1000, true, false, DELACK_WHEN_LATER },
	{ "a byte more", { .owed = DELACK_OWED }, 1001, true, false, DELACK_WHEN_NOW },
	{ "two segments", { .owed = DELACK_OWED }, 2000, true, false, DELACK_WHEN_NOW },
	{ "two, but nobody reads", { .owed = DELACK_OWED }, 2000, false, false,
	  DELACK_WHEN_LATER },
	{ "out of order", { .owed = DELACK_OWED }, 0, false, true, DELACK_WHEN_NOW },
	{ "urgent", { .owed = DELACK_OWED | DELACK_NOW }, 0, false, false, DELACK_WHEN_NOW },
	{ "quick", { .owed = DELACK_OWED, .quickacks_left = 1 }, 1, false, false,
	  DELACK_WHEN_NOW },
	{ "quick, but nearly interactive", { .owed = DELACK_OWED, .quickacks_left = 1,
	  .pingpong = 2 }, 1, false, false, DELACK_WHEN_NOW },
	{ "quick, but interactive", { .owed = DELACK_OWED, .quickacks_left = 1,
	  .pingpong = 3 }, 1, false, false, DELACK_WHEN_LATER },
	{ "the route wants it, interactive or not", { .owed = DELACK_OWED, .always = 1,
	  .pingpong = 3 }, 1, false, false, DELACK_WHEN_NOW },
};

KUNIT_ARRAY_PARAM_DESC(when, when_cases, desc);

static void delack_when(struct kunit *test)
{
	const struct when_case *c = test->param_value;
	struct newtcp_delack d = c->d;
	bool keeps_up;

	d.rcv_mss = MSS;
	keeps_up = newtcp_delack_asks_window(&d, c->unacked) && c->reads;
	KUNIT_EXPECT_EQ(test, newtcp_delack_when(&d, keeps_up, c->gaps, THRESH), c->want);
}

struct wait_case {
	const char *desc;
	u16 delay;
	u32 srtt, rto_min;
	u32 want;
};

static const struct wait_case wait_cases[] = {
	{ "the least", 0, 10, 200, 40 },
	{ "the least, whatever the round trip", 40, 1, 200, 40 },
	{ "the pace of the data", 90, 150, 200, 90 },
	{ "a round trip at most", 120, 70, 200, 70 },
	{ "a short round trip: the least", 120, 1, 200, 40 },
	{ "200 ms at most", 400, 3000, 1000, 200 },
	{ "round trip unknown: so too", 600, 0, 1000, 200 },
	{ "before the peer's timeout", 400, 3000, 200, 199 },
	{ "a tiny timeout", 400, 3000, 1, 1 },
	{ "no timeout", 0, 0, 0, 1 },
};

KUNIT_ARRAY_PARAM_DESC(wait, wait_cases, desc);

static void delack_wait(struct kunit *test)
{
	const struct wait_case *c = test->param_value;
	struct newtcp_delack d = { .delay = c->delay };

	KUNIT_EXPECT_EQ(test, newtcp_delack_wait(&d, &ms, c->srtt, c->rto_min), c->want);
}

struct held_case {
	const char *desc;
	u32 wait;
	s32 left;
	u32 want;
};

static const struct held_case held_cases[] = {
	{ "the first one stands", 40, 30, 30 },
	{ "the second is sooner", 40, 150, 40 },
	{ "more than a quarter is left", 40, 11, 11 },
	{ "a quarter: now", 40, 10, 0 },
	{ "it is due", 40, 0, 0 },
	{ "it is late", 40, -7, 0 },
	{ "a tick", 1, 1, 1 },
};

KUNIT_ARRAY_PARAM_DESC(held, held_cases, desc);

static void delack_held(struct kunit *test)
{
	const struct held_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_delack_held(c->wait, c->left), c->want);
}

struct measure_case {
	const char *desc;
	u16 have, last;
	u8 owed;
	u32 len;
	int more;
	u32 advmss;
	bool psh;
	u16 want, want_last;
	u8 want_owed;
	bool news;
};

static const struct measure_case measure_cases[] = {
	{ "the same again", 1448, 0, 0, 1448, 0, 1448, false, 1448, 0, 0, false },
	{ "the same again, the end", 1448, 9, 0, 1448, 0, 1448, true,
	  1448, 0, DELACK_TAIL, false },
	{ "an end after a small one: one is enough", 1448, 0, DELACK_TAIL, 1448, 0, 1448, true,
	  1448, 0, DELACK_TAIL, false },
	{ "larger", 536, 0, 0, 1448, 0, 1448, false, 1448, 0, 0, true },
	{ "larger than announced", 536, 0, 0, 9000, 0, 1448, false, 1448, 0, 0, true },
	{ "merged, and no more than announced", 1448, 0, 0, 64000, 0, 1448, false,
	  1448, 0, 0, true },
	{ "smaller, but no end", 1448, 0, 0, 1000, 0, 1448, false,
	  1448, 1000, DELACK_TAIL, false },
	{ "the second of that size", 1448, 1000, DELACK_TAIL, 1000, 0, 1448, false,
	  1000, 1000, DELACK_TAIL, false },
	{ "the second but for a SACK block", 1448, 1000, 0, 988, 12, 1448, false,
	  1000, 1000, 0, false },
	{ "the second, without timestamps", 1448, 1000, 0, 1012, -12, 1448, false,
	  1000, 1000, 0, false },
	{ "of another size", 1448, 1000, DELACK_TAIL, 999, 0, 1448, false,
	  1448, 999, DELACK_TAIL | DELACK_TAILS, false },
	{ "an end, as large as every host takes", 1448, 524, 0, 524, 0, 1448, true,
	  524, 524, 0, false },
	{ "an end smaller than that", 1448, 523, 0, 523, 0, 1448, true,
	  1448, 0, DELACK_TAIL, false },
	{ "no end, as small as a SYN may announce", 1448, 76, 0, 76, 0, 1448, false,
	  76, 76, 0, false },
	{ "smaller than that", 1448, 75, 0, 75, 0, 1448, false, 1448, 0, DELACK_TAIL, false },
	{ "a byte, without timestamps", 1448, 0, DELACK_TAIL, 1, -12, 1448, false,
	  1448, 0, DELACK_TAIL | DELACK_TAILS, false },
};

KUNIT_ARRAY_PARAM_DESC(measure, measure_cases, desc);

static void delack_measure(struct kunit *test)
{
	const struct measure_case *c = test->param_value;
	struct newtcp_delack d = { .rcv_mss = c->have, .last_len = c->last, .owed = c->owed };

	KUNIT_EXPECT_EQ(test, newtcp_delack_measure(&d, c->len, c->more, 32, c->advmss, c->psh),
			c->news);
	KUNIT_EXPECT_EQ(test, d.rcv_mss, c->want);
	KUNIT_EXPECT_EQ(test, d.last_len, c->want_last);
	KUNIT_EXPECT_EQ(test, d.owed, c->want_owed);
}

static void delack_guess(struct kunit *test)
{
	struct newtcp_delack d = {};

	newtcp_delack_guess_mss(&d, 1448, 65535);
	KUNIT_EXPECT_EQ(test, d.rcv_mss, 536);
	newtcp_delack_guess_mss(&d, 500, 65535);
	KUNIT_EXPECT_EQ(test, d.rcv_mss, 500);
	newtcp_delack_guess_mss(&d, 1448, 400);
	KUNIT_EXPECT_EQ(test, d.rcv_mss, 200);
	newtcp_delack_guess_mss(&d, 1448, 0);
	KUNIT_EXPECT_EQ(test, d.rcv_mss, 88);
}

/* An ACK that goes out pays for one quick one, if it was owed at all. */
static void delack_sent(struct kunit *test)
{
	struct newtcp_delack d = { .quickacks_left = 2, .owed = DELACK_OWED | DELACK_NOW };

	newtcp_delack_sent(&d);
	KUNIT_EXPECT_EQ(test, d.quickacks_left, 1);
	KUNIT_EXPECT_EQ(test, d.owed, 0);
	newtcp_delack_sent(&d);
	KUNIT_EXPECT_EQ(test, d.quickacks_left, 1);
	d.owed = DELACK_OWED | DELACK_NOMEM;
	newtcp_delack_sent(&d);
	KUNIT_EXPECT_EQ(test, d.quickacks_left, 0);
	d.owed = DELACK_OWED;
	newtcp_delack_sent(&d);
	KUNIT_EXPECT_EQ(test, d.quickacks_left, 0);
}

static void delack_reply(struct kunit *test)
{
	struct newtcp_delack d = { .delay = 40 };

	newtcp_delack_data_sent(&d, 40);
	KUNIT_EXPECT_FALSE(test, newtcp_delack_interactive(&d, 1));
	newtcp_delack_data_sent(&d, 39);
	KUNIT_EXPECT_TRUE(test, newtcp_delack_interactive(&d, 1));
	KUNIT_EXPECT_FALSE(test, newtcp_delack_interactive(&d, THRESH));
	newtcp_delack_data_sent(&d, 0);
	newtcp_delack_data_sent(&d, 0);
	KUNIT_EXPECT_TRUE(test, newtcp_delack_interactive(&d, THRESH));
	d.pingpong = 255;
	newtcp_delack_data_sent(&d, 0);
	KUNIT_EXPECT_EQ(test, d.pingpong, 255);
}

static void delack_expire(struct kunit *test)
{
	struct newtcp_delack d = { .delay = 40, .pingpong = THRESH };

	KUNIT_EXPECT_FALSE(test, newtcp_delack_expired(&d, &ms, 200, THRESH));
	KUNIT_EXPECT_EQ(test, d.pingpong, THRESH);

	d.owed = DELACK_OWED;
	d.delay = 120;
	KUNIT_EXPECT_TRUE(test, newtcp_delack_expired(&d, &ms, 200, THRESH));
	KUNIT_EXPECT_EQ(test, d.pingpong, 0);
	KUNIT_EXPECT_EQ(test, d.delay, 40);
	KUNIT_EXPECT_TRUE(test, newtcp_delack_expired(&d, &ms, 200, THRESH));
	KUNIT_EXPECT_EQ(test, d.delay, 80);
	newtcp_delack_expired(&d, &ms, 200, THRESH);
	newtcp_delack_expired(&d, &ms, 200, THRESH);
	KUNIT_EXPECT_EQ(test, d.delay, 200);
	d.delay = 60000;
	newtcp_delack_expired(&d, &ms, 120000, THRESH);
	KUNIT_EXPECT_EQ(test, d.delay, 65535);
}

static void delack_option(struct kunit *test)
{
	struct newtcp_delack d = { .pingpong = 1 };

	KUNIT_EXPECT_FALSE(test, newtcp_delack_option(&d, 0, true, THRESH));
	KUNIT_EXPECT_EQ(test, d.pingpong, THRESH);
	/* Nothing is owed. */
	KUNIT_EXPECT_FALSE(test, newtcp_delack_option(&d, 1, true, THRESH));
	KUNIT_EXPECT_EQ(test, d.pingpong, 0);
	d.owed = DELACK_OWED;
	KUNIT_EXPECT_FALSE(test, newtcp_delack_option(&d, 1, false, THRESH));
	KUNIT_EXPECT_EQ(test, d.pingpong, 0);
	KUNIT_EXPECT_TRUE(test, newtcp_delack_option(&d, 1, true, THRESH));
	KUNIT_EXPECT_EQ(test, d.pingpong, 0);
	KUNIT_EXPECT_TRUE(test, newtcp_delack_option(&d, 2, true, THRESH));
	KUNIT_EXPECT_EQ(test, d.pingpong, THRESH);
	KUNIT_EXPECT_FALSE(test, newtcp_delack_option(&d, 2, false, THRESH));
	KUNIT_EXPECT_EQ(test, d.pingpong, 0);
}

struct read_case {
	const char *desc;
	u8 owed, pingpong, quickacks;
	u32 unacked;
	bool took;
	bool want;
};

static const struct read_case read_cases[] = {
	{ "none owed", DELACK_TAIL | DELACK_TAILS, 0, 1, 5000, true, false },
	{ "more than a segment", DELACK_OWED, THRESH, 0, 1001, false, true },
	{ "one, and there is more to come", DELACK_OWED, 0, 0, 1000, true, false },
	{ "quick ACKs went when it arrived", DELACK_OWED, 0, 1, 1000, true, false },
	{ "the end", DELACK_OWED | DELACK_TAIL, 0, 0, 1000, true, true },
	{ "the end, but something is left", DELACK_OWED | DELACK_TAIL, 0, 0, 1000, false, false },
	{ "the end, and a reply is on its way", DELACK_OWED | DELACK_TAIL, THRESH, 0, 1, true,
	  false },
	{ "two, reply or not", DELACK_OWED | DELACK_TAIL | DELACK_TAILS, THRESH, 0, 2, true,
	  true },
	{ "two, but something is left", DELACK_OWED | DELACK_TAIL | DELACK_TAILS, 0, 0, 2, false,
	  false },
};

KUNIT_ARRAY_PARAM_DESC(read, read_cases, desc);

static void delack_read(struct kunit *test)
{
	const struct read_case *c = test->param_value;
	struct newtcp_delack d = { .rcv_mss = MSS, .owed = c->owed, .pingpong = c->pingpong,
				   .quickacks_left = c->quickacks };

	KUNIT_EXPECT_EQ(test, newtcp_delack_read(&d, c->unacked, c->took, THRESH), c->want);
}

static void delack_open(struct kunit *test)
{
	struct newtcp_delack d = { .rcv_mss = MSS, .quickacks_left = 9, .pingpong = 2 };

	newtcp_delack_opened(&d, &ms, 10000);
	KUNIT_EXPECT_EQ(test, d.quickacks_left, 5);
	KUNIT_EXPECT_EQ(test, d.pingpong, 0);
	KUNIT_EXPECT_EQ(test, d.delay, 40);
	KUNIT_EXPECT_EQ(test, d.owed, 0);

	newtcp_delack_ride(&d, &ms, 10000, THRESH);
	KUNIT_EXPECT_EQ(test, d.pingpong, THRESH);
	KUNIT_EXPECT_EQ(test, d.owed, DELACK_OWED);
	/* Never fewer than there were; and an estimate of 0 divides nothing. */
	d.rcv_mss = 0;
	d.quickacks_left = 20;
	newtcp_delack_quick(&d, &ms, 10000);
	KUNIT_EXPECT_EQ(test, d.quickacks_left, 20);
}

static struct kunit_case delack_cases[] = {
	KUNIT_CASE_PARAM(delack_arrive, arrive_gen_params),
	KUNIT_CASE_PARAM(delack_when, when_gen_params),
	KUNIT_CASE_PARAM(delack_wait, wait_gen_params),
	KUNIT_CASE_PARAM(delack_held, held_gen_params),
	KUNIT_CASE_PARAM(delack_measure, measure_gen_params),
	KUNIT_CASE(delack_guess),
	KUNIT_CASE(delack_sent),
	KUNIT_CASE(delack_reply),
	KUNIT_CASE(delack_expire),
	KUNIT_CASE(delack_option),
	KUNIT_CASE_PARAM(delack_read, read_gen_params),
	KUNIT_CASE(delack_open),
	{}
};

static struct kunit_suite delack_suite = {
	.name = "newtcp_delack",
	.test_cases = delack_cases,
};

kunit_test_suite(delack_suite);
