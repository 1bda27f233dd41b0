// SPDX-License-Identifier: GPL-2.0
/*
 * What is simulated: a table of numbers, each with a name and the value that
 * makes it simple, from which a seed draws. A scenario is written as what
 * differs from the simplest one: "seed=7 a.loss=300 a.write1=5000".
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

struct field {
	const char *name;
	size_t at;
	s64 simple;
};

#define GENERAL(name, simple)	{ #name, offsetof(struct scenario, name), simple }
#define A(name, simple)	{ "a." #name, offsetof(struct scenario, side[0].name), simple }
#define B(name, simple)	{ "b." #name, offsetof(struct scenario, side[1].name), simple }
#define BOTH(name, simple)	A(name, simple), B(name, simple)
#define AT(n, name, i, simple) \
	{ "a." #n, offsetof(struct scenario, side[0].name[i]), simple }, \
	{ "b." #n, offsetof(struct scenario, side[1].name[i]), simple }

static const struct field fields[] = {
	BOTH(reboot_ms, 0), BOTH(abort, 0), BOTH(leaves, 0), GENERAL(both_open, 0),
	AT(write1, write, 0, 0), AT(write2, write, 1, 0), AT(write3, write, 2, 0),
	AT(write4, write, 3, 0),
	AT(read1, read, 0, 0), AT(read2, read, 1, 0), AT(read3, read, 2, 0),
	AT(read4, read, 3, 0),
	AT(write_pause1, write_pause_us, 0, 0), AT(write_pause2, write_pause_us, 1, 0),
	AT(write_pause3, write_pause_us, 2, 0), AT(write_pause4, write_pause_us, 3, 0),
	AT(read_pause1, read_pause_us, 0, 0), AT(read_pause2, read_pause_us, 1, 0),
	AT(read_pause3, read_pause_us, 2, 0), AT(read_pause4, read_pause_us, 3, 0),
	BOTH(outage_len_ms, 0), BOTH(outage_ms, 0), BOTH(mtu_later, 0), BOTH(mtu_ms, 0),
	BOTH(icmp, 0), BOTH(unreach, 0), BOTH(forged, 0), BOTH(burst, 0), BOTH(burst_end, 5000), BOTH(dup, 0),
	BOTH(corrupt, 0), BOTH(reorder, 0), BOTH(reorder_us, 1000), BOTH(loss, 0),
	BOTH(rate, 0), BOTH(queue, 0), BOTH(delay_us, 10000), BOTH(mtu, 1500),
	BOTH(overhead, 0), BOTH(shrink, 0), BOTH(renege, 0), BOTH(rcvbuf, 65535), BOTH(sndbuf, 1 << 20), BOTH(mss, 1460),
	BOTH(gso, 1), BOTH(wscale, 0), BOTH(ts, 0), BOTH(sack, 1), BOTH(nodelay, 1),
	BOTH(cubic, 0), BOTH(rack, 1), BOTH(frto, 1), BOTH(reordering, 3),
	BOTH(rto_min_ms, 200), BOTH(retries, 15), BOTH(user_timeout_ms, 0), BOTH(pace, 0), BOTH(smallq, 0),
	BOTH(thin, 0), BOTH(linger2, 0), BOTH(rcvbuf_most, 0),
	BOTH(clock_ms, 1000000), BOTH(iss, 0), BOTH(ts_offset, 0), GENERAL(seed, 1),
};

unsigned int scenario_fields(void)
{
	return ARRAY_SIZE(fields);
}

s64 *scenario_field(struct scenario *sc, unsigned int i)
{
	return (s64 *)((char *)sc + fields[i].at);
}

s64 scenario_simplest(unsigned int i)
{
	return fields[i].simple;
}

void scenario_simple(struct scenario *sc)
{
	unsigned int i;

	memset(sc, 0, sizeof(*sc));
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		*scenario_field(sc, i) = fields[i].simple;
}

void scenario_print(const struct scenario *sc)
{
	struct scenario copy = *sc;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		s64 v = *scenario_field(&copy, i);

		if (v != fields[i].simple)
			printf(" %s=%lld", fields[i].name, (long long)v);
	}
	putchar('\n');
}

/* "name=value"; false: there is no such name. */
bool scenario_parse(struct scenario *sc, const char *word)
{
	size_t len = strcspn(word, "=");
	unsigned int i;

	for (i = 0; word[len] && i < ARRAY_SIZE(fields); i++) {
		if (strlen(fields[i].name) != len || strncmp(fields[i].name, word, len))
			continue;
		*scenario_field(sc, i) = strtoll(word + len + 1, NULL, 0);
		return true;
	}
	return false;
}

struct die {
	u64 s;
};

static u64 draw(struct die *d)
{
	u64 z = d->s += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static bool one_in(struct die *d, unsigned int n)
{
	return draw(d) % n == 0;
}

static s64 between(struct die *d, s64 lo, s64 hi)
{
	return lo + (s64)(draw(d) % (u64)(hi - lo + 1));
}

/* Each power of two as likely as the next. */
static s64 magnitude(struct die *d, int bits)
{
	return draw(d) & ((1ULL << between(d, 0, bits)) - 1);
}

static void draw_way(struct die *d, struct side *s)
{
	s->delay_us = 100 + magnitude(d, 18);
	if (one_in(d, 3)) {
		s->rate = 10 + magnitude(d, 14);
		s->queue = one_in(d, 2) ? between(d, 3000, 100000) : 0;
	}
	if (one_in(d, 2))
		s->loss = one_in(d, 4) ? between(d, 0, 3000) : between(d, 0, 500);
	if (one_in(d, 6)) {
		s->burst = between(d, 1, 300);
		s->burst_end = between(d, 500, 8000);
	}
	if (one_in(d, 3)) {
		s->reorder = one_in(d, 3) ? between(d, 0, 5000) : between(d, 0, 500);
		s->reorder_us = 1 + magnitude(d, 18);
	}
	if (one_in(d, 4))
		s->dup = between(d, 0, 2000);
	if (one_in(d, 8))
		s->corrupt = between(d, 0, 300);
	if (one_in(d, 16)) {
		s->outage_ms = magnitude(d, 12);
		s->outage_len_ms = magnitude(d, 16);
	}
	s->mtu = one_in(d, 4) ? between(d, 576, 9000) : 1500;
	if (one_in(d, 10)) {
		s->mtu_later = between(d, 576, s->mtu);
		s->mtu_ms = magnitude(d, 12);
		s->icmp = 10000;
	}
}

static void draw_program(struct die *d, struct side *s)
{
	int i, most = one_in(d, 20) ? 20 : one_in(d, 3) ? 16 : 13;

	for (i = 0; i < STEPS; i++) {
		if (one_in(d, 2))
			s->write[i] = magnitude(d, most);
		if (one_in(d, 2))
			s->read[i] = magnitude(d, most);
		if (one_in(d, 4))
			s->write_pause_us[i] = magnitude(d, 21);
		if (one_in(d, 4))
			s->read_pause_us[i] = magnitude(d, one_in(d, 8) ? 25 : 21);
	}
	s->abort = one_in(d, 40);
	if (one_in(d, 60))
		s->reboot_ms = 1 + magnitude(d, 14);
}

static void draw_end(struct die *d, struct side *s)
{
	s->mss = one_in(d, 3) ? between(d, 88, s->mtu - 40) : s->mtu - 40;
	s->rcvbuf = one_in(d, 3) ? between(d, 500, 6000) : 1000 + magnitude(d, 20);
	if (one_in(d, 12))
		s->shrink = between(d, 100, s->rcvbuf);
	if (one_in(d, 16))
		s->renege = between(d, 1, 500);
	s->sndbuf = 2000 + magnitude(d, 20);
	s->sack = !one_in(d, 4);
	s->ts = !one_in(d, 3);
	s->wscale = !one_in(d, 3);
	s->nodelay = one_in(d, 2);
	s->gso = one_in(d, 2) ? 1 : between(d, 1, 44);
	s->cubic = one_in(d, 2);
	s->rack = one_in(d, 4) ? between(d, 0, 7) : 1;
	s->frto = !one_in(d, 4);
	if (one_in(d, 10))
		s->reordering = between(d, 1, 10);
	if (one_in(d, 10))
		s->rto_min_ms = between(d, 5, 1000);
	if (one_in(d, 10))
		s->retries = between(d, 3, 15);
	if (one_in(d, 20))
		s->user_timeout_ms = between(d, 1000, 60000);
	/* Near where they wrap, and anywhere. */
	s->iss = one_in(d, 3) ? (u32)-magnitude(d, 16) : (u32)draw(d);
	s->ts_offset = (u32)draw(d);
	s->clock_ms = one_in(d, 3) ? (1LL << 32) - magnitude(d, 14) - 1 :
				     1000 + (s64)(draw(d) >> 28);
}

/* Segments from @peer that take more memory than the window counts; many, at times. */
static void draw_room(struct die *d, struct side *s, struct side *peer)
{
	if (!one_in(d, 4))
		return;
	s->overhead = 1 + magnitude(d, 12);
	if (one_in(d, 3))
		return;
	s->rcvbuf = between(d, 2000, 20000);
	s->shrink = min(s->shrink, s->rcvbuf);
	peer->write[0] += between(d, 5000, 50000);
	if (one_in(d, 2))
		s->mss = between(d, 88, 536);
	if (one_in(d, 2))
		peer->loss += between(d, 100, 1000);
	else
		s->read_pause_us[0] += magnitude(d, 22);
}

void scenario_draw(struct scenario *sc, u64 seed)
{
	struct die d = { seed };
	int i;

	scenario_simple(sc);
	sc->seed = seed;
	sc->both_open = one_in(&d, 20);
	for (i = 0; i < 2; i++) {
		draw_way(&d, &sc->side[i]);
		draw_end(&d, &sc->side[i]);
		draw_program(&d, &sc->side[i]);
	}
	for (i = 0; i < 2; i++)
		if (one_in(&d, 4))
			sc->side[i].pace = 20 + magnitude(&d, 15);
	for (i = 0; i < 2; i++)
		draw_room(&d, &sc->side[i], &sc->side[!i]);
	for (i = 0; i < 2; i++) {
		if (one_in(&d, 6))
			sc->side[i].unreach = between(&d, 0, 10000);
		if (one_in(&d, 2))
			sc->side[i].smallq = 1000 + magnitude(&d, 20);
		if (one_in(&d, 6))
			sc->side[i].forged = between(&d, 0, 1000);
	}
	for (i = 0; i < 2; i++) {
		sc->side[i].leaves = one_in(&d, 6);
		if (one_in(&d, 4))
			sc->side[i].linger2 = between(&d, -1, 127);
		sc->side[i].thin = one_in(&d, 8);
		if (one_in(&d, 3))
			sc->side[i].rcvbuf_most = sc->side[i].rcvbuf + magnitude(&d, 21);
	}
}
