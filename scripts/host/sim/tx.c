// SPDX-License-Identifier: GPL-2.0
/*
 * What an end sends: new data as the windows allow, what is lost again, FIN,
 * ACKs and probes. As module/tcp/tx/output.c and retransmit.c, with byte ranges.
 */
#include "sim.h"

#include <stdlib.h>

u64 tx_clock(const struct end *e)
{
	return e->sim->base_us[e->id] + e->sim->now;
}

u32 tx_ts(const struct end *e)
{
	return newtcp_ms_of(tx_clock(e)) + (u32)e->conf->ts_offset;
}

/* Payload of a full segment: path, peer, and half of the peer's largest window. */
static u32 full_mss(const struct end *e)
{
	u32 header = 20 + (e->use.timestamps ? NEWTCP_TS_ALIGNED : 0);

	return newtcp_mss_within(newtcp_mss_of_mtu(e->pmtu, e->mss_clamp, 48, header),
				 e->max_window, header);
}

/* The same now, with the SACK blocks that the next segment carries. */
u32 tx_mss(const struct end *e)
{
	return newtcp_mss_with_blocks(full_mss(e), e->sacks.n + e->sacks.dsack,
				      e->use.timestamps);
}

/* The bytes are known by their numbers: of the record only its place has to move. */
static bool tx_shift(void *owner, struct newtcp_seg *to, struct newtcp_seg *from, u32 len)
{
	const struct end *e = owner;

	check_that(e->sim, to->end_seq == from->seq && len);
	if (len >= tx_len(from))
		return false;
	container_of(from, struct sim_seg, seg)->abs += len;
	return true;
}

struct newtcp_snd tx_snd(struct end *e)
{
	return (struct newtcp_snd){
		.b = &e->b, .r = &e->r, .c = &e->c, .rate = &e->rate, .rtt = &e->rtt,
		.conf = &e->loss_conf, .now_us = tx_clock(e),
		.una = e->una, .nxt = e->nxt, .mss = full_mss(e),
		.max_window = e->max_window, .sack_ok = e->use.sack,
		.opening = e->state < S_ESTABLISHED,
		.cut = tx_cut, .shift = tx_shift, .owner = e,
	};
}

u32 tx_wnd_end(const struct end *e)
{
	return e->una + e->wnd;
}

u32 tx_len(const struct newtcp_seg *seg)
{
	return seg->end_seq - seg->seq - !!(seg->flags & TH_SYN) - !!(seg->flags & TH_FIN);
}

void tx_set_segs(struct newtcp_seg *seg, u32 mss)
{
	seg->mss = mss;
	seg->segs = max(DIV_ROUND_UP(tx_len(seg), mss), 1U);
}

/* Is there anything that was never sent? */
bool tx_unsent(const struct end *e)
{
	return e->state >= S_ESTABLISHED && e->state != S_TIME_WAIT &&
	       (e->written > e->abs_sent || (e->fin && !e->fin_sent));
}

static u64 mix(u64 h, u64 v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
	return h ^ (h >> 29);
}

/* What is sent, without what each run has of its own: clocks and first numbers. */
static void digest(struct end *e, const struct packet *p)
{
	struct newtcp_options o;
	u64 h = e->digest;
	int i;

	newtcp_options_parse((const u8 *)p->opt, p->optlen, p->flags & TH_SYN, &o);
	h = mix(h, e->sim->now);
	h = mix(h, p->flags | p->window << 8 | (u64)p->len << 32);
	h = mix(h, p->seq - e->iss);
	h = mix(h, p->flags & TH_ACK ? p->ack - e->irs : 0);
	if (o.flags & NEWTCP_OPT_TS)
		h = mix(h, o.tsval - (newtcp_ms_of(e->sim->base_us[e->id]) +
				      (u32)e->conf->ts_offset));
	for (i = 0; i < o.num_sacks; i++) {
		h = mix(h, o.sacks[i].start - e->irs);
		h = mix(h, o.sacks[i].end - e->irs);
	}
	e->digest = h;
}

static unsigned int syn_options(struct end *e, __be32 *opt)
{
	const struct newtcp_syn_values v = {
		.mss = e->conf->mss, .wscale = e->rw.wscale,
		.tsval = tx_ts(e), .tsecr = e->ts_recent,
	};
	struct newtcp_options o;

	newtcp_negotiate_say(e->use, &v, &o);
	return newtcp_options_build(opt, &o);
}

static void transmit(struct end *e, u32 seq, u32 len, u8 flags, u64 abs, u32 mss)
{
	struct packet p = { .kind = PKT_SEGMENT, .id = e->sent_packets++ };

	check_that(e->sim, len <= U16_MAX);
	p.seq = seq;
	p.len = len;
	p.flags = flags;
	p.abs = abs;
	p.ack = flags & TH_ACK ? e->rcv_nxt : 0;
	if (flags & TH_SYN) {
		p.optlen = syn_options(e, p.opt);
		p.window = newtcp_wire_syn_window(e->rw.wnd);
		if (flags & TH_ACK)
			e->edge = e->rcv_nxt + p.window;
	} else {
		/* Each segment of a super-packet would report the duplicate. */
		check_that(e->sim, !e->sacks.dsack || len <= mss);
		p.optlen = rx_options(e, p.opt, flags);
		p.window = rx_window(e);
	}
	check_that(e->sim, p.optlen <= NEWTCP_MAX_OPT_LEN);
	if (flags & TH_ACK) {
		newtcp_delack_sent(&e->da);
		timer_clear(e, DL_DELACK);
	}
	if (len) {
		newtcp_delack_data_sent(&e->da, rx_ticks(e->sim->now) - e->data_at);
		e->last_sent_us = e->sim->now;
	}
	digest(e, &p);
	net_send(e->sim, e->id, &p, mss);
}

void tx_bare(struct end *e, u32 seq, u8 flags)
{
	transmit(e, seq, 0, flags, 0, 1);
}

/* Beyond a window that shrank our numbers would not be acceptable. */
void tx_ack(struct end *e)
{
	u32 seq = e->nxt;

	if (seq_after(seq, tx_wnd_end(e)) && e->state >= S_ESTABLISHED)
		seq = seq_max(tx_wnd_end(e), e->una);
	tx_bare(e, seq, TH_ACK);
}

void tx_challenge(struct end *e)
{
	if (e->challenge_at && e->sim->now - e->challenge_at < SEC / 2)
		return;
	e->challenge_at = e->sim->now ?: 1;
	tx_ack(e);
}

/* Until the next packet may go, by the rate: microseconds, rounded up. */
u64 tx_pace_wait_us(const struct end *e)
{
	u64 now = e->sim->now * 1000;

	return e->pace_next_ns > now ? (e->pace_next_ns - now + 999) / 1000 : 0;
}

static bool pace_holds(struct end *e)
{
	u64 wait = tx_pace_wait_us(e);

	if (wait)
		timer_set(e, DL_PACE, wait);
	return wait;
}

static u64 window_rate(const struct end *e)
{
	const struct newtcp_pace_conf conf = { 200, 120 };

	return newtcp_pace_rate(&e->c, e->b.packets_out, tx_mss(e), e->rtt.srtt_us, &conf);
}

/*
 * The own device is the one that has the rate: as module/tcp/tx/smallq.c, what waits in it
 * is bounded, by twice as much for what is sent again.
 */
static bool device_holds(struct end *e, unsigned int factor)
{
	u64 until = e->sim->link[e->id].busy_until, rate = e->conf->rate, queued, limit;

	if (!e->conf->smallq || !rate || until <= e->sim->now)
		return false;
	queued = (until - e->sim->now) * rate / 1000;
	limit = newtcp_pace_queue(window_rate(e), 10, tx_mss(e) * e->conf->gso, e->conf->smallq);
	if (queued >> factor <= limit ||
	    newtcp_board_first(&e->b) == newtcp_board_last(&e->b))
		return false;
	timer_set(e, DL_SMALLQ, (queued - (limit << factor)) * 1000 / rate + 1);
	return true;
}

/* The rate is that of the window, and at most what the scenario says, in bytes a millisecond. */
static void pace_sent(struct end *e, u32 len)
{
	u64 rate = window_rate(e);

	if (e->conf->pace && len && e->r.delivered + e->b.packets_out >= 10)
		e->pace_next_ns = newtcp_pace_next(e->pace_next_ns, e->sim->now * 1000, len,
						   min_t(u64, rate, e->conf->pace * 1000));
}

/* A new record, in flight. */
static void append(struct end *e, u32 len, u8 flags, u32 mss)
{
	struct sim_seg *s = calloc(1, sizeof(*s));
	u32 before = e->b.packets_out;

	s->abs = e->abs_sent;
	s->seg.seq = e->nxt;
	s->seg.end_seq = e->nxt + len + !!(flags & TH_SYN) + !!(flags & TH_FIN);
	s->seg.flags = flags;
	s->seg.sent_us = tx_clock(e);
	tx_set_segs(&s->seg, mss);
	transmit(e, s->seg.seq, len, flags, s->abs, mss);
	newtcp_rate_sent(&e->rate, &s->seg, e->r.delivered, !before);
	newtcp_board_append(&e->b, &s->seg);
	e->nxt = s->seg.end_seq;
	e->abs_sent += len;
	pace_sent(e, len);
	if (flags & TH_FIN)
		e->fin_sent = true;
	if (len < mss)
		e->sml = e->nxt;
	if (newtcp_ca_reducing(&e->r))
		e->r.prr_out += s->seg.segs;
	if (!before)
		timer_clear(e, DL_PROBE);
	if (!before || e->dl[DL_TLP])
		timer_rearm_rto(e);
}

void tx_syn(struct end *e, bool ack)
{
	append(e, 0, TH_SYN | (ack ? TH_ACK : 0), 536);
}

struct newtcp_seg *tx_cut(void *owner, struct newtcp_seg *seg, u32 len)
{
	struct sim_seg *s = container_of(seg, struct sim_seg, seg);
	struct end *e = owner;
	struct sim_seg *rest;
	int before = seg->segs;

	check_that(e->sim, len);
	/* What is left may be a FIN, which has no bytes. */
	if (len >= tx_len(seg))
		return NULL;
	rest = malloc(sizeof(*rest));
	*rest = *s;
	rest->seg.seq += len;
	rest->abs += len;
	seg->end_seq = rest->seg.seq;
	seg->flags &= ~(TH_FIN | TH_PSH);
	tx_set_segs(seg, seg->mss);
	tx_set_segs(&rest->seg, seg->mss);
	newtcp_board_count(&e->b, seg, before - seg->segs - rest->seg.segs);
	newtcp_board_split(&e->b, seg, &rest->seg);
	return &rest->seg;
}

static u32 cwnd_room(const struct end *e)
{
	return newtcp_sendable_cwnd(e->c.cwnd, newtcp_board_pipe(&e->b));
}

/* A partial segment at the end waits for company, unless a FIN follows. */
static bool tail_waits(const struct end *e)
{
	return !(e->fin && !e->fin_sent) &&
	       newtcp_nagle_holds(newtcp_nagle_says(e->conf->nodelay, false, false),
				  e->b.packets_out && seq_mark_ahead(e->sml, e->una, e->nxt));
}

/* The next ACK would make a much larger packet. */
static bool worth_waiting(const struct end *e, u32 len, u32 window, u32 most, u32 mss)
{
	u32 limit = min_t(u64, window, (u64)cwnd_room(e) * mss);

	/* As the module: only what was sent in this tick is sure to bring an ACK soon. */
	if (!newtcp_defer_may(len, limit, most, newtcp_board_pipe(&e->b),
			      e->r.state >= NEWTCP_CA_RECOVERY, e->fin && !e->fin_sent) ||
	    rx_ticks(e->sim->now) != rx_ticks(e->last_sent_us))
		return false;
	return newtcp_defer_pays(limit, mss, min_t(u64, e->wnd, (u64)e->c.cwnd * mss), 3,
				 tx_clock(e) - newtcp_board_first(&e->b)->sent_us,
				 e->rtt.srtt_us);
}

/* How many of the unsent bytes may go in one piece; ~0U: nothing may. */
static u32 sendable(const struct end *e, u32 mss)
{
	u32 avail = min_t(u64, e->written - e->abs_sent, INT_MAX);
	u32 window = tx_wnd_end(e) - e->nxt;
	u32 room = cwnd_room(e), most;

	/* The FIN need not go along: without data it counts for the window. */
	if (!room || !newtcp_sendable_fits(e->nxt, e->nxt + (avail ?: 1), avail, mss,
					   tx_wnd_end(e)))
		return ~0U;
	if (avail <= mss)
		return avail < mss && tail_waits(e) ? ~0U : avail;
	/* No IP packet is longer. */
	most = newtcp_sack_segs(&e->sacks, min_t(u32, e->conf->gso, 65535 / mss)) * mss;
	if (worth_waiting(e, avail, window, most, mss))
		return ~0U;
	return newtcp_sendable_len(avail, min3(window, most,
					       newtcp_pace_room(&e->c, room) * mss),
				   mss, tail_waits(e));
}

static void after_sending(struct end *e)
{
	if (newtcp_cwv_after_send(&e->cwv, &e->c, e->b.packets_out, e->una, e->nxt,
				  !cwnd_room(e), tx_clock(e), newtcp_rtt_rto(&e->rtt)))
		newtcp_cwv_decay(&e->cwv, &e->c, NEWTCP_INIT_CWND,
				 !tx_unsent(e) && e->r.state == NEWTCP_CA_OPEN, tx_clock(e));
}

/* Data goes out after a pause, with nothing in flight. */
static void after_pause(struct end *e)
{
	newtcp_cong_sent(&e->c, tx_clock(e));
	if (e->r.state == NEWTCP_CA_OPEN)
		newtcp_cwv_idle(&e->cwv, &e->c, (e->sim->now - e->last_sent_us) / 1000,
				newtcp_rtt_rto(&e->rtt) / 1000, NEWTCP_INIT_CWND,
				tx_clock(e));
}

static void send_some(struct end *e, u32 len, u32 mss)
{
	bool all = e->abs_sent + len == e->written;
	u8 flags = TH_ACK;

	if (all && len)
		flags |= TH_PSH;
	/* The FIN goes along when there is room for its number. */
	if (all && e->fin && !e->fin_sent &&
	    (!len || seq_before(e->nxt + len, tx_wnd_end(e))))
		flags |= TH_FIN;
	append(e, len, flags, mss);
}

/* New data, as far as the windows and Nagle allow. */
void tx_push(struct end *e)
{
	bool sent = false;

	if (!tx_unsent(e))
		return;
	if (!e->b.packets_out)
		after_pause(e);
	while (tx_unsent(e) && !pace_holds(e) && !device_holds(e, 0)) {
		u32 mss = tx_mss(e), len = sendable(e, mss);

		if (len == ~0U)
			break;
		check_that(e->sim, newtcp_board_pipe(&e->b) < e->c.cwnd);
		send_some(e, len, mss);
		sent = true;
	}
	if (sent || !cwnd_room(e))
		after_sending(e);
	if (sent)
		tx_schedule_tlp(e);
	if (tx_unsent(e))
		timer_check_probe(e);
}

/* Make the peer say what its window is. */
void tx_probe(struct end *e)
{
	s32 room = tx_wnd_end(e) - e->nxt;
	u64 avail = e->written - e->abs_sent;

	if (room > 0 && tx_unsent(e))
		send_some(e, min3((u64)room, (u64)tx_mss(e), avail), tx_mss(e));
	else
		tx_bare(e, e->una - 1, TH_ACK);
}

static void trim_head(struct end *e, struct newtcp_seg *seg)
{
	struct sim_seg *s = container_of(seg, struct sim_seg, seg);

	s->abs += e->una - seg->seq;
	seg->seq = e->una;
}

/* The window may have shrunk: cut to what may go; false: nothing may. */
static bool fit_window(struct end *e, struct newtcp_seg *seg, u32 mss, u32 segs)
{
	u32 len = newtcp_sendable_again(seg->seq, tx_len(seg), segs, mss, e->una, tx_wnd_end(e));

	if (len && len < tx_len(seg))
		tx_cut(e, seg, len);
	return len;
}

/* Send a record again, at most @segs segments of it; false: it may not go. */
bool tx_again(struct end *e, struct newtcp_seg *seg, u32 segs)
{
	struct sim_seg *s = container_of(seg, struct sim_seg, seg);
	struct newtcp_snd snd = tx_snd(e);
	u32 mss = tx_mss(e);

	if (seq_before(seg->seq, e->una) && tx_len(seg))
		trim_head(e, seg);
	if (tx_len(seg)) {
		if (!fit_window(e, seg, mss, segs))
			return false;
		if (seg->mss != mss) {
			int old = seg->segs;

			tx_set_segs(seg, mss);
			newtcp_board_count(&e->b, seg, old - seg->segs);
			e->cut_anew = true;
		}
	}
	transmit(e, seg->seq, tx_len(seg), seg->flags, s->abs, mss);
	seg->sent_us = snd.now_us;
	newtcp_recovery_sent_again(&snd, seg);
	pace_sent(e, tx_len(seg));
	e->resent++;
	if (!e->resent_edge || seq_after(seg->end_seq, e->resent_edge))
		e->resent_edge = seg->end_seq;
	if (!e->r.retrans_stamp) {
		/* 0 is none: a millisecond early, which at most hides an undo. */
		e->r.retrans_stamp = newtcp_ms_of(snd.now_us) ?: ~0U;
		e->sim->absolute |= !newtcp_ms_of(snd.now_us);
	}
	return true;
}

void tx_resend_lost(struct end *e)
{
	struct newtcp_seg *seg;

	while ((seg = newtcp_seg_entry(rb_first(&e->b.lost))) && !pace_holds(e) &&
	       !device_holds(e, 1)) {
		bool oldest = seg == newtcp_board_first(&e->b);
		u32 room = cwnd_room(e);

		if (!room || !tx_again(e, seg, newtcp_sack_segs(&e->sacks, room)))
			return;
		if (oldest)
			timer_rearm_rto(e);
	}
}

void tx_schedule_tlp(struct end *e)
{
	u32 wait = newtcp_tlp_wait_us(&e->b, &e->r, &e->rtt, e->use.sack, TICK_US);

	if (!wait)
		timer_clear(e, DL_TLP);
	else if (!e->dl[DL_RTO] || e->sim->now + wait < e->dl[DL_RTO])
		timer_set(e, DL_TLP, wait);
}

/* RFC 8985 7.3: new data if the window has room, else the last segment again. */
void tx_tail_probe(struct end *e)
{
	struct newtcp_snd s;
	struct newtcp_seg *last;
	u32 before = e->nxt, mss = tx_mss(e);
	s32 room = tx_wnd_end(e) - e->nxt;
	u64 len = min_t(u64, e->written - e->abs_sent, mss);

	if (e->r.tlp_out)
		return;
	if (tx_unsent(e) && room > 0 && len <= (u64)room) {
		send_some(e, len, mss);
	} else {
		last = newtcp_board_last(&e->b);
		/* It may have been SACKed meanwhile, or waits to be sent again. */
		if (!last || (last->marks & (NEWTCP_SEG_SACKED | NEWTCP_SEG_LOST)))
			return;
		if (last->segs > 1 && tx_len(last) > last->mss)
			last = tx_cut(e, last, (last->segs - 1) * last->mss);
		if (!tx_again(e, last, 1))
			return;
		e->probed++;
	}
	s = tx_snd(e);
	trace_end(e, "tail probe");
	newtcp_tlp_sent(&s, before == e->nxt);
	timer_rearm_rto(e);
}

/* The path takes less: what is in flight and too large is lost. */
void tx_resize(struct end *e)
{
	struct newtcp_seg *seg, *next;
	struct newtcp_snd s = tx_snd(e);

	list_for_each_entry_safe(seg, next, &e->b.sent, sent)
		if (seg->mss > s.mss && min_t(u32, tx_len(seg), seg->mss) > s.mss)
			newtcp_board_mark_lost(&e->b, seg);
	newtcp_recovery_resized(&s);
	tx_resend_lost(e);
}
