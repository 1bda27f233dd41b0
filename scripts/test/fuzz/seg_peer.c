// SPDX-License-Identifier: GPL-2.0
/*
 * The segment fuzzer's peers. A foul one answers with whatever a segment may say, right
 * or wrong, and with ICMP errors; but a byte it sends is always that of its stream at
 * that position, so whatever the stack makes of it, the program must read the stream. A
 * clean one plays by the rules and must come to its end, whatever the others do.
 */
#define _GNU_SOURCE
#include "seg.h"

static char data[70000];

static void conn_free(struct conn *c)
{
	uint8_t *sent = c->sent;

	memset(sent, 0, c->sent_top / 8 + 1);
	memset(c, 0, sizeof(*c));
	c->sent = sent;
}

static struct conn *conn_new(uint32_t id)
{
	struct rng *r = &fuzz.rng;
	static const int sizes[] = { -1, 0, 1, 40, 48, 88, 256, 536, 1000, 1460, 1460, 1460,
				     8960, 65535 };
	struct conn *c = NULL;

	for (int i = 0; i < CONNS && !c; i++)
		if (fuzz.conns[i].state == P_FREE)
			c = &fuzz.conns[i];
	if (!c)
		return NULL;
	if (!c->sent)
		c->sent = calloc(1, SENT_BITS / 8 + 1);
	if (!c->sent)
		die("no memory");
	c->id = id;
	c->clean = is_clean(id);
	c->began = c->moved = now_ms();
	/* Near the wrap as often as not. */
	c->iss = chance(r, 50) ? rnd(r) : -below(r, 100000);
	c->mss = c->clean ? 1460 : sizes[below(r, ARRAY_SIZE(sizes))];
	c->ws = chance(r, 70) ? (int)below(r, 15) : -1;
	c->ts = chance(r, 70);
	c->sack = chance(r, 75);
	c->win = c->clean ? 65535 : (int[]){ 65535, 65535, 0, 1, 500, 5000 }[below(r, 6)];
	c->fin = -1;
	c->snd_nxt = 1;
	c->stream_len = chance(r, 20) ? below(r, 3000) : some_size(r, 300000);
	c->never_fin = chance(r, 20);
	c->false_fins = chance(r, 25);
	c->lethal = chance(r, 60);
	c->ts_off = rnd(r);
	for (int i = 0; i < FINS; i++)
		atomic_store(&fuzz.share[id].fins[i], 0);
	atomic_store(&fuzz.share[id].nfins, 0);
	atomic_store(&fuzz.share[id].done, 0);
	fuzz.connections++;
	return c;
}

/* --- one segment */
static uint32_t tsval(const struct conn *c)
{
	return (uint32_t)now_ms() + c->ts_off;
}

static void add_option(struct out *o, uint8_t kind, const void *value, int len)
{
	if (o->optlen + 2 + len > 40)
		return;
	o->opts[o->optlen++] = kind;
	o->opts[o->optlen++] = 2 + len;
	memcpy(o->opts + o->optlen, value, len);
	o->optlen += len;
}

static void add_ts(struct out *o, uint32_t val, uint32_t ecr)
{
	uint32_t both[2] = { htonl(val), htonl(ecr) };

	add_option(o, 8, both, 8);
}

static void syn_options(const struct conn *c, struct out *o)
{
	uint16_t mss = htons(c->mss);
	uint8_t ws = c->ws;

	if (c->mss >= 0)
		add_option(o, 2, &mss, 2);
	if (c->ws >= 0)
		add_option(o, 3, &ws, 1);
	if (c->sack)
		add_option(o, 4, "", 0);
	if (c->ts)
		add_ts(o, tsval(c), c->ts_recent);
}

/* What is right, to begin with. */
static struct out conn_out(const struct conn *c, uint8_t flags)
{
	struct out o = {
		.src = addr_of(c->id), .dst = LOCAL_ADDR,
		.sport = port_of(c->id), .dport = c->lport,
		.flags = flags, .win = c->win,
		.data = (uint8_t *)data,
	};

	if (flags & TH_SYN)
		syn_options(c, &o);
	else if (c->ts_on)
		add_ts(&o, tsval(c), c->ts_recent);
	return o;
}

static void note_fin(struct conn *c, int64_t pos)
{
	struct share *share = &fuzz.share[c->id];
	int n = atomic_load(&share->nfins);

	for (int i = 0; i < n && i < FINS; i++)
		if (atomic_load(&share->fins[i]) == pos)
			return;
	if (n < FINS)
		atomic_store(&share->fins[n], pos);
	atomic_store(&share->nfins, n + 1);
}

/* Sends @o with data from @pos on, acknowledging @ack; keeps account of it. */
static void conn_send(struct conn *c, struct out *o, int64_t pos, int64_t ack)
{
	int64_t start = pos + !!(o->flags & TH_SYN), end = start + o->len;

	o->seq = c->iss + (uint32_t)pos;
	if (o->flags & TH_ACK)
		o->ack = c->irs + (uint32_t)ack;
	pattern_fill(data, peer_stream(c->id), start - 1, o->len);
	if (!o->bad_sum) {
		if (o->flags & TH_FIN) {
			note_fin(c, end);
			end++;
		}
		mark_sent(c, pos, end);
		if (o->flags & TH_SYN)
			offer(c, o->flags & TH_ACK ? ack : 1, (o->flags & TH_ACK ? ack : 1) + o->win);
		else if (o->flags & TH_ACK)
			offer(c, ack, ack + ((int64_t)o->win << (c->ws_on ? c->ws : 0)));
		if (ack > c->acked && ack <= c->max_end && o->flags & TH_ACK)
			c->acked = ack;
	}
	note(c, "< %s %jd+%d ack %jd win %u%s%s%s%s", flags_text(o->flags), (intmax_t)pos, o->len,
	     o->flags & TH_ACK ? (intmax_t)ack : 0, o->win, o->bad_sum ? " bad-sum" : "",
	     o->gso_size ? " gso" : "", o->fragments > 1 ? " fragments" : "",
	     o->doff ? " doff" : "");
	send_segment(o);
}

static void send_reset(struct conn *c)
{
	struct out o = conn_out(c, TH_RST | TH_ACK);

	conn_send(c, &o, c->snd_una, c->max_end);
}

static void retire(struct conn *c)
{
	bool quiet = !atomic_load(&fuzz.calm) && chance(&fuzz.rng, 20);

	if (c->irs_known && !c->reset && !quiet)
		send_reset(c);
	conn_free(c);
}

/* --- foul play */
static int64_t some_ack(struct conn *c)
{
	struct rng *r = &fuzz.rng;

	switch (below(r, 12)) {
	case 0: case 1: case 2: case 3: case 4:
		return c->max_end;
	case 5: case 6:
		return between(r, c->acked, c->max_end);
	case 7:
		return c->acked;
	case 8:
		return c->max_end + below(r, 3) - 1;
	case 9:
		return c->acked - below(r, 100000);
	case 10:
		return c->max_end + some_size(r, 1 << 20);
	default:
		return chance(r, 50) ? (int32_t)edge32(r) : 0;
	}
}

static uint16_t some_window(struct conn *c)
{
	struct rng *r = &fuzz.rng;

	if (chance(r, 70))
		return c->win;
	c->win = chance(r, 60) ? 65535 : chance(r, 50) ? 0 : edge32(r);
	return c->win;
}

static void some_sacks(struct conn *c, struct out *o, int64_t ack)
{
	struct rng *r = &fuzz.rng;
	uint32_t blocks[8];
	int n = 1 + below(r, 4), room = (40 - o->optlen - 2) / 8;

	if (n > room)
		n = room;
	for (int i = 0; i < n; i++) {
		int64_t from = between(r, ack, c->max_end), to = from + some_size(r, 20000);

		switch (below(r, 8)) {
		case 0:
			from = ack - below(r, 5000);
			break;
		case 1:
			to = from - below(r, 3000);
			break;
		case 2:
			from = (int32_t)edge32(r);
			to = (int32_t)edge32(r);
			break;
		case 3:
			break;
		default:
			to = between(r, from, c->max_end);
		}
		blocks[i * 2] = htonl(c->irs + (uint32_t)from);
		blocks[i * 2 + 1] = htonl(c->irs + (uint32_t)to);
	}
	if (n > 0)
		add_option(o, 5, blocks, n * 8);
}

/* Options as none should be: only after those that count. */
static void some_rubbish(struct out *o, bool syn)
{
	struct rng *r = &fuzz.rng;
	int n = 1 + below(r, 12);

	if (o->optlen + n > 40)
		n = 40 - o->optlen;
	for (int i = 0; i < n; i++) {
		uint8_t byte = chance(r, 50) ? below(r, 40) : rnd(r);

		/* In a SYN a second MSS or scale might be well formed by chance. */
		if (syn && byte >= 2 && byte <= 8)
			byte = 253;
		o->opts[o->optlen++] = byte;
	}
}

static void some_times(struct conn *c, struct out *o)
{
	struct rng *r = &fuzz.rng;

	if (!c->ts_on || o->flags & TH_SYN)
		return;
	o->optlen = 0;
	switch (below(r, 6)) {
	case 0:
		break;		/* none */
	case 1:
		add_ts(o, tsval(c) - some_size(r, 1 << 30), c->ts_recent);
		break;
	case 2: {
		/* Ahead: from here on that is the time. */
		uint32_t ahead = some_size(r, chance(r, 10) ? 0x7fffffff : 100000);

		c->ts_off += ahead;
		add_ts(o, tsval(c), c->ts_recent);
		break;
	}
	case 3:
		add_ts(o, tsval(c), edge32(r));
		break;
	case 4:
		add_ts(o, edge32(r), edge32(r));
		break;
	default:
		add_ts(o, tsval(c), c->ts_last + below(r, 3));
	}
}

/* A place for data: mostly what is wanted next, else somewhere in or about the window. */
static int64_t some_place(struct conn *c)
{
	struct rng *r = &fuzz.rng;
	int64_t edge = c->win_edge < SENT_BITS ? c->win_edge : SENT_BITS;
	int64_t pos;

	switch (below(r, 16)) {
	case 0: case 1: case 2: case 3: case 4:
		return c->snd_una;
	case 5: case 6: case 7:
		return c->snd_nxt;
	case 8: case 9:
		return between(r, c->snd_una, edge);
	case 10:
		return c->snd_una + below(r, 20000);
	case 11:
		return c->snd_una - below(r, 3000);
	case 12:
		return c->snd_una + below(r, 3) - 1;
	case 13:
		return edge - below(r, 3);
	case 14:
		return edge + below(r, 3) - below(r, 1500);
	default:
		pos = (int32_t)edge32(r) + (chance(r, 50) ? c->snd_una : 0);
		/* Not where a window might reach and no account is kept. */
		return pos > SENT_BITS && pos < SENT_BITS * 64ll ? pos + (1 << 30) : pos;
	}
}

/* Data, or a FIN, at some place. */
static void foul_data(struct conn *c)
{
	struct rng *r = &fuzz.rng;
	struct out o = conn_out(c, TH_ACK | (chance(r, 50) ? TH_PSH : 0));
	int64_t pos = some_place(c), end = c->stream_len + 1, ack;

	/* The bytes that follow a FIN as if it were one. */
	if (c->behind_fin && chance(r, 80)) {
		pos = c->behind_fin;
		c->behind_fin = 0;
	}
	o.len = chance(r, 50) ? some_size(r, 1460) : some_size(r, 100);
	if (fuzz.vnet && chance(r, 25)) {
		o.len = some_size(r, 60000);
		o.gso_size = chance(r, 80) ? 1448 : 1 + below(r, 3000);
		if (o.len <= o.gso_size)
			o.gso_size = 0;
	}
	if (pos <= end && !c->false_fins) {
		if (pos + o.len > end)
			o.len = end - pos;
		if (pos + o.len == end && !c->never_fin && chance(r, 60))
			o.flags |= TH_FIN;
	} else if (c->false_fins && chance(r, 10)) {
		o.flags |= TH_FIN;
	}
	if (pos <= SENT_BITS && pos + o.len > SENT_BITS)
		o.len = SENT_BITS - pos;
	if (c->false_fins && o.flags & TH_FIN)
		c->behind_fin = pos + o.len + 1;
	/* A super-packet's is for the receiver to fill in. */
	if (chance(r, 5) && !o.gso_size)
		o.bad_sum = true;
	if (chance(r, 5) && o.len)
		o.fragments = 2 + below(r, 4);
	ack = chance(r, 80) ? c->max_end : some_ack(c);
	o.win = some_window(c);
	if (chance(r, 6))
		some_times(c, &o);
	if (chance(r, 10) && c->sack)
		some_sacks(c, &o, ack);
	else if (chance(r, 3))
		some_rubbish(&o, false);
	if (pos == c->snd_nxt)
		c->snd_nxt += o.len;
	conn_send(c, &o, pos, ack);
}

static void foul_ack(struct conn *c)
{
	struct rng *r = &fuzz.rng;
	struct out o = conn_out(c, TH_ACK);
	int64_t ack = some_ack(c);
	int copies = chance(r, 20) ? 1 + below(r, 5) : 1;

	o.win = some_window(c);
	if (chance(r, 10))
		some_times(c, &o);
	if (c->sack && chance(r, 50))
		some_sacks(c, &o, ack);
	else if (chance(r, 5))
		some_rubbish(&o, false);
	if (chance(r, 3))
		o.bad_sum = true;
	if (chance(r, 2))
		o.doff = 1 + below(r, 4);
	while (copies--)
		conn_send(c, &o, chance(r, 90) ? c->snd_una : some_place(c), ack);
}

static void foul_flags(struct conn *c)
{
	struct rng *r = &fuzz.rng;
	uint8_t flags = chance(r, 50) ? TH_SYN | (rnd(r) & TH_ACK) : rnd(r);
	int64_t pos = chance(r, 40) ? 0 : some_place(c);
	struct out o;

	/* Where the stack has not said that it knows our ISS, another SYN would set one. */
	if (flags & TH_SYN && (c->state != P_OPEN || c->snd_una < 1))
		pos = 0;
	/* The kernel's TCP takes an urgent byte out of the stream. */
	if (fuzz.family == AF_INET || !fuzz.family)
		flags &= ~TH_URG;
	/* A FIN only where there may be one, a RST only if it may kill. */
	if (!c->false_fins)
		flags &= ~TH_FIN;
	if (!c->lethal)
		flags &= ~TH_RST;
	o = conn_out(c, flags);
	if (flags & TH_SYN) {
		/* Agreed is what the SYN at 0 says, so that one is always the same. */
		if (pos && chance(r, 30))
			o.optlen = 0;
		else if (chance(r, 20))
			some_rubbish(&o, true);
	}
	if (flags & TH_FIN || chance(r, 50))
		o.len = 0;
	else if (pos + 100 < c->stream_len)
		o.len = below(r, 100);
	conn_send(c, &o, pos, some_ack(c));
}

static void foul_reset(struct conn *c)
{
	struct rng *r = &fuzz.rng;
	struct out o = conn_out(c, TH_RST | (chance(r, 50) ? TH_ACK : 0));
	int64_t pos = some_place(c);

	if (!c->lethal || !chance(r, 10))
		while (pos == c->snd_una || pos == c->frontier)
			pos++;
	conn_send(c, &o, pos, some_ack(c));
}

static void foul_icmp(struct conn *c)
{
	struct rng *r = &fuzz.rng;
	static const uint8_t types[] = { 3, 3, 3, 3, 3, 4, 5, 11, 12 };
	uint8_t quote[80], type = types[below(r, ARRAY_SIZE(types))], code = below(r, 16);
	uint32_t seq, rest = type == 3 && code == 4 ? edge32(r) & 0xffff : edge32(r);
	int len = c->quote_len;

	if (!len)
		return;
	memcpy(quote, c->quote, len);
	if (chance(r, 50) || !c->lethal) {
		/* A number that was never in flight. */
		seq = htonl(c->irs + (uint32_t)c->max_end + 1 + some_size(r, 1 << 30));
		memcpy(quote + 24, &seq, 4);
	}
	if (chance(r, 10))
		quote[below(r, len)] ^= 1 << below(r, 8);
	if (chance(r, 40))
		len = chance(r, 50) ? 28 : below(r, len + 1);
	if (type == 3 && code == 4 && chance(r, 50))
		rest = 68 + below(r, 1600);
	note(c, "< ICMP %u/%u rest %u", type, code, rest);
	send_icmp(addr_of(c->id), LOCAL_ADDR, type, code, rest, quote, len);
}

/* --- opening */
static void send_syn(struct conn *c)
{
	struct rng *r = &fuzz.rng;
	struct out o = conn_out(c, TH_SYN);

	if (!c->clean && chance(r, 10))
		some_rubbish(&o, true);
	if (!c->clean && chance(r, 5))
		o.len = below(r, 100);
	conn_send(c, &o, 0, 0);
}

static void open_passive(uint32_t id)
{
	struct rng *r = &fuzz.rng;
	struct conn *c = id < IDS ? conn_new(id) : NULL;

	if (!c)
		return;
	c->state = P_SYN_SENT;
	c->lport = LISTEN_PORT + below(r, LISTENERS);
	send_syn(c);
}

void peer_open_clean(void)
{
	open_passive(clean_id());
}

static void answer_syn(struct conn *c)
{
	struct rng *r = &fuzz.rng;
	bool good = c->clean || chance(r, 75);
	struct out o = conn_out(c, TH_SYN | TH_ACK);

	if (good) {
		conn_send(c, &o, 0, 1);
		c->state = P_OPEN;
		return;
	}
	switch (below(r, 8)) {
	case 0:
		o.flags = TH_SYN;		/* both open at once */
		conn_send(c, &o, 0, 0);
		break;
	case 1:
		conn_send(c, &o, 0, some_ack(c));
		break;
	case 2:
		if (c->lethal) {
			o = conn_out(c, TH_RST | TH_ACK);
			conn_send(c, &o, 0, chance(r, 50) ? 1 : some_ack(c));
		}
		break;
	case 3:
		foul_icmp(c);
		break;
	case 4:
		foul_flags(c);
		break;
	case 5:
		o.len = below(r, 1000);
		if (o.len > c->stream_len)
			o.len = 0;
		conn_send(c, &o, 0, 1);
		c->state = P_OPEN;
		break;
	default:
		foul_ack(c);
	}
}

/* Half-open requests from everywhere: SYNs that nobody follows up. */
static void flood(void)
{
	struct rng *r = &fuzz.rng;
	int n = chance(r, 5) ? 400 : 1 + below(r, 20);

	while (n--) {
		struct out o = {
			.src = FLOOD_NET | (rnd(r) & 0xffff), .dst = LOCAL_ADDR,
			.sport = rnd(r), .dport = LISTEN_PORT + below(r, LISTENERS + 1),
			.seq = rnd(r), .ack = edge32(r), .win = edge32(r), .data = (uint8_t *)data,
			.flags = chance(r, 80) ? TH_SYN : rnd(r),
		};

		o.optlen = chance(r, 70) ? below(r, 41) : 0;
		for (int i = 0; i < o.optlen; i++)
			o.opts[i] = chance(r, 70) ? below(r, 12) : rnd(r);
		o.optlen &= ~3;
		send_segment(&o);
		fuzz.flood++;
	}
}

static void foul_act(struct conn *c)
{
	struct rng *r = &fuzz.rng;
	int what = below(r, 1000);

	if (c->muddled || (c->reset && chance(r, 20)) || (c->lethal && chance(r, 1) && chance(r, 20)) ||
	    now_ms() - c->began > (uint64_t)(c->stream_len % 8 + 1) * 5000) {
		retire(c);
		return;
	}
	if (c->state == P_SYN_SEEN) {
		if (chance(r, 30))
			answer_syn(c);
		return;
	}
	if (c->state == P_SYN_SENT && !c->irs_known) {
		if (chance(r, 10))
			send_syn(c);
		else if (chance(r, 3))
			foul_flags(c);
		return;
	}
	if (what < 560)
		foul_data(c);
	else if (what < 880)
		foul_ack(c);
	else if (what < 930)
		foul_flags(c);
	else if (what < 960)
		foul_reset(c);
	else
		foul_icmp(c);
}

/* One thing that one of the peers does. */
void peer_act(void)
{
	struct rng *r = &fuzz.rng;
	struct conn *c = &fuzz.conns[below(r, CONNS)];

	if (atomic_load(&fuzz.calm)) {
		if (c->state != P_FREE && !c->clean)
			retire(c);
		return;
	}
	if (chance(r, 1) && chance(r, 20))
		flood();
	else if (c->state == P_FREE && chance(r, 30))
		open_passive(atomic_fetch_add(&fuzz.next_id, 1));
	else if (c->state != P_FREE && !c->clean)
		foul_act(c);
}

/* --- clean peers */
static void clean_send(struct conn *c)
{
	int64_t end = c->stream_len + 1, edge = c->win_edge;
	int burst = 10;

	while (burst-- && c->snd_nxt <= end && c->snd_nxt - c->snd_una < 60000) {
		struct out o = conn_out(c, TH_ACK);

		o.len = end - c->snd_nxt < 1400 ? end - c->snd_nxt : 1400;
		if (c->snd_nxt + o.len > edge)
			o.len = edge - c->snd_nxt;
		if (o.len < 0 || (!o.len && c->snd_nxt < end))
			break;
		if (c->snd_nxt + o.len == end)
			o.flags |= TH_FIN;
		conn_send(c, &o, c->snd_nxt, c->max_end);
		c->snd_nxt += o.len + !!(o.flags & TH_FIN);
	}
}

static void clean_tend(struct conn *c)
{
	struct share *share = &fuzz.share[c->id];
	uint64_t idle = now_ms() - c->moved;
	static const int patience = 120000;
	struct out o;

	if (c->fin >= 0 && c->acked == c->fin + 1 && c->snd_una >= c->stream_len + 2) {
		fuzz.cleans++;
		conn_free(c);
		return;
	}
	if (c->reset && !c->muddled) {
		/* Only where nobody had taken it yet. */
		if (atomic_load(&share->open) && !atomic_load(&share->done))
			finding(c, "a clean connection was reset");
		conn_free(c);
		return;
	}
	/* What the flood kept from opening is not waited for at the end. */
	if (!c->irs_known && fuzz.calm_since && c->began < fuzz.calm_since) {
		conn_free(c);
		return;
	}
	if (idle > (uint64_t)patience) {
		if (c->irs_known && atomic_load(&share->open))
			finding(c, "a clean connection has stood still for %d s (stack has %jd of %jd, peer %jd, program read %u)",
				patience / 1000, (intmax_t)c->snd_una, (intmax_t)c->stream_len,
				(intmax_t)c->max_end, atomic_load(&share->read));
		retire(c);
		return;
	}
	/* Every 300 ms without progress, what is unacknowledged goes again. */
	if (idle > 300 && (idle / 300) != ((uint64_t)c->quote_len >> 8)) {
		c->quote_len = (c->quote_len & 0xff) | (int)(idle / 300) << 8;
		if (c->state == P_SYN_SENT && !c->irs_known)
			send_syn(c);
		else if (c->state == P_SYN_SEEN)
			answer_syn(c);
		c->snd_nxt = c->snd_una > 1 ? c->snd_una : 1;
		if (c->irs_known && c->state == P_OPEN && c->snd_nxt > c->stream_len + 1) {
			o = conn_out(c, TH_ACK);
			conn_send(c, &o, c->snd_nxt, c->max_end);
		}
		/* The kernel's TCP leaves some window updates to probes; ours does not. */
		if (c->irs_known && c->state == P_OPEN && c->snd_una >= c->win_edge &&
		    atomic_load(&share->family) == AF_INET) {
			o = conn_out(c, TH_ACK);
			conn_send(c, &o, c->snd_una - 1, c->max_end);
		}
	}
	if (c->state == P_SYN_SEEN) {
		answer_syn(c);
		return;
	}
	if (c->state != P_OPEN)
		return;
	if (c->snd_nxt < c->snd_una)
		c->snd_nxt = c->snd_una;
	clean_send(c);
	if (c->acked < c->max_end) {
		o = conn_out(c, TH_ACK);
		conn_send(c, &o, c->snd_nxt, c->max_end);
	}
}

void peer_tend(void)
{
	for (int i = 0; i < CONNS; i++)
		if (fuzz.conns[i].state != P_FREE && fuzz.conns[i].clean)
			clean_tend(&fuzz.conns[i]);
}

bool peer_idle(void)
{
	for (int i = 0; i < CONNS; i++)
		if (fuzz.conns[i].state != P_FREE)
			return false;
	return true;
}

/* --- what comes */
static void reset_stranger(const struct seg *s)
{
	struct out o = {
		.src = s->dst, .dst = s->src, .sport = s->dport, .dport = s->sport,
		.seq = s->flags & TH_ACK ? s->ack : 0, .ack = s->seq + s->len + !!(s->flags & 3),
		.flags = TH_RST | TH_ACK, .data = (uint8_t *)data,
	};

	if (s->flags & TH_RST)
		return;
	if (atomic_load(&fuzz.calm) || chance(&fuzz.rng, 60))
		send_segment(&o);
}

void peer_take(const uint8_t *raw, int len)
{
	struct seg s;
	const char *wrong = take_apart(&s, raw, len);
	struct conn *c;
	uint32_t id;

	if (wrong) {
		if (*wrong)
			finding(NULL, "malformed packet: %s", wrong);
		return;
	}
	fuzz.segments_out++;
	id = id_of(s.dst, s.dport);
	c = id < IDS ? conn_find(id) : NULL;
	if (!c && id < IDS && (s.flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN &&
	    !atomic_load(&fuzz.share[id].nfins)) {
		c = conn_new(id);
		if (c) {
			c->state = P_SYN_SEEN;
			c->lport = s.sport;
		}
	}
	if (!c || c->lport != s.sport) {
		/* A SYN that there is no room for now may come again. */
		if (id == IDS || !(s.flags & TH_SYN))
			reset_stranger(&s);
		return;
	}
	if (!c->clean) {
		c->quote_len = s.ip_len < (int)sizeof(c->quote) ? s.ip_len : (int)sizeof(c->quote);
		memcpy(c->quote, s.ip, c->quote_len);
	}
	note(c, "> %s %d+%d ack %d win %u sacks %d", flags_text(s.flags),
	     (int)(s.seq - (c->irs_known ? c->irs : s.seq)), s.len,
	     s.flags & TH_ACK ? (int)(s.ack - c->iss) : 0, s.win, s.nsacks);
	judge(c, &s);
	if (c->state == P_SYN_SENT && c->irs_known) {
		struct out o = conn_out(c, TH_ACK);

		c->state = P_OPEN;
		if (c->clean || chance(&fuzz.rng, 80))
			conn_send(c, &o, 1, 1);
	} else if (c->clean && s.flags & TH_SYN && c->state == P_OPEN) {
		/* Our ACK was not taken: again. */
		struct out o = conn_out(c, TH_ACK);

		conn_send(c, &o, c->snd_nxt, c->max_end);
	}
}
