// SPDX-License-Identifier: GPL-2.0
/* One run of a scenario, from the first SYN until both ends are gone. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_EVENTS	2000000
#define MOST_US		(5ULL * 24 * 3600 * SEC)

void sim_fail(struct sim *sim, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(sim->why, sizeof(sim->why), format, args);
	va_end(args);
	longjmp(sim->failed, 1);
}

static void happen(struct sim *sim, const struct event *ev)
{
	struct end *e = &sim->end[ev->end];
	struct packet p;

	switch (ev->kind) {
	case EV_PACKET:
		p = *ev->packet;
		free(ev->packet);
		if (p.kind == PKT_TOO_BIG)
			end_too_big(e, &p);
		else if (p.kind == PKT_UNREACHABLE)
			end_unreachable(e, &p);
		else
			end_arrive(e, &p);
		break;
	case EV_TIMER:
		timer_fired(e);
		break;
	case EV_WRITE:
		program_write(e);
		break;
	case EV_READ:
		program_read(e);
		break;
	case EV_REBOOT:
		end_reboot(e);
		break;
	}
}

static bool over(const struct sim *sim)
{
	int i;

	for (i = 0; i < 2; i++) {
		const struct end *e = &sim->end[i];

		if (e->ending == E_NONE && e->state != S_CLOSED)
			return false;
		if (e->ending == E_CLOSED && !e->read_done)
			return false;
	}
	return sim->now > 0;
}

/* @sim is zeroed. */
void sim_begin(struct sim *sim, const struct scenario *sc, const struct manner *m)
{
	int i;

	sim->sc = sc;
	sim->manner = m;
	sim->chance = sc->seed * 0x2545f4914f6cdd1dULL;
	for (i = 0; i < 2; i++) {
		sim->base_us[i] = (sc->side[i].clock_ms + m->clock_ms) * MS;
		end_init(sim, i);
		if (sc->side[i].reboot_ms)
			event_add(sim, sc->side[i].reboot_ms * MS, EV_REBOOT, i, NULL);
	}
	end_connect(&sim->end[0]);
	if (sc->both_open)
		end_connect(&sim->end[1]);
}

/* The next event, and the checks; false: there is none. */
bool sim_step(struct sim *sim)
{
	struct event ev;

	if (!event_next(sim, &ev))
		return false;
	sim->now = ev.at;
	sim->events++;
	happen(sim, &ev);
	check_end(&sim->end[0]);
	check_end(&sim->end[1]);
	return true;
}

static void go_on(struct sim *sim)
{
	while (!over(sim) && sim_step(sim)) {
		if (sim->events > MOST_EVENTS)
			fail(sim, "%d events and no end", MOST_EVENTS);
		if (sim->now > MOST_US)
			fail(sim, "no end in 5 days");
	}
	if (!over(sim))
		fail(sim, "nothing happens any more: %s, %s",
		     end_state_name(sim->end[0].state), end_state_name(sim->end[1].state));
	check_over(sim);
}

void sim_end(struct sim *sim)
{
	struct newtcp_seg *seg;
	struct event ev;
	int i;

	for (i = 0; i < 2; i++) {
		struct newtcp_board *b = &sim->end[i].b;

		while ((seg = newtcp_board_first(b))) {
			newtcp_board_remove(b, seg);
			free(container_of(seg, struct sim_seg, seg));
		}
		queue_free(&sim->end[i]);
	}
	while (event_next(sim, &ev))
		free(ev.packet);
	free(sim->heap);
}

/* True: all that has to hold held. */
bool sim_run(const struct scenario *sc, const struct manner *m, struct outcome *o)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	int i;

	if (!setjmp(sim->failed)) {
		sim_begin(sim, sc, m);
		go_on(sim);
	}
	*o = (struct outcome){
		.events = sim->events, .packets = sim->packets, .absolute = sim->absolute,
	};
	memcpy(o->why, sim->why, sizeof(o->why));
	for (i = 0; i < 2; i++) {
		const struct end *e = &sim->end[i];

		o->digest = o->digest * 31 + e->digest + e->taken;
		o->resent += e->resent;
		o->timeouts += e->timeouts;
		o->bytes += e->taken;
		o->done_us = max(o->done_us, e->eof_at);
	}
	sim_end(sim);
	free(sim);
	return !o->why[0];
}
