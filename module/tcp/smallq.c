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
#include "output.h"
#include "retransmit.h"
#include "smallq.h"
#include "tcb.h"
#include "wake.h"

/* The sockets that a CPU is to send for; each holds one of its sk_wmem_alloc. */
struct smallq {
	struct llist_head sockets;
	struct tasklet_struct tasklet;
};

static DEFINE_PER_CPU(struct smallq, smallqs);

static u64 limit_of(const struct sock *sk, const struct sk_buff *skb)
{
	u64 most = U64_MAX;

	/* Negative is no bound, as on Linux. */
	if (READ_ONCE(sk->sk_pacing_status) == SK_PACING_NONE)
		most = (s64)READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_limit_output_bytes);
	return newtcp_pace_queue(READ_ONCE(sk->sk_pacing_rate), READ_ONCE(sk->sk_pacing_shift),
				 skb->truesize, most);
}

/* One segment is out at most: an ACK of it may be long in coming. */
static bool one_out_at_most(const struct sock *sk)
{
	const struct newtcp_board *b = &newtcp_sk(sk)->board;

	return newtcp_board_first(b) == newtcp_board_last(b);
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
	return unlikely(skb_fclone_busy(sk, skb)) && will_hear(sk) && skb_fclone_busy(sk, skb);
}

/**
 * newtcp_smallq_full() - does enough of a socket's data wait below it?
 * @sk: the connection
 * @skb: what is to be sent next
 * @factor: powers of two by which more may: 0, or 1 for what is sent again
 *
 * Context: socket lock held.
 * Return: true when @skb has to wait; newtcp_smallq_send() follows then.
 */
bool newtcp_smallq_full(struct sock *sk, const struct sk_buff *skb, unsigned int factor)
{
	u64 limit = limit_of(sk, skb);

	if (likely(refcount_read(&sk->sk_wmem_alloc) >> factor <= limit))
		return false;
	if (one_out_at_most(sk) || !will_hear(sk))
		return false;
	return refcount_read(&sk->sk_wmem_alloc) >> factor > limit;
}

/**
 * newtcp_smallq_drained() - the device is done with a segment of a stopped socket
 * @sk: the socket; something of sk_wmem_alloc is held, nothing else
 *
 * Context: any.
 */
void newtcp_smallq_drained(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct smallq *q;

	/* One at a time may use the node. */
	if (test_and_set_bit(NEWTCP_LISTED, &tp->deferred))
		return;
	clear_bit(NEWTCP_THROTTLED, &tp->deferred);
	refcount_inc(&sk->sk_wmem_alloc);
	q = raw_cpu_ptr(&smallqs);
	if (llist_add(&tp->smallq_node, &q->sockets))
		tasklet_schedule(&q->tasklet);
}

/**
 * newtcp_smallq_send() - there is room below again: send what waits
 * @sk: the connection
 *
 * Context: socket lock held, softirq or process.
 */
void newtcp_smallq_send(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (!((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_CLOSING |
				     TCPF_CLOSE_WAIT | TCPF_LAST_ACK)))
		return;
	if (!RB_EMPTY_ROOT(&tp->board.lost) && newtcp_in_flight(tp) < tp->cong.cwnd)
		newtcp_retransmit_lost(sk);
	newtcp_push_pending(sk, newtcp_current_mss(sk), newtcp_nonagle(tp));
}

/**
 * newtcp_smallq_resume() - send what waits, or leave that to who owns the socket
 * @sk: the connection
 *
 * Context: softirq; not locked.
 */
void newtcp_smallq_resume(struct sock *sk)
{
	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk))
		newtcp_smallq_send(sk);
	else if (!test_and_set_bit(NEWTCP_DEFER_SEND, &newtcp_sk(sk)->deferred))
		sock_hold(sk);
	bh_unlock_sock(sk);
}

static void send_for(struct sock *sk)
{
	/* From here on it may be listed anew. */
	clear_bit_unlock(NEWTCP_LISTED, &newtcp_sk(sk)->deferred);
	newtcp_smallq_resume(sk);
	sk_free(sk);
}

static void tasklet_runs(struct tasklet_struct *t)
{
	struct smallq *q = from_tasklet(q, t, tasklet);
	struct newtcp_sock *tp, *next;

	llist_for_each_entry_safe(tp, next, llist_del_all(&q->sockets), smallq_node)
		send_for(&tp->inet.sk);
}

/**
 * newtcp_smallq_init() - module load
 */
void newtcp_smallq_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_setup(&per_cpu(smallqs, cpu).tasklet, tasklet_runs);
}

/**
 * newtcp_smallq_exit() - module unload, no socket is left
 */
void newtcp_smallq_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu(smallqs, cpu).tasklet);
}
