/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the route to a peer, and the namespace, say about a connection before
 * it has measured anything itself.
 *
 * Locks: as each function says.
 */
#ifndef _NEWTCP_METRICS_H
#define _NEWTCP_METRICS_H

#include "tcb.h"

/* metrics.c: locked, or of a listener whose child is made */
void newtcp_metrics_route(struct sock *sk, const struct dst_entry *dst);
void newtcp_metrics_cong(struct sock *sk, const struct dst_entry *dst);
void newtcp_metrics_start(struct sock *sk, bool careful);
u32 newtcp_metrics_clamp(const struct sock *sk, const struct dst_entry *dst);
u32 newtcp_metrics_cwnd(struct sock *sk);

/* Segments of the first window to offer; 0 = as the buffer allows. */
static inline u32 newtcp_metrics_rwnd(const struct dst_entry *dst)
{
	return dst_metric(dst, RTAX_INITRWND);
}

#endif /* _NEWTCP_METRICS_H */
