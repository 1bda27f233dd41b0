// SPDX-License-Identifier: GPL-2.0
/*
 * What an end receives: the window that is offered, and when an ACK is due. What it
 * holds is in queue.c.
 */
#include "sim.h"

#define PINGPONG	1	/* net.ipv4.tcp_pingpong_thresh */

static const struct newtcp_delack_times times = {
	.min = 40 * MS / TICK_US, .max = 200 * MS / TICK_US,
};

static u32 buffer_size(const struct end *e)
{
	const struct side *c = e->conf;

	return c->shrink && e->received > (u64)c->rcvbuf ? c->shrink : e->tuned;
}

u32 rx_ticks(u64 us)
{
	return us / TICK_US;
}

/* The largest buffer that there may be, bytes of payload. */
static u32 buffer_most(const struct end *e)
{
	return max(e->conf->rcvbuf, e->conf->rcvbuf_most);
}

static u32 free_space(const struct end *e)
{
	u64 used = e->received - e->taken;

	return used < buffer_size(e) ? buffer_size(e) - used : 0;
}

u32 rx_receive_window(const struct end *e)
{
	return newtcp_rcvwnd_open(&e->rw, e->rcv_nxt);
}

/* The buffer, as memory: half of it is payload. */
s64 rx_memory(const struct end *e)
{
	return 2 * (s64)buffer_size(e);
}

static u32 offer(const struct end *e)
{
	struct newtcp_rcvwnd_room room;

	room = newtcp_rcvwnd_room(&e->rw, rx_memory(e), e->memory);
	return newtcp_rcvwnd_could(&e->rw, &room, e->da.rcv_mss);
}

void rx_init(struct end *e)
{
	const struct side *c = e->conf;
	const struct newtcp_rcvwnd_start in = {
		.space = c->rcvbuf, .mss = c->mss, .grows_to = buffer_most(e), .wscale = c->wscale,
	};

	e->tuned = c->rcvbuf;
	e->rw.advmss = c->mss;
	e->rw.ratio = NEWTCP_RATIO_DEFAULT;
	e->rw.wnd = newtcp_rcvwnd_initial(&in, &e->rw.clamp, &e->rw.wscale);
	e->rw.ssthresh = e->rw.wnd;
}

static u32 copied_seq(const struct end *e)
{
	return e->irs + 1 + e->taken;
}

void rx_established(struct end *e)
{
	if (e->use.timestamps)
		e->rw.advmss -= NEWTCP_TS_ALIGNED;
	newtcp_delack_guess_mss(&e->da, min_t(u32, tx_mss(e), e->rw.advmss), e->rw.wnd);
	newtcp_rcvwnd_established(&e->rw, 2 * buffer_size(e), 0);
	newtcp_rcvtune_start(&e->tune, &e->rw, tx_clock(e), copied_seq(e));
	newtcp_delack_opened(&e->da, &times, rx_receive_window(e));
}

/* The window field of a segment that is not a SYN. */
u16 rx_window(struct end *e)
{
	u32 cur = rx_receive_window(e), scale = 1U << e->rw.wscale, win;
	u16 field;

	/* The one case in which the edge moves. */
	if (e->da.owed & DELACK_NOMEM) {
		e->edge = e->rcv_nxt;
		return newtcp_rcvwnd_close(&e->rw, e->rcv_nxt);
	}
	field = newtcp_rcvwnd_offer(&e->rw, e->rcv_nxt, offer(e), false);
	win = (u32)field << e->rw.wscale;
	/* Nothing is promised that there is no room for, but for rounding. */
	check_that(e->sim, win <= max(cur, free_space(e)) + scale - 1);
	/* RFC 9293 3.8.6: the right edge never moves to the left. */
	check_that(e->sim, !seq_before(e->rcv_nxt + win, e->edge));
	e->edge = e->rcv_nxt + win;
	return field;
}

/* Timestamps and SACK blocks of a segment that is not a SYN. */
unsigned int rx_options(struct end *e, __be32 *opt, u8 flags)
{
	unsigned int room = NEWTCP_MAX_OPT_LEN - NEWTCP_SACK_BASE;
	struct newtcp_options o = {};

	if (e->use.timestamps) {
		o.flags |= NEWTCP_OPT_TS;
		o.tsval = tx_ts(e);
		o.tsecr = e->ts_recent;
		room -= NEWTCP_TS_ALIGNED;
	}
	if (!(flags & TH_RST) && (e->sacks.n || e->sacks.dsack)) {
		o.num_sacks = newtcp_sack_report(&e->sacks, room / NEWTCP_SACK_PER_BLOCK,
						 o.sacks);
		e->sacks.dsack = false;
		o.flags |= NEWTCP_OPT_SACK;
	}
	return newtcp_options_build(opt, &o);
}

/* The peer seems to miss something: no ACK waits for now. */
void rx_quick(struct end *e)
{
	newtcp_delack_quick(&e->da, &times, rx_receive_window(e));
}

/* A segment that is no news at all, or in the wrong place. */
void rx_old_segment(struct end *e, const struct packet *p)
{
	u32 end = p->seq + p->len + !!(p->flags & TH_FIN);

	if (end != p->seq && seq_before(p->seq, e->rcv_nxt)) {
		struct newtcp_reports rep = { e->use.sack ? &e->sacks : NULL, true };

		rx_quick(e);
		newtcp_report_known(rep, e->rcv_nxt, p->seq, end);
	}
	tx_ack(e);
}

/* In order: the peer's segment size, its pace, and a window that may grow. */
static void learn(struct end *e, const struct packet *p)
{
	u32 now = rx_ticks(e->sim->now), ts = tx_ts(e);
	int left = rx_memory(e) - e->memory;

	newtcp_delack_measure(&e->da, p->len, 0, 20 + (e->use.timestamps ? NEWTCP_TS_ALIGNED : 0),
			      e->rw.advmss, p->flags & TH_PSH);
	newtcp_rcvtune_window(&e->tune, tx_clock(e), e->rcv_nxt, e->rw.wnd);
	if (e->has_ts && e->tsecr)
		newtcp_rcvtune_echo(&e->tune, e->tsecr, ts, p->len >= e->da.rcv_mss);
	/* 0 is none: a microsecond off, or no echo. */
	e->sim->absolute |= !(u32)tx_clock(e) || (e->has_ts && !e->tsecr);
	newtcp_delack_arrived(&e->da, &times, now - e->data_at,
			      rx_ticks(newtcp_rtt_rto(&e->rtt)), rx_receive_window(e));
	e->data_at = now;
	if (p->len >= 128 && e->rw.ssthresh < newtcp_rcvwnd_bound(&e->rw, left))
		newtcp_rcvwnd_grow(&e->rw, newtcp_rcvwnd_bound(&e->rw, left), p->len,
				   2 * p->len, e->da.rcv_mss, 2 * buffer_most(e));
}

/* A second FIN, or bytes behind one: no peer that is sane sends that. */
static bool beyond_fin(const struct end *e, u32 end, bool fin)
{
	if (e->fin_known)
		return seq_after(end, e->fin_seq) || (fin && end != e->fin_seq);
	return fin && e->reasm.last && seq_after(e->reasm.last->end_seq, end);
}

/* A segment's data and FIN, the segment being acceptable. */
void rx_data(struct end *e, const struct packet *p)
{
	bool fin = p->flags & TH_FIN;
	u32 end = p->seq + p->len;

	if (!p->len && !fin)
		return;
	e->da.owed |= DELACK_OWED;
	if (seq_after(end + fin, e->rcv_nxt) && beyond_fin(e, end, fin)) {
		if (!e->sim->manner->lies)
			fail(e->sim, "%c sees bytes beyond the FIN", 'A' + e->id);
		return;
	}
	if (fin) {
		e->fin_known = true;
		e->fin_seq = end;
	}
	if (!queue_in(e, p))
		return;
	learn(e, p);
	if (fin)
		newtcp_delack_urge(&e->da);
}

/* An ACK is held back, or has been. */
static void delay_ack(struct end *e)
{
	u32 wait = newtcp_delack_wait(&e->da, &times, DIV_ROUND_UP(e->rtt.srtt_us >> 3, TICK_US),
				      e->rtt.rto_min_ms * MS / TICK_US);

	if (e->dl[DL_DELACK])
		wait = newtcp_delack_held(wait,
					  (s64)(e->dl[DL_DELACK] - e->sim->now) / (s64)TICK_US);
	if (wait)
		timer_set(e, DL_DELACK, TICK_US * wait);
	else
		tx_ack(e);
}

/* An ACK may be due: now, or later, or with data. */
void rx_ack_check(struct end *e)
{
	bool keeps_up = newtcp_delack_asks_window(&e->da, e->rcv_nxt - e->rw.wup) &&
			offer(e) >= e->rw.wnd;

	switch (newtcp_delack_when(&e->da, keeps_up, !newtcp_reasm_empty(&e->reasm), PINGPONG)) {
	case DELACK_WHEN_NOW:
		tx_ack(e);
		break;
	case DELACK_WHEN_LATER:
		delay_ack(e);
		break;
	case DELACK_WHEN_NEVER:
		break;
	}
}

/* It was held back as long as it may be. */
void rx_ack_late(struct end *e)
{
	if (newtcp_delack_expired(&e->da, &times, rx_ticks(newtcp_rtt_rto(&e->rtt)), PINGPONG))
		tx_ack(e);
}

/* The buffer follows what is read in a round trip. */
static void tune(struct end *e)
{
	s64 want;

	if (!newtcp_rcvtune_due(&e->tune, tx_clock(e)))
		return;
	want = newtcp_rcvtune_read(&e->tune, &e->rw, tx_clock(e), copied_seq(e), e->rcv_nxt);
	check_that(e->sim, want >= 0 && e->tune.space);
	want = min(want / 2, (s64)e->conf->rcvbuf_most);
	if (want > e->tuned) {
		trace_end(e, "buffer %lld -> %lld", (long long)e->tuned, (long long)want);
		e->tuned = want;
		e->rw.clamp = newtcp_payload_of(e->rw.ratio, 2 * want);
	}
}

/* The program reads: is the peer to know? */
void rx_read(struct end *e, u64 n)
{
	bool now;
	u32 cur;

	e->taken += n;
	check_that(e->sim, e->taken <= e->received);
	queue_read(e);
	tune(e);
	if (e->state < S_ESTABLISHED || e->state == S_TIME_WAIT || e->fin_rcvd)
		return;
	now = newtcp_delack_read(&e->da, e->rcv_nxt - e->rw.wup, e->taken == e->received,
				 PINGPONG);
	cur = rx_receive_window(e);
	if (newtcp_rcvwnd_may_double(&e->rw, cur))
		now |= newtcp_rcvwnd_doubles(cur, offer(e));
	if (now)
		tx_ack(e);
}
