// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/cong.c and reno.c: how a connection starts, and window arithmetic.
 */
#include <kunit/test.h>

#include "../module/core/cong.h"
#include "../module/core/cwv.h"

static const struct newtcp_congestion lost = { .sign = NEWTCP_SIGN_LOSS };

static void reno_reduces(struct kunit *test)
{
	struct newtcp_ack_sample s = { .reduced = 7 };
	struct newtcp_congestion g = lost;
	struct newtcp_cong c;

	newtcp_cong_start(&c, &newtcp_cong_reno);
	c.cwnd = 41;
	c.ssthresh = 1234;
	c.cwnd_cnt = 17;
	newtcp_cong_congested(&c, &g);

	KUNIT_EXPECT_EQ(test, c.ssthresh, 20);
	KUNIT_EXPECT_EQ(test, c.prior_cwnd, 41);
	KUNIT_EXPECT_EQ(test, c.prior_ssthresh, 1234);
	KUNIT_EXPECT_EQ(test, c.cwnd_cnt, 0);
	/* How the window comes down is recovery's to propose. */
	KUNIT_EXPECT_EQ(test, c.cwnd, 41);
	c.ops->on_ack(&c, &s);
	KUNIT_EXPECT_EQ(test, c.cwnd, 7);
	newtcp_cong_recovered(&c, false);
	KUNIT_EXPECT_EQ(test, c.cwnd, 7);
	newtcp_cong_recovered(&c, true);
	KUNIT_EXPECT_EQ(test, c.cwnd, 20);

	/* For nothing: back to where it was. */
	newtcp_cong_undo(&c);
	KUNIT_EXPECT_EQ(test, c.cwnd, 41);
	KUNIT_EXPECT_EQ(test, c.ssthresh, 1234);

	/* What it had grown to counts, unless a reduction lasts. */
	newtcp_cong_window(&c, 4000);
	newtcp_cong_congested(&c, &g);
	KUNIT_EXPECT_EQ(test, c.prior_ssthresh, 3000);
	g.reducing = true;
	newtcp_cong_congested(&c, &g);
	KUNIT_EXPECT_EQ(test, c.prior_ssthresh, 2000);

	/* No window is 0. */
	newtcp_cong_window(&c, 0);
	KUNIT_EXPECT_EQ(test, c.cwnd, 1);
}

static const struct timeout_row {
	const char *desc;
	u32 cwnd, ssthresh, pipe;
	bool again;
	u32 expect_cwnd, expect_ssthresh;
} timeout_rows[] = {
	{ "the first", 40, 100, 0, false, 1, 20 },
	{ "some of it may still be on its way", 40, 100, 5, false, 6, 20 },
	{ "the second of a window", 8, 20, 0, true, 1, 20 },
	{ "a window of 1", 1, 100, 0, false, 1, 2 },
};

/* RFC 5681 3.1 (4) */
static void reno_timeout(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(timeout_rows); i++) {
		const struct timeout_row *r = &timeout_rows[i];
		const struct newtcp_congestion g = {
			.sign = NEWTCP_SIGN_TIMEOUT, .pipe = r->pipe, .again = r->again,
		};
		struct newtcp_cong c;

		newtcp_cong_start(&c, &newtcp_cong_reno);
		c.cwnd = r->cwnd;
		c.ssthresh = r->ssthresh;
		newtcp_cong_congested(&c, &g);
		KUNIT_EXPECT_EQ_MSG(test, c.cwnd, r->expect_cwnd, "%s", r->desc);
		KUNIT_EXPECT_EQ_MSG(test, c.ssthresh, r->expect_ssthresh, "%s", r->desc);
	}
}

/* An algorithm that goes by the delivery rate, and by nothing else. */
static void model_on_ack(struct newtcp_cong *c, const struct newtcp_ack_sample *s)
{
	if (s->interval_us && !s->limited)
		c->priv[0] = (u64)s->got * 1000000 / s->interval_us;
	newtcp_cong_window(c, 2 * s->got);
}

static void model_on_congestion(struct newtcp_cong *c, const struct newtcp_congestion *g)
{
	c->priv[1]++;
}

static void model_on_recovered(struct newtcp_cong *c, bool reduced)
{
	c->priv[2]++;
}

static void model_undo(struct newtcp_cong *c)
{
	c->priv[3]++;
}

static void model_on_sent(struct newtcp_cong *c, u64 now_us)
{
	c->priv[4] = now_us;
}

static const struct newtcp_cong_ops model_ops = {
	.on_ack		= model_on_ack,
	.on_congestion	= model_on_congestion,
	.on_recovered	= model_on_recovered,
	.undo		= model_undo,
	.on_sent	= model_on_sent,
	.model		= true,
	.name		= "kunit_model",
};

/* Nobody but the algorithm writes its window. */
static void cong_model(struct kunit *test)
{
	const struct newtcp_ack_sample s = { .got = 25, .interval_us = 100000, .reduced = 3 };
	struct newtcp_cwv v;
	struct newtcp_cong c;

	newtcp_cong_start(&c, &model_ops);
	c.ops->on_ack(&c, &s);
	newtcp_cong_congested(&c, &lost);
	newtcp_cong_recovered(&c, true);
	newtcp_cong_undo(&c);
	newtcp_cong_sent(&c, 77);
	newtcp_cwv_start(&v);
	newtcp_cwv_decay(&v, &c, 10, true, 1000000);
	newtcp_cwv_idle(&v, &c, 100, 1, 10, 1000000);
	KUNIT_EXPECT_EQ(test, c.cwnd, 50);
	KUNIT_EXPECT_EQ(test, c.ssthresh, NEWTCP_INFINITE_SSTHRESH);
	KUNIT_EXPECT_EQ(test, c.priv[0], 250);
	KUNIT_EXPECT_EQ(test, c.priv[1], 1);
	KUNIT_EXPECT_EQ(test, c.priv[2], 1);
	KUNIT_EXPECT_EQ(test, c.priv[3], 1);
	KUNIT_EXPECT_EQ(test, c.priv[4], 77);
}

struct slow_start_case {
	const char *desc;
	u32 cwnd;
	u32 ssthresh;
	u32 clamp;
	u32 acked;
	u32 expect_cwnd;
	u32 expect_left;
};

static const struct slow_start_case slow_start_cases[] = {
	{ "one", 10, 100, ~0U, 1, 11, 0 },
	{ "a whole window", 10, 100, ~0U, 10, 20, 0 },
	{ "dozens at once", 10, 100, ~0U, 44, 54, 0 },
	{ "exactly to the threshold", 90, 100, ~0U, 10, 100, 0 },
	{ "over the threshold", 95, 100, ~0U, 10, 100, 5 },
	{ "at the threshold", 100, 100, ~0U, 10, 100, 10 },
	{ "above the threshold", 120, 100, ~0U, 10, 120, 10 },
	{ "clamped", 90, 100, 95, 10, 95, 0 },
	{ "threshold infinite", 1000, NEWTCP_INFINITE_SSTHRESH, ~0U, 1000,
	  2000, 0 },
};

KUNIT_ARRAY_PARAM_DESC(slow_start, slow_start_cases, desc);

static void cong_slow_start(struct kunit *test)
{
	const struct slow_start_case *p = test->param_value;
	struct newtcp_cong c = {
		.cwnd = p->cwnd,
		.ssthresh = p->ssthresh,
		.cwnd_clamp = p->clamp,
	};

	KUNIT_EXPECT_EQ(test, newtcp_cong_slow_start(&c, p->acked),
			p->expect_left);
	KUNIT_EXPECT_EQ(test, c.cwnd, p->expect_cwnd);
}

struct avoid_case {
	const char *desc;
	u32 cwnd;
	u32 cnt;
	u32 clamp;
	u32 w;
	u32 acked;
	u32 expect_cwnd;
	u32 expect_cnt;
};

static const struct avoid_case avoid_cases[] = {
	{ "saves up", 10, 0, ~0U, 10, 9, 10, 9 },
	{ "a window's worth", 10, 9, ~0U, 10, 1, 11, 0 },
	{ "keeps the rest", 10, 8, ~0U, 10, 5, 11, 3 },
	{ "several at once", 10, 0, ~0U, 10, 35, 13, 5 },
	{ "saved while it cost more: one, not several", 10, 50, ~0U, 10, 3,
	  11, 3 },
	{ "clamped", 10, 0, 12, 10, 100, 12, 0 },
	{ "a price of 0 is 1", 10, 0, ~0U, 0, 3, 13, 0 },
};

KUNIT_ARRAY_PARAM_DESC(avoid, avoid_cases, desc);

static void cong_avoid_ai(struct kunit *test)
{
	const struct avoid_case *p = test->param_value;
	struct newtcp_cong c = {
		.cwnd = p->cwnd,
		.cwnd_cnt = p->cnt,
		.cwnd_clamp = p->clamp,
	};

	newtcp_cong_avoid_ai(&c, p->w, p->acked);

	KUNIT_EXPECT_EQ(test, c.cwnd, p->expect_cwnd);
	KUNIT_EXPECT_EQ(test, c.cwnd_cnt, p->expect_cnt);
}

/* One round trip: every segment of the window acknowledged, one by one. */
static void reno_round(struct newtcp_cong *c, bool limited)
{
	struct newtcp_ack_sample s = { .acked = 1, .grow = true, .cwnd_limited = limited };
	u32 i, n = c->cwnd;

	for (i = 0; i < n; i++)
		c->ops->on_ack(c, &s);
}

/* RFC 5681 3.1: doubled per round trip, then one more per round trip. */
static void reno_growth(struct kunit *test)
{
	static const u32 expect[] = { 20, 40, 64, 65, 66, 67 };
	struct newtcp_cong c;
	int i;

	newtcp_cong_start(&c, &newtcp_cong_reno);
	c.ssthresh = 64;
	for (i = 0; i < ARRAY_SIZE(expect); i++) {
		reno_round(&c, true);
		/* In the round that crosses it the rest counts for the AI. */
		KUNIT_EXPECT_EQ_MSG(test, c.cwnd, expect[i], "round %d", i);
	}
	reno_round(&c, false);
	KUNIT_EXPECT_EQ(test, c.cwnd, 67);
}

struct reno_case {
	const char *desc;
	u32 cwnd;
	u32 expect;
};

static const struct reno_case reno_cases[] = {
	{ "half", 100, 50 },
	{ "half of an odd window", 11, 5 },
	{ "not under 2", 3, 2 },
	{ "not under 2, from 1", 1, 2 },
};

KUNIT_ARRAY_PARAM_DESC(reno, reno_cases, desc);

static void reno_ssthresh(struct kunit *test)
{
	const struct reno_case *p = test->param_value;
	struct newtcp_cong c;

	newtcp_cong_start(&c, &newtcp_cong_reno);
	c.cwnd = p->cwnd;

	newtcp_cong_congested(&c, &lost);
	KUNIT_EXPECT_EQ(test, c.ssthresh, p->expect);
}

static struct kunit_case cong_cases[] = {
	KUNIT_CASE(reno_reduces),
	KUNIT_CASE(reno_timeout),
	KUNIT_CASE(cong_model),
	KUNIT_CASE_PARAM(cong_slow_start, slow_start_gen_params),
	KUNIT_CASE_PARAM(cong_avoid_ai, avoid_gen_params),
	KUNIT_CASE(reno_growth),
	KUNIT_CASE_PARAM(reno_ssthresh, reno_gen_params),
	{}
};

static struct kunit_suite cong_suite = {
	.name = "newtcp_cong",
	.test_cases = cong_cases,
};

kunit_test_suite(cong_suite);
