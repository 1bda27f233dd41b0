// SPDX-License-Identifier: GPL-2.0
/*
 * Segments leave: their options and window, their size, and what the windows
 * allow of the data that waits (RFC 9293 3.7, 3.8; RFC 5681). Segments without
 * data begin in control.c, those without a socket in reply.c.
 *
 * Data goes out as super-packets of many segments, cut up by the device or by
 * the core; an skb stays in the retransmission queue and a clone is sent.
 *
 * Context: socket lock held, process or softirq.
 */
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/sock.h>
#include "core/board.h"
#include "core/cwv.h"
#include "core/delack.h"
#include "core/nagle.h"
#include "core/negotiate.h"
#include "core/options.h"
#include "core/pace.h"
#include "core/rate.h"
#include "core/rcvwnd.h"
#include "core/sack.h"
#include "core/seq.h"
#include "core/snd.h"
#include "core/wire.h"
#include "../newinet.h"
#include "agree.h"
#include "clock.h"
#include "control.h"
#include "deadline.h"
#include "header.h"
#include "metrics.h"
#include "output.h"
#include "pacing.h"
#include "rcvbuf.h"
#include "recovery.h"
#include "seg.h"
#include "segment.h"
#include "smallq.h"
#include "tcb.h"

/* The window field of the segment being built. */
static u16 window_field(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_rcvwnd *w = &tp->rcvwnd;
	bool signed_field = false;

	if (unlikely(tp->delack.owed & DELACK_NOMEM))
		return newtcp_rcvwnd_close(w, tp->rcv_nxt);
	if (!w->wscale)
		signed_field =
			READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_workaround_signed_windows);
	return newtcp_rcvwnd_offer(w, tp->rcv_nxt, newtcp_free_window(sk), signed_field);
}

static void build_header(struct sock *sk, struct sk_buff *skb,
			 const struct newtcp_skb_cb *cb, unsigned int hdrlen)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	const struct inet_sock *inet = inet_sk(sk);
	struct newtcp_wire w = {
		.sport = inet->inet_sport,
		.dport = inet->inet_dport,
		.seq = cb->seq,
		.flags = cb->flags,
	};

	if (unlikely(cb->flags & TH_SYN))
		w.window = newtcp_wire_syn_window(tp->rcvwnd.wnd);
	else
		w.window = window_field(sk);
	w.ack = tp->rcv_nxt;
	newtcp_header_put(skb, &w, hdrlen, inet->inet_saddr, inet->inet_daddr);
}

/* The same in a SYN and, when both sides open, in the SYN-ACK. */
static void syn_options(const struct sock *sk, struct newtcp_options *o)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	const struct newtcp_syn_values v = {
		.mss = tp->rcvwnd.advmss,
		.wscale = tp->rcvwnd.wscale,
		.tsval = newtcp_ts_of(tp->now_us) + tp->ts_offset,
		.tsecr = tp->ts_recent,
	};

	newtcp_negotiate_say(newtcp_willing(sock_net(sk)), &v, o);
}

/* Options of a segment in a synchronised state; true when there are SACKs. */
static void data_options(struct newtcp_sock *tp, struct newtcp_options *o)
{
	unsigned int room = NEWTCP_MAX_OPT_LEN - NEWTCP_SACK_BASE;

	o->flags = 0;
	o->num_sacks = 0;
	if (tp->ts_ok) {
		o->flags = NEWTCP_OPT_TS;
		o->tsval = newtcp_ts_of(tp->now_us) + tp->ts_offset;
		o->tsecr = tp->ts_recent;
		room -= NEWTCP_TS_ALIGNED;
	}
	if (unlikely(tp->sacks.n || tp->sacks.dsack)) {
		o->num_sacks = newtcp_sack_report(&tp->sacks,
						  room / NEWTCP_SACK_PER_BLOCK,
						  o->sacks);
		tp->sacks.dsack = false;
		if (o->num_sacks)
			o->flags |= NEWTCP_OPT_SACK;
	}
}

/* The header's usual options, written straight: NOP NOP timestamp. */
static void put_timestamp(__be32 *ptr, const struct newtcp_sock *tp)
{
	ptr[0] = htonl(0x0101080a);
	ptr[1] = htonl(newtcp_ts_of(tp->now_us) + tp->ts_offset);
	ptr[2] = htonl(tp->ts_recent);
}

/* Not inlined: its struct is to take no stack of the usual segment. */
static noinline unsigned int push_rare_options(struct sock *sk,
					       struct sk_buff *skb, u8 flags)
{
	struct newtcp_options o;
	unsigned int len;

	if (flags & TH_SYN)
		syn_options(sk, &o);
	else
		data_options(newtcp_sk(sk), &o);
	len = newtcp_options_len(&o);
	newtcp_options_build(__skb_push(skb, len), &o);
	return len;
}

/* Returns the length of the options, which are in front of the payload now. */
static unsigned int push_options(struct sock *sk, struct sk_buff *skb, u8 flags)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (unlikely(flags & TH_SYN || tp->sacks.n || tp->sacks.dsack))
		return push_rare_options(sk, skb, flags);
	if (!tp->ts_ok)
		return 0;
	put_timestamp(__skb_push(skb, NEWTCP_TS_ALIGNED), tp);
	return NEWTCP_TS_ALIGNED;
}

static void set_gso(struct sk_buff *skb, const struct newtcp_skb_cb *cb,
		    int gso_type)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	bool gso = cb->segs > 1;

	shinfo->gso_size = gso ? cb->mss : 0;
	shinfo->gso_segs = gso ? cb->segs : 0;
	shinfo->gso_type = gso ? gso_type : 0;
}

/* An ACK of everything received went out with this segment. */
static void ack_sent(struct newtcp_sock *tp)
{
	newtcp_delack_sent(&tp->delack);
	newtcp_deadline_clear(tp, NEWTCP_DL_DELACK);
}

static void payload_sent(struct newtcp_sock *tp)
{
	u32 now = (u32)jiffies;

	newtcp_delack_data_sent(&tp->delack, now - tp->last_rcv);
	tp->last_snd = now;
}

/**
 * newtcp_transmit() - send one segment or super-packet
 * @sk: the connection
 * @skb: segment with its newtcp_skb_cb filled in
 * @clone: @skb stays in a queue, a clone is sent; else @skb is consumed
 * @gfp: for the clone
 *
 * newtcp_sock.now_us must be fresh.
 *
 * Return: 0, a NET_XMIT_* code other than congestion notification, or -errno.
 */
int newtcp_transmit(struct sock *sk, struct sk_buff *skb, bool clone, gfp_t gfp)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	/* That of the queued skb, if there is one: a clone's goes to IP. */
	const struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	unsigned int payload = skb->len, hdrlen;
	int err;

	if (clone) {
		struct sk_buff *orig = skb;

		newtcp_seg_of(orig)->sent_us = tp->now_us;
		/* A clone below may still be using the headroom. */
		skb = unlikely(skb_cloned(orig)) ? pskb_copy(orig, gfp) :
						   skb_clone(orig, gfp);
		if (unlikely(!skb))
			return -ENOBUFS;
		/* The queue's links are not the clone's. */
		skb->dev = NULL;
	}

	hdrlen = sizeof(struct tcphdr) + push_options(sk, skb, cb->flags);
	__skb_push(skb, sizeof(struct tcphdr));
	skb_reset_transport_header(skb);
	skb_set_owner_w(skb, sk);
	build_header(sk, skb, cb, hdrlen);
	set_gso(skb, cb, sk->sk_gso_type);

	if (likely(cb->flags & TH_ACK))
		ack_sent(tp);
	if (payload) {
		if (newtcp_paced_here(sk))
			newtcp_pacer_sent(sk, payload);
		payload_sent(tp);
	}
	tp->segs_out += cb->segs;

	skb->tstamp = 0;
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	skb_set_dst_pending_confirm(skb, READ_ONCE(sk->sk_dst_pending_confirm));
	err = newinet_egress_xmit(sk, skb, newtcp_route(sk));
	if (unlikely(err > 0)) {
		/* Local congestion: the device's queue is full. */
		newtcp_local_congestion(sk);
		err = net_xmit_eval(err);
	}
	return err;
}

/*
 * MSS (RFC 9293 3.7.1, RFC 6691) from a path MTU: without options, then with
 * the usual ones taken off.
 */
static u32 mss_of_mtu(const struct sock *sk, u32 pmtu)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	u32 floor = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_snd_mss);
	u32 mss = pmtu - sizeof(struct iphdr) - sizeof(struct tcphdr);

	if (pmtu < sizeof(struct iphdr) + sizeof(struct tcphdr))
		mss = 0;
	mss = min_t(u32, mss, tp->mss_clamp);
	return max(mss, floor) - (tp->header_len - sizeof(struct tcphdr));
}

/*
 * Never more than half the largest window that the peer ever offered, nor than
 * all of a tiny one; never less than an IP packet of 68 bytes has room for.
 */
static u32 bound_to_window(const struct newtcp_sock *tp, u32 size)
{
	u32 bound = tp->max_window;

	if (bound > NEWTCP_DEFAULT_MSS)
		bound >>= 1;
	if (!bound || size <= bound)
		return size;
	return max(bound, 68U - tp->header_len);
}

/**
 * newtcp_sync_mss() - a path MTU is known: fit the segment size to it
 * @sk: the connection
 * @pmtu: bytes
 */
void newtcp_sync_mss(struct sock *sk, u32 pmtu)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 mss = mss_of_mtu(sk, pmtu);

	tp->pmtu = pmtu;
	tp->mss = bound_to_window(tp, mss);
}

/**
 * newtcp_current_mss() - payload of a full segment now
 * @sk: the connection
 *
 * Checks that the route's MTU is still what it was.
 *
 * Return: bytes, the options that the next segment carries taken off.
 */
u32 newtcp_current_mss(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct dst_entry *dst = __sk_dst_get(sk);
	u32 mss;

	if (dst) {
		u32 mtu = dst_mtu(dst);

		if (unlikely(mtu != tp->pmtu))
			newtcp_sync_mss(sk, mtu);
	}
	mss = tp->mss;
	if (unlikely(tp->sacks.n || tp->sacks.dsack)) {
		u32 blocks = min_t(u32, tp->sacks.n + tp->sacks.dsack,
				   tp->ts_ok ? 3 : 4);

		mss -= NEWTCP_SACK_BASE + NEWTCP_SACK_PER_BLOCK * blocks;
	}
	return mss;
}

/**
 * newtcp_mtu_reduced() - ICMP said that the path takes less
 * @sk: the connection; newtcp_sock.icmp_mtu holds the new size
 *
 * The route learns it first, and may know better: it has a floor, and may be
 * locked. The connection goes by what the route says then.
 */
void newtcp_mtu_reduced(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 mtu = READ_ONCE(tp->icmp_mtu), asked = mtu;
	struct dst_entry *dst;

	if ((1 << sk->sk_state) & (TCPF_LISTEN | TCPF_CLOSE))
		return;
	dst = newtcp_route(sk);
	if (!dst)
		return;
	dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
	dst = newtcp_route(sk);
	if (!dst)
		return;
	mtu = dst_mtu(dst);
	/* For the case that it never gets through. */
	if (asked < mtu && ip_dont_fragment(sk, dst))
		WRITE_ONCE(sk->sk_err_soft, EMSGSIZE);
	if (inet_sk(sk)->pmtudisc == IP_PMTUDISC_DONT || !ip_sk_accept_pmtu(sk) ||
	    tp->pmtu <= mtu)
		return;
	newtcp_sync_mss(sk, mtu);
	newtcp_resize_unacked(sk);
}

/**
 * newtcp_send_mss() - sizes for a program's write
 * @sk: the connection
 * @size_goal: out: bytes to gather in one skb, a multiple of the MSS
 *
 * Return: the MSS.
 */
u32 newtcp_send_mss(struct sock *sk, u32 *size_goal)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 mss = newtcp_current_mss(sk);
	u32 goal = mss;

	if (sk_can_gso(sk)) {
		/* Leave the peer something to acknowledge meanwhile. */
		goal = bound_to_window(tp, sk->sk_gso_max_size);
		goal = min_t(u32, goal / mss, sk->sk_gso_max_segs) * mss;
		goal = max(goal, mss);
	}
	*size_goal = goal;
	return mss;
}

/**
 * newtcp_advertised_mss() - what to announce in our MSS option
 * @sk: the socket, for TCP_MAXSEG
 * @dst: the route to the peer
 *
 * Return: bytes.
 */
u16 newtcp_advertised_mss(const struct sock *sk, const struct dst_entry *dst)
{
	/* A route may say anything; options are to leave room for data. */
	u32 mss = max_t(u32, dst_metric_advmss(dst), NEWTCP_MIN_MSS);
	u16 user = READ_ONCE(newtcp_sk(sk)->user_mss);

	if (user && user < mss)
		mss = user;
	return mss;
}

/* Segments that the congestion window still allows. */
static u32 cwnd_room(const struct newtcp_sock *tp)
{
	u32 in_flight = newtcp_in_flight(tp);

	return in_flight >= tp->cong.cwnd ? 0 : tp->cong.cwnd - in_flight;
}

/* RFC 9293 3.8.6.2.1 and Nagle: may this last, partial segment go? */
static inline bool nagle_ok(const struct newtcp_sock *tp,
			    const struct sk_buff *skb, u32 mss, int nonagle)
{
	const struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	bool partial = skb->len < mss;

	if (!partial || (nonagle & NEWTCP_NAGLE_PUSH) ||
	    (cb->flags & TH_FIN))
		return true;
	if (nonagle & NEWTCP_NAGLE_CORK)
		return false;
	return !newtcp_nagle_hold(skb->len, mss, nonagle & NEWTCP_NAGLE_OFF,
				  tp->board.packets_out &&
				  seq_mark_ahead(tp->snd_sml, tp->snd_una,
						 tp->snd_nxt));
}

/**
 * newtcp_data_sent() - new data went out: it belongs to the scoreboard now
 * @sk: the connection
 * @skb: the segment, at the head of the write queue
 */
void newtcp_data_sent(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	u32 before = tp->board.packets_out;

	WRITE_ONCE(tp->snd_nxt, cb->end_seq);
	__skb_unlink(skb, &sk->sk_write_queue);
	cb->marks &= NEWTCP_SEG_TSTAMP_ACK;
	newtcp_rate_sent(&tp->rate, newtcp_seg_of(skb), tp->rec.delivered, !before);
	newtcp_board_append(&tp->board, newtcp_seg_of(skb));
	if (skb->len < cb->mss)
		tp->snd_sml = cb->end_seq;
	if (unlikely(newtcp_ca_reducing(&tp->rec)))
		tp->rec.prr_out += cb->segs;
	/* A tail that grows is not overdue, as Linux has it; only a loss that was seen is. */
	if (!before || newtcp_tlp_pending(tp))
		newtcp_rearm_rto(sk);
}

/* How much of @skb may go: a multiple of @mss unless it all goes. */
static u32 sendable(const struct newtcp_sock *tp, const struct sk_buff *skb,
		    u32 mss, u32 segs, int nonagle)
{
	u32 window = newtcp_wnd_end(tp) - NEWTCP_CB(skb)->seq;
	u32 limit = min(window, segs * mss);
	u32 partial;

	if (skb->len <= limit) {
		/* The tail of the queue waits for company, as Nagle asks. */
		partial = skb->len % mss;
		if (partial && skb->len > mss &&
		    !nagle_ok(tp, skb, skb->len + 1, nonagle))
			return skb->len - partial;
		return skb->len;
	}
	return limit - limit % mss;
}

/* Sender SWS avoidance: does a segment of at least one MSS fit, or all? */
static bool window_ok(const struct newtcp_sock *tp, const struct sk_buff *skb,
		      u32 mss)
{
	u32 end = NEWTCP_CB(skb)->end_seq;

	if (skb->len > mss)
		end = NEWTCP_CB(skb)->seq + mss;
	return !seq_after(end, newtcp_wnd_end(tp));
}

/* A wait of one ACK makes a much larger packet: RFC 9293 3.8.6, TSO's own. */
static bool worth_waiting(const struct newtcp_sock *tp, const struct sk_buff *skb,
			  u32 room, u32 segs, u32 mss)
{
	u32 part = READ_ONCE(sock_net(&tp->inet.sk)->ipv4.sysctl_tcp_tso_win_divisor);
	u32 limit = min_t(u64, newtcp_wnd_end(tp) - NEWTCP_CB(skb)->seq,
			  (u64)room * mss);
	u32 chunk;

	if (tp->rec.state >= NEWTCP_CA_RECOVERY || !newtcp_in_flight(tp) ||
	    (NEWTCP_CB(skb)->flags & TH_FIN) || limit >= skb->len || limit >= segs * mss)
		return false;
	if ((u32)jiffies - tp->last_snd > 0)
		return false;
	/* The next ACK is more than half a round trip away: too long. */
	if (tp->now_us - newtcp_board_first(&tp->board)->sent_us <
	    tp->rtt.srtt_us >> 4)
		return false;
	/* Without a part of the window to wait for: one ACK, of three at most. */
	if (!part)
		return limit <= 3 * mss;
	chunk = min_t(u64, tp->snd_wnd, (u64)tp->cong.cwnd * mss) / part;
	return limit < chunk;
}

/* Would @skb, were it not held back, take all @room of the congestion window? */
static bool fills_window(const struct newtcp_sock *tp, const struct sk_buff *skb, u32 room,
			 u32 mss)
{
	return (u64)room * mss <= min(skb->len, newtcp_wnd_end(tp) - NEWTCP_CB(skb)->seq);
}

/* Less was sent than the window allows, for a timeout. */
static noinline void window_unused(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct socket *sock = sk->sk_socket;
	bool starved = tp->rec.state == NEWTCP_CA_OPEN && sock &&
		       !test_bit(SOCK_NOSPACE, &sock->flags);

	if (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_slow_start_after_idle))
		newtcp_cwv_decay(&tp->cwv, &tp->cong, newtcp_metrics_cwnd(sk), starved,
				 tp->now_us);
}

static void after_sending(struct sock *sk, bool window_full)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (newtcp_cwv_after_send(&tp->cwv, &tp->cong, tp->board.packets_out, tp->snd_una,
				  tp->snd_nxt, window_full, tp->now_us, tp->rtt.rto_us))
		window_unused(sk);
}

/* Cut @skb to what may go now; false: nothing may, or no memory. */
static bool fit(struct sock *sk, struct sk_buff *skb, u32 mss, u32 bytes,
		gfp_t gfp)
{
	if (bytes >= skb->len)
		return true;
	if (!bytes)
		return false;
	return !newtcp_skb_split(sk, skb, false, bytes, mss, gfp);
}

/**
 * newtcp_write_xmit() - send what the windows allow
 * @sk: the connection
 * @mss: payload of a full segment
 * @nonagle: NEWTCP_NAGLE_*
 * @amount: how much
 * @gfp: allocation flags
 *
 * Return: true when data waits, nothing is in flight, and so nothing will
 * open the window but a probe.
 */
bool newtcp_write_xmit(struct sock *sk, u32 mss, int nonagle, enum newtcp_amount amount,
		       gfp_t gfp)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	bool window_full = false;
	struct sk_buff *skb;
	bool sent = false;
	u32 room, bytes, most = 0;

	newtcp_clock_refresh(tp);
	/* Before the first segment is cut to what the window allows. */
	if (!tp->board.packets_out && !skb_queue_empty(&sk->sk_write_queue))
		newtcp_cong_tx_start(sk);
	while ((skb = skb_peek(&sk->sk_write_queue)) && !newtcp_pacing_waits(sk)) {
		room = cwnd_room(tp) ?: amount == NEWTCP_PROBE;
		if (!room || !window_ok(tp, skb, mss))
			break;
		if (skb->len <= mss) {
			if (!nagle_ok(tp, skb, mss,
				      skb_queue_is_last(&sk->sk_write_queue, skb) ?
				      nonagle : NEWTCP_NAGLE_PUSH))
				break;
			bytes = skb->len;
		} else {
			/* It costs a division: once, and for larger ones only. */
			if (!most)
				most = newtcp_packet_segs(sk, mss);
			bytes = sendable(tp, skb, mss,
					 min(most, newtcp_pace_room(&tp->cong, room)),
					 skb_queue_is_last(&sk->sk_write_queue, skb) ?
					 nonagle : NEWTCP_NAGLE_PUSH);
			if (amount == NEWTCP_ALL && worth_waiting(tp, skb, room, most, mss)) {
				window_full = fills_window(tp, skb, room, mss);
				break;
			}
		}
		if (!fit(sk, skb, mss, bytes, gfp) || newtcp_smallq_full(sk, skb, 0))
			break;
		newtcp_skb_set_segs(skb, mss);
		if (unlikely(newtcp_transmit(sk, skb, true, gfp)))
			break;
		newtcp_data_sent(sk, skb);
		sent = true;
		if (amount != NEWTCP_ALL)
			break;
	}

	window_full |= !cwnd_room(tp);
	if (sent || window_full)
		after_sending(sk, window_full);
	if (sent) {
		newtcp_schedule_tlp(sk);
		return false;
	}
	return !tp->board.packets_out && !skb_queue_empty(&sk->sk_write_queue);
}

/**
 * newtcp_push_pending() - send what waits; if nothing can, watch the window
 * @sk: the connection
 * @mss: payload of a full segment
 * @nonagle: NEWTCP_NAGLE_*
 */
void newtcp_push_pending(struct sock *sk, u32 mss, int nonagle)
{
	if (unlikely(sk->sk_state == TCP_CLOSE))
		return;
	if (newtcp_write_xmit(sk, mss, nonagle, NEWTCP_ALL,
			      sk_gfp_mask(sk, GFP_ATOMIC)))
		newtcp_check_probe(sk);
}

/**
 * newtcp_push_one() - send the head of the queue, if the windows allow
 * @sk: the connection
 * @mss: payload of a full segment
 */
void newtcp_push_one(struct sock *sk, u32 mss)
{
	newtcp_write_xmit(sk, mss, NEWTCP_NAGLE_PUSH, NEWTCP_ONE, sk->sk_allocation);
}
