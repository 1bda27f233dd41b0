// SPDX-License-Identifier: GPL-2.0
/*
 * The rate at which a connection sends: what congestion control hears of an ACK, what
 * it makes of the rate, how large packets are by that, and, where a program or the
 * algorithm asks for a rate and no queue below keeps to it (fq does), a timer that does.
 *
 * What is decided is in core/cong.h, core/rate.h and core/pace.h.
 *
 * Context: socket lock held, process or softirq, but for the timer itself.
 *
 * Answers to tcp_pacing_check(), tcp_update_skb_after_send(), tcp_pace_kick().
 */
#include <linux/hrtimer.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "core/cong.h"
#include "core/cwv.h"
#include "core/pace.h"
#include "core/rate.h"
#include "core/rtt.h"
#include "core/snd.h"
#include "pacing.h"
#include "smallq.h"
#include "tcb.h"

#define UNPACED	10	/* segments of a new connection */

/**
 * struct newtcp_pacer - what a socket keeps to its rate with, since it is asked to
 * @timer: fires when the next packet may go; holds a reference on @sk while armed
 * @rcu: the timer's core may look at it for a moment after it has fired
 * @sk: the socket
 * @next_ns: when that is
 */
struct newtcp_pacer {
	struct hrtimer timer;
	struct rcu_head rcu;
	struct sock *sk;
	u64 next_ns;
};

/* Softirq. The CPU's tasklet sends. */
static enum hrtimer_restart may_go(struct hrtimer *timer)
{
	struct sock *sk = container_of(timer, struct newtcp_pacer, timer)->sk;

	newtcp_smallq_kick(sk);
	sock_put(sk);
	return HRTIMER_NORESTART;
}

/* Without memory for it the next packet tries again. */
static struct newtcp_pacer *pacer_of(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_pacer *p = tp->pacer;

	if (p)
		return p;
	p = kzalloc(sizeof(*p), GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT);
	if (!p)
		return NULL;
	p->sk = sk;
	/* As if it had been there when data was sent last. */
	p->next_ns = ktime_get_ns() - (u64)((u32)jiffies - tp->last_snd) * TICK_NSEC;
	hrtimer_setup(&p->timer, may_go, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_SOFT);
	tp->pacer = p;
	return p;
}

/**
 * newtcp_pacer_sent() - a packet went out: the next one has to wait
 * @sk: the connection, newtcp_paced_here()
 * @bytes: payload
 */
void newtcp_pacer_sent(struct sock *sk, u32 bytes)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	unsigned long rate = newtcp_pacing_rate(sk);
	struct newtcp_pacer *p;

	sock_owned_by_me(sk);
	if (!rate || rate == ~0UL || tp->rec.delivered + tp->board.packets_out < UNPACED)
		return;
	p = pacer_of(sk);
	if (p)
		p->next_ns = newtcp_pace_next(p->next_ns, ktime_get_ns(), bytes, rate);
}

/**
 * newtcp_pacer_holds() - is it too early for the next packet?
 * @sk: the connection, newtcp_paced_here()
 *
 * Return: true when it is; what waits is sent by the timer then.
 */
bool newtcp_pacer_holds(struct sock *sk)
{
	struct newtcp_pacer *p = newtcp_sk(sk)->pacer;

	sock_owned_by_me(sk);
	if (!p || p->next_ns <= ktime_get_ns())
		return false;
	if (!hrtimer_is_queued(&p->timer)) {
		hrtimer_start(&p->timer, ns_to_ktime(p->next_ns), HRTIMER_MODE_ABS_PINNED_SOFT);
		sock_hold(sk);
	}
	return true;
}

/**
 * newtcp_pacer_later() - a deadline of what is sent, put off until that may be sent
 * @sk: the connection
 * @at: jiffies
 *
 * Return: jiffies; no more than the longest timeout from now for the sake of the rate.
 */
unsigned long newtcp_pacer_later(const struct sock *sk, unsigned long at)
{
	const unsigned long last = jiffies + NEWTCP_RTO_MAX_US / USEC_PER_SEC * HZ;
	const struct newtcp_pacer *p = newtcp_sk(sk)->pacer;
	s64 left = p ? p->next_ns - ktime_get_ns() : 0;

	if (left <= 0 || time_after(at, last))
		return at;
	left = nsecs_to_jiffies(left);
	return left > (long)(last - at) ? last : at + left;
}

/**
 * newtcp_pacer_stop() - nothing will be sent any more
 * @sk: the connection
 */
void newtcp_pacer_stop(struct sock *sk)
{
	struct newtcp_pacer *p = newtcp_sk(sk)->pacer;

	if (!p)
		return;
	p->next_ns = 0;
	if (hrtimer_try_to_cancel(&p->timer) == 1)
		__sock_put(sk);
}

/**
 * newtcp_pacer_free() - the socket is gone
 * @p: its pacer, or NULL
 */
void newtcp_pacer_free(struct newtcp_pacer *p)
{
	if (p)
		kfree_rcu(p, rcu);
}

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
				newtcp_sk(sk)->rtt.min_us,
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
 * @rtt_us: round trip that it gave; 0 = none
 */
void newtcp_tell_cong(struct sock *sk, const struct newtcp_ack_news *n, u32 acked,
		      u32 in_flight, u32 rtt_us)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct newtcp_ack_sample s = {
		.now_us = tp->now_us,
		.rtt_us = rtt_us,
		.min_rtt_us = tp->rtt.min_us,
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
