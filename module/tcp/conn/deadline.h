/* SPDX-License-Identifier: GPL-2.0 */
/* What is to happen, and when (deadline.c): locked. */
#ifndef _NEWTCP_DEADLINE_H
#define _NEWTCP_DEADLINE_H

#include <linux/timer.h>
#include "tcp/tcb.h"
#include "tcp/tx/pacing.h"

#define NEWTCP_RESOURCE_WAIT	(HZ / 2)	/* the own device's queue is full */

/**
 * newtcp_timer_arm - the timer is to fire, soon enough
 * @sk: the socket
 * @at: jiffies
 *
 * Context: socket lock held.
 */
static inline void newtcp_timer_arm(struct sock *sk, unsigned long at)
{
	sock_owned_by_me(sk);
	if (!timer_pending(&sk->sk_timer) ||
	    time_before(at, sk->sk_timer.expires))
		sk_reset_timer(sk, &sk->sk_timer, at);
}

/**
 * newtcp_deadline_note - something is to happen at a time: the timer is not armed yet
 * @sk: the socket
 * @d: what
 * @at: jiffies
 *
 * For who notes two and arms it once, by newtcp_deadline_arm().
 *
 * Context: socket lock held.
 * Return: @at, put off for the sake of the rate.
 */
static inline unsigned long newtcp_deadline_note(struct sock *sk, enum newtcp_deadline d,
						 unsigned long at)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	/* What is not sent yet, for the sake of the rate, is not overdue. */
	if (newtcp_paced_here(sk) && d <= NEWTCP_DL_PROBE)
		at = newtcp_pacer_later(sk, at);
	tp->dl_at[d] = at;
	tp->deadlines |= BIT(d);
	return at;
}

/**
 * newtcp_deadline_arm - the timer is to fire in time for a deadline, if there is one
 * @sk: the socket
 * @d: which
 *
 * Context: socket lock held.
 */
static inline void newtcp_deadline_arm(struct sock *sk, enum newtcp_deadline d)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	const unsigned long now = jiffies;

	if (tp->deadlines & BIT(d))
		newtcp_timer_arm(sk, now + (s32)(tp->dl_at[d] - (u32)now));
}

void newtcp_deadline_set(struct sock *sk, enum newtcp_deadline d,
			 unsigned long at);

static inline void newtcp_deadline_clear(struct newtcp_sock *tp, enum newtcp_deadline d)
{
	tp->deadlines &= ~(1 << d);
}

/* Is the tail to be probed, and nothing known to be lost? */
static inline bool newtcp_tlp_pending(const struct newtcp_sock *tp)
{
	return tp->loss_is_tlp && (tp->deadlines & BIT(NEWTCP_DL_LOSS));
}

/* Jiffies since the peer was last heard. */
static inline u32 newtcp_idle_time(const struct newtcp_sock *tp)
{
	u32 now = (u32)jiffies;

	return min(now - tp->last_heard, now - tp->last_rcv);
}

/**
 * newtcp_note_rto - an ACK moved SND.UNA, or data went out: the timeout starts anew
 * @sk: the connection
 *
 * RFC 6298 section 5, rules 5.1 to 5.3. Who calls arms the timer, by
 * newtcp_schedule_tlp() or newtcp_deadline_arm().
 *
 * Context: socket lock held.
 */
static inline void newtcp_note_rto(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	/* A tail probe goes instead of it, should newtcp_schedule_tlp() say so. */
	if (tp->loss_is_tlp)
		newtcp_deadline_clear(tp, NEWTCP_DL_LOSS);
	if (!tp->board.packets_out)
		newtcp_deadline_clear(tp, NEWTCP_DL_RTO);
	else
		newtcp_deadline_note(sk, NEWTCP_DL_RTO, jiffies + newtcp_rto_jiffies(tp));
}

void newtcp_timers_stop(struct sock *sk);
void newtcp_rearm_rto(struct sock *sk);
u32 newtcp_keep_time(const struct sock *sk);
void newtcp_keep_arm(struct sock *sk, u32 wait);
void newtcp_set_keepalive(struct sock *sk, int on);
void newtcp_start_keepalive(struct sock *sk);

#endif /* _NEWTCP_DEADLINE_H */
