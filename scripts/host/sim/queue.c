// SPDX-License-Identifier: GPL-2.0
/*
 * What an end has received and its program has not read: pieces of the stream, in
 * order in a list, behind holes in the core's tree, and the memory that they take.
 * When that is short they are copied together, and given up. As
 * module/tcp/rx/reassembly.c and collapse.c, with byte ranges.
 *
 * Bytes are checked as they come: each piece says where in its stream it belongs.
 */
#include "sim.h"

#include <stdlib.h>

#define CHUNK	2000U	/* payload of a piece that is full */
#define RUN_MAX	(8 * CHUNK)

static struct sim_piece *sim_of(struct newtcp_piece *p)
{
	return p ? container_of(p, struct sim_piece, is) : NULL;
}

/* Bytes of it; a FIN has a number and is none. */
u32 piece_len(const struct newtcp_piece *p)
{
	return p->end_seq - p->seq - !!(p->flags & TH_FIN);
}

/* Memory: twice the payload, and what each piece has in front of it. */
static u32 truesize(const struct end *e, u32 len)
{
	return 2 * len + e->conf->overhead;
}

static struct sim_piece *piece_new(struct end *e, u32 seq, u32 end_seq, u8 flags, u64 abs)
{
	struct sim_piece *s = malloc(sizeof(*s));

	s->is.seq = seq;
	s->is.end_seq = end_seq;
	s->is.flags = flags;
	s->abs = abs;
	s->next = NULL;
	s->truesize = truesize(e, piece_len(&s->is));
	return s;
}

static void charge(struct end *e, const struct sim_piece *s)
{
	e->memory += s->truesize;
	e->pieces++;
}

/* A piece that was charged is gone. */
static void release(struct end *e, struct sim_piece *s)
{
	e->memory -= s->truesize;
	e->pieces--;
	free(s);
}

/* Forget what is out of order: the peer sends it again. */
void queue_purge(struct end *e)
{
	struct newtcp_piece *p;

	while ((p = newtcp_reasm_first(&e->reasm))) {
		newtcp_reasm_remove(&e->reasm, p);
		release(e, sim_of(p));
	}
	e->sacks.n = 0;
}

void queue_free(struct end *e)
{
	queue_purge(e);
	while (e->queue) {
		struct sim_piece *s = e->queue;

		e->queue = s->next;
		release(e, s);
	}
}

/* The program has read up to @e->taken. */
void queue_read(struct end *e)
{
	while (e->queue && e->queue->abs + piece_len(&e->queue->is) <= e->taken) {
		struct sim_piece *s = e->queue;

		e->queue = s->next;
		if (!s->next)
			e->queue_tail = NULL;
		release(e, s);
	}
}

/* Two neighbours become one, as far as their pages allow: half of them do. */
static bool merge(struct end *e, struct sim_piece *to, struct sim_piece *from)
{
	if (!newtcp_reasm_joins(&to->is, &from->is) || ((from->abs >> 3) & 1))
		return false;
	if (to->abs + piece_len(&to->is) != from->abs)
		fail(e->sim, "%c puts bytes together that stand elsewhere in the stream",
		     'A' + e->id);
	newtcp_reasm_joined(&to->is, &from->is);
	/* What was in front of it is freed. */
	to->truesize += from->truesize - e->conf->overhead;
	e->memory += from->truesize - e->conf->overhead;
	return true;
}

static bool over(const struct end *e)
{
	return e->memory > rx_memory(e);
}

/* Neighbours in the list, or, without @list, in the tree. */
struct run {
	struct newtcp_run is;
	struct sim_piece *first;
	struct sim_piece *behind;
	bool list;
};

static struct sim_piece *next_of(const struct run *r, struct sim_piece *s)
{
	return r->list ? s->next : sim_of(newtcp_reasm_next(&s->is));
}

static void gather(struct run *r, struct sim_piece *s, u32 from)
{
	r->first = s;
	newtcp_run_begin(&r->is, &s->is, s->truesize, from);
	do
		s = next_of(r, s);
	while (s && newtcp_run_add(&r->is, &s->is, s->truesize, RUN_MAX));
	r->behind = s;
}

static bool worth(const struct end *e, const struct run *r)
{
	u32 len = r->is.end - r->is.start;

	return newtcp_run_worth(&r->is, 2 * len + DIV_ROUND_UP(len, CHUNK) * e->conf->overhead,
				CHUNK);
}

/* The run's pieces go, full ones take their place; @link: where the list names the first. */
static void collapse(struct end *e, const struct run *r, struct sim_piece **link)
{
	struct sim_piece *s = r->first, *next;
	u64 abs = s->abs + (r->is.start - s->is.seq);
	u32 seq, n;

	for (; s != r->behind; s = next) {
		next = next_of(r, s);
		if (!r->list)
			newtcp_reasm_remove(&e->reasm, &s->is);
		release(e, s);
	}
	for (seq = r->is.start; seq != r->is.end; seq += n, abs += n) {
		n = min(r->is.end - seq, CHUNK);
		s = piece_new(e, seq, seq + n, TH_ACK, abs);
		charge(e, s);
		if (!r->list) {
			newtcp_reasm_insert(&e->reasm, &s->is);
			continue;
		}
		*link = s;
		link = &s->next;
		e->queue_tail = s;
	}
	if (!r->list)
		return;
	*link = r->behind;
	while (e->queue_tail->next)
		e->queue_tail = e->queue_tail->next;
}

static void collapse_in_order(struct end *e)
{
	struct run r = { .list = true };
	struct sim_piece **link = &e->queue;
	u32 read = e->rcv_nxt - e->fin_rcvd - (e->received - e->taken);

	while (*link) {
		gather(&r, *link, read);
		if (worth(e, &r))
			collapse(e, &r, link);
		while (*link && *link != r.behind)
			link = &(*link)->next;
	}
}

static void collapse_out_of_order(struct end *e)
{
	struct newtcp_walk walk = { .chunk = CHUNK, .buffer = rx_memory(e) };
	struct sim_piece *s = sim_of(newtcp_reasm_first(&e->reasm));
	struct run r = { .list = false };

	for (; s; s = r.behind) {
		gather(&r, s, newtcp_reasm_own(&s->is));
		if (worth(e, &r))
			collapse(e, &r, NULL);
		else if (!newtcp_walk_on(&walk, &r.is))
			break;
	}
}

static void prune(struct end *e, u32 seq)
{
	struct newtcp_prune prune;
	struct newtcp_piece *p;

	newtcp_prune_begin(&prune, rx_memory(e));
	while ((p = newtcp_reasm_newest(&e->reasm, seq))) {
		bool look = newtcp_prune_step(&prune, sim_of(p)->truesize);

		trace_end(e, "gives up %u-%u", p->seq - e->irs, p->end_seq - e->irs);
		release(e, sim_of(p));
		e->sacks.n = 0;
		e->gave_up = e->partial = true;
		if (look && !over(e))
			break;
	}
}

/* Is there room for what begins at @seq? */
static bool room(struct end *e, u32 seq)
{
	if (!over(e))
		return true;
	e->da.quickacks_left = 0;
	newtcp_rcvwnd_overrun(&e->rw);
	collapse_out_of_order(e);
	collapse_in_order(e);
	if (over(e))
		prune(e, seq);
	if (!over(e))
		return true;
	e->gave_up = true;
	return false;
}

/* Next in order: onto the list, or into its last. */
static void append(struct end *e, struct sim_piece *s, bool charged)
{
	u64 abs = s->abs + (e->rcv_nxt - s->is.seq);
	bool fin = s->is.flags & TH_FIN;

	if (abs != e->received)
		fail(e->sim, "%c takes bytes from %llu of the stream for those from %llu",
		     'A' + e->id, (unsigned long long)abs, (unsigned long long)e->received);
	check_that(e->sim, !e->fin_rcvd);
	e->received += s->is.end_seq - e->rcv_nxt - fin;
	e->fin_rcvd = fin;
	e->rcv_nxt = s->is.end_seq;
	if (!charged)
		charge(e, s);
	if (e->queue_tail && merge(e, e->queue_tail, s)) {
		release(e, s);
	} else {
		*(e->queue_tail ? &e->queue_tail->next : &e->queue) = s;
		e->queue_tail = s;
	}
	if (fin)
		queue_purge(e);
}

static void in_order(struct end *e, struct newtcp_reports rep, struct sim_piece *s)
{
	u32 end = s->is.end_seq;
	struct newtcp_piece *p;

	/* A hole that is filled is acknowledged at once (RFC 5681 4.2). */
	if (!newtcp_reasm_empty(&e->reasm))
		newtcp_delack_urge(&e->da);
	append(e, s, false);
	while ((p = newtcp_reasm_drain(&e->reasm, rep, e->rcv_nxt, end))) {
		if (seq_after(p->end_seq, e->rcv_nxt))
			append(e, sim_of(p), true);
		else
			release(e, sim_of(p));
	}
	newtcp_sack_advance(&e->sacks, e->rcv_nxt);
}

static void swallow(struct end *e, struct newtcp_reports rep, struct sim_piece *s)
{
	struct newtcp_piece *p;

	while ((p = newtcp_reasm_swallow(&e->reasm, rep, &s->is)))
		release(e, sim_of(p));
}

static void out_of_order(struct end *e, struct newtcp_reports rep, struct sim_piece *s)
{
	const struct newtcp_range *newest = &e->sacks.block[0];
	enum newtcp_place place;
	struct newtcp_spot at;

	if (newtcp_reasm_empty(&e->reasm))
		e->partial = false;
	place = newtcp_reasm_find(&e->reasm, rep, &s->is, &at);
	/* From now on one may fall out. */
	if (e->sacks.n == NEWTCP_MAX_SACKS)
		e->partial = true;
	/* RFC 2018 4: the block with the newest segment comes first. */
	check_that(e->sim, !rep.sacks || (e->sacks.n && !seq_after(newest->start, s->is.seq) &&
					  !seq_before(newest->end, s->is.end_seq)));
	if (place == PLACE_NONE) {
		free(s);
		return;
	}
	charge(e, s);
	if (place == PLACE_BEHIND && merge(e, sim_of(at.have), s)) {
		release(e, s);
		s = sim_of(at.have);
	} else if (place == PLACE_INSTEAD) {
		newtcp_reasm_instead(&e->reasm, at.have, &s->is);
		release(e, sim_of(at.have));
	} else {
		newtcp_reasm_link(&e->reasm, &at, &s->is);
	}
	swallow(e, rep, s);
}

/* RFC 2018 8: a receiver may drop what it has SACKed. */
static void renege(struct end *e)
{
	if (!sim_chance(e->sim, e->conf->renege))
		return;
	trace_end(e, "forgets what is out of order");
	queue_purge(e);
	e->sacks.dsack = false;
}

/**
 * queue_in - a segment's data and FIN
 * @e: the end
 * @p: the segment, acceptable, not empty
 *
 * Return: true when it was next in order, and taken.
 */
bool queue_in(struct end *e, const struct packet *p)
{
	struct newtcp_reports rep = { e->use.sack ? &e->sacks : NULL, true };
	struct sim_piece *s = piece_new(e, p->seq, p->seq + p->len + !!(p->flags & TH_FIN),
					p->flags, p->abs);

	switch (newtcp_reasm_verdict(&s->is, e->rcv_nxt, rx_receive_window(e))) {
	case REASM_OLD:
	case REASM_BEYOND:
		newtcp_report_known(rep, e->rcv_nxt, s->is.seq, s->is.end_seq);
		rx_quick(e);
		newtcp_delack_urge(&e->da);
		free(s);
		return false;
	case REASM_OUT_OF_ORDER:
		newtcp_delack_urge(&e->da);
		if (!room(e, s->is.seq)) {
			free(s);
			return false;
		}
		out_of_order(e, rep, s);
		renege(e);
		return false;
	case REASM_OVERLAP:
		newtcp_report_known(rep, e->rcv_nxt, s->is.seq, s->is.end_seq);
		break;
	case REASM_IN_ORDER:
		break;
	}
	if (!room(e, s->is.seq)) {
		e->da.owed |= DELACK_OWED | DELACK_NOW | DELACK_NOMEM;
		if (!newtcp_reasm_insists(&s->is, e->rcv_nxt, !e->queue)) {
			trace_end(e, "has no room");
			free(s);
			return false;
		}
	}
	in_order(e, rep, s);
	return true;
}

/* Do the pieces behind holes hold all from @start to @end? */
bool queue_holds(const struct end *e, u32 start, u32 end)
{
	struct rb_node *node = e->reasm.tree.rb_node;
	struct newtcp_piece *p = NULL;

	/* The last that begins no later. */
	while (node) {
		struct newtcp_piece *at = newtcp_piece_entry(node);

		if (seq_after(at->seq, start)) {
			node = node->rb_left;
		} else {
			p = at;
			node = node->rb_right;
		}
	}
	for (; p && !seq_after(p->seq, start); p = newtcp_reasm_next(p)) {
		start = seq_max(start, p->end_seq);
		if (!seq_before(start, end))
			return true;
	}
	return false;
}

/* What waits is in order, none inside another, behind a hole; the sums are right. */
void queue_check(const struct end *e)
{
	const struct sim_piece *s, *tail = NULL;
	struct newtcp_piece *p = newtcp_reasm_first(&e->reasm), *prev = NULL;
	u64 abs = e->taken;
	s64 memory = 0;
	u32 pieces = 0;

	for (; p; prev = p, p = newtcp_reasm_next(p)) {
		memory += sim_of(p)->truesize;
		pieces++;
		check_that(e->sim, seq_after(p->seq, e->rcv_nxt) && seq_before(p->seq, p->end_seq));
		check_that(e->sim, !prev || (seq_before(prev->seq, p->seq) &&
					     seq_before(prev->end_seq, p->end_seq)));
		check_that(e->sim, !(p->flags & TH_FIN) || e->sim->manner->lies ||
			   p->end_seq == e->fin_seq + 1);
	}
	check_that(e->sim, e->reasm.last == prev);
	for (s = e->queue; s; s = s->next) {
		memory += s->truesize;
		pieces++;
		/* From what was read to what was received without a hole. */
		check_that(e->sim, (s64)(s->abs - abs) <= 0 &&
			   (s64)(s->abs + piece_len(&s->is) - abs) >= 0);
		abs = s->abs + piece_len(&s->is);
		tail = s;
	}
	check_that(e->sim, e->queue_tail == tail);
	check_that(e->sim, abs == e->received);
	check_that(e->sim, memory == e->memory && pieces == e->pieces);
}
