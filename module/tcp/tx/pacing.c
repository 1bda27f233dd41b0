// SPDX-License-Identifier: GPL-2.0
/*
 * Where a program or the algorithm asks for a rate and no queue below keeps to it (fq
 * does), a timer that does. What the rate is follows in rate.c.
 *
 * What is decided is in core/pace.h.
 *
 * Context: socket lock held, process or softirq, but for the timer itself.
 *
 * Answers to tcp_pacing_check(), tcp_update_skb_after_send(), tcp_pace_kick().
 */
#include <linux/hrtimer.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "core/pace.h"
#include "core/rtt.h"
#include "tcp/tcb.h"
#include "pacing.h"
#include "rate.h"
#include "smallq.h"

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
		/* It may have fired, and let go, before the start returns. */
		sock_hold(sk);
		hrtimer_start(&p->timer, ns_to_ktime(p->next_ns), HRTIMER_MODE_ABS_PINNED_SOFT);
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
