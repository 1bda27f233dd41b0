// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/reasm.c: what a segment is, where it belongs, what is
 * reported of it, what leaves the tree; each case also across the wrap of the
 * sequence space. And random segments beside a model (reasm_model.h).
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "../module/core/reasm.h"
#include "reasm_model.h"

static const u32 bases[] = { 0, 5000, 0xffffff00, 0x7fffff00 };

#define NXT	100	/* RCV.NXT in what follows */

struct verdict_case {
	const char *desc;
	u32 seq, end, wnd;
	bool fin;
	enum newtcp_reasm_verdict want;
};

static const struct verdict_case verdict_cases[] = {
	{ "next in order", 100, 110, 50, false, REASM_IN_ORDER },
	{ "next, fills the window", 100, 150, 50, false, REASM_IN_ORDER },
	{ "next, more than the window: taken whole", 100, 200, 50, false, REASM_IN_ORDER },
	{ "next, with a FIN", 100, 111, 50, true, REASM_IN_ORDER },
	{ "old", 80, 90, 50, false, REASM_OLD },
	{ "old, up to RCV.NXT", 80, 100, 50, false, REASM_OLD },
	{ "old, with the FIN that was taken", 80, 100, 50, true, REASM_OLD },
	{ "old, window closed", 80, 100, 0, false, REASM_OLD },
	{ "half of it old", 80, 110, 50, false, REASM_OVERLAP },
	{ "all but a FIN old", 80, 101, 50, true, REASM_OVERLAP },
	{ "half of it old, window closed", 80, 110, 0, false, REASM_BEYOND },
	{ "behind a hole", 110, 120, 50, false, REASM_OUT_OF_ORDER },
	{ "behind a hole of a byte", 101, 120, 50, false, REASM_OUT_OF_ORDER },
	{ "the last byte of the window", 149, 150, 50, false, REASM_OUT_OF_ORDER },
	{ "from the last byte of the window", 149, 200, 50, false, REASM_OUT_OF_ORDER },
	{ "beyond the window", 150, 160, 50, false, REASM_BEYOND },
	{ "window closed", 100, 101, 0, false, REASM_BEYOND },
	{ "window closed, a FIN alone", 100, 101, 0, true, REASM_IN_ORDER },
	{ "window closed, a byte and a FIN", 100, 102, 0, true, REASM_BEYOND },
	{ "a FIN alone behind a hole", 110, 111, 50, true, REASM_OUT_OF_ORDER },
	{ "a FIN alone beyond the window", 150, 151, 50, true, REASM_BEYOND },
	{ "a FIN alone right behind a closed window", 101, 102, 0, true, REASM_BEYOND },
};

KUNIT_ARRAY_PARAM_DESC(verdict, verdict_cases, desc);

static struct newtcp_piece piece(u32 base, u32 seq, u32 end, bool fin)
{
	return (struct newtcp_piece) {
		.seq = base + seq, .end_seq = base + end, .flags = TH_ACK | (fin ? TH_FIN : 0),
	};
}

static void reasm_verdict(struct kunit *test)
{
	const struct verdict_case *c = test->param_value;
	int b;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		struct newtcp_piece p = piece(bases[b], c->seq, c->end, c->fin);

		KUNIT_EXPECT_EQ(test, newtcp_reasm_verdict(&p, bases[b] + NXT, c->wnd), c->want);
	}
}

struct known_case {
	const char *desc;
	u32 seq, end;
	bool sack, dsack;
	struct newtcp_range dup;	/* empty: none */
};

static const struct known_case known_cases[] = {
	{ "old: all of it", 80, 90, true, true, { 80, 90 } },
	{ "half old", 80, 110, true, true, { 80, 100 } },
	{ "next in order", 100, 110, true, true },
	{ "behind a hole", 110, 120, true, true },
	{ "without SACK", 80, 90, false, true },
	{ "switched off", 80, 90, true, false },
};

KUNIT_ARRAY_PARAM_DESC(known, known_cases, desc);

static void reasm_known(struct kunit *test)
{
	const struct known_case *c = test->param_value;
	int b;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		struct newtcp_sack_list l = {};
		struct newtcp_reports rep = { c->sack ? &l : NULL, c->dsack };
		u32 base = bases[b];

		newtcp_report_known(rep, base + NXT, base + c->seq, base + c->end);
		KUNIT_ASSERT_EQ(test, l.dsack, c->dup.end != 0);
		if (!l.dsack)
			continue;
		KUNIT_EXPECT_EQ(test, l.dup.start - base, c->dup.start);
		KUNIT_EXPECT_EQ(test, l.dup.end - base, c->dup.end);
	}
}

struct insists_case {
	const char *desc;
	u32 end;
	bool fin, idle, want;
};

static const struct insists_case insists_cases[] = {
	{ "data, and data waits for the program", 110, false, false, false },
	{ "data, and nothing waits", 110, false, true, true },
	{ "a FIN alone", 101, true, false, true },
	{ "a byte and a FIN", 102, true, false, false },
	{ "a byte", 101, false, false, false },
};

KUNIT_ARRAY_PARAM_DESC(insists, insists_cases, desc);

static void reasm_insists(struct kunit *test)
{
	const struct insists_case *c = test->param_value;
	struct newtcp_piece p = piece(0, NXT, c->end, c->fin);

	KUNIT_EXPECT_EQ(test, newtcp_reasm_insists(&p, NXT, c->idle), c->want);
}

struct joins_case {
	const char *desc;
	u32 to_end, from_seq;
	bool to_fin, from_fin, want;
};

static const struct joins_case joins_cases[] = {
	{ "one ends where the other begins", 120, 120, false, false, true },
	{ "a hole", 120, 121, false, false, false },
	{ "an overlap", 120, 119, false, false, false },
	{ "a FIN comes behind", 120, 120, false, true, true },
	{ "behind a FIN", 120, 120, true, false, false },
	{ "a FIN behind a FIN", 120, 120, true, true, false },
};

KUNIT_ARRAY_PARAM_DESC(joins, joins_cases, desc);

static void reasm_joins(struct kunit *test)
{
	const struct joins_case *c = test->param_value;
	int b;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		struct newtcp_piece to = piece(bases[b], 110, c->to_end, c->to_fin);
		struct newtcp_piece from = piece(bases[b], c->from_seq, 130, c->from_fin);

		KUNIT_ASSERT_EQ(test, newtcp_reasm_joins(&to, &from), c->want);
		if (!c->want)
			continue;
		newtcp_reasm_joined(&to, &from);
		KUNIT_EXPECT_EQ(test, to.end_seq - bases[b], 130);
		KUNIT_EXPECT_EQ(test, !!(to.flags & TH_FIN), c->from_fin);
	}
}

/* A tree of a few records, and what is reported. */
#define MOST	8

struct forest {
	struct newtcp_reasm r;
	struct newtcp_sack_list sacks;
	struct newtcp_piece p[MOST];
	unsigned int n;
	u32 base;
};

static void grow(struct forest *f, u32 base, const struct newtcp_range *at)
{
	memset(f, 0, sizeof(*f));
	newtcp_reasm_init(&f->r);
	f->base = base;
	for (; at->end; at++) {
		f->p[f->n] = piece(base, at->start, at->end, false);
		newtcp_reasm_insert(&f->r, &f->p[f->n++]);
	}
}

static void expect_tree(struct kunit *test, const struct forest *f,
			const struct newtcp_range *want)
{
	struct newtcp_piece *p = newtcp_reasm_first(&f->r), *last = NULL;

	for (; want->end; want++) {
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_EQ(test, p->seq - f->base, want->start);
		KUNIT_EXPECT_EQ(test, p->end_seq - f->base, want->end);
		last = p;
		p = newtcp_reasm_next(p);
	}
	KUNIT_EXPECT_NULL(test, p);
	KUNIT_EXPECT_PTR_EQ(test, f->r.last, last);
	KUNIT_EXPECT_EQ(test, newtcp_reasm_empty(&f->r), !last);
}

static void expect_dup(struct kunit *test, struct forest *f, const struct newtcp_range *dup)
{
	KUNIT_ASSERT_EQ(test, f->sacks.dsack, dup->end != 0);
	if (!dup->end)
		return;
	KUNIT_EXPECT_EQ(test, f->sacks.dup.start - f->base, dup->start);
	KUNIT_EXPECT_EQ(test, f->sacks.dup.end - f->base, dup->end);
}

struct place_case {
	const char *desc;
	struct newtcp_range have[MOST];
	struct newtcp_range seg;
	enum newtcp_place place;
	bool refuses;	/* their pages do not let two records become one */
	struct newtcp_range dup;
	struct newtcp_range want[MOST];
};

static const struct place_case place_cases[] = {
	{ "the first", { }, { 110, 120 }, PLACE_LINK, false, { },
	  { { 110, 120 } } },
	{ "behind the last, with a hole", { { 110, 120 } }, { 130, 140 }, PLACE_LINK, false, { },
	  { { 110, 120 }, { 130, 140 } } },
	{ "behind the last", { { 110, 120 } }, { 120, 140 }, PLACE_BEHIND, false, { },
	  { { 110, 140 } } },
	{ "behind the last, which does not take it", { { 110, 120 } }, { 120, 140 },
	  PLACE_BEHIND, true, { }, { { 110, 120 }, { 120, 140 } } },
	{ "before the first", { { 130, 140 } }, { 110, 120 }, PLACE_LINK, false, { },
	  { { 110, 120 }, { 130, 140 } } },
	{ "up to the first", { { 130, 140 } }, { 110, 130 }, PLACE_LINK, false, { },
	  { { 110, 130 }, { 130, 140 } } },
	{ "between two", { { 110, 120 }, { 150, 160 } }, { 130, 140 }, PLACE_LINK, false, { },
	  { { 110, 120 }, { 130, 140 }, { 150, 160 } } },
	{ "behind one of two", { { 110, 120 }, { 150, 160 } }, { 120, 140 }, PLACE_BEHIND, false,
	  { }, { { 110, 140 }, { 150, 160 } } },
	{ "fills a hole", { { 110, 120 }, { 130, 140 } }, { 120, 130 }, PLACE_BEHIND, false, { },
	  { { 110, 130 }, { 130, 140 } } },
	{ "fills a hole, does not go into what is before", { { 110, 120 }, { 130, 140 } },
	  { 120, 130 }, PLACE_BEHIND, true, { }, { { 110, 120 }, { 120, 130 }, { 130, 140 } } },
	{ "the same again", { { 110, 120 } }, { 110, 120 }, PLACE_NONE, false, { 110, 120 },
	  { { 110, 120 } } },
	{ "inside", { { 110, 140 } }, { 120, 130 }, PLACE_NONE, false, { 120, 130 },
	  { { 110, 140 } } },
	{ "inside, to the end", { { 110, 140 } }, { 120, 140 }, PLACE_NONE, false, { 120, 140 },
	  { { 110, 140 } } },
	{ "overlaps the end", { { 110, 120 } }, { 115, 130 }, PLACE_LINK, false, { 115, 120 },
	  { { 110, 120 }, { 115, 130 } } },
	{ "overlaps the beginning", { { 120, 130 } }, { 110, 125 }, PLACE_LINK, false,
	  { 120, 125 }, { { 110, 125 }, { 120, 130 } } },
	{ "same beginning, longer", { { 110, 120 } }, { 110, 130 }, PLACE_INSTEAD, false,
	  { 110, 120 }, { { 110, 130 } } },
	{ "same beginning, longer, of two", { { 110, 120 }, { 150, 160 } }, { 110, 130 },
	  PLACE_INSTEAD, false, { 110, 120 }, { { 110, 130 }, { 150, 160 } } },
	{ "same beginning, shorter", { { 110, 130 } }, { 110, 120 }, PLACE_NONE, false,
	  { 110, 120 }, { { 110, 130 } } },
	{ "around one", { { 120, 130 } }, { 110, 140 }, PLACE_LINK, false, { 120, 130 },
	  { { 110, 140 } } },
	{ "around one, same end", { { 120, 130 } }, { 110, 130 }, PLACE_LINK, false,
	  { 120, 130 }, { { 110, 130 } } },
	{ "around two: of the duplicates the later", { { 120, 130 }, { 140, 150 } },
	  { 110, 160 }, PLACE_LINK, false, { 140, 150 }, { { 110, 160 } } },
	{ "around two that join: one duplicate", { { 120, 130 }, { 130, 150 } },
	  { 110, 160 }, PLACE_LINK, false, { 120, 150 }, { { 110, 160 } } },
	{ "around one and into the next", { { 120, 130 }, { 140, 160 } }, { 110, 150 },
	  PLACE_LINK, false, { 140, 150 }, { { 110, 150 }, { 140, 160 } } },
	{ "same beginning, around the next", { { 110, 120 }, { 130, 140 }, { 160, 170 } },
	  { 110, 150 }, PLACE_INSTEAD, false, { 130, 140 }, { { 110, 150 }, { 160, 170 } } },
	{ "behind one, around the next", { { 110, 120 }, { 130, 140 } }, { 120, 150 },
	  PLACE_BEHIND, false, { 130, 140 }, { { 110, 150 } } },
	{ "behind one, into the next", { { 110, 120 }, { 130, 140 } }, { 120, 135 },
	  PLACE_BEHIND, false, { 130, 135 }, { { 110, 135 }, { 130, 140 } } },
	{ "what two have together", { { 110, 120 }, { 115, 125 } }, { 112, 124 }, PLACE_LINK,
	  false, { 112, 124 }, { { 110, 120 }, { 112, 124 }, { 115, 125 } } },
	{ "behind one, inside another that overlaps it", { { 110, 120 }, { 115, 130 } },
	  { 120, 125 }, PLACE_NONE, false, { 120, 125 }, { { 110, 120 }, { 115, 130 } } },
	{ "behind one, over the end of another", { { 110, 120 }, { 115, 130 } },
	  { 120, 140 }, PLACE_LINK, false, { 120, 130 },
	  { { 110, 120 }, { 115, 130 }, { 120, 140 } } },
};

KUNIT_ARRAY_PARAM_DESC(place, place_cases, desc);

static void reasm_place(struct kunit *test)
{
	const struct place_case *c = test->param_value;
	static struct forest f;
	int b;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		struct newtcp_reports rep = { &f.sacks, true };
		struct newtcp_piece seg, *p = &seg;
		struct newtcp_spot at;

		grow(&f, bases[b], c->have);
		seg = piece(bases[b], c->seg.start, c->seg.end, false);
		KUNIT_ASSERT_EQ(test, newtcp_reasm_find(&f.r, rep, p, &at), c->place);
		KUNIT_EXPECT_EQ(test, f.sacks.n, 1);
		if (c->place == PLACE_INSTEAD) {
			newtcp_reasm_instead(&f.r, at.have, p);
		} else if (c->place == PLACE_BEHIND && !c->refuses) {
			KUNIT_ASSERT_TRUE(test, newtcp_reasm_joins(at.have, p));
			newtcp_reasm_joined(at.have, p);
			p = at.have;
		} else if (c->place != PLACE_NONE) {
			newtcp_reasm_link(&f.r, &at, p);
		}
		if (c->place != PLACE_NONE)
			while (newtcp_reasm_swallow(&f.r, rep, p))
				;
		expect_tree(test, &f, c->want);
		expect_dup(test, &f, &c->dup);
	}
}

/* Where nothing is reported the tree is the same. */
static void reasm_without_sack(struct kunit *test)
{
	const struct newtcp_range have[] = { { 120, 130 }, { 140, 150 }, { } };
	const struct newtcp_range want[] = { { 110, 145 }, { 140, 150 }, { } };
	struct newtcp_reports rep = { NULL, true };
	struct newtcp_piece p = piece(0, 110, 145, false);
	struct newtcp_spot at;
	static struct forest f;

	grow(&f, 0, have);
	KUNIT_ASSERT_EQ(test, newtcp_reasm_find(&f.r, rep, &p, &at), PLACE_LINK);
	newtcp_reasm_link(&f.r, &at, &p);
	KUNIT_EXPECT_PTR_EQ(test, newtcp_reasm_swallow(&f.r, rep, &p), &f.p[0]);
	KUNIT_EXPECT_NULL(test, newtcp_reasm_swallow(&f.r, rep, &p));
	expect_tree(test, &f, want);
	KUNIT_EXPECT_EQ(test, f.sacks.n, 0);
	KUNIT_EXPECT_FALSE(test, f.sacks.dsack);
}

struct drain_case {
	const char *desc;
	struct newtcp_range have[MOST];
	u32 nxt;
	u32 nxt_after;
	u8 old;			/* records that bring nothing */
	struct newtcp_range dup;
	struct newtcp_range want[MOST];
};

static const struct drain_case drain_cases[] = {
	{ "nothing waits", { }, 110, 110 },
	{ "a hole is left", { { 120, 130 } }, 110, 110, 0, { }, { { 120, 130 } } },
	{ "up to it", { { 120, 130 } }, 120, 130 },
	{ "into it", { { 120, 130 } }, 125, 130, 0, { 120, 125 } },
	{ "over it", { { 120, 130 } }, 140, 140, 1, { 120, 130 } },
	{ "to its end", { { 120, 130 } }, 130, 130, 1, { 120, 130 } },
	{ "a chain", { { 120, 130 }, { 130, 140 }, { 150, 160 } }, 120, 140, 0, { },
	  { { 150, 160 } } },
	{ "two that overlap: that was reported", { { 120, 130 }, { 125, 140 } }, 120, 140 },
	{ "two that overlap, into both", { { 120, 130 }, { 125, 140 } }, 127, 140, 0,
	  { 120, 127 } },
	{ "over one, into the next", { { 120, 130 }, { 140, 150 }, { 160, 170 } }, 145, 150, 1,
	  { 140, 145 }, { { 160, 170 } } },
};

KUNIT_ARRAY_PARAM_DESC(drain, drain_cases, desc);

static void reasm_drain(struct kunit *test)
{
	const struct drain_case *c = test->param_value;
	static struct forest f;
	int b;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		struct newtcp_reports rep = { &f.sacks, true };
		u32 nxt = bases[b] + c->nxt;
		struct newtcp_piece *p;
		int old = 0;

		grow(&f, bases[b], c->have);
		while ((p = newtcp_reasm_drain(&f.r, rep, nxt, bases[b] + c->nxt))) {
			if (seq_after(p->end_seq, nxt))
				nxt = p->end_seq;
			else
				old++;
		}
		KUNIT_EXPECT_EQ(test, nxt - bases[b], c->nxt_after);
		KUNIT_EXPECT_EQ(test, old, c->old);
		expect_tree(test, &f, c->want);
		expect_dup(test, &f, &c->dup);
	}
}

struct newest_case {
	const char *desc;
	u32 seq;
	u8 gone;
};

/* Of { 120, 130 }, { 140, 150 }, { 160, 170 }. */
static const struct newest_case newest_cases[] = {
	{ "what came is older than all", 110, 3 },
	{ "begins with the first", 120, 3 },
	{ "between", 130, 2 },
	{ "begins with the last", 160, 1 },
	{ "inside the last", 161, 0 },
	{ "newer than all", 180, 0 },
};

KUNIT_ARRAY_PARAM_DESC(newest, newest_cases, desc);

static void reasm_newest(struct kunit *test)
{
	static const struct newtcp_range have[] = {
		{ 120, 130 }, { 140, 150 }, { 160, 170 }, { }
	};
	const struct newest_case *c = test->param_value;
	static struct forest f;
	int b, i;

	for (b = 0; b < ARRAY_SIZE(bases); b++) {
		struct newtcp_range want[4] = { };

		grow(&f, bases[b], have);
		for (i = 0; i < c->gone; i++)
			KUNIT_ASSERT_PTR_EQ(test,
					    newtcp_reasm_newest(&f.r, bases[b] + c->seq),
					    &f.p[2 - i]);
		KUNIT_EXPECT_NULL(test, newtcp_reasm_newest(&f.r, bases[b] + c->seq));
		memcpy(want, have, (3 - c->gone) * sizeof(have[0]));
		expect_tree(test, &f, want);
	}
}

/* Records leave in any order. */
static void reasm_remove(struct kunit *test)
{
	static const struct newtcp_range have[] = {
		{ 160, 170 }, { 120, 130 }, { 140, 150 }, { }
	};
	static const struct newtcp_range ends[] = { { 120, 130 }, { 160, 170 }, { } };
	static const struct newtcp_range one[] = { { 120, 130 }, { } };
	static const struct newtcp_range none[] = { { } };
	static struct forest f;

	grow(&f, 0, have);
	newtcp_reasm_remove(&f.r, &f.p[2]);
	expect_tree(test, &f, ends);
	newtcp_reasm_remove(&f.r, &f.p[0]);
	expect_tree(test, &f, one);
	newtcp_reasm_remove(&f.r, &f.p[1]);
	expect_tree(test, &f, none);
}

static u32 draw(void *from)
{
	return prandom_u32_state(from);
}

static void reasm_model(struct kunit *test)
{
	struct reasm_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct rnd_state rnd;
	int run, step;

	KUNIT_ASSERT_NOT_NULL(test, m);
	prandom_seed_state(&rnd, 9293);
	for (run = 0; run < 200; run++) {
		model_init(m, bases[run % ARRAY_SIZE(bases)], draw, &rnd);
		for (step = 0; step < 300 && !m->ended; step++) {
			KUNIT_ASSERT_TRUE_MSG(test, model_step(m), "run %d, step %d: %s", run, step,
					      m->why);
		}
	}
}

static struct kunit_case reasm_cases[] = {
	KUNIT_CASE_PARAM(reasm_verdict, verdict_gen_params),
	KUNIT_CASE_PARAM(reasm_known, known_gen_params),
	KUNIT_CASE_PARAM(reasm_insists, insists_gen_params),
	KUNIT_CASE_PARAM(reasm_joins, joins_gen_params),
	KUNIT_CASE_PARAM(reasm_place, place_gen_params),
	KUNIT_CASE(reasm_without_sack),
	KUNIT_CASE_PARAM(reasm_drain, drain_gen_params),
	KUNIT_CASE_PARAM(reasm_newest, newest_gen_params),
	KUNIT_CASE(reasm_remove),
	KUNIT_CASE(reasm_model),
	{}
};

static struct kunit_suite reasm_suite = {
	.name = "newtcp_reasm",
	.test_cases = reasm_cases,
};

kunit_test_suite(reasm_suite);
