// SPDX-License-Identifier: GPL-2.0
/* What has to hold after every event, and at the end. */
#include "sim.h"

/* The sums of a board, recounted. */
struct count {
	u32 packets, sacked, lost, retrans, records;
};

static bool in_flight(const struct newtcp_seg *seg)
{
	return !(seg->marks & NEWTCP_SEG_SACKED) &&
	       (!(seg->marks & NEWTCP_SEG_LOST) || (seg->marks & NEWTCP_SEG_RETRANS));
}

static void count_seg(struct end *e, const struct newtcp_seg *seg, struct count *n)
{
	n->records++;
	n->packets += seg->segs;
	if (seg->marks & NEWTCP_SEG_SACKED)
		n->sacked += seg->segs;
	if (seg->marks & NEWTCP_SEG_LOST)
		n->lost += seg->segs;
	if (seg->marks & NEWTCP_SEG_RETRANS)
		n->retrans += seg->segs;
	check_that(e->sim, seg->segs && seg->mss);
	check_that(e->sim, seq_before(seg->seq, seg->end_seq));
	check_that(e->sim, !seq_after(seg->end_seq, e->nxt));
	check_that(e->sim, seq_after(seg->end_seq, e->una));
	check_that(e->sim, seg->segs == max(DIV_ROUND_UP(tx_len(seg), seg->mss), 1U));
	/* What was SACKed is neither lost nor out. */
	check_that(e->sim, !(seg->marks & NEWTCP_SEG_SACKED) ||
		   !(seg->marks & (NEWTCP_SEG_LOST | NEWTCP_SEG_RETRANS)));
}

static void check_tree(struct end *e, const struct rb_root *root, struct count *n)
{
	struct rb_node *node;
	u32 end = 0;
	bool first = true;

	for (node = rb_first(root); node; node = rb_next(node)) {
		const struct newtcp_seg *seg = newtcp_seg_entry(node);

		check_that(e->sim, first || !seq_before(seg->seq, end));
		first = false;
		end = seg->end_seq;
		count_seg(e, seg, n);
		if (root == &e->b.lost)
			check_that(e->sim, !in_flight(seg) &&
				   !(seg->marks & NEWTCP_SEG_SACKED));
		else if (root == &e->b.held)
			check_that(e->sim, seg->marks & NEWTCP_SEG_SACKED);
		else
			check_that(e->sim, in_flight(seg));
	}
}

/* The list holds those in flight, by time. */
static void check_list(struct end *e, u32 flight)
{
	const struct newtcp_seg *seg, *prev = NULL;
	u32 n = 0;

	list_for_each_entry(seg, &e->b.sent, sent) {
		check_that(e->sim, in_flight(seg));
		check_that(e->sim, !prev || prev->sent_us <= seg->sent_us);
		check_that(e->sim, seg->sent_us <= tx_clock(e));
		prev = seg;
		n++;
	}
	check_that(e->sim, n == flight);
}

/* Does the peer, whom nothing was hidden from, have it all? */
static bool peer_has(const struct end *peer, u32 start, u32 end)
{
	return !seq_after(end, peer->rcv_nxt) ||
	       queue_holds(peer, seq_max(start, peer->rcv_nxt), end);
}

/* Nothing is believed of a peer that it did not say. */
static void check_truth(struct end *e)
{
	struct end *peer = &e->sim->end[!e->id];
	struct rb_node *node;

	if (peer->state < S_ESTABLISHED || e->state < S_ESTABLISHED)
		return;
	check_that(e->sim, !seq_after(e->una, peer->rcv_nxt));
	for (node = rb_first(&e->b.held); node && !peer->conf->renege && !peer->gave_up; node = rb_next(node)) {
		const struct newtcp_seg *seg = newtcp_seg_entry(node);

		check_that(e->sim, peer_has(peer, seg->seq, seg->end_seq));
	}
}

/* The blocks that are reported are what is held, and as far as it reaches. */
static void check_sacks(struct end *e)
{
	unsigned int i;

	for (i = 0; i < e->sacks.n; i++) {
		const struct newtcp_range *r = &e->sacks.block[i];

		check_that(e->sim, queue_holds(e, r->start, r->end));
		check_that(e->sim, e->partial || !queue_holds(e, r->start, r->end + 1));
		check_that(e->sim, e->partial || !queue_holds(e, r->start - 1, r->end));
	}
}

/* Together the records are what is between SND.UNA and SND.NXT, once. */
static void check_whole(struct end *e)
{
	struct rb_node *at[] = {
		rb_first_cached(&e->b.flight), rb_first(&e->b.lost), rb_first(&e->b.held),
	};
	u32 next = e->una;
	bool first = true;
	u64 abs = 0;

	for (;;) {
		int i, which = -1;
		struct newtcp_seg *seg;
		struct sim_seg *s;

		for (i = 0; i < 3; i++)
			if (at[i] && (which < 0 ||
				      seq_before(newtcp_seg_entry(at[i])->seq,
						 newtcp_seg_entry(at[which])->seq)))
				which = i;
		if (which < 0)
			break;
		seg = newtcp_seg_entry(at[which]);
		s = container_of(seg, struct sim_seg, seg);
		if (first) {
			check_that(e->sim, !seq_after(seg->seq, e->una));
			check_that(e->sim, seg == newtcp_board_first(&e->b));
		} else {
			check_that(e->sim, seg->seq == next);
			check_that(e->sim, s->abs == abs);
		}
		first = false;
		next = seg->end_seq;
		abs = s->abs + tx_len(seg);
		at[which] = rb_next(at[which]);
	}
	check_that(e->sim, next == e->nxt);
}

static void check_board(struct end *e)
{
	struct count n = {};
	u32 flight;

	check_that(e->sim, rb_first_cached(&e->b.flight) == rb_first(&e->b.flight.rb_root));
	check_tree(e, &e->b.flight.rb_root, &n);
	flight = n.records;
	check_tree(e, &e->b.lost, &n);
	check_tree(e, &e->b.held, &n);
	check_that(e->sim, n.packets == e->b.packets_out);
	check_that(e->sim, n.lost == e->b.lost_out);
	check_that(e->sim, n.retrans == e->b.retrans_out);
	/* Without SACK duplicate ACKs stand for segments. */
	if (e->use.sack)
		check_that(e->sim, n.sacked == e->b.sacked_out);
	check_that(e->sim, e->b.sacked_out + e->b.lost_out <= e->b.packets_out);
	check_list(e, flight);
	check_whole(e);
}

/* A first copy of data is gone. */
void check_dropped(struct sim *sim, int from, const struct packet *p)
{
	struct end *e = &sim->end[from];

	if (p->len && !seq_before(p->seq, e->nxt))
		e->dropped[e->n_dropped++ % ARRAY_SIZE(e->dropped)] =
			(struct newtcp_range){ p->seq, p->seq + p->len };
}

/*
 * A reduction was taken back: then the oldest segment cannot have been lost. (After
 * timeouts and tail probes D-SACKs may name what was sent again for another reason.)
 */
void check_undo(struct end *e, u32 undo_marker)
{
	const struct side *peer = e->sim->end[!e->id].conf;
	unsigned int i;

	/* A report that the network doubles counts twice, as on Linux. */
	if (e->conf->dup || peer->dup || peer->renege || e->timeouts || e->probed ||
	    e->sim->manner->lies)
		return;
	/*
	 * A duplicate of what was sent again before, above the marker: RFC 3708 counts it,
	 * as Linux does, for one of what was sent again since.
	 */
	if (e->edge_before && seq_after(e->edge_before, undo_marker))
		return;
	/* A piece that reaches into what has arrived is reported for that part, and counts. */
	if (e->cut_anew)
		return;
	for (i = 0; i < min_t(u32, e->n_dropped, ARRAY_SIZE(e->dropped)); i++)
		check_that(e->sim, undo_marker != e->dropped[i].start);
}

/* Nothing arrives in less than a round trip, and no more than was sent since. */
void check_rate(struct end *e, const struct newtcp_ack_news *n)
{
	const struct newtcp_rate_sample *rs = &n->rate;

	if (!rs->interval_us)
		return;
	check_that(e->sim, rs->found && rs->interval_us >= newtcp_rtt_min(&e->rtt));
	check_that(e->sim, rs->delivered == e->r.delivered - rs->prior);
	check_that(e->sim, rs->delivered >= n->delivered && n->delivered);
	check_that(e->sim, (s32)(e->rate.first_us - (u32)rs->sent_us) >= 0);
}

/* What is lost is sent again as far as the windows reach, unless the core said no. */
static void check_lost(struct end *e)
{
	const struct newtcp_seg *seg = newtcp_seg_entry(rb_first(&e->b.lost));

	if (!seg || e->held_back || e->dl[DL_PACE] || e->dl[DL_SMALLQ] || newtcp_board_pipe(&e->b) >= e->c.cwnd)
		return;
	check_that(e->sim, !seq_before(seg->seq, tx_wnd_end(e)) && seg->seq != e->una);
}

void check_end(struct end *e)
{
	if (e->state == S_CLOSED || e->state == S_TIME_WAIT || e->entry)
		return;
	check_that(e->sim, !seq_after(e->una, e->nxt));
	check_that(e->sim, e->c.cwnd && e->c.cwnd < 1 << 30);
	check_that(e->sim, e->c.ssthresh >= 2);
	check_that(e->sim, e->abs_sent <= e->written);
	/* A deadline watches whatever has to go on. */
	check_that(e->sim, !e->b.packets_out || e->dl[DL_RTO]);
	check_that(e->sim, e->b.packets_out || !tx_unsent(e) || e->dl[DL_PROBE]);
	check_that(e->sim, !(e->da.owed & DELACK_OWED) || e->dl[DL_DELACK]);
	check_that(e->sim, !e->dl[DL_PACE] || e->dl[DL_PACE] <= e->sim->now + tx_pace_wait_us(e));
	check_lost(e);
	if (!e->sim->manner->light || e->b.packets_out < 16 || !(e->sim->events & 15))
		check_board(e);
	if (!e->sim->manner->light || e->pieces < 16 || !(e->sim->events & 15))
		queue_check(e);
	if (!e->sim->manner->lies)
		check_truth(e);
	check_sacks(e);
}

/* May anything get lost, or late? */
static bool harmless(const struct side *s)
{
	return !s->loss && !s->burst && !s->reorder && !s->corrupt && !s->outage_len_ms &&
	       !s->mtu_later && !s->queue && s->delay_us < (s64)(90 * MS) && !s->rate &&
	       s->rto_min_ms >= 100;
}

static void check_ending(struct sim *sim, struct end *e, struct end *peer)
{
	bool calm = harmless(e->conf) && harmless(peer->conf);
	bool copies = e->conf->dup || peer->conf->dup;

	/* What has no room is lost as well. */
	calm = calm && !e->gave_up && !peer->gave_up;

	check_that(sim, e->received <= peer->written);
	check_that(sim, e->acked <= e->written);
	switch (e->ending) {
	case E_CLOSED:
		if (!e->saw_eof || e->taken != peer->written || !peer->fin)
			fail(sim, "%c closed without all that was written", 'A' + e->id);
		check_that(sim, e->acked == e->written);
		check_that(sim, peer->received == e->written);
		break;
	case E_RESET:
		check_that(sim, peer->ending != E_NONE && peer->ending != E_RESET);
		if (peer->ending == E_CLOSED)
			check_that(sim, peer->received == e->written);
		break;
	case E_LEFT:
		check_that(sim, e->orphan && e->acked == e->written);
		check_that(sim, peer->received == e->written);
		break;
	case E_TIMEOUT:
		check_that(sim, !calm || peer->ending == E_ABORTED ||
			   peer->ending == E_REBOOT || peer->ending == E_LEFT);
		break;
	default:
		break;
	}
	if (!calm || peer->ending != E_CLOSED)
		return;
	/*
	 * Copies of ACKs make a sender without SACK send old data again, and an ACK that
	 * rides on that alone is not read (RFC 9293 3.10.7.4).
	 */
	check_that(sim, !e->timeouts || (copies && !e->use.sack));
	/*
	 * Without SACK a duplicate ACK too many sets what is tolerated to what is in flight,
	 * be it less, as on Linux.
	 */
	check_that(sim, copies || e->conf->reordering < 3 ||
		   (!e->use.sack && e->r.reordering < 3) ||
		   e->resent == e->probed + !!sim->sc->both_open);
}

void check_over(struct sim *sim)
{
	check_ending(sim, &sim->end[0], &sim->end[1]);
	check_ending(sim, &sim->end[1], &sim->end[0]);
}
