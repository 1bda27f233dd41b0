// SPDX-License-Identifier: GPL-2.0
/*
 * What a peer says it has enters the sender's board: SACK blocks (RFC 2018 5,
 * RFC 6675 4), reports of duplicates (RFC 2883) and, without SACK, the number
 * of duplicate ACKs (RFC 6582); and what these say of reordering.
 *
 * Pure: see snd.h.
 */
#include "sack.h"
#include "sackin.h"
#include "undo.h"
#include "wire.h"

#include <linux/export.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <kunit/visibility.h>

/**
 * newtcp_reordering_found - a segment that was sent once arrived behind later ones
 * @s: the sender
 * @seq: where it begins
 */
void newtcp_reordering_found(const struct newtcp_snd *s, u32 seq)
{
	u32 fack = s->b->sacked_out ? s->r->high_sacked : s->una;
	struct newtcp_recovery *r = s->r;
	u32 distance;

	if (!seq_before(seq, fack))
		return;
	distance = DIV_ROUND_UP(fack - seq, s->mss);
	if (distance > r->reordering)
		r->reordering = min(distance, s->conf->max_reordering);
	r->reord_seen = 1;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_reordering_found);

/**
 * newtcp_limit_dupacks - more duplicate ACKs than can stand for segments
 * @s: the sender, without SACK
 * @acked: segments that the ACK in hand took out
 *
 * What is lost was not received, and one segment at least is missing, or the
 * peer would not repeat itself. Beyond that it reorders, or lies: pipe must
 * not become negative.
 */
void newtcp_limit_dupacks(const struct newtcp_snd *s, u32 acked)
{
	struct newtcp_board *b = s->b;
	u32 holes = min(max(b->lost_out, 1U), b->packets_out);

	if (b->sacked_out <= b->packets_out - holes)
		return;
	b->sacked_out = b->packets_out - holes;
	s->r->reordering = min(b->packets_out + acked, s->conf->max_reordering);
	s->r->reord_seen = 1;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_limit_dupacks);

/**
 * newtcp_dupacks_acked - SND.UNA moved over what duplicate ACKs stood for
 * @s: the sender, without SACK
 * @n: the ACK; its delivered counts all that it acknowledged
 *
 * One of what is acknowledged now filled the hole, the others were counted.
 */
void newtcp_dupacks_acked(const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	struct newtcp_board *b = s->b;

	if (!b->sacked_out)
		return;
	if (n->acked) {
		n->delivered = n->acked > b->sacked_out ? n->acked - b->sacked_out : 1;
		b->sacked_out -= min(b->sacked_out, n->acked - 1);
	}
	newtcp_limit_dupacks(s, n->acked);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_dupacks_acked);

/* Is the beginning of this on the board, in something that was sent again? */
static const struct newtcp_seg *sent_again(const struct rb_root *root, const struct newtcp_range *d)
{
	const struct newtcp_seg *seg = newtcp_board_find(root, d->start);

	return seg && seq_before(seg->seq, d->end) && (seg->marks & NEWTCP_SEG_EVER_RETRANS) ?
	       seg : NULL;
}

/* A report of a duplicate: how many segments, and whose fault was it? */
static void dsack_in(const struct newtcp_snd *s, struct newtcp_ack_news *n,
		     const struct newtcp_range *d)
{
	struct newtcp_recovery *r = s->r;
	u32 len = d->end - d->start, segs = 1, start;
	const struct newtcp_seg *seg;
	bool tlp = false;

	if (len > s->max_window)
		return;
	if (len > s->mss)
		segs = DIV_ROUND_UP(len, s->mss);
	else
		tlp = r->tlp_out && r->tlp_high_seq == d->end;
	/* The network duplicates as well: that is not our retransmissions' doing. */
	r->dsack_dups += segs;
	if (r->dsack_dups > r->total_retrans)
		return;
	n->flags |= NEWTCP_RX_DSACK;
	if (tlp)
		n->flags |= NEWTCP_RX_DSACK_TLP;
	else if (r->reord_seen)
		r->dsack_round = 1;
	n->delivered += segs;
	seg = sent_again(&s->b->held, d);
	/* Of what was sent once it is the network's; what is off the board by now may be ours. */
	if (seg || !seq_after(d->end, n->prior_una) || sent_again(&s->b->flight.rb_root, d) ||
	    sent_again(&s->b->lost, d))
		newtcp_undo_dsack(s, d->end, segs);
	/* It arrived twice, after later ones perhaps: then the first copy was only late. */
	if (!seg)
		return;
	start = seq_before(seg->seq, d->start) ? d->start : seg->seq;
	if (seq_before(start, n->late_seq))
		n->late_seq = start;
}

/* What the peer says that it has is news: of the round trip, the rate, reordering. */
static void learn(const struct newtcp_snd *s, struct newtcp_ack_news *n,
		  const struct newtcp_seg *seg)
{
	struct newtcp_recovery *r = s->r;

	/* Out of order the echo is of something older, and says nothing of the copy. */
	newtcp_rack_advance(r, seg, s->now_us, newtcp_rtt_min(s->rtt));
	if (!(seg->marks & NEWTCP_SEG_EVER_RETRANS)) {
		/* A hole that fills itself: the path reorders. */
		if (seq_before(seg->seq, n->late_seq))
			n->late_seq = seg->seq;
		if (!seq_after(seg->end_seq, r->recovery_point))
			n->flags |= NEWTCP_RX_ORIG_ACKED;
		if (!n->first_sack_us)
			n->first_sack_us = seg->sent_us;
		n->last_sack_us = seg->sent_us;
	}
	newtcp_rate_arrived(s->rate, &n->rate, seg);
	n->delivered += seg->segs;
	n->flags |= NEWTCP_RX_SACKED;
	if (seq_after(seg->end_seq, r->high_sacked))
		r->high_sacked = seg->end_seq;
}

static void newly_sacked(const struct newtcp_snd *s, struct newtcp_ack_news *n,
			 struct newtcp_seg *seg)
{
	learn(s, n, seg);
	newtcp_board_mark_sacked(s->b, seg);
}

/* Bytes of a record that is made of others: it can be sent again as one. */
#define MERGED_MAX	60000U

/* May the beginning of @seg, @len bytes, be counted to @to, which it follows? */
static bool may_merge(const struct newtcp_seg *to, const struct newtcp_seg *seg, u32 len)
{
	const u8 differ = NEWTCP_SEG_LOST | NEWTCP_SEG_RETRANS | NEWTCP_SEG_EVER_RETRANS |
			  NEWTCP_SEG_TSTAMP_ACK;
	u32 have = to->end_seq - to->seq;

	return to->end_seq == seg->seq && to->mss == seg->mss &&
	       !((to->marks | seg->marks) & differ) && !(to->marks & NEWTCP_SEG_EOR) &&
	       !((to->flags | seg->flags) & TH_SYN) &&
	       have == (u32)to->segs * to->mss && have + len <= MERGED_MAX;
}

/*
 * A block grows, and has taken @len bytes of @seg: they join what is SACKED before
 * them, so that no record is made for each ACK. False: they do not.
 */
static bool merge_sacked(const struct newtcp_snd *s, struct newtcp_ack_news *n,
			 struct newtcp_seg *seg, u32 len)
{
	struct newtcp_seg *to, part;

	if (!s->shift)
		return false;
	to = newtcp_board_find(&s->b->held, seg->seq - 1);
	if (!to || !may_merge(to, seg, len) || !s->shift(s->owner, to, seg, len))
		return false;
	part = *seg;
	part.end_seq = part.seq + len;
	part.segs = len / seg->mss;
	to->end_seq = part.end_seq;
	to->segs += part.segs;
	seg->seq = part.end_seq;
	seg->segs -= part.segs;
	s->b->sacked_out += part.segs;
	learn(s, n, &part);
	return true;
}

/*
 * Make @seg end or begin at the edge of the block, at a segment boundary: a
 * block that covers part of a segment of the wire is not believed for it.
 * Returns what is inside and not SACKed yet, or NULL and in *@next where to go on.
 */
static struct newtcp_seg *fit_to_block(const struct newtcp_snd *s, struct newtcp_ack_news *n,
				       struct newtcp_seg *seg, const struct newtcp_range *blk,
				       struct newtcp_seg **next)
{
	u32 len;

	if (seq_before(seg->seq, blk->start)) {
		if (seg->segs <= 1)
			return NULL;
		/* Up to the first whole segment inside. */
		len = roundup(blk->start - seg->seq, seg->mss);
		if (len >= seg->end_seq - seg->seq)
			return NULL;
		seg = s->cut(s->owner, seg, len);
		if (!seg)
			return NULL;
		*next = newtcp_seg_entry(rb_next(&seg->node));
	}
	if (!seq_after(seg->end_seq, blk->end))
		return seg;
	if (!seq_before(seg->seq, blk->end) || seg->segs <= 1)
		return NULL;
	len = rounddown(blk->end - seg->seq, seg->mss);
	if (!len || merge_sacked(s, n, seg, len) || !s->cut(s->owner, seg, len))
		return NULL;
	return seg;
}

/* One block over one of the trees: only what is not SACKed yet is met. */
static void block_in(const struct newtcp_snd *s, struct newtcp_ack_news *n,
		     const struct rb_root *root, const struct newtcp_range *blk)
{
	struct newtcp_seg *seg = newtcp_board_find(root, blk->start), *next;

	for (; seg && seq_before(seg->seq, blk->end); seg = next) {
		next = newtcp_seg_entry(rb_next(&seg->node));
		if (unlikely(seq_before(seg->seq, blk->start) ||
			     seq_after(seg->end_seq, blk->end)))
			seg = fit_to_block(s, n, seg, blk, &next);
		if (seg)
			newly_sacked(s, n, seg);
	}
}

/**
 * newtcp_sack_enter - an ACK's SACK blocks enter the board
 * @s: the sender
 * @n: the ACK: flags, delivered, late_seq and the times of what was sent
 * @sacks: the blocks as they came
 * @num: how many
 */
void newtcp_sack_enter(const struct newtcp_snd *s, struct newtcp_ack_news *n,
		       const struct newtcp_range *sacks, unsigned int num)
{
	struct newtcp_range blocks[NEWTCP_MAX_SACKS];
	bool dsack = false;
	unsigned int i;

	num = newtcp_sack_sanitize(sacks, num, n->ack, s->nxt, blocks, &dsack);
	if (!s->b->sacked_out)
		s->r->high_sacked = s->una;
	n->late_seq = n->prior_fack;
	if (dsack)
		dsack_in(s, n, &sacks[0]);

	for (i = 0; i < num; i++) {
		if (!RB_EMPTY_ROOT(&s->b->lost))
			block_in(s, n, &s->b->lost, &blocks[i]);
		block_in(s, n, &s->b->flight.rb_root, &blocks[i]);
	}
	/* A timeout's own retransmissions fill holes out of order. */
	if (seq_before(n->late_seq, n->prior_fack) &&
	    (s->r->state != NEWTCP_CA_LOSS || s->r->can_undo))
		newtcp_reordering_found(s, n->late_seq);
	n->late_seq = s->nxt;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_sack_enter);
