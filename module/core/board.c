// SPDX-License-Identifier: GPL-2.0
/*
 * The scoreboard of a sender: see board.h.
 *
 * Pure: the owner of the board serialises.
 */
#include "board.h"

#include <linux/export.h>
#include <linux/list_sort.h>
#include <kunit/visibility.h>

/* In flight is what is neither held nor waits to be sent again. */
static bool in_flight(const struct newtcp_seg *seg)
{
	return !(seg->marks & NEWTCP_SEG_SACKED) &&
	       (seg->marks & (NEWTCP_SEG_LOST | NEWTCP_SEG_RETRANS)) != NEWTCP_SEG_LOST;
}

static void tree_insert(struct rb_root *root, struct newtcp_seg *seg)
{
	struct rb_node **p = &root->rb_node, *parent = NULL;

	while (*p) {
		parent = *p;
		if (seq_before(seg->seq, newtcp_seg_entry(parent)->seq))
			p = &parent->rb_left;
		else
			p = &parent->rb_right;
	}
	rb_link_node(&seg->node, parent, p);
	rb_insert_color(&seg->node, root);
}

static void flight_insert(struct newtcp_board *b, struct newtcp_seg *seg)
{
	struct rb_node **p = &b->flight.rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*p) {
		parent = *p;
		if (seq_before(seg->seq, newtcp_seg_entry(parent)->seq)) {
			p = &parent->rb_left;
		} else {
			p = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&seg->node, parent, p);
	rb_insert_color_cached(&seg->node, &b->flight, leftmost);
}

/* newtcp_board_remove(), unless it is alone in flight. */
void newtcp_board_leave(struct newtcp_board *b, struct newtcp_seg *seg)
{
	if (in_flight(seg)) {
		rb_erase_cached(&seg->node, &b->flight);
		list_del(&seg->sent);
	} else {
		rb_erase(&seg->node, seg->marks & NEWTCP_SEG_SACKED ? &b->held : &b->lost);
	}
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_leave);

/**
 * newtcp_board_init - a board without records
 * @b: overwritten
 */
void newtcp_board_init(struct newtcp_board *b)
{
	b->flight = RB_ROOT_CACHED;
	b->lost = RB_ROOT;
	b->held = RB_ROOT;
	INIT_LIST_HEAD(&b->sent);
	b->packets_out = 0;
	b->sacked_out = 0;
	b->lost_out = 0;
	b->retrans_out = 0;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_init);

/* newtcp_board_append(), when something is in flight: into the tree. */
void newtcp_board_append_last(struct newtcp_board *b, struct newtcp_seg *seg)
{
	struct newtcp_seg *newest = list_last_entry(&b->sent, struct newtcp_seg, sent);
	struct rb_node **p = &b->flight.rb_root.rb_node, *parent = NULL;

	/* It mostly follows what was sent last: nothing is to the right of that. */
	if (likely(newest->end_seq == seg->seq)) {
		parent = &newest->node;
		p = &parent->rb_right;
	}
	while (*p) {
		parent = *p;
		p = &parent->rb_right;
	}
	rb_link_node(&seg->node, parent, p);
	rb_insert_color_cached(&seg->node, &b->flight, false);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_append_last);

/**
 * newtcp_board_split - a record was cut in two
 * @b: board
 * @seg: in it; ends where @rest begins by now
 * @rest: a copy of the marks, flags and time of @seg
 *
 * The caller has counted, by newtcp_board_count(), what changed in sum.
 */
void newtcp_board_split(struct newtcp_board *b, struct newtcp_seg *seg,
			struct newtcp_seg *rest)
{
	struct rb_node **p = &seg->node.rb_right, *parent = &seg->node;

	/* Behind the first: in the same tree, and never the leftmost. */
	while (*p) {
		parent = *p;
		p = &parent->rb_left;
	}
	rb_link_node(&rest->node, parent, p);
	if (in_flight(rest)) {
		rb_insert_color_cached(&rest->node, &b->flight, false);
		list_add(&rest->sent, &seg->sent);
	} else {
		rb_insert_color(&rest->node,
				rest->marks & NEWTCP_SEG_SACKED ? &b->held : &b->lost);
	}
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_split);

static struct newtcp_seg *lower(struct newtcp_seg *a, struct newtcp_seg *b)
{
	if (!a || !b)
		return a ?: b;
	return seq_before(a->seq, b->seq) ? a : b;
}

/* newtcp_board_first(), when something is lost or SACKed. */
struct newtcp_seg *newtcp_board_first_of_all(const struct newtcp_board *b)
{
	struct newtcp_seg *seg = newtcp_seg_entry(rb_first_cached(&b->flight));

	seg = lower(seg, newtcp_seg_entry(rb_first(&b->lost)));
	return lower(seg, newtcp_seg_entry(rb_first(&b->held)));
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_first_of_all);

static struct newtcp_seg *higher(struct newtcp_seg *a, struct newtcp_seg *b)
{
	if (!a || !b)
		return a ?: b;
	return seq_before(a->seq, b->seq) ? b : a;
}

/**
 * newtcp_board_last - the newest record
 * @b: board
 *
 * Return: the one with the highest sequence number, or NULL.
 */
struct newtcp_seg *newtcp_board_last(const struct newtcp_board *b)
{
	struct newtcp_seg *seg = newtcp_seg_entry(rb_last(&b->flight.rb_root));

	seg = higher(seg, newtcp_seg_entry(rb_last(&b->lost)));
	return higher(seg, newtcp_seg_entry(rb_last(&b->held)));
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_last);

/**
 * newtcp_board_find - the first record of a tree that reaches beyond a number
 * @root: one of the trees
 * @seq: sequence number
 *
 * Return: the lowest one with @seq < end_seq, or NULL.
 */
struct newtcp_seg *newtcp_board_find(const struct rb_root *root, u32 seq)
{
	struct rb_node *n = root->rb_node;
	struct newtcp_seg *found = NULL;

	while (n) {
		struct newtcp_seg *seg = newtcp_seg_entry(n);

		if (seq_after(seg->end_seq, seq)) {
			found = seg;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return found;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_find);

/**
 * newtcp_board_mark_sacked - the peer has it
 * @b: board
 * @seg: in it, not SACKed before
 */
void newtcp_board_mark_sacked(struct newtcp_board *b, struct newtcp_seg *seg)
{
	newtcp_board_leave(b, seg);
	if (seg->marks & NEWTCP_SEG_LOST)
		b->lost_out -= seg->segs;
	if (seg->marks & NEWTCP_SEG_RETRANS)
		b->retrans_out -= seg->segs;
	seg->marks &= ~(NEWTCP_SEG_LOST | NEWTCP_SEG_RETRANS);
	seg->marks |= NEWTCP_SEG_SACKED;
	b->sacked_out += seg->segs;
	tree_insert(&b->held, seg);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_mark_sacked);

/**
 * newtcp_board_mark_lost - it did not arrive, nor did the last copy
 * @b: board
 * @seg: in it, not SACKed
 */
void newtcp_board_mark_lost(struct newtcp_board *b, struct newtcp_seg *seg)
{
	if (!in_flight(seg))
		return;
	newtcp_board_leave(b, seg);
	if (seg->marks & NEWTCP_SEG_RETRANS)
		b->retrans_out -= seg->segs;
	if (!(seg->marks & NEWTCP_SEG_LOST))
		b->lost_out += seg->segs;
	seg->marks &= ~NEWTCP_SEG_RETRANS;
	seg->marks |= NEWTCP_SEG_LOST;
	tree_insert(&b->lost, seg);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_mark_lost);

/**
 * newtcp_board_mark_sent_again - it was transmitted once more
 * @b: board
 * @seg: in it, not SACKed, with the new time in it; the newest of all
 */
void newtcp_board_mark_sent_again(struct newtcp_board *b, struct newtcp_seg *seg)
{
	newtcp_board_leave(b, seg);
	if (!(seg->marks & NEWTCP_SEG_RETRANS))
		b->retrans_out += seg->segs;
	seg->marks |= NEWTCP_SEG_RETRANS | NEWTCP_SEG_EVER_RETRANS;
	flight_insert(b, seg);
	list_add_tail(&seg->sent, &b->sent);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_mark_sent_again);

static int by_time(void *unused, const struct list_head *x, const struct list_head *y)
{
	const struct newtcp_seg *a = list_entry(x, struct newtcp_seg, sent);
	const struct newtcp_seg *b = list_entry(y, struct newtcp_seg, sent);

	return newtcp_sent_after(a->sent_us, a->end_seq, b->sent_us, b->end_seq);
}

/*
 * All of a tree into flight, without the mark. By time most of them come first:
 * what was sent after the last of them is not looked at.
 */
static void all_to_flight(struct newtcp_board *b, struct rb_root *root, u8 mark)
{
	struct list_head back, *at = b->sent.next;
	struct newtcp_seg *seg, *next;

	INIT_LIST_HEAD(&back);
	while ((seg = newtcp_seg_entry(root->rb_node))) {
		rb_erase(&seg->node, root);
		seg->marks &= ~mark;
		flight_insert(b, seg);
		list_add_tail(&seg->sent, &back);
	}
	list_sort(NULL, &back, by_time);
	list_for_each_entry_safe(seg, next, &back, sent) {
		while (at != &b->sent && by_time(NULL, &seg->sent, at))
			at = at->next;
		list_move_tail(&seg->sent, at);
	}
}

/**
 * newtcp_board_forget_sacks - the peer went back on its SACKs (RFC 2018 8)
 * @b: board
 */
void newtcp_board_forget_sacks(struct newtcp_board *b)
{
	all_to_flight(b, &b->held, NEWTCP_SEG_SACKED);
	b->sacked_out = 0;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_forget_sacks);

/**
 * newtcp_board_forget_losses - what was taken for lost was late
 * @b: board
 */
void newtcp_board_forget_losses(struct newtcp_board *b)
{
	struct newtcp_seg *seg;

	/* Those that were sent again are in flight. */
	if (b->retrans_out)
		list_for_each_entry(seg, &b->sent, sent)
			seg->marks &= ~NEWTCP_SEG_LOST;
	all_to_flight(b, &b->lost, NEWTCP_SEG_LOST);
	b->lost_out = 0;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_forget_losses);

/**
 * newtcp_board_above - where so many SACKed segments begin, from above
 * @b: board, with at least @segs of them
 * @segs: how many, at least 1
 *
 * RFC 6675 IsLost(): what lies below has as many SACKed above it.
 *
 * Return: the sequence number of the first of them.
 */
u32 newtcp_board_above(const struct newtcp_board *b, u32 segs)
{
	struct newtcp_seg *seg = newtcp_seg_entry(rb_last(&b->held));

	while (seg && segs > seg->segs) {
		struct newtcp_seg *prev = newtcp_seg_entry(rb_prev(&seg->node));

		if (!prev)
			break;
		segs -= seg->segs;
		seg = prev;
	}
	return seg ? seg->seq : 0;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_board_above);
