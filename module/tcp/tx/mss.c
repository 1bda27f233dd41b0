// SPDX-License-Identifier: GPL-2.0
/*
 * How large a segment is (RFC 9293 3.7.1, RFC 6691, RFC 1191): by the path, by the
 * peer, by the options that it carries; the sums are in core/mss.h.
 *
 * Context: socket lock held, process or softirq.
 */
#include <net/dst.h>
#include <net/ip.h>
#include <net/sock.h>
#include "core/mss.h"
#include "core/negotiate.h"
#include "tcp/tcb.h"
#include "mss.h"

/**
 * newtcp_sync_mss() - a path MTU is known: fit the segment size to it
 * @sk: the connection
 * @pmtu: bytes
 */
void newtcp_sync_mss(struct sock *sk, u32 pmtu)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 floor = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_snd_mss);
	u32 mss = newtcp_mss_of_mtu(pmtu, tp->mss_clamp, floor, tp->header_len);

	sock_owned_by_me(sk);
	tp->pmtu = pmtu;
	tp->mss = newtcp_mss_within(mss, tp->max_window, tp->header_len);
}

static inline u32 current_mss(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct dst_entry *dst = __sk_dst_get(sk);

	if (dst) {
		u32 mtu = dst_mtu(dst);

		if (unlikely(mtu != tp->pmtu))
			newtcp_sync_mss(sk, mtu);
	}
	return newtcp_mss_with_blocks(tp->mss, tp->sacks.n + tp->sacks.dsack, tp->ts_ok);
}

/**
 * newtcp_current_mss() - payload of a full segment now
 * @sk: the connection
 *
 * Checks that the route's MTU is still what it was.
 *
 * Return: bytes, the options that the next segment carries taken off.
 */
u32 newtcp_current_mss(struct sock *sk)
{
	sock_owned_by_me(sk);
	return current_mss(sk);
}

/**
 * newtcp_send_sizes() - sizes for a program's write
 * @sk: the connection
 *
 * Return: the MSS, and how much to gather in one skb.
 */
struct newtcp_sizes newtcp_send_sizes(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 mss = current_mss(sk);
	u32 goal = mss;

	sock_owned_by_me(sk);
	if (sk_can_gso(sk)) {
		/* Leave the peer something to acknowledge meanwhile. */
		goal = newtcp_mss_goal(newtcp_mss_within(sk->sk_gso_max_size, tp->max_window,
							 tp->header_len),
				       sk->sk_gso_max_segs, mss);
	}
	return (struct newtcp_sizes) { .mss = mss, .goal = goal };
}

/**
 * newtcp_advertised_mss() - what to announce in our MSS option
 * @sk: the socket, for TCP_MAXSEG
 * @dst: the route to the peer
 *
 * Return: bytes.
 */
u16 newtcp_advertised_mss(const struct sock *sk, const struct dst_entry *dst)
{
	/* A route may say anything; options are to leave room for data. */
	u32 mss = max_t(u32, dst_metric_advmss(dst), NEWTCP_MIN_MSS);
	u16 user = READ_ONCE(newtcp_sk(sk)->user_mss);

	if (user && user < mss)
		mss = user;
	return mss;
}
