// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/giveup.c: times worked by hand, what orphans and probes get, and
 * every value with its extremes and their neighbours: nothing overflows, and more never
 * means less.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>

#include "../module/core/giveup.h"
#include "../module/core/rtt.h"

static const u32 edges[] = {
	0, 1, 2, 199, 200, 201, 999, 1000, 119999, 120000, 120001, 239999,
	240000, 240001, INT_MAX - 1, INT_MAX, 0x80000000, 0x80000001,
	U32_MAX - 1, U32_MAX,
};

static void backoff_by_hand(struct kunit *test)
{
	static const struct {
		unsigned int tries;
		u32 base_us, ms;
	} rows[] = {
		{ 0, NEWTCP_RTO_MIN_US, 200 },
		{ 1, NEWTCP_RTO_MIN_US, 600 },
		{ 3, NEWTCP_RTO_MIN_US, 3000 },
		/* The ninth doubling is the last one under 120 s. */
		{ 9, NEWTCP_RTO_MIN_US, 204600 },
		/* RFC 1122's 100 s and Linux's default: 924.6 s. */
		{ 15, NEWTCP_RTO_MIN_US, 924600 },
		{ 6, NEWTCP_RTO_INIT_US, 127000 },
		{ 7, NEWTCP_RTO_INIT_US, 247000 },
		{ 255, NEWTCP_RTO_MIN_US, 29724600 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ(test, rows[i].ms,
				newtcp_backoff_ms(rows[i].tries, rows[i].base_us));
}

static void backoff_bounded(struct kunit *test)
{
	int i, j;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		u32 last = 0;

		for (j = 0; j < ARRAY_SIZE(edges); j++) {
			u32 ms = newtcp_backoff_ms(edges[j], edges[i]);

			KUNIT_EXPECT_GE(test, ms, last);
			last = ms;
		}
	}
}

struct tried_case {
	const char *desc;
	struct newtcp_tried t;
	u32 tries;
	bool suspects, gives_up;
};

/* Elapsed, limit, timeouts, begun; three doublings of 200 ms take 3 s. */
static const struct tried_case tried_cases[] = {
	{ "no timeout", { 1000000, 0, 0, true }, 3, false, false },
	{ "not sent again", { 1000000, 0, 3, false }, 3, false, false },
	{ "a millisecond early", { 2999, 0, 3, true }, 3, false, false },
	{ "time", { 3000, 0, 3, true }, 3, true, true },
	{ "one timeout, as long", { 3000, 0, 1, true }, 3, true, true },
	{ "any number of timeouts, not as long", { 2999, 0, 255, true }, 3, false, false },
	{ "no tries, early", { 199, 0, 1, true }, 0, false, false },
	{ "no tries", { 200, 0, 1, true }, 0, true, true },
	{ "Linux's default, early", { 924599, 0, 15, true }, 15, false, false },
	{ "Linux's default", { 924600, 0, 15, true }, 15, true, true },
	{ "any number of tries, early", { U32_MAX - 1, 0, 255, true }, U32_MAX, false, false },
	{ "any number of tries", { U32_MAX, 0, 255, true }, U32_MAX, true, true },
	{ "a shorter limit, early", { 999, 1000, 1, true }, 3, false, false },
	{ "a shorter limit", { 1000, 1000, 1, true }, 3, false, true },
	{ "the shortest limit", { 1, 1, 1, true }, 3, false, true },
	{ "a longer limit, early", { 4999, 5000, 4, true }, 3, true, false },
	{ "a longer limit", { 5000, 5000, 4, true }, 3, true, true },
	{ "a limit, no timeout", { U32_MAX, 1, 0, true }, 3, false, false },
	{ "a limit, not sent again", { U32_MAX, 1, 1, false }, 3, false, false },
};

KUNIT_ARRAY_PARAM_DESC(tried, tried_cases, desc);

static void segment_tried(struct kunit *test)
{
	const struct tried_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_suspects_route(&c->t, c->tries), c->suspects);
	KUNIT_EXPECT_EQ(test, newtcp_gives_up(&c->t, c->tries), c->gives_up);
}

static void limit_counts(struct kunit *test)
{
	int i, j;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		for (j = 1; j < ARRAY_SIZE(edges); j++) {
			struct newtcp_tried t = { edges[i], edges[j], 1, true };

			KUNIT_EXPECT_EQ(test, newtcp_gives_up(&t, 15), edges[i] >= edges[j]);
			/* A route is suspected by the time alone. */
			KUNIT_EXPECT_EQ(test, newtcp_suspects_route(&t, 3), edges[i] >= 3000);
			t.timeouts = 0;
			KUNIT_EXPECT_FALSE(test, newtcp_gives_up(&t, 0));
			KUNIT_EXPECT_FALSE(test, newtcp_suspects_route(&t, 0));
		}
	}
}

struct syn_case {
	const char *desc;
	struct newtcp_tried t;
	u32 tries, steady;
	bool want;
};

/* Six doublings of 1 s take 127 s. */
static const struct syn_case syn_cases[] = {
	{ "no timeout", { 0, 0, 0, false }, 6, 4, false },
	{ "no timeout, whatever the time", { U32_MAX, 1, 0, true }, 6, 4, false },
	{ "not sent again, whatever the time", { U32_MAX, 1, 1, false }, 6, 4, false },
	{ "one try is left", { 9000, 0, 9, true }, 6, 4, false },
	{ "none is", { 9000, 0, 10, true }, 6, 4, true },
	{ "more than all", { 9000, 0, 11, true }, 6, 4, true },
	{ "none at a steady pace", { 9000, 0, 6, true }, 6, 0, true },
	{ "nor sent again", { 0, 0, 6, false }, 6, 0, true },
	{ "a steady one alone", { 0, 0, 1, true }, 0, 1, true },
	{ "no tries at all", { 0, 0, 0, false }, 0, 0, true },
	{ "as many as are counted", { 0, 0, 255, true }, 128, 127, true },
	{ "more than are counted", { 0, 0, 255, true }, 128, 128, false },
	{ "a millisecond early", { 126999, 0, 7, true }, 6, 4, false },
	{ "the time, which steady ones do not stretch", { 127000, 0, 7, true }, 6, 4, true },
	{ "one doubling less, early", { 62999, 0, 1, true }, 5, 4, false },
	{ "one doubling less", { 63000, 0, 1, true }, 5, 4, true },
	{ "a shorter limit, early", { 4999, 5000, 1, true }, 6, 4, false },
	{ "a shorter limit", { 5000, 5000, 1, true }, 6, 4, true },
	{ "a longer limit", { 127000, 200000, 7, true }, 6, 4, false },
	{ "a longer limit, but no try is left", { 127000, 200000, 10, true }, 6, 4, true },
};

KUNIT_ARRAY_PARAM_DESC(syn, syn_cases, desc);

static void syn_tried(struct kunit *test)
{
	const struct syn_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_syn_gives_up(&c->t, c->tries, c->steady), c->want);
}

struct orphan_case {
	const char *desc;
	u32 configured;
	bool error, alive;
	u32 want;
};

static const struct orphan_case orphan_cases[] = {
	{ "not set", 0, false, true, 8 },
	{ "not set, error", 0, true, true, 8 },
	{ "not set, dead", 0, false, false, 0 },
	{ "not set, error, dead", 0, true, false, 0 },
	{ "set", 3, false, true, 3 },
	{ "set, error", 3, true, true, 3 },
	{ "set, dead", 3, false, false, 3 },
	{ "set, error, dead", 3, true, false, 0 },
	{ "one", 1, false, true, 1 },
	{ "any number", U32_MAX, false, true, U32_MAX },
};

KUNIT_ARRAY_PARAM_DESC(orphan, orphan_cases, desc);

static void orphan_tries(struct kunit *test)
{
	const struct orphan_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_orphan_tries(c->configured, c->error, c->alive), c->want);
}

struct alive_case {
	const char *desc;
	struct newtcp_tried t;
	bool alive, want;
};

/* Of three tries. */
static const struct alive_case alive_cases[] = {
	{ "the timeout grows", { 0, 0, 1, true }, true, true },
	{ "it grows, however late it is", { U32_MAX, 0, 255, true }, true, true },
	{ "at its longest, early", { 2999, 0, 3, true }, false, true },
	{ "at its longest", { 3000, 0, 3, true }, false, false },
	{ "a limit does not matter", { 3000, 5000, 3, true }, false, false },
	{ "a limit does not matter, early", { 2999, 1, 3, true }, false, true },
	{ "no timeout", { U32_MAX, 0, 0, true }, false, true },
	{ "not sent again", { U32_MAX, 0, 3, false }, false, true },
};

KUNIT_ARRAY_PARAM_DESC(alive, alive_cases, desc);

static void orphan_alive(struct kunit *test)
{
	const struct alive_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_orphan_alive(&c->t, 3, c->alive), c->want);
}

struct weight_case {
	const char *desc;
	u32 idle;
	bool alive, error;
	int want;
};

static const struct weight_case weight_cases[] = {
	{ "it sends", 0, true, false, 0 },
	{ "not quiet yet", 240 * HZ, true, false, 0 },
	{ "quiet", 240 * HZ + 1, true, false, 1 },
	{ "quiet for a second more", 241 * HZ, true, false, 1 },
	{ "dead", 0, false, false, 1 },
	{ "quiet and dead", 241 * HZ, false, false, 1 },
	{ "error", 0, true, true, 1 },
	{ "error, not quiet yet", 240 * HZ, true, true, 1 },
	{ "error, quiet", 241 * HZ, true, true, 2 },
	{ "error, dead", 0, false, true, 2 },
	{ "all, for ever", U32_MAX, false, true, 2 },
};

KUNIT_ARRAY_PARAM_DESC(weight, weight_cases, desc);

static void orphan_weight(struct kunit *test)
{
	const struct weight_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_orphan_weight(c->idle, c->alive, c->error), c->want);
}

struct probing_case {
	const char *desc;
	struct newtcp_probing p;
	bool want;
};

#define OWNED(...)	{ .retries2 = 15, __VA_ARGS__ }
#define ORPHAN(...)	{ .retries2 = 15, .begun = true, .orphan = true, __VA_ARGS__ }

static const struct probing_case probing_cases[] = {
	{ "the first", OWNED(), false },
	{ "one is left", OWNED(.begun = true, .out = 14), false },
	{ "none is", OWNED(.begun = true, .out = 15), true },
	{ "as many as are counted", OWNED(.begun = true, .out = 255), true },
	{ "no retries", { .begun = true }, true },
	{ "more than are counted", { .begun = true, .out = 255, .retries2 = 256 }, false },
	{ "for ever", OWNED(.begun = true, .out = 1, .elapsed = U32_MAX), false },
	{ "a limit, not begun", OWNED(.limit_ms = 1000, .elapsed = U32_MAX), false },
	{ "a limit, early", OWNED(.begun = true, .limit_ms = 1000, .elapsed = HZ - 1), false },
	{ "a limit", OWNED(.begun = true, .limit_ms = 1000, .elapsed = HZ), true },
	{ "a limit, retries all the same",
	  OWNED(.begun = true, .limit_ms = 1000, .out = 15), true },
	{ "owned, error, at the longest timeout",
	  OWNED(.begun = true, .error = true, .out = 14, .backoff = 31), false },
	{ "owned, orphans' retries do not matter",
	  OWNED(.begun = true, .orphan_retries = 1, .out = 14, .alive = true), false },
	{ "orphan, one of eight is left", ORPHAN(.alive = true, .out = 7), false },
	{ "orphan, none is", ORPHAN(.alive = true, .out = 8), true },
	{ "orphan, more than owned",
	  { .orphan = true, .begun = true, .alive = true, .retries2 = 1, .orphan_retries = 3,
	    .out = 2 }, false },
	{ "orphan, set", ORPHAN(.alive = true, .orphan_retries = 3, .out = 3), true },
	{ "orphan, doublings do not count yet",
	  ORPHAN(.alive = true, .orphan_retries = 3, .out = 2, .backoff = 31), false },
	{ "orphan, error", ORPHAN(.alive = true, .error = true, .out = 7), false },
	{ "dead, few doublings", ORPHAN(.orphan_retries = 3, .out = 2, .backoff = 2), false },
	{ "dead, doublings count", ORPHAN(.orphan_retries = 3, .backoff = 3), true },
	{ "dead, probes count", ORPHAN(.orphan_retries = 3, .out = 3, .backoff = 2), true },
	{ "dead, not set", ORPHAN(.out = 0), true },
	{ "dead, error", ORPHAN(.orphan_retries = 3, .error = true), true },
	{ "orphan, a limit, early",
	  ORPHAN(.alive = true, .limit_ms = 1000, .elapsed = HZ - 1), false },
	{ "orphan, a limit", ORPHAN(.alive = true, .limit_ms = 1000, .elapsed = HZ), true },
};

KUNIT_ARRAY_PARAM_DESC(probing, probing_cases, desc);

static void window_probed(struct kunit *test)
{
	const struct probing_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_probe_gives_up(&c->p), c->want);
}

static void shut_stays(struct kunit *test)
{
	int i;

	/* As long as it answers, for ever; the program's limit counts. */
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		KUNIT_EXPECT_FALSE(test, newtcp_shut_too_long(edges[i], 0, 0));
		KUNIT_EXPECT_FALSE(test, newtcp_shut_too_long(edges[i], 240000, 0));
		KUNIT_EXPECT_EQ(test, edges[i] > 240000,
				newtcp_shut_too_long(edges[i], 240001, 0));
		KUNIT_EXPECT_EQ(test, edges[i] > 5000,
				newtcp_shut_too_long(edges[i], 0, 5000));
	}
}

static void wait_in_time(struct kunit *test)
{
	int i, j, k;

	KUNIT_EXPECT_EQ(test, 77, newtcp_wait_within(77, U32_MAX, 0));
	KUNIT_EXPECT_EQ(test, 1, newtcp_wait_within(77, 5000, 5000));
	KUNIT_EXPECT_EQ(test, HZ, newtcp_wait_within(7 * HZ, 4000, 5000));
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		for (j = 0; j < ARRAY_SIZE(edges); j++) {
			for (k = 1; k < ARRAY_SIZE(edges); k++) {
				u32 wait = newtcp_wait_within(edges[i] ?: 1,
							      edges[j], edges[k]);

				KUNIT_EXPECT_GE(test, wait, 1);
				KUNIT_EXPECT_LE(test, wait, max(edges[i], 1U));
			}
		}
	}
}

static struct kunit_case giveup_cases[] = {
	KUNIT_CASE(backoff_by_hand),
	KUNIT_CASE(backoff_bounded),
	KUNIT_CASE_PARAM(segment_tried, tried_gen_params),
	KUNIT_CASE(limit_counts),
	KUNIT_CASE_PARAM(syn_tried, syn_gen_params),
	KUNIT_CASE_PARAM(orphan_tries, orphan_gen_params),
	KUNIT_CASE_PARAM(orphan_alive, alive_gen_params),
	KUNIT_CASE_PARAM(orphan_weight, weight_gen_params),
	KUNIT_CASE_PARAM(window_probed, probing_gen_params),
	KUNIT_CASE(shut_stays),
	KUNIT_CASE(wait_in_time),
	{}
};

static struct kunit_suite giveup_suite = {
	.name = "newtcp_giveup",
	.test_cases = giveup_cases,
};

kunit_test_suite(giveup_suite);
