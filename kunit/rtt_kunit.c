// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/rtt.c: RFC 6298's equations worked by hand, Linux's
 * departures from them (floor, slow fall, damped speed-up), the back-off
 * bound and the windowed minimum.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../module/core/rtt.h"

#define MIN_WIN_US	(300ULL * 1000 * 1000)	/* tcp_min_rtt_wlen's default */

#define MS	1000U
#define SEC	1000000U

/* Samples arrive one per window of data, or all within one window. */
enum window_mode { PER_WINDOW, ONE_WINDOW };

struct vector_case {
	const char *desc;
	enum window_mode mode;
	u8 n;
	u32 samples[6];
	u32 srtt_us;	/* not scaled */
	u32 rto_us;
};

static const struct vector_case vector_cases[] = {
	/* RFC 6298 2.2: SRTT = R, RTTVAR = R / 2, RTO = R + 4 * R / 2 */
	{ "first sample", ONE_WINDOW, 1, { SEC }, SEC, 3 * SEC },
	{ "first sample at the floor", ONE_WINDOW, 1, { 100 * MS },
	  100 * MS, 300 * MS },
	{ "first sample under the floor", ONE_WINDOW, 1, { 20 * MS },
	  20 * MS, 220 * MS },
	{ "first sample of 0 counts as 1 us", ONE_WINDOW, 1, { 0 },
	  1, 200 * MS + 1 },
	{ "sample out of all bounds", ONE_WINDOW, 1, { ~0U },
	  NEWTCP_RTO_MAX_US, NEWTCP_RTO_MAX_US },

	/*
	 * RFC 6298 2.3, R' = 2 s: RTTVAR = 3/4 * 0.5 + 1/4 * 1 = 0.625,
	 * SRTT = 7/8 * 1 + 1/8 * 2 = 1.125, RTO = 1.125 + 2.5.
	 * A rise counts at once.
	 */
	{ "second sample, slower", ONE_WINDOW, 2, { SEC, 2 * SEC },
	  1125 * MS, 3625 * MS },
	/*
	 * R' = R = 1 s: RTTVAR = 3/4 * 0.5 = 0.375, 4 * RTTVAR = 1.5; but a
	 * fall waits for the end of the window: 2.0 stands.
	 */
	{ "steady, inside a window", ONE_WINDOW, 2, { SEC, SEC },
	  SEC, 3 * SEC },
	/*
	 * The first window of data ends with the second sample: its largest
	 * deviation is still the first one, 2.0. The next window's is 1.125
	 * (3/4 of 1.5), and a quarter of the way is taken: 2.0 - 0.875 / 4.
	 */
	{ "steady, one window later", PER_WINDOW, 2, { SEC, SEC },
	  SEC, 3 * SEC },
	{ "steady, two windows later", PER_WINDOW, 3, { SEC, SEC, SEC },
	  SEC, 2781250 },
	/*
	 * 80 ms faster than the mean of 100, with a deviation of 50: RFC 6298
	 * would raise 4 * RTTVAR to 230, damped it is 200 + 30 / 8, which
	 * counts since the floor was 200.
	 */
	{ "much faster", ONE_WINDOW, 2, { 100 * MS, 20 * MS },
	  90 * MS, 90 * MS + 203750 },
	/* As much slower is not damped: 150 + 80. */
	{ "much slower", ONE_WINDOW, 2, { 100 * MS, 180 * MS },
	  110 * MS, 110 * MS + 230 * MS },
};

KUNIT_ARRAY_PARAM_DESC(vector, vector_cases, desc);

/* One segment, acknowledged at once. */
static void take(struct newtcp_rtt *rtt, u32 us, u64 now_us, u32 una, u32 nxt)
{
	const struct newtcp_trip trip = { .us = us, .newest_us = us };

	newtcp_rtt_sample(rtt, &trip, now_us, una, nxt, MIN_WIN_US);
}

static void rtt_vectors(struct kunit *test)
{
	const struct vector_case *p = test->param_value;
	struct newtcp_rtt rtt;
	u32 una, nxt = 0xffffff00;	/* wraps on the way */
	int i;

	newtcp_rtt_init(&rtt);
	for (i = 0; i < p->n; i++) {
		/* One byte beyond the mark ends the window. */
		una = p->mode == PER_WINDOW ? nxt + 1 : 0xffffff00;
		nxt += 200;
		take(&rtt, p->samples[i], i, una, nxt);
	}

	KUNIT_EXPECT_EQ(test, rtt.srtt_us >> 3, p->srtt_us);
	KUNIT_EXPECT_EQ(test, rtt.rto_us, p->rto_us);
	KUNIT_EXPECT_EQ(test, newtcp_rtt_rto(&rtt), p->rto_us);
}

/* RFC 6298 2.1: 1 second before the first measurement. */
static void rtt_initial(struct kunit *test)
{
	struct newtcp_rtt rtt;

	newtcp_rtt_init(&rtt);

	KUNIT_EXPECT_EQ(test, newtcp_rtt_rto(&rtt), SEC);
	KUNIT_EXPECT_EQ(test, rtt.srtt_us, 0);
	KUNIT_EXPECT_EQ(test, newtcp_rtt_min(&rtt), ~0U);
}

/* SND.UNA on the mark is still the old window; one byte more the next. */
static void rtt_window_edge(struct kunit *test)
{
	struct newtcp_rtt rtt;

	newtcp_rtt_init(&rtt);
	take(&rtt, SEC, 0, 0, 0xfffffff0);
	take(&rtt, SEC, 0, 0xfffffff0, 0x10);
	KUNIT_EXPECT_EQ(test, rtt.rtt_seq, 0xfffffff0);

	take(&rtt, SEC, 0, 0xfffffff1, 0x10);
	KUNIT_EXPECT_EQ(test, rtt.rtt_seq, 0x10);

	/* 0xfffffff8 is before the mark at 0x10, across the wrap. */
	take(&rtt, SEC, 0, 0xfffffff8, 0x20);
	KUNIT_EXPECT_EQ(test, rtt.rtt_seq, 0x10);
}

/* A path without jitter ends on the floor: SRTT + 200 ms, never less. */
static void rtt_floor(struct kunit *test)
{
	struct newtcp_rtt rtt;
	u32 seq = 0;
	int i;

	newtcp_rtt_init(&rtt);
	take(&rtt, 3 * SEC, 0, seq, seq);
	for (i = 0; i < 400; i++, seq += 1000)
		take(&rtt, 10 * MS, 0, seq, seq + 500);

	KUNIT_EXPECT_GE(test, rtt.rto_us, 210 * MS);
	KUNIT_EXPECT_LE(test, rtt.rto_us, 210 * MS + 10);
}

/* RFC 6298 5.5 to 5.7: doubled each time, bounded; a measurement ends it. */
static void rtt_backoff(struct kunit *test)
{
	static const u32 expect_s[] = { 3, 6, 12, 24, 48, 96, 120, 120 };
	struct newtcp_rtt rtt;
	int i;

	newtcp_rtt_init(&rtt);
	take(&rtt, SEC, 0, 1, 1);
	for (i = 0; i < ARRAY_SIZE(expect_s); i++, rtt.backoff++)
		KUNIT_EXPECT_EQ_MSG(test, newtcp_rtt_rto(&rtt),
				    expect_s[i] * SEC, "back-off %d", i);
	for (i = 8; i <= 255; i++) {
		rtt.backoff = i;
		KUNIT_EXPECT_EQ_MSG(test, newtcp_rtt_rto(&rtt), 120 * SEC,
				    "back-off %d", i);
	}

	take(&rtt, SEC, 0, 1, 1);
	KUNIT_EXPECT_EQ(test, newtcp_rtt_rto(&rtt), 3 * SEC);
}

/* Seconds, and round trips; in the end the smallest of the last 300 seconds, or nearly. */
struct min_case {
	const char *desc;
	u32 trips[6][2];
	u32 expect_us;
};

static const struct min_case min_cases[] = {
	{ "smaller", { { 1, 1000 }, { 6, 999 } }, 999 },
	{ "larger", { { 1, 1000 }, { 6, 1001 } }, 1000 },
	{ "an equal one refreshes", { { 1, 1000 }, { 6, 1000 }, { 305, 5000 } }, 1000 },
	{ "larger in the window", { { 1, 1000 }, { 300, 5000 } }, 1000 },
	{ "larger after the window", { { 1, 1000 }, { 302, 5000 } }, 5000 },
	{ "0 counts as 1 us", { { 1, 1000 }, { 6, 0 } }, 1 },
	{ "after the window the best since",
	  { { 1, 1000 }, { 101, 1200 }, { 201, 1100 }, { 251, 1500 }, { 302, 2000 } }, 1100 },
	{ "that one is too old, too",
	  { { 1, 1000 }, { 101, 1200 }, { 251, 1500 }, { 405, 2000 } }, 1500 },
	{ "the best since is not the first one's neighbour",
	  { { 1, 1000 }, { 2, 1001 }, { 101, 1200 }, { 302, 2000 } }, 1200 },
	{ "a better one makes the others forgotten",
	  { { 1, 1000 }, { 101, 1200 }, { 201, 900 }, { 401, 950 }, { 502, 2000 } }, 950 },
};

KUNIT_ARRAY_PARAM_DESC(min, min_cases, desc);

static void rtt_minimum(struct kunit *test)
{
	const struct min_case *p = test->param_value;
	struct newtcp_rtt rtt;
	int i;

	newtcp_rtt_init(&rtt);
	for (i = 0; i < ARRAY_SIZE(p->trips) && p->trips[i][0]; i++)
		take(&rtt, p->trips[i][1], (u64)p->trips[i][0] * SEC, 1, 1);

	KUNIT_EXPECT_EQ(test, newtcp_rtt_min(&rtt), p->expect_us);
}

/* The path is as long as the newest says, the timeout as the oldest. */
static void rtt_newest(struct kunit *test)
{
	const struct newtcp_trip stretched = { .us = 60 * MS, .newest_us = 20 * MS };
	const struct newtcp_trip waited = { .us = 40 * MS, .newest_us = 40 * MS, .delayed = true };
	const struct newtcp_trip lone = { .us = 10 * MS, .newest_us = 10 * MS, .delayed = true };
	struct newtcp_rtt rtt;

	newtcp_rtt_init(&rtt);
	newtcp_rtt_sample(&rtt, &stretched, SEC, 1, 1, MIN_WIN_US);
	KUNIT_EXPECT_EQ(test, newtcp_rtt_min(&rtt), 20 * MS);
	KUNIT_EXPECT_EQ(test, rtt.srtt_us >> 3, 60 * MS);
	/* What may have waited does not take the place of what is too old. */
	newtcp_rtt_sample(&rtt, &waited, 400ULL * SEC, 1, 1, MIN_WIN_US);
	KUNIT_EXPECT_EQ(test, newtcp_rtt_min(&rtt), 20 * MS);
	newtcp_rtt_sample(&rtt, &lone, 401ULL * SEC, 1, 1, MIN_WIN_US);
	KUNIT_EXPECT_EQ(test, newtcp_rtt_min(&rtt), 10 * MS);
}

/*
 * Whatever the samples: SRTT stays between their extremes (less the rounding
 * of the shift), the RTO between SRTT + 200 ms and 120 s, the minimum exact.
 */
static void rtt_bounds(struct kunit *test)
{
	struct rnd_state rnd;
	int run, i;

	prandom_seed_state(&rnd, 6298);
	for (run = 0; run < 200; run++) {
		u32 seq = prandom_u32_state(&rnd), lo = ~0U, hi = 0;
		int magnitude = prandom_u32_state(&rnd) % 27;
		struct newtcp_rtt rtt;

		newtcp_rtt_init(&rtt);
		for (i = 0; i < 200; i++) {
			u32 r = prandom_u32_state(&rnd) % (2U << magnitude);

			r = clamp(r, 1U, NEWTCP_RTO_MAX_US);
			lo = min(lo, r);
			hi = max(hi, r);
			seq += prandom_u32_state(&rnd) % 3000;
			take(&rtt, r, i, seq, seq + 10000);

			KUNIT_ASSERT_GE(test, (rtt.srtt_us >> 3) + 1, lo);
			KUNIT_ASSERT_LE(test, rtt.srtt_us >> 3, hi);
			KUNIT_ASSERT_GE(test, rtt.rto_us,
					min((rtt.srtt_us >> 3) +
					    NEWTCP_RTO_MIN_US,
					    NEWTCP_RTO_MAX_US));
			KUNIT_ASSERT_LE(test, rtt.rto_us, NEWTCP_RTO_MAX_US);
			KUNIT_ASSERT_EQ(test, newtcp_rtt_min(&rtt), lo);
		}
	}
}

/* RFC 6069: one step less, and what has passed of it taken off. */
static void rtt_revert(struct kunit *test)
{
	struct newtcp_rtt rtt;

	newtcp_rtt_init(&rtt);
	rtt.rto_us = 200000;
	rtt.backoff = 3;
	KUNIT_EXPECT_EQ(test, newtcp_rtt_revert(&rtt, 100000), 700000);
	KUNIT_EXPECT_EQ(test, rtt.backoff, 2);
	KUNIT_EXPECT_EQ(test, newtcp_rtt_revert(&rtt, 400000), 0);
	KUNIT_EXPECT_EQ(test, newtcp_rtt_revert(&rtt, U64_MAX), 0);
	KUNIT_EXPECT_EQ(test, rtt.backoff, 0);
}

struct start_case {
	const char *desc;
	u32 sample_us, route_ms8, rto_us;
};

static const struct start_case start_cases[] = {
	{ "no sample, no route: RFC 6298 5.7", 0, 0, 3000000 },
	{ "a sample alone", 50000, 0, 250000 },
	{ "a route alone: thrice its round trip", 0, 8 * 500, 1500000 },
	{ "a quick route: the floor on top", 0, 8 * 10, 210000 },
	{ "a route that is slower than the sample", 50000, 8 * 500, 1500000 },
	{ "a route that is quicker", 50000, 8 * 40, 250000 },
	{ "an absurd route", 0, U32_MAX, 120000000 },
};

KUNIT_ARRAY_PARAM_DESC(start, start_cases, desc);

static void rtt_start(struct kunit *test)
{
	const struct start_case *c = test->param_value;
	struct newtcp_rtt rtt;

	newtcp_rtt_init(&rtt);
	rtt.backoff = 3;
	if (c->sample_us)
		take(&rtt, c->sample_us, 1, 1, 1);
	newtcp_rtt_start(&rtt, c->route_ms8);
	KUNIT_EXPECT_EQ(test, c->rto_us, newtcp_rtt_rto(&rtt));
	KUNIT_EXPECT_EQ(test, 0, rtt.backoff);
}

static void rtt_of_echo(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 7000, newtcp_rtt_of_echo(1007, 1000));
	KUNIT_EXPECT_EQ(test, 7000, newtcp_rtt_of_echo(3, U32_MAX - 3));
	/* Less than a tick is one; the future and long ago are nothing. */
	KUNIT_EXPECT_EQ(test, 1000, newtcp_rtt_of_echo(1000, 1000));
	KUNIT_EXPECT_EQ(test, 0, newtcp_rtt_of_echo(1000, 1001));
	KUNIT_EXPECT_EQ(test, 120000000, newtcp_rtt_of_echo(121000, 1000));
	KUNIT_EXPECT_EQ(test, 0, newtcp_rtt_of_echo(121001, 1000));
}

static struct kunit_case rtt_cases[] = {
	KUNIT_CASE(rtt_initial),
	KUNIT_CASE_PARAM(rtt_vectors, vector_gen_params),
	KUNIT_CASE(rtt_window_edge),
	KUNIT_CASE(rtt_floor),
	KUNIT_CASE(rtt_backoff),
	KUNIT_CASE(rtt_revert),
	KUNIT_CASE_PARAM(rtt_start, start_gen_params),
	KUNIT_CASE(rtt_of_echo),
	KUNIT_CASE_PARAM(rtt_minimum, min_gen_params),
	KUNIT_CASE(rtt_newest),
	KUNIT_CASE(rtt_bounds),
	{}
};

static struct kunit_suite rtt_suite = {
	.name = "newtcp_rtt",
	.test_cases = rtt_cases,
};

kunit_test_suite(rtt_suite);
