// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/cubic.c: a simulated flow, acknowledged segment by
 * segment, beside the closed formulas of RFC 9438 (expected windows are
 * 0.4 * (t - K)^3 + W_max, worked out outside), and HyStart++ (RFC 9406) round
 * by round.
 */
#include <kunit/test.h>
#include <linux/math64.h>

#include "../module/core/cong.h"

#define MS	1000U
#define SEC	1000000ULL

/* A flow whose round trip is all the network does. */
struct flow {
	struct newtcp_cong c;
	u64 now_us;
	u32 rtt_us;
	u32 seq;	/* in segments; wraps early */
	bool at_once;	/* the window goes out at once: not paced */
};

static void flow_start(struct flow *f, u32 rtt_us)
{
	newtcp_cong_start(&f->c, &newtcp_cong_cubic);
	f->now_us = 12345678;
	f->rtt_us = rtt_us;
	f->seq = 0xffffff00;
	f->at_once = false;
}

static void flow_ack(struct flow *f, u32 acked, bool limited)
{
	struct newtcp_ack_sample s = {
		.now_us = f->now_us,
		.rtt_us = f->rtt_us,
		.min_rtt_us = f->rtt_us,
		.srtt_us = f->rtt_us,
		.acked = acked,
		.grow = true,
		.cwnd_limited = limited,
	};

	f->seq += acked;
	s.snd_una = f->seq;
	f->c.ops->on_ack(&f->c, &s);
}

/*
 * The same with SND.NXT where a sender is that answers every ACK at once:
 * what the ACK lets out is counted from the window before it.
 */
static void flow_ack_full(struct flow *f, u32 acked)
{
	struct newtcp_ack_sample s = {
		.now_us = f->now_us,
		.rtt_us = f->rtt_us,
		.min_rtt_us = f->rtt_us,
		.srtt_us = f->rtt_us,
		.acked = acked,
		.grow = true,
		.in_flight = f->c.cwnd,
		.cwnd_limited = true,
		.paced = !f->at_once,
	};

	s.snd_nxt = f->seq + f->c.cwnd;
	f->seq += acked;
	s.snd_una = f->seq;
	f->c.ops->on_ack(&f->c, &s);
}

/* One round trip: the window comes back spread over it, in @acks ACKs. */
static void flow_round(struct flow *f, u32 acks)
{
	u32 i, left = f->c.cwnd;
	u64 start = f->now_us;

	for (i = 0; i < acks; i++) {
		u32 acked = left / (acks - i);

		left -= acked;
		f->now_us = start + (u64)f->rtt_us * (i + 1) / acks;
		flow_ack_full(f, acked);
	}
}

/* One ACK per segment until @us have passed. */
static void flow_run(struct flow *f, u64 us)
{
	u64 end = f->now_us + us;

	while (f->now_us < end) {
		f->now_us += max(f->rtt_us / f->c.cwnd, 1U);
		flow_ack_full(f, 1);
	}
}

/* Fast recovery, come and gone. */
static void flow_lose(struct flow *f)
{
	const struct newtcp_congestion g = { .now_us = f->now_us, .sign = NEWTCP_SIGN_LOSS };

	newtcp_cong_congested(&f->c, &g);
	newtcp_cong_recovered(&f->c, true);
}

static void expect_near(struct kunit *test, u32 got, u32 want, u32 off)
{
	KUNIT_EXPECT_GE(test, got + off, want);
	KUNIT_EXPECT_LE(test, got, want + off);
}

struct curve_case {
	const char *desc;
	u32 t_ms;
	u32 expect;
};

/*
 * Congestion at W_max = 1000, round trip 100 ms: from 700,
 * K = cbrt(300 / 0.4) = 9.0856 s.
 */
static const struct curve_case curve_cases[] = {
	{ "concave, 1 s", 1000, 789 },
	{ "concave, 3 s", 3000, 910 },
	{ "concave, 6 s", 6000, 988 },
	{ "plateau, K", 9086, 1000 },
	{ "convex, 12 s", 12000, 1010 },
	{ "convex, 15 s", 15000, 1083 },
	{ "convex, 2 K: as far above as it was below", 18171, 1300 },
};

KUNIT_ARRAY_PARAM_DESC(curve, curve_cases, desc);

/* RFC 9438 4.2, 4.4, 4.5 */
static void cubic_curve(struct kunit *test)
{
	const struct curve_case *p = test->param_value;
	struct flow f;

	flow_start(&f, 100 * MS);
	f.c.cwnd = 1000;
	flow_lose(&f);
	KUNIT_ASSERT_EQ(test, f.c.cwnd, 700);
	flow_run(&f, p->t_ms * (u64)MS);

	expect_near(test, f.c.cwnd, p->expect, 2);
}

/*
 * RFC 9438 4.7: congestion again at 800, before 1000 was reached: the next
 * plateau is 800 * 0.85 = 680, K = cbrt((680 - 560) / 0.4) = 6.6943 s.
 */
static const struct curve_case fast_cases[] = {
	{ "1 s", 1000, 606 },
	{ "3 s", 3000, 660 },
	{ "K", 6694, 680 },
	{ "10 s", 10000, 694 },
	{ "13 s", 13000, 780 },
};

KUNIT_ARRAY_PARAM_DESC(fast, fast_cases, desc);

static void cubic_fast_convergence(struct kunit *test)
{
	const struct curve_case *p = test->param_value;
	struct flow f;

	flow_start(&f, 100 * MS);
	f.c.cwnd = 1000;
	flow_lose(&f);
	f.c.cwnd = 800;
	flow_lose(&f);
	KUNIT_ASSERT_EQ(test, f.c.cwnd, 560);
	flow_run(&f, p->t_ms * (u64)MS);

	expect_near(test, f.c.cwnd, p->expect, 2);
}

/*
 * RFC 9438 4.8: the first curve after a timeout starts at its bottom, K = 0:
 * 700 + 0.4 * t^3. (Without the timeout it would be at 972 after 5 s.)
 */
static const struct curve_case timeout_cases[] = {
	{ "5 s", 5000, 750 },
	{ "8 s", 8000, 905 },
};

KUNIT_ARRAY_PARAM_DESC(timeout, timeout_cases, desc);

static void cubic_timeout(struct kunit *test)
{
	const struct curve_case *p = test->param_value;
	struct newtcp_congestion g = { .sign = NEWTCP_SIGN_TIMEOUT };
	struct flow f;

	flow_start(&f, 200 * MS);
	f.c.cwnd = 1000;
	g.now_us = f.now_us;
	newtcp_cong_congested(&f.c, &g);
	KUNIT_EXPECT_EQ(test, f.c.cwnd, 1);
	while (newtcp_cong_in_slow_start(&f.c))
		flow_run(&f, 1);
	KUNIT_ASSERT_EQ(test, f.c.cwnd, 700);
	flow_run(&f, p->t_ms * (u64)MS);

	expect_near(test, f.c.cwnd, p->expect, 2);
}

struct unmet_case {
	const char *desc;
	u32 cwnd;
	u32 rounds;
	u32 expect;
	u32 off;
};

/* Slow start ended without a loss: a twentieth of the window for each. */
static const struct unmet_case unmet_cases[] = {
	{ "200, 10 round trips: a factor of e^(1/2)", 200, 10, 332, 6 },
	{ "200, 20 round trips: a factor of e", 200, 20, 550, 15 },
	{ "a small window: as Reno", 10, 8, 18, 1 },
};

KUNIT_ARRAY_PARAM_DESC(unmet, unmet_cases, desc);

static void cubic_unmet(struct kunit *test)
{
	const struct unmet_case *p = test->param_value;
	struct flow f;
	u32 i;

	flow_start(&f, 100 * MS);
	f.c.cwnd = p->cwnd;
	f.c.ssthresh = p->cwnd;
	for (i = 0; i < p->rounds; i++)
		flow_run(&f, 100 * MS);
	expect_near(test, f.c.cwnd, p->expect, p->off);

	/* Once it was met the curve rules, flat at first. */
	flow_lose(&f);
	i = f.c.cwnd;
	flow_run(&f, 100 * MS);
	KUNIT_EXPECT_LE(test, f.c.cwnd, i + max(i / 40, 1U));
}

struct friendly_case {
	const char *desc;
	u32 rounds;
	u32 expect;
};

/*
 * RFC 9438 4.3: congestion at 20, round trip 10 ms. The cubic curve is flat
 * (K = 2.5 s); Reno's average: from 14, 9 / 17 per round trip up to 20, and 1
 * from there.
 */
static const struct friendly_case friendly_cases[] = {
	{ "5 rounds: 14 + 2.6", 5, 16 },
	{ "10 rounds: 14 + 5.3", 10, 19 },
	{ "20 rounds: 20 + 8.7", 20, 28 },
	{ "30 rounds: 20 + 18.7", 30, 38 },
};

KUNIT_ARRAY_PARAM_DESC(friendly, friendly_cases, desc);

static void cubic_reno_friendly(struct kunit *test)
{
	const struct friendly_case *p = test->param_value;
	struct flow f;
	u32 i;

	flow_start(&f, 10 * MS);
	f.c.cwnd = 20;
	flow_lose(&f);
	KUNIT_ASSERT_EQ(test, f.c.cwnd, 14);
	for (i = 0; i < p->rounds; i++)
		flow_round(&f, f.c.cwnd);

	expect_near(test, f.c.cwnd, p->expect, 1);
}

struct beta_case {
	const char *desc;
	u32 cwnd;
	u32 expect;
};

static const struct beta_case beta_cases[] = {
	{ "0.7", 1000, 700 },
	{ "rounded down", 11, 7 },
	{ "not under 2", 2, 2 },
	{ "not under 2, from 1", 1, 2 },
	{ "no overflow", 4000000000U, 2800000000U },
};

KUNIT_ARRAY_PARAM_DESC(beta, beta_cases, desc);

/* RFC 9438 4.6 */
static void cubic_beta(struct kunit *test)
{
	const struct newtcp_congestion g = { .sign = NEWTCP_SIGN_MARK };
	const struct beta_case *p = test->param_value;
	struct flow f;

	flow_start(&f, 10 * MS);
	f.c.cwnd = p->cwnd;

	newtcp_cong_congested(&f.c, &g);
	KUNIT_EXPECT_EQ(test, f.c.ssthresh, p->expect);
}

/* Growth of one round is at most half the window, whatever the curve says. */
static void cubic_target_bound(struct kunit *test)
{
	struct flow f;
	u32 before;

	flow_start(&f, 100 * MS);
	f.c.cwnd = 100;
	flow_lose(&f);
	flow_run(&f, SEC);
	/* Nothing acknowledged for a minute: the curve is far above. */
	f.now_us += 60 * SEC;
	before = f.c.cwnd;
	flow_ack_full(&f, before);

	KUNIT_EXPECT_GT(test, f.c.cwnd, before);
	KUNIT_EXPECT_LE(test, f.c.cwnd, before + before / 2);
}

static void cubic_clamp(struct kunit *test)
{
	struct flow f;

	flow_start(&f, 100 * MS);
	f.c.cwnd = 1000;
	flow_lose(&f);
	f.c.cwnd_clamp = 900;
	flow_run(&f, 10 * SEC);

	KUNIT_EXPECT_EQ(test, f.c.cwnd, 900);
}

struct idle_case {
	const char *desc;
	bool acks;	/* of a program that sends little; else silence */
};

static const struct idle_case idle_cases[] = {
	{ "silence, then TX_START", false },
	{ "less than a window sent", true },
};

KUNIT_ARRAY_PARAM_DESC(idle, idle_cases, desc);

/* RFC 9438 4.2 and 5.8: such time is not time on the curve. */
static void cubic_idle(struct kunit *test)
{
	const struct idle_case *p = test->param_value;
	struct flow a, b;
	int i;

	flow_start(&a, 100 * MS);
	a.c.cwnd = 1000;
	flow_lose(&a);
	flow_run(&a, 2 * SEC);
	b = a;
	for (i = 0; i < 600; i++) {
		b.now_us += 100 * MS;
		if (p->acks)
			flow_ack(&b, 1, false);
	}
	if (!p->acks)
		newtcp_cong_sent(&b.c, b.now_us);
	KUNIT_EXPECT_EQ(test, a.c.cwnd, b.c.cwnd);

	flow_run(&a, 3 * SEC);
	flow_run(&b, 3 * SEC);
	KUNIT_EXPECT_EQ(test, a.c.cwnd, b.c.cwnd);
}

/* Someone else took from the window (idle restart): no jump back. */
static void cubic_lowered(struct kunit *test)
{
	struct flow f;

	flow_start(&f, 10 * MS);
	f.c.cwnd = 1000;
	flow_lose(&f);
	flow_run(&f, 9 * SEC);
	f.c.ssthresh = 100;
	f.c.cwnd = 100;
	flow_round(&f, 100);

	KUNIT_EXPECT_LE(test, f.c.cwnd, 150);
}

static void cubic_not_limited(struct kunit *test)
{
	struct flow f;
	int i;

	flow_start(&f, 10 * MS);
	for (i = 0; i < 100; i++)
		flow_ack(&f, 1, false);
	KUNIT_EXPECT_EQ(test, f.c.cwnd, NEWTCP_INIT_CWND);

	f.c.ssthresh = 5;
	for (i = 0; i < 1000; i++, f.now_us += SEC)
		flow_ack(&f, 1, false);
	KUNIT_EXPECT_EQ(test, f.c.cwnd, NEWTCP_INIT_CWND);
}

struct hystart_case {
	const char *desc;
	u32 base_us;
	u32 risen_us;
	u32 acks;	/* per round */
	bool exits;
};

/* RFC 9406 4.2: threshold = clamp(base / 8, 4 ms, 16 ms), 8 samples. */
static const struct hystart_case hystart_cases[] = {
	{ "no rise", 20 * MS, 20 * MS, 10, false },
	{ "fall", 20 * MS, 10 * MS, 10, false },
	{ "lower bound, less", 20 * MS, 24 * MS - 1, 10, false },
	{ "lower bound, reached", 20 * MS, 24 * MS, 10, true },
	{ "lower bound on a LAN, less", 100, 100 + 4 * MS - 1, 10, false },
	{ "lower bound on a LAN, reached", 100, 100 + 4 * MS, 10, true },
	{ "an eighth, less", 64 * MS, 72 * MS - 1, 10, false },
	{ "an eighth, reached", 64 * MS, 72 * MS, 10, true },
	{ "upper bound, less", 200 * MS, 216 * MS - 1, 10, false },
	{ "upper bound, reached", 200 * MS, 216 * MS, 10, true },
	{ "8 samples per round", 20 * MS, 40 * MS, 8, true },
	{ "7 samples per round: too few", 20 * MS, 40 * MS, 7, false },
};

KUNIT_ARRAY_PARAM_DESC(hystart, hystart_cases, desc);

static void hystart_threshold(struct kunit *test)
{
	const struct hystart_case *p = test->param_value;
	struct flow f;
	int i;

	flow_start(&f, p->base_us);
	for (i = 0; i < 2; i++)
		flow_round(&f, p->acks);
	KUNIT_ASSERT_EQ(test, f.c.cwnd, 4 * NEWTCP_INIT_CWND);
	f.rtt_us = p->risen_us;
	for (i = 0; i < 7; i++)
		flow_round(&f, p->acks);

	if (p->exits) {
		KUNIT_EXPECT_LT(test, f.c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
		KUNIT_EXPECT_FALSE(test, newtcp_cong_in_slow_start(&f.c));
	} else {
		/* Doubled in every round. */
		KUNIT_EXPECT_EQ(test, f.c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
		KUNIT_EXPECT_EQ(test, f.c.cwnd, NEWTCP_INIT_CWND << 9);
	}
}

/*
 * RFC 9406 4.2: conservative slow start grows a quarter per round and lasts
 * five rounds, the one in which it began included.
 */
static void hystart_css_rounds(struct kunit *test)
{
	struct flow f;
	u32 before;
	int i;

	flow_start(&f, 20 * MS);
	flow_round(&f, 16);
	flow_round(&f, 16);
	f.rtt_us = 30 * MS;
	/* The 8th ACK shows the rise: 14 segments in full, 26 at a quarter. */
	flow_round(&f, 16);
	KUNIT_EXPECT_EQ(test, f.c.cwnd, 40 + 14 + 26 / 4);

	for (i = 0; i < 4; i++) {
		before = f.c.cwnd;
		flow_round(&f, 16);
		KUNIT_EXPECT_EQ(test, f.c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
		expect_near(test, f.c.cwnd, before + before / 4, 1);
	}
	before = f.c.cwnd;
	flow_round(&f, 16);
	KUNIT_EXPECT_EQ(test, f.c.ssthresh, before);
}

/* The delay goes down again: back to doubling. */
static void hystart_false_alarm(struct kunit *test)
{
	struct flow f;
	u32 before;

	flow_start(&f, 20 * MS);
	flow_round(&f, 16);
	flow_round(&f, 16);
	f.rtt_us = 30 * MS;
	flow_round(&f, 16);
	f.rtt_us = 20 * MS;
	flow_round(&f, 16);
	before = f.c.cwnd;
	flow_round(&f, 16);

	KUNIT_EXPECT_EQ(test, f.c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
	KUNIT_EXPECT_EQ(test, f.c.cwnd, 2 * before);
}

/* RFC 9406 4.3: a threshold that congestion found is not second-guessed. */
static void hystart_initial_only(struct kunit *test)
{
	struct flow f;
	int i;

	flow_start(&f, 20 * MS);
	f.c.ssthresh = 500;
	for (i = 0; i < 5; i++) {
		flow_round(&f, 16);
		f.rtt_us += 20 * MS;
	}

	KUNIT_EXPECT_EQ(test, f.c.cwnd, 320);
	KUNIT_EXPECT_EQ(test, f.c.ssthresh, 500);
}

struct train_case {
	const char *desc;
	u32 acks;	/* of a round, evenly spread */
	u32 rtt_us;
	bool at_once;
	bool exits;
};

/* Linux: ACKs at most 2 ms apart, for longer than half the shortest round trip. */
static const struct train_case train_cases[] = {
	{ "the path is full", 16, 20 * MS, true, true },
	{ "gaps of 2 ms", 10, 20 * MS, true, true },
	{ "gaps of more", 9, 20 * MS, true, false },
	{ "paced: over a round trip", 16, 20 * MS, false, false },
};

KUNIT_ARRAY_PARAM_DESC(train, train_cases, desc);

static void hystart_train(struct kunit *test)
{
	const struct train_case *p = test->param_value;
	struct flow f;

	flow_start(&f, p->rtt_us);
	f.at_once = p->at_once;
	/* The first window is below what the train asks for. */
	flow_round(&f, p->acks);
	flow_round(&f, p->acks);
	flow_round(&f, p->acks);
	if (p->exits)
		KUNIT_EXPECT_LT(test, f.c.ssthresh, 4U * NEWTCP_INIT_CWND);
	else
		KUNIT_EXPECT_EQ(test, f.c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
}

static struct kunit_case cubic_cases[] = {
	KUNIT_CASE_PARAM(cubic_curve, curve_gen_params),
	KUNIT_CASE_PARAM(cubic_fast_convergence, fast_gen_params),
	KUNIT_CASE_PARAM(cubic_timeout, timeout_gen_params),
	KUNIT_CASE_PARAM(cubic_unmet, unmet_gen_params),
	KUNIT_CASE_PARAM(cubic_reno_friendly, friendly_gen_params),
	KUNIT_CASE_PARAM(cubic_beta, beta_gen_params),
	KUNIT_CASE(cubic_target_bound),
	KUNIT_CASE(cubic_clamp),
	KUNIT_CASE_PARAM(cubic_idle, idle_gen_params),
	KUNIT_CASE(cubic_lowered),
	KUNIT_CASE(cubic_not_limited),
	KUNIT_CASE_PARAM(hystart_threshold, hystart_gen_params),
	KUNIT_CASE(hystart_css_rounds),
	KUNIT_CASE(hystart_false_alarm),
	KUNIT_CASE(hystart_initial_only),
	KUNIT_CASE_PARAM(hystart_train, train_gen_params),
	{}
};

static struct kunit_suite cubic_suite = {
	.name = "newtcp_cubic",
	.test_cases = cubic_cases,
};

kunit_test_suite(cubic_suite);
