// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion control: the window arithmetic that the algorithms share
 * (RFC 5681 3.1), and what is common to all reductions.
 *
 * Pure: the owner of the struct serialises.
 */
#include "cong.h"

#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <kunit/visibility.h>

/**
 * newtcp_cong_bind - take up an algorithm, keep the windows
 * @c: state; others may look at its ops at any time
 * @ops: the algorithm; a reference on its module is the caller's
 */
void newtcp_cong_bind(struct newtcp_cong *c, const struct newtcp_cong_ops *ops)
{
	WRITE_ONCE(c->ops, ops);
	c->cwnd_cnt = 0;
	memset(c->priv, 0, sizeof(c->priv));
	if (ops->init)
		ops->init(c);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_bind);

/**
 * newtcp_cong_start - the state of a new connection
 * @c: overwritten
 * @ops: the algorithm; a reference on its module is the caller's
 */
void newtcp_cong_start(struct newtcp_cong *c, const struct newtcp_cong_ops *ops)
{
	memset(c, 0, sizeof(*c));
	c->cwnd = NEWTCP_INIT_CWND;
	c->ssthresh = NEWTCP_INFINITE_SSTHRESH;
	c->cwnd_clamp = U32_MAX;
	newtcp_cong_bind(c, ops);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_start);

/**
 * newtcp_cong_enter_recovery - congestion: remember the windows, lower the
 * threshold
 * @c: the caller brings @c->cwnd down as its recovery demands
 */
void newtcp_cong_enter_recovery(struct newtcp_cong *c)
{
	c->prior_cwnd = c->cwnd;
	c->prior_ssthresh = c->ssthresh;
	c->ssthresh = max(c->ops->ssthresh(c), 2U);
	c->cwnd_cnt = 0;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_enter_recovery);

/**
 * newtcp_cong_slow_start - grow by what was acknowledged, up to the threshold
 * @c: state
 * @acked: segments newly acknowledged
 *
 * Counts segments, not ACKs (RFC 3465), and without its limit of 2 per ACK:
 * a receiver with GRO acknowledges dozens at once.
 *
 * Return: what is left for congestion avoidance.
 */
u32 newtcp_cong_slow_start(struct newtcp_cong *c, u32 acked)
{
	u32 grow;

	if (!newtcp_cong_in_slow_start(c))
		return acked;
	grow = min(acked, c->ssthresh - c->cwnd);
	c->cwnd = min(c->cwnd + grow, c->cwnd_clamp);
	return acked - grow;
}
EXPORT_SYMBOL_GPL(newtcp_cong_slow_start);

/**
 * newtcp_cong_avoid_ai - additive increase: 1 segment for every @w
 * @c: state
 * @w: acknowledged segments that pay for one; a window's worth for Reno
 * @acked: segments newly acknowledged
 */
void newtcp_cong_avoid_ai(struct newtcp_cong *c, u32 w, u32 acked)
{
	u32 grow;

	w = max(w, 1U);
	/* Saved up while @w was larger: worth one segment, not several. */
	if (c->cwnd_cnt >= w) {
		c->cwnd_cnt = 0;
		c->cwnd++;
	}
	c->cwnd_cnt += acked;
	grow = c->cwnd_cnt / w;
	c->cwnd_cnt -= grow * w;
	c->cwnd = min(c->cwnd + grow, c->cwnd_clamp);
}
EXPORT_SYMBOL_GPL(newtcp_cong_avoid_ai);
