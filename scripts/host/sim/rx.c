// SPDX-License-Identifier: GPL-2.0
/*
 * What an end receives: the ranges that came out of order, the window that is
 * offered, and when an ACK is due. Bytes are checked as they come: each segment
 * says where in its stream it belongs.
 */
#include "sim.h"

#define DELACK_US	(40 * MS)
#define QUICK_ACKS	16

static u32 buffer_size(const struct end *e)
{
	const struct side *c = e->conf;

	u32 size = c->shrink && e->received > (u64)c->rcvbuf ? c->shrink : c->rcvbuf;

	/* More than can be said is of no use. */
	return min(size, 65535U << e->rcv_wscale);
}

static u32 free_space(const struct end *e)
{
	u64 used = e->received - e->taken;

	return used < buffer_size(e) ? buffer_size(e) - used : 0;
}

u32 rx_receive_window(const struct end *e)
{
	s32 win = e->rcv_wup + e->rcv_wnd - e->rcv_nxt;

	return max(win, 0);
}

static u32 offer(const struct end *e, u32 cur)
{
	return newtcp_window_fit(free_space(e), buffer_size(e), cur, e->rcv_mss,
				 e->rcv_wscale);
}

/* The window field of a segment that is not a SYN. */
u16 rx_window(struct end *e)
{
	u32 cur = rx_receive_window(e), win = offer(e, cur), edge;

	if (win < cur)
		win = ALIGN(cur, 1U << e->rcv_wscale);
	win = min(win, 65535U << e->rcv_wscale);
	/* Nothing is promised that there is no room for, but for rounding. */
	check_that(e->sim, win <= max(cur, free_space(e)) + (1U << e->rcv_wscale) - 1);
	e->rcv_wnd = win;
	e->rcv_wup = e->rcv_nxt;
	edge = e->rcv_nxt + (win >> e->rcv_wscale << e->rcv_wscale);
	/* RFC 9293 3.8.6: the right edge never moves to the left. */
	check_that(e->sim, !seq_before(edge, e->edge));
	e->edge = edge;
	return newtcp_wire_window(win, e->rcv_wscale);
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
	e->quick = QUICK_ACKS;
	e->ack_now = true;
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

static void learn_mss(struct end *e, u32 len)
{
	if (len > e->rcv_mss)
		e->rcv_mss = min_t(u32, len, e->conf->mss);
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
	e->ack_due = true;
	learn_mss(e, p->len);
	if (!seq_after(end + fin, e->rcv_nxt)) {
		duplicate(e, seq, end + fin);
		return;
	}
	if (seq_after(end, edge)) {
		end = edge;
		fin = false;
	}
	if (seq_after(seq, edge) || (seq == end && !fin)) {
		e->ack_now = true;
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
		e->ack_now = true;
		return;
	}
	if (seq_before(seq, e->rcv_nxt))
		duplicate(e, seq, e->rcv_nxt);
	/* A hole that is filled is acknowledged at once (RFC 5681 4.2). */
	if (e->n_held)
		e->ack_now = true;
	in_order(e, end, p->abs + (e->rcv_nxt - seq));
	if (fin)
		e->ack_now = true;
}

/* An ACK may be due: now, or later, or with data. */
void rx_ack_check(struct end *e)
{
	if (!e->ack_due)
		return;
	if (e->ack_now || e->quick > 0 || e->n_held ||
	    (e->rcv_nxt - e->rcv_wup > e->rcv_mss &&
	     offer(e, rx_receive_window(e)) >= e->rcv_wnd)) {
		if (e->quick > 0)
			e->quick--;
		tx_ack(e);
	} else if (!e->dl[DL_DELACK]) {
		timer_set(e, DL_DELACK, DELACK_US);
	}
}

/* The program reads: is the peer to know? */
void rx_read(struct end *e, u64 n)
{
	u32 cur, win;
	bool now = false;

	e->taken += n;
	check_that(e->sim, e->taken <= e->received);
	if (e->state < S_ESTABLISHED || e->state == S_TIME_WAIT || e->fin_rcvd)
		return;
	if (e->ack_due)
		now = e->rcv_nxt - e->rcv_wup > e->rcv_mss;
	cur = rx_receive_window(e);
	if (2 * cur <= buffer_size(e)) {
		win = offer(e, cur);
		now |= win && win >= 2 * cur;
	}
	if (now)
		tx_ack(e);
}
