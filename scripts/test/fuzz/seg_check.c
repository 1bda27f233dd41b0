// SPDX-License-Identifier: GPL-2.0
/*
 * What every segment of the stack is held to, whatever its peer has sent: only bytes
 * that the program wrote, at their place; no gap; nothing beyond what the peer ever
 * offered; no acknowledgement of what was never sent; a window whose right edge stays;
 * the options that were agreed.
 *
 * "Ever offered" and "ever sent" count all that the peer has put into any segment,
 * whether or not the stack was to believe it: a check must not be stricter than right.
 */
#define _GNU_SOURCE
#include "seg.h"

static uint32_t low32(int64_t v)
{
	return (uint32_t)v;
}

/* The position of a sequence number, near @near. */
static int64_t position(uint32_t seq, uint32_t first, int64_t near)
{
	return near + (int32_t)(seq - first - low32(near));
}

struct conn *conn_find(uint32_t id)
{
	for (int i = 0; i < CONNS; i++)
		if (fuzz.conns[i].state != P_FREE && fuzz.conns[i].id == id)
			return &fuzz.conns[i];
	return NULL;
}

/* --- what the peer has sent and offered */
static bool sent_bit(const struct conn *c, int64_t pos)
{
	return c->sent[pos / 8] >> pos % 8 & 1;
}

/* The positions [from, to) are in a segment that goes out now. */
void mark_sent(struct conn *c, int64_t from, int64_t to)
{
	if (from < 0)
		from = 0;
	if (to > SENT_BITS)
		to = SENT_BITS;
	for (int64_t pos = from; pos < to; ) {
		if (pos % 8 == 0 && to - pos >= 8) {
			c->sent[pos / 8] = 0xff;
			pos += 8;
		} else {
			c->sent[pos / 8] |= 1 << pos % 8;
			pos++;
		}
	}
	if (from < to && to > c->sent_top)
		c->sent_top = to;
	while (c->frontier < c->sent_top && sent_bit(c, c->frontier))
		c->frontier++;
}

bool all_sent(const struct conn *c, int64_t from, int64_t to)
{
	/* No account is kept of what lies before the stream. */
	if (from < 0)
		from = 0;
	if (to > SENT_BITS)
		return false;
	for (int64_t pos = from; pos < to; pos++)
		if (!sent_bit(c, pos))
			return false;
	return true;
}

static void take_offers(struct conn *c)
{
	for (int i = 0; i < c->nfuture; )
		if (c->future[i].ack <= c->max_end) {
			if (c->future[i].edge > c->edge)
				c->edge = c->future[i].edge;
			c->future[i] = c->future[--c->nfuture];
		} else {
			i++;
		}
}

/* A segment with this acknowledgement and window goes out now. */
void offer(struct conn *c, int64_t ack, int64_t edge)
{
	if (edge <= c->edge)
		return;
	if (c->nfuture == ARRAY_SIZE(c->future)) {
		c->any_edge = true;
		return;
	}
	c->future[c->nfuture].ack = ack;
	c->future[c->nfuture++].edge = edge;
	take_offers(c);
}

/* --- what the stack sends */
static void check_options(struct conn *c, const struct seg *s)
{
	if (s->flags & TH_SYN)
		return;
	if (c->ts_on != s->ts)
		finding(c, "timestamps %s, though %s", s->ts ? "there" : "missing",
			c->ts_on ? "agreed" : "not agreed");
	if (s->ts) {
		if ((int32_t)(s->tsval - c->ts_last) < 0)
			finding(c, "TSval went back by %u", c->ts_last - s->tsval);
		c->ts_last = s->tsval;
	}
	if (s->nsacks && !c->sack)
		finding(c, "SACK blocks, though not agreed");
}

static bool fin_at(const struct conn *c, int64_t pos)
{
	for (int i = 0; i < FINS; i++)
		if (atomic_load(&fuzz.share[c->id].fins[i]) == pos && pos > 0)
			return true;
	return false;
}

static void check_acks(struct conn *c, const struct seg *s)
{
	int64_t ack = position(s->ack, c->iss, c->frontier);
	int64_t edge = ack + ((int64_t)s->win << (c->ws_on && !(s->flags & TH_SYN) ?
						   c->stack_ws : 0));

	if (ack > c->frontier)
		finding(c, "acknowledges %jd, sent without a gap were %jd", (intmax_t)ack,
			(intmax_t)c->frontier);
	if (ack > c->snd_una) {
		c->snd_una = ack;
		c->moved = now_ms();
	}
	if (edge > c->win_edge)
		c->win_edge = edge;
	/*
	 * Rounding to the scale may take a little back, and a window of nothing, which
	 * says that there is no memory, all. The kernel's TCP does not keep to what its SYN
	 * offers where both sides open, nor to anything once it is in FIN-WAIT-2; after the
	 * peer's FIN no window matters.
	 */
	if (s->flags & TH_SYN || fin_at(c, ack - 1) || (c->fin >= 0 && c->acked > c->fin))
		return;
	if (edge + (1 << c->stack_ws) <= c->held_edge && s->win && ack == c->snd_una)
		finding(c, "the window's right edge moved left from %jd to %jd",
			(intmax_t)c->held_edge, (intmax_t)edge);
	if (!s->win && edge < c->held_edge)
		fuzz.taken_back++;
	if (edge > c->held_edge || !s->win)
		c->held_edge = edge;
}

static void check_sacks(struct conn *c, const struct seg *s)
{
	int64_t ack = position(s->ack, c->iss, c->frontier);

	for (int i = 0; i < s->nsacks; i++) {
		int64_t from = position(s->sacks[i][0], c->iss, ack);
		int64_t to = position(s->sacks[i][1], c->iss, ack);

		if (from >= to || !all_sent(c, from, to))
			finding(c, "SACK block %d of what was not sent: %jd to %jd", i,
				(intmax_t)from, (intmax_t)to);
	}
}

static void check_data(struct conn *c, const struct seg *s, int64_t pos)
{
	static char want[70000];
	struct share *share = &fuzz.share[c->id];
	int64_t end = pos + s->len;
	int limit = c->mss > 0 ? c->mss : 536;

	pattern_fill(want, app_stream(c->id), pos - 1, s->len);
	if (end - 1 > atomic_load(&share->attempted))
		finding(c, "data to %jd, the program wrote %u bytes", (intmax_t)end - 1,
			atomic_load(&share->attempted));
	else if (memcmp(want, s->data, s->len))
		finding(c, "data at %jd (%d bytes) is not what the program wrote",
			(intmax_t)pos, s->len);
	if (limit < fuzz.min_snd_mss)
		limit = fuzz.min_snd_mss;
	if ((s->gso_size ?: s->len) > limit)
		finding(c, "%d bytes in a segment, the peer's MSS is %d",
			s->gso_size ?: s->len, c->mss);
	/* One byte of a probe may lie beyond. */
	if (!c->any_edge && end > c->edge + (s->len == 1))
		finding(c, "data %jd to %jd, offered up to %jd", (intmax_t)pos, (intmax_t)end,
			(intmax_t)c->edge);
}

static void check_numbers(struct conn *c, const struct seg *s)
{
	int64_t pos = position(s->seq, c->irs, c->max_end);
	int64_t end = pos + s->len + !!(s->flags & TH_FIN);

	if (pos > c->max_end)
		finding(c, "number %jd, it had sent up to %jd", (intmax_t)pos,
			(intmax_t)c->max_end);
	if (pos < 0 || (s->len && !pos))
		finding(c, "number %jd, before its SYN", (intmax_t)pos);
	else if (s->len)
		check_data(c, s, pos);
	if (s->flags & TH_FIN) {
		int64_t said = atomic_load(&fuzz.share[c->id].fin);

		if (said < 0 || end - 1 != said + 1)
			finding(c, "FIN at %jd, the program ended at %jd", (intmax_t)end - 1,
				(intmax_t)said + 1);
		if (c->fin >= 0 && c->fin != end - 1)
			finding(c, "FIN at %jd, before at %jd", (intmax_t)end - 1,
				(intmax_t)c->fin);
		c->fin = end - 1;
	}
	if (c->fin >= 0 && end > c->fin + 1)
		finding(c, "number %jd, the FIN was %jd", (intmax_t)end, (intmax_t)c->fin);
	if (end > c->max_end) {
		c->max_end = end;
		c->moved = now_ms();
		take_offers(c);
	}
}

/* A SYN or SYN-ACK: what is agreed on. */
static void take_syn(struct conn *c, const struct seg *s)
{
	if (!c->irs_known) {
		c->irs = s->seq;
		c->irs_known = true;
		c->max_end = 1;
		c->ts_last = s->tsval;
		take_offers(c);
	}
	c->stack_mss = s->mss > 0 ? s->mss : 536;
	c->stack_ws = s->ws > 0 ? s->ws : 0;
	c->ws_on = s->ws >= 0 && c->ws >= 0;
	c->ts_on = s->ts && c->ts;
	c->sack = c->sack && s->sack_ok;
}

/* A segment of the stack's for @c, as such without fault. */
void judge(struct conn *c, const struct seg *s)
{
	if (s->flags & TH_RST) {
		c->reset = true;
		return;
	}
	if (c->muddled)
		return;
	if (!(s->flags & (TH_SYN | TH_ACK)))
		finding(c, "neither SYN nor ACK nor RST");
	if (s->flags & TH_SYN) {
		if (s->flags & TH_ACK && s->ack != c->iss + 1) {
			/* Of a request that a stray SYN of the peer's began. */
			c->muddled = true;
			return;
		}
		if (c->irs_known && s->seq != c->irs) {
			c->muddled = true;
			return;
		}
		take_syn(c, s);
	}
	if (!c->irs_known) {
		/* It acknowledges something that we do not know of: an old connection. */
		return;
	}
	check_options(c, s);
	if (s->flags & TH_ACK)
		check_acks(c, s), check_sacks(c, s);
	if (!(s->flags & TH_SYN))
		check_numbers(c, s);
	if (s->ts)
		c->ts_recent = s->tsval;
}
