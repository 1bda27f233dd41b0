// SPDX-License-Identifier: GPL-2.0
/*
 * The states of a connection and the death of its socket.
 *
 * newtcp_set_state() writes sk_state, but for a child that is being made (child.c)
 * and a listen(2) that fails (handshake.c), which nobody is to be told of.
 * A socket dies when it is in CLOSED and has no owner (SOCK_DEAD), whichever
 * comes last.
 *
 * Context: as noted; mostly socket lock held, process or softirq.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu_counter.h>
#include <net/inet_common.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/xfrm.h>
#include "core/cong.h"
#include "core/cwv.h"
#include "core/delack.h"
#include "core/negotiate.h"
#include "core/rate.h"
#include "core/rcvwnd.h"
#include "core/rtt.h"
#include "ports/claim.h"
#include "table/lookup.h"
#include "tcp/tcb.h"
#include "tcp/tx/loss.h"
#include "cong_table.h"
#include "deadline.h"
#include "purge.h"
#include "state.h"

static struct percpu_counter orphans;
/* net.ipv4.tcp_max_orphans is not for modules to read: one of our own. */
static unsigned int max_orphans;
module_param(max_orphans, uint, 0644);
MODULE_PARM_DESC(max_orphans,
		 "Connections without a program, at most (default by memory, at load 0 means that)");

/**
 * newtcp_report_error() - a failure that the program is to see
 * @sk: the socket
 * @err: positive errno
 */
void newtcp_report_error(struct sock *sk, int err)
{
	sock_owned_by_me(sk);
	WRITE_ONCE(sk->sk_err, err);
	sk_error_report(sk);
}

/**
 * newtcp_reset_saddr() - forget the local address, unless the program chose it
 * @sk: the socket, in no table
 *
 * What bind() was given is all that the port was claimed for.
 */
void newtcp_reset_saddr(struct sock *sk)
{
	if (sk->sk_userlocks & SOCK_BINDADDR_LOCK)
		return;
	inet_sk(sk)->inet_rcv_saddr = 0;
	inet_sk(sk)->inet_saddr = 0;
}

/**
 * newtcp_set_state() - the connection moves to another state
 * @sk: the socket
 * @state: TCP_ESTABLISHED ...
 *
 * A socket that is CLOSED is in no table, and holds its port only if the
 * program chose it.
 */
void newtcp_set_state(struct sock *sk, int state)
{
	sock_owned_by_me(sk);
	if (state == TCP_CLOSE) {
		newinet_unhash(sk);
		if (sk->sk_num && !(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
			newinet_claim_put(&sk->__sk_common);
	}
	/*
	 * Who sees the state without the lock sees what it stands for: numbers, sk_err.
	 * Pairs with inet_sk_state_load() in newtcp_poll() and in the look-up.
	 */
	smp_wmb();
	inet_sk_set_state(sk, state);
}

/**
 * newtcp_destroy() - the socket is closed and has no owner: free it
 * @sk: the socket; the reference that it has from its creation is dropped
 */
void newtcp_destroy(struct sock *sk)
{
	WARN_ON_ONCE(sk->sk_state != TCP_CLOSE);
	WARN_ON_ONCE(!sock_flag(sk, SOCK_DEAD));
	WARN_ON_ONCE(!sk_unhashed(sk));

	sk->sk_prot->destroy(sk);
	sk_stream_kill_queues(sk);
	xfrm_sk_free_policy(sk);
	percpu_counter_dec(&orphans);
	sock_put(sk);
}

/**
 * newtcp_done() - the connection is over
 * @sk: the connection
 *
 * With an owner the socket stays, closed; without one it is freed.
 */
void newtcp_done(struct sock *sk)
{
	sock_owned_by_me(sk);
	newtcp_set_state(sk, TCP_CLOSE);
	newtcp_timers_stop(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
	else
		newtcp_destroy(sk);
}

/**
 * newtcp_give_up() - the connection is over, and the peer may not know
 * @sk: the connection
 * @err: positive errno that the program is to see
 */
void newtcp_give_up(struct sock *sk, int err)
{
	sock_owned_by_me(sk);
	newtcp_report_error(sk, err);
	newinet_claim_shun(&sk->__sk_common);
	/* Nobody will get it, however long the program keeps the socket. */
	newtcp_purge_send(sk);
	newtcp_done(sk);
}

/**
 * newtcp_orphan_inc() - a socket lost its owner; newtcp_destroy() counts down
 */
void newtcp_orphan_inc(void)
{
	percpu_counter_inc(&orphans);
}

/**
 * newtcp_too_many_orphans() - is this one to be reset at once?
 * @sk: socket without an owner
 * @shift: how much more than its share it counts, as a power of two
 *
 * Return: true when there are too many, or when memory has run out.
 */
bool newtcp_too_many_orphans(const struct sock *sk, int shift)
{
	if (percpu_counter_compare(&orphans, READ_ONCE(max_orphans) >> shift) > 0) {
		net_warn_ratelimited("newinet: too many orphaned sockets\n");
		return true;
	}
	return sk->sk_wmem_queued > SOCK_MIN_SNDBUF &&
	       sk_memory_allocated(sk) > sk_prot_mem_limits(sk, 2);
}

/**
 * newtcp_reset_vars() - a socket that can connect, for the first time or again
 * @sk: the socket
 */
void newtcp_reset_vars(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	newtcp_recovery_reset(sk);
	newtcp_rtt_init(&tp->rtt);
	tp->cong.cwnd = NEWTCP_INIT_CWND;
	tp->cong.ssthresh = NEWTCP_INFINITE_SSTHRESH;
	tp->cong.cwnd_cnt = 0;
	newtcp_cwv_start(&tp->cwv);
	newtcp_rate_init(&tp->rate);
	tp->fin_owed = 0;
	tp->write_seq = 0;
	tp->snd_una = 0;
	tp->snd_nxt = 0;
	tp->pushed_seq = 0;
	tp->rcv_nxt = 0;
	tp->copied_seq = 0;
	tp->rcvwnd = (struct newtcp_rcvwnd) { .ratio = NEWTCP_RATIO_DEFAULT };
	memset(&tp->rcvtune, 0, sizeof(tp->rcvtune));
	memset(&tp->sacks, 0, sizeof(tp->sacks));
	tp->delack = (struct newtcp_delack) { .rcv_mss = NEWTCP_MIN_MSS };
	tp->probes_out = 0;
	tp->probes_stamp = 0;
	tp->keep_probes_out = 0;
	tp->last_oow_ack = 0;
	tp->last_challenge = 0;
	tp->mss = NEWTCP_DEFAULT_MSS;
	tp->mss_clamp = NEWTCP_DEFAULT_MSS;
	tp->header_len = sizeof(struct tcphdr);
	tp->bytes_acked = 0;
	tp->bytes_received = 0;
	tp->segs_in = 0;
	tp->segs_out = 0;
}

/**
 * newtcp_default_cong() - net.ipv4.tcp_congestion_control, where we have that one
 * @sk: the socket, without a controller
 */
void newtcp_default_cong(struct sock *sk)
{
	const struct tcp_congestion_ops *wanted;

	rcu_read_lock();
	wanted = rcu_dereference(sock_net(sk)->ipv4.tcp_congestion_control);
	newtcp_cong_assign(&newtcp_sk(sk)->cong, wanted ? wanted->name : NULL);
	rcu_read_unlock();
}

/**
 * newtcp_state_init() - at load
 *
 * Context: process.
 * Return: 0 or -errno.
 */
int newtcp_state_init(void)
{
	if (!max_orphans)
		max_orphans = clamp_t(unsigned long, totalram_pages() / 64,
				      512, INT_MAX);
	return percpu_counter_init(&orphans, 0, GFP_KERNEL);
}

/**
 * newtcp_state_exit() - at unload, no socket is left
 *
 * Context: process.
 */
void newtcp_state_exit(void)
{
	percpu_counter_destroy(&orphans);
}
