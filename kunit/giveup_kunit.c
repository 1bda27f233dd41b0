// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/giveup.c: times worked by hand, and every value with its
 * extremes and their neighbours: nothing overflows, and more never means less.
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

static void limit_counts(struct kunit *test)
{
	int i, j;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		for (j = 1; j < ARRAY_SIZE(edges); j++)
			KUNIT_EXPECT_EQ(test, edges[i] >= edges[j],
					newtcp_tried_for(edges[i], 15,
							 NEWTCP_RTO_MIN_US,
							 edges[j]));
	}
	KUNIT_EXPECT_FALSE(test, newtcp_tried_for(924599, 15, NEWTCP_RTO_MIN_US, 0));
	KUNIT_EXPECT_TRUE(test, newtcp_tried_for(924600, 15, NEWTCP_RTO_MIN_US, 0));
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
	KUNIT_CASE(limit_counts),
	KUNIT_CASE(shut_stays),
	KUNIT_CASE(wait_in_time),
	{}
};

static struct kunit_suite giveup_suite = {
	.name = "newtcp_giveup",
	.test_cases = giveup_cases,
};

kunit_test_suite(giveup_suite);
