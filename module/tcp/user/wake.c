// SPDX-License-Identifier: GPL-2.0
/*
 * A program waits for room to write or for data to read: it is woken.
 *
 * Context: as noted.
 */
#include <linux/poll.h>
#include <net/sock.h>
#include "tcp/tcb.h"
#include "wake.h"
#include "wspace.h"

/**
 * newtcp_wake_writer() - is there room for who waits to write?
 * @sk: the socket; its struct socket is freed by RCU
 *
 * Whoever waits has set SOCK_NOSPACE.
 *
 * Context: any.
 */
void newtcp_wake_writer(struct sock *sk)
{
	struct socket_wq *wq;
	struct socket *sock;

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

/* So full, or memory so short, that little more can be expected. */
static bool rmem_short(const struct sock *sk)
{
	int rcvbuf = READ_ONCE(sk->sk_rcvbuf);

	return sk_under_memory_pressure(sk) ||
	       atomic_read(&sk->sk_rmem_alloc) > rcvbuf - (rcvbuf >> 3);
}

/**
 * newtcp_readable() - is there enough to read?
 * @sk: the connection
 * @want: bytes that are enough
 *
 * Who waits for more than fits would wait for ever: then less is enough. As
 * tcp_epollin_ready() in Linux.
 *
 * Context: any, locked or not.
 * Return: whether there is; the end of the stream does not count.
 */
bool newtcp_readable(const struct sock *sk, int want)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	int have = READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq);

	if (have <= 0)
		return false;
	return have >= want || newtcp_receive_window(tp) <= tp->delack.rcv_mss || rmem_short(sk);
}

/**
 * newtcp_data_ready() - data came: wake the reader if it is enough for it
 * @sk: the connection
 */
void newtcp_data_ready(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (newtcp_readable(sk, sk->sk_rcvlowat) || sock_flag(sk, SOCK_DONE))
		sk->sk_data_ready(sk);
}
