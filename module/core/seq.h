/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sequence-number arithmetic, modulo 2^32 (RFC 9293 section 3.4).
 *
 * Pure: plain values, no locks, any context.
 */
#ifndef _NEWTCP_SEQ_H
#define _NEWTCP_SEQ_H

#include <linux/types.h>

/* a < b on the circle; exact while the two are less than 2^31 apart. */
static inline bool seq_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool seq_after(u32 a, u32 b)
{
	return seq_before(b, a);
}

/* low <= s <= high, both ends included. */
static inline bool seq_between(u32 s, u32 low, u32 high)
{
	return high - low >= s - low;
}

/*
 * una < mark <= nxt: does a mark that was SND.NXT once still lie ahead? Exact
 * for any age of it, while a comparison with SND.UNA alone would come true
 * again 2 GiB later.
 */
static inline bool seq_mark_ahead(u32 mark, u32 una, u32 nxt)
{
	return mark - una - 1 < nxt - una;
}

static inline u32 seq_max(u32 a, u32 b)
{
	return seq_before(a, b) ? b : a;
}

static inline u32 seq_min(u32 a, u32 b)
{
	return seq_before(a, b) ? a : b;
}

#endif /* _NEWTCP_SEQ_H */
