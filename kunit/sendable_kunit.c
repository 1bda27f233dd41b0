// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/sendable.h: what the windows let go, and what waits for more,
 * with numbers that wrap.
 */
#include <kunit/test.h>

#include "../module/core/sendable.h"

#define MSS	1460

static const u32 starts[] = { 0, 1, 0x7fffffff, 0x80000000, 0xfffffa00, 0xffffffff };

static void cwnd_never_negative(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 10, newtcp_sendable_cwnd(10, 0));
	KUNIT_EXPECT_EQ(test, 1, newtcp_sendable_cwnd(10, 9));
	KUNIT_EXPECT_EQ(test, 0, newtcp_sendable_cwnd(10, 10));
	KUNIT_EXPECT_EQ(test, 0, newtcp_sendable_cwnd(1, U32_MAX));
}

struct fits_case {
	const char *desc;
	u32 len, fin, window;
	bool fits;
};

static const struct fits_case fits_cases[] = {
	{ "all of a partial segment", 100, 0, 100, true },
	{ "a byte of it does not", 100, 0, 99, false },
	{ "a FIN counts", 100, 1, 100, false },
	{ "a FIN alone", 0, 1, 1, true },
	{ "a FIN alone, shut", 0, 1, 0, false },
	{ "one of many", 10 * MSS, 0, MSS, true },
	{ "not one of many", 10 * MSS, 0, MSS - 1, false },
	{ "one of many, FIN far behind", 10 * MSS, 1, MSS, true },
	{ "shut", MSS, 0, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(fits, fits_cases, desc);

static void window_fits(struct kunit *test)
{
	const struct fits_case *p = test->param_value;
	int i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		u32 seq = starts[i];

		KUNIT_EXPECT_EQ(test, p->fits,
				newtcp_sendable_fits(seq, seq + p->len + p->fin, p->len, MSS,
						     seq + p->window));
		/* Behind a window that shrank nothing fits. */
		KUNIT_EXPECT_FALSE(test, newtcp_sendable_fits(seq, seq + p->len + p->fin, p->len,
							      MSS, seq - 1));
	}
}

static void whole_segments(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 3 * MSS + 7, newtcp_sendable_len(3 * MSS + 7, 4 * MSS, MSS, false));
	KUNIT_EXPECT_EQ(test, 3 * MSS, newtcp_sendable_len(3 * MSS + 7, 4 * MSS, MSS, true));
	KUNIT_EXPECT_EQ(test, 4 * MSS, newtcp_sendable_len(4 * MSS, 4 * MSS, MSS, true));
	/* What does not go at once goes in whole segments, tail or not. */
	KUNIT_EXPECT_EQ(test, 2 * MSS, newtcp_sendable_len(4 * MSS, 3 * MSS - 1, MSS, false));
	KUNIT_EXPECT_EQ(test, MSS, newtcp_sendable_len(4 * MSS, MSS, MSS, true));
}

struct again_case {
	const char *desc;
	u32 ahead, len, segs;
	s32 window;
	u32 expect;
};

/* @ahead: of SND.UNA; @window: from SND.UNA on */
static const struct again_case again_cases[] = {
	{ "all", 0, 3 * MSS, 3, 10 * MSS, 3 * MSS },
	{ "one of three", 0, 3 * MSS, 1, 10 * MSS, MSS },
	{ "the window ends in it: whole segments", 0, 3 * MSS, 3, 2 * MSS + 5, 2 * MSS },
	{ "less than a segment is left", 0, 3 * MSS, 3, 700, 700 },
	{ "shut, the oldest", 0, 3 * MSS, 3, 0, MSS },
	{ "shut, the oldest, small", 0, 10, 3, 0, 10 },
	{ "shut, another", MSS, 3 * MSS, 3, 0, 0 },
	{ "shut behind it", MSS, 3 * MSS, 3, MSS, 0 },
	{ "a byte left", MSS, 3 * MSS, 3, MSS + 1, 1 },
	{ "to the left of the oldest", 0, MSS, 3, -5, MSS },
	{ "many segments", 0, 3 * MSS, U32_MAX, 10 * MSS, 3 * MSS },
};

KUNIT_ARRAY_PARAM_DESC(again, again_cases, desc);

static void sent_again(struct kunit *test)
{
	const struct again_case *p = test->param_value;
	int i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		u32 una = starts[i];

		KUNIT_EXPECT_EQ(test, p->expect,
				newtcp_sendable_again(una + p->ahead, p->len, p->segs, MSS, una,
						      una + p->window));
	}
}

static void deferral(struct kunit *test)
{
	/* Only what an ACK can make larger, while ACKs come. */
	KUNIT_EXPECT_TRUE(test, newtcp_defer_may(20 * MSS, 2 * MSS, 10 * MSS, 5, false, false));
	KUNIT_EXPECT_FALSE(test, newtcp_defer_may(2 * MSS, 2 * MSS, 10 * MSS, 5, false, false));
	KUNIT_EXPECT_FALSE(test, newtcp_defer_may(20 * MSS, 10 * MSS, 10 * MSS, 5, false, false));
	KUNIT_EXPECT_FALSE(test, newtcp_defer_may(20 * MSS, 2 * MSS, 10 * MSS, 0, false, false));
	KUNIT_EXPECT_FALSE(test, newtcp_defer_may(20 * MSS, 2 * MSS, 10 * MSS, 5, true, false));
	KUNIT_EXPECT_FALSE(test, newtcp_defer_may(20 * MSS, 2 * MSS, 10 * MSS, 5, false, true));

	/* A third of a window of 30 segments; srtt 8 ms, the oldest sent 4 ms ago. */
	KUNIT_EXPECT_TRUE(test, newtcp_defer_pays(9 * MSS, MSS, 30 * MSS, 3, 4000, 64000));
	KUNIT_EXPECT_FALSE(test, newtcp_defer_pays(10 * MSS, MSS, 30 * MSS, 3, 4000, 64000));
	KUNIT_EXPECT_FALSE(test, newtcp_defer_pays(9 * MSS, MSS, 30 * MSS, 3, 3999, 64000));
	KUNIT_EXPECT_TRUE(test, newtcp_defer_pays(3 * MSS, MSS, 30 * MSS, 0, 4000, 64000));
	KUNIT_EXPECT_FALSE(test, newtcp_defer_pays(4 * MSS, MSS, 30 * MSS, 0, 4000, 64000));

	/* Held back, is the window in use? */
	KUNIT_EXPECT_TRUE(test, newtcp_sendable_all(20 * MSS, 20 * MSS, 2, MSS));
	KUNIT_EXPECT_FALSE(test, newtcp_sendable_all(20 * MSS, MSS, 2, MSS));
	KUNIT_EXPECT_FALSE(test, newtcp_sendable_all(U32_MAX, U32_MAX, U32_MAX, MSS));
}

static struct kunit_case sendable_test_cases[] = {
	KUNIT_CASE(cwnd_never_negative),
	KUNIT_CASE_PARAM(window_fits, fits_gen_params),
	KUNIT_CASE(whole_segments),
	KUNIT_CASE_PARAM(sent_again, again_gen_params),
	KUNIT_CASE(deferral),
	{}
};

static struct kunit_suite sendable_suite = {
	.name = "newtcp_sendable",
	.test_cases = sendable_test_cases,
};

kunit_test_suite(sendable_suite);
