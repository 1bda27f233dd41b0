// SPDX-License-Identifier: GPL-2.0
/*
 * Reno (RFC 5681): slow start doubles the window per round trip, congestion
 * avoidance adds one segment per round trip, congestion halves it.
 *
 * Pure: no socket, no clock. The owner of the struct serialises.
 */
#include "cong.h"

#include <linux/export.h>
#include <linux/minmax.h>
#include <kunit/visibility.h>

/* RFC 5681 (4), with the window for what is in flight, as Linux. */
static void reno_on_congestion(struct newtcp_cong *c, const struct newtcp_congestion *g)
{
	newtcp_cong_lower(c, c->cwnd / 2, g);
}

static void reno_on_ack(struct newtcp_cong *c, const struct newtcp_ack_sample *s)
{
	u32 left;

	if (s->reduced)
		newtcp_cong_window(c, s->reduced);
	/* A window that was not used proved nothing about the path. */
	if (!s->grow || !s->cwnd_limited)
		return;
	left = newtcp_cong_slow_start(c, s->acked);
	if (left)
		newtcp_cong_avoid_ai(c, c->cwnd, left);
}

struct newtcp_cong_ops newtcp_cong_reno = {
	.on_ack		= reno_on_ack,
	.on_congestion	= reno_on_congestion,
	.name		= "reno",
};
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_reno);
