// SPDX-License-Identifier: GPL-2.0
/*
 * How large a segment is (RFC 9293 3.7.1, RFC 6691, RFC 1191): by the path, by the
 * peer, by the options that it carries.
 *
 * Context: socket lock held, process or softirq.
 */
#include <net/dst.h>
#include <net/ip.h>
#include <net/sock.h>
#include "core/negotiate.h"
#include "core/options.h"
#include "mss.h"
#include "tcb.h"

/*
 * MSS (RFC 9293 3.7.1, RFC 6691) from a path MTU: without options, then with
 * the usual ones taken off.
 */
static u32 mss_of_mtu(const struct sock *sk, u32 pmtu)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	u32 floor = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_snd_mss);
	u32 mss = pmtu - sizeof(struct iphdr) - sizeof(struct tcphdr);

	if (pmtu < sizeof(struct iphdr) + sizeof(struct tcphdr))
		mss = 0;
	mss = min_t(u32, mss, tp->mss_clamp);
	return max(mss, floor) - (tp->header_len - sizeof(struct tcphdr));
}

/*
 * Never more than half the largest window that the peer ever offered, nor than
 * all of a tiny one; never less than an IP packet of 68 bytes has room for.
 */
static u32 bound_to_window(const struct newtcp_sock *tp, u32 size)
{
	u32 bound = tp->max_window;

	if (bound > NEWTCP_DEFAULT_MSS)
		bound >>= 1;
	if (!bound || size <= bound)
		return size;
	return max(bound, 68U - tp->header_len);
}

/**
 * newtcp_sync_mss() - a path MTU is known: fit the segment size to it
 * @sk: the connection
 * @pmtu: bytes
 */
void newtcp_sync_mss(struct sock *sk, u32 pmtu)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 mss = mss_of_mtu(sk, pmtu);

	sock_owned_by_me(sk);
	tp->pmtu = pmtu;
	tp->mss = bound_to_window(tp, mss);
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
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct dst_entry *dst = __sk_dst_get(sk);
	u32 mss;

	sock_owned_by_me(sk);
	if (dst) {
		u32 mtu = dst_mtu(dst);

		if (unlikely(mtu != tp->pmtu))
			newtcp_sync_mss(sk, mtu);
	}
	mss = tp->mss;
	if (unlikely(tp->sacks.n || tp->sacks.dsack)) {
		u32 blocks = min_t(u32, tp->sacks.n + tp->sacks.dsack,
				   tp->ts_ok ? 3 : 4);

		mss -= NEWTCP_SACK_BASE + NEWTCP_SACK_PER_BLOCK * blocks;
	}
	return mss;
}

/**
 * newtcp_send_mss() - sizes for a program's write
 * @sk: the connection
 * @size_goal: out: bytes to gather in one skb, a multiple of the MSS
 *
 * Return: the MSS.
 */
u32 newtcp_send_mss(struct sock *sk, u32 *size_goal)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 mss = newtcp_current_mss(sk);
	u32 goal = mss;

	sock_owned_by_me(sk);
	if (sk_can_gso(sk)) {
		/* Leave the peer something to acknowledge meanwhile. */
		goal = bound_to_window(tp, sk->sk_gso_max_size);
		goal = min_t(u32, goal / mss, sk->sk_gso_max_segs) * mss;
		goal = max(goal, mss);
	}
	*size_goal = goal;
	return mss;
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
