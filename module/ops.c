// SPDX-License-Identifier: GPL-2.0
/*
 * The socket layer of a stream socket: newinet_stream_ops answers to
 * inet_stream_ops in net/ipv4/af_inet.c. There is no protocol here. What is
 * generic to IPv4 sockets and reaches the transport through sk->sk_prot alone
 * is the kernel's (inet_release(), inet_shutdown() ...); here is what knows
 * the family's number in addresses, and what in the kernel knows its own TCP.
 *
 * Context: process. Each function takes the socket lock itself, but for
 * read_sock, sendmsg_locked and set_rcvlowat, which are called with it.
 */
#include <linux/bpf-cgroup.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/sched/signal.h>
#include <net/inet_common.h>
#include <net/sock.h>
#include "claim.h"
#include "newinet.h"
#include "tcp/handshake.h"
#include "tcp/poll.h"
#include "tcp/recv.h"
#include "tcp/user.h"

/* The last one out returns the port to the other stack before close() does. */
static int stream_release(struct socket *sock)
{
	struct net *net;

	if (!sock->sk)
		return 0;
	/* A kernel socket may outlive the last reference on its netns. */
	net = maybe_get_net(sock_net(sock->sk));
	inet_release(sock);
	if (net) {
		newinet_claim_flush(net);
		put_net(net);
	}
	return 0;
}

static int stream_bind(struct socket *sock, struct sockaddr_unsized *uaddr, int addr_len)
{
	struct sockaddr_in addr;
	int err;

	if (addr_len < sizeof(addr))
		return -EINVAL;
	memcpy(&addr, uaddr, sizeof(addr));
	if (addr.sin_family == newinet_addr_family(sock))
		addr.sin_family = AF_INET;
	else if (addr.sin_family != AF_UNSPEC)
		return -EAFNOSUPPORT;

	/* AF_INET is also what cgroup programs expect in the address. */
	err = inet_bind(sock, (struct sockaddr_unsized *)&addr, sizeof(addr));
	if (err)
		newinet_claim_flush(sock_net(sock->sk));
	return err;
}

/* Socket locked; released while asleep. Returns what is left of @timeo. */
static long wait_for_connect(struct sock *sk, long timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(sk_sleep(sk), &wait);
	while ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		release_sock(sk);
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
		lock_sock(sk);
		if (signal_pending(current) || !timeo)
			break;
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return timeo;
}

/* The connection did not come about; the socket may be used again. */
static int connect_failed(struct socket *sock, int flags)
{
	struct sock *sk = sock->sk;
	int err = sock_error(sk) ? : -ECONNABORTED;

	sock->state = SS_UNCONNECTED;
	sk->sk_disconnects++;
	if (sk->sk_prot->disconnect(sk, flags))
		sock->state = SS_DISCONNECTING;
	return err;
}

static int connect_start(struct socket *sock, struct sockaddr_unsized *uaddr,
			 int addr_len)
{
	struct sock *sk = sock->sk;
	int err;

	if (sk->sk_state != TCP_CLOSE)
		return -EISCONN;
	if (BPF_CGROUP_PRE_CONNECT_ENABLED(sk)) {
		err = sk->sk_prot->pre_connect(sk, uaddr, addr_len);
		if (err)
			return err;
	}
	err = sk->sk_prot->connect(sk, uaddr, addr_len);
	if (err < 0)
		return err;
	sock->state = SS_CONNECTING;
	return 0;
}

/* Socket locked. */
static int connect_locked(struct socket *sock, struct sockaddr_unsized *uaddr,
			  int addr_len, int flags)
{
	struct sock *sk = sock->sk;
	int err, dis;
	long timeo;

	if (addr_len < sizeof(uaddr->sa_family))
		return -EINVAL;
	if (uaddr->sa_family == AF_UNSPEC) {
		sk->sk_disconnects++;
		err = sk->sk_prot->disconnect(sk, flags);
		sock->state = err ? SS_DISCONNECTING : SS_UNCONNECTED;
		return err;
	}

	switch (sock->state) {
	case SS_CONNECTED:
		return -EISCONN;
	case SS_CONNECTING:
		err = -EALREADY;
		break;
	case SS_UNCONNECTED:
		err = connect_start(sock, uaddr, addr_len);
		if (err)
			return err;
		err = -EINPROGRESS;
		break;
	default:
		return -EINVAL;
	}

	timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
	if ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		dis = sk->sk_disconnects;
		if (!timeo || !wait_for_connect(sk, timeo))
			return err;
		err = sock_intr_errno(timeo);
		if (signal_pending(current))
			return err;
		if (dis != sk->sk_disconnects)
			return -EPIPE;
	}

	/* RST, time-out, ICMP error, or another thread dissolved it. */
	if (sk->sk_state == TCP_CLOSE)
		return connect_failed(sock, flags);
	sock->state = SS_CONNECTED;
	return 0;
}

static int stream_connect(struct socket *sock, struct sockaddr_unsized *uaddr,
			  int addr_len, int flags)
{
	struct sock *sk = sock->sk;
	int err;

	lock_sock(sk);
	err = connect_locked(sock, uaddr, addr_len, flags);
	release_sock(sk);
	if (err && err != -EINPROGRESS)
		newinet_claim_flush(sock_net(sk));
	return err;
}

static int stream_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	int len = inet_getname(sock, uaddr, peer);

	if (len >= 0)
		uaddr->sa_family = newinet_addr_family(sock);
	return len;
}

/* The backlog is clamped to somaxconn by listen(2) itself. */
static int stream_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED || sock->type != SOCK_STREAM)
		goto out;
	if (!((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		goto out;

	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	err = 0;
	if (sk->sk_state != TCP_LISTEN)
		err = newtcp_listen_start(sk, backlog);
out:
	release_sock(sk);
	return err;
}

static int stream_shutdown(struct socket *sock, int how)
{
	int err = inet_shutdown(sock, how);

	/* A listener that stops, or a SYN withdrawn, may give up its port. */
	newinet_claim_flush(sock_net(sock->sk));
	return err;
}

static void stream_splice_eof(struct socket *sock)
{
	const struct proto *prot = sock->sk->sk_prot;

	if (prot->splice_eof)
		prot->splice_eof(sock);
}

#ifdef CONFIG_COMPAT
/*
 * Device and socket ioctls reach stream_ops.ioctl through the generic
 * translation; for SIOCADDRT and SIOCDELRT, which need one of their own, a
 * 32-bit program uses an AF_INET socket.
 */
static int stream_compat_ioctl(struct socket *sock, unsigned int cmd,
			       unsigned long arg)
{
	struct sock *sk = sock->sk;

	if (!sk->sk_prot->compat_ioctl)
		return -ENOIOCTLCMD;
	return sk->sk_prot->compat_ioctl(sk, cmd, arg);
}

#define STREAM_COMPAT	.compat_ioctl = stream_compat_ioctl,
#else
#define STREAM_COMPAT
#endif

/* Both doors, which differ in the family of addresses: newinet_addr_family(). */
#define STREAM_OPS(pf) {						\
	.family		= pf,						\
	.owner		= THIS_MODULE,					\
	.release	= stream_release,				\
	.bind		= stream_bind,					\
	.connect	= stream_connect,				\
	.socketpair	= sock_no_socketpair,				\
	.accept		= inet_accept,					\
	.getname	= stream_getname,				\
	.poll		= newtcp_poll,					\
	.ioctl		= inet_ioctl,					\
	.gettstamp	= sock_gettstamp,				\
	.listen		= stream_listen,				\
	.shutdown	= stream_shutdown,				\
	.setsockopt	= sock_common_setsockopt,			\
	.getsockopt	= sock_common_getsockopt,			\
	.sendmsg	= inet_sendmsg,					\
	.recvmsg	= inet_recvmsg,					\
	.mmap		= sock_no_mmap,					\
	NEWINET_SENDPAGE_OPS						\
	.splice_eof	= stream_splice_eof,				\
	.splice_read	= newtcp_splice_read,				\
	.set_peek_off	= sk_set_peek_off,				\
	.read_sock	= newtcp_read_sock,				\
	.sendmsg_locked	= newtcp_sendmsg_locked,			\
	.peek_len	= newtcp_peek_len,				\
	STREAM_COMPAT							\
	.set_rcvlowat	= newtcp_set_rcvlowat,				\
}

const struct proto_ops newinet_stream_ops = STREAM_OPS(PF_NEWINET);
EXPORT_SYMBOL_GPL(newinet_stream_ops);
const struct proto_ops newinet_door_ops = STREAM_OPS(PF_INET);
