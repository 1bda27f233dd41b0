// SPDX-License-Identifier: GPL-2.0
/*
 * What an end receives: the ranges that came out of order, the window that is
 * offered, and when an ACK is due. Bytes are checked as they come: each segment
 * says where in its stream it belongs.
 */
#include "sim.h"

#define PINGPONG	1	/* net.ipv4.tcp_pingpong_thresh */

static const struct newtcp_delack_times times = {
	.min = 40 * MS / TICK_US, .max = 200 * MS / TICK_US, .unsure = 500 * MS / TICK_US,
};

static u32 buffer_size(const struct end *e)
{
	const struct side *c = e->conf;

	u32 size = c->shrink && e->received > (u64)c->rcvbuf ? c->shrink : c->rcvbuf;

	return size;
}

u32 rx_ticks(u64 us)
{
	return us / TICK_US;
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

/* What is taken to be in memory is twice what is payload. */
static u32 offer(const struct end *e)
{
	struct newtcp_rcvwnd_room room;

	room = newtcp_rcvwnd_room(&e->rw, 2 * buffer_size(e), 2 * (e->received - e->taken));
	return newtcp_rcvwnd_could(&e->rw, &room, e->da.rcv_mss);
}

void rx_init(struct end *e)
{
	const struct side *c = e->conf;
	const struct newtcp_rcvwnd_start in = {
		.space = c->rcvbuf, .mss = c->mss, .grows_to = c->rcvbuf, .wscale = c->wscale,
	};

	e->rw.advmss = c->mss;
	e->rw.ratio = NEWTCP_RATIO_DEFAULT;
	e->rw.wnd = newtcp_rcvwnd_initial(&in, &e->rw.clamp, &e->rw.wscale);
	e->rw.ssthresh = e->rw.wnd;
}

void rx_established(struct end *e)
{
	if (e->use.timestamps)
		e->rw.advmss -= NEWTCP_TS_ALIGNED;
	newtcp_delack_guess_mss(&e->da, min_t(u32, tx_mss(e), e->rw.advmss), e->rw.wnd);
	newtcp_rcvwnd_established(&e->rw, 2 * buffer_size(e), 0);
	newtcp_delack_opened(&e->da, &times, rx_receive_window(e));
}

/* The window field of a segment that is not a SYN. */
u16 rx_window(struct end *e)
{
	u32 cur = rx_receive_window(e), scale = 1U << e->rw.wscale;
	u16 field = newtcp_rcvwnd_offer(&e->rw, e->rcv_nxt, offer(e), false);
	u32 win = (u32)field << e->rw.wscale;

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

static void duplicate(struct end *e, u32 start, u32 end)
{
	newtcp_delack_quick(&e->da, &times, rx_receive_window(e));
	newtcp_delack_urge(&e->da);
	if (e->use.sack)
		newtcp_sack_dup(&e->sacks, start, end);
}

/* A segment that is no news at all, or in the wrong place. */
void rx_old_segment(struct end *e, const struct packet *p)
{
	u32 end = p->seq + p->len + !!(p->flags & TH_FIN);

	if (end != p->seq && seq_before(p->seq, e->rcv_nxt))
		duplicate(e, p->seq, seq_min(end, e->rcv_nxt));
	tx_ack(e);
}

/* Everything up to @end is there; @abs is where RCV.NXT stands by its segment. */
static void advance(struct end *e, u32 end, u64 abs)
{
	u32 n = end - e->rcv_nxt;
	bool fin = e->fin_known && end == e->fin_seq + 1;

	if (!n)
		return;
	if (abs != e->received)
		fail(e->sim, "%c takes bytes from %llu of the stream for those from %llu",
		     'A' + e->id, (unsigned long long)abs, (unsigned long long)e->received);
	check_that(e->sim, !e->fin_rcvd);
	e->received += n - fin;
	e->fin_rcvd = fin;
	e->rcv_nxt = end;
}

static void drop_first(struct end *e, unsigned int n)
{
	e->n_held -= n;
	memmove(e->held, e->held + n, e->n_held * sizeof(*e->held));
}

static void in_order(struct end *e, u32 end, u64 abs)
{
	unsigned int done = 0;

	advance(e, end, abs);
	for (; done < e->n_held; done++) {
		struct held *h = &e->held[done];

		if (seq_after(h->start, e->rcv_nxt))
			break;
		/* What was held came twice, as far as they overlap. */
		if (seq_before(h->start, e->rcv_nxt))
			duplicate(e, h->start, seq_min(h->end, e->rcv_nxt));
		if (seq_after(h->end, e->rcv_nxt))
			advance(e, h->end, h->abs + (e->rcv_nxt - h->start));
	}
	drop_first(e, done);
	newtcp_sack_advance(&e->sacks, e->rcv_nxt);
}

/* Keep what lies beyond a hole, joined with what it touches. */
static void out_of_order(struct end *e, u32 start, u32 end, u64 abs)
{
	unsigned int at = 0, last;

	while (at < e->n_held && seq_before(e->held[at].end, start))
		at++;
	for (last = at; last < e->n_held && !seq_after(e->held[last].start, end); last++) {
		struct held *h = &e->held[last];
		u32 from = seq_max(start, h->start), to = seq_min(end, h->end);

		if (h->abs + (s64)(s32)(start - h->start) != abs)
			fail(e->sim, "%c holds bytes that stand elsewhere in the stream",
			     'A' + e->id);
		if (seq_before(from, to))
			duplicate(e, from, to);
		if (seq_before(h->start, start)) {
			abs -= start - h->start;
			start = h->start;
		}
		end = seq_max(end, h->end);
	}
	if (at == last && e->n_held == MAX_HELD)
		return;
	memmove(e->held + at + 1, e->held + last, (e->n_held - last) * sizeof(*e->held));
	e->n_held += 1 - (last - at);
	e->held[at] = (struct held){ start, end, abs };
	if (!e->use.sack)
		return;
	newtcp_sack_add(&e->sacks, start, end);
	/* RFC 2018 4: the block with the newest segment comes first. */
	check_that(e->sim, e->sacks.n && e->sacks.block[0].start == start &&
		   e->sacks.block[0].end == end);
}

/* RFC 2018 8: a receiver may drop what it has SACKed. */
static void renege(struct end *e)
{
	if (!sim_chance(e->sim, e->conf->renege))
		return;
	trace_end(e, "forgets what is out of order");
	e->n_held = 0;
	memset(&e->sacks, 0, sizeof(e->sacks));
}

/* In order: the peer's segment size, its pace, and a window that may grow. */
static void learn(struct end *e, const struct packet *p)
{
	u32 now = rx_ticks(e->sim->now);
	int left = 2 * (int)free_space(e);

	newtcp_delack_measure(&e->da, p->len, 20 + (e->use.timestamps ? NEWTCP_TS_ALIGNED : 0),
			      e->rw.advmss, p->flags & TH_PSH);
	newtcp_delack_arrived(&e->da, &times, now - e->data_at,
			      rx_ticks(newtcp_rtt_rto(&e->rtt)), rx_receive_window(e));
	e->data_at = now;
	if (p->len >= 128 && e->rw.ssthresh < newtcp_rcvwnd_bound(&e->rw, left))
		newtcp_rcvwnd_grow(&e->rw, newtcp_rcvwnd_bound(&e->rw, left), p->len,
				   2 * p->len, e->da.rcv_mss, 2 * buffer_size(e));
}

/* A second FIN, or bytes behind one: no peer that is sane sends that. */
static bool beyond_fin(const struct end *e, u32 end, bool fin)
{
	if (e->fin_known)
		return seq_after(end, e->fin_seq) || (fin && end != e->fin_seq);
	return fin && e->n_held && seq_after(e->held[e->n_held - 1].end, end);
}

/* A segment's data and FIN, the segment being acceptable. */
void rx_data(struct end *e, const struct packet *p)
{
	u32 seq = p->seq, edge = e->rcv_nxt + rx_receive_window(e);
	bool fin = p->flags & TH_FIN;
	u32 end = seq + p->len;

	if (!p->len && !fin)
		return;
	e->da.owed |= DELACK_OWED;
	if (!seq_after(end + fin, e->rcv_nxt)) {
		duplicate(e, seq, end + fin);
		return;
	}
	if (seq_after(end, edge)) {
		end = edge;
		fin = false;
	}
	if (seq_after(seq, edge) || (seq == end && !fin)) {
		newtcp_delack_urge(&e->da);
		return;
	}
	if (beyond_fin(e, end, fin)) {
		if (!e->sim->manner->lies)
			fail(e->sim, "%c sees bytes beyond the FIN", 'A' + e->id);
		return;
	}
	if (fin) {
		e->fin_known = true;
		e->fin_seq = end;
	}
	end += fin;
	if (seq_after(seq, e->rcv_nxt)) {
		out_of_order(e, seq, end, p->abs);
		renege(e);
		newtcp_delack_urge(&e->da);
		return;
	}
	if (seq_before(seq, e->rcv_nxt))
		duplicate(e, seq, e->rcv_nxt);
	/* A hole that is filled is acknowledged at once (RFC 5681 4.2). */
	if (e->n_held)
		newtcp_delack_urge(&e->da);
	in_order(e, end, p->abs + (e->rcv_nxt - seq));
	learn(e, p);
	if (fin)
		newtcp_delack_urge(&e->da);
}

/* An ACK may be due: now, or later, or with data. */
void rx_ack_check(struct end *e)
{
	bool keeps_up = newtcp_delack_asks_window(&e->da, e->rcv_nxt - e->rw.wup) &&
			offer(e) >= e->rw.wnd;

	switch (newtcp_delack_when(&e->da, keeps_up, e->n_held, PINGPONG)) {
	case DELACK_WHEN_NOW:
		tx_ack(e);
		break;
	case DELACK_WHEN_LATER:
		if (!e->dl[DL_DELACK])
			timer_set(e, DL_DELACK, TICK_US *
				  newtcp_delack_wait(&e->da, &times,
						     DIV_ROUND_UP(e->rtt.srtt_us >> 3, TICK_US),
						     e->rtt.rto_min_ms * MS / TICK_US,
						     PINGPONG));
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

/* The program reads: is the peer to know? */
void rx_read(struct end *e, u64 n)
{
	bool now;
	u32 cur;

	e->taken += n;
	check_that(e->sim, e->taken <= e->received);
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
