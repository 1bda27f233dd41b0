// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/nagle.h: which segment waits, and for what.
 */
#include <kunit/test.h>

#include "../module/core/nagle.h"

struct nagle_case {
	const char *desc;
	u32 len;
	bool nodelay;
	bool small_in_flight;
	bool expect;
};

static const struct nagle_case nagle_cases[] = {
	{ "partial behind a partial", 1, false, true, true },
	{ "one byte short behind a partial", 1459, false, true, true },
	{ "partial behind full segments only", 1, false, false, false },
	{ "full behind a partial", 1460, false, true, false },
	{ "more than full behind a partial", 3000, false, true, false },
	{ "partial behind a partial, no delay", 1, true, true, false },
	{ "partial, no delay", 1, true, false, false },
};

KUNIT_ARRAY_PARAM_DESC(nagle, nagle_cases, desc);

static void nagle_hold(struct kunit *test)
{
	const struct nagle_case *p = test->param_value;

	KUNIT_EXPECT_EQ(test,
			newtcp_nagle_hold(p->len, 1460, p->nodelay,
					  p->small_in_flight),
			p->expect);
}

static struct kunit_case nagle_test_cases[] = {
	KUNIT_CASE_PARAM(nagle_hold, nagle_gen_params),
	{}
};

static struct kunit_suite nagle_suite = {
	.name = "newtcp_nagle",
	.test_cases = nagle_test_cases,
};

kunit_test_suite(nagle_suite);
