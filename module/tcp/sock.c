// SPDX-License-Identifier: GPL-2.0
/*
 * The transport as the socket layer sees it: its struct proto, the birth,
 * the states and the death of a socket, memory accounting.
 *
 * newtcp_set_state() writes sk_state, but for a child that is being made (child.c)
 * and a listen(2) that fails (handshake.c), which nobody is to be told of.
 * A socket dies when it is in CLOSED and has no owner (SOCK_DEAD), whichever
 * comes last.
 *
 * Context: as noted; mostly socket lock held, process or softirq.
 */
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/percpu_counter.h>
#include <linux/poll.h>
#include <net/inet_common.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/xfrm.h>
#include "core/board.h"
#include "core/cong.h"
#include "core/cwv.h"
#include "core/delack.h"
#include "core/negotiate.h"
#include "core/rate.h"
#include "core/rcvwnd.h"
#include "core/rtt.h"
#include "../bind.h"
#include "../claim.h"
#include "../lookup.h"
#include "../newinet.h"
#include "../slot.h"
#include "accept.h"
#include "close.h"
#include "cong_table.h"
#include "connect.h"
#include "handshake.h"
#include "input.h"
#include "output.h"
#include "pacing.h"
#include "reassembly.h"
#include "recovery.h"
#include "recv.h"
#include "seg.h"
#include "segment.h"
#include "smallq.h"
#include "sock.h"
#include "sockopt.h"
#include "tcb.h"
#include "timer.h"
#include "user.h"
#include "wspace.h"

static atomic_long_t memory_allocated;
static DEFINE_PER_CPU(int, per_cpu_fw_alloc);
static unsigned long memory_pressure;
static struct percpu_counter sockets_allocated;
static struct percpu_counter orphans;
/* Pages: no pressure below [0], pressure from [1], none given beyond [2]. */
static long memory_limits[3];
/* net.ipv4.tcp_max_orphans is not for modules to read: one of our own. */
static unsigned int max_orphans;
module_param(max_orphans, uint, 0644);
MODULE_PARM_DESC(max_orphans,
		 "Connections without a program, at most (default by memory, at load 0 means that)");

static void enter_memory_pressure(struct sock *sk)
{
	unsigned long now = jiffies ?: 1;

	if (!READ_ONCE(memory_pressure))
		cmpxchg(&memory_pressure, 0, now);
}

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

/**
 * newtcp_report_error() - a failure that the program is to see
 * @sk: the socket
 * @err: positive errno
 */
void newtcp_report_error(struct sock *sk, int err)
{
	WRITE_ONCE(sk->sk_err, err);
	sk_error_report(sk);
}

/**
 * newtcp_reset_saddr() - forget the local address
 * @sk: the socket, in no table
 */
void newtcp_reset_saddr(struct sock *sk)
{
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

/* Unacknowledged data goes. */
static void purge_board(struct sock *sk)
{
	struct newtcp_board *b = &newtcp_sk(sk)->board;
	struct newtcp_seg *seg;

	while ((seg = newtcp_board_first(b))) {
		newtcp_board_remove(b, seg);
		newtcp_skb_free(sk, newtcp_seg_skb(seg));
	}
	newtcp_board_init(b);
}

/**
 * newtcp_purge_send() - throw away what was not acknowledged
 * @sk: the socket
 */
void newtcp_purge_send(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb;

	purge_board(sk);
	while ((skb = __skb_dequeue(&sk->sk_write_queue)))
		newtcp_skb_free(sk, skb);
	tp->rtt.backoff = 0;
	newtcp_deadline_clear(tp, NEWTCP_DL_RTO);
	newtcp_deadline_clear(tp, NEWTCP_DL_LOSS);
}

/**
 * newtcp_purge() - throw away what was not acknowledged or is out of order
 * @sk: the socket
 */
void newtcp_purge(struct sock *sk)
{
	newtcp_purge_send(sk);
	newtcp_ofo_purge(sk);
	sk_mem_reclaim(sk);
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
	newtcp_report_error(sk, err);
	newinet_claim_shun(&sk->__sk_common);
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
	       atomic_long_read(&memory_allocated) > memory_limits[2];
}

/* The last reference is gone: a late handshake may have looked until now. */
static void destruct(struct sock *sk)
{
	newtcp_cong_release(&newtcp_sk(sk)->cong);
	if (newinet_sk(sk)->intake_pinned)
		newinet_intake_put();
	kfree(newtcp_sk(sk)->listener);
	newtcp_pacer_free(newtcp_sk(sk)->pacer);
	inet_sock_destruct(sk);
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
	tp->rcv_rtt_us = 0;
	tp->rcv_rtt_time_us = 0;
	memset(&tp->rcvq, 0, sizeof(tp->rcvq));
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

static int newtcp_init_sock(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct net *net = sock_net(sk);

	newtcp_board_init(&tp->board);
	tp->out_of_order = RB_ROOT;
	newtcp_timer_setup(sk);
	newtcp_default_cong(sk);
	newtcp_reset_vars(sk);

	sk->sk_state = TCP_CLOSE;
	sk->sk_destruct = destruct;
	sk->sk_write_space = newtcp_write_space;
	/* Of what devices free it hears once it has waited for that: smallq.c. */
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	/* io_uring may send from its buffers: they are copied at once. */
	if (sk->sk_socket)
		set_bit(SOCK_SUPPORT_ZC, &sk->sk_socket->flags);
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(net->ipv4.sysctl_tcp_wmem[1]));
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(net->ipv4.sysctl_tcp_rmem[1]));
	sk_sockets_allocated_inc(sk);
	return 0;
}

static void destroy_sock(struct sock *sk)
{
	newtcp_timers_stop(sk);
	newtcp_purge(sk);
	if (sk->sk_num)
		newinet_claim_put(&sk->__sk_common);
	sk_sockets_allocated_dec(sk);
}

/* Work that softirq left because the socket was in use. Process, slock held. */
static void release_cb(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (likely(!READ_ONCE(tp->deferred)))
		return;
	if (test_and_clear_bit(NEWTCP_DEFER_TIMER, &tp->deferred)) {
		newtcp_timer_run(sk);
		__sock_put(sk);
	}
	if (test_and_clear_bit(NEWTCP_DEFER_MTU, &tp->deferred)) {
		newtcp_mtu_reduced(sk);
		__sock_put(sk);
	}
	if (test_and_clear_bit(NEWTCP_DEFER_WINDOW, &tp->deferred))
		newtcp_window_deferred(sk);
	if (test_and_clear_bit(NEWTCP_DEFER_SEND, &tp->deferred)) {
		newtcp_smallq_send(sk);
		__sock_put(sk);
	}
}

static int hash_nothing(struct sock *sk)
{
	return 0;
}

static int get_port(struct sock *sk, unsigned short port)
{
	return newinet_claim_bind(sk, inet_sk(sk)->inet_rcv_saddr, port);
}

static void put_port(struct sock *sk)
{
	newinet_claim_put(&sk->__sk_common);
}

/* May more be written? Asked by those who wait for that in the core. */
static bool memory_free(const struct sock *sk, int wake)
{
	return newtcp_notsent_ok(sk, wake);
}

NEWINET_PROTO_ACCEPT(proto_accept, newtcp_accept);
NEWINET_PROTO_RECVMSG(proto_recvmsg, newtcp_recvmsg);
NEWINET_PROTO_IOCTL(proto_ioctl, newtcp_ioctl_int);

struct proto newtcp_prot = {
	.name			= "NEWTCP",
	.owner			= THIS_MODULE,
	.close			= newtcp_close,
	.pre_connect		= newtcp_pre_connect,
	.connect		= newtcp_connect,
	.disconnect		= newtcp_disconnect,
	.accept			= proto_accept,
	.ioctl			= proto_ioctl,
	.init			= newtcp_init_sock,
	.destroy		= destroy_sock,
	.shutdown		= newtcp_shutdown,
	.setsockopt		= newtcp_setsockopt,
	.getsockopt		= newtcp_getsockopt,
	.keepalive		= newtcp_set_keepalive,
	.recvmsg		= proto_recvmsg,
	.sendmsg		= newtcp_sendmsg,
	NEWINET_SENDPAGE_PROTO
	.splice_eof		= newtcp_splice_eof,
	.backlog_rcv		= newtcp_do_rcv,
	.release_cb		= release_cb,
	.hash			= hash_nothing,
	.unhash			= newinet_unhash,
	.get_port		= get_port,
	.put_port		= put_port,
	.stream_memory_free	= memory_free,
	.enter_memory_pressure	= enter_memory_pressure,
	.sockets_allocated	= &sockets_allocated,
	.memory_allocated	= &memory_allocated,
	.per_cpu_fw_alloc	= &per_cpu_fw_alloc,
	.memory_pressure	= &memory_pressure,
	.sysctl_mem		= memory_limits,
	.sysctl_wmem_offset	= offsetof(struct net, ipv4.sysctl_tcp_wmem),
	.sysctl_rmem_offset	= offsetof(struct net, ipv4.sysctl_tcp_rmem),
	.max_header		= NEWINET_MAX_HEADER,
	.obj_size		= sizeof(struct newtcp_sock),
	.slab_flags		= SLAB_TYPESAFE_BY_RCU,
	.no_autobind		= true,
};

/* As net.ipv4.tcp_mem is at boot: a sixteenth of memory is the middle mark. */
static void init_limits(void)
{
	unsigned long limit = max(totalram_pages() / 16, 128UL);

	memory_limits[0] = limit / 4 * 3;
	memory_limits[1] = limit;
	memory_limits[2] = memory_limits[0] * 2;
	if (!max_orphans)
		max_orphans = clamp_t(unsigned long, totalram_pages() / 64,
				      512, INT_MAX);
}

/**
 * newtcp_init() - register the transport
 *
 * Context: process.
 * Return: 0 or -errno.
 */
int newtcp_init(void)
{
	int err;

	BUILD_BUG_ON(sizeof(struct newtcp_skb_cb) >
		     sizeof_field(struct sk_buff, cb));
	init_limits();
	newtcp_smallq_init();
	err = percpu_counter_init(&sockets_allocated, 0, GFP_KERNEL);
	if (err)
		return err;
	err = percpu_counter_init(&orphans, 0, GFP_KERNEL);
	if (err)
		goto out_sockets;
	err = newtcp_handshake_init();
	if (err)
		goto out_orphans;
	err = newtcp_cong_init();
	if (err)
		goto out_handshake;
	err = proto_register(&newtcp_prot, 1);
	if (err)
		goto out_cong;
	return 0;

out_cong:
	newtcp_cong_exit();
out_handshake:
	newtcp_handshake_exit();
out_orphans:
	percpu_counter_destroy(&orphans);
out_sockets:
	percpu_counter_destroy(&sockets_allocated);
	return err;
}

/**
 * newtcp_exit() - unregister the transport; no socket of it is left
 *
 * Context: process.
 */
void newtcp_exit(void)
{
	proto_unregister(&newtcp_prot);
	newtcp_smallq_exit();
	newtcp_cong_exit();
	newtcp_handshake_exit();
	percpu_counter_destroy(&orphans);
	percpu_counter_destroy(&sockets_allocated);
}
