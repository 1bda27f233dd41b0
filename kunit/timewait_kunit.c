// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/verdict.h: who may take a four-tuple over from TIME-WAIT,
 * and with what initial sequence number.
 */
#include <kunit/test.h>

#include "../module/core/verdict.h"

struct yield_case {
	const char *desc;
	int mode;
	bool bound, fin_wait2, loopback;
	u32 stamp, now;
	bool want;
};

static const struct yield_case yield_cases[] = {
	{ "off", 0, false, false, true, 100, 200, false },
	{ "on", 1, false, false, false, 100, 102, true },
	{ "on, within the second", 1, false, false, false, 100, 100, false },
	{ "on, the next second", 1, false, false, false, 100, 101, true },
	{ "on, clock past its end", 1, false, false, false, 0xffffffff, 1, true },
	{ "loopback, elsewhere", 2, false, false, false, 100, 200, false },
	{ "loopback", 2, false, false, true, 100, 200, true },
	{ "no timestamps", 1, false, false, true, 0, 200, false },
	{ "FIN-WAIT-2", 1, false, true, true, 100, 200, false },
	{ "bound, off", 0, true, false, false, 100, 100, true },
	{ "bound, no timestamps", 1, true, false, true, 0, 200, false },
	{ "bound, FIN-WAIT-2", 0, true, true, false, 100, 100, true },
};

KUNIT_ARRAY_PARAM_DESC(yield, yield_cases, desc);

static void yield_test(struct kunit *test)
{
	const struct yield_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, c->want,
			newtcp_tw_may_yield(c->mode, c->bound, c->fin_wait2,
					    c->loopback, c->stamp, c->now));
}

static void isn_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, newtcp_tw_isn(1000), 66537U);
	KUNIT_EXPECT_EQ(test, newtcp_tw_isn(0xffffffff), 65536U);
	/* 0 is none. */
	KUNIT_EXPECT_EQ(test, newtcp_tw_isn(0U - 65537), 1U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(yield_test, yield_gen_params),
	KUNIT_CASE(isn_test),
	{}
};

static struct kunit_suite suite = {
	.name		= "newinet_timewait",
	.test_cases	= cases,
};

kunit_test_suite(suite);
