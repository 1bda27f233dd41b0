// SPDX-License-Identifier: GPL-2.0
/*
 * What the windows, the path's rate and Nagle allow of the data that waits goes out
 * (RFC 9293 3.7.4, 3.8; RFC 5681), as super-packets of many segments, cut up by the
 * device or by the core. How one leaves is in transmit.c; segments without data begin
 * in control.c, those without a socket in reply.c.
 *
 * Context: socket lock held, process or softirq.
 */
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/sock.h>
#include "core/board.h"
#include "core/cwv.h"
#include "core/nagle.h"
#include "core/pace.h"
#include "core/sack.h"
#include "core/sendable.h"
#include "core/seq.h"
#include "core/snd.h"
#include "core/wire.h"
#include "tcp/conn/deadline.h"
#include "tcp/conn/metrics.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "control.h"
#include "loss.h"
#include "output.h"
#include "pacing.h"
#include "rate.h"
#include "segment.h"
#include "smallq.h"
#include "transmit.h"

static u32 ticks_since_sent(const struct newtcp_sock *tp)
{
	return (u32)jiffies - tp->last_snd;
}

/* Segments that the congestion window still allows. */
static u32 cwnd_room(const struct newtcp_sock *tp)
{
	return newtcp_sendable_cwnd(tp->cong.cwnd, newtcp_in_flight(tp));
}

/* Does a partial segment at the end of @skb wait for company? Not if it is followed. */
static inline bool tail_waits(const struct sock *sk, const struct sk_buff *skb,
			      enum newtcp_nagle nagle)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);

	if (!skb_queue_is_last(&sk->sk_write_queue, skb) || (NEWTCP_CB(skb)->flags & TH_FIN))
		return false;
	return newtcp_nagle_holds(nagle, tp->board.packets_out &&
				  seq_mark_ahead(tp->snd_sml, tp->snd_una, tp->snd_nxt));
}

/* Bytes of the peer's window from @skb's first on. */
static u32 window_left(const struct newtcp_sock *tp, const struct sk_buff *skb)
{
	return newtcp_wnd_end(tp) - NEWTCP_CB(skb)->seq;
}

/* A wait of one ACK makes a much larger packet. */
static bool worth_waiting(const struct newtcp_sock *tp, const struct sk_buff *skb,
			  u32 room, u32 segs, u32 mss)
{
	u32 limit = min_t(u64, window_left(tp, skb), (u64)room * mss);

	if (!newtcp_defer_may(skb->len, limit, (u64)segs * mss, newtcp_in_flight(tp),
			      tp->rec.state >= NEWTCP_CA_RECOVERY,
			      NEWTCP_CB(skb)->flags & TH_FIN ||
			      NEWTCP_CB(skb)->marks & NEWTCP_SEG_EOR) || ticks_since_sent(tp))
		return false;
	return newtcp_defer_pays(limit, mss, min_t(u64, tp->snd_wnd, (u64)tp->cong.cwnd * mss),
				 READ_ONCE(sock_net(&tp->inet.sk)->ipv4.sysctl_tcp_tso_win_divisor),
				 tp->now_us - newtcp_board_first(&tp->board)->sent_us,
				 tp->rtt.srtt_us);
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

/*
 * Data went out in this very tick, and all that the timers depend on has been the same
 * since: an ACK that changes any of it begins them anew. One segment alone waits longer,
 * and a rate that is kept here puts them off with each.
 */
static bool timed_by_now(const struct newtcp_sock *tp)
{
	return tp->board.packets_out > 1 && !ticks_since_sent(tp) && newtcp_tlp_pending(tp) &&
	       !newtcp_paced_here(&tp->inet.sk);
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
 * @nagle: what becomes of a partial segment
 * @amount: how much
 * @gfp: allocation flags
 *
 * Return: true when data waits, nothing is in flight, and so nothing will
 * open the window but a probe.
 */
bool newtcp_write_xmit(struct sock *sk, u32 mss, enum newtcp_nagle nagle, enum newtcp_amount amount,
		       gfp_t gfp)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const bool timed = timed_by_now(tp);
	bool window_full = false;
	struct sk_buff *skb;
	bool sent = false;
	u32 room, segs, bytes, most = 0;

	sock_owned_by_me(sk);
	newtcp_clock_refresh(tp);
	/* A pause, as Linux counts it, by ticks: before the first segment is cut. */
	if (!tp->board.packets_out && ticks_since_sent(tp) &&
	    !skb_queue_empty(&sk->sk_write_queue))
		newtcp_cong_tx_start(sk);
	while ((skb = skb_peek(&sk->sk_write_queue)) && !newtcp_pacing_waits(sk)) {
		room = cwnd_room(tp) ?: amount == NEWTCP_PROBE;
		if (!room || !newtcp_sendable_fits(NEWTCP_CB(skb)->seq, NEWTCP_CB(skb)->end_seq,
						   skb->len, mss, newtcp_wnd_end(tp)))
			break;
		if (skb->len <= mss) {
			if (skb->len < mss && tail_waits(sk, skb, nagle))
				break;
			bytes = skb->len;
		} else {
			/* It costs a division: once, and for larger ones only. */
			if (!most)
				most = newtcp_packet_segs(sk, mss);
			segs = newtcp_sack_segs(&tp->sacks, most);
			bytes = min(segs, newtcp_pace_room(&tp->cong, room)) * mss;
			bytes = newtcp_sendable_len(skb->len, min(window_left(tp, skb), bytes),
						    mss, tail_waits(sk, skb, nagle));
			if (amount == NEWTCP_ALL && worth_waiting(tp, skb, room, segs, mss)) {
				window_full = newtcp_sendable_all(skb->len, window_left(tp, skb),
								  room, mss);
				break;
			}
		}
		if (!fit(sk, skb, mss, bytes, gfp) || newtcp_smallq_full(sk, skb, 0))
			break;
		newtcp_skb_set_segs(skb, mss);
		if (unlikely(newtcp_transmit(sk, skb, true, gfp)))
			break;
		newtcp_data_sent(sk, skb, timed);
		sent = true;
		if (amount != NEWTCP_ALL)
			break;
	}

	window_full |= !cwnd_room(tp);
	if (sent || window_full)
		after_sending(sk, window_full);
	if (sent) {
		if (!timed)
			newtcp_schedule_tlp(sk);
		return false;
	}
	return !tp->board.packets_out && !skb_queue_empty(&sk->sk_write_queue);
}

/**
 * newtcp_send_pending() - send what waits; if nothing can, watch the window
 * @sk: the connection
 * @mss: payload of a full segment
 * @nagle: what becomes of a partial segment
 */
void newtcp_send_pending(struct sock *sk, u32 mss, enum newtcp_nagle nagle)
{
	sock_owned_by_me(sk);
	if (unlikely(sk->sk_state == TCP_CLOSE))
		return;
	if (newtcp_write_xmit(sk, mss, nagle, NEWTCP_ALL,
			      sk_gfp_mask(sk, GFP_ATOMIC)))
		newtcp_check_probe(sk);
}

/**
 * newtcp_send_one() - send the head of the queue, if the windows allow
 * @sk: the connection
 * @mss: payload of a full segment
 */
void newtcp_send_one(struct sock *sk, u32 mss)
{
	sock_owned_by_me(sk);
	newtcp_write_xmit(sk, mss, NAGLE_PUSH, NEWTCP_ONE, sk->sk_allocation);
}
