/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the route to a peer, and the namespace, say about a connection before
 * it has measured anything itself.
 *
 * Locks: as each function says.
 */
#ifndef _NEWTCP_METRICS_H
#define _NEWTCP_METRICS_H

#include "tcp/tcb.h"

/* metrics.c: locked, or of a listener whose child is made */
void newtcp_metrics_route(struct sock *sk, const struct dst_entry *dst);
struct dst_entry *newtcp_route_anew(struct sock *sk);
void newtcp_metrics_cong(struct sock *sk, const struct dst_entry *dst);
void newtcp_metrics_start(struct sock *sk, bool careful);
u32 newtcp_metrics_clamp(const struct sock *sk, const struct dst_entry *dst);
u32 newtcp_metrics_cwnd(struct sock *sk);

/* The route of a connection, looked up anew if stale; NULL when there is none. */
static inline struct dst_entry *newtcp_route(struct sock *sk)
{
	struct dst_entry *dst = __sk_dst_check(sk, 0);

	return likely(dst) ? dst : newtcp_route_anew(sk);
}

/* Segments of the first window to offer; 0 = as the buffer allows. */
static inline u32 newtcp_metrics_rwnd(const struct dst_entry *dst)
{
	return dst_metric(dst, RTAX_INITRWND);
}

#endif /* _NEWTCP_METRICS_H */
