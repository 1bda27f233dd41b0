// SPDX-License-Identifier: GPL-2.0
/*
 * Loss recovery, the part that acts: what core/recovery.h decides is fetched
 * from the socket, and done with its timer and its segments.
 *
 * Context: socket lock held, process (backlog), softirq or timer.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include "core/board.h"
#include "core/recovery.h"
#include "core/seq.h"
#include "core/snd.h"
#include "core/tlp.h"
#include "tcp/conn/deadline.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "loss.h"
#include "mss.h"
#include "output.h"
#include "rate.h"
#include "recovery.h"
#include "retransmit.h"
#include "segment.h"

static void look_again(struct sock *sk, const struct newtcp_ack_news *n)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (n->look_again_us) {
		tp->loss_is_tlp = 0;
		newtcp_deadline_set(sk, NEWTCP_DL_LOSS,
				    jiffies + usecs_to_jiffies(n->look_again_us) + 1);
	} else if (n->looked && !tp->loss_is_tlp) {
		newtcp_deadline_clear(tp, NEWTCP_DL_LOSS);
	}
}

/**
 * newtcp_ack_recovery() - an ACK that is not plain news: what is lost?
 * @sk: the connection
 * @s: its view
 * @n: the ACK
 *
 * The window is set; what is to be sent follows by newtcp_ack_resend().
 */
void newtcp_ack_recovery(struct sock *sk, const struct newtcp_snd *s,
			 struct newtcp_ack_news *n)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	sock_owned_by_me(sk);
	newtcp_recovery_ack(s, n);
	look_again(sk, n);
	if (unlikely(n->reneged))
		/* As Linux: half a round trip, should it only be late. */
		newtcp_deadline_set(sk, NEWTCP_DL_RTO, jiffies +
				    max(usecs_to_jiffies(tp->rtt.srtt_us >> 4),
					msecs_to_jiffies(10)));
}

/**
 * newtcp_ack_resend() - send again what an ACK showed to be lost
 * @sk: the connection
 * @s: its view
 * @n: the ACK, after newtcp_ack_recovery()
 */
void newtcp_ack_resend(struct sock *sk, const struct newtcp_snd *s,
		       const struct newtcp_ack_news *n)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	sock_owned_by_me(sk);
	if (n->resend == NEWTCP_RESEND_NOTHING || sk->sk_state == TCP_SYN_SENT)
		return;
	if (n->resend == NEWTCP_RESEND_NEW) {
		if (!skb_queue_empty(&sk->sk_write_queue))
			newtcp_send_pending(sk, newtcp_current_mss(sk), NAGLE_OFF);
		if (seq_after(tp->snd_nxt, tp->rec.recovery_point))
			return;
		tp->rec.frto = 0;
	}
	newtcp_retransmit_lost(sk);
}

/**
 * newtcp_enter_loss() - the retransmission timer fired
 * @sk: the connection, with something in flight
 */
void newtcp_enter_loss(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_loss_conf conf;
	struct newtcp_snd s;

	sock_owned_by_me(sk);
	newtcp_loss_conf_read(sk, &conf);
	newtcp_snd_view(sk, &s, &conf);
	newtcp_recovery_timeout(&s, tp->retransmits);
	newtcp_deadline_clear(tp, NEWTCP_DL_LOSS);
}

/* The last segment of the wire again; false: it could not be. */
static bool resend_last(struct sock *sk, u32 mss)
{
	struct newtcp_seg *seg = newtcp_board_last(&newtcp_sk(sk)->board);
	struct sk_buff *skb;
	u32 len;

	if (!seg || (seg->marks & NEWTCP_SEG_SACKED))
		return false;
	skb = newtcp_seg_skb(seg);
	if (seg->segs > 1) {
		len = skb->len - (skb->len % mss ?: mss);
		if (len && newtcp_skb_split(sk, skb, true, len, mss, GFP_ATOMIC))
			return false;
		skb = newtcp_seg_skb(newtcp_board_last(&newtcp_sk(sk)->board));
	}
	return !newtcp_retransmit_skb(sk, skb, 1);
}

/* RFC 8985 7.3: new data if there is any, else the last segment again. */
static void send_tlp(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 mss = newtcp_current_mss(sk), before = tp->snd_nxt;
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	struct newtcp_snd s;

	if (tp->rec.tlp_out)
		return;
	/* One segment beyond the window, as the RFC allows. */
	if (skb && !seq_after(NEWTCP_CB(skb)->seq + min(skb->len, mss), newtcp_wnd_end(tp)))
		newtcp_write_xmit(sk, mss, NAGLE_PUSH, NEWTCP_PROBE, GFP_ATOMIC);
	if (tp->snd_nxt != before || resend_last(sk, mss)) {
		newtcp_snd_view(sk, &s, NULL);
		newtcp_tlp_sent(&s, tp->snd_nxt == before);
		newtcp_rearm_rto(sk);
	}
}

/**
 * newtcp_resize_unacked() - segments in flight were too large for the path
 * @sk: the connection; its MSS is the new one
 */
void newtcp_resize_unacked(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_seg *seg, *next;
	struct newtcp_loss_conf conf;
	struct newtcp_snd s;

	sock_owned_by_me(sk);
	newtcp_clock_refresh(tp);
	list_for_each_entry_safe(seg, next, &tp->board.sent, sent) {
		if (seg->mss > tp->mss &&
		    min_t(u32, newtcp_seg_skb(seg)->len, seg->mss) > tp->mss)
			newtcp_board_mark_lost(&tp->board, seg);
	}
	newtcp_loss_conf_read(sk, &conf);
	newtcp_snd_view(sk, &s, &conf);
	newtcp_recovery_resized(&s);
	newtcp_retransmit_lost(sk);
}

/**
 * newtcp_loss_expired() - the deadline of RACK, or of the tail probe, passed
 * @sk: the connection
 */
void newtcp_loss_expired(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_ack_news n = {};
	struct newtcp_loss_conf conf;
	struct newtcp_snd s;
	u32 in_flight;

	sock_owned_by_me(sk);
	if (!tp->board.packets_out)
		return;
	newtcp_clock_refresh(tp);
	if (tp->loss_is_tlp) {
		tp->loss_is_tlp = 0;
		send_tlp(sk);
		return;
	}
	newtcp_loss_conf_read(sk, &conf);
	newtcp_snd_view(sk, &s, &conf);
	in_flight = newtcp_in_flight(tp);
	if (newtcp_recovery_look_again(&s, &n)) {
		newtcp_tell_cong(sk, &n, 0, in_flight, 0);
		newtcp_retransmit_lost(sk);
	}
	look_again(sk, &n);
	newtcp_rearm_rto(sk);
}
