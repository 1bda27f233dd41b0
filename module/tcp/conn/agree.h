/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the core's negotiation and a socket: what its namespace lets it offer, and
 * where the outcome is kept.
 *
 * Context: as each function says.
 */
#ifndef _NEWTCP_AGREE_H
#define _NEWTCP_AGREE_H

#include "core/negotiate.h"
#include "tcp/tcb.h"

/* What the sockets of a namespace may offer or accept by now; any context. */
static inline struct newtcp_features newtcp_willing(const struct net *net)
{
	return (struct newtcp_features) {
		.timestamps = !!READ_ONCE(net->ipv4.sysctl_tcp_timestamps),
		.wscale = !!READ_ONCE(net->ipv4.sysctl_tcp_window_scaling),
		.sack = !!READ_ONCE(net->ipv4.sysctl_tcp_sack),
	};
}

/* The connection is to go by what was agreed; locked, or not yet visible. */
static inline void newtcp_agreed_take(struct newtcp_sock *tp, const struct newtcp_agreed *agreed)
{
	tp->ts_ok = agreed->use.timestamps;
	tp->sack_ok = agreed->use.sack;
	tp->wscale_ok = agreed->use.wscale;
	tp->snd_wscale = agreed->snd_wscale;
	tp->rcvwnd.wscale = agreed->rcv_wscale;
	tp->mss_clamp = agreed->mss_clamp;
	tp->header_len = newtcp_negotiate_hdrlen(agreed->use);
}

#endif /* _NEWTCP_AGREE_H */
