// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/nagle.h: which partial segment waits, and for what.
 */
#include <kunit/test.h>

#include "../module/core/nagle.h"

struct nagle_case {
	const char *desc;
	bool nodelay, cork, push;
	enum newtcp_nagle says;
	bool behind_full, behind_partial;	/* does it wait? */
};

static const struct nagle_case nagle_cases[] = {
	{ "usual", false, false, false, NAGLE_ON, false, true },
	{ "no delay", true, false, false, NAGLE_OFF, false, false },
	{ "corked", false, true, false, NAGLE_CORK, true, true },
	{ "corked, no delay", true, true, false, NAGLE_CORK, true, true },
	{ "no delay just now", true, false, true, NAGLE_PUSH, false, false },
	{ "the same, corked", true, true, true, NAGLE_PUSH, false, false },
};

KUNIT_ARRAY_PARAM_DESC(nagle, nagle_cases, desc);

static void nagle_holds(struct kunit *test)
{
	const struct nagle_case *p = test->param_value;
	enum newtcp_nagle nagle = newtcp_nagle_says(p->nodelay, p->cork, p->push);

	KUNIT_EXPECT_EQ(test, p->says, nagle);
	KUNIT_EXPECT_EQ(test, p->behind_full, newtcp_nagle_holds(nagle, false));
	KUNIT_EXPECT_EQ(test, p->behind_partial, newtcp_nagle_holds(nagle, true));
}

static void push_goes(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, newtcp_nagle_holds(NAGLE_PUSH, false));
	KUNIT_EXPECT_FALSE(test, newtcp_nagle_holds(NAGLE_PUSH, true));
}

static struct kunit_case nagle_test_cases[] = {
	KUNIT_CASE_PARAM(nagle_holds, nagle_gen_params),
	KUNIT_CASE(push_goes),
	{}
};

static struct kunit_suite nagle_suite = {
	.name = "newtcp_nagle",
	.test_cases = nagle_test_cases,
};

kunit_test_suite(nagle_suite);
