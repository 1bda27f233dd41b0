// SPDX-License-Identifier: GPL-2.0
/*
 * An acknowledgment arrives (RFC 9293 3.10.7.4 step five): is it to be
 * believed, what does it take out of the retransmission queue, what does it
 * say about the round trip and the peer's window.
 *
 * What is lost and what the congestion window becomes is decided in core/ from
 * the sums made here.
 *
 * Context: socket lock held, process (backlog) or softirq.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include "core/board.h"
#include "core/options.h"
#include "core/rate.h"
#include "core/rtt.h"
#include "core/sackin.h"
#include "core/seq.h"
#include "core/snd.h"
#include "core/tlp.h"
#include "core/verdict.h"
#include "core/wire.h"
#include "tcp/clock.h"
#include "tcp/conn/deadline.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/control.h"
#include "tcp/tx/loss.h"
#include "tcp/tx/mss.h"
#include "tcp/tx/rate.h"
#include "tcp/tx/recovery.h"
#include "tcp/tx/segment.h"
#include "tcp/user/tstamp.h"
#include "ack.h"
#include "answer.h"

/**
 * newtcp_rtt_update() - take a round-trip sample
 * @sk: the connection
 * @trip: the round trip
 */
void newtcp_rtt_update(struct sock *sk, const struct newtcp_trip *trip)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 wlen = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_rtt_wlen);

	newtcp_rtt_sample(&tp->rtt, trip, tp->now_us, tp->snd_una, tp->snd_nxt,
			  (u64)wlen * USEC_PER_SEC);
}

static void window_update(struct sock *sk, const struct sk_buff *skb,
			  u32 ack, u32 *flags)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 wnd = ntohs(newtcp_hdr(skb)->window);
	u32 seq = NEWTCP_CB(skb)->seq;

	if (likely(!(NEWTCP_CB(skb)->flags & TH_SYN)))
		wnd <<= tp->snd_wscale;
	if (!newtcp_window_may_update(tp->snd_una, tp->snd_wl1, tp->snd_wnd,
				      ack, seq, wnd))
		return;
	tp->snd_wl1 = seq;
	if (tp->snd_wnd == wnd)
		return;
	*flags |= NEWTCP_RX_WIN_UPDATE;
	tp->snd_wnd = wnd;
	if (wnd > tp->max_window) {
		tp->max_window = wnd;
		newtcp_sync_mss(sk, tp->pmtu);
	}
}

/* One segment is acknowledged, whole or in part; false: stop here. */
static __always_inline bool clean_one(struct sock *sk, struct newtcp_seg *seg,
				      struct newtcp_ack_news *n)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb = newtcp_seg_skb(seg);
	bool whole = !seq_after(seg->end_seq, tp->snd_una);
	u32 acked = seg->segs, mss = seg->mss;

	if (unlikely(seg->marks & NEWTCP_SEG_TSTAMP_ACK))
		newtcp_tx_stamp_acked(sk, skb);
	if (unlikely(!whole)) {
		if (acked <= 1 || !seq_after(tp->snd_una, seg->seq) ||
		    newtcp_skb_trim_head(sk, skb, tp->snd_una - seg->seq))
			return false;
		/* Only what counts as whole segments leaves the counts. */
		newtcp_skb_set_segs(skb, mss);
		acked -= seg->segs;
	}
	newtcp_seg_acked(&tp->rec, &tp->board, &tp->rate, n, seg, acked, tp->now_us,
			 newtcp_rtt_min(&tp->rtt));
	if (unlikely(!whole))
		return false;
	newtcp_board_remove(&tp->board, seg);
	newtcp_skb_free(sk, skb);
	return true;
}

static __always_inline void clean_board(struct sock *sk, struct newtcp_ack_news *n)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_seg *seg;

	while ((seg = newtcp_board_first(&tp->board))) {
		if (!clean_one(sk, seg, n))
			break;
	}
}

static noinline void clean_board_slow(struct sock *sk, struct newtcp_ack_news *n)
{
	clean_board(sk, n);
}

/* What congestion control hears of the round trip: that of the newest. 0: nothing. */
static u32 take_rtt(struct sock *sk, const struct newtcp_ack_news *n)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_trip trip = newtcp_ack_trip(n, &tp->board, tp->mss, tp->now_us);

	if (trip.us)
		newtcp_rtt_update(sk, &trip);
	return trip.newest_us;
}

/* The window opened while nothing was in flight. */
static void ack_probe(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *head = skb_peek(&sk->sk_write_queue);

	tp->probes_out = 0;
	if (!head)
		return;
	if (!seq_after(NEWTCP_CB(head)->end_seq, newtcp_wnd_end(tp)) ||
	    seq_after(newtcp_wnd_end(tp), NEWTCP_CB(head)->seq)) {
		tp->rtt.backoff = 0;
		tp->probes_stamp = 0;
		newtcp_deadline_clear(tp, NEWTCP_DL_PROBE);
	} else {
		newtcp_probe_answered(sk);
	}
}

/* SND.UNA moved: the timers of what is still in flight start anew. */
static void restart_timers(struct sock *sk, const struct newtcp_ack_news *n)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (tp->board.packets_out) {
		if (unlikely(n->reneged))
			return;
		newtcp_note_rto(sk);
		if (likely(!n->look_again_us))
			newtcp_schedule_tlp(sk);
		else
			newtcp_deadline_arm(sk, NEWTCP_DL_RTO);
		return;
	}
	tp->rec.retrans_stamp = 0;
	newtcp_deadline_clear(tp, NEWTCP_DL_RTO);
	newtcp_deadline_clear(tp, NEWTCP_DL_LOSS);
}

static void begin(struct newtcp_sock *tp, struct newtcp_ack_news *n, u32 ack, u32 flags)
{
	n->flags = flags;
	n->ack = ack;
	n->late_seq = tp->snd_nxt;
	n->prior_una = tp->snd_una;
	n->prior_fack = tp->board.sacked_out ? tp->rec.high_sacked : tp->snd_una;
	if (tp->seg_has_ts && tp->last_tsecr) {
		n->flags |= NEWTCP_RX_ECHO;
		n->tsecr = tp->last_tsecr - tp->ts_offset;
	}
}

/* SND.UNA stays: only SACKs can be news. */
static int old_ack(struct sock *sk, const struct sk_buff *skb,
		   const struct newtcp_options *opts)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_ack_news n = {};
	struct newtcp_loss_conf conf;
	struct newtcp_snd s;
	u32 in_flight;

	if (!opts || !(opts->flags & NEWTCP_OPT_SACK) || !tp->sack_ok ||
	    !tp->board.packets_out)
		return 0;
	begin(tp, &n, NEWTCP_CB(skb)->ack_seq, 0);
	newtcp_loss_conf_read(sk, &conf);
	newtcp_snd_view(sk, &s, &conf);
	newtcp_sack_enter(&s, &n, opts->sacks, opts->num_sacks);
	in_flight = newtcp_in_flight(tp);
	newtcp_ack_recovery(sk, &s, &n);
	n.grow = false;
	newtcp_tell_cong(sk, &n, 0, in_flight, 0);
	newtcp_ack_resend(sk, &s, &n);
	return 0;
}

/* Everything but the plainest case: loss state, SACKs, duplicate ACKs. */
static noinline_for_stack void ack_slow(struct sock *sk, struct newtcp_ack_news *n,
					const struct newtcp_options *opts, u32 in_flight)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_loss_conf conf;
	struct newtcp_snd s;
	u32 rtt_us;

	newtcp_loss_conf_read(sk, &conf);
	newtcp_snd_view(sk, &s, &conf);
	if (opts && (opts->flags & NEWTCP_OPT_SACK) && tp->sack_ok)
		newtcp_sack_enter(&s, n, opts->sacks, opts->num_sacks);
	if (n->flags & NEWTCP_RX_ADVANCED)
		clean_board_slow(sk, n);
	rtt_us = take_rtt(sk, n);
	newtcp_ack_recovery(sk, &s, n);
	newtcp_tell_cong(sk, n, n->delivered, in_flight, rtt_us);
	if (n->flags & NEWTCP_RX_ADVANCED) {
		sk_dst_confirm(sk);
		restart_timers(sk, n);
	}
	newtcp_ack_resend(sk, &s, n);
}

/* Nothing is wrong, and segments were acknowledged. */
static inline void ack_fast(struct sock *sk, struct newtcp_ack_news *n, u32 in_flight)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 rtt_us;

	clean_board(sk, n);
	rtt_us = take_rtt(sk, n);
	tp->rec.delivered += n->delivered;
	newtcp_rate_sample(&tp->rate, &n->rate, tp->rec.delivered, n->delivered,
			   newtcp_rtt_min(&tp->rtt), tp->now_us);
	n->grow = true;
	newtcp_tell_cong(sk, n, n->acked, in_flight, rtt_us);
	sk_dst_confirm(sk);
	restart_timers(sk, n);
}

/* Nothing is in flight: but was what went before sent again for nothing? */
static noinline_for_stack void ack_late(struct sock *sk, struct newtcp_ack_news *n,
					const struct newtcp_options *opts)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_loss_conf conf;
	struct newtcp_snd s;

	newtcp_loss_conf_read(sk, &conf);
	newtcp_snd_view(sk, &s, &conf);
	if (opts && (opts->flags & NEWTCP_OPT_SACK) && tp->sack_ok)
		newtcp_sack_enter(&s, n, opts->sacks, opts->num_sacks);
	if (n->flags & NEWTCP_RX_DSACK) {
		newtcp_ack_recovery(sk, &s, n);
		n->grow = false;
		newtcp_tell_cong(sk, n, 0, 0, 0);
	} else if (tp->rec.tlp_out) {
		newtcp_tlp_acked(&s, n);
	}
}

/**
 * newtcp_ack() - process the acknowledgment of a segment
 * @sk: the connection
 * @skb: the segment; its transport header is set
 * @opts: its options, or NULL when they held a timestamp at most
 * @flags: NEWTCP_RX_DATA when it carries data
 *
 * newtcp_sock.now_us must be fresh.
 *
 * Return: 1 when the ACK is acceptable; 0 when it is old; -1 when the segment
 * must be dropped, the challenge that was due having been sent.
 */
int newtcp_ack(struct sock *sk, const struct sk_buff *skb,
	       const struct newtcp_options *opts, u32 flags)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 ack = NEWTCP_CB(skb)->ack_seq;
	struct newtcp_ack_news n = {};
	enum newtcp_ack_verdict verdict;

	sock_owned_by_me(sk);
	/* An ACK of what was never sent is no old one: what was acknowledged is the bound. */
	verdict = newtcp_ack_verdict(tp->snd_una, tp->snd_nxt,
				     min_t(u64, tp->max_window, tp->bytes_acked), ack);
	if (unlikely(verdict == VERDICT_ACK_FUTURE || verdict == VERDICT_ACK_TOO_OLD)) {
		newtcp_challenge_ack(sk);
		return -1;
	}
	/*
	 * RFC 7323 4.3: the timestamp of the segment that covers Last.ACK.sent, whose data
	 * may be new where its ACK is old.
	 */
	if (tp->seg_has_ts)
		newtcp_ts_recent_update(tp, NEWTCP_CB(skb)->seq);
	if (verdict == VERDICT_ACK_NEW) {
		flags |= NEWTCP_RX_ADVANCED;
		tp->retransmits = 0;
	} else if (ack != tp->snd_una) {
		return old_ack(sk, skb, opts);
	}
	if (unlikely(NEWTCP_CB(skb)->flags & (TH_SYN | TH_FIN)))
		flags |= NEWTCP_RX_CONTROL;

	window_update(sk, skb, ack, &flags);
	begin(tp, &n, ack, flags);
	tp->bytes_acked += ack - tp->snd_una;
	WRITE_ONCE(tp->snd_una, ack);
	WRITE_ONCE(sk->sk_err_soft, 0);
	tp->last_heard = (u32)jiffies;
	tp->probes_out = 0;
	tp->keep_probes_out = 0;

	if (!tp->board.packets_out) {
		if (unlikely(tp->rec.tlp_out || (opts && (opts->flags & NEWTCP_OPT_SACK))))
			ack_late(sk, &n, opts);
		ack_probe(sk);
		return 1;
	}
	if (likely(newtcp_ack_is_plain(&tp->rec, &tp->board, flags,
				       opts && (opts->flags & NEWTCP_OPT_SACK))))
		ack_fast(sk, &n, newtcp_in_flight(tp));
	else
		ack_slow(sk, &n, opts, newtcp_in_flight(tp));
	return 1;
}

/**
 * newtcp_ts_recent_update() - RFC 7323 4.3: which timestamp to echo
 * @tp: the connection; its last_tsval is that of the segment in hand
 * @seq: where the segment begins
 */
void newtcp_ts_recent_update(struct newtcp_sock *tp, u32 seq)
{
	if (newtcp_ts_recent_moves(tp->ts_recent, newtcp_ts_age(tp), NEWINET_PAWS_VOID,
				   tp->last_tsval, seq, tp->rcvwnd.wup))
		newtcp_ts_take(tp, tp->last_tsval);
}
