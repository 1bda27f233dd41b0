/* SPDX-License-Identifier: GPL-2.0 */
/* What is to happen, and when (deadline.c): locked. */
#ifndef _NEWTCP_DEADLINE_H
#define _NEWTCP_DEADLINE_H

#include "tcb.h"

#define NEWTCP_RESOURCE_WAIT	(HZ / 2)	/* the own device's queue is full */

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

void newtcp_timer_arm(struct sock *sk, unsigned long at);
void newtcp_timers_stop(struct sock *sk);
void newtcp_rearm_rto(struct sock *sk);
u32 newtcp_keep_time(const struct sock *sk);
void newtcp_keep_arm(struct sock *sk, u32 wait);
void newtcp_set_keepalive(struct sock *sk, int on);
void newtcp_start_keepalive(struct sock *sk);

#endif /* _NEWTCP_DEADLINE_H */
