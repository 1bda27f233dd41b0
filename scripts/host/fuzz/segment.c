// SPDX-License-Identifier: GPL-2.0
/*
 * Any segment against a connection in any state: the simulator's, with the checks
 * that it makes after every event. What the segments carry stands where it
 * belongs in the stream, or it would be no fault that wrong bytes arrive.
 */
#include "sim.h"
#include "fuzz.h"

static const struct manner manner = { .lies = true };

static void draw(struct scenario *sc, struct input *in)
{
	struct side *a = &sc->side[0], *b = &sc->side[1];
	u8 bits = take(in), more = take(in);

	scenario_simple(sc);
	a->sack = bits & 1;
	a->ts = b->ts = bits >> 1 & 1;
	a->wscale = b->wscale = bits >> 2 & 1;
	a->cubic = bits >> 3 & 1;
	a->nodelay = bits >> 4 & 1;
	a->gso = bits & 0x20 ? 8 : 1;
	sc->both_open = bits >> 6 & 1;
	a->rack = more & 7;
	a->frto = more >> 3 & 1;
	a->iss = more & 0x10 ? 0xfffff000 : 5;
	b->iss = more & 0x20 ? 0xfffff000 : 7;
	a->rcvbuf = more & 0x40 ? 3000 : 60000;
	a->retries = 3;
	a->write[0] = take16(in) % 30000;
	a->write_pause_us[0] = take16(in);
	a->write[1] = take16(in) % 3000;
	a->read[0] = take(in) * 16;
	a->read_pause_us[0] = take16(in) * 16;
	b->write[0] = take16(in) % 10000;
	b->loss = take(in) * 20;
	a->loss = take(in) * 20;
	sc->seed = take(in);
}

/* Options of any bytes, or such as an ACK has. */
static void options(struct packet *p, const struct end *e, struct input *in)
{
	struct newtcp_options o = {};
	u8 kind = take(in), *raw = (u8 *)p->opt;
	int i;

	p->optlen = 0;
	if (kind & 1) {
		p->optlen = (kind >> 1) % 11 * 4;
		for (i = 0; i < p->optlen; i++)
			raw[i] = take(in);
		return;
	}
	if (kind & 2) {
		o.flags |= NEWTCP_OPT_TS;
		o.tsval = e->ts_recent + (s8)take(in);
		o.tsecr = tx_ts(e) - take(in);
	}
	if (kind & 4) {
		o.flags |= NEWTCP_OPT_SACK;
		o.num_sacks = 1 + (kind >> 3) % 3;
		for (i = 0; i < o.num_sacks; i++) {
			o.sacks[i].start = e->una + (s16)take16(in);
			o.sacks[i].end = o.sacks[i].start + take16(in) % 9000;
		}
	}
	p->optlen = newtcp_options_build(p->opt, &o);
}

static void inject(struct end *e, struct input *in)
{
	struct packet p = { .kind = PKT_SEGMENT };
	u8 kind = take(in);

	p.flags = kind & 0x3f;
	p.seq = e->rcv_nxt + (kind & 0x40 ? (s16)take16(in) : 0);
	p.ack = kind & 0x80 ? e->una + (s16)take16(in) : e->nxt - take(in) % 4;
	p.window = take16(in);
	p.len = take16(in) % 1500;
	p.abs = e->received + (s64)(s32)(p.seq - e->rcv_nxt);
	/* Bytes before the stream, or on a SYN, have no place in it. */
	if (p.flags & TH_SYN)
		p.len = 0;
	options(&p, e, in);
	end_arrive(e, &p);
}

static void happen(struct sim *sim, struct input *in)
{
	struct end *e = &sim->end[0];
	u8 op = take(in);
	int i;

	switch (op & 3) {
	case 0:
		for (i = 0; i <= op >> 2; i++)
			if (!sim_step(sim))
				return;
		break;
	case 1:
		if (e->state != S_CLOSED && !e->fin_known) {
			struct packet p = { .kind = PKT_TOO_BIG };

			p.seq = e->una + take16(in) % 2000;
			p.mtu = take16(in) % 1600;
			end_too_big(e, &p);
		}
		break;
	default:
		inject(e, in);
	}
	check_end(e);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct scenario sc;
	struct sim *sim;

	if (size > 1024)
		return 0;
	draw(&sc, &in);
	sim = calloc(1, sizeof(*sim));
	if (!setjmp(sim->failed)) {
		sim_begin(sim, &sc, &manner);
		while (in.left)
			happen(sim, &in);
	}
	if (sim->why[0]) {
		fprintf(stderr, "%s\n", sim->why);
		abort();
	}
	sim_end(sim);
	free(sim);
	return 0;
}
