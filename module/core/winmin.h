/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The smallest of what was measured of late, without keeping all of it: the filter of
 * Kathleen Nichols, as Linux's lib/win_minmax.c has it. Beside the smallest it keeps the
 * smallest since that one, and the smallest since that again: when the first is too old,
 * there is a better one to take its place than whatever comes next.
 *
 * Pure: the time is an argument, microseconds. The owner serialises.
 */
#ifndef _NEWTCP_WINMIN_H
#define _NEWTCP_WINMIN_H

#include <linux/types.h>

/**
 * struct newtcp_winmin_one - a measurement
 * @value: what was measured
 * @at: when, in 1,024 microseconds
 */
struct newtcp_winmin_one {
	u32 value;
	u32 at;
};

/**
 * struct newtcp_winmin - the smallest ones
 * @one: the smallest, the smallest since, the smallest since that; they may be one
 */
struct newtcp_winmin {
	struct newtcp_winmin_one one[3];
};

static inline void newtcp_winmin_reset(struct newtcp_winmin *m, struct newtcp_winmin_one new)
{
	m->one[0] = new;
	m->one[1] = new;
	m->one[2] = new;
}

static inline void newtcp_winmin_drop(struct newtcp_winmin *m, struct newtcp_winmin_one new)
{
	m->one[0] = m->one[1];
	m->one[1] = m->one[2];
	m->one[2] = new;
}

/* Time passes: the first too old, or the others no younger than it. */
static inline void newtcp_winmin_age(struct newtcp_winmin *m, struct newtcp_winmin_one new,
				     u32 window)
{
	u32 age = new.at - m->one[0].at;

	if (age > window) {
		newtcp_winmin_drop(m, new);
		if (new.at - m->one[0].at > window)
			newtcp_winmin_drop(m, new);
	} else if (m->one[1].at == m->one[0].at && age > window / 4) {
		/* A quarter of the time without another one: one of the second quarter. */
		m->one[1] = new;
		m->one[2] = new;
	} else if (m->one[2].at == m->one[1].at && age > window / 2) {
		m->one[2] = new;
	}
}

/**
 * newtcp_winmin_take - something was measured
 * @m: the smallest ones; their first says the smallest afterwards
 * @value: what was measured
 * @now_us: the time
 * @window_us: how long a measurement counts, at most a month
 */
static inline void newtcp_winmin_take(struct newtcp_winmin *m, u32 value, u64 now_us,
				      u64 window_us)
{
	const struct newtcp_winmin_one new = { .value = value, .at = now_us >> 10 };
	u32 window = window_us >> 10;

	if (value <= m->one[0].value || new.at - m->one[2].at > window) {
		newtcp_winmin_reset(m, new);
		return;
	}
	if (value <= m->one[1].value) {
		m->one[1] = new;
		m->one[2] = new;
	} else if (value <= m->one[2].value) {
		m->one[2] = new;
	}
	newtcp_winmin_age(m, new, window);
}

#endif /* _NEWTCP_WINMIN_H */
