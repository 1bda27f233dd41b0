// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/finwait.h: how long FIN-WAIT-2 and TIME-WAIT last, in ticks worked
 * by hand, that no value overflows, and who waits at all.
 */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../module/core/finwait.h"

#define LEN	NEWTCP_TIMEWAIT_LEN
#define MOST	(2 * (INT_MAX / 4))

static void finwait_round(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, newtcp_finwait_round(0), 0);
	KUNIT_EXPECT_EQ(test, newtcp_finwait_round(1), 4);
	KUNIT_EXPECT_EQ(test, newtcp_finwait_round(2), 7);
	KUNIT_EXPECT_EQ(test, newtcp_finwait_round(3), 11);
	KUNIT_EXPECT_EQ(test, newtcp_finwait_round(120 * HZ), 420 * HZ);
}

struct time_case {
	const char *desc;
	s8 linger2;
	int usual, rto, want;
};

static const struct time_case time_cases[] = {
	{ "the usual", 0, 60 * HZ, HZ, 60 * HZ },
	{ "set, shorter", 5, 60 * HZ, HZ, 5 * HZ },
	{ "set, longer", 90, 60 * HZ, HZ, 90 * HZ },
	{ "the longest that may be set", 127, 60 * HZ, HZ, 127 * HZ },
	{ "3.5 timeouts are longer than the usual", 0, 6 * HZ, 2 * HZ, 7 * HZ },
	{ "longer than what is set", 6, 60 * HZ, 2 * HZ, 7 * HZ },
	{ "as long as what is set", 7, 60 * HZ, 2 * HZ, 7 * HZ },
	{ "shorter than what is set", 8, 60 * HZ, 2 * HZ, 8 * HZ },
	{ "the longest timeout", 127, 60 * HZ, 120 * HZ, 420 * HZ },
	{ "no wait is wanted", -1, 60 * HZ, 2 * HZ, 7 * HZ },
	{ "still less", -128, 60 * HZ, 2 * HZ, 7 * HZ },
	{ "none is usual", 0, 0, 2 * HZ, 7 * HZ },
	{ "the usual is absurd", 0, INT_MAX, 120 * HZ, INT_MAX },
	{ "the usual is negative", 0, -1, 2 * HZ, 7 * HZ },
	{ "as negative as may be", 0, INT_MIN, 2 * HZ, 7 * HZ },
};

KUNIT_ARRAY_PARAM_DESC(time, time_cases, desc);

static void finwait_time(struct kunit *test)
{
	const struct time_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_finwait_time(c->linger2, c->usual, c->rto), c->want);
}

struct lasts_case {
	const char *desc;
	int time, want;
};

static const struct lasts_case lasts_cases[] = {
	{ "a tick", 1, 1 },
	{ "short", 5 * HZ, 5 * HZ },
	{ "a minute", LEN, 60 * HZ },
	{ "a tick more: twice the rest", LEN + 1, 2 },
	{ "a second more", 61 * HZ, 2 * HZ },
	{ "two minutes", 120 * HZ, 120 * HZ },
	{ "three minutes", 180 * HZ, 240 * HZ },
	{ "less than the most", INT_MAX / 4 + LEN - 1, MOST - 2 },
	{ "the most", INT_MAX / 4 + LEN, MOST },
	{ "more", INT_MAX / 4 + LEN + 1, MOST },
	{ "absurd", INT_MAX, MOST },
};

KUNIT_ARRAY_PARAM_DESC(lasts, lasts_cases, desc);

static void finwait_lasts(struct kunit *test)
{
	const struct lasts_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_finwait_lasts(c->time), c->want);
}

struct entry_case {
	const char *desc;
	int fin_wait2, rto, want;
};

static const struct entry_case entry_cases[] = {
	{ "TIME-WAIT", 0, HZ, 60 * HZ },
	{ "TIME-WAIT, the longest timeout", 0, 120 * HZ, 60 * HZ },
	{ "FIN-WAIT-2", 5 * HZ, HZ, 5 * HZ },
	{ "FIN-WAIT-2, 3.5 timeouts", 2, 2 * HZ, 7 * HZ },
	{ "FIN-WAIT-2, longer than TIME-WAIT", 61 * HZ, HZ, 61 * HZ },
	{ "FIN-WAIT-2, the most", MOST, 120 * HZ, MOST },
};

KUNIT_ARRAY_PARAM_DESC(entry, entry_cases, desc);

static void timewait_lasts(struct kunit *test)
{
	const struct entry_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_timewait_lasts(c->fin_wait2, c->rto), c->want);
}

/* Whatever is set, everything ends, and not before what was lost could come again. */
static void finwait_bounded(struct kunit *test)
{
	static const int usuals[] = {
		INT_MIN, -1, 0, 1, HZ, LEN, LEN + 1, INT_MAX / 4 + LEN, INT_MAX - 1, INT_MAX,
	};
	static const int rtos[] = { 1, 2, HZ / 5, HZ, 18 * HZ, 120 * HZ };
	int linger2, i, j;

	for (linger2 = -128; linger2 <= 127; linger2++) {
		for (i = 0; i < ARRAY_SIZE(usuals); i++) {
			for (j = 0; j < ARRAY_SIZE(rtos); j++) {
				int time = newtcp_finwait_time(linger2, usuals[i], rtos[j]);
				int lasts = newtcp_finwait_lasts(time);
				int entry = newtcp_timewait_lasts(lasts, rtos[j]);

				KUNIT_EXPECT_GE(test, time, newtcp_finwait_round(rtos[j]));
				KUNIT_EXPECT_GT(test, lasts, 0);
				KUNIT_EXPECT_GE(test, entry, lasts);
				KUNIT_EXPECT_GE(test, entry, newtcp_finwait_round(rtos[j]));
			}
		}
	}
}

struct verdict_case {
	const char *desc;
	s8 linger2;
	bool news, fin;
	enum newtcp_finwait_verdict want;
};

static const struct verdict_case verdict_cases[] = {
	{ "an ACK", 0, false, false, VERDICT_FINWAIT_WAIT },
	{ "an ACK, a wait is set", 127, false, false, VERDICT_FINWAIT_WAIT },
	{ "an ACK, no wait is wanted", -1, false, false, VERDICT_FINWAIT_RESET },
	{ "still less", -128, false, false, VERDICT_FINWAIT_RESET },
	{ "data", 0, true, false, VERDICT_FINWAIT_RESET },
	{ "data, a wait is set", 1, true, false, VERDICT_FINWAIT_RESET },
	{ "data, no wait is wanted", -1, true, false, VERDICT_FINWAIT_RESET },
	{ "FIN", 0, false, true, VERDICT_FINWAIT_HOLD },
	{ "FIN, a wait is set", 1, false, true, VERDICT_FINWAIT_HOLD },
	{ "FIN, no wait is wanted", -1, false, true, VERDICT_FINWAIT_RESET },
	{ "data and FIN", 0, true, true, VERDICT_FINWAIT_RESET },
	{ "data and FIN, no wait is wanted", -1, true, true, VERDICT_FINWAIT_RESET },
};

KUNIT_ARRAY_PARAM_DESC(verdict, verdict_cases, desc);

static void finwait_verdict(struct kunit *test)
{
	const struct verdict_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_finwait_verdict(c->linger2, c->news, c->fin), c->want);
}

struct over_case {
	const char *desc;
	s8 linger2;
	int time;
	int holds;
	enum newtcp_finwait_verdict want;
};

static const struct over_case over_cases[] = {
	{ "short", 5, 5 * HZ, 5 * HZ, VERDICT_FINWAIT_RESET },
	{ "a minute", 0, LEN, LEN, VERDICT_FINWAIT_RESET },
	{ "a tick is left", 0, LEN + 1, LEN, VERDICT_FINWAIT_WAIT },
	{ "much is left", 127, 127 * HZ, LEN, VERDICT_FINWAIT_WAIT },
	{ "absurd", 0, INT_MAX, LEN, VERDICT_FINWAIT_WAIT },
	{ "no wait is wanted by now", -1, INT_MAX, LEN, VERDICT_FINWAIT_RESET },
	{ "nor a short one", -1, LEN, LEN, VERDICT_FINWAIT_RESET },
};

KUNIT_ARRAY_PARAM_DESC(over, over_cases, desc);

static void finwait_over(struct kunit *test)
{
	const struct over_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_finwait_holds(c->time), c->holds);
	KUNIT_EXPECT_EQ(test, newtcp_finwait_over(c->linger2, c->time), c->want);
}

static struct kunit_case finwait_cases[] = {
	KUNIT_CASE(finwait_round),
	KUNIT_CASE_PARAM(finwait_time, time_gen_params),
	KUNIT_CASE_PARAM(finwait_lasts, lasts_gen_params),
	KUNIT_CASE_PARAM(timewait_lasts, entry_gen_params),
	KUNIT_CASE(finwait_bounded),
	KUNIT_CASE_PARAM(finwait_verdict, verdict_gen_params),
	KUNIT_CASE_PARAM(finwait_over, over_gen_params),
	{}
};

static struct kunit_suite finwait_suite = {
	.name = "newtcp_finwait",
	.test_cases = finwait_cases,
};

kunit_test_suite(finwait_suite);
