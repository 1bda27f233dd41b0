// SPDX-License-Identifier: GPL-2.0
/*
 * A program waits for room to write or for data to read: it is woken.
 *
 * Context: as noted.
 */
#include <linux/poll.h>
#include <net/sock.h>
#include "smallq.h"
#include "tcb.h"
#include "wake.h"
#include "wspace.h"

/**
 * newtcp_write_space() - room in the send buffer: wake who waits for it
 * @sk: the socket
 *
 * Whoever waits has set SOCK_NOSPACE. Also called for each skb that a device is done
 * with, when nothing but sk_wmem_alloc holds the socket; its struct socket is freed
 * by RCU.
 *
 * Context: any.
 */
void newtcp_write_space(struct sock *sk)
{
	struct socket_wq *wq;
	struct socket *sock;

	/* The sum was lowered, then the look; will_hear() in smallq.c has it the other way. */
	smp_mb__after_atomic();
	if (unlikely(test_bit(NEWTCP_THROTTLED, &newtcp_sk(sk)->deferred)))
		newtcp_smallq_drained(sk);
	rcu_read_lock();
	sock = READ_ONCE(sk->sk_socket);
	if (likely(!sock || !test_bit(SOCK_NOSPACE, &sock->flags)) || !newtcp_writeable(sk))
		goto out;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM |
					   EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
out:
	rcu_read_unlock();
}

/**
 * newtcp_data_ready() - data came: wake the reader if it is enough for it
 * @sk: the connection
 */
void newtcp_data_ready(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if ((int)(tp->rcv_nxt - READ_ONCE(tp->copied_seq)) >= sk->sk_rcvlowat ||
	    sock_flag(sk, SOCK_DONE) ||
	    newtcp_receive_window(tp) <= tp->delack.rcv_mss)
		sk->sk_data_ready(sk);
}
