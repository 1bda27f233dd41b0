// SPDX-License-Identifier: GPL-2.0
/* What an acknowledgment does to what was sent: as module/tcp/rx/ack.c. */
#include "sim.h"
#include "core/backoff.h"

#include <stdlib.h>

#define MIN_RTT_WIN_US	(300 * SEC)

static void window_update(struct end *e, const struct packet *p, u32 *flags)
{
	u32 wnd = p->window;

	if (!(p->flags & TH_SYN))
		wnd <<= e->snd_wscale;
	if (!newtcp_window_may_update(e->una, e->wl1, e->wnd, p->ack, p->seq, wnd))
		return;
	e->wl1 = p->seq;
	if (e->wnd == wnd)
		return;
	*flags |= NEWTCP_RX_WIN_UPDATE;
	e->wnd = wnd;
	e->max_window = max(e->max_window, wnd);
}

/* One record is acknowledged, whole or in part; false: stop here. */
static bool clean_one(struct end *e, struct newtcp_seg *seg, struct newtcp_ack_news *n)
{
	u32 segs = seg->segs;
	struct newtcp_seg was;

	if (seq_after(seg->end_seq, e->una)) {
		struct sim_seg *s = container_of(seg, struct sim_seg, seg);

		if (seg->segs <= 1 || !seq_after(e->una, seg->seq))
			return false;
		was = *seg;
		s->abs += e->una - seg->seq;
		seg->seq = e->una;
		tx_set_segs(seg, seg->mss);
		newtcp_seg_acked(&e->r, &e->b, &e->rate, n, &was, segs - seg->segs, tx_clock(e),
				 newtcp_rtt_min(&e->rtt));
		return false;
	}
	newtcp_seg_acked(&e->r, &e->b, &e->rate, n, seg, segs, tx_clock(e),
			 newtcp_rtt_min(&e->rtt));
	newtcp_board_remove(&e->b, seg);
	free(container_of(seg, struct sim_seg, seg));
	return true;
}

static void clean(struct end *e, struct newtcp_ack_news *n)
{
	struct newtcp_seg *seg;

	while ((seg = newtcp_board_first(&e->b)))
		if (!clean_one(e, seg, n))
			break;
}

static u32 take_rtt(struct end *e, const struct newtcp_ack_news *n)
{
	u64 now = tx_clock(e);
	struct newtcp_trip trip = newtcp_ack_trip(n, &e->b, tx_mss(e), now);

	if (trip.us) {
		newtcp_rtt_sample(&e->rtt, &trip, now, e->una, e->nxt, MIN_RTT_WIN_US);
		e->last_rto_us = 0;
	}
	return trip.newest_us;
}

/* Congestion control hears of it. */
void ack_tell(struct end *e, const struct newtcp_ack_news *n, u32 acked, u32 in_flight,
	      u32 rtt_us)
{
	const struct newtcp_ack_sample s = {
		.now_us = tx_clock(e), .rtt_us = rtt_us, .min_rtt_us = newtcp_rtt_min(&e->rtt),
		.srtt_us = e->rtt.srtt_us >> 3, .acked = acked, .in_flight = in_flight,
		.pipe = newtcp_board_pipe(&e->b), .snd_una = e->una, .snd_nxt = e->nxt,
		.delivered = e->r.delivered, .news = n->delivered, .lost = n->lost,
		.reduced = n->reduced, .got = n->rate.delivered, .prior = n->rate.prior,
		.interval_us = n->rate.interval_us, .limited = n->rate.limited,
		.grow = n->grow, .cwnd_limited = newtcp_cwv_in_use(&e->cwv, &e->c),
	};

	check_rate(e, n);
	e->c.ops->on_ack(&e->c, &s);
	if (n->grow)
		newtcp_cwv_grown(&e->cwv, tx_clock(e));
}

static void resend(struct end *e, const struct newtcp_ack_news *n)
{
	if (n->resend == NEWTCP_RESEND_NOTHING)
		return;
	if (n->resend == NEWTCP_RESEND_NEW) {
		tx_push(e);
		if (seq_after(e->nxt, e->r.recovery_point))
			return;
		e->r.frto = 0;
	}
	e->held_back = false;
	tx_resend_lost(e);
}

static void recover(struct end *e, const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	u32 marker = e->r.undo_marker, ssthresh = e->c.ssthresh;
	bool could_undo = e->r.can_undo;
	u8 before = e->r.state;

	newtcp_recovery_ack(s, n);
	if (e->r.undo_marker != marker || (e->r.can_undo && !could_undo))
		e->edge_before = e->resent_edge;
	if (before == NEWTCP_CA_RECOVERY && could_undo && !e->r.can_undo &&
	    e->c.ssthresh > ssthresh)
		check_undo(e, marker);
	e->held_back = true;
	if (e->r.state != before)
		trace_end(e, "state %d -> %d, cwnd %u", before, e->r.state, e->c.cwnd);
	if (n->look_again_us)
		timer_set(e, DL_LOSS, n->look_again_us);
	else if (n->looked)
		timer_clear(e, DL_LOSS);
	if (n->reneged)
		timer_set(e, DL_RTO, max_t(u64, e->rtt.srtt_us >> 4, 10 * MS));
}

/* The window opened, or stayed shut, while nothing was in flight. */
static void ack_probe(struct end *e)
{
	e->probes_out = 0;
	e->probes_since = 0;
	if (!tx_unsent(e))
		return;
	if (seq_after(tx_wnd_end(e), e->nxt)) {
		e->rtt.backoff = 0;
		e->last_rto_us = 0;
		timer_clear(e, DL_PROBE);
	} else {
		timer_set(e, DL_PROBE, newtcp_backoff_probe_us(&e->rtt));
	}
}

static void bytes_acked(struct end *e, u32 ack)
{
	u32 n = ack - e->una;

	if (e->una == e->iss && n)
		n--;
	if (e->fin_sent && ack == e->nxt && n)
		n--;
	e->acked += n;
	e->una = ack;
}

/* SND.UNA moved: the timers of what is still in flight start anew. */
static void restart_timers(struct end *e, const struct newtcp_ack_news *n)
{
	if (!e->b.packets_out) {
		e->r.retrans_stamp = 0;
		timer_clear(e, DL_RTO);
		timer_clear(e, DL_LOSS);
		timer_clear(e, DL_TLP);
		return;
	}
	if (n->reneged)
		return;
	timer_rearm_rto(e);
	if (!n->look_again_us)
		tx_schedule_tlp(e);
}

/* Loss state, SACKs, duplicate ACKs. */
static void ack_slow(struct end *e, struct newtcp_ack_news *n, const struct newtcp_options *o,
		     u32 in_flight)
{
	struct newtcp_snd s = tx_snd(e);
	u32 rtt_us;

	if ((o->flags & NEWTCP_OPT_SACK) && e->use.sack)
		newtcp_sack_enter(&s, n, o->sacks, o->num_sacks);
	if (n->flags & NEWTCP_RX_ADVANCED)
		clean(e, n);
	rtt_us = take_rtt(e, n);
	recover(e, &s, n);
	ack_tell(e, n, n->delivered, in_flight, rtt_us);
	if (n->flags & NEWTCP_RX_ADVANCED)
		restart_timers(e, n);
	resend(e, n);
}

static void ack_fast(struct end *e, struct newtcp_ack_news *n, u32 in_flight)
{
	u32 rtt_us;

	clean(e, n);
	rtt_us = take_rtt(e, n);
	e->r.delivered += n->delivered;
	newtcp_rate_sample(&e->rate, &n->rate, e->r.delivered, n->delivered,
			   newtcp_rtt_min(&e->rtt), tx_clock(e));
	n->grow = true;
	ack_tell(e, n, n->acked, in_flight, rtt_us);
	restart_timers(e, n);
}

static void take_ack(struct end *e, const struct packet *p, const struct newtcp_options *o,
		     struct newtcp_ack_news *n)
{
	u32 in_flight = newtcp_board_pipe(&e->b);
	struct newtcp_snd s;

	window_update(e, p, &n->flags);
	bytes_acked(e, p->ack);
	e->probes_out = 0;
	if (!e->b.packets_out) {
		s = tx_snd(e);
		if ((o->flags & NEWTCP_OPT_SACK) && e->use.sack)
			newtcp_sack_enter(&s, n, o->sacks, o->num_sacks);
		if (n->flags & NEWTCP_RX_DSACK) {
			recover(e, &s, n);
			n->grow = false;
			ack_tell(e, n, 0, 0, 0);
		} else if (e->r.tlp_out) {
			newtcp_tlp_acked(&s, n);
		}
		ack_probe(e);
	} else if (newtcp_ack_is_plain(&e->r, &e->b, n->flags, o->flags & NEWTCP_OPT_SACK)) {
		ack_fast(e, n, in_flight);
	} else {
		ack_slow(e, n, o, in_flight);
	}
}

/* An ACK of an older time: only its SACKs can be news. */
static void old_ack(struct end *e, const struct newtcp_options *o, struct newtcp_ack_news *n)
{
	u32 in_flight = newtcp_board_pipe(&e->b);
	struct newtcp_snd s = tx_snd(e);

	if (!(o->flags & NEWTCP_OPT_SACK) || !e->use.sack || !e->b.packets_out)
		return;
	newtcp_sack_enter(&s, n, o->sacks, o->num_sacks);
	recover(e, &s, n);
	n->grow = false;
	ack_tell(e, n, 0, in_flight, 0);
	resend(e, n);
}

/* A segment's ACK; false: the segment is to be dropped. */
bool ack_in(struct end *e, const struct packet *p, const struct newtcp_options *o)
{
	struct newtcp_ack_news n = {
		.ack = p->ack, .late_seq = e->nxt, .prior_una = e->una,
		.prior_fack = e->b.sacked_out ? e->r.high_sacked : e->una,
	};

	if (p->len)
		n.flags |= NEWTCP_RX_DATA;
	if (p->flags & (TH_SYN | TH_FIN))
		n.flags |= NEWTCP_RX_CONTROL;
	if (e->has_ts && e->tsecr) {
		n.flags |= NEWTCP_RX_ECHO;
		n.tsecr = e->tsecr - (u32)e->conf->ts_offset;
	}
	switch (newtcp_ack_verdict(e->una, e->nxt, min_t(u64, e->max_window, e->acked + 1),
				   p->ack)) {
	case VERDICT_ACK_FUTURE:
	case VERDICT_ACK_TOO_OLD:
		tx_challenge(e);
		return false;
	case VERDICT_ACK_OLD:
		if (p->ack != e->una) {
			n.flags &= NEWTCP_RX_ECHO;
			old_ack(e, o, &n);
			return true;
		}
		break;
	case VERDICT_ACK_NEW:
		n.flags |= NEWTCP_RX_ADVANCED;
		e->retransmits = 0;
		break;
	}
	take_ack(e, p, o, &n);
	return true;
}
