// SPDX-License-Identifier: GPL-2.0
/*
 * Loss: which segments are lost, when recovery begins and ends, and what the
 * congestion window is meanwhile.
 *
 * The scoreboard (RFC 6675) is a set of flags on each segment of the
 * retransmission queue and four sums: packets_out, sacked_out, lost_out,
 * retrans_out; pipe = packets_out - sacked_out - lost_out + retrans_out.
 * A segment is lost
 *   - when DupThresh segments above it were SACKed (RFC 6675), as long as the
 *     path has not been seen to reorder;
 *   - when one that was sent later, by more than a quarter of the round trip,
 *     was delivered (RACK, RFC 8985); this also finds lost retransmissions;
 *   - when the retransmission timer fires (RFC 6298).
 * During fast recovery the window follows proportional rate reduction
 * (RFC 6937); after a timeout it grows by slow start from one segment.
 * A tail that nothing follows is probed after two round trips (RFC 8985 7).
 *
 * Context: socket lock held, process (backlog), softirq or timer.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include "metrics.h"
#include "tcp.h"

static void mark_lost(struct newtcp_sock *tp, struct newtcp_skb_cb *cb)
{
	if (cb->sacked & NEWTCP_SEG_RETRANS) {
		/* The copy is lost as well. */
		cb->sacked &= ~NEWTCP_SEG_RETRANS;
		tp->retrans_out -= cb->segs;
	}
	if (!(cb->sacked & NEWTCP_SEG_LOST)) {
		cb->sacked |= NEWTCP_SEG_LOST;
		tp->lost_out += cb->segs;
	}
}

static void mark_sacked(struct newtcp_sock *tp, struct sk_buff *skb,
			u32 *newly, u64 *sent_us, int *flags)
{
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);

	if (cb->sacked & NEWTCP_SEG_SACKED)
		return;
	newtcp_rack_delivered(tp, cb);
	if (!(cb->sacked & NEWTCP_SEG_EVER_RETRANS)) {
		/* A hole that fills itself: the path reorders. */
		if (seq_before(cb->seq, tp->high_sacked))
			newtcp_reordering_seen(tp, cb->seq);
		*sent_us = cb->sent_us;
	}
	if (cb->sacked & NEWTCP_SEG_LOST)
		tp->lost_out -= cb->segs;
	if (cb->sacked & NEWTCP_SEG_RETRANS)
		tp->retrans_out -= cb->segs;
	cb->sacked &= ~(NEWTCP_SEG_LOST | NEWTCP_SEG_RETRANS);
	cb->sacked |= NEWTCP_SEG_SACKED;
	tp->sacked_out += cb->segs;
	*newly += cb->segs;
	*flags |= NEWTCP_AF_SACKED;
	if (seq_after(cb->end_seq, tp->high_sacked))
		tp->high_sacked = cb->end_seq;
}

/*
 * Make @skb end or begin at the edge of a block, at a segment boundary: a
 * block that covers part of a segment of the wire is not believed for it.
 */
static bool cut_to_block(struct sock *sk, struct sk_buff *skb,
			 const struct newtcp_range *b)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	u32 len;

	if (seq_before(cb->seq, b->start))
		/* Up to the first whole segment inside. */
		len = roundup(b->start - cb->seq, cb->mss);
	else
		len = rounddown(b->end - cb->seq, cb->mss);
	if (!len || len >= skb->len)
		return false;
	return !newtcp_skb_split(sk, &tp->rtx_queue, skb, len, cb->mss,
				 GFP_ATOMIC);
}

/**
 * newtcp_sack_tag() - enter an ACK's SACK blocks into the scoreboard
 * @sk: the connection
 * @opts: the options of the segment
 * @ack: its acknowledgment number
 * @newly: out: segments that were SACKed by it
 * @sent_us: out: when one of them was sent that was sent once; else untouched
 *
 * Return: NEWTCP_AF_SACKED, NEWTCP_AF_DSACK.
 */
int newtcp_sack_tag(struct sock *sk, const struct newtcp_options *opts,
		    u32 ack, u32 *newly, u64 *sent_us)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_range blocks[NEWTCP_MAX_SACKS];
	struct sk_buff *skb, *next;
	bool dsack = false;
	unsigned int n, i = 0;
	int flags = 0;

	if (!tp->sack_ok)
		return 0;
	n = newtcp_sack_sanitize(opts->sacks, opts->num_sacks, ack,
				 tp->snd_nxt, blocks, &dsack);
	if (dsack)
		flags |= NEWTCP_AF_DSACK;
	if (!tp->sacked_out)
		tp->high_sacked = ack;

	/* Blocks and queue are in order: one walk serves all. */
	skb_queue_walk_safe(&tp->rtx_queue, skb, next) {
		struct newtcp_skb_cb *cb = NEWTCP_CB(skb);

		while (i < n && !seq_before(cb->seq, blocks[i].end))
			i++;
		if (i == n)
			break;
		if (!seq_after(cb->end_seq, blocks[i].start))
			continue;
		if (seq_before(cb->seq, blocks[i].start) ||
		    seq_after(cb->end_seq, blocks[i].end)) {
			if (cb->segs <= 1 || (cb->sacked & NEWTCP_SEG_SACKED) ||
			    !cut_to_block(sk, skb, &blocks[i]))
				continue;
			next = skb_queue_next(&tp->rtx_queue, skb);
			if (seq_before(cb->seq, blocks[i].start))
				continue;
		}
		mark_sacked(tp, skb, newly, sent_us, &flags);
	}
	return flags;
}

/* net.ipv4.tcp_recovery */
#define RECOVERY_RACK		0x1	/* losses are found by time */
#define RECOVERY_STATIC_REO_WND	0x2	/* duplicates do not widen its tolerance */
#define RECOVERY_NO_DUPTHRESH	0x4	/* not by counting */

static int recovery_mode(const struct newtcp_sock *tp)
{
	return READ_ONCE(sock_net(&tp->inet.sk)->ipv4.sysctl_tcp_recovery);
}

static u32 max_reordering(const struct newtcp_sock *tp)
{
	const struct net *net = sock_net(&tp->inet.sk);

	return max(READ_ONCE(net->ipv4.sysctl_tcp_max_reordering), 1);
}

/**
 * newtcp_reordering_seen() - a segment arrived behind later ones
 * @tp: the connection
 * @seq: where it begins
 */
void newtcp_reordering_seen(struct newtcp_sock *tp, u32 seq)
{
	u32 distance = DIV_ROUND_UP(tp->high_sacked - seq, max(tp->mss, 1U));

	tp->reord_seen = true;
	if (distance > tp->reordering)
		tp->reordering = min(distance, max_reordering(tp));
}

/**
 * newtcp_limit_dupacks() - more duplicate ACKs than can stand for segments
 * @tp: the connection, without SACK
 * @acked: segments that the ACK in hand took out
 *
 * What is lost was not received, and one segment at least is missing, or the
 * peer would not repeat itself. Beyond that it reorders, or lies: pipe must
 * not become negative.
 */
void newtcp_limit_dupacks(struct newtcp_sock *tp, u32 acked)
{
	u32 holes = min(max(tp->lost_out, 1U), tp->packets_out);

	if (tp->sacked_out <= tp->packets_out - holes)
		return;
	tp->sacked_out = tp->packets_out - holes;
	tp->reordering = min(tp->packets_out + acked, max_reordering(tp));
	tp->reord_seen = true;
}

/* Without SACK: the oldest segment, of one skb's many the first, is lost. */
static void mark_head_lost(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb = skb_peek(&tp->rtx_queue);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);

	if (cb->segs > 1 && cb->mss < skb->len &&
	    newtcp_skb_split(sk, &tp->rtx_queue, skb, cb->mss, cb->mss,
			     GFP_ATOMIC))
		return;
	mark_lost(tp, cb);
	newtcp_limit_dupacks(tp, 0);
}

/* RFC 6675 IsLost(), and NewReno's rule without SACK. */
static void mark_by_count(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 above = tp->sacked_out;
	struct sk_buff *skb;

	/* RACK's clock is the better judge. */
	if (tp->sack_ok && (recovery_mode(tp) & RECOVERY_RACK) &&
	    (tp->reord_seen || (recovery_mode(tp) & RECOVERY_NO_DUPTHRESH)))
		return;
	if (above < tp->reordering)
		return;
	if (!tp->sack_ok) {
		skb = skb_peek(&tp->rtx_queue);
		if (skb && !(NEWTCP_CB(skb)->sacked & NEWTCP_SEG_RETRANS) &&
		    tp->ca_state < NEWTCP_CA_RECOVERY)
			mark_head_lost(sk);
		return;
	}
	skb_queue_walk(&tp->rtx_queue, skb) {
		struct newtcp_skb_cb *cb = NEWTCP_CB(skb);

		if (cb->sacked & NEWTCP_SEG_SACKED) {
			above -= cb->segs;
			if (above < tp->reordering)
				break;
			continue;
		}
		if (!(cb->sacked & (NEWTCP_SEG_RETRANS | NEWTCP_SEG_LOST)))
			mark_lost(tp, cb);
	}
}

/* RFC 8985 6.2 step 4: how much reordering in time is tolerated. */
static u32 reo_wnd_us(const struct newtcp_sock *tp)
{
	if (!tp->reord_seen &&
	    (tp->ca_state >= NEWTCP_CA_RECOVERY ||
	     (tp->sacked_out >= tp->reordering &&
	      !(recovery_mode(tp) & RECOVERY_NO_DUPTHRESH))))
		return 0;
	return min_t(u64, (u64)(tp->rtt.min_us / 4) * tp->reo_wnd_steps,
		     tp->rtt.srtt_us >> 3);
}

/* RFC 8985 6.2 step 5. Returns in how many microseconds to look again, or 0. */
static u32 mark_by_time(struct newtcp_sock *tp)
{
	u32 reo_wnd = reo_wnd_us(tp), again = 0;
	struct sk_buff *skb;

	if (!tp->rack_sent_us || !tp->sack_ok ||
	    !(recovery_mode(tp) & RECOVERY_RACK))
		return 0;
	skb_queue_walk(&tp->rtx_queue, skb) {
		struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
		s64 left;

		if ((cb->sacked & NEWTCP_SEG_SACKED) ||
		    (cb->sacked & (NEWTCP_SEG_LOST | NEWTCP_SEG_RETRANS)) ==
		     NEWTCP_SEG_LOST)
			continue;
		if (cb->sent_us > tp->rack_sent_us ||
		    (cb->sent_us == tp->rack_sent_us &&
		     !seq_before(cb->end_seq, tp->rack_end_seq)))
			continue;
		left = (s64)cb->sent_us + tp->rack_rtt_us + reo_wnd -
		       (s64)tp->now_us;
		if (left <= 0)
			mark_lost(tp, cb);
		else
			again = max_t(u32, again, left);
	}
	return again;
}

/* Each rule walks the queue: only when there is news for it. */
static void detect_losses(struct sock *sk, int flags)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 again;

	if (!tp->sack_ok || (flags & NEWTCP_AF_SACKED))
		mark_by_count(sk);
	if (!tp->rack_advanced)
		return;
	tp->rack_advanced = 0;
	again = mark_by_time(tp);
	if (again) {
		tp->loss_is_tlp = 0;
		newtcp_deadline_set(sk, NEWTCP_DL_LOSS,
				    jiffies + usecs_to_jiffies(again) + 1);
	} else if (!tp->loss_is_tlp) {
		newtcp_deadline_clear(tp, NEWTCP_DL_LOSS);
	}
}

static void enter_recovery(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	tp->high_seq = tp->snd_nxt;
	tp->tlp_high_seq = 0;
	tp->prr_delivered = 0;
	tp->prr_out = 0;
	newtcp_cong_enter_recovery(&tp->cong);
	tp->ca_state = NEWTCP_CA_RECOVERY;
}

static void leave_recovery(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (tp->ca_state == NEWTCP_CA_RECOVERY)
		tp->cong.cwnd = max(tp->cong.ssthresh, 1U);
	tp->ca_state = NEWTCP_CA_OPEN;
	tp->retrans_stamp = 0;
	if (!tp->sack_ok)
		tp->sacked_out = 0;
	/* RFC 8985: the tolerance relaxes again after 16 clean recoveries. */
	if (tp->reo_wnd_persist && !--tp->reo_wnd_persist)
		tp->reo_wnd_steps = 1;
	if (tp->cong.ops->event)
		tp->cong.ops->event(&tp->cong, NEWTCP_CONG_RECOVERED, tp->now_us);
}

/* RFC 6937, with the slow-start reduction bound. */
static void proportional_reduction(struct newtcp_sock *tp, u32 acked,
				   u32 delivered, bool new_loss)
{
	u32 in_flight = newtcp_in_flight(tp);
	u32 ssthresh = tp->cong.ssthresh;
	u32 sent = tp->prr_out;
	s32 room;

	if (!delivered && !new_loss)
		return;
	tp->prr_delivered += delivered;
	if (in_flight > ssthresh) {
		u64 due = (u64)ssthresh * tp->prr_delivered +
			  max(tp->cong.prior_cwnd, 1U) - 1;

		room = (s32)div_u64(due, max(tp->cong.prior_cwnd, 1U)) - sent;
	} else {
		room = max_t(s32, tp->prr_delivered - sent, delivered);
		/* Slow start, as long as no more is lost (RFC 6937 PRR-SSRB). */
		if (acked && !new_loss)
			room++;
		room = min_t(s32, ssthresh - in_flight, room);
	}
	/* The first retransmission always goes. */
	room = max(room, sent ? 0 : 1);
	tp->cong.cwnd = max(in_flight + room, 1U);
}

/* RFC 6582: a partial ACK without SACK names the next lost segment. */
static void partial_ack(struct sock *sk, u32 acked)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb = skb_peek(&tp->rtx_queue);

	if (tp->sack_ok || !acked || !skb)
		return;
	if (!(NEWTCP_CB(skb)->sacked & (NEWTCP_SEG_LOST | NEWTCP_SEG_RETRANS)))
		mark_head_lost(sk);
}

/* RFC 2883: duplicates arrived; tolerate more reordering (RFC 8985 6.2). */
static void dsack_seen(struct newtcp_sock *tp)
{
	/* Once a round trip: what was sent since the last step is acknowledged. */
	if ((recovery_mode(tp) & RECOVERY_STATIC_REO_WND) ||
	    (tp->reo_wnd_persist && seq_before(tp->snd_una, tp->reo_wnd_seq)))
		return;
	tp->reo_wnd_seq = tp->snd_nxt;
	if (tp->reo_wnd_steps < 255)
		tp->reo_wnd_steps++;
	tp->reo_wnd_persist = 16;
}

/**
 * newtcp_recovery_step() - an ACK that is not plain news was taken in
 * @sk: the connection
 * @acked: segments that left the queue in order
 * @delivered: segments that reached the peer, SACKed ones included
 * @flags: NEWTCP_AF_*
 */
void newtcp_recovery_step(struct sock *sk, u32 acked, u32 delivered, int flags)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 lost_before = tp->lost_out;

	if (flags & NEWTCP_AF_DSACK)
		dsack_seen(tp);
	if (newtcp_in_recovery(tp) && !seq_before(tp->snd_una, tp->high_seq) &&
	    (tp->snd_una != tp->high_seq || tp->sack_ok || !tp->packets_out))
		leave_recovery(sk);
	if (newtcp_in_recovery(tp))
		partial_ack(sk, acked);

	detect_losses(sk, flags);

	switch (tp->ca_state) {
	case NEWTCP_CA_OPEN:
	case NEWTCP_CA_DISORDER:
		if (tp->lost_out) {
			enter_recovery(sk);
			proportional_reduction(tp, acked, delivered, true);
		} else {
			tp->ca_state = tp->sacked_out ? NEWTCP_CA_DISORDER :
							NEWTCP_CA_OPEN;
		}
		break;
	case NEWTCP_CA_RECOVERY:
		proportional_reduction(tp, acked, delivered,
				       tp->lost_out > lost_before);
		break;
	case NEWTCP_CA_LOSS:
		if (newtcp_cong_in_slow_start(&tp->cong))
			newtcp_cong_slow_start(&tp->cong, delivered);
		else
			newtcp_cong_avoid_ai(&tp->cong, tp->cong.cwnd, delivered);
		break;
	}
	newtcp_retransmit_lost(sk);
}

/**
 * newtcp_enter_loss() - the retransmission timer fired
 * @sk: the connection
 *
 * RFC 5681 3.1 (4): ssthresh falls at the first timeout of a window, and at the
 * first after progress; cwnd is one segment. Everything not SACKed counts as
 * lost; if the oldest segment was SACKed, the peer has gone back on it (RFC 2018
 * section 8).
 */
void newtcp_enter_loss(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb = skb_peek(&tp->rtx_queue);
	bool reneged = NEWTCP_CB(skb)->sacked & NEWTCP_SEG_SACKED;

	if (tp->ca_state <= NEWTCP_CA_DISORDER ||
	    !seq_after(tp->high_seq, tp->snd_una) ||
	    (tp->ca_state == NEWTCP_CA_LOSS && !tp->retransmits)) {
		newtcp_cong_enter_recovery(&tp->cong);
		if (tp->cong.ops->event)
			tp->cong.ops->event(&tp->cong, NEWTCP_CONG_LOSS,
					    tp->now_us);
	}
	if (!tp->sack_ok)
		tp->sacked_out = 0;

	skb_queue_walk(&tp->rtx_queue, skb) {
		struct newtcp_skb_cb *cb = NEWTCP_CB(skb);

		if (reneged && (cb->sacked & NEWTCP_SEG_SACKED)) {
			cb->sacked &= ~NEWTCP_SEG_SACKED;
			tp->sacked_out -= cb->segs;
		}
		if (!(cb->sacked & NEWTCP_SEG_SACKED))
			mark_lost(tp, cb);
	}
	tp->cong.cwnd = newtcp_in_flight(tp) + 1;
	tp->cong.cwnd_cnt = 0;
	tp->high_seq = tp->snd_nxt;
	tp->tlp_high_seq = 0;
	tp->ca_state = NEWTCP_CA_LOSS;
	newtcp_deadline_clear(tp, NEWTCP_DL_LOSS);
}

static bool probes_tail(const struct net *net)
{
	int mode = READ_ONCE(net->ipv4.sysctl_tcp_early_retrans);

	return mode == 3 || mode == 4;
}

/**
 * newtcp_schedule_tlp() - see that a lost tail is noticed before the timeout
 * @sk: the connection
 *
 * RFC 8985 7.2: two round trips after the last transmission, when nothing is
 * wrong, or in place of the retransmission timer, should that be sooner.
 */
void newtcp_schedule_tlp(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 wait, rto;

	if (!tp->packets_out || !tp->sack_ok ||
	    tp->ca_state != NEWTCP_CA_OPEN || !tp->rtt.srtt_us ||
	    tp->tlp_high_seq || !probes_tail(sock_net(sk))) {
		if (tp->loss_is_tlp)
			newtcp_deadline_clear(tp, NEWTCP_DL_LOSS);
		return;
	}
	wait = _usecs_to_jiffies(tp->rtt.srtt_us >> 2);
	if (tp->packets_out == 1)
		wait += msecs_to_jiffies(tp->rtt.rto_min_ms);
	else
		wait += 2;
	rto = tp->dl_at[NEWTCP_DL_RTO] - (u32)jiffies;
	if ((s32)rto > 0)
		wait = min(wait, rto);
	tp->loss_is_tlp = 1;
	newtcp_deadline_set(sk, NEWTCP_DL_LOSS, jiffies + wait);
}

/* Congestion, and nothing to send again. */
static void reduce_once(struct newtcp_sock *tp)
{
	newtcp_cong_enter_recovery(&tp->cong);
	tp->cong.cwnd = max(min(tp->cong.cwnd, tp->cong.ssthresh), 1U);
	tp->high_seq = tp->snd_nxt;
}

/* RFC 8985 7.3: new data if there is any, else the last segment again. */
static void send_tlp(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 mss = newtcp_current_mss(sk), before = tp->snd_nxt;
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);

	if (tp->ca_state != NEWTCP_CA_OPEN || !tp->packets_out)
		return;
	if (skb && !seq_after(NEWTCP_CB(skb)->seq + min(skb->len, mss),
			      newtcp_wnd_end(tp))) {
		u32 cwnd = tp->cong.cwnd;

		/* One segment beyond the window, as the RFC allows. */
		tp->cong.cwnd = max(cwnd, newtcp_in_flight(tp) + 1);
		newtcp_write_xmit(sk, mss, NEWTCP_NAGLE_PUSH, 1, GFP_ATOMIC);
		tp->cong.cwnd = cwnd;
	}
	tp->tlp_retrans = tp->snd_nxt == before;
	if (tp->tlp_retrans) {
		skb = skb_peek_tail(&tp->rtx_queue);
		if (!skb || (NEWTCP_CB(skb)->sacked & NEWTCP_SEG_SACKED))
			return;
		if (NEWTCP_CB(skb)->segs > 1) {
			u32 len = skb->len - (skb->len % mss ?: mss);

			if (len && newtcp_skb_split(sk, &tp->rtx_queue, skb, len,
						    mss, GFP_ATOMIC))
				return;
			skb = skb_peek_tail(&tp->rtx_queue);
		}
		if (newtcp_retransmit_skb(sk, skb, 1))
			return;
	}
	tp->tlp_high_seq = tp->snd_nxt;
	newtcp_rearm_rto(sk);
}

/**
 * newtcp_tlp_acked() - an ACK arrived: did the tail probe repair a loss?
 * @tp: the connection, with a tail probe out
 * @flags: NEWTCP_AF_*
 *
 * RFC 8985 7.4: a probe that sent the last segment again made good for a loss
 * if what comes after it is acknowledged, and no ACK said that both copies had
 * arrived: by a D-SACK, or by repeating itself.
 */
void newtcp_tlp_acked(struct newtcp_sock *tp, int flags)
{
	const int news = NEWTCP_AF_ACKED | NEWTCP_AF_DATA | NEWTCP_AF_WIN_UPDATE |
			 NEWTCP_AF_SACKED;

	if (seq_before(tp->snd_una, tp->tlp_high_seq))
		return;
	if (tp->tlp_retrans && !(flags & NEWTCP_AF_DSACK) && !newtcp_in_recovery(tp)) {
		if (tp->snd_una == tp->tlp_high_seq && (flags & news))
			return;		/* too early to tell */
		if (tp->snd_una != tp->tlp_high_seq)
			reduce_once(tp);
	}
	tp->tlp_high_seq = 0;
}

/**
 * newtcp_cong_tx_start() - data goes out after a pause
 * @sk: the connection, with nothing in flight
 *
 * RFC 5681 4.1: after an idle retransmission timeout the window restarts, and
 * loses half for each further one.
 */
void newtcp_cong_tx_start(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 idle, rto, restart;

	if (tp->cong.ops->event)
		tp->cong.ops->event(&tp->cong, NEWTCP_CONG_TX_START, tp->now_us);
	idle = (u32)jiffies - tp->last_snd;
	rto = newtcp_rto_jiffies(tp);
	if (idle <= rto || tp->ca_state != NEWTCP_CA_OPEN ||
	    !READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_slow_start_after_idle))
		return;
	restart = min(newtcp_metrics_cwnd(sk), tp->cong.cwnd);
	/* Three quarters of what is given up is remembered. */
	tp->cong.ssthresh = max(tp->cong.ssthresh, (tp->cong.cwnd >> 1) +
						   (tp->cong.cwnd >> 2));
	while (idle > rto && tp->cong.cwnd > restart) {
		tp->cong.cwnd = max(tp->cong.cwnd >> 1, restart);
		idle -= rto;
	}
	tp->cong.cwnd_cnt = 0;
}

/**
 * newtcp_resize_unacked() - segments in flight were too large for the path
 * @sk: the connection; its MSS is the new one
 */
void newtcp_resize_unacked(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb;

	newtcp_clock_refresh(tp);
	skb_queue_walk(&tp->rtx_queue, skb) {
		struct newtcp_skb_cb *cb = NEWTCP_CB(skb);

		if (cb->mss > tp->mss && !(cb->sacked & NEWTCP_SEG_SACKED) &&
		    min_t(u32, skb->len, cb->mss) > tp->mss)
			mark_lost(tp, cb);
	}
	if (!tp->sack_ok)
		newtcp_limit_dupacks(tp, 0);
	/* The size was wrong, not the rate: the windows stay, slow start goes on. */
	if (tp->lost_out && tp->ca_state != NEWTCP_CA_LOSS) {
		tp->high_seq = tp->snd_nxt;
		tp->ca_state = NEWTCP_CA_LOSS;
	}
	newtcp_retransmit_lost(sk);
}

/**
 * newtcp_loss_expired() - the deadline of RACK, or of the tail probe, passed
 * @sk: the connection
 */
void newtcp_loss_expired(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (!tp->packets_out)
		return;
	newtcp_clock_refresh(tp);
	if (tp->loss_is_tlp) {
		tp->loss_is_tlp = 0;
		send_tlp(sk);
		return;
	}
	tp->rack_advanced = 1;
	newtcp_recovery_step(sk, 0, 0, 0);
	newtcp_rearm_rto(sk);
}

/**
 * newtcp_recovery_reset() - a connection starts without a history of loss
 * @sk: the connection
 */
void newtcp_recovery_reset(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	tp->ca_state = NEWTCP_CA_OPEN;
	tp->packets_out = 0;
	tp->sacked_out = 0;
	tp->lost_out = 0;
	tp->retrans_out = 0;
	tp->reordering = max(READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_reordering), 1);
	tp->reord_seen = false;
	tp->reo_wnd_steps = 1;
	tp->reo_wnd_persist = 0;
	tp->rack_sent_us = 0;
	tp->tlp_high_seq = 0;
	tp->loss_is_tlp = 0;
	tp->retrans_stamp = 0;
	tp->retransmits = 0;
	tp->total_retrans = 0;
	tp->high_seq = tp->snd_una;
}

/**
 * newtcp_local_congestion() - our own device dropped a segment
 * @sk: the connection
 *
 * Counts as a congestion event once per window, without recovery.
 */
void newtcp_local_congestion(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (newtcp_in_recovery(tp) ||
	    seq_mark_ahead(tp->high_seq, tp->snd_una, tp->snd_nxt))
		return;
	reduce_once(tp);
}
