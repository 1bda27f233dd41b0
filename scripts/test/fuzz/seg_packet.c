// SPDX-License-Identifier: GPL-2.0
/*
 * The segment fuzzer's packets: built with every field as the peer likes it, and taken
 * apart with everything that has to be true of any packet looked at.
 */
#define _GNU_SOURCE
#include "seg.h"

static uint32_t sum(const uint8_t *p, int len, uint32_t s)
{
	for (; len > 1; p += 2, len -= 2)
		s += p[0] << 8 | p[1];
	if (len)
		s += p[0] << 8;
	return (s & 0xffff) + (s >> 16);
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint32_t pseudo(const uint8_t *ip, int len)
{
	return fold(sum(ip + 12, 8, 6 + len));
}

const char *flags_text(uint8_t flags)
{
	static __thread char text[2][9];
	static __thread int turn;
	char *t = text[turn ^= 1];
	int n = 0;

	for (int i = 0; i < 8; i++)
		if (flags >> i & 1)
			t[n++] = "FSRPAUEC"[i];
	t[n] = 0;
	return t;
}

/* --- in */
static const char *take_options(struct seg *s, const uint8_t *p, const uint8_t *end)
{
	bool syn = s->flags & TH_SYN;

	while (p < end) {
		int len;

		if (*p == 0)
			break;
		if (*p == 1) {
			p++;
			continue;
		}
		len = end - p > 1 ? p[1] : 0;
		if (len < 2 || p + len > end)
			return "an option with a wrong length";
		switch (*p) {
		case 2:
			if (len != 4 || !syn || s->mss >= 0)
				return "MSS option out of place";
			s->mss = get16(p + 2);
			break;
		case 3:
			if (len != 3 || !syn || s->ws >= 0 || p[2] > 14)
				return "window scale option out of place";
			s->ws = p[2];
			break;
		case 4:
			if (len != 2 || !syn || s->sack_ok)
				return "SACK-permitted option out of place";
			s->sack_ok = true;
			break;
		case 5:
			if (syn || (len - 2) % 8 || len == 2 || len > 34 || s->nsacks)
				return "SACK option out of place";
			for (int i = 2; i < len; i += 8) {
				s->sacks[s->nsacks][0] = get32(p + i);
				s->sacks[s->nsacks++][1] = get32(p + i + 4);
			}
			break;
		case 8:
			if (len != 10 || s->ts)
				return "timestamps option out of place";
			s->ts = true;
			s->tsval = get32(p + 2);
			s->tsecr = get32(p + 6);
			break;
		default:
			return "an option that nobody knows";
		}
		p += len;
	}
	return NULL;
}

static const char *take_vnet(struct seg *s, const uint8_t *v, const uint8_t *ip, int ihl,
			     int tcp_len)
{
	uint16_t start, offset;

	memcpy(&s->gso_size, v + 4, 2);
	memcpy(&start, v + 6, 2);
	memcpy(&offset, v + 8, 2);
	if (v[1] == 0)
		s->gso_size = 0;
	else if ((v[1] & 0x7f) != 1 || !s->gso_size)
		return "a super-packet of no kind that TCP has";
	if (v[0] & 1) {
		if (start != ihl || offset != 16)
			return "checksum left to the device, at the wrong place";
		if (get16(ip + ihl + 16) != pseudo(ip, tcp_len))
			return "checksum left to the device, wrong beginning";
		return NULL;
	}
	if (s->gso_size)
		return "a super-packet with a complete checksum";
	return fold(sum(ip + ihl, tcp_len, pseudo(ip, tcp_len))) == 0xffff ? NULL :
		"TCP checksum";
}

/*
 * Where a route's MTU is locked, the stack's packets come in fragments: in order, as they
 * are cut on the way out. True when @raw is whole, or has become so.
 */
bool make_whole(uint8_t *raw, int *len)
{
	static uint8_t parts[70000];
	static int have;
	int head = fuzz.vnet ? 10 : 0, ihl, n;
	uint8_t *ip = raw + head;
	uint16_t off;

	if (*len < head + 20 || ip[0] >> 4 != 4)
		return true;
	off = get16(ip + 6);
	if (!(off & 0x3fff))
		return true;
	ihl = (ip[0] & 15) * 4;
	n = *len - head - ihl;
	if (!(off & 0x1fff)) {
		memcpy(parts, raw, *len);
		have = *len;
		return false;
	}
	if (n < 0 || have + n > (int)sizeof(parts) ||
	    memcmp(parts + head + 4, ip + 4, 2) || have != head + ihl + (off & 0x1fff) * 8)
		return false;
	memcpy(parts + have, ip + ihl, n);
	have += n;
	if (off & 0x2000)
		return false;
	memcpy(raw, parts, have);
	*len = have;
	put16(ip + 2, have - head);
	put16(ip + 6, 0);
	put16(ip + 10, 0);
	put16(ip + 10, ~fold(sum(ip, ihl, 0)));
	have = 0;
	return true;
}

/* What is wrong with a packet of the stack's as such; "" where it is not TCP. */
const char *take_apart(struct seg *s, const uint8_t *raw, int len)
{
	const uint8_t *ip = raw + (fuzz.vnet ? 10 : 0);
	static const uint8_t none[10];
	const char *wrong;
	const uint8_t *th;
	int ihl, doff;

	*s = (struct seg){ .mss = -1, .ws = -1, .ip = ip };
	len -= ip - raw;
	if (len < 20 || ip[0] >> 4 != 4)
		return "";
	s->ip_len = len;
	ihl = (ip[0] & 15) * 4;
	if (ihl < 20 || get16(ip + 2) != len)
		return "IP lengths";
	if (fold(sum(ip, ihl, 0)) != 0xffff)
		return "IP checksum";
	if (ip[9] != 6)
		return "";
	s->src = get32(ip + 12);
	s->dst = get32(ip + 16);
	th = ip + ihl;
	if (len < ihl + 20)
		return "too short for a TCP header";
	doff = (th[12] >> 4) * 4;
	if (doff < 20 || ihl + doff > len)
		return "TCP data offset";
	if (th[12] & 0xe)
		return "reserved bits";
	s->sport = get16(th);
	s->dport = get16(th + 2);
	s->seq = get32(th + 4);
	s->ack = get32(th + 8);
	s->flags = th[13];
	s->win = get16(th + 14);
	s->data = th + doff;
	s->len = len - ihl - doff;
	wrong = take_vnet(s, fuzz.vnet ? raw : none, ip, ihl, len - ihl);
	return wrong ?: take_options(s, th + 20, th + doff);
}

/* --- out */
static void put_ip(uint8_t *ip, int len, uint8_t proto, uint32_t src, uint32_t dst)
{
	static uint16_t ident;

	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, len);
	put16(ip + 4, ++ident);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, src);
	put32(ip + 16, dst);
	put16(ip + 10, ~fold(sum(ip, 20, 0)));
}

/* In @count parts, the last one first as often as not. */
static void send_fragments(const uint8_t *ip, int len, int count)
{
	static uint8_t part[65600];
	int body = len - 20, step = (body / count + 7) & ~7;
	bool backwards = chance(&fuzz.rng, 50);

	if (step < 8)
		step = 8;
	count = (body + step - 1) / step;
	for (int i = 0; i < count; i++) {
		int at = (backwards ? count - 1 - i : i) * step;
		int n = body - at < step ? body - at : step;

		memcpy(part, ip, 20);
		memcpy(part + 20, ip + 20 + at, n);
		put16(part + 2, 20 + n);
		put16(part + 6, at / 8 | (at + n < body ? 0x2000 : 0));
		put16(part + 10, 0);
		put16(part + 10, ~fold(sum(part, 20, 0)));
		inject(part, 20 + n, 0);
	}
}

void send_segment(const struct out *o)
{
	static uint8_t packet[66000];
	int optlen = (o->optlen + 3) & ~3, head = 20 + optlen, len = head + o->len;
	uint8_t *th = packet + 20;
	uint16_t check;

	memset(th, 0, head);
	put16(th, o->sport);
	put16(th + 2, o->dport);
	put32(th + 4, o->seq);
	put32(th + 8, o->ack);
	th[12] = (o->doff ?: head / 4) << 4;
	th[13] = o->flags;
	put16(th + 14, o->win);
	/* Filled up with NOPs: an end of options would hide what follows. */
	memset(th + 20, 1, optlen);
	memcpy(th + 20, o->opts, o->optlen);
	memcpy(th + head, o->data, o->len);
	put_ip(packet, 20 + len, 6, o->src, o->dst);
	if (o->gso_size && fuzz.vnet) {
		put16(th + 16, pseudo(packet, len));
		inject(packet, 20 + len, o->gso_size);
		return;
	}
	check = ~fold(sum(th, len, pseudo(packet, len)));
	put16(th + 16, o->bad_sum ? check ^ 0x1234 : check);
	if (o->fragments > 1)
		send_fragments(packet, 20 + len, o->fragments);
	else
		inject(packet, 20 + len, 0);
}

void send_icmp(uint32_t src, uint32_t dst, uint8_t type, uint8_t code, uint32_t rest,
	       const uint8_t *quote, int len)
{
	uint8_t packet[256] = { 0 };
	uint8_t *icmp = packet + 20;

	if (len > 200)
		len = 200;
	icmp[0] = type;
	icmp[1] = code;
	put32(icmp + 4, rest);
	memcpy(icmp + 8, quote, len);
	put16(icmp + 2, ~fold(sum(icmp, 8 + len, 0)));
	put_ip(packet, 28 + len, 1, src, dst);
	inject(packet, 28 + len, 0);
}
