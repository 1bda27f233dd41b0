// SPDX-License-Identifier: GPL-2.0
/*
 * What is to happen, and when. One timer per socket (sk_timer) serves all deadlines,
 * lazily: an ACK that moves one writes a word, and the timer, when it fires early, arms
 * itself again. What happens is in timer.c.
 *
 * Context: socket lock held.
 */
#include <linux/jiffies.h>
#include <net/sock.h>
#include "tcp/tcb.h"
#include "tcp/tx/pacing.h"
#include "deadline.h"

/**
 * newtcp_deadline_set() - something is to happen at a time
 * @sk: the socket
 * @d: what
 * @at: jiffies
 *
 * Context: socket lock held.
 */
void newtcp_deadline_set(struct sock *sk, enum newtcp_deadline d,
			 unsigned long at)
{
	sock_owned_by_me(sk);
	newtcp_timer_arm(sk, newtcp_deadline_note(sk, d, at));
}

/**
 * newtcp_rearm_rto() - as newtcp_note_rto(), and the timer is armed
 * @sk: the connection
 *
 * Context: socket lock held.
 */
void newtcp_rearm_rto(struct sock *sk)
{
	sock_owned_by_me(sk);
	newtcp_note_rto(sk);
	newtcp_deadline_arm(sk, NEWTCP_DL_RTO);
}

/* A setting in jiffies, which a sysctl may have made negative: never passed. */
u32 newtcp_keep_time(const struct sock *sk)
{
	return READ_ONCE(newtcp_sk(sk)->keep_time) * HZ ?:
	       READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_keepalive_time);
}

/* Look again after @wait jiffies, or, so that no clock wraps, some days. */
void newtcp_keep_arm(struct sock *sk, u32 wait)
{
	sock_owned_by_me(sk);
	newtcp_deadline_set(sk, NEWTCP_DL_KEEP,
			    jiffies + min_t(u32, wait, INT_MAX / 2));
}

/**
 * newtcp_timers_stop() - nothing is due any more
 * @sk: the socket
 *
 * A handler that runs already on another CPU finds the state changed.
 *
 * Context: socket lock held.
 */
void newtcp_timers_stop(struct sock *sk)
{
	newtcp_sk(sk)->deadlines = 0;
	sk_stop_timer(sk, &sk->sk_timer);
	newtcp_pacer_stop(sk);
}

/**
 * newtcp_set_keepalive() - SO_KEEPALIVE was set or cleared
 * @sk: the socket
 * @on: whether it is on
 *
 * Context: socket lock held.
 */
void newtcp_set_keepalive(struct sock *sk, int on)
{
	sock_owned_by_me(sk);
	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return;
	if (on && !sock_flag(sk, SOCK_KEEPOPEN))
		newtcp_keep_arm(sk, newtcp_keep_time(sk));
	else if (!on)
		newtcp_deadline_clear(newtcp_sk(sk), NEWTCP_DL_KEEP);
}

/**
 * newtcp_start_keepalive() - a connection is there: SO_KEEPALIVE may be set already
 * @sk: the connection, opened by us or made of a listener
 *
 * Context: socket lock held.
 */
void newtcp_start_keepalive(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (sock_flag(sk, SOCK_KEEPOPEN))
		newtcp_keep_arm(sk, newtcp_keep_time(sk));
}
