// SPDX-License-Identifier: GPL-2.0
/* Tests of module/core/passive.h: a listener's half-open connections. */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../module/core/passive.h"

struct room_case {
	const char *desc;
	u32 qlen, backlog, limit;
	bool want;
};

static const struct room_case room_cases[] = {
	{ "empty", 0, 128, 128, true },
	{ "up to the backlog, and one", 10, 10, 128, true },
	{ "more", 11, 10, 128, false },
	{ "three quarters of the limit, and one", 96, 1000, 128, true },
	{ "more", 97, 1000, 128, false },
	{ "no backlog: one", 0, 0, 128, true },
	{ "no backlog: not two", 1, 0, 128, false },
	{ "no limit to speak of", 1000000, U32_MAX, U32_MAX, true },
};

KUNIT_ARRAY_PARAM_DESC(room, room_cases, desc);

static void passive_room(struct kunit *test)
{
	const struct room_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_passive_room(c->qlen, c->backlog, c->limit), c->want);
}

struct tries_case {
	const char *desc;
	u32 qlen, young, backlog, want;
};

/* Of 5. */
static const struct tries_case tries_cases[] = {
	{ "few wait", 4, 0, 0, 5 },
	{ "half of the backlog", 50, 0, 100, 5 },
	{ "more, all young", 60, 60, 100, 5 },
	{ "more, half young", 60, 30, 100, 4 },
	{ "more, a quarter young", 60, 15, 100, 3 },
	{ "more, an eighth young", 60, 7, 100, 2 },
	{ "more, none young: two are left", 60, 0, 100, 2 },
};

KUNIT_ARRAY_PARAM_DESC(tries, tries_cases, desc);

static void passive_tries(struct kunit *test)
{
	const struct tries_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_passive_tries(5, c->qlen, c->young, c->backlog), c->want);
	/* Two and fewer stay. */
	KUNIT_EXPECT_EQ(test, newtcp_passive_tries(1, c->qlen, c->young, c->backlog), 1);
}

static void passive_wait(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, newtcp_passive_wait(0, 250, 30000), 250);
	KUNIT_EXPECT_EQ(test, newtcp_passive_wait(1, 250, 30000), 500);
	KUNIT_EXPECT_EQ(test, newtcp_passive_wait(6, 250, 30000), 16000);
	KUNIT_EXPECT_EQ(test, newtcp_passive_wait(7, 250, 30000), 30000);
	KUNIT_EXPECT_EQ(test, newtcp_passive_wait(255, U32_MAX, 30000), 30000);
}

static struct kunit_case passive_cases[] = {
	KUNIT_CASE_PARAM(passive_room, room_gen_params),
	KUNIT_CASE_PARAM(passive_tries, tries_gen_params),
	KUNIT_CASE(passive_wait),
	{}
};

static struct kunit_suite passive_suite = {
	.name = "newtcp_passive",
	.test_cases = passive_cases,
};

kunit_test_suite(passive_suite);
