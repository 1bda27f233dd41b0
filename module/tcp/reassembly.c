// SPDX-License-Identifier: GPL-2.0
/*
 * Received data finds its place (RFC 9293 3.10.7.4 step seven): in order onto
 * the receive queue, out of order into a red-black tree keyed by sequence
 * number, so that any order of arrival costs O(log n).
 *
 * In the tree both the beginnings and the ends ascend: ranges may overlap at
 * their edges, none lies inside another. Adjacent skbs are merged where their
 * pages allow it. All of it counts against the receive buffer; what happens
 * when that is full is in collapse.c.
 *
 * Context: socket lock held, process (backlog) or softirq.
 */
#include <linux/rbtree.h>
#include <linux/skbuff.h>
#include <net/sock.h>
#include "core/delack.h"
#include "core/sack.h"
#include "core/seq.h"
#include "core/wire.h"
#include "acking.h"
#include "collapse.h"
#include "fin.h"
#include "rcvbuf.h"
#include "reassembly.h"
#include "seg.h"
#include "tcb.h"
#include "tstamp.h"
#include "wake.h"

/* Put @from behind @to if their buffers allow it. */
static bool coalesce(struct sock *sk, struct sk_buff *to, struct sk_buff *from,
		     bool *stolen)
{
	int delta;

	*stolen = false;
	if (NEWTCP_CB(from)->seq != NEWTCP_CB(to)->end_seq)
		return false;
	/*
	 * A FIN has a number but no byte: what a peer sends behind it would
	 * stand one too early, and the stream has ended there.
	 */
	if (NEWTCP_CB(to)->flags & TH_FIN)
		return false;
	if (!skb_try_coalesce(to, from, stolen, &delta))
		return false;
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	NEWTCP_CB(to)->end_seq = NEWTCP_CB(from)->end_seq;
	NEWTCP_CB(to)->flags |= NEWTCP_CB(from)->flags;
	newtcp_rx_stamp_merge(to, from);
	return true;
}

/* Out-of-order data to report (RFC 2018). */
static void report(struct newtcp_sock *tp, u32 start, u32 end)
{
	if (tp->sack_ok)
		newtcp_sack_add(&tp->sacks, start, end);
}

/* Data that came twice (RFC 2883). */
static void report_dup(struct sock *sk, u32 start, u32 end)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (tp->sack_ok && READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_dsack))
		newtcp_sack_dup(&tp->sacks, start, end);
}

static void drop(struct sock *sk, struct sk_buff *skb)
{
	atomic_inc(&sk->sk_drops);
	kfree_skb(skb);
}

/**
 * newtcp_queue_rcv() - append data that is next in order
 * @sk: the connection
 * @skb: the segment, memory scheduled
 * @hdrlen: bytes in front of the payload, taken off here
 * @stolen: out: @skb was merged and is to be freed with kfree_skb_partial()
 *
 * Return: true when @skb was merged into the tail of the queue.
 */
bool newtcp_queue_rcv(struct sock *sk, struct sk_buff *skb, u32 hdrlen,
		      bool *stolen)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	bool merged;

	sock_owned_by_me(sk);
	__skb_pull(skb, hdrlen);
	merged = tail && coalesce(sk, tail, skb, stolen);
	tp->bytes_received += NEWTCP_CB(skb)->end_seq - tp->rcv_nxt;
	WRITE_ONCE(tp->rcv_nxt, NEWTCP_CB(skb)->end_seq);
	if (!merged) {
		__skb_queue_tail(&sk->sk_receive_queue, skb);
		skb_set_owner_r(skb, sk);
	}
	return merged;
}

/* Move what has become contiguous from the tree to the receive queue. */
static void ofo_drain(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct rb_node *node;

	while ((node = rb_first(&tp->out_of_order))) {
		struct sk_buff *skb = rb_to_skb(node), *tail;
		struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
		bool stolen, merged, fin;

		if (seq_after(cb->seq, tp->rcv_nxt))
			break;
		rb_erase(node, &tp->out_of_order);
		if (tp->out_of_order_last == skb)
			tp->out_of_order_last = NULL;
		if (seq_before(cb->seq, tp->rcv_nxt))
			report_dup(sk, cb->seq,
				   seq_min(cb->end_seq, tp->rcv_nxt));
		if (!seq_after(cb->end_seq, tp->rcv_nxt)) {
			drop(sk, skb);
			continue;
		}
		fin = cb->flags & TH_FIN;
		tail = skb_peek_tail(&sk->sk_receive_queue);
		merged = tail && coalesce(sk, tail, skb, &stolen);
		tp->bytes_received += cb->end_seq - tp->rcv_nxt;
		WRITE_ONCE(tp->rcv_nxt, cb->end_seq);
		if (merged)
			kfree_skb_partial(skb, stolen);
		else
			__skb_queue_tail(&sk->sk_receive_queue, skb);
		if (fin)
			newtcp_fin(sk);
	}
}

/* Remove from the tree what lies inside the new segment, from @skb on. */
static void ofo_swallow(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct rb_node *node;

	while ((node = rb_next(&skb->rbnode))) {
		struct sk_buff *next = rb_to_skb(node);

		if (!seq_after(NEWTCP_CB(skb)->end_seq, NEWTCP_CB(next)->seq))
			break;
		if (seq_before(NEWTCP_CB(skb)->end_seq, NEWTCP_CB(next)->end_seq)) {
			report_dup(sk, NEWTCP_CB(next)->seq,
				   NEWTCP_CB(skb)->end_seq);
			break;
		}
		rb_erase(node, &tp->out_of_order);
		report_dup(sk, NEWTCP_CB(next)->seq,
			   NEWTCP_CB(next)->end_seq);
		drop(sk, next);
	}
	if (!node)
		tp->out_of_order_last = skb;
}

/* What ofo_place() found for an skb. */
enum place {
	PLACE_NONE,		/* it brings nothing new */
	PLACE_MERGED,		/* it was put behind *@have, which has grown */
	PLACE_TAKEN,		/* it stands in the tree where another stood */
	PLACE_LINK,		/* to be linked in */
};

struct spot {
	struct rb_node *parent;
	struct rb_node **link;
	struct sk_buff *have;	/* PLACE_MERGED */
	bool stolen;		/* PLACE_MERGED */
};

/* Find where @skb belongs, under the skb that begins last before it. */
static enum place ofo_place(struct sock *sk, struct sk_buff *skb, struct spot *at)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const u32 seq = NEWTCP_CB(skb)->seq, end = NEWTCP_CB(skb)->end_seq;

	/* Mostly it goes behind everything that is there. */
	at->have = tp->out_of_order_last;
	if (at->have && !seq_before(seq, NEWTCP_CB(at->have)->end_seq)) {
		if (coalesce(sk, at->have, skb, &at->stolen))
			return PLACE_MERGED;
		at->parent = &at->have->rbnode;
		at->link = &at->parent->rb_right;
		return PLACE_LINK;
	}

	at->parent = NULL;
	at->link = &tp->out_of_order.rb_node;
	while (*at->link) {
		struct sk_buff *have = rb_to_skb(*at->link);

		at->parent = *at->link;
		if (seq_before(seq, NEWTCP_CB(have)->seq)) {
			at->link = &at->parent->rb_left;
			continue;
		}
		if (seq_before(seq, NEWTCP_CB(have)->end_seq)) {
			if (!seq_after(end, NEWTCP_CB(have)->end_seq)) {
				report_dup(sk, seq, end);
				return PLACE_NONE;
			}
			report_dup(sk, seq, NEWTCP_CB(have)->end_seq);
			if (seq == NEWTCP_CB(have)->seq) {
				/* Same start, more data: it takes the place. */
				rb_replace_node(at->parent, &skb->rbnode,
						&tp->out_of_order);
				if (tp->out_of_order_last == have)
					tp->out_of_order_last = skb;
				drop(sk, have);
				return PLACE_TAKEN;
			}
		} else if (coalesce(sk, have, skb, &at->stolen)) {
			at->have = have;
			return PLACE_MERGED;
		}
		at->link = &at->parent->rb_right;
	}
	return PLACE_LINK;
}

/* Without SACK only equal windows make the ACKs duplicates (RFC 5681 section 2). */
static void grow_window(struct sock *sk, const struct sk_buff *skb, bool merging)
{
	if (newtcp_sk(sk)->sack_ok)
		newtcp_rcvbuf_grow(sk, skb, merging);
}

static void ofo_queue(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	struct spot at;

	/* Out of order means that the peer is to know at once (RFC 5681 4.2). */
	newtcp_delack_urge(&tp->delack);
	/* May free and replace what is queued: nothing is looked up before. */
	if (unlikely(newtcp_rmem_schedule(sk, skb))) {
		drop(sk, skb);
		return;
	}
	__skb_pull(skb, newtcp_hdr(skb)->doff * 4);
	report(tp, cb->seq, cb->end_seq);

	switch (ofo_place(sk, skb, &at)) {
	case PLACE_NONE:
		drop(sk, skb);
		return;
	case PLACE_MERGED:
		tp->ofo_dense = 0;
		grow_window(sk, skb, true);
		kfree_skb_partial(skb, at.stolen);
		ofo_swallow(sk, at.have);
		return;
	case PLACE_LINK:
		rb_link_node(&skb->rbnode, at.parent, at.link);
		rb_insert_color(&skb->rbnode, &tp->out_of_order);
		break;
	case PLACE_TAKEN:
		break;
	}
	tp->ofo_dense = 0;
	ofo_swallow(sk, skb);
	grow_window(sk, skb, false);
	skb_condense(skb);
	skb_set_owner_r(skb, sk);
}

/* Nothing in it is new: say so (RFC 2883), and acknowledge at once. */
static void old_data(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);

	report_dup(sk, cb->seq, cb->end_seq);
	newtcp_enter_quickack(tp);
	newtcp_delack_urge(&tp->delack);
	drop(sk, skb);
}

/* What is new in it lies beyond the window: only an ACK. */
static void beyond_window(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	newtcp_enter_quickack(tp);
	newtcp_delack_urge(&tp->delack);
	drop(sk, skb);
}

/* A FIN without data is taken even when the window is closed. */
static bool bare_fin(const struct newtcp_sock *tp,
		     const struct newtcp_skb_cb *cb)
{
	return cb->seq == tp->rcv_nxt && (cb->flags & TH_FIN) &&
	       cb->end_seq == cb->seq + 1;
}

/**
 * newtcp_data_queue() - take in the data and the FIN of a segment
 * @sk: the connection
 * @skb: the segment, at its TCP header; consumed
 */
void newtcp_data_queue(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	bool stolen = false, fin, merged;

	sock_owned_by_me(sk);
	if (cb->seq == cb->end_seq) {
		__kfree_skb(skb);
		return;
	}
	skb_dst_drop(skb);

	if (!seq_after(cb->end_seq, tp->rcv_nxt)) {
		old_data(sk, skb);
		return;
	}
	if (!seq_before(cb->seq, tp->rcv_nxt + newtcp_receive_window(tp)) &&
	    !bare_fin(tp, cb)) {
		beyond_window(sk, skb);
		return;
	}
	if (seq_after(cb->seq, tp->rcv_nxt)) {
		ofo_queue(sk, skb);
		return;
	}

	if (seq_before(cb->seq, tp->rcv_nxt)) {
		report_dup(sk, cb->seq, tp->rcv_nxt);
		if (!newtcp_receive_window(tp)) {
			beyond_window(sk, skb);
			return;
		}
	}
	if (unlikely(newtcp_rmem_schedule(sk, skb))) {
		/* Nothing helps: the window closes until the program reads. */
		tp->delack.owed |= DELACK_OWED | DELACK_NOW | DELACK_NOMEM;
		/* An empty queue takes it all the same: progress is owed. */
		if (!skb_queue_empty(&sk->sk_receive_queue) && !bare_fin(tp, cb)) {
			drop(sk, skb);
			return;
		}
	}
	fin = cb->flags & TH_FIN;
	merged = newtcp_queue_rcv(sk, skb, newtcp_hdr(skb)->doff * 4, &stolen);
	if (skb->len)
		newtcp_event_data_recv(sk, skb);
	if (fin)
		newtcp_fin(sk);

	if (!RB_EMPTY_ROOT(&tp->out_of_order)) {
		ofo_drain(sk);
		/* RFC 5681 4.2: a hole was filled, wholly or in part. */
		newtcp_delack_urge(&tp->delack);
	}
	if (tp->sacks.n)
		newtcp_sack_advance(&tp->sacks, tp->rcv_nxt);
	if (merged)
		kfree_skb_partial(skb, stolen);
	if (!sock_flag(sk, SOCK_DEAD))
		newtcp_data_ready(sk);
}
