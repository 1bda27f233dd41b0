// SPDX-License-Identifier: GPL-2.0
/*
 * How much a peer may send, how much a program may have written: the receive
 * window (RFC 9293 3.8.6), and the tuning of both buffers to what the connection
 * uses.
 *
 * Buffers count an skb's true size, windows count payload; a ratio, learnt from
 * the peer's segments, converts.
 *
 * Context: socket lock held, process or softirq.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include "core/cong.h"
#include "core/delack.h"
#include "core/options.h"
#include "core/rcvtune.h"
#include "core/rcvwnd.h"
#include "core/rtt.h"
#include "core/seq.h"
#include "core/wire.h"
#include "ip/egress.h"
#include "tcp/clock.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "acking.h"
#include "rcvbuf.h"

/**
 * newtcp_full_space() - the window that an empty buffer allows
 * @sk: the socket
 *
 * Return: bytes of payload.
 */
u32 newtcp_full_space(const struct sock *sk)
{
	return newtcp_payload_of(newtcp_sk(sk)->rcvwnd.ratio, READ_ONCE(sk->sk_rcvbuf));
}

/* Memory that received segments take; those of the backlog may be anything. */
static int memory_used(const struct sock *sk)
{
	return READ_ONCE(sk->sk_backlog.len) + atomic_read(&sk->sk_rmem_alloc);
}

/**
 * newtcp_initial_window() - the first window, and its scale
 * @sk: the socket, or the listener of a connection to be
 * @mss: bytes
 * @segs: that the route allows at first; 0 = any number
 * @wscale: window scaling may be used
 * @clamp: in and out: largest window, 0 = none yet
 * @ws: out: our window scale
 *
 * Return: the window to offer, bytes.
 */
u32 newtcp_initial_window(const struct sock *sk, u32 mss, u32 segs, bool wscale,
			  u32 *clamp, u8 *ws)
{
	const struct net *net = sock_net(sk);
	const struct newtcp_rcvwnd_start in = {
		.space = newtcp_full_space(sk),
		.mss = mss,
		.segs = segs,
		.grows_to = max_t(u32, READ_ONCE(net->ipv4.sysctl_tcp_rmem[2]),
				  READ_ONCE(sysctl_rmem_max)),
		.fixed = sk->sk_userlocks & SOCK_RCVBUF_LOCK,
		.signed_field = READ_ONCE(net->ipv4.sysctl_tcp_workaround_signed_windows),
		.wscale = wscale,
	};

	return newtcp_rcvwnd_initial(&in, clamp, ws);
}

/* Let the program write ahead of the window. */
static void expand_sndbuf(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 per_mss, segs;
	u64 want;

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK)
		return;
	per_mss = max_t(u32, tp->mss, tp->mss_clamp) + NEWINET_MAX_HEADER +
		  SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	per_mss = roundup_pow_of_two(per_mss) +
		  SKB_DATA_ALIGN(sizeof(struct sk_buff));
	segs = max_t(u32, NEWTCP_INIT_CWND, tp->cong.cwnd);
	segs = max_t(u32, segs, tp->rec.reordering + 1);
	/* Twice: one window in flight, one being written meanwhile. */
	want = 2ULL * segs * per_mss;
	if (sk->sk_sndbuf < want)
		WRITE_ONCE(sk->sk_sndbuf,
			   min_t(u64, want,
				 READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_wmem[2])));
}

/**
 * newtcp_rcvbuf_init() - the connection is established: start the tuning
 * @sk: the connection
 */
void newtcp_rcvbuf_init(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_rcvwnd *w = &tp->rcvwnd;

	/* The SYN has announced it; from here on it excludes the usual options. */
	if (tp->ts_ok)
		w->advmss -= NEWTCP_TS_ALIGNED;
	newtcp_delack_guess_mss(&tp->delack, min_t(u32, tp->mss, w->advmss), w->wnd);
	expand_sndbuf(sk);
	newtcp_rcvwnd_established(w, READ_ONCE(sk->sk_rcvbuf),
				  READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_app_win));
	newtcp_rcvtune_start(&tp->rcvtune, w, tp->now_us, tp->copied_seq);
}

/* As Linux: where memory is short, or the window is not used up, it has enough. */
static bool may_write_more(const struct sock *sk)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);

	return !sk_under_memory_pressure(sk) &&
	       sk_memory_allocated(sk) < sk_prot_mem_limits(sk, 0) &&
	       newtcp_in_flight(tp) < tp->cong.cwnd;
}

/**
 * newtcp_new_space() - there may be room for a program that waits to write
 * @sk: the connection; SOCK_NOSPACE is set
 */
void newtcp_new_space(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (may_write_more(sk))
		expand_sndbuf(sk);
	sk->sk_write_space(sk);
}

/*
 * What is in front of pages that hold the payload is freed or shared when skbs
 * are merged: it does not count.
 */
static u32 lasting_truesize(const struct sk_buff *skb)
{
	u32 head = SKB_TRUESIZE(skb_end_offset(skb));

	if (skb_headlen(skb) || skb->truesize < skb->len + head)
		return skb->truesize;
	return skb->truesize - head;
}

/**
 * newtcp_rcvbuf_grow() - data arrived: if it has little overhead, offer more
 * @sk: the connection
 * @skb: the data
 * @merging: it may be merged with its neighbours
 */
void newtcp_rcvbuf_grow(struct sock *sk, const struct sk_buff *skb, bool merging)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_rcvwnd *w = &tp->rcvwnd;
	u32 bound = newtcp_rcvwnd_bound(w, READ_ONCE(sk->sk_rcvbuf) - memory_used(sk));

	sock_owned_by_me(sk);
	if (w->ssthresh >= bound)
		return;
	if (unlikely(sk_under_memory_pressure(sk)))
		newtcp_rcvwnd_pressure(w);
	else if (newtcp_rcvwnd_grow(w, bound, skb->len,
				    merging ? lasting_truesize(skb) : skb->truesize,
				    tp->delack.rcv_mss,
				    READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2])))
		tp->delack.quickacks_left |= 1;
}

/* An echoed timestamp tells the round trip. */
static void rcv_rtt_from_ts(struct newtcp_sock *tp, const struct sk_buff *skb)
{
	if (tp->seg_has_ts && tp->last_tsecr)
		newtcp_rcvtune_echo(&tp->rcvtune, tp->last_tsecr,
				    newtcp_ms_of(tp->now_us) + tp->ts_offset,
				    skb->len >= tp->delack.rcv_mss);
}

/**
 * newtcp_rcv_space_adjust() - the program read: tune the receive buffer
 * @sk: the connection
 *
 * The buffer is to hold twice what the program reads in a round trip, so that
 * the window never holds the sender back.
 */
void newtcp_rcv_space_adjust(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct net *net = sock_net(sk);
	int want;

	sock_owned_by_me(sk);
	if (!newtcp_rcvtune_due(&tp->rcvtune, tp->now_us))
		return;
	want = newtcp_rcvtune_read(&tp->rcvtune, &tp->rcvwnd, tp->now_us, tp->copied_seq,
				   tp->rcv_nxt);
	if (!want || !READ_ONCE(net->ipv4.sysctl_tcp_moderate_rcvbuf) ||
	    (sk->sk_userlocks & SOCK_RCVBUF_LOCK))
		return;
	want = min_t(u32, want, READ_ONCE(net->ipv4.sysctl_tcp_rmem[2]));
	if (want > sk->sk_rcvbuf) {
		WRITE_ONCE(sk->sk_rcvbuf, want);
		tp->rcvwnd.clamp = newtcp_payload_of(tp->rcvwnd.ratio, want);
	}
}

/* A new size of the peer's segments: how much memory do its bytes take? */
static void learn_ratio(struct sock *sk, const struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (newtcp_rcvwnd_learn(&tp->rcvwnd, skb->len, skb->truesize, READ_ONCE(sk->sk_rcvbuf)))
		newtcp_rcvtune_clamped(&tp->rcvtune, tp->rcvwnd.clamp);
}

/**
 * newtcp_rcvbuf_measure() - how large are the peer's segments, and what do they cost?
 * @sk: the connection
 * @skb: one of them, or several; its header is taken off
 */
void newtcp_rcvbuf_measure(struct sock *sk, const struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	int more = skb->data - skb_transport_header(skb) - tp->header_len;
	u32 len = skb_shinfo(skb)->gso_size ?: skb->len;

	if (unlikely(newtcp_delack_measure(&tp->delack, len, more, tp->header_len,
					   tp->rcvwnd.advmss, NEWTCP_CB(skb)->flags & TH_PSH)))
		learn_ratio(sk, skb);
}

/**
 * newtcp_event_data_recv() - in-order data arrived
 * @sk: the connection
 * @skb: the data, header taken off
 */
void newtcp_event_data_recv(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 now = (u32)jiffies, gap = now - tp->last_rcv;

	sock_owned_by_me(sk);
	tp->last_rcv = now;
	newtcp_rcvbuf_measure(sk, skb);
	newtcp_rcvtune_window(&tp->rcvtune, tp->now_us, tp->rcv_nxt, tp->rcvwnd.wnd);
	rcv_rtt_from_ts(tp, skb);

	newtcp_delack_arrived(&tp->delack, &newtcp_delack_times, gap, newtcp_rto_jiffies(tp),
			      newtcp_receive_window(tp));
	if (skb->len >= 128 && tp->rcvwnd.ssthresh < tp->rcvwnd.clamp)
		newtcp_rcvbuf_grow(sk, skb, true);
}

/**
 * newtcp_free_window() - the window that could be offered now
 * @sk: the connection
 *
 * Silly-window avoidance included, the rule of never shrinking not.
 *
 * Return: bytes.
 */
u32 newtcp_free_window(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_rcvwnd_room room =
		newtcp_rcvwnd_room(&tp->rcvwnd, READ_ONCE(sk->sk_rcvbuf), memory_used(sk));

	sock_owned_by_me(sk);
	if (newtcp_rcvwnd_tight(&room)) {
		tp->delack.quickacks_left = 0;
		if (unlikely(sk_under_memory_pressure(sk)))
			newtcp_rcvwnd_pressure(&tp->rcvwnd);
	}
	return newtcp_rcvwnd_could(&tp->rcvwnd, &room, tp->delack.rcv_mss);
}
