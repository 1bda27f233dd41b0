// SPDX-License-Identifier: GPL-2.0
/*
 * Received data finds its place (RFC 9293 3.10.7.4 step seven): in order onto
 * the receive queue, out of order into a tree. What a segment is, where it
 * belongs and what is reported of it is decided in core/reasm.c, over a record
 * that begins the skb. Here adjacent skbs are merged where their pages allow it,
 * and all of it is charged to the receive buffer; what happens when that is full
 * is in collapse.c.
 *
 * Context: socket lock held, process (backlog) or softirq.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include <net/xfrm.h>
#include "core/delack.h"
#include "core/rcvwnd.h"
#include "core/reasm.h"
#include "core/sack.h"
#include "core/seq.h"
#include "core/wire.h"
#include "tcp/conn/fin.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/user/tstamp.h"
#include "tcp/user/wake.h"
#include "acking.h"
#include "collapse.h"
#include "rcvbuf.h"
#include "reassembly.h"

/* Put @from behind @to if their buffers allow it. */
static noinline_for_stack enum newtcp_queued coalesce(struct sock *sk, struct sk_buff *to,
						      struct sk_buff *from)
{
	bool stolen;
	int delta;

	if (!newtcp_reasm_joins(newtcp_piece_of(to), newtcp_piece_of(from)) ||
	    !skb_try_coalesce(to, from, &stolen, &delta))
		return NEWTCP_QUEUED;
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	newtcp_reasm_joined(newtcp_piece_of(to), newtcp_piece_of(from));
	newtcp_rx_stamp_merge(to, from);
	return stolen ? NEWTCP_MERGED_STOLEN : NEWTCP_MERGED;
}

/* Where what is to be reported is noted. */
static struct newtcp_reports reports(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	return (struct newtcp_reports) {
		.sacks = tp->sack_ok ? &tp->sacks : NULL,
		.dsack = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_dsack),
	};
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
 *
 * Return: whether @skb was merged into the tail of the queue, and is the caller's to
 * free, by newtcp_queued_free().
 */
enum newtcp_queued newtcp_queue_rcv(struct sock *sk, struct sk_buff *skb, u32 hdrlen)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	enum newtcp_queued merged;

	sock_owned_by_me(sk);
	__skb_pull(skb, hdrlen);
	merged = tail ? coalesce(sk, tail, skb) : NEWTCP_QUEUED;
	tp->bytes_received += NEWTCP_CB(skb)->end_seq - tp->rcv_nxt;
	WRITE_ONCE(tp->rcv_nxt, NEWTCP_CB(skb)->end_seq);
	if (merged == NEWTCP_QUEUED) {
		__skb_queue_tail(&sk->sk_receive_queue, skb);
		skb_set_owner_r(skb, sk);
	}
	return merged;
}

/* Move what has become contiguous from the tree to the receive queue. */
static void ofo_drain(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_reports rep = reports(sk);
	const u32 seg_end = tp->rcv_nxt;
	struct newtcp_piece *piece;

	while ((piece = newtcp_reasm_drain(&tp->reasm, rep, tp->rcv_nxt, seg_end))) {
		struct sk_buff *skb = newtcp_piece_skb(piece), *tail;
		enum newtcp_queued merged;
		bool fin = piece->flags & TH_FIN;

		if (!seq_after(piece->end_seq, tp->rcv_nxt)) {
			drop(sk, skb);
			continue;
		}
		tail = skb_peek_tail(&sk->sk_receive_queue);
		merged = tail ? coalesce(sk, tail, skb) : NEWTCP_QUEUED;
		tp->bytes_received += piece->end_seq - tp->rcv_nxt;
		WRITE_ONCE(tp->rcv_nxt, piece->end_seq);
		if (merged == NEWTCP_QUEUED)
			__skb_queue_tail(&sk->sk_receive_queue, skb);
		newtcp_queued_free(skb, merged);
		if (fin)
			newtcp_fin(sk);
	}
}

/* What lies inside @skb, which is new or has grown, is needed no more. */
static void ofo_swallow(struct sock *sk, struct newtcp_reports rep, struct sk_buff *skb)
{
	struct newtcp_piece *piece;

	while ((piece = newtcp_reasm_swallow(&newtcp_sk(sk)->reasm, rep, newtcp_piece_of(skb))))
		drop(sk, newtcp_piece_skb(piece));
}

/* Without SACK only equal windows make the ACKs duplicates (RFC 5681 section 2). */
static void grow_window(struct sock *sk, const struct sk_buff *skb, bool merging)
{
	if (newtcp_sk(sk)->sack_ok)
		newtcp_rcvbuf_grow(sk, skb, merging);
}

/* Merged with what ends where @skb begins: it is freed. */
static bool ofo_merge(struct sock *sk, struct newtcp_reports rep, struct newtcp_piece *have,
		      struct sk_buff *skb)
{
	enum newtcp_queued merged = coalesce(sk, newtcp_piece_skb(have), skb);

	if (merged == NEWTCP_QUEUED)
		return false;
	grow_window(sk, skb, true);
	newtcp_queued_free(skb, merged);
	ofo_swallow(sk, rep, newtcp_piece_skb(have));
	return true;
}

static void ofo_queue(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_piece *piece = newtcp_piece_of(skb);
	struct newtcp_reports rep = reports(sk);
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_spot at;

	/* Out of order means that the peer is to know at once (RFC 5681 4.2). */
	newtcp_delack_urge(&tp->delack);
	/* May free and replace what is queued: nothing is looked up before. */
	if (unlikely(newtcp_rmem_schedule(sk, skb))) {
		drop(sk, skb);
		return;
	}
	__skb_pull(skb, newtcp_hdr(skb)->doff * 4);
	newtcp_rcvbuf_measure(sk, skb);

	switch (newtcp_reasm_find(&tp->reasm, rep, piece, &at)) {
	case PLACE_NONE:
		drop(sk, skb);
		return;
	case PLACE_BEHIND:
		if (ofo_merge(sk, rep, at.have, skb)) {
			tp->ofo_dense = 0;
			return;
		}
		fallthrough;
	case PLACE_LINK:
		newtcp_reasm_link(&tp->reasm, &at, piece);
		break;
	case PLACE_INSTEAD:
		newtcp_reasm_instead(&tp->reasm, at.have, piece);
		drop(sk, newtcp_piece_skb(at.have));
		break;
	}
	tp->ofo_dense = 0;
	ofo_swallow(sk, rep, skb);
	grow_window(sk, skb, false);
	skb_condense(skb);
	skb_set_owner_r(skb, sk);
}

/* Nothing in it is new, or that lies beyond the window: acknowledge at once. */
static void refuse(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	newtcp_report_known(reports(sk), tp->rcv_nxt, NEWTCP_CB(skb)->seq,
			    NEWTCP_CB(skb)->end_seq);
	newtcp_enter_quickack(tp);
	newtcp_delack_urge(&tp->delack);
	drop(sk, skb);
}

/**
 * newtcp_data_queue() - take in the data and the FIN of a segment
 * @sk: the connection
 * @skb: the segment, at its TCP header; consumed
 */
void newtcp_data_queue(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct newtcp_piece *piece = newtcp_piece_of(skb);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	enum newtcp_queued merged;
	bool fin;

	sock_owned_by_me(sk);
	if (cb->seq == cb->end_seq) {
		__kfree_skb(skb);
		return;
	}
	skb_dst_drop(skb);
	/* Its policy was asked; what waits for the program must not keep IPsec's states. */
	secpath_reset(skb);

	switch (newtcp_reasm_verdict(piece, tp->rcv_nxt, newtcp_receive_window(tp))) {
	case REASM_OLD:
	case REASM_BEYOND:
		refuse(sk, skb);
		return;
	case REASM_OUT_OF_ORDER:
		ofo_queue(sk, skb);
		return;
	case REASM_OVERLAP:
		newtcp_report_known(reports(sk), tp->rcv_nxt, cb->seq, cb->end_seq);
		break;
	case REASM_IN_ORDER:
		break;
	}
	if (unlikely(newtcp_rmem_schedule(sk, skb))) {
		/* Nothing helps: the window closes until the program reads. */
		tp->delack.owed |= DELACK_OWED | DELACK_NOW | DELACK_NOMEM;
		if (!sock_flag(sk, SOCK_DEAD))
			sk->sk_data_ready(sk);
		if (!newtcp_reasm_insists(piece, tp->rcv_nxt,
					  skb_queue_empty(&sk->sk_receive_queue))) {
			drop(sk, skb);
			return;
		}
	}
	fin = cb->flags & TH_FIN;
	merged = newtcp_queue_rcv(sk, skb, newtcp_hdr(skb)->doff * 4);
	if (skb->len)
		newtcp_event_data_recv(sk, skb);
	if (fin)
		newtcp_fin(sk);

	if (!newtcp_reasm_empty(&tp->reasm)) {
		ofo_drain(sk);
		/* RFC 5681 4.2: a hole was filled, wholly or in part. */
		newtcp_delack_urge(&tp->delack);
	}
	if (tp->sacks.n)
		newtcp_sack_advance(&tp->sacks, tp->rcv_nxt);
	newtcp_queued_free(skb, merged);
	if (!sock_flag(sk, SOCK_DEAD))
		newtcp_data_ready(sk);
}
