/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scoreboard of a sender: a record of each segment that was sent and is
 * not acknowledged yet, where it stands (RFC 6675), and the sums of all.
 *
 * A record is in one of three trees by sequence number:
 *   flight   on its way, for the first time or again
 *   lost     declared lost and not sent again since
 *   held     SACKed: the peer has it
 * so that what an ACK names, what is to be sent again and what a timeout
 * concerns is found in O(log n), and what was SACKed before is not met again.
 * Those in flight are also in a list by time of transmission, which is what
 * RACK (RFC 8985) asks for.
 *
 * An entry may stand for many segments of the wire (@segs of @mss bytes).
 *
 * Pure: the owner of the board serialises, and keeps what the records are of.
 */
#ifndef _NEWTCP_BOARD_H
#define _NEWTCP_BOARD_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>
#include "options.h"
#include "seq.h"

/* newtcp_seg.marks */
#define NEWTCP_SEG_SACKED	0x1	/* the peer has it */
#define NEWTCP_SEG_RETRANS	0x2	/* retransmitted, and still out */
#define NEWTCP_SEG_LOST		0x4
#define NEWTCP_SEG_EVER_RETRANS	0x8	/* Karn: gives no round-trip sample */
#define NEWTCP_SEG_TSTAMP_ACK	0x10	/* the program asks when it is acknowledged */
#define NEWTCP_SEG_LIMITED	0x20	/* sent when the program had nothing more, see rate.h */
#define NEWTCP_SEG_EOR		0x40	/* a record of the program's ends here (MSG_EOR) */

/**
 * struct newtcp_seg - the record of a segment that was sent
 * @node: in one of the board's trees
 * @owner: of whoever embeds the record; in the module it begins an sk_buff
 * @sent_us: when it was last transmitted, microseconds
 * @sent: in the board's list, while in flight
 * @seq: first sequence number
 * @end_seq: last + 1; SYN and FIN count one each
 * @segs: segments of the wire that it makes
 * @mss: payload bytes of each of them
 * @flags: of the header
 * @marks: NEWTCP_SEG_*
 * @delivered_us: as it was sent: when something had been delivered last, see rate.h
 * @first_us: when the one was sent that was delivered last
 * @delivered: segments that had been delivered
 */
struct newtcp_seg {
	struct rb_node node;
	void *owner;
	u64 sent_us;
	struct list_head sent;
	u32 seq;
	u32 end_seq;
	u16 segs;
	u16 mss;
	u8 flags;
	u8 marks;
	u32 delivered_us;
	u32 first_us;
	u32 delivered;
};

/**
 * struct newtcp_board - the scoreboard of one connection
 * @flight: by sequence number: on their way
 * @lost: by sequence number: to be sent again
 * @held: by sequence number: SACKed
 * @sent: those of @flight, by time of transmission
 * @packets_out: segments of the wire in all three
 * @sacked_out: of these: SACKed; without SACK the duplicate ACKs that count as such
 * @lost_out: of these: declared lost, sent again since or not
 * @retrans_out: of these: retransmitted and on their way
 */
struct newtcp_board {
	struct rb_root_cached flight;
	struct rb_root lost;
	struct rb_root held;
	struct list_head sent;
	u32 packets_out;
	u32 sacked_out;
	u32 lost_out;
	u32 retrans_out;
};

#define newtcp_seg_entry(n)	rb_entry_safe(n, struct newtcp_seg, node)

/* RFC 6675 "pipe", in segments. */
static inline u32 newtcp_board_pipe(const struct newtcp_board *b)
{
	return b->packets_out - b->sacked_out - b->lost_out + b->retrans_out;
}

static inline bool newtcp_board_empty(const struct newtcp_board *b)
{
	return RB_EMPTY_ROOT(&b->flight.rb_root) && RB_EMPTY_ROOT(&b->lost) &&
	       RB_EMPTY_ROOT(&b->held);
}

void newtcp_board_append_last(struct newtcp_board *b, struct newtcp_seg *seg);
void newtcp_board_leave(struct newtcp_board *b, struct newtcp_seg *seg);
struct newtcp_seg *newtcp_board_first_of_all(const struct newtcp_board *b);

/**
 * newtcp_board_first - the oldest record
 * @b: board
 *
 * Return: the one with the lowest sequence number, or NULL.
 */
static inline struct newtcp_seg *newtcp_board_first(const struct newtcp_board *b)
{
	if (likely(RB_EMPTY_ROOT(&b->lost) && RB_EMPTY_ROOT(&b->held)))
		return newtcp_seg_entry(rb_first_cached(&b->flight));
	return newtcp_board_first_of_all(b);
}

/* @fewer segments leave with @seg, or of what it stands for; negative: more. */
static inline void newtcp_board_count(struct newtcp_board *b,
				      const struct newtcp_seg *seg, int fewer)
{
	b->packets_out -= fewer;
	if (seg->marks & NEWTCP_SEG_SACKED)
		b->sacked_out -= fewer;
	if (seg->marks & NEWTCP_SEG_RETRANS)
		b->retrans_out -= fewer;
	if (seg->marks & NEWTCP_SEG_LOST)
		b->lost_out -= fewer;
}

/* Was the one sent after the other? Of two at a time the higher one. */
static inline bool newtcp_sent_after(u64 us1, u32 end1, u64 us2, u32 end2)
{
	return us1 > us2 || (us1 == us2 && seq_after(end1, end2));
}

/**
 * newtcp_board_append - a segment was sent for the first time
 * @b: board
 * @seg: its record, without marks of the board; the highest sequence number of all
 */
static inline void newtcp_board_append(struct newtcp_board *b, struct newtcp_seg *seg)
{
	if (RB_EMPTY_ROOT(&b->flight.rb_root)) {
		rb_link_node(&seg->node, NULL, &b->flight.rb_root.rb_node);
		rb_insert_color_cached(&seg->node, &b->flight, true);
	} else {
		newtcp_board_append_last(b, seg);
	}
	list_add_tail(&seg->sent, &b->sent);
	b->packets_out += seg->segs;
}

/**
 * newtcp_board_remove - a record leaves: it is acknowledged, or all ends
 * @b: board
 * @seg: in it
 *
 * The caller counts.
 */
static inline void newtcp_board_remove(struct newtcp_board *b, struct newtcp_seg *seg)
{
	/* A request, and its answer: nothing else is in flight. */
	if (b->flight.rb_root.rb_node == &seg->node &&
	    !seg->node.rb_left && !seg->node.rb_right) {
		b->flight = RB_ROOT_CACHED;
		INIT_LIST_HEAD(&b->sent);
	} else {
		newtcp_board_leave(b, seg);
	}
}

void newtcp_board_init(struct newtcp_board *b);
void newtcp_board_split(struct newtcp_board *b, struct newtcp_seg *seg,
			struct newtcp_seg *rest);
struct newtcp_seg *newtcp_board_last(const struct newtcp_board *b);
struct newtcp_seg *newtcp_board_find(const struct rb_root *root, u32 seq);
void newtcp_board_mark_sacked(struct newtcp_board *b, struct newtcp_seg *seg);
void newtcp_board_mark_lost(struct newtcp_board *b, struct newtcp_seg *seg);
void newtcp_board_mark_sent_again(struct newtcp_board *b, struct newtcp_seg *seg);
void newtcp_board_forget_sacks(struct newtcp_board *b);
void newtcp_board_forget_losses(struct newtcp_board *b);
u32 newtcp_board_above(const struct newtcp_board *b, u32 segs);

#endif /* _NEWTCP_BOARD_H */
