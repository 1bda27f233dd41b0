// SPDX-License-Identifier: GPL-2.0
/*
 * Readiness: poll(2), select(2), epoll(7). The event sets are Linux's own, in
 * every state.
 *
 * Context: process, not locked. The order of the looks matters: state before
 * error, and the flag SOCK_NOSPACE before the second look for room, so that a
 * wake-up in between is not lost.
 */
#include <linux/poll.h>
#include <net/busy_poll.h>
#include <net/sock.h>
#include "tcp/tcb.h"
#include "poll.h"
#include "wake.h"
#include "wspace.h"

static __poll_t writable(struct sock *sk)
{
	if (newtcp_writeable(sk))
		return EPOLLOUT | EPOLLWRNORM;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* Room may have come before the flag was seen. Pairs with newtcp_check_space(). */
	smp_mb__after_atomic();
	return newtcp_writeable(sk) ? EPOLLOUT | EPOLLWRNORM : 0;
}

/**
 * newtcp_poll() - which events are pending
 * @file: the open file
 * @sock: the socket
 * @wait: where to queue, or NULL
 *
 * Return: EPOLL* bits.
 */
__poll_t newtcp_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask = 0;
	u8 shutdown;
	int state;

	sock_poll_wait(file, sock, wait);
	/* Pairs with the barrier in newtcp_set_state(). */
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return READ_ONCE(sk->sk_ack_backlog) ?
		       EPOLLIN | EPOLLRDNORM : 0;

	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;

	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV) {
		if (newtcp_readable(sk, sock_rcvlowat(sk, 0, INT_MAX)))
			mask |= EPOLLIN | EPOLLRDNORM;
		if (shutdown & SEND_SHUTDOWN)
			mask |= EPOLLOUT | EPOLLWRNORM;
		else
			mask |= writable(sk);
	}
	/* The error comes before shutdown and state. Pairs with newtcp_set_state(). */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) ||
	    !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}
