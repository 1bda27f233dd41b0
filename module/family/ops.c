// SPDX-License-Identifier: GPL-2.0
/*
 * The socket layer of a stream socket, whatever its transport: answers to
 * inet_stream_ops in net/ipv4/af_inet.c. What is generic to IPv4 sockets and reaches
 * the transport through sk->sk_prot alone is the kernel's (inet_release(),
 * inet_shutdown() ...); here is what knows the family's number in addresses, and what
 * in the kernel knows its own TCP.
 *
 * Context: process. Each function takes the socket lock itself.
 */
#include <linux/bpf-cgroup.h>
#include <linux/net.h>
#include <linux/sched/signal.h>
#include <net/inet_common.h>
#include <net/sock.h>
#include "newinet.h"
#include "ports/claim.h"
#include "ops.h"

/**
 * newinet_stream_release() - close(2)
 * @sock: the socket
 *
 * The last one out returns the port to the other stack before close() does.
 *
 * Return: 0.
 */
int newinet_stream_release(struct socket *sock)
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

/**
 * newinet_stream_bind() - bind(2)
 * @sock: the socket
 * @uaddr: a struct sockaddr_in, of the family that the socket came by, or AF_UNSPEC
 * @addr_len: its length
 *
 * Return: 0 or -errno.
 */
int newinet_stream_bind(struct socket *sock, struct sockaddr_unsized *uaddr, int addr_len)
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

/**
 * newinet_stream_connect() - connect(2)
 * @sock: the socket
 * @uaddr: the peer; AF_UNSPEC dissolves a connection
 * @addr_len: its length
 * @flags: O_NONBLOCK
 *
 * Return: 0 or -errno.
 */
int newinet_stream_connect(struct socket *sock, struct sockaddr_unsized *uaddr,
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

/**
 * newinet_stream_getname() - getsockname(2), getpeername(2)
 * @sock: the socket
 * @uaddr: out: a struct sockaddr_in of the socket's own family
 * @peer: whose name: 0 = ours
 *
 * Return: its length, or -errno.
 */
int newinet_stream_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	int len = inet_getname(sock, uaddr, peer);

	if (len >= 0)
		uaddr->sa_family = newinet_addr_family(sock);
	return len;
}

/**
 * newinet_stream_shutdown() - shutdown(2)
 * @sock: the socket
 * @how: SHUT_RD ...
 *
 * Return: 0 or -errno.
 */
int newinet_stream_shutdown(struct socket *sock, int how)
{
	int err = inet_shutdown(sock, how);

	/* A listener that stops, or a SYN withdrawn, may give up its port. */
	newinet_claim_flush(sock_net(sock->sk));
	return err;
}

/**
 * newinet_stream_splice_eof() - what was spliced ends: nothing is to be held back
 * @sock: the socket
 */
void newinet_stream_splice_eof(struct socket *sock)
{
	const struct proto *prot = sock->sk->sk_prot;

	if (prot->splice_eof)
		prot->splice_eof(sock);
}

#ifdef CONFIG_COMPAT
/**
 * newinet_stream_compat_ioctl() - ioctl(2) of a 32-bit program
 * @sock: the socket
 * @cmd: SIOC...
 * @arg: its argument
 *
 * Device and socket ioctls reach stream_ops.ioctl through the generic
 * translation; for SIOCADDRT and SIOCDELRT, which need one of their own, a
 * 32-bit program uses an AF_INET socket.
 *
 * Return: 0, or -errno; -ENOIOCTLCMD: not known here.
 */
int newinet_stream_compat_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;

	if (!sk->sk_prot->compat_ioctl)
		return -ENOIOCTLCMD;
	return sk->sk_prot->compat_ioctl(sk, cmd, arg);
}
#endif
