// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion window validation: see cwv.h.
 *
 * Pure: the owner serialises.
 */
#include "cwv.h"

#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <kunit/visibility.h>

/* Three quarters of what is given up is remembered. */
static u32 remembered(const struct newtcp_cong *c)
{
	return max(c->ssthresh, (c->cwnd >> 1) + (c->cwnd >> 2));
}

/**
 * newtcp_cwv_start - a connection starts
 * @v: overwritten
 */
void newtcp_cwv_start(struct newtcp_cwv *v)
{
	memset(v, 0, sizeof(*v));
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cwv_start);

/**
 * newtcp_cwv_decay - the window was not used for a timeout
 * @v: how much of it is
 * @c: the window: half way to what is used
 * @init_cwnd: the window of a new connection, segments
 * @starved: it is the program that has no more to send, and nothing is wrong
 * @now_us: the time
 */
void newtcp_cwv_decay(struct newtcp_cwv *v, struct newtcp_cong *c, u32 init_cwnd, bool starved,
		      u64 now_us)
{
	u32 used = max(v->used, init_cwnd);

	if (starved) {
		if (used < c->cwnd && !c->ops->model) {
			c->ssthresh = remembered(c);
			newtcp_cong_window(c, (c->cwnd + used) / 2);
		}
		v->used = 0;
	}
	v->since = now_us >> 10;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cwv_decay);

/**
 * newtcp_cwv_idle - data goes out after a pause with nothing in flight
 * @v: how much of the window is used
 * @c: the window: half for each timeout, not below that of a new connection
 * @idle: how long
 * @rto: the retransmission timeout in the same unit, not 0
 * @init_cwnd: the window of a new connection, segments
 * @now_us: the time, microseconds
 */
void newtcp_cwv_idle(struct newtcp_cwv *v, struct newtcp_cong *c, u32 idle, u32 rto,
		     u32 init_cwnd, u64 now_us)
{
	u32 restart = min(init_cwnd, c->cwnd), cwnd = c->cwnd;

	if (idle <= rto || c->ops->model)
		return;
	c->ssthresh = remembered(c);
	while (idle > rto && cwnd > restart) {
		cwnd >>= 1;
		idle -= rto;
	}
	newtcp_cong_window(c, max(cwnd, restart));
	c->cwnd_cnt = 0;
	v->used = 0;
	v->since = now_us >> 10;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cwv_idle);
