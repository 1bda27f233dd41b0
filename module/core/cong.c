// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion control: what the transport tells an algorithm, and the window
 * arithmetic that those share which go by losses (RFC 5681 3.1).
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
 * newtcp_cong_congested - tell the algorithm of congestion
 * @c: state
 * @g: what is known of it
 */
void newtcp_cong_congested(struct newtcp_cong *c, const struct newtcp_congestion *g)
{
	c->ops->on_congestion(c, g);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_congested);

/**
 * newtcp_cong_recovered - tell the algorithm that nothing counts as lost any more
 * @c: state
 * @reduced: a reduction has lasted its round trip, and was not for nothing
 */
void newtcp_cong_recovered(struct newtcp_cong *c, bool reduced)
{
	if (c->ops->on_recovered)
		c->ops->on_recovered(c, reduced);
	else if (reduced)
		newtcp_cong_settle(c);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_recovered);

/**
 * newtcp_cong_undo - the last reduction was for nothing
 * @c: state
 */
void newtcp_cong_undo(struct newtcp_cong *c)
{
	if (c->ops->undo) {
		c->ops->undo(c);
		return;
	}
	c->cwnd = max(c->cwnd, c->prior_cwnd);
	c->ssthresh = max(c->ssthresh, c->prior_ssthresh);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_undo);

/**
 * newtcp_cong_sent - tell the algorithm that data goes out with nothing in flight
 * @c: state
 * @now_us: the time, microseconds
 */
void newtcp_cong_sent(struct newtcp_cong *c, u64 now_us)
{
	if (c->ops->on_sent)
		c->ops->on_sent(c, now_us);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_cong_sent);

/**
 * newtcp_cong_window - set the window
 * @c: state
 * @cwnd: segments
 */
void newtcp_cong_window(struct newtcp_cong *c, u32 cwnd)
{
	c->cwnd = max(cwnd, 1U);
}
EXPORT_SYMBOL_GPL(newtcp_cong_window);

/**
 * newtcp_cong_lower - congestion: remember the windows, lower the threshold
 * @c: state; its window comes down as recovery proposes, but for a timeout, when
 *	it is one segment more than what is in flight (RFC 5681 3.1)
 * @ssthresh: the threshold that the algorithm asks for, segments; not used if @g->again
 * @g: what happened
 */
void newtcp_cong_lower(struct newtcp_cong *c, u32 ssthresh, const struct newtcp_congestion *g)
{
	if (!g->again) {
		c->prior_cwnd = c->cwnd;
		/* What the window had grown to without a loss is as good a threshold. */
		c->prior_ssthresh = g->reducing ? c->ssthresh :
				    max(c->ssthresh, (c->cwnd >> 1) + (c->cwnd >> 2));
		c->ssthresh = max(ssthresh, 2U);
		c->cwnd_cnt = 0;
	}
	if (g->sign == NEWTCP_SIGN_TIMEOUT)
		newtcp_cong_window(c, g->pipe + 1);
}
EXPORT_SYMBOL_GPL(newtcp_cong_lower);

/**
 * newtcp_cong_settle - a reduction is done: the window is the threshold
 * @c: state
 */
void newtcp_cong_settle(struct newtcp_cong *c)
{
	if (c->ssthresh < NEWTCP_INFINITE_SSTHRESH)
		newtcp_cong_window(c, c->ssthresh);
}
EXPORT_SYMBOL_GPL(newtcp_cong_settle);

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
