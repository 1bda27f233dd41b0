// SPDX-License-Identifier: GPL-2.0
/*
 * An end: its states, and what a segment that arrives does (RFC 9293 3.10.7).
 * As module/tcp/rx/input.c, connect.c and handshake.c.
 */
#include "sim.h"
#include "core/finwait.h"

#include <stdlib.h>

#define TIMEWAIT_US	(60 * SEC)
#define KEEP_US		(7200 * SEC)
#define PAWS_VOID_S	(24 * 24 * 3600)

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

static const enum newtcp_state cores[] = {
	[S_CLOSED] = STATE_CLOSE, [S_SYN_SENT] = STATE_SYN_SENT, [S_SYN_RCVD] = STATE_SYN_RECV,
	[S_ESTABLISHED] = STATE_ESTABLISHED, [S_FIN_WAIT1] = STATE_FIN_WAIT1,
	[S_FIN_WAIT2] = STATE_FIN_WAIT2, [S_CLOSE_WAIT] = STATE_CLOSE_WAIT,
	[S_CLOSING] = STATE_CLOSING, [S_LAST_ACK] = STATE_LAST_ACK,
	[S_TIME_WAIT] = STATE_TIME_WAIT,
};

/* On along an edge of RFC 9293 figure 5; false: the end is gone. */
static bool move(struct end *e, enum newtcp_state to)
{
	enum state s = S_CLOSED;

	if (to == cores[e->state])
		return true;
	while (cores[s] != to)
		s++;
	if (s == S_TIME_WAIT)
		end_time_wait(e);
	else if (s == S_CLOSED)
		end_closed(e, E_CLOSED);
	else
		set_state(e, s);
	return s != S_CLOSED;
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
	newtcp_reasm_init(&e->reasm);
	newtcp_recovery_init(&e->r, &e->loss_conf, e->iss);
	newtcp_rate_init(&e->rate);
	newtcp_cong_start(&e->c, c->cubic ? &newtcp_cong_cubic : &newtcp_cong_reno);
	newtcp_cwv_start(&e->cwv);
	newtcp_rtt_init(&e->rtt);
	e->rtt.rto_min_ms = c->rto_min_ms;
	e->pmtu = c->mtu;
	e->mss_clamp = c->mss;
	e->use.sack = c->sack;
	e->use.timestamps = c->ts;
	e->use.wscale = c->wscale;
	rx_init(e);
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
	queue_purge(e);
	program_wake(e);
}

/* How long FIN-WAIT-2 is to last without an owner, in ticks. */
int end_fin_time(const struct end *e)
{
	return newtcp_finwait_time(e->conf->linger2, 60 * HZ, rx_ticks(newtcp_rtt_rto(&e->rtt)));
}

/* FIN-WAIT-2 without an owner: as newtcp_orphan_fin_wait2(). */
void end_fin_wait(struct end *e)
{
	int rto = rx_ticks(newtcp_rtt_rto(&e->rtt));
	int time = end_fin_time(e);

	check_that(e->sim, time > 0);
	quiet(e);
	e->entry = true;
	timer_set(e, DL_FIN, (u64)newtcp_timewait_lasts(newtcp_finwait_lasts(time), rto) * TICK_US);
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
	bool fin;

	e->fin = true;
	if (e->state >= S_ESTABLISHED) {
		enum newtcp_state to = newtcp_edge_close(cores[e->state], &fin);

		check_that(e->sim, fin == (to != cores[e->state]));
		move(e, to);
	}
	tx_push(e);
}

/* The program closes: what it has not read, nobody will (RFC 2525 2.17). */
void end_leave(struct end *e)
{
	if (e->received > e->taken) {
		end_abort(e);
		return;
	}
	e->orphan = true;
	e->read_done = true;
	e->saw_eof = e->fin_rcvd;
	end_shutdown(e);
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
	e->rw.wup = e->rcv_nxt;
	e->edge = e->rcv_nxt + e->rw.wnd;
	newtcp_negotiate(e->use, e->rw.wscale, e->conf->mss, o, &agreed);
	e->use = agreed.use;
	e->snd_wscale = agreed.snd_wscale;
	e->rw.wscale = agreed.rcv_wscale;
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
	rx_established(e);
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

static struct newtcp_arrival arrival(const struct end *e, const struct packet *p)
{
	return (struct newtcp_arrival){
		.seq = p->seq,
		.end_seq = p->seq + p->len + !!(p->flags & TH_SYN) + !!(p->flags & TH_FIN),
		.ack = p->ack,
		.wnd = (u32)p->window << (p->flags & TH_SYN ? 0 : e->snd_wscale),
		.tsval = e->tsval, .tsecr = e->tsecr, .flags = p->flags, .has_ts = e->has_ts,
	};
}

/* RFC 9293 3.10.7.3 */
static void syn_sent(struct end *e, const struct packet *p, const struct newtcp_options *o)
{
	const struct newtcp_synsent_state st = { .snd_una = e->una, .snd_nxt = e->nxt };
	struct newtcp_arrival seg;
	bool ack = false;

	take_timestamp(e, o);
	seg = arrival(e, p);
	switch (newtcp_synsent_verdict(&st, &seg)) {
	case VERDICT_SYNSENT_DROP:
		return;
	case VERDICT_SYNSENT_RST:
		answer_rst(e, p);
		return;
	case VERDICT_SYNSENT_RESET:
		end_closed(e, E_RESET);
		return;
	case VERDICT_SYNSENT_OPEN:
		ack = true;
		break;
	case VERDICT_SYNSENT_CROSS:
		break;
	}
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

static void time_wait(struct end *e, const struct packet *p, const struct newtcp_options *o)
{
	const struct newtcp_tw_state st = {
		.rcv_nxt = e->rcv_nxt, .rcv_wnd = rx_receive_window(e), .ts_recent = e->ts_recent,
		.fin_wait2 = e->entry,
	};
	struct newtcp_arrival seg;

	take_timestamp(e, o);
	seg = arrival(e, p);
	switch (newtcp_tw_verdict(&st, &seg)) {
	case VERDICT_TW_FIN:
		e->entry = false;
		e->rcv_nxt = seg.end_seq;
		e->fin_rcvd = true;
		e->saw_eof = true;
		end_time_wait(e);
		tx_ack(e);
		break;
	case VERDICT_TW_RST:
		answer_rst(e, p);
		end_closed(e, E_LEFT);
		break;
	case VERDICT_TW_AGAIN:
		timer_set(e, DL_TIMEWAIT, TIMEWAIT_US);
		tx_ack(e);
		break;
	case VERDICT_TW_ACK:
		tx_ack(e);
		break;
	case VERDICT_TW_END:
		end_closed(e, e->entry ? E_RESET : E_CLOSED);
		break;
	default:
		break;
	}
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

/* A connection that was asked for: RFC 9293 3.10.7.4; false: done with. */
static bool request(struct end *e, const struct packet *p)
{
	const struct newtcp_req_state st = {
		.irs = e->irs, .iss = e->iss, .rcv_wnd = e->rw.wnd, .ts_recent = e->ts_recent,
	};
	struct newtcp_arrival seg = arrival(e, p);

	switch (newtcp_req_verdict(&st, &seg)) {
	case VERDICT_REQ_DROP:
		return false;
	case VERDICT_REQ_ACK:
	case VERDICT_REQ_CHALLENGE:
		tx_challenge(e);
		return false;
	case VERDICT_REQ_SYNACK:
		tx_again(e, newtcp_board_first(&e->b), 1);
		return false;
	case VERDICT_REQ_RST:
		answer_rst(e, p);
		return false;
	case VERDICT_REQ_END:
		end_closed(e, E_RESET);
		return false;
	case VERDICT_REQ_ESTABLISH:
		break;
	}
	return true;
}

/* RFC 9293 3.10.7.4, steps one to four; false: done with. */
static bool acceptable(struct end *e, const struct packet *p)
{
	struct newtcp_arrival seg = arrival(e, p);
	const struct newtcp_arrival_state st = {
		.rcv_nxt = e->rcv_nxt, .wup = e->rw.wup, .wnd = e->rw.wnd,
		.snd_una = e->una, .snd_nxt = e->nxt, .snd_wl1 = e->wl1, .snd_wnd = e->wnd,
		.ts_recent = e->ts_recent,
		.ts_age = (e->sim->now - e->ts_recent_at) / SEC, .ts_life = PAWS_VOID_S,
		.rto_ms = newtcp_rtt_rto(&e->rtt) / 1000,
		.sacks = e->use.sack ? &e->sacks : NULL, .fin_taken = e->fin_rcvd,
		.opened_both = e->state == S_SYN_RCVD,
	};
	enum newtcp_arrival_verdict v = newtcp_arrival_verdict(&st, &seg);

	if (newtcp_arrival_expected(e->rw.wup, e->rw.wnd, e->ts_recent, &seg))
		check_that(e->sim, v == VERDICT_SEG_TAKE);
	switch (v) {
	case VERDICT_SEG_TAKE:
		return true;
	case VERDICT_SEG_DROP:
		return false;
	case VERDICT_SEG_ANSWER:
		out_of_window(e, p);
		return false;
	case VERDICT_SEG_CHALLENGE:
		tx_challenge(e);
		return false;
	case VERDICT_SEG_RESET:
		end_closed(e, E_RESET);
		return false;
	}
	return false;
}

static void ts_recent_update(struct end *e, const struct packet *p)
{
	if (!e->has_ts ||
	    !newtcp_ts_recent_moves(e->ts_recent, (e->sim->now - e->ts_recent_at) / SEC,
				    PAWS_VOID_S, e->tsval, p->seq, e->rw.wup))
		return;
	e->ts_recent = e->tsval;
	e->ts_recent_at = e->sim->now;
}

static bool news(const struct end *e, const struct packet *p)
{
	const struct newtcp_piece piece = {
		.seq = p->seq, .end_seq = p->seq + p->len + !!(p->flags & TH_FIN),
		.flags = p->flags,
	};

	return newtcp_reasm_news(&piece, e->rcv_nxt);
}

/* There is data for a program that has gone. */
static void nobody_reads(struct end *e, const struct packet *p)
{
	answer_rst(e, p);
	end_closed(e, E_ABORTED);
}

/* Step five by state; false: the end is gone, or an entry in its place. */
static bool fin_acked(struct end *e, const struct packet *p)
{
	bool was = e->state == S_FIN_WAIT2;

	if (!e->fin_sent || e->una != e->nxt)
		return true;
	if (!move(e, newtcp_edge_fin_acked(cores[e->state])))
		return false;
	if (!e->orphan || was || e->state != S_FIN_WAIT2)
		return true;
	switch (newtcp_finwait_verdict(e->conf->linger2, news(e, p), p->flags & TH_FIN)) {
	case VERDICT_FINWAIT_RESET:
		nobody_reads(e, p);
		return false;
	case VERDICT_FINWAIT_HOLD:
		timer_set(e, DL_FIN, (u64)newtcp_finwait_holds(end_fin_time(e)) * TICK_US);
		return true;
	case VERDICT_FINWAIT_WAIT:
		end_fin_wait(e);
		return false;
	}
	return true;
}

static void fin_received(struct end *e)
{
	e->saw_eof |= e->orphan;
	move(e, newtcp_edge_fin(cores[e->state]));
}

static void synchronised(struct end *e, const struct packet *p, const struct newtcp_options *o)
{
	take_timestamp(e, o);
	if (e->state == S_SYN_RCVD && !e->sim->sc->both_open ? !request(e, p) :
							       !acceptable(e, p))
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
	if (e->state == S_CLOSED || !fin_acked(e, p))
		return;
	if (e->orphan && news(e, p) &&
	    newtcp_edge_takes_data(cores[e->state], seq_before(p->seq, e->rcv_nxt))) {
		nobody_reads(e, p);
		return;
	}
	if (e->state != S_TIME_WAIT && !(p->flags & TH_SYN)) {
		bool had = e->fin_rcvd;

		rx_data(e, p);
		if (e->fin_rcvd && !had)
			fin_received(e);
	} else if (p->flags & TH_SYN) {
		newtcp_delack_urge(&e->da);
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
		    newtcp_listen_verdict(p->flags) == VERDICT_LISTEN_SYN)
			passive_open(e, p, &o);
		else
			answer_rst(e, p);
		return;
	case S_SYN_SENT:
		syn_sent(e, p, &o);
		return;
	case S_TIME_WAIT:
		time_wait(e, p, &o);
		return;
	default:
		if (e->entry)
			time_wait(e, p, &o);
		else
			synchronised(e, p, &o);
	}
}

/* Only what quotes a number that is in flight is believed. */
static bool believed(const struct end *e, const struct packet *p)
{
	bool counts = e->state != S_CLOSED && e->state != S_TIME_WAIT && !e->entry &&
		      newtcp_error_counts(p->seq, e->una, e->nxt);

	check_that(e->sim, !counts || !p->forged);
	return counts;
}

/* ICMP: the path takes less. */
void end_too_big(struct end *e, const struct packet *p)
{
	if (!believed(e, p) || p->mtu >= e->pmtu || p->mtu < 68)
		return;
	trace_end(e, "path MTU %u", p->mtu);
	e->pmtu = p->mtu;
	tx_resize(e);
}

/* ICMP: there is no way to the host. */
void end_unreachable(struct end *e, const struct packet *p)
{
	const struct newtcp_seg *first = newtcp_board_first(&e->b);

	if (!believed(e, p))
		return;
	trace_end(e, "unreachable");
	switch (newtcp_error_verdict(e->state < S_ESTABLISHED, true, first && p->seq == e->una,
				     e->retransmits && e->rtt.backoff)) {
	case VERDICT_ERROR_END:
		end_closed(e, E_UNREACHABLE);
		break;
	case VERDICT_ERROR_REVERT:
		timer_revert(e);
		break;
	case VERDICT_ERROR_NOTE:
		break;
	}
}
