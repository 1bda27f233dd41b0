// SPDX-License-Identifier: GPL-2.0
/* What happens when: a heap by time, of two at a time the earlier made; and chance. */
#include "sim.h"

#include <stdlib.h>

static bool sooner(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void event_add(struct sim *sim, u64 at, enum event_kind kind, int end, struct packet *p)
{
	struct event ev = { at, sim->order++, kind, end, p };
	unsigned int i = sim->n_events++;

	check_that(sim, at >= sim->now);
	if (sim->n_events > sim->room) {
		sim->room = sim->room * 2 ?: 64;
		sim->heap = realloc(sim->heap, sim->room * sizeof(*sim->heap));
	}
	while (i && sooner(&ev, &sim->heap[(i - 1) / 2])) {
		sim->heap[i] = sim->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	sim->heap[i] = ev;
}

bool event_next(struct sim *sim, struct event *ev)
{
	unsigned int i = 0, child, n;
	struct event last;

	if (!sim->n_events)
		return false;
	*ev = sim->heap[0];
	n = --sim->n_events;
	last = sim->heap[n];
	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && sooner(&sim->heap[child + 1], &sim->heap[child]))
			child++;
		if (!sooner(&sim->heap[child], &last))
			break;
		sim->heap[i] = sim->heap[child];
		i = child;
	}
	sim->heap[i] = last;
	return true;
}

u64 sim_random(struct sim *sim)
{
	u64 z = sim->chance += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

bool sim_chance(struct sim *sim, s64 of_10000)
{
	return of_10000 && (s64)(sim_random(sim) % 10000) < of_10000;
}
