// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/keepalive.h: when a connection is looked at, probed and given up,
 * with the borders of each time, and absurd values.
 */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../module/core/keepalive.h"

#define TIME	(7200 * HZ)

struct keep_case {
	const char *desc;
	struct newtcp_keep_state st;
	enum newtcp_keep_verdict want;
	u32 wait;
};

/* Idle, time, limit, tries, out, busy. */
static const struct keep_case wait_cases[] = {
	{ "just heard", { 0, TIME, 0, 9, 0, false }, VERDICT_KEEP_WAIT, TIME },
	{ "idle: the rest", { 5 * HZ, TIME, 0, 9, 0, false }, VERDICT_KEEP_WAIT, 7195 * HZ },
	{ "a tick is left", { TIME - 1, TIME, 0, 9, 0, false }, VERDICT_KEEP_WAIT, 1 },
	{ "heard after probes", { HZ, TIME, 0, 9, 9, false }, VERDICT_KEEP_WAIT, 7199 * HZ },
	{ "the limit is shorter", { HZ, TIME, 1000, 9, 1, false }, VERDICT_KEEP_WAIT, 7199 * HZ },
	{ "busy: all the time", { 5 * HZ, TIME, 0, 9, 0, true }, VERDICT_KEEP_WAIT, TIME },
	{ "busy, idle for long", { 2 * TIME, TIME, 0, 9, 0, true }, VERDICT_KEEP_WAIT, TIME },
	{ "busy, probes were enough", { TIME, TIME, 0, 9, 9, true }, VERDICT_KEEP_WAIT, TIME },
	{ "busy, past the limit", { TIME, TIME, 1000, 9, 1, true }, VERDICT_KEEP_WAIT, TIME },
	{ "never", { 5, U32_MAX, 0, 9, 0, false }, VERDICT_KEEP_WAIT, U32_MAX - 5 },
	{ "never, busy", { 5, U32_MAX, 0, 9, 0, true }, VERDICT_KEEP_WAIT, U32_MAX },
	{ "no time", { 0, 0, 0, 9, 0, false }, VERDICT_KEEP_PROBE },
	{ "no time, busy", { 0, 0, 0, 9, 0, true }, VERDICT_KEEP_WAIT, 0 },
};

KUNIT_ARRAY_PARAM_DESC(wait, wait_cases, desc);

static const struct keep_case tries_cases[] = {
	{ "time", { TIME, TIME, 0, 9, 0, false }, VERDICT_KEEP_PROBE },
	{ "past it", { TIME + 1, TIME, 0, 9, 1, false }, VERDICT_KEEP_PROBE },
	{ "the last try", { 2 * TIME, TIME, 0, 9, 8, false }, VERDICT_KEEP_PROBE },
	{ "none is left", { 2 * TIME, TIME, 0, 9, 9, false }, VERDICT_KEEP_END },
	{ "fewer than before", { 2 * TIME, TIME, 0, 1, 9, false }, VERDICT_KEEP_END },
	{ "no tries", { TIME, TIME, 0, 0, 0, false }, VERDICT_KEEP_END },
	{ "as many as are counted", { TIME, TIME, 0, 255, 255, false }, VERDICT_KEEP_END },
	{ "more than are counted", { TIME, TIME, 0, 256, 255, false }, VERDICT_KEEP_PROBE },
	{ "any number", { TIME, TIME, 0, U32_MAX, 255, false }, VERDICT_KEEP_PROBE },
	{ "the longest time", { U32_MAX, U32_MAX, 0, 9, 0, false }, VERDICT_KEEP_PROBE },
};

KUNIT_ARRAY_PARAM_DESC(tries, tries_cases, desc);

static const struct keep_case limit_cases[] = {
	{ "past, but one probe goes", { TIME, TIME, 1000, 9, 0, false }, VERDICT_KEEP_PROBE },
	{ "one went", { TIME, TIME, 1000, 9, 1, false }, VERDICT_KEEP_END },
	{ "early", { 10 * HZ - 1, HZ, 10000, 9, 1, false }, VERDICT_KEEP_PROBE },
	{ "over", { 10 * HZ, HZ, 10000, 9, 1, false }, VERDICT_KEEP_END },
	{ "instead of tries", { 10 * HZ - 1, HZ, 10000, 9, 255, false }, VERDICT_KEEP_PROBE },
	{ "no tries, one goes", { TIME, TIME, 1000, 0, 0, false }, VERDICT_KEEP_PROBE },
	{ "of a millisecond, early", { 0, 0, 1, 9, 1, false }, VERDICT_KEEP_PROBE },
	{ "of a millisecond: a tick", { 1, 0, 1, 9, 1, false }, VERDICT_KEEP_END },
	{ "absurd", { 1U << 29, HZ, U32_MAX, 9, 255, false }, VERDICT_KEEP_PROBE },
};

KUNIT_ARRAY_PARAM_DESC(limit, limit_cases, desc);

static void keep_verdict(struct kunit *test)
{
	const struct keep_case *c = test->param_value;
	u32 wait = 0;

	KUNIT_EXPECT_EQ(test, newtcp_keep_verdict(&c->st, &wait), c->want);
	KUNIT_EXPECT_EQ(test, wait, c->wait);
}

static void keep_waits(struct kunit *test)
{
	keep_verdict(test);
}

static void keep_tries(struct kunit *test)
{
	keep_verdict(test);
}

static void keep_limit(struct kunit *test)
{
	keep_verdict(test);
}

static struct kunit_case keepalive_cases[] = {
	KUNIT_CASE_PARAM(keep_waits, wait_gen_params),
	KUNIT_CASE_PARAM(keep_tries, tries_gen_params),
	KUNIT_CASE_PARAM(keep_limit, limit_gen_params),
	{}
};

static struct kunit_suite keepalive_suite = {
	.name = "newtcp_keepalive",
	.test_cases = keepalive_cases,
};

kunit_test_suite(keepalive_suite);
