// SPDX-License-Identifier: GPL-2.0
/*
 * setsockopt(2) and getsockopt(2) at the levels of TCP and IP.
 *
 * Level SOL_IP is the kernel's own; TCP options are a table of integers with
 * their ranges, and what does not fit into it is in the switches. What is not
 * supported is refused as Linux refuses an option that it does not know.
 *
 * Context: process, not locked.
 */
#include <linux/inet_diag.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/sockptr.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/sock.h>
#include "core/cong.h"
#include "core/delack.h"
#include "core/negotiate.h"
#include "core/rcvwnd.h"
#include "core/rtt.h"
#include "table/owner.h"
#include "tcp/clock.h"
#include "tcp/conn/cong_table.h"
#include "tcp/conn/deadline.h"
#include "tcp/rx/acking.h"
#include "tcp/tcb.h"
#include "tcp/tx/control.h"
#include "tcp/tx/output.h"
#include "info.h"
#include "newinet.h"
#include "sockopt.h"

#define NEWTCP_FIN_TIMEOUT_MAX	(120 * HZ)

#define MAX_KEEPIDLE	32767
#define MAX_KEEPINTVL	32767
#define MAX_KEEPCNT	127
#define MAX_SYNCNT	127

static void set_nodelay(struct sock *sk, bool on)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	tp->nodelay = on;
	if (!on)
		return;
	/* Data that Nagle held goes as the windows allow, even if the cork is in. */
	tp->push = 1;
	newtcp_send_queued(sk);
}

static void set_cork(struct sock *sk, bool on)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	tp->cork = on;
	if (on)
		return;
	/* Then Nagle's rule holds, if the program did not turn that off. */
	tp->push |= tp->nodelay;
	newtcp_send_queued(sk);
}

static void set_quickack(struct sock *sk, int val)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	bool open = (1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT);

	if (newtcp_delack_option(&tp->delack, val, open, newtcp_pingpong_thresh(tp)))
		newtcp_send_ack(sk);
}

static int set_keepidle(struct sock *sk, int val)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 idle, wait = val * HZ;

	tp->keep_time = val;
	if (!sock_flag(sk, SOCK_KEEPOPEN) ||
	    (1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return 0;
	idle = min(newtcp_idle_time(tp), wait);
	newtcp_deadline_set(sk, NEWTCP_DL_KEEP, jiffies + wait - idle);
	return 0;
}

static int set_window_clamp(struct sock *sk, int val)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (!val) {
		if (sk->sk_state != TCP_CLOSE)
			return -EINVAL;
		tp->rcvwnd.clamp = 0;
		return 0;
	}
	WRITE_ONCE(tp->rcvwnd.clamp, max_t(int, val, SOCK_MIN_RCVBUF / 2));
	newtcp_rcvwnd_clamped(&tp->rcvwnd);
	return 0;
}

/* How long, and how often, before something is given up. */
static int set_patience(struct sock *sk, int optname, int val)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	switch (optname) {
	case TCP_KEEPIDLE:
		if (val < 1 || val > MAX_KEEPIDLE)
			return -EINVAL;
		return set_keepidle(sk, val);
	case TCP_KEEPINTVL:
		if (val < 1 || val > MAX_KEEPINTVL)
			return -EINVAL;
		tp->keep_intvl = val;
		return 0;
	case TCP_KEEPCNT:
		if (val < 1 || val > MAX_KEEPCNT)
			return -EINVAL;
		tp->keep_probes = val;
		return 0;
	case TCP_SYNCNT:
		if (val < 1 || val > MAX_SYNCNT)
			return -EINVAL;
		WRITE_ONCE(tp->syn_retries, val);
		return 0;
	case TCP_LINGER2:
		if (val < 0)
			tp->linger2 = -1;
		else
			tp->linger2 = min(val, NEWTCP_FIN_TIMEOUT_MAX / HZ);
		return 0;
	case TCP_USER_TIMEOUT:
		if (val < 0)
			return -EINVAL;
		tp->user_timeout = val;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int set_int_locked(struct sock *sk, int optname, int val)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	switch (optname) {
	case TCP_MAXSEG:
		/* 0 means: as the path allows. */
		if (val && (val < NEWTCP_MIN_MSS || val > 32767))
			return -EINVAL;
		/* A listener's are read while it is not locked. */
		WRITE_ONCE(tp->user_mss, val);
		return 0;
	case TCP_NODELAY:
		set_nodelay(sk, val);
		return 0;
	case TCP_CORK:
		set_cork(sk, val);
		return 0;
	case TCP_WINDOW_CLAMP:
		return set_window_clamp(sk, val);
	case TCP_QUICKACK:
		set_quickack(sk, val);
		return 0;
	case TCP_NOTSENT_LOWAT:
		WRITE_ONCE(tp->notsent_lowat, val);
		sk->sk_write_space(sk);
		return 0;
	case TCP_INQ:
		if (val < 0 || val > 1)
			return -EINVAL;
		tp->recvmsg_inq = val;
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
	case TCP_THIN_DUPACK:
		if (val < 0 || val > 1)
			return -EINVAL;
		/* The other has no effect on Linux any more, and reads as 0. */
		if (optname == TCP_THIN_LINEAR_TIMEOUTS)
			tp->thin_linear = val;
		return 0;
	case TCP_TIMESTAMP:
		/* Of a connection that is being restored alone. */
		return -EPERM;
	default:
		return set_patience(sk, optname, val);
	}
}

static int set_congestion(struct sock *sk, sockptr_t optval,
			  unsigned int optlen)
{
	char name[NEWTCP_CONG_NAME_MAX];
	int err;

	if (optlen < 1)
		return -EINVAL;
	err = strncpy_from_sockptr(name, optval,
				   min_t(long, NEWTCP_CONG_NAME_MAX - 1, optlen));
	if (err < 0)
		return -EFAULT;
	name[err] = 0;

	lock_sock(sk);
	if (newtcp_sk(sk)->cong_locked)
		err = -EPERM;
	else
		err = newtcp_cong_set(&newtcp_sk(sk)->cong, name);
	if (!err)
		newtcp_sk(sk)->cong_chosen = 1;
	release_sock(sk);
	return err;
}

/*
 * Level SOL_IP is the kernel's; what it would take and this transport does not
 * do is refused. With no value IP_OPTIONS takes away what is not there.
 */
static int set_ip(struct sock *sk, int level, int optname, sockptr_t optval,
		  unsigned int optlen)
{
	if (level == SOL_IP && optname == IP_OPTIONS && optlen)
		return -ENOPROTOOPT;
	return ip_setsockopt(sk, level, optname, optval, optlen);
}

/**
 * newtcp_setsockopt() - setsockopt(2) below SOL_SOCKET
 * @sk: the socket
 * @level: SOL_TCP, or another that IP answers for
 * @optname: the option
 * @optval: its value
 * @optlen: length of that
 *
 * Return: 0; -ENOPROTOOPT; -EINVAL; -EFAULT; -ENOENT for an unknown name.
 */
int newtcp_setsockopt(struct sock *sk, int level, int optname,
		      sockptr_t optval, unsigned int optlen)
{
	int val, err;

	/* IP cannot see that this is no datagram socket. */
	if (level == SOL_IP && (optname == IP_ADD_MEMBERSHIP ||
				optname == IP_DROP_MEMBERSHIP))
		return -EPROTO;
	if (level != SOL_TCP)
		return set_ip(sk, level, optname, optval, optlen);
	if (optname == TCP_CONGESTION)
		return set_congestion(sk, optval, optlen);

	if (optlen < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;
	lock_sock(sk);
	err = set_int_locked(sk, optname, val);
	release_sock(sk);
	return err;
}

/* Options that are an integer. -ENOPROTOOPT: it is none of these. */
static int get_int(struct sock *sk, int optname, int *val)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct net *net = sock_net(sk);

	switch (optname) {
	case TCP_MAXSEG:
		*val = tp->mss;
		if (tp->user_mss &&
		    (1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
			*val = tp->user_mss;
		break;
	case TCP_NODELAY:
		*val = tp->nodelay;
		break;
	case TCP_CORK:
		*val = tp->cork;
		break;
	case TCP_KEEPIDLE:
		*val = tp->keep_time ?:
		       READ_ONCE(net->ipv4.sysctl_tcp_keepalive_time) / HZ;
		break;
	case TCP_KEEPINTVL:
		*val = tp->keep_intvl ?:
		       READ_ONCE(net->ipv4.sysctl_tcp_keepalive_intvl) / HZ;
		break;
	case TCP_KEEPCNT:
		*val = tp->keep_probes ?:
		       READ_ONCE(net->ipv4.sysctl_tcp_keepalive_probes);
		break;
	case TCP_SYNCNT:
		*val = tp->syn_retries ?:
		       READ_ONCE(net->ipv4.sysctl_tcp_syn_retries);
		break;
	case TCP_LINGER2:
		*val = tp->linger2;
		if (*val >= 0)
			*val = *val ?: READ_ONCE(net->ipv4.sysctl_tcp_fin_timeout) / HZ;
		break;
	case TCP_WINDOW_CLAMP:
		*val = tp->rcvwnd.clamp;
		break;
	case TCP_USER_TIMEOUT:
		*val = tp->user_timeout;
		break;
	case TCP_QUICKACK:
		*val = !newtcp_interactive(tp);
		break;
	case TCP_NOTSENT_LOWAT:
		*val = tp->notsent_lowat;
		break;
	case TCP_INQ:
		*val = tp->recvmsg_inq;
		break;
	case TCP_THIN_LINEAR_TIMEOUTS:
		*val = tp->thin_linear;
		break;
	case TCP_THIN_DUPACK:
		*val = 0;
		break;
	case TCP_TIMESTAMP:
		/* Bit 0 would say that the clock is one of microseconds. */
		*val = (newtcp_ms_of(newtcp_clock_us()) + tp->ts_offset) & ~1U;
		break;
	default:
		return -ENOPROTOOPT;
	}
	return 0;
}

static int put_value(const void *val, int size, int len,
		     char __user *optval, int __user *optlen)
{
	len = min(len, size);
	if (put_user(len, optlen) || copy_to_user(optval, val, len))
		return -EFAULT;
	return 0;
}

static int get_info(struct sock *sk, int len, char __user *optval,
		    int __user *optlen)
{
	struct tcp_info info;

	newtcp_get_info(sk, &info);
	return put_value(&info, sizeof(info), len, optval, optlen);
}

static int get_congestion(struct sock *sk, int len, char __user *optval,
			  int __user *optlen)
{
	char name[NEWTCP_CONG_NAME_MAX] = {};

	lock_sock(sk);
	strscpy(name, newtcp_sk(sk)->cong.ops->name, sizeof(name));
	release_sock(sk);
	return put_value(name, sizeof(name), len, optval, optlen);
}

/* What the algorithm tells of itself: of reno and cubic nothing. */
static int get_cong_info(struct sock *sk, int len, char __user *optval, int __user *optlen)
{
	union tcp_cc_info info = {};
	const struct newtcp_cong *c = &newtcp_sk(sk)->cong;
	size_t size = 0;

	lock_sock(sk);
	if (c->ops->info)
		size = c->ops->info(c, &info);
	release_sock(sk);
	return put_value(&info, size, len, optval, optlen);
}

/*
 * SO_ORIGINAL_DST: where the peer meant to go before netfilter redirected it.
 * Conntrack answers to sockets whose protocol is TCP or SCTP, and looks at
 * nothing but their addresses: it is shown one that has these, and that nobody
 * else can see. Another module's handler may keep it: it has references on the
 * namespace and on this module, as every socket of a program.
 *
 * Context: process, not locked; sleeps.
 */
static int get_original_dst(struct sock *sk, int len, char __user *optval,
			    int __user *optlen)
{
	sa_family_t family;
	struct sock *shown;
	int err;

	shown = sk_alloc(sock_net(sk), PF_INET, GFP_KERNEL, sk->sk_prot, 0);
	if (!shown)
		return -ENOMEM;
	sock_init_data(NULL, shown);
	newinet_lockdep_class(shown);
	shown->sk_type = SOCK_STREAM;
	shown->sk_protocol = IPPROTO_TCP;
	lock_sock(sk);
	inet_sk(shown)->inet_rcv_saddr = inet_sk(sk)->inet_rcv_saddr;
	inet_sk(shown)->inet_sport = inet_sk(sk)->inet_sport;
	inet_sk(shown)->inet_daddr = inet_sk(sk)->inet_daddr;
	inet_sk(shown)->inet_dport = inet_sk(sk)->inet_dport;
	release_sock(sk);

	err = nf_getsockopt(shown, PF_INET, SO_ORIGINAL_DST, optval, &len);
	/* As it ends it must not be one of TCP's: sock_diag would tell of its tcp_sock. */
	shown->sk_protocol = NEWINET_SK_PROTOCOL;
	sock_put(shown);
	if (err < 0)
		return err;
	/* It goes into an address of this family. */
	family = newinet_addr_family(sk->sk_socket);
	if (put_user(family, (sa_family_t __user *)optval))
		return -EFAULT;
	return put_user(len, optlen);
}

/**
 * newtcp_getsockopt() - getsockopt(2) below SOL_SOCKET
 * @sk: the socket
 * @level: SOL_TCP, or another that IP answers for
 * @optname: the option
 * @optval: where to put it
 * @optlen: room there; out: how much was put
 *
 * Return: 0; -ENOPROTOOPT; -EINVAL; -EFAULT.
 */
int newtcp_getsockopt(struct sock *sk, int level, int optname,
		      char __user *optval, int __user *optlen)
{
	int val, len, err;

	if (level == SOL_IP && optname == SO_ORIGINAL_DST) {
		if (get_user(len, optlen))
			return -EFAULT;
		return get_original_dst(sk, len, optval, optlen);
	}
	if (level != SOL_TCP)
		return ip_getsockopt(sk, level, optname, optval, optlen);
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (optname == TCP_CC_INFO)
		return get_cong_info(sk, len, optval, optlen);
	if (optname == TCP_INFO)
		return get_info(sk, len, optval, optlen);
	if (optname == TCP_CONGESTION)
		return get_congestion(sk, len, optval, optlen);
	err = get_int(sk, optname, &val);
	if (err)
		return err;
	return put_value(&val, sizeof(val), len, optval, optlen);
}
