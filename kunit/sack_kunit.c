// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/sack.c: the examples of RFC 2018 section 4 and RFC 2883
 * section 4, and both roles under pseudo-random input against a bitmap. Every
 * run also happens across the wrap of the sequence space.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/prandom.h>

#include "../module/core/sack.h"
#include "../module/core/seq.h"

static const u32 bases[] = { 0, 5000, 0xfffff000, 0x7ffff000 };

#define MAX_STEPS	6

struct add_case {
	const char *desc;
	u8 n_add;
	u8 n_expect;
	struct newtcp_range add[MAX_STEPS];
	struct newtcp_range expect[NEWTCP_MAX_SACKS];
};

static const struct add_case add_cases[] = {
	{ "empty range", 1, 0, { { 10, 10 } } },
	{ "inverted range", 1, 0, { { 20, 10 } } },
	{ "one", 1, 1, { { 10, 20 } }, { { 10, 20 } } },
	{ "grows upwards", 2, 1, { { 10, 20 }, { 20, 30 } }, { { 10, 30 } } },
	{ "grows downwards", 2, 1, { { 20, 30 }, { 10, 20 } }, { { 10, 30 } } },
	{ "overlap above", 2, 1, { { 10, 20 }, { 15, 30 } }, { { 10, 30 } } },
	{ "overlap below", 2, 1, { { 15, 30 }, { 10, 20 } }, { { 10, 30 } } },
	{ "inside", 2, 1, { { 10, 30 }, { 15, 20 } }, { { 10, 30 } } },
	{ "around", 2, 1, { { 15, 20 }, { 10, 30 } }, { { 10, 30 } } },
	{ "the same again", 2, 1, { { 10, 20 }, { 10, 20 } }, { { 10, 20 } } },
	{ "one byte apart", 2, 2, { { 10, 20 }, { 21, 30 } },
	  { { 21, 30 }, { 10, 20 } } },
	{ "bridge joins two", 3, 1, { { 10, 20 }, { 30, 40 }, { 20, 30 } },
	  { { 10, 40 } } },
	{ "a change brings to the front", 4, 3,
	  { { 10, 20 }, { 30, 40 }, { 50, 60 }, { 20, 25 } },
	  { { 10, 25 }, { 50, 60 }, { 30, 40 } } },
	{ "around everything", 4, 1,
	  { { 10, 20 }, { 30, 40 }, { 50, 60 }, { 5, 70 } }, { { 5, 70 } } },
	{ "the oldest falls out", 5, 4,
	  { { 10, 20 }, { 30, 40 }, { 50, 60 }, { 70, 80 }, { 90, 100 } },
	  { { 90, 100 }, { 70, 80 }, { 50, 60 }, { 30, 40 } } },
	{ "full, joins: nothing falls out", 5, 4,
	  { { 10, 20 }, { 30, 40 }, { 50, 60 }, { 70, 80 }, { 80, 90 } },
	  { { 70, 90 }, { 50, 60 }, { 30, 40 }, { 10, 20 } } },
	{ "full, the oldest returns", 6, 4,
	  { { 10, 20 }, { 30, 40 }, { 50, 60 }, { 70, 80 }, { 90, 100 },
	    { 10, 20 } },
	  { { 10, 20 }, { 90, 100 }, { 70, 80 }, { 50, 60 } } },
	/* RFC 2018 section 4, case 2: 5000 is lost, seven of 500 follow. */
	{ "RFC 2018 case 2", 4, 1,
	  { { 5500, 6000 }, { 6000, 6500 }, { 6500, 7000 }, { 7000, 7500 } },
	  { { 5500, 7500 } } },
	/* Case 3: 5000, 6000, 7000 and 8000 are lost. */
	{ "RFC 2018 case 3", 4, 4,
	  { { 5500, 6000 }, { 6500, 7000 }, { 7500, 8000 }, { 8500, 9000 } },
	  { { 8500, 9000 }, { 7500, 8000 }, { 6500, 7000 }, { 5500, 6000 } } },
};

KUNIT_ARRAY_PARAM_DESC(add, add_cases, desc);

static void expect_blocks(struct kunit *test, const struct newtcp_range *got,
			  unsigned int n, u32 base,
			  const struct newtcp_range *want, unsigned int n_want)
{
	unsigned int i;

	KUNIT_ASSERT_EQ_MSG(test, n, n_want, "base %#x", base);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ_MSG(test, got[i].start - base, want[i].start,
				    "base %#x block %u", base, i);
		KUNIT_EXPECT_EQ_MSG(test, got[i].end - base, want[i].end,
				    "base %#x block %u", base, i);
	}
}

static void sack_add(struct kunit *test)
{
	const struct add_case *p = test->param_value;
	int b, i;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		struct newtcp_sack_list l = {};

		for (i = 0; i < p->n_add; i++)
			newtcp_sack_add(&l, p->add[i].start + bases[b],
					p->add[i].end + bases[b]);
		expect_blocks(test, l.block, l.n, bases[b], p->expect,
			      p->n_expect);
	}
}

struct advance_case {
	const char *desc;
	u32 rcv_nxt;
	u8 n_expect;
	struct newtcp_range expect[NEWTCP_MAX_SACKS];
};

/* Of { 50, 60 }, { 30, 40 }, { 10, 20 }. */
static const struct advance_case advance_cases[] = {
	{ "below all", 5, 3, { { 50, 60 }, { 30, 40 }, { 10, 20 } } },
	{ "to a block", 10, 3, { { 50, 60 }, { 30, 40 }, { 10, 20 } } },
	{ "into a block", 35, 2, { { 50, 60 }, { 35, 40 } } },
	{ "over a block", 20, 2, { { 50, 60 }, { 30, 40 } } },
	{ "between blocks", 45, 1, { { 50, 60 } } },
	{ "over all", 60, 0 },
	{ "beyond all", 1000, 0 },
};

KUNIT_ARRAY_PARAM_DESC(advance, advance_cases, desc);

static void sack_advance(struct kunit *test)
{
	const struct advance_case *p = test->param_value;
	int b;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		u32 base = bases[b] - 30;	/* 0 lies inside the blocks */
		struct newtcp_sack_list l = {};

		newtcp_sack_add(&l, base + 10, base + 20);
		newtcp_sack_add(&l, base + 30, base + 40);
		newtcp_sack_add(&l, base + 50, base + 60);
		newtcp_sack_advance(&l, base + p->rcv_nxt);
		expect_blocks(test, l.block, l.n, base, p->expect,
			      p->n_expect);
	}
}

struct dup_case {
	const char *desc;
	u8 n_dup;
	bool dsack;
	struct newtcp_range dup[3];
	struct newtcp_range expect;
};

static const struct dup_case dup_cases[] = {
	{ "none", 0, false },
	{ "empty", 1, false, { { 10, 10 } } },
	{ "inverted", 1, false, { { 20, 10 } } },
	{ "one", 1, true, { { 10, 20 } }, { 10, 20 } },
	{ "two that join", 2, true, { { 10, 20 }, { 20, 30 } }, { 10, 30 } },
	{ "two that join downwards", 2, true, { { 20, 30 }, { 10, 20 } },
	  { 10, 30 } },
	{ "two apart: the later", 2, true, { { 10, 20 }, { 40, 50 } },
	  { 40, 50 } },
	{ "empty after one", 2, true, { { 10, 20 }, { 40, 40 } }, { 10, 20 } },
};

KUNIT_ARRAY_PARAM_DESC(dup, dup_cases, desc);

static void sack_dup(struct kunit *test)
{
	const struct dup_case *p = test->param_value;
	int b, i;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		u32 base = bases[b] - 15;
		struct newtcp_sack_list l = {};

		for (i = 0; i < p->n_dup; i++)
			newtcp_sack_dup(&l, base + p->dup[i].start,
					base + p->dup[i].end);
		KUNIT_ASSERT_EQ(test, l.dsack, p->dsack);
		KUNIT_EXPECT_EQ(test, newtcp_sack_segs(&l, 44), p->dsack ? 1 : 44);
		KUNIT_EXPECT_EQ(test, l.n, 0);
		if (p->dsack)
			expect_blocks(test, &l.dup, 1, base, &p->expect, 1);
	}
}

struct report_case {
	const char *desc;
	bool dsack;
	u8 room;
	u8 n_expect;
	struct newtcp_range expect[NEWTCP_MAX_SACKS];
};

/* Of four blocks { 70, 80 } ... { 10, 20 } and the duplicate { 1, 2 }. */
static const struct report_case report_cases[] = {
	{ "no room", false, 0, 0 },
	{ "no room for the duplicate", true, 0, 0 },
	{ "one", false, 1, 1, { { 70, 80 } } },
	{ "three", false, 3, 3, { { 70, 80 }, { 50, 60 }, { 30, 40 } } },
	{ "four", false, 4, 4,
	  { { 70, 80 }, { 50, 60 }, { 30, 40 }, { 10, 20 } } },
	{ "more room than blocks", false, 9, 4,
	  { { 70, 80 }, { 50, 60 }, { 30, 40 }, { 10, 20 } } },
	{ "the duplicate takes the only place", true, 1, 1, { { 1, 2 } } },
	{ "the duplicate first", true, 3, 3,
	  { { 1, 2 }, { 70, 80 }, { 50, 60 } } },
	{ "the duplicate and all that fit", true, 9, 4,
	  { { 1, 2 }, { 70, 80 }, { 50, 60 }, { 30, 40 } } },
};

KUNIT_ARRAY_PARAM_DESC(report, report_cases, desc);

static void sack_report(struct kunit *test)
{
	const struct report_case *p = test->param_value;
	struct newtcp_range out[NEWTCP_MAX_SACKS];
	struct newtcp_sack_list l = {};
	unsigned int n;
	u32 s;

	for (s = 10; s < 80; s += 20)
		newtcp_sack_add(&l, s, s + 10);
	if (p->dsack)
		newtcp_sack_dup(&l, 1, 2);
	n = newtcp_sack_report(&l, p->room, out);

	expect_blocks(test, out, n, 0, p->expect, p->n_expect);
}

struct sanitize_case {
	const char *desc;
	u8 n;
	struct newtcp_range in[NEWTCP_MAX_SACKS];
	bool dsack;
	u8 n_expect;
	struct newtcp_range expect[NEWTCP_MAX_SACKS];
};

/* SND.UNA = 1000, SND.NXT = 2000. */
static const struct sanitize_case sanitize_cases[] = {
	{ "nothing", 0 },
	{ "one", 1, { { 1100, 1200 } }, false, 1, { { 1100, 1200 } } },
	{ "up to SND.NXT", 1, { { 1900, 2000 } }, false, 1, { { 1900, 2000 } } },
	{ "beyond SND.NXT", 1, { { 1900, 2001 } } },
	{ "all beyond SND.NXT", 1, { { 3000, 3100 } } },
	{ "from SND.UNA: contradicts the ACK", 1, { { 1000, 1100 } } },
	{ "just above SND.UNA", 1, { { 1001, 1100 } }, false, 1,
	  { { 1001, 1100 } } },
	{ "straddles SND.UNA", 1, { { 900, 1100 } } },
	{ "empty", 1, { { 1100, 1100 } } },
	{ "inverted", 1, { { 1200, 1100 } } },
	{ "inverted around half the circle", 1, { { 1100, 0x80000000 } } },
	{ "sorted", 3, { { 1700, 1800 }, { 1100, 1200 }, { 1400, 1500 } },
	  false, 3, { { 1100, 1200 }, { 1400, 1500 }, { 1700, 1800 } } },
	{ "joined", 3, { { 1300, 1400 }, { 1100, 1200 }, { 1200, 1300 } },
	  false, 1, { { 1100, 1400 } } },
	{ "overlapping", 2, { { 1100, 1500 }, { 1400, 1600 } }, false, 1,
	  { { 1100, 1600 } } },
	{ "one inside a later one that is not the second", 3,
	  { { 1300, 1400 }, { 1700, 1800 }, { 1200, 1500 } }, false, 2,
	  { { 1200, 1500 }, { 1700, 1800 } } },
	{ "good ones among bad ones", 4,
	  { { 1500, 1400 }, { 1900, 2100 }, { 1600, 1700 }, { 800, 900 } },
	  false, 1, { { 1600, 1700 } } },

	/*
	 * RFC 2883 4.1.1: segments 3000-3499 and 3500-3999, the ACK of the
	 * second is lost, the first comes twice: ACK 4000, SACK 3000-3500.
	 */
	{ "RFC 2883 4.1: below the ACK", 1, { { 500, 700 } }, true, 0 },
	{ "below, up to the ACK", 1, { { 900, 1000 } }, true, 0 },
	/* RFC 2883 4.1.3 and 4.2.1: duplicate of data above the ACK. */
	{ "RFC 2883 4.2: inside the second", 2,
	  { { 1200, 1300 }, { 1100, 1500 } }, true, 1, { { 1100, 1500 } } },
	{ "all of the second", 2, { { 1100, 1500 }, { 1100, 1500 } }, true, 1,
	  { { 1100, 1500 } } },
	{ "below the ACK, with blocks", 3,
	  { { 500, 600 }, { 1700, 1800 }, { 1100, 1200 } }, true, 2,
	  { { 1100, 1200 }, { 1700, 1800 } } },
	{ "partly inside the second: no duplicate", 2,
	  { { 1050, 1300 }, { 1100, 1500 } }, false, 1, { { 1050, 1500 } } },
	{ "second below the ACK: no duplicate", 2,
	  { { 1100, 1200 }, { 500, 600 } }, false, 1, { { 1100, 1200 } } },
	{ "inverted, below: no duplicate", 1, { { 900, 800 } } },
	{ "inside a second that was never sent", 2,
	  { { 2100, 2200 }, { 2000, 3000 } } },
	{ "sent data inside a second beyond SND.NXT", 2,
	  { { 1100, 1200 }, { 1050, 3000 } }, false, 1, { { 1100, 1200 } } },
};

KUNIT_ARRAY_PARAM_DESC(sanitize, sanitize_cases, desc);

static void sack_sanitize(struct kunit *test)
{
	const struct sanitize_case *p = test->param_value;
	int b, i;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		struct newtcp_range in[NEWTCP_MAX_SACKS];
		struct newtcp_range out[NEWTCP_MAX_SACKS];
		u32 base = bases[b] - 1250;
		unsigned int n;
		bool dsack = !p->dsack;

		for (i = 0; i < p->n; i++) {
			in[i].start = p->in[i].start + base;
			in[i].end = p->in[i].end + base;
		}
		n = newtcp_sack_sanitize(in, p->n, base + 1000, base + 2000,
					 out, &dsack);
		KUNIT_EXPECT_EQ(test, dsack, p->dsack);
		expect_blocks(test, out, n, base, p->expect, p->n_expect);
	}
}

#define SLOTS	64	/* of the model; each stands for @STRIDE bytes */
#define STRIDE	100U

static u32 slot_seq(u32 base, unsigned int slot)
{
	return base + slot * STRIDE;
}

/* Is the block exactly a run of set slots, clear on both sides? */
static bool is_run(const unsigned long *map, u32 base,
		   const struct newtcp_range *r)
{
	u32 first = (r->start - base) / STRIDE, end = (r->end - base) / STRIDE;

	if ((r->start - base) % STRIDE || (r->end - base) % STRIDE ||
	    end > SLOTS || first >= end)
		return false;
	if (first && test_bit(first - 1, map))
		return false;
	return find_next_zero_bit(map, SLOTS, first) == end;
}

static unsigned int count_runs(const unsigned long *map)
{
	unsigned int i, runs = 0;

	for (i = 0; i < SLOTS; i++)
		runs += test_bit(i, map) && (!i || !test_bit(i - 1, map));
	return runs;
}

/*
 * Random arrivals beside a bitmap of all that is held. While no block has
 * fallen out, the list is exactly the runs of the bitmap. The newest arrival
 * is always in the first block, no block claims what is not held.
 */
static void sack_list_model(struct kunit *test)
{
	struct rnd_state rnd;
	int run, step;

	prandom_seed_state(&rnd, 2018);
	for (run = 0; run < 400; run++) {
		/* Narrow runs can never hold more than 4 blocks. */
		unsigned int width = run % 2 ? 8 : SLOTS, nxt = 0;
		u32 base = bases[run / 2 % 4];
		struct newtcp_sack_list l = {};
		DECLARE_BITMAP(map, SLOTS);
		bool exact = true;

		bitmap_zero(map, SLOTS);
		for (step = 0; step < 60 && nxt < width; step++) {
			unsigned int first = prandom_u32_state(&rnd) % width;
			unsigned int len = 1 + prandom_u32_state(&rnd) % 3;
			unsigned int i, j;

			if (prandom_u32_state(&rnd) % 8 == 0) {
				/* The hole at RCV.NXT is filled. */
				nxt = find_next_zero_bit(map, SLOTS, nxt + 1);
				bitmap_clear(map, 0, nxt);
				newtcp_sack_advance(&l, slot_seq(base, nxt));
			} else if (first > nxt) {
				len = min(len, width - first);
				bitmap_set(map, first, len);
				newtcp_sack_add(&l, slot_seq(base, first),
						slot_seq(base, first + len));
				KUNIT_ASSERT_TRUE(test,
						  seq_between(slot_seq(base, first),
							      l.block[0].start,
							      l.block[0].end - 1));
			}

			if (count_runs(map) > NEWTCP_MAX_SACKS)
				exact = false;
			if (exact)
				KUNIT_ASSERT_EQ(test, l.n, count_runs(map));
			KUNIT_ASSERT_LE(test, l.n, NEWTCP_MAX_SACKS);
			for (i = 0; i < l.n; i++) {
				u32 s = (l.block[i].start - base) / STRIDE;
				u32 e = (l.block[i].end - base) / STRIDE;

				if (exact)
					KUNIT_ASSERT_TRUE(test,
							  is_run(map, base,
								 &l.block[i]));
				KUNIT_ASSERT_LT(test, s, e);
				KUNIT_ASSERT_GE(test,
						find_next_zero_bit(map, SLOTS, s),
						e);
				for (j = 0; j < i; j++)
					KUNIT_ASSERT_TRUE(test,
							  seq_after(l.block[i].start,
								    l.block[j].end) ||
							  seq_before(l.block[i].end,
								     l.block[j].start));
			}
		}
	}
}

/* Four random claims: what is believed is the union of the plausible ones. */
static void sack_sanitize_model(struct kunit *test)
{
	const unsigned int una = 16, nxt = 48;
	struct rnd_state rnd;
	int run;

	prandom_seed_state(&rnd, 2883);
	for (run = 0; run < 20000; run++) {
		struct newtcp_range in[NEWTCP_MAX_SACKS];
		struct newtcp_range out[NEWTCP_MAX_SACKS];
		unsigned int i, n, n_in = prandom_u32_state(&rnd) % 5;
		DECLARE_BITMAP(want, SLOTS);
		DECLARE_BITMAP(got, SLOTS);
		u32 base = bases[run % 4];
		bool dsack;

		bitmap_zero(want, SLOTS);
		bitmap_zero(got, SLOTS);
		for (i = 0; i < n_in; i++) {
			unsigned int a = prandom_u32_state(&rnd) % SLOTS;
			unsigned int b = prandom_u32_state(&rnd) % SLOTS;

			in[i].start = slot_seq(base, a);
			in[i].end = slot_seq(base, b);
			if (a < b && a > una && b <= nxt)
				bitmap_set(want, a, b - a);
		}
		n = newtcp_sack_sanitize(in, n_in, slot_seq(base, una),
					 slot_seq(base, nxt), out, &dsack);

		KUNIT_ASSERT_EQ(test, n, count_runs(want));
		for (i = 0; i < n; i++) {
			KUNIT_ASSERT_TRUE(test, is_run(want, base, &out[i]));
			if (i)
				KUNIT_ASSERT_TRUE(test,
						  seq_after(out[i].start,
							    out[i - 1].end));
			bitmap_set(got, (out[i].start - base) / STRIDE,
				   (out[i].end - out[i].start) / STRIDE);
		}
		KUNIT_ASSERT_TRUE(test, bitmap_equal(got, want, SLOTS));
	}
}

static struct kunit_case sack_cases[] = {
	KUNIT_CASE_PARAM(sack_add, add_gen_params),
	KUNIT_CASE_PARAM(sack_dup, dup_gen_params),
	KUNIT_CASE_PARAM(sack_advance, advance_gen_params),
	KUNIT_CASE_PARAM(sack_report, report_gen_params),
	KUNIT_CASE_PARAM(sack_sanitize, sanitize_gen_params),
	KUNIT_CASE(sack_list_model),
	KUNIT_CASE(sack_sanitize_model),
	{}
};

static struct kunit_suite sack_suite = {
	.name = "newtcp_sack",
	.test_cases = sack_cases,
};

kunit_test_suite(sack_suite);
