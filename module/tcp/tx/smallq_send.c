// SPDX-License-Identifier: GPL-2.0
/*
 * There is room below a socket again (smallq.c): what waits goes on.
 *
 * Context: a tasklet for the sockets of a CPU; a socket that a user owns is left a
 * note (NEWTCP_DEFER_SEND) and newtcp_smallq_send() follows at release.
 */
#include <linux/interrupt.h>
#include <net/sock.h>
#include "tcp/rx/rcvbuf.h"
#include "tcp/tcb.h"
#include "mss.h"
#include "output.h"
#include "retransmit.h"
#include "smallq.h"
#include "smallq_send.h"

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
	newtcp_send_pending(sk, newtcp_current_mss(sk), newtcp_nagle_of(tp));
	/* TCP_NOTSENT_LOWAT asks for what has not left. */
	newtcp_check_space(sk);
}

/* Send what waits, or leave that to who owns the socket. */
static void resume(struct sock *sk)
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
	resume(sk);
	sk_free(sk);
}

static void tasklet_runs(struct tasklet_struct *t)
{
	struct newtcp_smallq *q = from_tasklet(q, t, tasklet);
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
		tasklet_setup(&per_cpu(newtcp_smallqs, cpu).tasklet, tasklet_runs);
}

/**
 * newtcp_smallq_exit() - module unload, no socket is left
 */
void newtcp_smallq_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu(newtcp_smallqs, cpu).tasklet);
}
