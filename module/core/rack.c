// SPDX-License-Identifier: GPL-2.0
/*
 * RACK (RFC 8985 6): a segment is lost when one that was sent sufficiently
 * later has been delivered. Finds lost retransmissions as well. How much later
 * is a quarter of the smallest round trip, more where duplicates showed that it
 * was too little, nothing while the path has not been seen to reorder and
 * there is evidence of loss.
 *
 * Pure: see snd.h.
 */
#include "rack.h"

#include <linux/export.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <kunit/visibility.h>

#define PERSIST_RECOVERIES	16	/* RFC 8985 6.2 step 4 */

/* RFC 8985 6.2 step 4: how much reordering in time is tolerated. */
static u32 reo_wnd_us(const struct newtcp_snd *s)
{
	const struct newtcp_recovery *r = s->r;

	if (!r->reord_seen &&
	    (newtcp_ca_in_recovery(r) ||
	     (s->b->sacked_out >= r->reordering &&
	      !(s->conf->recovery & NEWTCP_RACK_NO_DUPTHRESH))))
		return 0;
	return min_t(u64, (u64)(newtcp_rtt_min(s->rtt) / 4) * r->reo_wnd_mult,
		     s->rtt->srtt_us >> 3);
}

/**
 * newtcp_rack_left_us - how long until a segment counts as lost
 * @s: the sender
 * @sent_us: when it was sent
 * @reo_wnd: reordering tolerated, microseconds
 *
 * Return: microseconds, 0 or less when it is lost.
 */
s64 newtcp_rack_left_us(const struct newtcp_snd *s, u64 sent_us, u32 reo_wnd)
{
	return (s64)(sent_us - s->now_us) + s->r->rack_rtt_us + reo_wnd;
}

/**
 * newtcp_rack_round - the tolerance follows the duplicates, once a round trip
 * @s: the sender
 */
void newtcp_rack_round(const struct newtcp_snd *s)
{
	struct newtcp_recovery *r = s->r;

	if (s->conf->recovery & NEWTCP_RACK_STATIC_REO_WND)
		return;
	/* What was sent since the last step is not acknowledged yet. */
	if (r->reo_wnd_persist && seq_mark_ahead(r->reo_seq, s->una, s->nxt))
		r->dsack_round = 0;
	if (r->dsack_round) {
		if (r->reo_wnd_mult < U8_MAX)
			r->reo_wnd_mult++;
		r->dsack_round = 0;
		r->reo_seq = s->nxt;
		r->reo_wnd_persist = PERSIST_RECOVERIES;
	} else if (!r->reo_wnd_persist) {
		r->reo_wnd_mult = 1;
	}
}

/**
 * newtcp_rack_persist - duplicates showed a recovery to be for nothing
 * @r: the sender's memory of losses
 *
 * The tolerance that they taught is kept for one recovery more.
 */
void newtcp_rack_persist(struct newtcp_recovery *r)
{
	r->reo_wnd_persist = min(r->reo_wnd_persist + 1, PERSIST_RECOVERIES);
}

/**
 * newtcp_rack_mark - declare lost what is overdue
 * @s: the sender
 * @n: the ACK; gets NEWTCP_RX_LOST_RETRANS, looked and look_again_us
 */
void newtcp_rack_mark(const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	u32 retrans = s->b->retrans_out, reo_wnd, again = 0;
	struct newtcp_seg *seg, *next;

	if (!s->r->rack_advanced)
		return;
	s->r->rack_advanced = 0;
	reo_wnd = reo_wnd_us(s);
	list_for_each_entry_safe(seg, next, &s->b->sent, sent) {
		if (!newtcp_sent_after(s->r->rack_xmit_ts, s->r->rack_end_seq,
				       seg->sent_us, seg->end_seq))
			break;
		/* Numbers say nothing of the order in which a retransmission was sent. */
		if ((seg->marks & NEWTCP_SEG_RETRANS) && seg->sent_us == s->r->rack_xmit_ts)
			break;
		if (newtcp_rack_left_us(s, seg->sent_us, reo_wnd) > 0) {
			/* Nor are those behind it: look when all of them may be. */
			again = max_t(s64, newtcp_rack_left_us(s, s->r->rack_xmit_ts, reo_wnd),
				      1);
			break;
		}
		newtcp_board_mark_lost(s->b, seg);
	}
	if (s->b->retrans_out < retrans)
		n->flags |= NEWTCP_RX_LOST_RETRANS;
	n->looked = true;
	n->look_again_us = again;
}
