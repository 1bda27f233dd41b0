// SPDX-License-Identifier: GPL-2.0
/*
 * Pacing: core/pace.h. Rates, and what is sent at once by them, worked out by hand.
 */
#include <kunit/test.h>
#include "../module/core/pace.h"

static const struct rate_row {
	const char *desc;
	u32 cwnd, ssthresh, out, mss, srtt_us, ss, ca;
	u64 rate;
} rate_rows[] = {
	/* 10 * 1000 bytes in 100 ms are 100,000 bytes a second. */
	{ "slow start: twice", 10, NEWTCP_INFINITE_SSTHRESH, 0, 1000, 100000, 200, 120, 200000 },
	{ "slow start ends", 10, 20, 0, 1000, 100000, 200, 120, 120000 },
	{ "its first half", 9, 20, 0, 1000, 100000, 200, 120, 180000 },
	{ "avoidance", 10, 5, 0, 1000, 100000, 200, 120, 120000 },
	{ "more is out than the window", 10, 5, 20, 1000, 100000, 200, 120, 240000 },
	{ "no round trip yet", 10, 5, 0, 1000, 0, 200, 120, 10ULL * 1000 * 80000 * 120 },
	{ "a round trip of 1 us", 10, 5, 0, 1000, 1, 200, 100, 10ULL * 1000 * 1000000 },
	{ "a ratio of 0", 10, 5, 0, 1000, 100000, 200, 0, 0 },
	{ "a negative ratio", 10, 5, 0, 1000, 100000, 200, -1, 1000000 },
	{ "the largest of all", U32_MAX, 5, U32_MAX, 65535, 0, 200, 1000,
	  (1ULL << 37) * 80000 * 1000 },
};

static void pace_rate(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rate_rows); i++) {
		const struct rate_row *r = &rate_rows[i];
		const struct newtcp_pace_conf conf = { r->ss, r->ca };
		const struct newtcp_cong c = { .cwnd = r->cwnd, .ssthresh = r->ssthresh };

		KUNIT_EXPECT_EQ_MSG(test, newtcp_pace_rate(&c, r->out, r->mss, r->srtt_us * 8,
							   &conf), r->rate, "%s", r->desc);
	}
}

static const struct segs_row {
	const char *desc;
	u64 rate;
	u8 shift;
	u32 rtt_us;
	u8 rtt_log;
	u32 largest, mss, least, segs;
} segs_rows[] = {
	{ "a millisecond's worth", 10240000, 10, 100000, 9, 65000, 1000, 2, 10 },
	{ "slow: the least", 1000, 10, 100000, 9, 65000, 1000, 2, 2 },
	{ "fast: the largest", 1ULL << 40, 10, 100000, 9, 65000, 1000, 2, 65 },
	{ "not paced", U64_MAX, 10, 100000, 9, 65000, 1000, 2, 65 },
	{ "near: all of a packet on top", 0, 10, 511, 9, 65000, 1000, 2, 65 },
	{ "twice as far: half", 0, 10, 512, 9, 65000, 1000, 2, 32 },
	{ "a quarter", 0, 10, 1024, 9, 65000, 1000, 2, 16 },
	{ "no round trip known", 10240000, 10, U32_MAX, 9, 65000, 1000, 2, 10 },
	{ "rtt_log off", 0, 10, 100000, 0, 65000, 1000, 2, 2 },
	{ "an absurd rtt_log", 0, 10, 100000, 200, 65000, 1000, 2, 65 },
	{ "the least is more than fits", 0, 10, 100000, 9, 3500, 1000, 255, 3 },
	{ "no room for one", 1 << 20, 10, 100000, 9, 500, 1000, 1, 1 },
};

static void pace_segs(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(segs_rows); i++) {
		const struct segs_row *r = &segs_rows[i];

		KUNIT_EXPECT_EQ_MSG(test, newtcp_pace_segs(r->rate, r->shift, r->rtt_us, r->rtt_log,
							   r->largest, r->mss, r->least), r->segs,
				    "%s", r->desc);
	}
}

static void pace_queue(struct kunit *test)
{
	/* A millisecond's worth; two packets at least; never more than the bound. */
	KUNIT_EXPECT_EQ(test, newtcp_pace_queue(10240000, 10, 1000, U64_MAX), 10000ULL);
	KUNIT_EXPECT_EQ(test, newtcp_pace_queue(10240000, 10, 70000, U64_MAX), 140000ULL);
	KUNIT_EXPECT_EQ(test, newtcp_pace_queue(U64_MAX, 10, 1000, 1 << 20), 1ULL << 20);
	KUNIT_EXPECT_EQ(test, newtcp_pace_queue(U64_MAX, 0, U32_MAX, U64_MAX), U64_MAX);
	KUNIT_EXPECT_EQ(test, newtcp_pace_queue(10240000, 10, 1000, 0), 0ULL);
}

struct room_row {
	u32 cwnd;
	u32 room;
	u32 at_once;
};

static const struct room_row room_rows[] = {
	{ 10, 10, 5 }, { 10, 6, 5 }, { 10, 4, 4 }, { 10, 0, 0 },
	{ 1, 1, 1 }, { 1, 0, 0 }, { 3, 3, 1 }, { U32_MAX, U32_MAX, U32_MAX / 2 },
};

static void pace_room(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(room_rows); i++) {
		const struct newtcp_cong c = { .cwnd = room_rows[i].cwnd };

		KUNIT_EXPECT_EQ_MSG(test, newtcp_pace_room(&c, room_rows[i].room),
				    room_rows[i].at_once, "%u of %u", room_rows[i].room,
				    room_rows[i].cwnd);
	}
}

static const struct next_row {
	const char *desc;
	u64 next_ns, now_ns;
	u32 bytes;
	u64 rate, expect;
} next_rows[] = {
	{ "just in time", 7000000, 7000000, 1000, 1000000, 8000000 },
	{ "early: another one follows at once", 7000000, 6000000, 1000, 1000000, 8000000 },
	{ "late: made up for", 7000000, 7300000, 1000, 1000000, 8000000 },
	{ "too late: by half", 7000000, 9000000, 1000, 1000000, 9500000 },
	{ "the first of all", 0, 9000000, 1000, 1000000, 9500000 },
	{ "the slowest", 5, 5, 65535, 1, 5 + 65535ULL * 1000000000 },
	{ "the fastest", 5, 5, 65535, U64_MAX, 5 },
};

static void pace_next(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(next_rows); i++) {
		const struct next_row *r = &next_rows[i];

		KUNIT_EXPECT_EQ_MSG(test, newtcp_pace_next(r->next_ns, r->now_ns, r->bytes,
							   r->rate), r->expect, "%s", r->desc);
	}
}

static struct kunit_case pace_cases[] = {
	KUNIT_CASE(pace_next),
	KUNIT_CASE(pace_rate),
	KUNIT_CASE(pace_segs),
	KUNIT_CASE(pace_queue),
	KUNIT_CASE(pace_room),
	{}
};

static struct kunit_suite pace_suite = {
	.name = "newtcp_pace",
	.test_cases = pace_cases,
};

kunit_test_suite(pace_suite);
