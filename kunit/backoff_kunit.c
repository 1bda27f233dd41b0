// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/backoff.h: which timeouts are doubled, how often, and when a shut
 * window is probed next.
 */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../module/core/backoff.h"

struct thin_case {
	const char *desc;
	u32 out;
	bool lost_before;
	u8 timeouts;
	bool want;
};

static const struct thin_case thin_cases[] = {
	{ "nothing in flight", 0, true, 1, true },
	{ "three segments", 3, true, 1, true },
	{ "four", 4, true, 1, false },
	{ "any number", U32_MAX, true, 1, false },
	{ "nothing lost before", 3, false, 1, false },
	{ "six timeouts", 3, true, 6, true },
	{ "seven", 3, true, 7, false },
	{ "as many as are counted", 3, true, 255, false },
};

KUNIT_ARRAY_PARAM_DESC(thin, thin_cases, desc);

static void backoff_thin(struct kunit *test)
{
	const struct thin_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_backoff_thin(c->out, c->lost_before, c->timeouts), c->want);
}

struct step_case {
	const char *desc;
	u8 backoff;
	bool thin, steady;
	u8 want;
};

static const struct step_case step_cases[] = {
	{ "the first", 0, false, false, 1 },
	{ "another", 7, false, false, 8 },
	{ "the last", 30, false, false, 31 },
	{ "no more", 31, false, false, 31 },
	{ "beyond it", 255, false, false, 255 },
	{ "steady", 0, false, true, 0 },
	{ "steady after others", 5, false, true, 5 },
	{ "thin", 0, true, false, 0 },
	{ "thin after others", 5, true, false, 0 },
	{ "thin after all", 31, true, false, 0 },
	{ "thin and steady", 5, true, true, 0 },
};

KUNIT_ARRAY_PARAM_DESC(step, step_cases, desc);

static void backoff_step(struct kunit *test)
{
	const struct step_case *c = test->param_value;
	struct newtcp_rtt rtt = { .rto_us = 300000, .backoff = c->backoff };

	newtcp_backoff_step(&rtt, c->thin, c->steady);
	KUNIT_EXPECT_EQ(test, rtt.backoff, c->want);
	KUNIT_EXPECT_EQ(test, rtt.rto_us, 300000);
}

struct probe_case {
	const char *desc;
	u8 backoff, limit, want;
};

static const struct probe_case probe_cases[] = {
	{ "the first", 0, 15, 1 },
	{ "the last", 14, 15, 15 },
	{ "no more", 15, 15, 15 },
	{ "the limit was lowered", 16, 15, 16 },
	{ "none", 0, 0, 0 },
	{ "as many as are counted", 254, 255, 255 },
	{ "no more than are counted", 255, 255, 255 },
};

KUNIT_ARRAY_PARAM_DESC(probe, probe_cases, desc);

static void backoff_probe(struct kunit *test)
{
	const struct probe_case *c = test->param_value;
	struct newtcp_rtt rtt = { .rto_us = 300000, .backoff = c->backoff };

	newtcp_backoff_probe(&rtt, c->limit);
	KUNIT_EXPECT_EQ(test, rtt.backoff, c->want);
	KUNIT_EXPECT_EQ(test, rtt.rto_us, 300000);
}

struct interval_case {
	const char *desc;
	u32 rto_us;
	u8 backoff;
	u32 want;
};

static const struct interval_case interval_cases[] = {
	{ "the timeout", 300000, 0, 300000 },
	{ "doubled", 300000, 1, 600000 },
	{ "200 ms at least", 199999, 0, 200000 },
	{ "200 ms", 200000, 0, 200000 },
	{ "more", 200001, 0, 200001 },
	{ "doubled before that counts", 150000, 1, 300000 },
	{ "no timeout", 0, 255, 200000 },
	{ "the ninth doubling", 200000, 9, 102400000 },
	{ "120 s at most", 200000, 10, 120000000 },
	{ "the longest timeout", 120000000, 0, 120000000 },
	{ "a longer one", 120000001, 0, 120000000 },
	{ "2^32 microseconds", 65536, 16, 120000000 },
	{ "absurd", U32_MAX, 255, 120000000 },
	{ "the last doubling", 4, 16, 262144 },
	{ "no more", 4, 17, 262144 },
	{ "no more, ever", 4, 255, 262144 },
	{ "the last doubling, under 120 s", 1831, 16, 119996416 },
	{ "the last doubling, over it", 1832, 16, 120000000 },
};

KUNIT_ARRAY_PARAM_DESC(interval, interval_cases, desc);

static void probe_interval(struct kunit *test)
{
	const struct interval_case *c = test->param_value;
	struct newtcp_rtt rtt = { .rto_us = c->rto_us, .backoff = c->backoff };

	KUNIT_EXPECT_EQ(test, newtcp_backoff_probe_us(&rtt), c->want);
	KUNIT_EXPECT_EQ(test, rtt.backoff, c->backoff);
	/* Probes go at the pace of timeouts. */
	if (c->rto_us >= NEWTCP_RTO_MIN_US)
		KUNIT_EXPECT_EQ(test, newtcp_rtt_rto(&rtt), c->want);
}

static struct kunit_case backoff_cases[] = {
	KUNIT_CASE_PARAM(backoff_thin, thin_gen_params),
	KUNIT_CASE_PARAM(backoff_step, step_gen_params),
	KUNIT_CASE_PARAM(backoff_probe, probe_gen_params),
	KUNIT_CASE_PARAM(probe_interval, interval_gen_params),
	{}
};

static struct kunit_suite backoff_suite = {
	.name = "newtcp_backoff",
	.test_cases = backoff_cases,
};

kunit_test_suite(backoff_suite);
