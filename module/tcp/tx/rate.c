// SPDX-License-Identifier: GPL-2.0
/*
 * The rate at which a connection sends: what congestion control hears of an ACK, what
 * it makes of the rate, and how large packets are by that.
 *
 * What is decided is in core/cong.h, core/rate.h and core/pace.h.
 *
 * Context: socket lock held, process or softirq.
 *
 * Answers to tcp_update_pacing_rate(), tcp_tso_autosize().
 */
#include <net/sock.h>
#include "core/cong.h"
#include "core/cwv.h"
#include "core/pace.h"
#include "core/rate.h"
#include "core/rtt.h"
#include "core/snd.h"
#include "tcp/tcb.h"
#include "rate.h"

/**
 * newtcp_packet_segs() - segments of the wire that a super-packet makes at most
 * @sk: the connection
 * @mss: payload of a full segment
 *
 * By the device, and by the rate at which data goes out.
 *
 * Return: segments.
 */
u32 newtcp_packet_segs(struct sock *sk, u32 mss)
{
	const struct net *net = sock_net(sk);
	u32 segs;

	segs = newtcp_pace_segs(newtcp_pacing_rate(sk), READ_ONCE(sk->sk_pacing_shift),
				newtcp_rtt_min(&newtcp_sk(sk)->rtt),
				READ_ONCE(net->ipv4.sysctl_tcp_tso_rtt_log),
				sk->sk_gso_max_size, mss,
				READ_ONCE(net->ipv4.sysctl_tcp_min_tso_segs));
	return min_t(u32, segs, max_t(u32, sk->sk_gso_max_segs, 1));
}

/**
 * newtcp_pace_update() - the window or the round trip changed: the rate follows
 * @sk: the connection
 */
void newtcp_pace_update(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct net *net = sock_net(sk);
	const struct newtcp_pace_conf conf = {
		.ss_percent = READ_ONCE(net->ipv4.sysctl_tcp_pacing_ss_ratio),
		.ca_percent = READ_ONCE(net->ipv4.sysctl_tcp_pacing_ca_ratio),
	};
	u64 rate = 0;

	sock_owned_by_me(sk);
	tp->pace_stale = 0;
	if (unlikely(tp->cong.ops->pacing_rate)) {
		if (READ_ONCE(sk->sk_pacing_status) == SK_PACING_NONE)
			cmpxchg(&sk->sk_pacing_status, SK_PACING_NONE, SK_PACING_NEEDED);
		rate = tp->cong.ops->pacing_rate(&tp->cong);
	}
	if (likely(!rate))
		rate = newtcp_pace_rate(&tp->cong, tp->board.packets_out, tp->mss,
					tp->rtt.srtt_us, &conf);

	/* fq reads it without a lock. */
	WRITE_ONCE(sk->sk_pacing_rate, min_t(u64, rate, READ_ONCE(sk->sk_max_pacing_rate)));
}

/**
 * newtcp_tell_cong() - congestion control hears of an ACK: the window and the rate follow
 * @sk: the connection
 * @n: the ACK
 * @acked: segments by which the window may grow, if it may
 * @in_flight: segments in flight before it
 * @rtt_us: round trip of the newest that it told of; 0 = none
 */
void newtcp_tell_cong(struct sock *sk, const struct newtcp_ack_news *n, u32 acked,
		      u32 in_flight, u32 rtt_us)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct newtcp_ack_sample s = {
		.now_us = tp->now_us,
		.rtt_us = rtt_us,
		.min_rtt_us = newtcp_rtt_min(&tp->rtt),
		.srtt_us = tp->rtt.srtt_us >> 3,
		.acked = acked,
		.in_flight = in_flight,
		.pipe = newtcp_in_flight(tp),
		.snd_una = tp->snd_una,
		.snd_nxt = tp->snd_nxt,
		.delivered = tp->rec.delivered,
		.news = n->delivered,
		.lost = n->lost,
		.reduced = n->reduced,
		.got = n->rate.delivered,
		.prior = n->rate.prior,
		.interval_us = n->rate.interval_us,
		.limited = n->rate.limited,
		.grow = n->grow,
		.cwnd_limited = newtcp_cwv_in_use(&tp->cwv, &tp->cong),
		.paced = READ_ONCE(sk->sk_pacing_status) != SK_PACING_NONE,
		.rate = READ_ONCE(sk->sk_pacing_rate),
		.largest = sk->sk_gso_max_size,
	};

	sock_owned_by_me(sk);
	tp->cong.ops->on_ack(&tp->cong, &s);
	if (likely(n->grow))
		newtcp_cwv_grown(&tp->cwv, tp->now_us);
	/* Where packets are spaced by it, here or below, it is to be of this ACK. */
	if (unlikely(s.paced || tp->cong.ops->pacing_rate))
		newtcp_pace_update(sk);
	else
		tp->pace_stale = 1;
}
