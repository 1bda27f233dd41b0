// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/rcvtune.c: the round trip as a receiver can tell it, and the buffer
 * that a program's reading asks for, with numbers and clocks that wrap.
 */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../module/core/rcvtune.h"

static const u32 starts[] = { 0, 1, 0x7fffffff, 0x80000000, 0xfffffc18, 0xffffffff };
static const u64 clocks[] = { 1, 0x7fffff00, 0xffffff00, 0x1ffffff00, 0x123456789abcd };

struct start_case {
	const char *desc;
	u32 ssthresh, wnd;
	u16 advmss;
	u32 want;
};

static const struct start_case start_cases[] = {
	{ "ten segments", 64240, 65535, 1460, 14600 },
	{ "the window", 64240, 5000, 1460, 5000 },
	{ "the present bound", 4000, 5000, 1460, 4000 },
	{ "a window of a byte", 64240, 1, 1460, 1 },
	{ "no window", 64240, 0, 1460, 1 },
	{ "no bound", 0, 65535, 1460, 1 },
	{ "no segments", 64240, 65535, 0, 1 },
	{ "the largest", U32_MAX, U32_MAX, U16_MAX, 655350 },
};

KUNIT_ARRAY_PARAM_DESC(start, start_cases, desc);

static void rcvtune_start(struct kunit *test)
{
	const struct start_case *c = test->param_value;
	const struct newtcp_rcvwnd w = {
		.ssthresh = c->ssthresh, .wnd = c->wnd, .advmss = c->advmss,
	};
	struct newtcp_rcvtune t = {};

	newtcp_rcvtune_start(&t, &w, 0x123456789, 0xfffffff0);
	KUNIT_EXPECT_EQ(test, t.space, c->want);
	KUNIT_EXPECT_EQ(test, t.seq, 0xfffffff0);
	KUNIT_EXPECT_EQ(test, t.since_us, 0x23456789);
	KUNIT_EXPECT_EQ(test, t.rtt8_us, 0);
}

/* Windows of 1000, 2000 and 500 bytes; the shortest time in which one is filled counts. */
static void window_filled(struct kunit *test)
{
	int i, j;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		for (j = 0; j < ARRAY_SIZE(clocks); j++) {
			u32 nxt = starts[i];
			u64 now = clocks[j];
			struct newtcp_rcvtune t = {};

			newtcp_rcvtune_window(&t, now, nxt, 1000);
			KUNIT_EXPECT_EQ(test, t.rtt8_us, 0);
			newtcp_rcvtune_window(&t, now + 500, nxt + 999, 2000);
			KUNIT_EXPECT_EQ(test, t.rtt8_us, 0);
			newtcp_rcvtune_window(&t, now + 700, nxt + 1000, 2000);
			KUNIT_EXPECT_EQ(test, t.rtt8_us, 8 * 700);
			/* Longer; but the next one begins. */
			newtcp_rcvtune_window(&t, now + 1600, nxt + 3000, 500);
			KUNIT_EXPECT_EQ(test, t.rtt8_us, 8 * 700);
			newtcp_rcvtune_window(&t, now + 1700, nxt + 3499, 500);
			KUNIT_EXPECT_EQ(test, t.rtt8_us, 8 * 700);
			/* Shorter, and more than filled. */
			newtcp_rcvtune_window(&t, now + 1900, nxt + 3600, 500);
			KUNIT_EXPECT_EQ(test, t.rtt8_us, 8 * 300);
			KUNIT_EXPECT_EQ(test, t.rtt_seq, nxt + 4100);
			/* In no time: a microsecond. */
			newtcp_rcvtune_window(&t, now + 1900, nxt + 4100, 0);
			KUNIT_EXPECT_EQ(test, t.rtt8_us, 8);
		}
	}
}

/* The clock's low half is 0: that is not the same as no time. */
static void window_since_zero(struct kunit *test)
{
	struct newtcp_rcvtune t = {};

	newtcp_rcvtune_window(&t, 1ULL << 32, 0, 1000);
	KUNIT_EXPECT_EQ(test, t.rtt_since_us, 1);
	newtcp_rcvtune_window(&t, (1ULL << 32) + 701, 1000, 1000);
	KUNIT_EXPECT_EQ(test, t.rtt8_us, 8 * 700);

	/* Who takes ten minutes to fill a window is not near. */
	t = (struct newtcp_rcvtune){};
	newtcp_rcvtune_window(&t, 1, 0, 1000);
	newtcp_rcvtune_window(&t, 600000001, 1000, 1000);
	KUNIT_EXPECT_EQ(test, t.rtt8_us, 8 * NEWTCP_RTO_MAX_US);
}

struct echo_case {
	const char *desc;
	u32 rtt8_us, before, tsecr, now, want;
	bool small;
};

static const struct echo_case echo_cases[] = {
	{ "the first", 0, 0, 1000, 1010, 80000 },
	{ "the same one again", 80000, 1000, 1000, 1050, 80000 },
	{ "the same one again, not known", 0, 1000, 1000, 1050, 0 },
	{ "longer: an eighth", 80000, 1000, 1001, 1019, 88000 },
	{ "shorter: at once", 80000, 1000, 1001, 1003, 16000 },
	{ "as long", 80000, 1000, 1001, 1011, 80000 },
	{ "an older echo", 80000, 1000, 999, 1009, 80000 },
	{ "no time", 0, 0, 1000, 1000, 0 },
	{ "a millisecond", 0, 0, 1000, 1001, 8000 },
	{ "no time, known", 80000, 0, 1000, 1000, 80000 },
	{ "a small segment", 80000, 0, 1000, 1010, 80000, true },
	{ "a small segment, not known", 0, 0, 1000, 1010, 0, true },
	{ "120 s", 0, 0, 1000, 121000, 960000000 },
	{ "more", 0, 0, 1000, 121001, 0 },
	{ "more, known", 80000, 0, 1000, 121001, 80000 },
	{ "never sent", 80000, 0, 1001, 1000, 80000 },
	{ "the clock wraps", 0, 0, 0xfffffffb, 5, 80000 },
	{ "it wrapped to 0", 0, 1, 0, 10, 80000 },
	{ "the longest again", 960000000, 0, 1000, 121000, 960000000 },
	{ "less than a window may take", U32_MAX, 0, 1000, 121000, 960000000 },
};

KUNIT_ARRAY_PARAM_DESC(echo, echo_cases, desc);

static void rcvtune_echo(struct kunit *test)
{
	const struct echo_case *c = test->param_value;
	struct newtcp_rcvtune t = { .rtt8_us = c->rtt8_us, .rtt_tsecr = c->before };

	newtcp_rcvtune_echo(&t, c->tsecr, c->now, !c->small);
	KUNIT_EXPECT_EQ(test, t.rtt8_us, c->want);
	KUNIT_EXPECT_EQ(test, t.rtt_tsecr, c->tsecr);
	/* Each counts once. */
	newtcp_rcvtune_echo(&t, c->tsecr, c->now + 7, true);
	KUNIT_EXPECT_EQ(test, t.rtt8_us, c->want);
}

struct due_case {
	const char *desc;
	u32 rtt8_us, after_us;
	bool want;
};

static const struct due_case due_cases[] = {
	{ "not known", 0, 0, false },
	{ "not known, whenever", 0, U32_MAX, false },
	{ "early", 8000, 999, false },
	{ "over", 8000, 1000, true },
	{ "late", 8000, 0x7fffffff, true },
	{ "very late", 8000, U32_MAX, true },
	{ "less than a microsecond", 7, 0, true },
	{ "a microsecond, early", 8, 0, false },
	{ "a microsecond and a part", 15, 1, true },
	{ "the longest, early", U32_MAX, 0x1ffffffe, false },
	{ "the longest", U32_MAX, 0x1fffffff, true },
};

KUNIT_ARRAY_PARAM_DESC(due, due_cases, desc);

static void rcvtune_due(struct kunit *test)
{
	const struct due_case *c = test->param_value;
	int i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct newtcp_rcvtune t = { .rtt8_us = c->rtt8_us, .since_us = clocks[i] };

		KUNIT_EXPECT_EQ(test, newtcp_rcvtune_due(&t, clocks[i] + c->after_us), c->want);
	}
}

struct read_case {
	const char *desc;
	u32 before, read, waits;
	int want;
	u32 space;
};

/* Twice what was read and 16 * 1460, twice its growth on top; memory is twice that. */
static const struct read_case read_cases[] = {
	{ "nothing", 10000, 0, 0, 0, 10000 },
	{ "less than before", 10000, 9999, 0, 0, 10000 },
	{ "as much", 10000, 10000, 0, 0, 10000 },
	{ "a byte more", 10000, 10001, 0, 2 * (43362 + 2 * 4), 10001 },
	{ "twice as much", 10000, 20000, 0, 2 * 3 * 63360, 20000 },
	{ "as much waits", 10000, 20000, 10000, 0, 10000 },
	{ "a byte less waits", 10000, 20000, 9999, 2 * (43362 + 2 * 4), 10001 },
	{ "more waits than was read", 10000, 1000, 50000, 0, 10000 },
	{ "all waits", 10000, 0, 50000, 0, 10000 },
	{ "one byte, as before", 1, 1, 0, 0, 1 },
	{ "two after one", 1, 2, 0, 2 * 3 * 23364, 2 },
	{ "absurd", 10000, INT_MAX, 0, INT_MAX, INT_MAX },
	{ "more than is told apart", 10000, 0x80000000, 0, 0, 10000 },
};

KUNIT_ARRAY_PARAM_DESC(read, read_cases, desc);

static void rcvtune_read(struct kunit *test)
{
	const struct read_case *c = test->param_value;
	const struct newtcp_rcvwnd w = { .ratio = 128, .advmss = 1460 };
	int i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		u32 copied_seq = starts[i] + c->read;
		struct newtcp_rcvtune t = {
			.rtt8_us = 8000, .space = c->before, .seq = starts[i], .since_us = 5,
		};

		KUNIT_EXPECT_EQ(test, c->want,
				newtcp_rcvtune_read(&t, &w, 0x123456789, copied_seq,
						    copied_seq + c->waits));
		if (c->want)
			KUNIT_EXPECT_EQ(test, c->want,
					newtcp_rcvwnd_tune(&w, c->space, c->before));
		KUNIT_EXPECT_EQ(test, t.space, c->space);
		/* In any case the next round trip begins. */
		KUNIT_EXPECT_EQ(test, t.seq, copied_seq);
		KUNIT_EXPECT_EQ(test, t.since_us, 0x23456789);
		KUNIT_EXPECT_EQ(test, t.rtt8_us, 8000);
	}
}

/* A steady reader asks once; one that slows and hastens again, not until it is faster. */
static void read_again(struct kunit *test)
{
	static const u32 reads[] = { 20000, 20000, 5000, 20000, 20001 };
	static const bool grows[] = { true, false, false, false, true };
	const struct newtcp_rcvwnd w = { .ratio = 128, .advmss = 1460 };
	struct newtcp_rcvtune t = { .space = 10000, .seq = 0xffff0000 };
	u32 seq = t.seq;
	int i;

	for (i = 0; i < ARRAY_SIZE(reads); i++) {
		seq += reads[i];
		KUNIT_EXPECT_EQ(test, newtcp_rcvtune_read(&t, &w, i, seq, seq) > 0, grows[i]);
	}
}

static void rcvtune_clamped(struct kunit *test)
{
	struct newtcp_rcvtune t = { .space = 10000 };

	newtcp_rcvtune_clamped(&t, U32_MAX);
	KUNIT_EXPECT_EQ(test, t.space, 10000);
	newtcp_rcvtune_clamped(&t, 9999);
	KUNIT_EXPECT_EQ(test, t.space, 9999);
	newtcp_rcvtune_clamped(&t, 0);
	KUNIT_EXPECT_EQ(test, t.space, 1);
}

static struct kunit_case rcvtune_cases[] = {
	KUNIT_CASE_PARAM(rcvtune_start, start_gen_params),
	KUNIT_CASE(window_filled),
	KUNIT_CASE(window_since_zero),
	KUNIT_CASE_PARAM(rcvtune_echo, echo_gen_params),
	KUNIT_CASE_PARAM(rcvtune_due, due_gen_params),
	KUNIT_CASE_PARAM(rcvtune_read, read_gen_params),
	KUNIT_CASE(read_again),
	KUNIT_CASE(rcvtune_clamped),
	{}
};

static struct kunit_suite rcvtune_suite = {
	.name = "newtcp_rcvtune",
	.test_cases = rcvtune_cases,
};

kunit_test_suite(rcvtune_suite);
