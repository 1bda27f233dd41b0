// SPDX-License-Identifier: GPL-2.0
/*
 * One segment leaves: its options and window, its header, its way to IP
 * (RFC 9293 3.1, 3.7; RFC 7323, RFC 2018). What leaves when is in output.c,
 * retransmit.c and control.c.
 *
 * An skb with data stays in the retransmission queue, and a clone is sent.
 *
 * Context: socket lock held, process or softirq.
 */
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/sock.h>
#include <net/tcp.h>
#include "core/board.h"
#include "core/delack.h"
#include "core/negotiate.h"
#include "core/options.h"
#include "core/rate.h"
#include "core/rcvwnd.h"
#include "core/rtt.h"
#include "core/sack.h"
#include "core/snd.h"
#include "core/wire.h"
#include "ip/egress.h"
#include "tcp/clock.h"
#include "tcp/conn/agree.h"
#include "tcp/conn/deadline.h"
#include "tcp/conn/metrics.h"
#include "tcp/rx/rcvbuf.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "header.h"
#include "loss.h"
#include "pacing.h"
#include "transmit.h"

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
		.tsval = newtcp_ms_of(tp->now_us) + tp->ts_offset,
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
		o->tsval = newtcp_ms_of(tp->now_us) + tp->ts_offset;
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
	ptr[1] = htonl(newtcp_ms_of(tp->now_us) + tp->ts_offset);
	ptr[2] = htonl(tp->ts_recent);
}

/* Not inlined: its struct is to take no stack of the usual segment. */
static noinline unsigned int push_rare_options(struct sock *sk,
					       struct sk_buff *skb, u8 flags)
{
	__be32 built[NEWTCP_MAX_OPT_LEN / 4];
	struct newtcp_options o;
	unsigned int len;

	if (flags & TH_SYN)
		syn_options(sk, &o);
	else
		data_options(newtcp_sk(sk), &o);
	len = newtcp_options_build(built, &o);
	memcpy(__skb_push(skb, len), built, len);
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

/* As skb_set_owner_w(), for an skb that nobody owns. */
static void own(struct sock *sk, struct sk_buff *skb)
{
	/* Nothing that it could overtake: another of the device's queues may be better. */
	skb->ooo_okay = sk_wmem_alloc_get(sk) < SKB_TRUESIZE(1) ||
			newtcp_board_empty(&newtcp_sk(sk)->board);
	skb->sk = sk;
	skb->destructor = sock_wfree;
	skb_set_hash_from_sk(skb, sk);
	refcount_add(skb->truesize, &sk->sk_wmem_alloc);
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

	sock_owned_by_me(sk);
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
	own(sk, skb);
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

	/* Memory may have been short when it was allocated: no reason to drop each copy. */
	skb->pfmemalloc = 0;
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

/**
 * newtcp_data_sent() - new data went out: it belongs to the scoreboard now
 * @sk: the connection
 * @skb: the segment, at the head of the write queue
 * @timed: the timeout and the tail probe are what they would be if they began now
 *
 * Who calls arms the timer for NEWTCP_DL_RTO.
 */
void newtcp_data_sent(struct sock *sk, struct sk_buff *skb, bool timed)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	u32 before = tp->board.packets_out;

	sock_owned_by_me(sk);
	WRITE_ONCE(tp->snd_nxt, cb->end_seq);
	__skb_unlink(skb, &sk->sk_write_queue);
	cb->marks &= NEWTCP_SEG_TSTAMP_ACK | NEWTCP_SEG_EOR;
	newtcp_rate_sent(&tp->rate, newtcp_seg_of(skb), tp->rec.delivered, !before);
	newtcp_board_append(&tp->board, newtcp_seg_of(skb));
	if (skb->len < (u32)cb->segs * cb->mss)
		tp->snd_sml = cb->end_seq;
	if (unlikely(newtcp_ca_reducing(&tp->rec)))
		tp->rec.prr_out += cb->segs;
	/* The window was probed until now; what comes next may have to wait anew. */
	if (!before && !tp->fin_owed)
		newtcp_deadline_clear(tp, NEWTCP_DL_PROBE);
	/* A tail that grows is not overdue, as Linux has it; only a loss that was seen is. */
	if (!before || (!timed && newtcp_tlp_pending(tp)))
		newtcp_note_rto(sk);
}
