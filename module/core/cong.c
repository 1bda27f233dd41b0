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
 * newtcp_cong_reduce - congestion: remember the windows, lower the threshold
 * @c: state; its window is brought down as recovery demands, newtcp_cong_window()
 * @reducing: a reduction lasts already
 */
void newtcp_cong_reduce(struct newtcp_cong *c, bool reducing)
{
	c->prior_cwnd = c->cwnd;
	/* What the window had grown to without a loss is as good a threshold. */
	c->prior_ssthresh = reducing ? c->ssthresh :
			    max(c->ssthresh, (c->cwnd >> 1) + (c->cwnd >> 2));
	c->ssthresh = max(c->ops->ssthresh(c), 2U);
	c->cwnd_cnt = 0;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_reduce);

/**
 * newtcp_cong_undo - the last reduction was for nothing
 * @c: state
 */
void newtcp_cong_undo(struct newtcp_cong *c)
{
	c->cwnd = max(c->cwnd, c->prior_cwnd);
	c->ssthresh = max(c->ssthresh, c->prior_ssthresh);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_undo);

/**
 * newtcp_cong_window - recovery, or a pause, sets the window
 * @c: state
 * @cwnd: segments
 */
void newtcp_cong_window(struct newtcp_cong *c, u32 cwnd)
{
	c->cwnd = max(cwnd, 1U);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_window);

/**
 * newtcp_cong_event - tell the algorithm that something happened
 * @c: state
 * @ev: what
 * @now_us: the time, microseconds
 */
void newtcp_cong_event(struct newtcp_cong *c, enum newtcp_cong_event ev, u64 now_us)
{
	if (c->ops->event)
		c->ops->event(c, ev, now_us);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_event);

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
