// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/room.c: what is copied together when memory is short, what
 * is given up, how far the buffer grows.
 */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../module/core/room.h"

#define CHUNK	1000

struct add_case {
	const char *desc;
	u32 from;			/* what lies below was read */
	bool first_fin;
	struct newtcp_range first;
	bool next_fin;
	struct newtcp_range next;
	bool want;
	struct newtcp_range run;
};

/* Up to 100 bytes are copied together. */
static const struct add_case add_cases[] = {
	{ "behind it", 0, false, { 10, 20 }, false, { 20, 30 }, true, { 10, 30 } },
	{ "a hole", 0, false, { 10, 20 }, false, { 21, 30 }, false, { 10, 20 } },
	{ "an overlap", 0, false, { 10, 20 }, false, { 15, 30 }, true, { 10, 30 } },
	{ "inside, in a queue that was read", 0, false, { 10, 30 }, false, { 12, 20 }, true,
	  { 10, 30 } },
	{ "with a FIN", 0, false, { 10, 20 }, true, { 20, 31 }, false, { 10, 20 } },
	{ "behind a FIN", 0, true, { 10, 21 }, false, { 21, 30 }, false, { 10, 21 } },
	{ "as much as may be", 0, false, { 10, 20 }, false, { 20, 110 }, true, { 10, 110 } },
	{ "too much, and it overlaps", 0, false, { 10, 20 }, false, { 15, 111 }, false,
	  { 10, 15 } },
	{ "it has a FIN, and overlaps", 0, false, { 10, 20 }, true, { 15, 31 }, false,
	  { 10, 15 } },
	{ "too much, and it has all that was not read", 18, false, { 10, 20 }, false,
	  { 15, 200 }, false, { 18, 18 } },
	{ "too much", 0, false, { 10, 20 }, false, { 20, 111 }, false, { 10, 20 } },
	{ "not too much without what was read", 15, false, { 10, 20 }, false, { 20, 111 }, true,
	  { 15, 111 } },
	{ "the first alone has more", 0, false, { 10, 500 }, false, { 500, 501 }, false,
	  { 10, 500 } },
};

KUNIT_ARRAY_PARAM_DESC(add, add_cases, desc);

static struct newtcp_piece piece(u32 base, struct newtcp_range r, bool fin)
{
	return (struct newtcp_piece) {
		.seq = base + r.start, .end_seq = base + r.end, .flags = fin ? TH_FIN : 0,
	};
}

static void room_add(struct kunit *test)
{
	static const u32 bases[] = { 0, 5000, 0xffffffec, 0x7fffffec };
	const struct add_case *c = test->param_value;
	int b;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		struct newtcp_piece first = piece(bases[b], c->first, c->first_fin);
		struct newtcp_piece next = piece(bases[b], c->next, c->next_fin);
		struct newtcp_run run;

		newtcp_run_begin(&run, &first, 700, bases[b] + c->from);
		KUNIT_ASSERT_EQ(test, newtcp_run_add(&run, &next, 800, 100), c->want);
		KUNIT_EXPECT_EQ(test, run.count, c->want ? 2 : 1);
		KUNIT_EXPECT_EQ(test, run.truesize, c->want ? 1500 : 700);
		KUNIT_EXPECT_EQ(test, run.start - bases[b], c->run.start);
		KUNIT_EXPECT_EQ(test, run.end - bases[b], c->run.end);
	}
}

struct worth_case {
	const char *desc;
	struct newtcp_run run;
	u32 need;
	bool want;
};

static const struct worth_case worth_cases[] = {
	{ "a ninth is freed", { 2, 0, 1000, 9000 }, 8000, true },
	{ "a little less", { 2, 0, 1000, 8999 }, 8000, false },
	{ "needs no more than before", { 2, 0, 1000, 8000 }, 8000, false },
	{ "a FIN keeps its record", { 1, 0, 1000, 90000, true }, 8000, false },
	{ "all was read", { 2, 1000, 1000, 90000 }, 0, false },
	{ "more than all was read", { 2, 1001, 1000, 90000 }, 0, false },
	{ "a lone small one must free half and more", { 1, 0, 999, 17999 }, 8000, false },
	{ "and does", { 1, 0, 999, 18000 }, 8000, true },
	{ "a lone one that is full", { 1, 0, CHUNK, 9000 }, 8000, true },
};

KUNIT_ARRAY_PARAM_DESC(worth, worth_cases, desc);

static void room_worth(struct kunit *test)
{
	const struct worth_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_run_worth(&c->run, c->need, CHUNK), c->want);
}

/* Lone small records are passed by up to an eighth of the buffer; others do not count. */
static void room_walk(struct kunit *test)
{
	struct newtcp_walk w = { .chunk = CHUNK, .buffer = 8000 };
	const struct newtcp_run small = { 1, 0, 10, 500 }, full = { 1, 0, CHUNK, 5000 };
	const struct newtcp_run two = { 2, 0, 10, 5000 };

	KUNIT_EXPECT_TRUE(test, newtcp_walk_on(&w, &small));
	KUNIT_EXPECT_TRUE(test, newtcp_walk_on(&w, &full));
	KUNIT_EXPECT_TRUE(test, newtcp_walk_on(&w, &two));
	KUNIT_EXPECT_TRUE(test, newtcp_walk_on(&w, &small));
	KUNIT_EXPECT_FALSE(test, newtcp_walk_on(&w, &small));
}

/* An eighth of the buffer, then a look; and so on. */
static void room_prune(struct kunit *test)
{
	struct newtcp_prune p;

	newtcp_prune_begin(&p, 8000);
	KUNIT_EXPECT_FALSE(test, newtcp_prune_step(&p, 600));
	KUNIT_EXPECT_TRUE(test, newtcp_prune_step(&p, 400));
	KUNIT_EXPECT_FALSE(test, newtcp_prune_step(&p, 999));
	KUNIT_EXPECT_TRUE(test, newtcp_prune_step(&p, 5000));
	KUNIT_EXPECT_FALSE(test, newtcp_prune_step(&p, 999));
	/* A buffer of nothing: a look after each. */
	newtcp_prune_begin(&p, 7);
	KUNIT_EXPECT_TRUE(test, newtcp_prune_step(&p, 1));
	KUNIT_EXPECT_TRUE(test, newtcp_prune_step(&p, 1));
}

struct grown_case {
	const char *desc;
	int buffer, used, most, want;
};

static const struct grown_case grown_cases[] = {
	{ "to what is in it", 1000, 1500, 2000, 1500 },
	{ "as far as it may", 1000, 2500, 2000, 2000 },
	{ "as large as it may be", 2000, 2500, 2000, 2000 },
	{ "larger than it may grow", 3000, 3500, 2000, 3000 },
	{ "the largest there is", 1000, INT_MAX, INT_MAX, INT_MAX },
};

KUNIT_ARRAY_PARAM_DESC(grown, grown_cases, desc);

static void room_grown(struct kunit *test)
{
	const struct grown_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_buffer_grown(c->buffer, c->used, c->most), c->want);
}

static struct kunit_case room_cases[] = {
	KUNIT_CASE_PARAM(room_add, add_gen_params),
	KUNIT_CASE_PARAM(room_worth, worth_gen_params),
	KUNIT_CASE(room_walk),
	KUNIT_CASE(room_prune),
	KUNIT_CASE_PARAM(room_grown, grown_gen_params),
	{}
};

static struct kunit_suite room_suite = {
	.name = "newtcp_room",
	.test_cases = room_cases,
};

kunit_test_suite(room_suite);
