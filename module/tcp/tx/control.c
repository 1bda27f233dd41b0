// SPDX-License-Identifier: GPL-2.0
/*
 * Segments without new data: SYN, ACK, RST and window probes; FIN is in fin.c
 * (RFC 9293 3.5, 3.8.6.1, 3.10).
 *
 * Context: socket lock held, process or softirq.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include "core/backoff.h"
#include "core/board.h"
#include "core/delack.h"
#include "core/giveup.h"
#include "core/rate.h"
#include "core/rtt.h"
#include "core/seq.h"
#include "core/wire.h"
#include "ip/egress.h"
#include "tcp/clock.h"
#include "tcp/conn/deadline.h"
#include "tcp/rx/acking.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "control.h"
#include "mss.h"
#include "segment.h"
#include "transmit.h"

/* A bare header; it is sent as it is and never queued. */
static struct sk_buff *bare_skb(struct sock *sk, u32 seq, u8 flags, gfp_t gfp)
{
	struct sk_buff *skb;

	skb = alloc_skb(NEWINET_MAX_HEADER, sk_gfp_mask(sk, gfp | __GFP_NOWARN));
	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, NEWINET_MAX_HEADER);
	memset(skb->cb, 0, sizeof(struct newtcp_skb_cb));
	NEWTCP_CB(skb)->seq = seq;
	NEWTCP_CB(skb)->end_seq = seq;
	NEWTCP_CB(skb)->flags = flags;
	NEWTCP_CB(skb)->segs = 1;
	return skb;
}

/* SND.NXT, or the right edge of the window when the peer has shrunk it. */
static u32 acceptable_seq(const struct newtcp_sock *tp)
{
	if (!seq_before(newtcp_wnd_end(tp), tp->snd_nxt) ||
	    (tp->wscale_ok &&
	     tp->snd_nxt - newtcp_wnd_end(tp) < (1U << tp->rcvwnd.wscale)))
		return tp->snd_nxt;
	return newtcp_wnd_end(tp);
}

/**
 * newtcp_send_ack() - acknowledge what was received
 * @sk: the connection
 *
 * Without memory the ACK is tried again after the delayed-ACK time.
 */
void newtcp_send_ack(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb;

	sock_owned_by_me(sk);
	if (sk->sk_state == TCP_CLOSE)
		return;
	skb = bare_skb(sk, acceptable_seq(tp), TH_ACK, GFP_ATOMIC);
	if (unlikely(!skb)) {
		tp->delack.owed |= DELACK_OWED;
		newtcp_deadline_set(sk, NEWTCP_DL_DELACK, jiffies + newtcp_delack_times.max);
		return;
	}
	newtcp_clock_refresh(tp);
	newtcp_transmit(sk, skb, false, GFP_ATOMIC);
}

/**
 * newtcp_send_syn() - the first segment of an active open
 * @sk: socket in SYN-SENT, its variables set by newtcp_connect()
 *
 * Return: 0; -ENOBUFS without memory; -ECONNREFUSED as IP reports it.
 */
int newtcp_send_syn(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb;
	struct sk_buff *skb;
	int err;

	sock_owned_by_me(sk);
	skb = newtcp_skb_alloc(sk, sk->sk_allocation, true);
	if (unlikely(!skb))
		return -ENOBUFS;
	cb = NEWTCP_CB(skb);
	cb->seq = tp->write_seq++;
	cb->end_seq = tp->write_seq;
	cb->flags = TH_SYN;
	cb->segs = 1;

	newtcp_clock_refresh(tp);
	newtcp_seg_of(skb)->sent_us = tp->now_us;
	/* It counts as delivered before: a handshake is no measure of a rate. */
	newtcp_rate_sent(&tp->rate, newtcp_seg_of(skb), 1, true);
	newtcp_board_append(&tp->board, newtcp_seg_of(skb));
	tp->snd_nxt = tp->write_seq;
	tp->pushed_seq = tp->write_seq;
	tp->rec.retrans_stamp = newtcp_ms_of(tp->now_us) ?: ~0U;

	err = newtcp_transmit(sk, skb, true, sk->sk_allocation);
	/* Dropped on this host or on the path, it is all one: the timer sends it again. */
	newtcp_deadline_set(sk, NEWTCP_DL_RTO,
			    jiffies + newtcp_rto_jiffies(tp));
	return err == -ECONNREFUSED ? err : 0;
}

/**
 * newtcp_send_active_reset() - tell the peer that the connection is gone
 * @sk: the connection
 * @gfp: allocation flags
 */
void newtcp_send_active_reset(struct sock *sk, gfp_t gfp)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb;

	sock_owned_by_me(sk);
	skb = bare_skb(sk, acceptable_seq(tp), TH_ACK | TH_RST, gfp);
	if (!skb)
		return;
	newtcp_clock_refresh(tp);
	newtcp_transmit(sk, skb, false, gfp);
}

/* A segment without data that makes the peer answer with its window. */
static int probe_skb(struct sock *sk, u32 seq)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb = bare_skb(sk, seq, TH_ACK, GFP_ATOMIC);

	if (!skb)
		return -1;
	newtcp_clock_refresh(tp);
	return newtcp_transmit(sk, skb, false, GFP_ATOMIC);
}

/**
 * newtcp_elicit_ack() - make the peer say something
 * @sk: the connection
 *
 * Sends the next data if it fits into the window, else a segment just below
 * SND.UNA, which every peer answers (RFC 9293 3.8.4, 3.8.6.1).
 *
 * Return: 0 when it was sent, else as newtcp_transmit().
 */
int newtcp_elicit_ack(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb;
	u32 mss, room;
	int err;

	sock_owned_by_me(sk);
	if (sk->sk_state == TCP_CLOSE)
		return -1;
	skb = skb_peek(&sk->sk_write_queue);
	if (!skb || !seq_before(NEWTCP_CB(skb)->seq, newtcp_wnd_end(tp)))
		return probe_skb(sk, tp->snd_una - 1);

	mss = newtcp_current_mss(sk);
	room = min(newtcp_wnd_end(tp) - NEWTCP_CB(skb)->seq, mss);
	if (room < skb->len &&
	    newtcp_skb_split(sk, skb, false, room, mss, GFP_ATOMIC))
		return -1;
	NEWTCP_CB(skb)->flags |= TH_PSH;
	newtcp_skb_set_segs(skb, mss);
	newtcp_clock_refresh(tp);
	err = newtcp_transmit(sk, skb, true, GFP_ATOMIC);
	if (!err) {
		newtcp_data_sent(sk, skb, false);
		newtcp_deadline_arm(sk, NEWTCP_DL_RTO);
	}
	return err;
}

static unsigned long probe_interval(const struct newtcp_sock *tp)
{
	return usecs_to_jiffies(newtcp_backoff_probe_us(&tp->rtt));
}

/* The next probe, in time for the limit that the program set. */
static void probe_within(struct sock *sk, u32 wait)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);

	if (tp->probes_stamp)
		wait = newtcp_wait_within(wait, jiffies_to_msecs((u32)jiffies -
								 tp->probes_stamp),
					  READ_ONCE(tp->user_timeout));
	newtcp_deadline_set(sk, NEWTCP_DL_PROBE, jiffies + wait);
}

/**
 * newtcp_probe_answered() - an ACK left the window shut: the next probe anew
 * @sk: the connection, with nothing in flight and data to send
 */
void newtcp_probe_answered(struct sock *sk)
{
	sock_owned_by_me(sk);
	probe_within(sk, probe_interval(newtcp_sk(sk)));
}

/**
 * newtcp_check_probe() - data waits for a closed window: see that it is watched
 * @sk: the connection
 */
void newtcp_check_probe(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	sock_owned_by_me(sk);
	if (!tp->board.packets_out && !(tp->deadlines & BIT(NEWTCP_DL_PROBE)))
		newtcp_deadline_set(sk, NEWTCP_DL_PROBE,
				    jiffies + probe_interval(tp));
}

/**
 * newtcp_send_probe() - the window stayed shut: probe it
 * @sk: the connection
 */
void newtcp_send_probe(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u8 limit = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries2);
	int err = newtcp_elicit_ack(sk);
	u32 wait = NEWTCP_RESOURCE_WAIT;

	sock_owned_by_me(sk);
	if (tp->board.packets_out || skb_queue_empty(&sk->sk_write_queue)) {
		/* Something went out, or nothing is left to send. */
		tp->probes_out = 0;
		tp->probes_stamp = 0;
		tp->rtt.backoff = 0;
		return;
	}
	if (tp->probes_out < U8_MAX)
		tp->probes_out++;
	if (err <= 0) {
		newtcp_backoff_probe(&tp->rtt, limit);
		wait = probe_interval(tp);
	}
	probe_within(sk, wait);
}
