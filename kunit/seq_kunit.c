// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/seq.h: comparison on the circle of sequence numbers
 * (RFC 9293 3.4), at its wrap and at the 2^31 limit.
 */
#include <kunit/test.h>

#include "../module/core/seq.h"

struct pair_case {
	const char *desc;
	u32 low;	/* before @high on the circle */
	u32 high;
};

static const struct pair_case pair_cases[] = {
	{ "neighbours", 1, 2 },
	{ "zero", 0, 1 },
	{ "across the wrap, neighbours", 0xffffffff, 0 },
	{ "across the wrap, far", 0xfffffff0, 0x100 },
	{ "across the sign bit", 0x7fffffff, 0x80000000 },
	{ "largest distance from 0", 0, 0x7fffffff },
	{ "largest distance across the wrap", 0x80000001, 0 },
	{ "largest distance in the middle", 0x12345678, 0x92345677 },
};

KUNIT_ARRAY_PARAM_DESC(pair, pair_cases, desc);

static void seq_order(struct kunit *test)
{
	const struct pair_case *p = test->param_value;

	KUNIT_EXPECT_TRUE(test, seq_before(p->low, p->high));
	KUNIT_EXPECT_FALSE(test, seq_before(p->high, p->low));
	KUNIT_EXPECT_TRUE(test, seq_after(p->high, p->low));
	KUNIT_EXPECT_FALSE(test, seq_after(p->low, p->high));
	KUNIT_EXPECT_FALSE(test, seq_before(p->low, p->low));
	KUNIT_EXPECT_FALSE(test, seq_after(p->high, p->high));
}

static void seq_extremes(struct kunit *test)
{
	const struct pair_case *p = test->param_value;

	KUNIT_EXPECT_EQ(test, seq_max(p->low, p->high), p->high);
	KUNIT_EXPECT_EQ(test, seq_max(p->high, p->low), p->high);
	KUNIT_EXPECT_EQ(test, seq_min(p->low, p->high), p->low);
	KUNIT_EXPECT_EQ(test, seq_min(p->high, p->low), p->low);
	KUNIT_EXPECT_EQ(test, seq_min(p->low, p->low), p->low);
}

struct between_case {
	const char *desc;
	u32 s;
	u32 low;
	u32 high;
	bool expect;
};

static const struct between_case between_cases[] = {
	{ "inside", 5, 1, 10, true },
	{ "lower end", 1, 1, 10, true },
	{ "upper end", 10, 1, 10, true },
	{ "one below", 0, 1, 10, false },
	{ "one above", 11, 1, 10, false },
	{ "a single number", 7, 7, 7, true },
	{ "beside a single number", 8, 7, 7, false },
	{ "range across the wrap, before it", 0xfffffffe, 0xfffffff0, 16, true },
	{ "range across the wrap, after it", 15, 0xfffffff0, 16, true },
	{ "range across the wrap, above", 17, 0xfffffff0, 16, false },
	{ "range across the wrap, below", 0xffffffef, 0xfffffff0, 16, false },
	{ "inside more than half the circle", 0x90000000, 0, 0xa0000000, true },
};

KUNIT_ARRAY_PARAM_DESC(between, between_cases, desc);

static void seq_range(struct kunit *test)
{
	const struct between_case *p = test->param_value;

	KUNIT_EXPECT_EQ(test, seq_between(p->s, p->low, p->high), p->expect);
}

static const struct {
	u32 mark, una, nxt;
	bool expect;
} mark_rows[] = {
	{ 11, 10, 20, true },
	{ 20, 10, 20, true },
	{ 10, 10, 20, false },		/* acknowledged */
	{ 21, 10, 20, false },		/* never sent: an old one */
	{ 10, 10, 10, false },
	{ 11, 10, 10, false },
	{ 3, 0xfffffff0, 5, true },	/* across the wrap */
	{ 6, 0xfffffff0, 5, false },
	/* Made 2 GiB ago, and a little less than 4 GiB. */
	{ 10, 0x80000010, 0x80000020, false },
	{ 10, 0x80000009, 0x80000020, false },
	{ 0x80000030, 10, 30, false },
	{ 40, 10, 30, false },
};

static void seq_marks(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(mark_rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, mark_rows[i].expect,
				    seq_mark_ahead(mark_rows[i].mark, mark_rows[i].una,
						   mark_rows[i].nxt),
				    "row %d", i);
}

static struct kunit_case seq_cases[] = {
	KUNIT_CASE_PARAM(seq_order, pair_gen_params),
	KUNIT_CASE_PARAM(seq_extremes, pair_gen_params),
	KUNIT_CASE_PARAM(seq_range, between_gen_params),
	KUNIT_CASE(seq_marks),
	{}
};

static struct kunit_suite seq_suite = {
	.name = "newtcp_seq",
	.test_cases = seq_cases,
};

kunit_test_suite(seq_suite);
