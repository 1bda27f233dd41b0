// SPDX-License-Identifier: GPL-2.0
/*
 * Route metrics: what an administrator says of the path (ip-route(8)), read
 * when a socket gets its route and when its connection is established, in place
 * of tcp_init_metrics(). What connections before it had measured is not kept:
 * the values of a route are taken as Linux takes them into a fresh entry of its
 * cache. advmss, mtu, hoplimit are read where they are used.
 *
 * A metric may be any number that rtnetlink took; each is bounded here.
 *
 * Context: socket lock held, process or softirq.
 */
#include <net/dst.h>
#include <net/sock.h>
#include "core/cong.h"
#include "core/rtt.h"
#include "ip/egress.h"
#include "tcp/rx/rcvbuf.h"
#include "tcp/tcb.h"
#include "cong_table.h"
#include "metrics.h"

/* Jiffies to milliseconds that the estimator can keep. */
static u16 floor_ms(unsigned long jif)
{
	/* Down: a jiffy too many would not fit. */
	return min_t(unsigned long, jif, U16_MAX * HZ / MSEC_PER_SEC) * MSEC_PER_SEC / HZ;
}

/**
 * newtcp_metrics_route() - a socket got a route: what it says at any time
 * @sk: the socket
 * @dst: the route
 */
void newtcp_metrics_route(struct sock *sk, const struct dst_entry *dst)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	tp->delack.always = dst_metric(dst, RTAX_QUICKACK) != 0;
	if (dst_metric_locked(dst, RTAX_RTO_MIN))
		tp->rtt.rto_min_ms = floor_ms(dst_metric_rtt(dst, RTAX_RTO_MIN));
	else
		tp->rtt.rto_min_ms =
			floor_ms(usecs_to_jiffies(NEWINET_RTO_MIN_US(sock_net(sk))));
}

/**
 * newtcp_route_anew() - the socket's route is stale: look it up
 * @sk: the socket
 *
 * Not inlined anywhere: the look-up is to take no stack of a segment whose route
 * is good.
 *
 * Return: the route, owned by the socket; NULL when there is none.
 */
struct dst_entry *newtcp_route_anew(struct sock *sk)
{
	struct dst_entry *dst = newinet_egress_route(sk);

	if (dst)
		newtcp_metrics_route(sk, dst);
	return dst;
}

/**
 * newtcp_metrics_cong() - a connection begins: does its route name an algorithm?
 * @sk: the connection
 * @dst: its route
 *
 * One that is not ours is as good as none. A locked one stays.
 */
void newtcp_metrics_cong(struct sock *sk, const struct dst_entry *dst)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 key = dst_metric(dst, RTAX_CC_ALGO);

	tp->cong_locked = key && !newtcp_cong_set_key(&tp->cong, key) &&
			  dst_metric_locked(dst, RTAX_CC_ALGO);
}

/**
 * newtcp_metrics_clamp() - the largest window ever to offer
 * @sk: the socket, or the listener of a connection to be
 * @dst: the route to the peer
 *
 * TCP_WINDOW_CLAMP goes before the route; a buffer that the program has set
 * bounds both.
 *
 * Return: bytes; 0 = no bound.
 */
u32 newtcp_metrics_clamp(const struct sock *sk, const struct dst_entry *dst)
{
	u32 clamp = READ_ONCE(newtcp_sk(sk)->rcvwnd.clamp);
	u32 space = newtcp_full_space(sk);

	if (!clamp)
		clamp = dst_metric(dst, RTAX_WINDOW);
	if ((sk->sk_userlocks & SOCK_RCVBUF_LOCK) && (!clamp || clamp > space))
		clamp = space;
	return clamp;
}

/**
 * newtcp_metrics_cwnd() - the congestion window to start, and to restart, with
 * @sk: the connection
 *
 * Return: segments.
 */
u32 newtcp_metrics_cwnd(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);
	u32 cwnd = dst ? dst_metric(dst, RTAX_INITCWND) : 0;

	return min3(cwnd ?: NEWTCP_INIT_CWND, newtcp_sk(sk)->cong.cwnd_clamp,
		    (u32)NEWTCP_INFINITE_SSTHRESH);
}

/* The windows, and how much reordering is usual. */
static void start_windows(struct sock *sk, const struct dst_entry *dst)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct net *net = sock_net(sk);
	u32 val;

	if (dst_metric_locked(dst, RTAX_CWND))
		tp->cong.cwnd_clamp = max(dst_metric(dst, RTAX_CWND), 1U);
	val = dst_metric(dst, RTAX_SSTHRESH);
	if (val && !READ_ONCE(net->ipv4.sysctl_tcp_no_ssthresh_metrics_save))
		tp->cong.ssthresh = min3(val, tp->cong.cwnd_clamp,
					 (u32)NEWTCP_INFINITE_SSTHRESH);
	val = dst_metric(dst, RTAX_REORDERING);
	if (val)
		tp->rec.reordering = val;
}

/**
 * newtcp_metrics_start() - a connection is established: where it starts from
 * @sk: the connection
 * @careful: its SYN was lost, more than once: begin with one segment (RFC 5681
 * 3.1, with RFC 6298's timeout of a second)
 *
 * Otherwise what the handshake lost does not count.
 */
void newtcp_metrics_start(struct sock *sk, bool careful)
{
	const struct dst_entry *dst = __sk_dst_get(sk);
	struct newtcp_sock *tp = newtcp_sk(sk);

	newtcp_cong_restart(&tp->cong);
	if (dst)
		start_windows(sk, dst);
	/* ip-route(8) counts eighths of a millisecond, as the estimator keeps them. */
	newtcp_rtt_start(&tp->rtt, dst ? dst_metric(dst, RTAX_RTT) : 0);
	tp->cong.cwnd = careful ? 1 : newtcp_metrics_cwnd(sk);
}
