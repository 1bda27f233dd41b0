// SPDX-License-Identifier: GPL-2.0
/*
 * The states of loss recovery (RFC 5681, 6582, 6675, 6298 5), and the order in
 * which an ACK, a timeout and RACK's clock ask their rules.
 *
 *	OPEN <-> DISORDER --> RECOVERY --> OPEN		something is lost
 *	   \________\___________|____> LOSS --> OPEN	the timer fired
 *	    \_> CWR --> OPEN				congestion, no loss
 *
 * Pure: see snd.h.
 */
#include "prr.h"
#include "rack.h"
#include "recovery.h"
#include "sackin.h"
#include "tlp.h"
#include "undo.h"

#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <kunit/visibility.h>

/**
 * newtcp_recovery_init - a connection starts without a history of loss
 * @r: overwritten
 * @conf: the configuration
 * @una: SND.UNA
 */
void newtcp_recovery_init(struct newtcp_recovery *r, const struct newtcp_loss_conf *conf,
			  u32 una)
{
	memset(r, 0, sizeof(*r));
	r->reordering = conf->reordering;
	r->reo_wnd_mult = 1;
	r->recovery_point = una;
	r->high_sacked = una;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_recovery_init);

static void try_to_open(const struct newtcp_snd *s)
{
	if (!newtcp_any_retrans(s))
		s->r->retrans_stamp = 0;
	if (s->r->state != NEWTCP_CA_CWR)
		newtcp_keep_open(s);
}

static void to_open(const struct newtcp_snd *s, bool reduced)
{
	s->r->state = NEWTCP_CA_OPEN;
	newtcp_cong_recovered(s->c, reduced);
}

static void enter_recovery(const struct newtcp_snd *s)
{
	bool reducing = newtcp_ca_reducing(s->r);

	/* One recovery may follow another: this one has sent nothing again yet. */
	if (!newtcp_any_retrans(s))
		s->r->retrans_stamp = 0;
	newtcp_undo_start(s, !reducing);
	if (!reducing)
		newtcp_prr_start(s, NEWTCP_SIGN_LOSS);
	s->r->state = NEWTCP_CA_RECOVERY;
}

/* Without SACK duplicate ACKs stand for segments, as far as there are any. */
static void count_dupack(const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	u32 before = s->b->sacked_out;

	if (s->sack_ok || !newtcp_repeats(n) || !s->b->packets_out)
		return;
	s->b->sacked_out++;
	newtcp_limit_dupacks(s, 0);
	if (s->b->sacked_out > before)
		n->delivered++;
}

/* RFC 6582: without SACK it is the oldest that is missing. */
static void newreno_mark(const struct newtcp_snd *s, const struct newtcp_ack_news *n)
{
	struct newtcp_seg *seg;

	if (s->r->state < NEWTCP_CA_RECOVERY ? s->b->sacked_out < s->r->reordering :
	    s->r->state != NEWTCP_CA_RECOVERY || !(n->flags & NEWTCP_RX_ADVANCED))
		return;
	seg = newtcp_board_first(s->b);
	if (!seg || (seg->marks & (NEWTCP_SEG_LOST | NEWTCP_SEG_RETRANS)))
		return;
	/* Of many the first. */
	if (seg->segs > 1 && seg->mss < seg->end_seq - seg->seq &&
	    !s->cut(s->owner, seg, seg->mss))
		return;
	newtcp_board_mark_lost(s->b, seg);
	newtcp_limit_dupacks(s, 0);
}

/* RFC 6675 IsLost(), where RACK is turned off. */
static void count_mark(const struct newtcp_snd *s)
{
	struct newtcp_seg *seg, *next;
	u32 edge;

	if (!s->b->sacked_out || s->b->sacked_out < s->r->reordering)
		return;
	edge = newtcp_board_above(s->b, s->r->reordering);
	seg = newtcp_seg_entry(rb_first_cached(&s->b->flight));
	for (; seg && seq_before(seg->seq, edge); seg = next) {
		next = newtcp_seg_entry(rb_next(&seg->node));
		/* What was sent again is left to the timer. */
		if (!(seg->marks & NEWTCP_SEG_RETRANS))
			newtcp_board_mark_lost(s->b, seg);
	}
}

static void mark_losses(const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	u32 in_flight = s->b->retrans_out - s->b->lost_out;

	if (!s->b->packets_out)
		return;
	if (!s->sack_ok)
		newreno_mark(s, n);
	else if (s->conf->recovery & NEWTCP_RACK)
		newtcp_rack_mark(s, n);
	else if (n->flags & NEWTCP_RX_SACKED)
		count_mark(s);
	n->lost += in_flight - (s->b->retrans_out - s->b->lost_out);
}

/*
 * All that was out when recovery began is acknowledged. Without SACK the state
 * stays until something beyond is: duplicate ACKs of retransmissions would
 * start it anew (RFC 6582 3.2 step 1). True: wait.
 */
static bool recovered(const struct newtcp_snd *s, const struct newtcp_ack_news *n)
{
	if (newtcp_undo_possible(s, n))
		newtcp_undo(s, false);
	else if (s->r->reo_wnd_persist)
		s->r->reo_wnd_persist--;
	if (!s->sack_ok && s->una == s->r->recovery_point) {
		if (!newtcp_any_retrans(s))
			s->r->retrans_stamp = 0;
		return true;
	}
	return false;
}

/* Each retransmission was a duplicate: RFC 3708. */
static bool undo_by_dsack(const struct newtcp_snd *s)
{
	if (!s->r->can_undo || s->r->undo_retrans)
		return false;
	newtcp_rack_persist(s->r);
	newtcp_undo(s, false);
	return true;
}

/*
 * A partial ACK of a first copy: what was sent again was only late. True: nothing more
 * for this ACK.
 */
static bool undo_partial(const struct newtcp_snd *s, const struct newtcp_ack_news *n)
{
	if (!s->r->can_undo || !newtcp_undo_delayed(s, n))
		return false;
	/* Not lost: so it is reordering, as far as the highest that has arrived. */
	if (s->sack_ok)
		newtcp_reordering_found(s, n->prior_una);
	/* What is out again may be lost yet: nothing more until that is known. */
	if (s->b->retrans_out)
		return true;
	if (!newtcp_any_retrans(s))
		s->r->retrans_stamp = 0;
	newtcp_undo(s, true);
	newtcp_keep_open(s);
	return false;
}

/* The timeout was for nothing. True: LOSS is over. */
static bool undo_loss(const struct newtcp_snd *s, const struct newtcp_ack_news *n, bool sure)
{
	if (!sure && !newtcp_undo_possible(s, n))
		return false;
	newtcp_undo(s, true);
	s->r->retrans_stamp = 0;
	if (sure || s->sack_ok)
		to_open(s, false);
	return true;
}

/* An ACK in LOSS: RFC 5682, RFC 6582 4. */
static void loss_step(const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	bool advanced = n->flags & NEWTCP_RX_ADVANCED;
	bool done = !seq_before(s->una, s->r->recovery_point);

	if (advanced && undo_loss(s, n, false))
		return;
	if (s->r->frto) {
		/* Step 3.b: something arrived that was never sent again. */
		if ((n->flags & NEWTCP_RX_ORIG_ACKED) && undo_loss(s, n, true))
			return;
		if (newtcp_frto_step(s, n))
			return;
	}
	if (done) {
		/* Also the end of step 2.a and 3.a. */
		if (!recovered(s, n))
			to_open(s, false);
		return;
	}
	if (!s->sack_ok) {
		/* After new data a duplicate says that this arrived. */
		if (seq_after(s->nxt, s->r->recovery_point) && newtcp_repeats(n))
			count_dupack(s, n);
		else if (advanced)
			s->b->sacked_out = 0;
	}
	n->resend = NEWTCP_RESEND_LOST;
}

/* What ends by itself with this ACK. True: nothing else is to be done. */
static bool exits(const struct newtcp_snd *s, const struct newtcp_ack_news *n)
{
	struct newtcp_recovery *r = s->r;

	if (r->state == NEWTCP_CA_OPEN) {
		r->retrans_stamp = 0;
		return false;
	}
	if (seq_before(s->una, r->recovery_point))
		return false;
	if (r->state == NEWTCP_CA_CWR && s->una != r->recovery_point) {
		to_open(s, newtcp_prr_done(s));
	} else if (r->state == NEWTCP_CA_RECOVERY) {
		if (!s->sack_ok)
			s->b->sacked_out = 0;
		if (recovered(s, n))
			return true;
		to_open(s, newtcp_prr_done(s));
	}
	return false;
}

/* OPEN, DISORDER, CWR, or just back in one of them: does recovery begin? */
static void open_step(const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	if (!s->sack_ok) {
		if (n->flags & NEWTCP_RX_ADVANCED)
			s->b->sacked_out = 0;
		count_dupack(s, n);
	}
	if (s->r->state <= NEWTCP_CA_DISORDER)
		undo_by_dsack(s);
	mark_losses(s, n);
	if (!s->b->lost_out) {
		try_to_open(s);
		return;
	}
	enter_recovery(s);
	n->resend = NEWTCP_RESEND_LOST;
}

/* RECOVERY: does it go on, was it for nothing, does it begin anew? */
static void recovery_step(const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	if (!(n->flags & NEWTCP_RX_ADVANCED))
		count_dupack(s, n);
	else if (undo_partial(s, n))
		return;
	if (undo_by_dsack(s))
		try_to_open(s);
	mark_losses(s, n);
	n->resend = NEWTCP_RESEND_LOST;
	if (s->r->state == NEWTCP_CA_RECOVERY)
		return;
	/* Undone; but a loss that is evident begins anew. */
	if (s->b->lost_out)
		enter_recovery(s);
	else
		n->resend = NEWTCP_RESEND_NOTHING;
}

static void step(const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	const struct newtcp_seg *seg;

	if (!s->b->packets_out)
		s->b->sacked_out = 0;
	/* RFC 2018 8: a peer that SACKed the oldest, and does not acknowledge it. */
	if (s->b->sacked_out && s->sack_ok && (n->flags & NEWTCP_RX_ADVANCED)) {
		seg = newtcp_board_first(s->b);
		if (seg && (seg->marks & NEWTCP_SEG_SACKED)) {
			n->reneged = true;
			return;
		}
	}
	if (exits(s, n))
		return;
	switch (s->r->state) {
	case NEWTCP_CA_RECOVERY:
		recovery_step(s, n);
		return;
	case NEWTCP_CA_LOSS:
		loss_step(s, n);
		mark_losses(s, n);
		/* A timeout that was undone, or a retransmission that was lost. */
		if (s->r->state != NEWTCP_CA_OPEN && !(n->flags & NEWTCP_RX_LOST_RETRANS))
			return;
		if (s->b->lost_out) {
			enter_recovery(s);
			n->resend = NEWTCP_RESEND_LOST;
		} else {
			try_to_open(s);
		}
		return;
	default:
		open_step(s, n);
		return;
	}
}

/**
 * newtcp_recovery_ack - an ACK that is not plain news was taken in
 * @s: the sender; the board has the ACK's number and SACKs in it
 * @n: the ACK; what it says is "out" is set
 *
 * What becomes of the window is for congestion control to say, from that.
 */
void newtcp_recovery_ack(const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	n->resend = NEWTCP_RESEND_NOTHING;
	n->looked = false;
	n->look_again_us = 0;
	n->reneged = false;
	n->reduced = 0;
	n->lost = 0;
	n->grow = false;
	/* A hole that was sent once and filled itself. */
	if (s->sack_ok && (n->flags & NEWTCP_RX_ADVANCED) &&
	    seq_before(n->late_seq, n->prior_fack))
		newtcp_reordering_found(s, n->late_seq);
	if (s->r->tlp_out)
		newtcp_tlp_acked(s, n);
	if (s->sack_ok) {
		newtcp_rack_round(s);
	} else if (n->flags & NEWTCP_RX_ADVANCED) {
		/* What was not sent again may have been there long ago: it filled a hole. */
		if (n->flags & NEWTCP_RX_RETRANS_ACKED)
			n->flags &= ~NEWTCP_RX_ORIG_ACKED;
		newtcp_dupacks_acked(s, n);
	}
	step(s, n);
	s->r->delivered += n->delivered;
	newtcp_rate_sample(s->rate, &n->rate, s->r->delivered, n->delivered, newtcp_rtt_min(s->rtt),
			   s->now_us);
	if (n->reneged)
		n->rate.interval_us = 0;

	if (newtcp_ca_reducing(s->r))
		n->reduced = newtcp_prr_step(s, n->delivered, n->lost,
					     n->flags & NEWTCP_RX_ADVANCED);
	else
		/* On a path that reorders SACKs are progress as well. */
		n->grow = n->acked || (s->r->reordering > s->conf->reordering &&
				       (n->flags & NEWTCP_RX_SACKED));
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_recovery_ack);

/**
 * newtcp_recovery_timeout - the retransmission timer fired
 * @s: the sender, with something out
 * @again: it fired before, and no ACK came since
 *
 * RFC 5681 3.1 (4): ssthresh falls at the first timeout of a window, and at the
 * first after progress; cwnd is one segment. What is not SACKed is lost, but for
 * what was sent so recently that its answer cannot be here yet. If the oldest
 * segment was SACKed, the peer has gone back on it (RFC 2018 8), and all is lost.
 */
void newtcp_recovery_timeout(const struct newtcp_snd *s, bool again)
{
	struct newtcp_seg *first = newtcp_board_first(s->b), *seg, *next;
	bool reneged = first->marks & NEWTCP_SEG_SACKED;
	bool rack = s->sack_ok && !reneged && (s->conf->recovery & NEWTCP_RACK);
	struct newtcp_recovery *r = s->r;
	bool fresh = r->state < NEWTCP_CA_RECOVERY;
	struct newtcp_congestion g = {
		.now_us = s->now_us,
		.sign = NEWTCP_SIGN_TIMEOUT,
		.reducing = newtcp_ca_reducing(r),
		.again = r->state > NEWTCP_CA_DISORDER && seq_after(r->recovery_point, s->una) &&
			 (r->state != NEWTCP_CA_LOSS || again),
	};

	if (reneged)
		newtcp_board_forget_sacks(s->b);
	else if (!s->sack_ok)
		s->b->sacked_out = 0;
	/* Those that stay are the last of the list. */
	list_for_each_entry_safe(seg, next, &s->b->sent, sent) {
		if (seg != first && rack && newtcp_rack_left_us(s, seg->sent_us, 0) > 0)
			continue;
		newtcp_board_mark_lost(s->b, seg);
	}

	g.pipe = newtcp_board_pipe(s->b);
	newtcp_cong_congested(s->c, &g);
	if (!g.again)
		newtcp_undo_start(s, true);
	/* Many duplicate ACKs, and a timeout nevertheless: it was no reordering. */
	if (r->state <= NEWTCP_CA_DISORDER && s->b->sacked_out >= s->conf->reordering)
		r->reordering = min(r->reordering, s->conf->reordering);
	r->state = NEWTCP_CA_LOSS;
	r->recovery_point = s->nxt;
	r->tlp_out = 0;
	r->frto = s->conf->frto && (fresh || again);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_recovery_timeout);

/**
 * newtcp_recovery_look_again - the time that RACK asked for has passed
 * @s: the sender
 * @n: zeroed; looked, look_again_us, lost and reduced are set
 *
 * Return: true when something was found lost, and is to be sent again.
 */
bool newtcp_recovery_look_again(const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	u32 pipe = newtcp_board_pipe(s->b);

	s->r->rack_advanced = 1;
	newtcp_rack_mark(s, n);
	n->lost = pipe - newtcp_board_pipe(s->b);
	if (!n->lost)
		return false;
	if (s->r->state != NEWTCP_CA_RECOVERY) {
		enter_recovery(s);
		n->reduced = newtcp_prr_step(s, 1, true, false);
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_recovery_look_again);

/**
 * newtcp_recovery_resized - segments in flight were too large for the path
 * @s: the sender; what was too large is marked lost
 *
 * The size was wrong, not the rate: the windows stay, slow start goes on.
 */
void newtcp_recovery_resized(const struct newtcp_snd *s)
{
	if (!s->sack_ok)
		newtcp_limit_dupacks(s, 0);
	if (!s->b->lost_out || s->r->state == NEWTCP_CA_LOSS)
		return;
	s->r->recovery_point = s->nxt;
	s->r->can_undo = 0;
	s->r->frto = 0;
	s->r->state = NEWTCP_CA_LOSS;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_recovery_resized);

/**
 * newtcp_recovery_congested - congestion without a loss: our own device's queue
 * @s: the sender
 *
 * Counts once a window.
 */
void newtcp_recovery_congested(const struct newtcp_snd *s)
{
	if (s->r->state >= NEWTCP_CA_CWR)
		return;
	s->r->can_undo = 0;
	s->r->cwnd_stays = 1;
	newtcp_prr_start(s, NEWTCP_SIGN_LOCAL);
	s->r->state = NEWTCP_CA_CWR;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_recovery_congested);

/**
 * newtcp_recovery_sent_again - a retransmission went out
 * @s: the sender
 * @seg: its record, with the new time in it
 */
void newtcp_recovery_sent_again(const struct newtcp_snd *s, struct newtcp_seg *seg)
{
	struct newtcp_recovery *r = s->r;

	newtcp_board_mark_sent_again(s->b, seg);
	newtcp_rate_sent(s->rate, seg, r->delivered, false);
	r->total_retrans += seg->segs;
	if (newtcp_ca_reducing(r))
		r->prr_out += seg->segs;
	r->undo_retrans = max(r->undo_retrans, 0) + seg->segs;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_recovery_sent_again);
