// SPDX-License-Identifier: GPL-2.0
/*
 * Sending again what is in the retransmission queue: one segment on request,
 * or all that are marked lost as far as the congestion window reaches
 * (RFC 5681 3.2, RFC 6675 5).
 *
 * Which segments are lost is decided in recovery.c, when in timer.c.
 *
 * Context: socket lock held, process or softirq.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include "core/board.h"
#include "core/recovery.h"
#include "core/sack.h"
#include "core/rtt.h"
#include "core/sendable.h"
#include "core/seq.h"
#include "core/snd.h"
#include "tcp/clock.h"
#include "tcp/conn/deadline.h"
#include "tcp/conn/metrics.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "loss.h"
#include "mss.h"
#include "pacing.h"
#include "rate.h"
#include "retransmit.h"
#include "segment.h"
#include "smallq.h"
#include "transmit.h"

/* Cut @skb to what may be sent again now: the window may have shrunk. */
static int fit_window(struct sock *sk, struct sk_buff *skb, u32 mss, int segs)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 len = newtcp_sendable_again(NEWTCP_CB(skb)->seq, skb->len, segs, mss, tp->snd_una,
					newtcp_wnd_end(tp));

	if (!len)
		return -EAGAIN;
	if (len < skb->len)
		return newtcp_skb_split(sk, skb, true, len, mss, GFP_ATOMIC);
	return 0;
}

static int send_again(struct sock *sk, struct sk_buff *skb, int segs)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	struct newtcp_snd s;
	u32 mss;
	int err;

	if (newtcp_smallq_holds(sk, skb))
		return -EBUSY;
	if (seq_before(cb->seq, tp->snd_una) && skb->len) {
		/*
		 * Acknowledged in part while it was being chosen; of all but
		 * a FIN that it was given after it had been sent, a FIN stays.
		 */
		if (!seq_before(tp->snd_una, cb->end_seq))
			return -EAGAIN;
		if (newtcp_skb_trim_head(sk, skb, tp->snd_una - cb->seq))
			return -ENOMEM;
	}
	if (!newtcp_route(sk))
		return -EHOSTUNREACH;

	mss = newtcp_current_mss(sk);
	if (skb->len) {
		err = fit_window(sk, skb, mss, segs);
		if (err)
			return err;
		/* Also where bytes of it are gone. */
		if (cb->mss != mss || cb->segs > 1) {
			int old = cb->segs;

			newtcp_skb_set_segs(skb, mss);
			newtcp_board_count(&tp->board, newtcp_seg_of(skb), old - cb->segs);
		}
	}

	newtcp_clock_refresh(tp);
	err = newtcp_transmit(sk, skb, true, GFP_ATOMIC);
	/* Karn's rule holds even for a copy that was lost on the way out. */
	cb->marks |= NEWTCP_SEG_EVER_RETRANS;
	if (err)
		return err;
	newtcp_snd_view(sk, &s, NULL);
	newtcp_recovery_sent_again(&s, newtcp_seg_of(skb));
	return 0;
}

/**
 * newtcp_retransmit_skb() - send a queued segment again
 * @sk: the connection
 * @skb: the segment, in the retransmission queue
 * @segs: at most so many segments of the wire; the rest is cut off
 *
 * Return: 0; -EBUSY when it has not left our own device yet; -ENOMEM; -EAGAIN when the
 * window has no room; -EHOSTUNREACH without a route; or as newtcp_transmit().
 */
int newtcp_retransmit_skb(struct sock *sk, struct sk_buff *skb, int segs)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	int err = send_again(sk, skb, segs);

	sock_owned_by_me(sk);
	/* Of the first attempt, or a host without a route would never give up. */
	if (!tp->rec.retrans_stamp)
		tp->rec.retrans_stamp = newtcp_ms_of(tp->now_us) ?: ~0U;
	return err;
}

/**
 * newtcp_retransmit_lost() - send lost segments again, oldest first
 * @sk: the connection
 *
 * Goes on until the congestion window is full or nothing lost is left.
 */
void newtcp_retransmit_lost(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 room, segs = 0;
	struct sk_buff *skb;
	struct rb_node *n;
	bool oldest;

	sock_owned_by_me(sk);
	while ((n = rb_first(&tp->board.lost)) && !newtcp_pacing_waits(sk)) {
		room = newtcp_sendable_cwnd(tp->cong.cwnd, newtcp_in_flight(tp));
		skb = newtcp_seg_skb(newtcp_seg_entry(n));
		if (!room || newtcp_smallq_full(sk, skb, 1))
			break;
		if (!segs)
			segs = newtcp_packet_segs(sk, newtcp_current_mss(sk));
		oldest = !seq_after(NEWTCP_CB(skb)->seq, tp->snd_una);
		if (newtcp_retransmit_skb(sk, skb, newtcp_sack_segs(&tp->sacks, min(segs, room))))
			break;
		/* It is the oldest for which the timer waits. */
		if (oldest)
			newtcp_rearm_rto(sk);
	}
}
