// SPDX-License-Identifier: GPL-2.0
/*
 * What waits behind holes in the stream: see reasm.h.
 *
 * Pure: the owner of the struct serialises.
 */
#include "reasm.h"

#include <linux/export.h>
#include <kunit/visibility.h>

/**
 * newtcp_reasm_init - nothing waits
 * @r: overwritten
 */
void newtcp_reasm_init(struct newtcp_reasm *r)
{
	r->last = NULL;
	r->tree = RB_ROOT;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_reasm_init);

/* Down the tree, to where @p belongs. */
static enum newtcp_place descend(const struct newtcp_reasm *r, struct newtcp_reports rep,
				 const struct newtcp_piece *p, struct newtcp_spot *at)
{
	struct rb_node **link = (struct rb_node **)&r->tree.rb_node;

	at->parent = NULL;
	at->have = NULL;
	while (*link) {
		struct newtcp_piece *have = newtcp_piece_entry(*link);

		at->parent = *link;
		if (seq_before(p->seq, have->seq)) {
			link = &at->parent->rb_left;
			continue;
		}
		link = &at->parent->rb_right;
		if (!seq_before(p->seq, have->end_seq)) {
			if (newtcp_reasm_joins(have, p))
				at->have = have;
			continue;
		}
		if (!seq_after(p->end_seq, have->end_seq)) {
			newtcp_report_dup(rep, p->seq, p->end_seq);
			return PLACE_NONE;
		}
		newtcp_report_dup(rep, p->seq, have->end_seq);
		/* Both begin there, and it goes on: what is there is needed no more. */
		if (p->seq == have->seq) {
			at->have = have;
			return PLACE_INSTEAD;
		}
		at->have = NULL;
	}
	at->link = link;
	return at->have ? PLACE_BEHIND : PLACE_LINK;
}

/**
 * newtcp_reasm_find - out of order: where does it belong?
 * @r: what waits
 * @rep: told what is to be reported of it
 * @p: record of the segment
 * @at: out: the place, good until the tree changes
 *
 * What of it is there already makes the place; only what nobody has is put behind
 * what ends where it begins. newtcp_reasm_swallow() is to follow, for the record that
 * holds it then, unless it brings nothing.
 *
 * Return: what is to be done.
 */
enum newtcp_place newtcp_reasm_find(const struct newtcp_reasm *r, struct newtcp_reports rep,
				    const struct newtcp_piece *p, struct newtcp_spot *at)
{
	if (rep.sacks)
		newtcp_sack_add(rep.sacks, p->seq, p->end_seq);
	/* Mostly it goes behind everything that is there. */
	if (r->last && !seq_before(p->seq, r->last->end_seq)) {
		at->have = r->last;
		at->parent = &r->last->node;
		at->link = &at->parent->rb_right;
		return newtcp_reasm_joins(r->last, p) ? PLACE_BEHIND : PLACE_LINK;
	}
	return descend(r, rep, p, at);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_reasm_find);

/* Who begins last ends last. */
static void entered(struct newtcp_reasm *r, struct newtcp_piece *p)
{
	if (!r->last || seq_after(p->seq, r->last->seq))
		r->last = p;
}

/**
 * newtcp_reasm_link - it gets a place of its own
 * @r: what waits, as newtcp_reasm_find() saw it
 * @at: found by that
 * @p: the record
 */
void newtcp_reasm_link(struct newtcp_reasm *r, const struct newtcp_spot *at,
		       struct newtcp_piece *p)
{
	rb_link_node(&p->node, at->parent, at->link);
	rb_insert_color(&p->node, &r->tree);
	entered(r, p);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_reasm_link);

/**
 * newtcp_reasm_instead - it takes the place of another
 * @r: what waits
 * @have: the record that leaves
 * @p: the one that comes
 */
void newtcp_reasm_instead(struct newtcp_reasm *r, struct newtcp_piece *have,
			  struct newtcp_piece *p)
{
	rb_replace_node(&have->node, &p->node, &r->tree);
	if (r->last == have)
		r->last = p;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_reasm_instead);

/**
 * newtcp_reasm_insert - put back what was there, in other records
 * @r: what waits
 * @p: a record of bytes that no other record has
 */
void newtcp_reasm_insert(struct newtcp_reasm *r, struct newtcp_piece *p)
{
	struct rb_node **link = &r->tree.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (seq_before(p->seq, newtcp_piece_entry(parent)->seq))
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&p->node, parent, link);
	rb_insert_color(&p->node, &r->tree);
	entered(r, p);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_reasm_insert);

/**
 * newtcp_reasm_remove - a record leaves
 * @r: what waits
 * @p: in it
 */
void newtcp_reasm_remove(struct newtcp_reasm *r, struct newtcp_piece *p)
{
	if (r->last == p)
		r->last = newtcp_piece_entry(rb_prev(&p->node));
	rb_erase(&p->node, &r->tree);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_reasm_remove);

/**
 * newtcp_reasm_swallow - a record is new, or has grown: what lies inside it?
 * @r: what waits
 * @rep: told of what came twice
 * @p: the record
 *
 * To be called until there is nothing more.
 *
 * Return: a record, taken out, that is not needed any more, or NULL.
 */
struct newtcp_piece *newtcp_reasm_swallow(struct newtcp_reasm *r, struct newtcp_reports rep,
					  const struct newtcp_piece *p)
{
	struct newtcp_piece *next = newtcp_reasm_next(p);

	if (!next || !seq_after(p->end_seq, next->seq))
		return NULL;
	newtcp_report_dup(rep, next->seq, seq_min(next->end_seq, p->end_seq));
	if (seq_before(p->end_seq, next->end_seq))
		return NULL;
	newtcp_reasm_remove(r, next);
	return next;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_reasm_swallow);

/**
 * newtcp_reasm_drain - RCV.NXT has moved: what waits no more?
 * @r: what waits
 * @rep: told of what came twice
 * @rcv_nxt: RCV.NXT
 * @seg_end: the same, as the segment left it that moved it
 *
 * To be called, with RCV.NXT as each of them leaves it, until there is nothing more.
 * What the segment brought and was here is reported; what two records have together
 * was, when the later of them came.
 *
 * Return: a record, taken out, or NULL: next in order, as far as it ends behind
 * RCV.NXT; else known, and not needed any more.
 */
struct newtcp_piece *newtcp_reasm_drain(struct newtcp_reasm *r, struct newtcp_reports rep,
					u32 rcv_nxt, u32 seg_end)
{
	struct newtcp_piece *p = newtcp_reasm_first(r);

	if (!p || seq_after(p->seq, rcv_nxt))
		return NULL;
	newtcp_reasm_remove(r, p);
	newtcp_report_known(rep, seg_end, p->seq, p->end_seq);
	return p;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_reasm_drain);

/**
 * newtcp_reasm_newest - memory is short: what is given up next?
 * @r: what waits
 * @seq: of the segment that came and has no room
 *
 * The newest first, as SACK allows (RFC 2018 section 8); blocks that were reported
 * may name it. What begins below @seq stays: then the segment is the newest.
 *
 * Return: a record, taken out, or NULL.
 */
struct newtcp_piece *newtcp_reasm_newest(struct newtcp_reasm *r, u32 seq)
{
	struct newtcp_piece *p = r->last;

	if (!p || seq_after(seq, p->seq))
		return NULL;
	newtcp_reasm_remove(r, p);
	return p;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_reasm_newest);
