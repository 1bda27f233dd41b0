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
#include "acking.h"
#include "tcp.h"

/**
 * newtcp_win_from_space() - payload that a buffer may hold
 * @sk: the socket
 * @space: bytes of true size
 *
 * Return: bytes of payload.
 */
u32 newtcp_win_from_space(const struct sock *sk, int space)
{
	return newtcp_payload_of(newtcp_sk(sk)->rcv_ratio, space);
}

/**
 * newtcp_space_from_win() - buffer that a payload needs
 * @sk: the socket
 * @win: bytes of payload
 *
 * Return: bytes of true size.
 */
int newtcp_space_from_win(const struct sock *sk, u32 win)
{
	return newtcp_truesize_of(newtcp_sk(sk)->rcv_ratio, win);
}

/**
 * newtcp_full_space() - the window that an empty buffer allows
 * @sk: the socket
 *
 * Return: bytes of payload.
 */
u32 newtcp_full_space(const struct sock *sk)
{
	return newtcp_win_from_space(sk, READ_ONCE(sk->sk_rcvbuf));
}

static u32 free_space(const struct sock *sk)
{
	return newtcp_win_from_space(sk, READ_ONCE(sk->sk_rcvbuf) -
				     READ_ONCE(sk->sk_backlog.len) -
				     atomic_read(&sk->sk_rmem_alloc));
}

/**
 * newtcp_initial_window() - the first window, and its scale
 * @sk: the socket, or the listener of a connection to be
 * @space: payload that the buffer allows
 * @mss: bytes
 * @segs: that the route allows at first; 0 = any number
 * @rcv_wnd: out: window to offer
 * @clamp: in and out: largest window, 0 = none yet
 * @wscale_ok: window scaling may be used
 * @ws: out: our window scale
 */
void newtcp_initial_window(const struct sock *sk, u32 space, u32 mss,
			   u32 segs, u32 *rcv_wnd, u32 *clamp, bool wscale_ok,
			   u8 *ws)
{
	struct net *net = sock_net(sk);
	u32 most;

	if (!*clamp)
		*clamp = 65535U << NEWTCP_MAX_WSCALE;
	/* A buffer whose size the program chose does not grow. */
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		*clamp = min(*clamp, max(newtcp_full_space(sk), mss));
	space = min(*clamp, space);
	if (space > mss)
		space = rounddown(space, mss);
	/* Some stacks took the field for a signed number. */
	*rcv_wnd = min_t(u32, space,
			 READ_ONCE(net->ipv4.sysctl_tcp_workaround_signed_windows) ?
			 NEWTCP_MAX_WINDOW : 65535U);
	if (segs)
		*rcv_wnd = min_t(u64, *rcv_wnd, (u64)segs * mss);

	*ws = 0;
	if (wscale_ok) {
		/* What the buffer may grow to counts. */
		most = max_t(u32, space, READ_ONCE(net->ipv4.sysctl_tcp_rmem[2]));
		most = max_t(u32, most, READ_ONCE(sysctl_rmem_max));
		most = min_t(u32, most, *clamp);
		*ws = newtcp_window_scale(most);
	}
	*clamp = min_t(u32, 65535U << *ws, *clamp);
}

/**
 * newtcp_rcvbuf_init() - the connection is established: start the tuning
 * @sk: the connection
 */
void newtcp_rcvbuf_init(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	int app_win;
	u32 most;

	/* What was announced is said; from here on it is what fits. */
	if (tp->ts_ok)
		tp->advmss -= NEWTCP_TS_ALIGNED;
	newtcp_delack_guess_mss(&tp->delack, min_t(u32, tp->mss, tp->advmss), tp->rcv_wnd);
	newtcp_sndbuf_expand(sk);
	tp->rcvq.time_us = tp->now_us;
	tp->rcvq.seq = tp->copied_seq;

	most = newtcp_full_space(sk);
	app_win = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_app_win);
	tp->window_clamp = newtcp_clamp_init(tp->window_clamp, most, tp->advmss,
					     app_win);
	tp->rcv_ssthresh = min(tp->rcv_ssthresh, tp->window_clamp);
	if (!tp->rcv_ssthresh)
		tp->rcv_ssthresh = tp->rcv_wnd;
	/* What is read is divided by it: a window of 0 counts as one byte. */
	tp->rcvq.space = min3(tp->rcv_ssthresh, tp->rcv_wnd,
			      (u32)NEWTCP_INIT_CWND * tp->advmss) ?: 1;
}

/**
 * newtcp_sndbuf_expand() - the window grew: let the program write ahead of it
 * @sk: the connection
 */
void newtcp_sndbuf_expand(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 per_mss, segs;
	u64 want;

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK)
		return;
	per_mss = max_t(u32, tp->mss, tp->mss_clamp) + NEWTCP_MAX_HEADER +
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
 * newtcp_grow_window() - data arrived with little overhead: offer more
 * @sk: the connection
 * @skb: the data
 * @merging: it may be merged with its neighbours
 */
void newtcp_grow_window(struct sock *sk, const struct sk_buff *skb, bool merging)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 bound = min(tp->window_clamp, free_space(sk));
	u32 size, step, most;

	if (tp->rcv_ssthresh >= bound)
		return;
	if (unlikely(sk_under_memory_pressure(sk))) {
		tp->rcv_ssthresh = min(tp->rcv_ssthresh, 4U * tp->advmss);
		return;
	}
	size = newtcp_win_from_space(sk, merging ? lasting_truesize(skb) :
				     skb->truesize);
	most = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2]);
	most = newtcp_win_from_space(sk, most);
	if (size <= skb->len)
		step = 2 * tp->advmss;
	else if (newtcp_overhead_fits(size, skb->len, tp->rcv_ssthresh, most))
		step = 2 * tp->delack.rcv_mss;
	else
		return;
	step = max(step, 2 * skb->len);
	tp->rcv_ssthresh += min(step, bound - tp->rcv_ssthresh);
	tp->delack.quickacks_left |= 1;
}

/* Round trip as the receiver sees it: the time in which a window is filled. */
static void rcv_rtt_measure(struct newtcp_sock *tp)
{
	u32 sample;

	if (tp->rcv_rtt_time_us) {
		if (seq_before(tp->rcv_nxt, tp->rcv_rtt_seq))
			return;
		sample = max_t(u64, tp->now_us - tp->rcv_rtt_time_us, 1);
		if (!tp->rcv_rtt_us || sample < tp->rcv_rtt_us >> 3)
			tp->rcv_rtt_us = sample << 3;
	}
	tp->rcv_rtt_seq = tp->rcv_nxt + tp->rcv_wnd;
	tp->rcv_rtt_time_us = tp->now_us;
}

/* And from an echoed timestamp, when full segments flow. */
static void rcv_rtt_from_ts(struct newtcp_sock *tp, const struct sk_buff *skb)
{
	u32 delta, sample;

	if (skb->len < tp->delack.rcv_mss || !tp->seg_has_ts || !tp->last_tsecr ||
	    tp->last_tsecr == tp->rcv_rtt_tsecr)
		return;
	tp->rcv_rtt_tsecr = tp->last_tsecr;
	delta = newtcp_ts_of(tp->now_us) + tp->ts_offset - tp->last_tsecr;
	if (delta > NEWTCP_RTO_MAX_US / USEC_PER_MSEC)
		return;
	sample = (delta ?: 1) * USEC_PER_MSEC;
	if (tp->rcv_rtt_us)
		tp->rcv_rtt_us += sample - (tp->rcv_rtt_us >> 3);
	else
		tp->rcv_rtt_us = sample << 3;
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
	u32 time, want;
	int copied;

	newtcp_clock_refresh(tp);
	time = tp->now_us - tp->rcvq.time_us;
	if (time < tp->rcv_rtt_us >> 3 || !tp->rcv_rtt_us)
		return;

	/* What still waits was not read: a slow reader needs no larger buffer. */
	copied = (tp->copied_seq - tp->rcvq.seq) - (tp->rcv_nxt - tp->copied_seq);
	if (copied <= (int)tp->rcvq.space)
		goto next;
	if (READ_ONCE(net->ipv4.sysctl_tcp_moderate_rcvbuf) &&
	    !(sk->sk_userlocks & SOCK_RCVBUF_LOCK)) {
		u64 win = ((u64)copied << 1) + 16 * tp->advmss;
		u64 grow = div_u64(win * (copied - tp->rcvq.space),
				   tp->rcvq.space);

		win = min_t(u64, win + (grow << 1), INT_MAX);
		want = min_t(u64, newtcp_space_from_win(sk, win),
			     READ_ONCE(net->ipv4.sysctl_tcp_rmem[2]));
		if (want > sk->sk_rcvbuf) {
			WRITE_ONCE(sk->sk_rcvbuf, want);
			tp->window_clamp = newtcp_win_from_space(sk, want);
		}
	}
	tp->rcvq.space = copied;
next:
	tp->rcvq.seq = tp->copied_seq;
	tp->rcvq.time_us = tp->now_us;
}

/* A new size of the peer's segments: how much memory do its bytes take? */
static void learn_ratio(struct sock *sk, const struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u8 ratio = newtcp_payload_ratio(skb->len, skb->truesize);
	u32 before = newtcp_full_space(sk), full;

	if (ratio == tp->rcv_ratio)
		return;
	tp->rcv_ratio = ratio;
	full = newtcp_full_space(sk);
	/* A clamp that the buffer did not set stays. */
	if (tp->window_clamp + tp->advmss >= before || tp->window_clamp > full)
		tp->window_clamp = full;
	tp->rcvq.space = min(tp->rcvq.space, tp->window_clamp) ?: 1;
}

/* How large are the peer's segments, and what do they cost? */
static void measure_rcv_mss(struct sock *sk, const struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 len = skb_shinfo(skb)->gso_size ?: skb->len;

	if (unlikely(newtcp_delack_measure(&tp->delack, len, tp->header_len, tp->advmss,
					   NEWTCP_CB(skb)->flags & TH_PSH)))
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

	tp->last_rcv = now;
	measure_rcv_mss(sk, skb);
	rcv_rtt_measure(tp);
	rcv_rtt_from_ts(tp, skb);

	newtcp_delack_arrived(&tp->delack, &newtcp_delack_times, gap, newtcp_rto_jiffies(tp),
			      newtcp_receive_window(tp));
	if (skb->len >= 128)
		newtcp_grow_window(sk, skb, true);
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
	u32 full = min3(tp->window_clamp, newtcp_full_space(sk),
			65535U << tp->rcv_wscale);
	u32 free = min(free_space(sk), full), win;

	if (free < full / 2) {
		tp->delack.quickacks_left = 0;
		if (unlikely(sk_under_memory_pressure(sk)))
			tp->rcv_ssthresh = min(tp->rcv_ssthresh, 4U * tp->advmss);
	}
	win = newtcp_window_select(free, full, tp->rcv_wnd, tp->delack.rcv_mss,
				   tp->rcv_wscale);
	return min_t(u32, win, ALIGN(tp->rcv_ssthresh, 1 << tp->rcv_wscale));
}
