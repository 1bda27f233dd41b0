/* SPDX-License-Identifier: GPL-2.0 */
/*
 * module/core/reasm.c and room.c beside a model that is slow and obvious: a flag for
 * each number of a short stream. Segments come with any overlap, with a FIN now and
 * then, where it belongs or in the middle; they are merged or not; memory runs short.
 * After each step both say the same. Positions count from the first number.
 *
 * Driven by numbers from anywhere: the suite beside this file, and a fuzzer.
 */
#ifndef _REASM_MODEL_H
#define _REASM_MODEL_H

#include <linux/minmax.h>
#include <linux/string.h>
#include "../module/core/reasm.h"
#include "../module/core/room.h"

#define MODEL_WIDTH	400
#define MODEL_PIECES	256
#define MODEL_CHUNK	32

struct model_piece {
	struct newtcp_piece is;
	bool used;
	u32 fin;	/* the number of its FIN, or 0 */
};

/**
 * struct reasm_model - both
 * @r: what the core has
 * @sacks: likewise
 * @base: number of position 0
 * @nxt: RCV.NXT
 * @wnd: window that is open
 * @held: what waits, a flag for each number
 * @exact: no block was forgotten
 * @ended: a FIN was taken
 * @draw: gives numbers
 * @from: for @draw
 * @why: what is not as it has to be, or NULL
 * @pool: records
 */
struct reasm_model {
	struct newtcp_reasm r;
	struct newtcp_sack_list sacks;
	u32 base;
	u32 nxt;
	u32 wnd;
	bool held[MODEL_WIDTH];
	bool exact;
	bool ended;
	u32 (*draw)(void *from);
	void *from;
	const char *why;
	struct model_piece pool[MODEL_PIECES];
};

/* The first thing that is not as it has to be stays in @m->why. */
static void model_note(struct reasm_model *m, bool good, const char *what)
{
	if (!good && !m->why)
		m->why = what;
}

#define model_must(m, c)	model_note(m, c, #c)

static void model_init(struct reasm_model *m, u32 base, u32 (*draw)(void *from), void *from)
{
	memset(m, 0, sizeof(*m));
	newtcp_reasm_init(&m->r);
	m->base = base;
	m->exact = true;
	m->draw = draw;
	m->from = from;
}

static struct newtcp_piece *model_new(struct reasm_model *m, u32 first, u32 end, bool fin)
{
	unsigned int i;

	for (i = 0; i < MODEL_PIECES; i++) {
		struct model_piece *p = &m->pool[i];

		if (p->used)
			continue;
		p->used = true;
		p->is.seq = m->base + first;
		p->is.end_seq = m->base + end;
		p->is.flags = TH_ACK | (fin ? TH_FIN : 0);
		p->fin = fin ? p->is.end_seq - 1 : 0;
		return &p->is;
	}
	return NULL;
}

static void model_free(struct newtcp_piece *p)
{
	container_of(p, struct model_piece, is)->used = false;
}

/* @from goes into @to, when its pages allow that. */
static bool model_merge(struct reasm_model *m, struct newtcp_piece *to, struct newtcp_piece *from)
{
	if (!newtcp_reasm_joins(to, from) || m->draw(m->from) & 1)
		return false;
	newtcp_reasm_joined(to, from);
	container_of(to, struct model_piece, is)->fin =
		container_of(from, struct model_piece, is)->fin;
	model_free(from);
	return true;
}

static unsigned int model_runs(struct reasm_model *m)
{
	unsigned int i, n = 0;

	for (i = 1; i < MODEL_WIDTH; i++)
		n += m->held[i] && !m->held[i - 1];
	return n;
}

/* The tree holds what the flags say, in order, and no FIN but at an end. */
static void model_tree(struct reasm_model *m)
{
	struct newtcp_piece *p = newtcp_reasm_first(&m->r), *prev = NULL;
	bool seen[MODEL_WIDTH] = {};

	for (; p; prev = p, p = newtcp_reasm_next(p)) {
		u32 i, first = p->seq - m->base, end = p->end_seq - m->base;
		u32 fin = container_of(p, struct model_piece, is)->fin;

		model_must(m, first > m->nxt && first < end && end <= MODEL_WIDTH);
		model_must(m, !prev || (seq_before(prev->seq, p->seq) &&
					seq_before(prev->end_seq, p->end_seq)));
		model_must(m, p->flags & TH_FIN ? fin == p->end_seq - 1 : !fin);
		for (i = first; i < end; i++)
			seen[i] = true;
	}
	model_must(m, m->r.last == prev);
	model_must(m, newtcp_reasm_empty(&m->r) == !prev);
	model_must(m, !memcmp(seen, m->held, sizeof(seen)));
}

/* No block says what is not held, none touches another; all are said, if none fell out. */
static void model_blocks(struct reasm_model *m)
{
	const struct newtcp_sack_list *l = &m->sacks;
	unsigned int i, j;

	if (model_runs(m) > NEWTCP_MAX_SACKS)
		m->exact = false;
	if (!model_runs(m))
		m->exact = true;
	model_must(m, !m->exact || l->n == model_runs(m));
	for (i = 0; i < l->n; i++) {
		u32 first = l->block[i].start - m->base, end = l->block[i].end - m->base;

		model_must(m, first < end && end <= MODEL_WIDTH && first);
		for (j = first; j < end; j++)
			model_must(m, m->held[j]);
		model_must(m, !m->exact || !m->held[first - 1]);
		model_must(m, !m->exact || end == MODEL_WIDTH || !m->held[end]);
		for (j = 0; j < i; j++)
			model_must(m, seq_after(l->block[j].start, l->block[i].end) ||
				   seq_after(l->block[i].start, l->block[j].end));
	}
}

/* What was known of a segment is reported as a duplicate; of two runs the upper. */
static void model_dup(struct reasm_model *m, u32 first, const bool *known, u32 n)
{
	u32 end = n, start;

	while (end && !known[end - 1])
		end--;
	model_must(m, m->sacks.dsack == !!end);
	if (!end)
		return;
	for (start = end; start && known[start - 1]; start--)
		;
	model_must(m, m->sacks.dup.start == m->base + first + start);
	model_must(m, m->sacks.dup.end == m->base + first + end);
}

static void model_end(struct reasm_model *m)
{
	struct newtcp_piece *p;

	m->ended = true;
	while ((p = newtcp_reasm_first(&m->r))) {
		newtcp_reasm_remove(&m->r, p);
		model_free(p);
	}
	memset(m->held, 0, sizeof(m->held));
	m->sacks.n = 0;
}

static void model_in_order(struct reasm_model *m, struct newtcp_reports rep,
			   struct newtcp_piece *p)
{
	u32 want = p->end_seq - m->base, known = p->end_seq;

	while (want < MODEL_WIDTH && m->held[want])
		want++;
	while (p) {
		bool fin = p->flags & TH_FIN;

		if (seq_after(p->end_seq, m->base + m->nxt)) {
			model_must(m, !seq_after(p->seq, m->base + m->nxt));
			m->nxt = p->end_seq - m->base;
			if (fin)
				model_end(m);
		}
		model_free(p);
		p = newtcp_reasm_drain(&m->r, rep, m->base + m->nxt, known);
	}
	model_must(m, m->ended ? m->nxt <= want : m->nxt == want);
	memset(m->held, 0, m->nxt);
	newtcp_sack_advance(&m->sacks, m->base + m->nxt);
}

static void model_out_of_order(struct reasm_model *m, struct newtcp_reports rep,
			       struct newtcp_piece *p)
{
	u32 i, news = 0, first = p->seq - m->base, end = p->end_seq - m->base;
	struct newtcp_piece *gone;
	struct newtcp_spot at;
	enum newtcp_place place = newtcp_reasm_find(&m->r, rep, p, &at);

	for (i = first; i < end; i++) {
		news += !m->held[i];
		m->held[i] = true;
	}
	model_must(m, m->sacks.n && !seq_after(m->sacks.block[0].start, p->seq) &&
		   !seq_before(m->sacks.block[0].end, p->end_seq));
	if (place == PLACE_NONE) {
		model_must(m, !news);
		model_free(p);
		return;
	}
	if (place == PLACE_INSTEAD) {
		model_must(m, at.have->seq == p->seq && seq_before(at.have->end_seq, p->end_seq));
		newtcp_reasm_instead(&m->r, at.have, p);
		model_free(at.have);
	} else if (place == PLACE_BEHIND && model_merge(m, at.have, p)) {
		p = at.have;
	} else {
		newtcp_reasm_link(&m->r, &at, p);
	}
	while ((gone = newtcp_reasm_swallow(&m->r, rep, p))) {
		model_must(m, !seq_before(gone->seq, p->seq) &&
			   !seq_after(gone->end_seq, p->end_seq));
		model_free(gone);
	}
}

/* What the flags say of a segment. */
static enum newtcp_reasm_verdict model_verdict(struct reasm_model *m, u32 first, u32 end,
					       bool fin)
{
	u32 news = max(first, m->nxt);

	if (news >= end)
		return REASM_OLD;
	if (news - m->nxt >= m->wnd && !(fin && end - first == 1 && news == m->nxt))
		return REASM_BEYOND;
	if (news > m->nxt)
		return REASM_OUT_OF_ORDER;
	return first < m->nxt ? REASM_OVERLAP : REASM_IN_ORDER;
}

static void model_segment(struct reasm_model *m)
{
	u32 low = m->nxt > 20 ? m->nxt - 20 : 0;
	u32 first = min(low + m->draw(m->from) % 120, MODEL_WIDTH - 1U);
	u32 end = min(first + 1 + m->draw(m->from) % 40, (u32)MODEL_WIDTH);
	bool fin = end == MODEL_WIDTH || m->draw(m->from) % 64 == 0, known[64], taken;
	struct newtcp_reports rep = { &m->sacks, true };
	enum newtcp_reasm_verdict v = model_verdict(m, first, end, fin);
	struct newtcp_piece *p = model_new(m, first, end, fin);
	u32 i;

	model_must(m, p);
	if (!p)
		return;
	model_must(m, newtcp_reasm_verdict(p, m->base + m->nxt, m->wnd) == v);
	taken = v != REASM_OLD && v != REASM_BEYOND;
	for (i = first; i < end; i++)
		known[i - first] = i < m->nxt || (taken && m->held[i]);
	newtcp_report_known(rep, m->base + m->nxt, p->seq, p->end_seq);
	if (!taken)
		model_free(p);
	else if (v == REASM_OUT_OF_ORDER)
		model_out_of_order(m, rep, p);
	else
		model_in_order(m, rep, p);
	/* Behind a FIN that comes in the middle nothing is looked at. */
	if (!m->ended)
		model_dup(m, first, known, end - first);
}

/* Memory is short: the newest goes, down to what begins below the segment. */
static void model_prune(struct reasm_model *m)
{
	u32 seq = m->base + m->nxt + m->draw(m->from) % 200, i;
	struct newtcp_piece *p = newtcp_reasm_newest(&m->r, seq), *last;

	if (!p) {
		model_must(m, !m->r.last || seq_before(m->r.last->seq, seq));
		return;
	}
	last = m->r.last;
	model_must(m, !seq_before(p->seq, seq));
	/* What another has of it stays. */
	for (i = last ? max(last->end_seq - m->base, p->seq - m->base) : p->seq - m->base;
	     i < MODEL_WIDTH; i++)
		m->held[i] = false;
	model_free(p);
	m->sacks.n = 0;
	m->exact = false;
}

/* What stands together is copied into records that are full. */
static void model_collapse(struct reasm_model *m)
{
	struct newtcp_piece *p = newtcp_reasm_first(&m->r), *next;
	u32 skip = m->draw(m->from) % 4, seq, count;
	struct newtcp_run run;

	while (p && skip--)
		p = newtcp_reasm_next(p);
	if (!p)
		return;
	newtcp_run_begin(&run, p, 1, newtcp_reasm_own(p));
	for (next = p; (next = newtcp_reasm_next(next));)
		if (!newtcp_run_add(&run, next, 1, 3 * MODEL_CHUNK))
			break;
	model_must(m, run.truesize == run.count && !seq_before(run.start, p->seq));
	if (!newtcp_run_worth(&run, 0, MODEL_CHUNK))
		return;
	for (count = run.count; count--; p = next) {
		model_must(m, p && !(p->flags & TH_FIN));
		next = newtcp_reasm_next(p);
		newtcp_reasm_remove(&m->r, p);
		model_free(p);
	}
	for (seq = run.start; seq != run.end; seq = p->end_seq) {
		p = model_new(m, seq - m->base,
			      min(seq - m->base + MODEL_CHUNK, run.end - m->base), false);
		model_must(m, p);
		if (!p)
			return;
		newtcp_reasm_insert(&m->r, p);
	}
}

/**
 * model_step - something happens
 * @m: the model
 *
 * Return: false when something is not as it has to be, which @m->why says.
 */
static bool model_step(struct reasm_model *m)
{
	u32 what = m->draw(m->from) % 24;

	m->sacks.dsack = false;
	m->wnd = m->draw(m->from) % 10 ? m->draw(m->from) % 150 : 0;
	if (what == 0)
		model_prune(m);
	else if (what == 1)
		model_collapse(m);
	else
		model_segment(m);
	model_tree(m);
	model_blocks(m);
	return !m->why;
}

#endif /* _REASM_MODEL_H */
