/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a receiver makes of a segment's data (RFC 9293 3.10.7.4 step seven): is it
 * next in order, does it wait behind a hole, is it known already, and what is to be
 * reported of it (RFC 2018, RFC 2883).
 *
 * What waits is in a tree by sequence number, so that any order of arrival costs
 * O(log n). In it both the beginnings and the ends ascend: ranges may overlap at
 * their edges, none lies inside another.
 *
 * The owner keeps what the records are of. It may put what two of them hold into one:
 * newtcp_reasm_joins() says when. What leaves the tree is handed back record by record.
 *
 * Pure: the owner of the struct serialises (for a socket: the socket lock).
 */
#ifndef _NEWTCP_REASM_H
#define _NEWTCP_REASM_H

#include <linux/compiler.h>
#include <linux/rbtree.h>
#include <linux/types.h>
#include "sack.h"
#include "seq.h"
#include "wire.h"

/**
 * struct newtcp_piece - the record of a segment that came
 * @node: in the tree, when it waits behind a hole
 * @owned: of whoever embeds the record; in the module it begins an sk_buff
 * @seq: first sequence number
 * @end_seq: last + 1; a FIN counts one
 * @owned_too: likewise
 * @flags: of the header; of these the FIN matters
 */
struct newtcp_piece {
	struct rb_node node;
	u64 owned[4];
	u32 seq;
	u32 end_seq;
	u32 owned_too;
	u8 flags;
};

/**
 * struct newtcp_reasm - what waits behind holes
 * @last: the record that begins, and ends, last; NULL: there is none
 * @tree: all, by sequence number
 */
struct newtcp_reasm {
	struct newtcp_piece *last;
	struct rb_root tree;
};

/**
 * struct newtcp_reports - where it is told what the peer is to be told of
 * @sacks: the list; NULL: the peer knows no SACK
 * @dsack: duplicates are reported, too (net.ipv4.tcp_dsack)
 */
struct newtcp_reports {
	struct newtcp_sack_list *sacks;
	bool dsack;
};

/* What is to become of a segment with data or a FIN. */
enum newtcp_reasm_verdict {
	REASM_OLD,		/* nothing in it is new: acknowledge at once */
	REASM_BEYOND,		/* what is new in it lies beyond the window: likewise */
	REASM_IN_ORDER,
	REASM_OVERLAP,		/* its end is next in order */
	REASM_OUT_OF_ORDER,
};

/* Where something that is out of order belongs: struct newtcp_spot. */
enum newtcp_place {
	PLACE_NONE,		/* it brings nothing new */
	PLACE_LINK,		/* newtcp_reasm_link() */
	PLACE_BEHIND,		/* into @have, or else newtcp_reasm_link() */
	PLACE_INSTEAD,		/* newtcp_reasm_instead(), of @have */
};

/**
 * struct newtcp_spot - a place in the tree, until the tree changes
 * @parent: the record's parent
 * @link: where in that
 * @have: see enum newtcp_place
 */
struct newtcp_spot {
	struct rb_node *parent;
	struct rb_node **link;
	struct newtcp_piece *have;
};

#define newtcp_piece_entry(n)	rb_entry_safe(n, struct newtcp_piece, node)

void newtcp_reasm_init(struct newtcp_reasm *r);
enum newtcp_place newtcp_reasm_find(const struct newtcp_reasm *r, struct newtcp_reports rep,
				    const struct newtcp_piece *p, struct newtcp_spot *at);
void newtcp_reasm_link(struct newtcp_reasm *r, const struct newtcp_spot *at,
		       struct newtcp_piece *p);
void newtcp_reasm_instead(struct newtcp_reasm *r, struct newtcp_piece *have,
			  struct newtcp_piece *p);
void newtcp_reasm_insert(struct newtcp_reasm *r, struct newtcp_piece *p);
void newtcp_reasm_remove(struct newtcp_reasm *r, struct newtcp_piece *p);
struct newtcp_piece *newtcp_reasm_swallow(struct newtcp_reasm *r, struct newtcp_reports rep,
					  const struct newtcp_piece *p);
struct newtcp_piece *newtcp_reasm_drain(struct newtcp_reasm *r, struct newtcp_reports rep,
					u32 rcv_nxt, u32 seg_end);
struct newtcp_piece *newtcp_reasm_newest(struct newtcp_reasm *r, u32 seq);

static inline bool newtcp_reasm_empty(const struct newtcp_reasm *r)
{
	return RB_EMPTY_ROOT(&r->tree);
}

static inline struct newtcp_piece *newtcp_reasm_first(const struct newtcp_reasm *r)
{
	return newtcp_piece_entry(rb_first(&r->tree));
}

static inline struct newtcp_piece *newtcp_reasm_next(const struct newtcp_piece *p)
{
	return newtcp_piece_entry(rb_next(&p->node));
}

/* From where on @p, in a tree, has what the record before it has not. */
static inline u32 newtcp_reasm_own(const struct newtcp_piece *p)
{
	const struct newtcp_piece *prev = newtcp_piece_entry(rb_prev(&p->node));

	return prev ? seq_max(prev->end_seq, p->seq) : p->seq;
}

/* Data that came twice (RFC 2883): nothing when @end is not behind @start. */
static inline void newtcp_report_dup(struct newtcp_reports rep, u32 start, u32 end)
{
	if (rep.sacks && rep.dsack)
		newtcp_sack_dup(rep.sacks, start, end);
}

/* As far as it lies below RCV.NXT a segment is known. */
static inline void newtcp_report_known(struct newtcp_reports rep, u32 rcv_nxt, u32 seq,
				       u32 end_seq)
{
	newtcp_report_dup(rep, seq, seq_min(end_seq, rcv_nxt));
}

/* A FIN without data, next in order: it is taken even when there is no room at all. */
static inline bool newtcp_reasm_bare_fin(const struct newtcp_piece *p, u32 rcv_nxt)
{
	return p->seq == rcv_nxt && (p->flags & TH_FIN) && p->end_seq == p->seq + 1;
}

/**
 * newtcp_reasm_verdict - what is to become of a segment?
 * @p: its record; not empty, acceptable by newtcp_arrival_verdict()
 * @rcv_nxt: RCV.NXT
 * @wnd: the window still open
 *
 * newtcp_report_known() tells of what is known in it, whatever the verdict.
 *
 * Return: the verdict.
 */
static inline enum newtcp_reasm_verdict
newtcp_reasm_verdict(const struct newtcp_piece *p, u32 rcv_nxt, u32 wnd)
{
	if (!seq_after(p->end_seq, rcv_nxt))
		return REASM_OLD;
	if (!seq_before(p->seq, rcv_nxt + wnd) && !newtcp_reasm_bare_fin(p, rcv_nxt))
		return REASM_BEYOND;
	if (seq_after(p->seq, rcv_nxt))
		return REASM_OUT_OF_ORDER;
	if (seq_before(p->seq, rcv_nxt))
		return wnd ? REASM_OVERLAP : REASM_BEYOND;
	return REASM_IN_ORDER;
}

/* Bytes that were not taken yet; a FIN is none. */
static inline bool newtcp_reasm_news(const struct newtcp_piece *p, u32 rcv_nxt)
{
	return p->end_seq != p->seq &&
	       seq_after(p->end_seq - !!(p->flags & TH_FIN), rcv_nxt);
}

/**
 * newtcp_reasm_insists - there is no memory: is it taken all the same?
 * @p: record of a segment in order
 * @rcv_nxt: RCV.NXT
 * @idle: the program has read all that is in order: progress is owed
 *
 * Return: true when it is.
 */
static inline bool newtcp_reasm_insists(const struct newtcp_piece *p, u32 rcv_nxt, bool idle)
{
	return idle || newtcp_reasm_bare_fin(p, rcv_nxt);
}

/**
 * newtcp_reasm_joins - may what is in one go behind what is in another?
 * @to: the one that stays
 * @from: the one that goes
 *
 * A FIN has a number but no byte: what a peer sends behind it would stand one too
 * early, and the stream has ended there.
 *
 * Return: true when it may; newtcp_reasm_joined() once it has.
 */
static inline bool newtcp_reasm_joins(const struct newtcp_piece *to,
				      const struct newtcp_piece *from)
{
	return from->seq == to->end_seq && !(to->flags & TH_FIN);
}

/* @to holds what @from held. */
static inline void newtcp_reasm_joined(struct newtcp_piece *to, const struct newtcp_piece *from)
{
	to->end_seq = from->end_seq;
	to->flags |= from->flags;
}

#endif /* _NEWTCP_REASM_H */
