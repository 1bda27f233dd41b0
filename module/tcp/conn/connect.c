// SPDX-License-Identifier: GPL-2.0
/*
 * Active open: CLOSED -> SYN-SENT -> ESTABLISHED (RFC 9293 3.10.1, 3.10.7.3).
 *
 * Context: socket lock held; process, and softirq or backlog for what a SYN
 * is answered with.
 */
#include <linux/bpf-cgroup.h>
#include <net/dst.h>
#include <net/route.h>
#include <net/sock.h>
#include "core/cwv.h"
#include "core/delack.h"
#include "core/negotiate.h"
#include "core/options.h"
#include "core/rtt.h"
#include "core/verdict.h"
#include "core/wire.h"
#include "ip/egress.h"
#include "ports/bind.h"
#include "ports/claim.h"
#include "tcp/clock.h"
#include "tcp/rx/ack.h"
#include "tcp/rx/acking.h"
#include "tcp/rx/rcvbuf.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/control.h"
#include "tcp/tx/loss.h"
#include "tcp/tx/mss.h"
#include "tcp/tx/output.h"
#include "tcp/tx/reply.h"
#include "tcp/tx/transmit.h"
#include "agree.h"
#include "connect.h"
#include "deadline.h"
#include "fin.h"
#include "keys.h"
#include "metrics.h"
#include "newinet.h"
#include "purge.h"
#include "state.h"

/*
 * The port that a program has bound by bpf_bind() is noted, but nobody's yet. If it cannot
 * be had, the socket is bound to nothing, as after a bind() that fails.
 */
static noinline_for_stack int claim_noted(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	const u16 port = inet->inet_num;
	int err;

	inet->inet_num = 0;
	err = newinet_claim_bind(sk, inet->inet_rcv_saddr, port);
	if (err) {
		inet->inet_sport = 0;
		inet->inet_saddr = 0;
		inet->inet_rcv_saddr = 0;
		sk->sk_userlocks &= ~(SOCK_BINDPORT_LOCK | SOCK_BINDADDR_LOCK);
	}
	return err;
}

/**
 * newtcp_pre_connect() - let the cgroup's connect4 programs see the address
 * @sk: the socket
 * @uaddr: where to; a program may change it
 * @addr_len: its length
 *
 * The programs are written for AF_INET, so that is what they are shown.
 *
 * Return: 0 or -errno.
 */
int newtcp_pre_connect(struct sock *sk, struct sockaddr_unsized *uaddr, int addr_len)
{
	const sa_family_t family = newinet_addr_family(sk->sk_socket);
	const struct inet_sock *inet = inet_sk(sk);
	int err;

	if (addr_len < sizeof(struct sockaddr_in))
		return -EINVAL;
	/* An address of another family is refused by newtcp_connect(). */
	if (uaddr->sa_family != family)
		return 0;
	uaddr->sa_family = AF_INET;
	newtcp_sk(sk)->in_program = 1;
	err = NEWINET_CGROUP_CONNECT(sk, uaddr, &addr_len);
	newtcp_sk(sk)->in_program = 0;
	uaddr->sa_family = family;
	if (unlikely(inet->inet_num && !*newinet_claim_place(&sk->__sk_common)))
		err = claim_noted(sk) ?: err;
	return err;
}

/* The variables of a connection that has said nothing yet. */
static void init_variables(struct sock *sk, struct dst_entry *dst)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct newtcp_features willing = newtcp_willing(sock_net(sk));

	tp->ts_ok = 0;
	tp->sack_ok = 0;
	tp->wscale_ok = 0;
	tp->snd_wscale = 0;
	tp->header_len = newtcp_negotiate_hdrlen(willing);
	tp->mss_clamp = tp->user_mss ?: 65535;
	tp->max_window = 0;
	tp->rcvwnd.advmss = newtcp_advertised_mss(sk, dst);
	newtcp_sync_mss(sk, dst_mtu(dst));
	tp->delack.rcv_mss = min_t(u32, NEWTCP_DEFAULT_MSS, tp->rcvwnd.advmss);

	tp->rcvwnd.clamp = newtcp_metrics_clamp(sk, dst);
	tp->rcvwnd.wnd = newtcp_initial_window(sk, tp->rcvwnd.advmss, newtcp_metrics_rwnd(dst),
					       willing.wscale, &tp->rcvwnd.clamp,
					       &tp->rcvwnd.wscale);
	tp->rcvwnd.ssthresh = tp->rcvwnd.wnd;

	WRITE_ONCE(sk->sk_err, 0);
	sock_reset_flag(sk, SOCK_DONE);
	tp->snd_wnd = 0;
	tp->snd_wl1 = 0;
	tp->snd_una = tp->write_seq;
	tp->snd_sml = tp->write_seq;
	tp->snd_nxt = tp->write_seq;
	tp->rcv_nxt = 0;
	tp->rcvwnd.wup = 0;
	tp->copied_seq = 0;
	newtcp_recovery_reset(sk);
	newtcp_rtt_init(&tp->rtt);
	newtcp_metrics_route(sk, dst);
	newtcp_metrics_cong(sk, dst);
	tp->last_rcv = (u32)jiffies;
	tp->last_heard = (u32)jiffies;
}

/**
 * newtcp_connect() - begin an active open
 * @sk: the socket, in CLOSED
 * @uaddr: struct sockaddr_in of the peer
 * @addr_len: its length
 *
 * Return: 0 when the SYN is on its way; -EINVAL, -EAFNOSUPPORT for the
 * address; -EADDRNOTAVAIL without a local port; routing errors; -ENOBUFS.
 */
int newtcp_connect(struct sock *sk, struct sockaddr_unsized *uaddr, int addr_len)
{
	struct sockaddr_in *usin = (struct sockaddr_in *)uaddr;
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	u32 iss;
	int err;

	if (addr_len < sizeof(struct sockaddr_in))
		return -EINVAL;
	if (usin->sin_family != newinet_addr_family(sk->sk_socket))
		return -EAFNOSUPPORT;

	/* In the table before the SYN leaves: the answer may be quick. */
	tp->ts_recent = 0;
	tp->ts_recent_stamp = 0;
	tp->write_seq = 0;
	atomic_set(&sk->sk_tskey, 0);
	newtcp_set_state(sk, TCP_SYN_SENT);
	err = newinet_egress_connect(sk, usin);
	if (err)
		goto failure;

	newtcp_metrics_route(sk, __sk_dst_get(sk));
	newtcp_first_numbers(sock_net(sk), inet->inet_saddr, inet->inet_daddr,
			     inet->inet_sport, inet->inet_dport, &iss,
			     &tp->ts_offset);
	/* A TIME-WAIT entry that gave way wants to be outnumbered. */
	if (!tp->write_seq)
		tp->write_seq = iss;
	atomic_set(&inet->inet_id, get_random_u16());
	init_variables(sk, __sk_dst_get(sk));
	err = newtcp_send_syn(sk);
	if (err)
		goto failure;
	return 0;

failure:
	newtcp_timers_stop(sk);
	newtcp_purge(sk);
	newtcp_set_state(sk, TCP_CLOSE);
	newtcp_reset_saddr(sk);
	sk->sk_route_caps = 0;
	sk_dst_reset(sk);
	inet->inet_dport = 0;
	inet->inet_daddr = 0;
	return err;
}

/* What the SYN-ACK agreed to. */
static void negotiated(struct sock *sk, const struct newtcp_options *o)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_agreed agreed;

	newtcp_negotiate(newtcp_willing(sock_net(sk)), tp->rcvwnd.wscale, tp->user_mss, o, &agreed);
	newtcp_agreed_take(tp, &agreed);
	if (!tp->wscale_ok)
		tp->rcvwnd.clamp = min(tp->rcvwnd.clamp, 65535U);
	if (tp->ts_ok)
		newtcp_ts_take(tp, o->tsval);
	newtcp_sync_mss(sk, tp->pmtu);
}

static void established(struct sock *sk, struct sk_buff *skb, bool syns_lost)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	newtcp_set_state(sk, TCP_ESTABLISHED);
	tp->last_snd = (u32)jiffies;
	newtcp_metrics_start(sk, syns_lost);
	newtcp_rcvbuf_init(sk);
	newtcp_cwv_start(&tp->cwv);
	security_inet_conn_established(sk, skb);
	newtcp_start_keepalive(sk);
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
	}
}

/* The SYN-ACK came: take its numbers, tell the peer. */
static void take_synack(struct sock *sk, struct sk_buff *skb,
			const struct tcphdr *th,
			const struct newtcp_options *o)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	bool pushed, lost;

	WRITE_ONCE(tp->rcv_nxt, cb->seq + 1);
	tp->rcvwnd.wup = cb->seq + 1;
	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
	/* RFC 7323: the window of a SYN is never scaled. */
	tp->snd_wnd = ntohs(th->window);
	tp->snd_wl1 = cb->seq;
	tp->max_window = tp->snd_wnd;
	negotiated(sk, o);
	tp->last_tsval = o->tsval;
	tp->last_tsecr = o->tsecr;
	tp->seg_has_ts = tp->ts_ok;
	/* Not when it is the first one that is answered. */
	lost = tp->rec.total_retrans > 1 &&
	       !(tp->ts_ok && o->tsecr == tp->rec.retrans_stamp + tp->ts_offset);
	if (newtcp_ack(sk, skb, NULL, 0) < 0)
		return;
	tp->snd_wl1 = cb->seq;
	established(sk, skb, lost);

	/* Data or a FIN that rides on the SYN-ACK is not taken: the peer sends it again. */
	pushed = !skb_queue_empty(&sk->sk_write_queue);
	if (pushed || READ_ONCE(sk->sk_write_pending) ||
	    newtcp_interactive(tp)) {
		/* The program is about to write: the ACK rides with that. */
		newtcp_delack_ride(&tp->delack, &newtcp_delack_times, newtcp_receive_window(tp),
				   newtcp_pingpong_thresh(tp));
		newtcp_deadline_set(sk, NEWTCP_DL_DELACK, jiffies + newtcp_delack_times.max);
		newtcp_send_queued(sk);
		return;
	}
	newtcp_send_ack(sk);
	newtcp_delack_opened(&tp->delack, &newtcp_delack_times, newtcp_receive_window(tp));
}

/* Simultaneous open: both sides sent a SYN (RFC 9293 3.5, figure 7). */
static int simultaneous_open(struct sock *sk, struct sk_buff *skb,
			     const struct tcphdr *th,
			     const struct newtcp_options *o)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *syn = newtcp_unacked_head(tp);
	u32 irs = NEWTCP_CB(skb)->seq;

	WRITE_ONCE(tp->rcv_nxt, irs + 1);
	tp->rcvwnd.wup = irs + 1;
	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
	tp->snd_wnd = ntohs(th->window);
	tp->snd_wl1 = irs;
	tp->max_window = tp->snd_wnd;
	negotiated(sk, o);
	newtcp_set_state(sk, TCP_SYN_RECV);
	/* Our SYN goes again, as a SYN-ACK. */
	if (syn) {
		NEWTCP_CB(syn)->flags |= TH_ACK;
		newtcp_clock_refresh(tp);
		newtcp_transmit(sk, syn, true, GFP_ATOMIC);
	}
	kfree_skb(skb);
	return 0;
}

/**
 * newtcp_rcv_synsent() - a segment arrives in SYN-SENT (RFC 9293 3.10.7.3)
 * @sk: the connection
 * @skb: the segment; consumed
 * @th: its header
 *
 * Return: 0.
 */
int newtcp_rcv_synsent(struct sock *sk, struct sk_buff *skb,
		       const struct tcphdr *th)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	const struct newtcp_synsent_state st = {
		.snd_una = tp->snd_una,
		.snd_nxt = tp->snd_nxt,
		.ts_first = tp->rec.retrans_stamp + tp->ts_offset,
		.ts_now = newtcp_ms_of(tp->now_us) + tp->ts_offset,
		.ts_known = tp->rec.retrans_stamp,
	};
	struct newtcp_options o;
	struct newtcp_arrival seg;

	sock_owned_by_me(sk);
	newtcp_options_parse((const u8 *)(th + 1), th->doff * 4 - sizeof(*th),
			     th->syn, &o);
	seg = (struct newtcp_arrival) {
		.seq = cb->seq,
		.end_seq = cb->end_seq,
		.ack = cb->ack_seq,
		.flags = cb->flags,
		.has_ts = o.flags & NEWTCP_OPT_TS,
		.tsval = o.tsval,
		.tsecr = o.tsecr,
	};
	/* As Linux, once: the SYN again, as soon as the answer is out. */
	if (unlikely(newtcp_synsent_stale(&st, &seg)) && !tp->retransmits)
		newtcp_deadline_set(sk, NEWTCP_DL_RTO, jiffies + 2);
	switch (newtcp_synsent_verdict(&st, &seg)) {
	case VERDICT_SYNSENT_RST:
		newtcp_send_rst(sock_net(sk), skb, sk);
		break;
	case VERDICT_SYNSENT_RESET:
		newtcp_reset(sk);
		break;
	case VERDICT_SYNSENT_OPEN:
		take_synack(sk, skb, th, &o);
		break;
	case VERDICT_SYNSENT_CROSS:
		return simultaneous_open(sk, skb, th, &o);
	case VERDICT_SYNSENT_DROP:
		break;
	}
	kfree_skb(skb);
	return 0;
}
