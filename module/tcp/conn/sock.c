// SPDX-License-Identifier: GPL-2.0
/*
 * The transport as the socket layer sees it: its struct proto, the birth
 * of a socket, memory accounting.
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
#include "ip/egress.h"
#include "ip/slot.h"
#include "ports/bind.h"
#include "ports/claim.h"
#include "table/lookup.h"
#include "table/owner.h"
#include "tcp/rx/icmp.h"
#include "tcp/rx/input.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/pacing.h"
#include "tcp/tx/smallq.h"
#include "tcp/tx/smallq_send.h"
#include "tcp/user/recv.h"
#include "tcp/user/send.h"
#include "tcp/user/sockopt.h"
#include "tcp/user/wspace.h"
#include "accept.h"
#include "close.h"
#include "cong_table.h"
#include "connect.h"
#include "deadline.h"
#include "fin.h"
#include "handshake.h"
#include "purge.h"
#include "sock.h"
#include "state.h"
#include "timer.h"

static atomic_long_t memory_allocated;
static DEFINE_PER_CPU(int, per_cpu_fw_alloc);
static unsigned long memory_pressure;
static struct percpu_counter sockets_allocated;
/* Pages: no pressure below [0], pressure from [1], none given beyond [2]. */
static long memory_limits[3];

static void enter_memory_pressure(struct sock *sk)
{
	unsigned long now = jiffies ?: 1;

	if (!READ_ONCE(memory_pressure))
		cmpxchg(&memory_pressure, 0, now);
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

static int newtcp_init_sock(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct net *net = sock_net(sk);

	newtcp_board_init(&tp->board);
	newtcp_reasm_init(&tp->reasm);
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

/*
 * The socket was bound to another device. A listener hears nothing in a VRF in which the
 * port may be somebody else's.
 */
static void rehash(struct sock *sk)
{
	if (sk->sk_state != TCP_LISTEN)
		return;
	if (newinet_claim_is_here(sk)) {
		/* It may be back. Without memory for that it stays deaf. */
		if (sk_unhashed(sk))
			newinet_hash_listener(sk);
		return;
	}
	if (!sk_unhashed(sk))
		net_info_ratelimited("newinet: port %d is not claimed in the VRF that its listener is bound to now: it hears nothing\n",
				     inet_sk(sk)->inet_num);
	newinet_unhash(sk);
}

static int get_port(struct sock *sk, unsigned short port)
{
	/* By bpf_bind(), from a program: it must not sleep, newtcp_pre_connect() claims it. */
	if (unlikely(newtcp_sk(sk)->in_program)) {
		inet_sk(sk)->inet_num = port;
		return 0;
	}
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
	.rehash			= rehash,
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
	err = newtcp_state_init();
	if (err)
		goto out_sockets;
	err = newtcp_handshake_init();
	if (err)
		goto out_state;
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
out_state:
	newtcp_state_exit();
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
	newtcp_state_exit();
	percpu_counter_destroy(&sockets_allocated);
}
