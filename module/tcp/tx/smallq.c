// SPDX-License-Identifier: GPL-2.0
/*
 * Little data below the socket (TCP Small Queues): what waits in the queues of
 * the own device cannot be taken back, delays what others send, and is measured
 * as round trip. A sender stops at about a millisecond's worth of its rate, and
 * goes on as the device frees what it had.
 *
 * Each skb that is sent is charged to sk_wmem_alloc until the device is done with
 * it; sock_wfree() calls sk_write_space() then, unless SOCK_USE_WRITE_QUEUE is set, in
 * any context and without the socket lock. A socket that has stopped (NEWTCP_THROTTLED)
 * is put on the list of the CPU, whose tasklet sends in its stead.
 *
 * Answers to tcp_small_queue_check(), tcp_wfree() and tcp_tasklet_func().
 */
#include <linux/interrupt.h>
#include <linux/llist.h>
#include <linux/percpu.h>
#include <net/sock.h>
#include "core/board.h"
#include "core/pace.h"
#include "tcp/tcb.h"
#include "tcp/user/wake.h"
#include "rate.h"
#include "smallq.h"

DEFINE_PER_CPU(struct newtcp_smallq, newtcp_smallqs);

static u64 limit_of(struct sock *sk, const struct sk_buff *skb)
{
	u64 most = U64_MAX;

	/* Negative is no bound, as on Linux. */
	if (READ_ONCE(sk->sk_pacing_status) == SK_PACING_NONE)
		most = (s64)READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_limit_output_bytes);
	return newtcp_pace_queue(newtcp_pacing_rate(sk), READ_ONCE(sk->sk_pacing_shift),
				 skb->truesize, most);
}

/* One segment is out at most: an ACK of it may be long in coming. */
static bool one_out_at_most(const struct sock *sk)
{
	const struct newtcp_board *b = &newtcp_sk(sk)->board;

	return newtcp_board_first(b) == newtcp_board_last(b);
}

/**
 * newtcp_smallq_kick() - a socket that has stopped may go on: this CPU sends for it
 * @sk: the socket; something of sk_wmem_alloc is held, nothing else
 *
 * Context: any.
 */
void newtcp_smallq_kick(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_smallq *q;

	/* One at a time may use the node. */
	if (test_and_set_bit(NEWTCP_LISTED, &tp->deferred))
		return;
	clear_bit(NEWTCP_THROTTLED, &tp->deferred);
	refcount_inc(&sk->sk_wmem_alloc);
	q = raw_cpu_ptr(&newtcp_smallqs);
	if (llist_add(&tp->smallq_node, &q->sockets))
		tasklet_schedule(&q->tasklet);
}

/**
 * newtcp_write_space() - sk_write_space(): less is in the send buffer, or below it
 * @sk: the socket
 *
 * Also called for each skb that a device is done with, when nothing but sk_wmem_alloc
 * holds the socket.
 *
 * Context: any.
 */
void newtcp_write_space(struct sock *sk)
{
	/* The sum was lowered, then the look; will_hear() has it the other way. */
	smp_mb__after_atomic();
	if (unlikely(test_bit(NEWTCP_THROTTLED, &newtcp_sk(sk)->deferred)))
		newtcp_smallq_kick(sk);
	newtcp_wake_writer(sk);
}

/*
 * The socket stops; true: it will hear when a device is done with something that is
 * below it now. The caller looks once more then.
 */
static bool will_hear(struct sock *sk)
{
	/* Who took sk_write_space() over tells us nothing. */
	if (sk->sk_write_space != newtcp_write_space)
		return false;
	/*
	 * The first time: sock_wfree() asks for the flag before it lowers the sum, and
	 * may have asked. One more goes, and will tell.
	 */
	if (unlikely(sock_flag(sk, SOCK_USE_WRITE_QUEUE))) {
		sock_reset_flag(sk, SOCK_USE_WRITE_QUEUE);
		return false;
	}
	set_bit(NEWTCP_THROTTLED, &newtcp_sk(sk)->deferred);
	/* The flag, then the sum; newtcp_write_space() has it the other way. */
	smp_mb__after_atomic();
	return true;
}

/*
 * Is what was sent of a segment still below us? Its companion may also be a time stamp,
 * which waits in the error queue for the program, and for as long as that likes.
 */
static bool is_below(const struct sock *sk, const struct sk_buff *skb)
{
	const struct sk_buff_fclones *pair = container_of(skb, struct sk_buff_fclones, skb1);

	return skb_fclone_busy(sk, skb) && READ_ONCE(pair->skb2.destructor) == sock_wfree;
}

/**
 * newtcp_smallq_holds() - does a segment that was sent still wait in our own device?
 * @sk: the connection
 * @skb: the segment, on the scoreboard
 *
 * To send it again would say nothing new to anybody.
 *
 * Context: socket lock held.
 * Return: true when it does; newtcp_smallq_send() follows when it has left.
 */
bool newtcp_smallq_holds(struct sock *sk, const struct sk_buff *skb)
{
	return unlikely(is_below(sk, skb)) && will_hear(sk) && is_below(sk, skb);
}

/**
 * newtcp_smallq_over() - as newtcp_smallq_full(), which calls it, by the rate
 * @sk: the connection
 * @skb: what is to be sent next
 * @factor: powers of two by which more may
 *
 * Context: socket lock held.
 * Return: true when @skb has to wait.
 */
bool newtcp_smallq_over(struct sock *sk, const struct sk_buff *skb, unsigned int factor)
{
	u64 limit = limit_of(sk, skb);

	if (likely(refcount_read(&sk->sk_wmem_alloc) >> factor <= limit))
		return false;
	if (one_out_at_most(sk) || !will_hear(sk))
		return false;
	return refcount_read(&sk->sk_wmem_alloc) >> factor > limit;
}
