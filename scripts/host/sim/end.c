// SPDX-License-Identifier: GPL-2.0
/*
 * An end: its states, and what a segment that arrives does (RFC 9293 3.10.7).
 * As module/tcp/input.c, connect.c and handshake.c.
 */
#include "sim.h"

#include <stdlib.h>

#define TIMEWAIT_US	(60 * SEC)
#define KEEP_US		(7200 * SEC)
#define PAWS_VOID_US	(24ULL * 24 * 3600 * SEC)

static const char *const names[] = {
	"CLOSED", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
	"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
};

const char *end_state_name(enum state state)
{
	return names[state];
}

static void set_state(struct end *e, enum state state)
{
	trace_end(e, "%s -> %s", names[e->state], names[state]);
	e->state = state;
}

static void quiet(struct end *e)
{
	memset(e->dl, 0, sizeof(e->dl));
}

static void free_segs(struct end *e)
{
	struct newtcp_seg *seg;

	while ((seg = newtcp_board_first(&e->b))) {
		newtcp_board_count(&e->b, seg, seg->segs);
		newtcp_board_remove(&e->b, seg);
		free(container_of(seg, struct sim_seg, seg));
	}
}

void end_init(struct sim *sim, int id)
{
	struct end *e = &sim->end[id];
	const struct side *c = &sim->sc->side[id];

	e->sim = sim;
	e->id = id;
	e->conf = c;
	e->iss = c->iss + sim->manner->number;
	e->una = e->iss;
	e->nxt = e->iss;
	e->loss_conf = (struct newtcp_loss_conf){
		.reordering = c->reordering, .max_reordering = 300,
		.recovery = c->rack, .frto = c->frto,
	};
	newtcp_board_init(&e->b);
	newtcp_recovery_init(&e->r, &e->loss_conf, e->iss);
	newtcp_cong_start(&e->c, c->cubic ? &newtcp_cong_cubic : &newtcp_cong_reno);
	newtcp_cwv_start(&e->cwv);
	newtcp_rtt_init(&e->rtt);
	e->rtt.rto_min_ms = c->rto_min_ms;
	e->pmtu = c->mtu;
	e->mss_clamp = c->mss;
	e->use.sack = c->sack;
	e->use.timestamps = c->ts;
	e->use.wscale = c->wscale;
	e->rcv_wscale = c->wscale ? newtcp_window_scale(c->rcvbuf) : 0;
	e->rcv_wnd = min_t(u32, c->rcvbuf, 65535);
	e->rcv_mss = 536;
	e->quick = 16;
}

void end_connect(struct end *e)
{
	set_state(e, S_SYN_SENT);
	tx_syn(e, false);
}

void end_closed(struct end *e, enum ending how)
{
	set_state(e, S_CLOSED);
	e->ending = how;
	quiet(e);
	free_segs(e);
	program_wake(e);
}

void end_time_wait(struct end *e)
{
	set_state(e, S_TIME_WAIT);
	quiet(e);
	timer_set(e, DL_TIMEWAIT, TIMEWAIT_US);
}

void end_abort(struct end *e)
{
	if (e->state == S_CLOSED)
		return;
	tx_bare(e, seq_min(e->nxt, seq_max(tx_wnd_end(e), e->una)), TH_RST | TH_ACK);
	end_closed(e, E_ABORTED);
}

/* All memory is lost, nobody is told. */
void end_reboot(struct end *e)
{
	if (e->state != S_CLOSED)
		end_closed(e, E_REBOOT);
}

/* The program has no more to say. */
void end_shutdown(struct end *e)
{
	e->fin = true;
	if (e->state == S_ESTABLISHED)
		set_state(e, S_FIN_WAIT1);
	else if (e->state == S_CLOSE_WAIT)
		set_state(e, S_LAST_ACK);
	tx_push(e);
}

/* RFC 9293 3.10.7.1: a segment that belongs to nothing. */
static void answer_rst(struct end *e, const struct packet *p)
{
	struct packet r = { .kind = PKT_SEGMENT, .id = e->sent_packets++, .flags = TH_RST };

	if (p->flags & TH_RST)
		return;
	if (p->flags & TH_ACK) {
		r.seq = p->ack;
	} else {
		r.flags |= TH_ACK;
		e->sim->absolute = true;
		r.ack = p->seq + p->len + !!(p->flags & TH_SYN) + !!(p->flags & TH_FIN);
	}
	net_send(e->sim, e->id, &r, 1);
}

/* What the peer's SYN says holds together with ours. */
static void agree(struct end *e, const struct packet *p, const struct newtcp_options *o)
{
	struct newtcp_agreed agreed;

	e->irs = p->seq;
	e->rcv_nxt = p->seq + 1;
	e->rcv_wup = e->rcv_nxt;
	e->edge = e->rcv_nxt + e->rcv_wnd;
	newtcp_negotiate(e->use, e->rcv_wscale, e->conf->mss, o, &agreed);
	e->use = agreed.use;
	e->snd_wscale = agreed.snd_wscale;
	e->rcv_wscale = agreed.rcv_wscale;
	e->mss_clamp = agreed.mss_clamp;
	if (e->use.timestamps) {
		e->ts_recent = o->tsval;
		e->ts_recent_at = e->sim->now;
	}
	e->wnd = p->window;
	e->wl1 = p->seq;
	e->max_window = p->window;
}

static void established(struct end *e)
{
	set_state(e, S_ESTABLISHED);
	e->heard_at = e->sim->now;
	timer_set(e, DL_KEEP, KEEP_US);
	if (e->fin)
		set_state(e, S_FIN_WAIT1);
	program_start(e);
}

static void passive_open(struct end *e, const struct packet *p, const struct newtcp_options *o)
{
	set_state(e, S_SYN_RCVD);
	agree(e, p, o);
	tx_syn(e, true);
}

static void take_timestamp(struct end *e, const struct newtcp_options *o)
{
	e->has_ts = e->use.timestamps && (o->flags & NEWTCP_OPT_TS);
	e->tsval = o->tsval;
	e->tsecr = e->has_ts ? o->tsecr : 0;
}

/* RFC 9293 3.10.7.3 */
static void syn_sent(struct end *e, const struct packet *p, const struct newtcp_options *o)
{
	bool ack = p->flags & TH_ACK;

	if (ack && p->ack != e->nxt) {
		answer_rst(e, p);
		return;
	}
	if (p->flags & TH_RST) {
		if (ack)
			end_closed(e, E_RESET);
		return;
	}
	if (!(p->flags & TH_SYN))
		return;
	agree(e, p, o);
	take_timestamp(e, o);
	if (ack) {
		if (!ack_in(e, p, o))
			return;
		established(e);
		if (e->state != S_CLOSED && e->una == e->nxt)
			tx_ack(e);
	} else {
		/* Both sides open: the SYN goes again, with an ACK. */
		set_state(e, S_SYN_RCVD);
		newtcp_board_first(&e->b)->flags |= TH_ACK;
		tx_again(e, newtcp_board_first(&e->b), 1);
	}
}

static void time_wait(struct end *e, const struct packet *p)
{
	if (p->flags & TH_RST) {
		if (p->seq == e->rcv_nxt)
			end_closed(e, E_CLOSED);
		return;
	}
	if (!(p->flags & TH_ACK))
		return;
	if (p->len || (p->flags & TH_FIN)) {
		timer_set(e, DL_TIMEWAIT, TIMEWAIT_US);
		tx_ack(e);
	}
}

static bool paws_rejects(const struct end *e, const struct packet *p)
{
	return e->has_ts && !(p->flags & TH_RST) && (s32)(e->ts_recent - e->tsval) > 1 &&
	       e->sim->now - e->ts_recent_at < PAWS_VOID_US;
}

/* Answered by an ACK; those that can only loop not more than twice a second. */
static void out_of_window(struct end *e, const struct packet *p)
{
	if (!p->len && !(p->flags & TH_FIN)) {
		if (e->oow_at && e->sim->now - e->oow_at < SEC / 2)
			return;
		e->oow_at = e->sim->now ?: 1;
	}
	rx_old_segment(e, p);
}

static void step_rst(struct end *e, const struct packet *p)
{
	switch (newtcp_rst_verdict(e->rcv_nxt, rx_receive_window(e), p->seq)) {
	case VERDICT_RST_RESET:
		end_closed(e, E_RESET);
		break;
	case VERDICT_RST_CHALLENGE:
		tx_challenge(e);
		break;
	case VERDICT_RST_DROP:
		break;
	}
}

/* RFC 9293 3.10.7.4, steps one to four; false: done with. */
static bool acceptable(struct end *e, const struct packet *p)
{
	u32 end = p->seq + p->len + !!(p->flags & TH_SYN) + !!(p->flags & TH_FIN);

	if (paws_rejects(e, p)) {
		if (p->flags & TH_SYN)
			tx_challenge(e);
		else
			out_of_window(e, p);
		return false;
	}
	if (e->state == S_SYN_RCVD && (p->flags & TH_SYN) && p->seq == e->irs) {
		/* Crossed SYN-ACKs; or ours was lost. */
		if (p->flags & TH_ACK)
			return p->ack == e->nxt;
		tx_again(e, newtcp_board_first(&e->b), 1);
		return false;
	}
	if (!newtcp_seg_acceptable(e->rcv_wup, e->rcv_wnd, p->seq, end) &&
	    !(p->flags & TH_RST)) {
		if (p->flags & TH_SYN) {
			tx_challenge(e);
			return false;
		}
		if (p->seq != e->rcv_nxt || !(p->flags & (TH_ACK | TH_FIN))) {
			out_of_window(e, p);
			return false;
		}
	}
	if (p->flags & TH_RST) {
		step_rst(e, p);
		return false;
	}
	if (p->flags & TH_SYN) {
		tx_challenge(e);
		return false;
	}
	return p->flags & TH_ACK;
}

static void ts_recent_update(struct end *e, const struct packet *p)
{
	if (!e->has_ts || seq_after(p->seq, e->rcv_wup) ||
	    (s32)(e->ts_recent - e->tsval) > 0)
		return;
	e->ts_recent = e->tsval;
	e->ts_recent_at = e->sim->now;
}

/* Step five by state; false: the end is gone. */
static bool fin_acked(struct end *e)
{
	if (!e->fin_sent || e->una != e->nxt)
		return true;
	switch (e->state) {
	case S_FIN_WAIT1:
		set_state(e, S_FIN_WAIT2);
		return true;
	case S_CLOSING:
		end_time_wait(e);
		return true;
	case S_LAST_ACK:
		end_closed(e, E_CLOSED);
		return false;
	default:
		return true;
	}
}

static void fin_received(struct end *e)
{
	switch (e->state) {
	case S_ESTABLISHED:
		set_state(e, S_CLOSE_WAIT);
		break;
	case S_FIN_WAIT1:
		set_state(e, S_CLOSING);
		break;
	case S_FIN_WAIT2:
		end_time_wait(e);
		break;
	default:
		break;
	}
}

static void synchronised(struct end *e, const struct packet *p, const struct newtcp_options *o)
{
	take_timestamp(e, o);
	if (!acceptable(e, p))
		return;
	e->heard_at = e->sim->now;
	e->keep_probes = 0;
	if (e->state == S_SYN_RCVD && p->ack != e->nxt) {
		answer_rst(e, p);
		return;
	}
	ts_recent_update(e, p);
	if (!ack_in(e, p, o))
		return;
	if (e->state == S_SYN_RCVD)
		established(e);
	if (e->state == S_CLOSED || !fin_acked(e))
		return;
	if (e->state != S_TIME_WAIT && !(p->flags & TH_SYN)) {
		bool had = e->fin_rcvd;

		rx_data(e, p);
		if (e->fin_rcvd && !had)
			fin_received(e);
	} else if (p->flags & TH_SYN) {
		e->ack_due = true;
		e->ack_now = true;
	}
	if (e->state != S_TIME_WAIT)
		tx_push(e);
	rx_ack_check(e);
	program_wake(e);
}

void end_arrive(struct end *e, const struct packet *p)
{
	struct newtcp_options o;

	newtcp_options_parse((const u8 *)p->opt, p->optlen, p->flags & TH_SYN, &o);
	switch (e->state) {
	case S_CLOSED:
		if (e->id == 1 && e->ending == E_NONE && !e->sim->sc->both_open &&
		    (p->flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN)
			passive_open(e, p, &o);
		else
			answer_rst(e, p);
		return;
	case S_SYN_SENT:
		syn_sent(e, p, &o);
		return;
	case S_TIME_WAIT:
		time_wait(e, p);
		return;
	default:
		synchronised(e, p, &o);
	}
}

/* ICMP: the path takes less. Only a number that is in flight is believed. */
void end_too_big(struct end *e, const struct packet *p)
{
	if (e->state == S_CLOSED || e->state == S_TIME_WAIT ||
	    !seq_between(p->seq, e->una, e->nxt) || p->mtu >= e->pmtu || p->mtu < 68)
		return;
	trace_end(e, "path MTU %u", p->mtu);
	e->pmtu = p->mtu;
	tx_resize(e);
}
