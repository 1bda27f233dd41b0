// SPDX-License-Identifier: GPL-2.0
/*
 * The accept queue: finished connections wait for accept(2), first in, first
 * out. Answers to inet_csk_accept() and its wait loop.
 *
 * Context: newtcp_accept_enqueue() softirq, listener not locked, child locked;
 * the rest process. newtcp_listener.lock guards the queue.
 */
#include <linux/sched/signal.h>
#include <net/sock.h>
#include "tcp/tcb.h"
#include "tcp/tx/control.h"
#include "accept.h"
#include "state.h"

/**
 * newtcp_accept_enqueue() - a connection is ready
 * @sk: its listener
 * @child: the connection; its creator's reference becomes the queue's
 *
 * Return: false when the listener has stopped.
 */
bool newtcp_accept_enqueue(struct sock *sk, struct sock *child)
{
	struct newtcp_listener *l = newtcp_sk(sk)->listener;
	bool ok;

	spin_lock(&l->lock);
	ok = sk->sk_state == TCP_LISTEN;
	if (ok) {
		newtcp_sk(child)->accept_next = NULL;
		if (l->tail)
			newtcp_sk(l->tail)->accept_next = child;
		else
			l->head = child;
		l->tail = child;
		sk_acceptq_added(sk);
	}
	spin_unlock(&l->lock);
	return ok;
}

static struct sock *dequeue(struct sock *sk)
{
	struct newtcp_listener *l = newtcp_sk(sk)->listener;
	struct sock *child;

	spin_lock_bh(&l->lock);
	child = l->head;
	if (child) {
		l->head = newtcp_sk(child)->accept_next;
		if (!l->head)
			l->tail = NULL;
		sk_acceptq_removed(sk);
	}
	spin_unlock_bh(&l->lock);
	return child;
}

/**
 * newtcp_accept_drain() - a listener stops: reset what was never accepted
 * @sk: the listener, no longer in LISTEN
 */
void newtcp_accept_drain(struct sock *sk)
{
	struct sock *child;

	sock_owned_by_me(sk);
	while ((child = dequeue(sk))) {
		sock_hold(child);
		local_bh_disable();
		bh_lock_sock(child);
		if (child->sk_state != TCP_CLOSE) {
			newtcp_send_active_reset(child, GFP_ATOMIC);
			newtcp_set_state(child, TCP_CLOSE);
		}
		sock_orphan(child);
		newtcp_orphan_inc();
		newtcp_destroy(child);
		bh_unlock_sock(child);
		local_bh_enable();
		sock_put(child);
		cond_resched();
	}
}

/* Sleep until there is something to accept; the socket is unlocked meanwhile. */
static int wait_for_connection(struct sock *sk, long timeo)
{
	DEFINE_WAIT(wait);
	int err;

	/* Exclusive: one connection wakes one sleeper. */
	for (;;) {
		prepare_to_wait_exclusive(sk_sleep(sk), &wait,
					  TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (!READ_ONCE(sk->sk_ack_backlog))
			timeo = schedule_timeout(timeo);
		sched_annotate_sleep();
		lock_sock(sk);
		err = 0;
		if (READ_ONCE(sk->sk_ack_backlog))
			break;
		err = -EINVAL;
		if (sk->sk_state != TCP_LISTEN)
			break;
		err = sock_intr_errno(timeo);
		if (signal_pending(current))
			break;
		err = -EAGAIN;
		if (!timeo)
			break;
	}
	finish_wait(sk_sleep(sk), &wait);
	return err;
}

/**
 * newtcp_accept() - accept(2)
 * @sk: the listener
 * @arg: flags in; the error out
 *
 * Context: process.
 * Return: the connection, or NULL with arg->err set: -EINVAL when @sk does not
 * listen, -EAGAIN, -EINTR or -ERESTARTSYS.
 */
struct sock *newtcp_accept(struct sock *sk, struct proto_accept_arg *arg)
{
	struct sock *child = NULL;
	long timeo;
	int err = -EINVAL;

	lock_sock(sk);
	while (sk->sk_state == TCP_LISTEN) {
		child = dequeue(sk);
		if (child)
			break;
		timeo = sock_rcvtimeo(sk, arg->flags & O_NONBLOCK);
		err = -EAGAIN;
		if (!timeo)
			break;
		err = wait_for_connection(sk, timeo);
		if (err)
			break;
		err = -EINVAL;
	}
	/* For io_uring, which may ask again without waiting. */
	arg->is_empty = !READ_ONCE(sk->sk_ack_backlog);
	release_sock(sk);

	if (!child)
		arg->err = err;
	return child;
}
