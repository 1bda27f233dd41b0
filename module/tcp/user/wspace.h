/* SPDX-License-Identifier: GPL-2.0 */
/* Room to write: any context, not locked. */
#ifndef _NEWTCP_WSPACE_H
#define _NEWTCP_WSPACE_H

#include "tcp/tcb.h"

/*
 * Is little enough unsent, by TCP_NOTSENT_LOWAT? @wake: half of that, so that
 * who is woken for it has something to do.
 */
static inline bool newtcp_notsent_ok(const struct sock *sk, int wake)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	u32 notsent = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_nxt);
	u32 most = READ_ONCE(tp->notsent_lowat) ?:
		   READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_notsent_lowat);

	return (notsent << wake) < most;
}

/* Is there room in the send buffer worth waking somebody for? */
static inline bool newtcp_writeable(const struct sock *sk)
{
	return sk_stream_wspace(sk) >= sk_stream_min_wspace(sk) &&
	       READ_ONCE(sk->sk_wmem_queued) < READ_ONCE(sk->sk_sndbuf) &&
	       newtcp_notsent_ok(sk, 1);
}

#endif /* _NEWTCP_WSPACE_H */
