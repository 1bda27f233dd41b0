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
static u32 reno_ssthresh(struct newtcp_cong *c)
{
	return max(c->cwnd / 2, 2U);
}

static void reno_cong_avoid(struct newtcp_cong *c,
			    const struct newtcp_ack_sample *s)
{
	u32 left;

	/* A window that was not used proved nothing about the path. */
	if (!s->cwnd_limited)
		return;
	left = newtcp_cong_slow_start(c, s->acked);
	if (left)
		newtcp_cong_avoid_ai(c, c->cwnd, left);
}

struct newtcp_cong_ops newtcp_cong_reno = {
	.ssthresh	= reno_ssthresh,
	.cong_avoid	= reno_cong_avoid,
	.name		= "reno",
};
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_reno);
