// SPDX-License-Identifier: GPL-2.0
/*
 * A failure made small: each number of the scenario becomes as simple as it can
 * while the same thing goes wrong, then halfway there, again and again; some
 * seeds of the network's chances are tried for each.
 */
#include "sim.h"

#define ROUNDS	8
#define SEEDS	6

static const struct manner quietly = {};

/* What went wrong, without its numbers. */
static bool same(const char *a, const char *b)
{
	return !strncmp(a, b, strcspn(b, "0123456789"));
}

/* Fails in the same way, perhaps with other chances? @sc becomes what does. */
static bool still(struct scenario *sc, struct outcome *o)
{
	struct scenario try = *sc;
	struct outcome now;
	int i;

	for (i = 0; i < SEEDS; i++) {
		if (!sim_run(&try, &quietly, &now) && same(now.why, o->why) &&
		    now.events <= o->events) {
			*sc = try;
			*o = now;
			return true;
		}
		try.seed = i + 1;
	}
	return false;
}

static bool simpler(struct scenario *sc, unsigned int i, struct outcome *o)
{
	s64 simple = scenario_simplest(i), was = *scenario_field(sc, i);
	struct scenario try = *sc;

	if (was == simple)
		return false;
	*scenario_field(&try, i) = simple;
	if (!still(&try, o)) {
		try = *sc;
		*scenario_field(&try, i) = simple + (was - simple) / 2;
		if (was - simple == 1 || simple - was == 1 || !still(&try, o))
			return false;
	}
	*sc = try;
	return true;
}

void shrink(struct scenario *sc, struct outcome *o)
{
	unsigned int round, i;

	for (round = 0; round < ROUNDS; round++) {
		bool any = false;

		for (i = 0; i < scenario_fields(); i++)
			any |= simpler(sc, i, o);
		if (!any)
			break;
	}
}
