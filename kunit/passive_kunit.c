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

struct echo_case {
	const char *desc;
	struct newtcp_passive_echo echo;
	u32 rtt_us;
	bool lost;
};

/* The first SYN-ACK was sent at 5,000.9 ms, the answer came at 9,500.1. */
static const struct echo_case echo_cases[] = {
	{ "one SYN-ACK, no echo", { 5000900, 0, 0, 0, false }, 4499200, false },
	{ "one SYN-ACK, whatever it echoes", { 5000900, 9000, 0, 0, true }, 4499200, false },
	{ "two, no echo: it may be of either", { 5000900, 0, 1, 1, false }, 0, false },
	{ "two, echo of the second", { 5000900, 8000, 1, 1, true }, 1500000, false },
	{ "three, no echo", { 5000900, 0, 2, 2, false }, 0, true },
	{ "three, echo of the first", { 5000900, 5000, 2, 2, true }, 4500000, false },
	{ "three, echo of the third", { 5000900, 9500, 2, 2, true }, 1000, true },
	{ "three, for the peer's SYNs", { 5000900, 9500, 2, 0, true }, 1000, false },
	{ "an echo of the future", { 5000900, 9501, 2, 2, true }, 0, true },
	{ "an echo of long ago", { 5000900, 9500 - 120001, 1, 1, true }, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(echo, echo_cases, desc);

static void passive_echo(struct kunit *test)
{
	const struct echo_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_passive_rtt(&c->echo, 9500100), c->rtt_us);
	KUNIT_EXPECT_EQ(test, newtcp_passive_lost(&c->echo), c->lost);
}

static struct kunit_case passive_cases[] = {
	KUNIT_CASE_PARAM(passive_room, room_gen_params),
	KUNIT_CASE_PARAM(passive_tries, tries_gen_params),
	KUNIT_CASE(passive_wait),
	KUNIT_CASE_PARAM(passive_echo, echo_gen_params),
	{}
};

static struct kunit_suite passive_suite = {
	.name = "newtcp_passive",
	.test_cases = passive_cases,
};

kunit_test_suite(passive_suite);
