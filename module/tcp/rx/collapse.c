// SPDX-License-Identifier: GPL-2.0
/*
 * Room in the receive buffer, when it is short. In this order: the buffer grows
 * to net.ipv4.tcp_rmem[2] (unless the program chose its size); what is queued,
 * in order and out of order, is copied into skbs that are full; out-of-order
 * data is given up, newest first, as SACK allows (RFC 2018 section 8). Data in
 * order is never given up: it was acknowledged. What is worth it and what is
 * enough is decided in core/room.c.
 *
 * Context: socket lock held, process (backlog) or softirq.
 */
#include <linux/log2.h>
#include <linux/rbtree.h>
#include <linux/skbuff.h>
#include <net/sock.h>
#include "core/rcvwnd.h"
#include "core/reasm.h"
#include "core/room.h"
#include "core/seq.h"
#include "core/wire.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "collapse.h"

/* Payload of an skb whose data fill one page. */
#define CHUNK		((u32)SKB_WITH_OVERHEAD(PAGE_SIZE))

/* Bytes that are copied together at most, unless one skb alone has more. */
#define RUN_MAX		(8 * CHUNK)

/*
 * struct run - neighbours in a queue
 * @is: what they are together
 * @list: the receive queue, or NULL: the tree of what is out of order
 * @first: the first skb
 * @behind: the skb after the last, or NULL
 */
struct run {
	struct newtcp_run is;
	struct sk_buff_head *list;
	struct sk_buff *first;
	struct sk_buff *behind;
};

/**
 * newtcp_dense_truesize() - memory that a payload takes after collapsing
 * @len: bytes
 *
 * Return: bytes of true size, about.
 */
u32 newtcp_dense_truesize(u32 len)
{
	const u32 head = SKB_DATA_ALIGN(sizeof(struct sk_buff));
	u32 rest = len % CHUNK, sum = len / CHUNK * (PAGE_SIZE + head);

	if (rest)
		sum += head + roundup_pow_of_two(SKB_DATA_ALIGN(rest) +
				SKB_DATA_ALIGN(sizeof(struct skb_shared_info)));
	return sum;
}

static bool over(const struct sock *sk)
{
	return atomic_read(&sk->sk_rmem_alloc) > sk->sk_rcvbuf;
}

static struct sk_buff *next_of(struct sk_buff_head *list, struct sk_buff *skb)
{
	if (list)
		return skb_queue_is_last(list, skb) ? NULL : skb->next;
	return skb_rb_next(skb);
}

/* As many skbs from @skb on as can be copied together; at least one. */
static void gather(struct run *r, struct sk_buff_head *list, struct sk_buff *skb,
		   u32 from)
{
	r->list = list;
	r->first = skb;
	newtcp_run_begin(&r->is, newtcp_piece_of(skb), skb->truesize, from);
	do
		skb = next_of(list, skb);
	while (skb && newtcp_run_add(&r->is, newtcp_piece_of(skb), skb->truesize, RUN_MAX));
	r->behind = skb;
}

static bool worth(const struct run *r)
{
	return newtcp_run_worth(&r->is, newtcp_dense_truesize(r->is.end - r->is.start), CHUNK);
}

/* Empty skbs for the run's payload; false: no memory, or as much as it takes now. */
static bool alloc_dense(const struct run *r, struct sk_buff_head *to)
{
	u32 left, size, sum = 0;

	__skb_queue_head_init(to);
	for (left = r->is.end - r->is.start; left; left -= size) {
		struct sk_buff *skb;

		size = min(left, CHUNK);
		skb = alloc_skb(size, GFP_ATOMIC | __GFP_NOWARN);
		sum += skb ? skb->truesize : 0;
		if (!skb || sum + sum / 16 > r->is.truesize) {
			kfree_skb(skb);
			__skb_queue_purge(to);
			return false;
		}
		skb_put(skb, size);
		__skb_queue_tail(to, skb);
	}
	return true;
}

/*
 * Copy from @skb what begins at @seq into @to, which begins at @start; returns
 * the number behind what was copied, or @seq when there is nothing, or no way.
 */
static u32 copy_part(struct sk_buff *to, u32 start, const struct sk_buff *skb,
		     u32 seq)
{
	const struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	u32 end = seq_min(cb->end_seq, start + to->len);

	if (!seq_before(seq, end) ||
	    skb_copy_bits(skb, seq - cb->seq, to->data + (seq - start), end - seq))
		return seq;
	*NEWTCP_CB(to) = *cb;
	to->tstamp = skb->tstamp;
	*skb_hwtstamps(to) = *skb_hwtstamps((struct sk_buff *)skb);
	return end;
}

/* Fill @to with the run's payload; false: some of it cannot be read. */
static bool fill_dense(const struct run *r, struct sk_buff_head *to)
{
	struct sk_buff *skb = r->first, *d;
	u32 seq = r->is.start;

	skb_queue_walk(to, d) {
		const u32 start = seq, end = seq + d->len;
		u8 flags = 0;

		while (seq != end) {
			u32 next;

			while (skb != r->behind &&
			       !seq_after(NEWTCP_CB(skb)->end_seq, seq))
				skb = next_of(r->list, skb);
			if (skb == r->behind)
				return false;
			next = copy_part(d, start, skb, seq);
			if (next == seq)
				return false;
			flags |= NEWTCP_CB(skb)->flags;
			seq = next;
		}
		NEWTCP_CB(d)->seq = start;
		NEWTCP_CB(d)->end_seq = end;
		NEWTCP_CB(d)->flags = flags;
	}
	return true;
}

/* The run's skbs go, those of @dense take their place. */
static void replace(struct sock *sk, const struct run *r, struct sk_buff_head *dense)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb, *next;

	/* Charged first: what is freed may be given back at once. */
	skb_queue_walk(dense, skb)
		skb_set_owner_r(skb, sk);
	for (skb = r->first; skb != r->behind; skb = next) {
		next = next_of(r->list, skb);
		if (r->list)
			__skb_unlink(skb, r->list);
		else
			newtcp_reasm_remove(&tp->reasm, newtcp_piece_of(skb));
		__kfree_skb(skb);
	}
	while ((skb = __skb_dequeue(dense))) {
		if (!r->list)
			newtcp_reasm_insert(&tp->reasm, newtcp_piece_of(skb));
		else if (r->behind)
			__skb_queue_before(r->list, r->behind, skb);
		else
			__skb_queue_tail(r->list, skb);
	}
}

/* True when the run takes less memory now; what stands behind it is as it was. */
static bool collapse_run(struct sock *sk, const struct run *r)
{
	struct sk_buff_head dense;

	if (!alloc_dense(r, &dense))
		return false;
	if (!fill_dense(r, &dense)) {
		__skb_queue_purge(&dense);
		return false;
	}
	replace(sk, r, &dense);
	return true;
}

static void collapse_in_order(struct sock *sk)
{
	struct sk_buff_head *list = &sk->sk_receive_queue;
	struct sk_buff *skb = skb_peek(list);
	struct run r;

	while (skb) {
		gather(&r, list, skb, newtcp_sk(sk)->copied_seq);
		if (worth(&r))
			collapse_run(sk, &r);
		skb = r.behind;
	}
}

static void collapse_out_of_order(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_walk walk = { .chunk = CHUNK, .buffer = sk->sk_rcvbuf };
	struct sk_buff *skb = skb_rb_first(&tp->reasm.tree);
	struct run r;

	/* Each segment of a flood that is refused would walk it again. */
	if (tp->ofo_dense)
		return;
	tp->ofo_dense = 1;
	for (; skb; skb = r.behind) {
		gather(&r, NULL, skb, newtcp_reasm_own(newtcp_piece_of(skb)));
		if (worth(&r)) {
			/* Out of memory: it may be possible later. */
			if (!collapse_run(sk, &r))
				tp->ofo_dense = 0;
		} else if (!newtcp_walk_on(&walk, &r.is)) {
			break;
		}
	}
}

/* Give up out-of-order data until the rest fits. True when some was. */
static bool prune(struct sock *sk, const struct sk_buff *in_skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_piece *piece;
	struct newtcp_prune p;
	bool pruned = false;

	newtcp_prune_begin(&p, sk->sk_rcvbuf);
	while ((piece = newtcp_reasm_newest(&tp->reasm, NEWTCP_CB(in_skb)->seq))) {
		struct sk_buff *skb = newtcp_piece_skb(piece);
		bool look = newtcp_prune_step(&p, skb->truesize);

		atomic_inc(&sk->sk_drops);
		kfree_skb(skb);
		pruned = true;
		if (look && !over(sk) && !sk_under_memory_pressure(sk))
			break;
	}
	/* Blocks of ours may name what is gone now. */
	if (pruned)
		tp->sacks.n = 0;
	return pruned;
}

/* The buffer is full: it grows as far as it may, and the window no more. */
static void clamp_window(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	tp->delack.quickacks_left = 0;
	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK) && !sk_under_memory_pressure(sk) &&
	    sk_memory_allocated(sk) < sk_prot_mem_limits(sk, 0))
		WRITE_ONCE(sk->sk_rcvbuf,
			   newtcp_buffer_grown(sk->sk_rcvbuf, atomic_read(&sk->sk_rmem_alloc),
					       READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_rmem[2])));
	if (over(sk))
		newtcp_rcvwnd_overrun(&tp->rcvwnd);
}

/**
 * newtcp_make_room() - the receive buffer is full, or memory is short
 * @sk: the connection
 * @skb: the segment that has come; not queued
 *
 * Every skb of both queues may be another afterwards.
 *
 * Return: 0 when @skb can be charged, -1 when it must be dropped.
 */
int newtcp_make_room(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (atomic_read(&sk->sk_rmem_alloc) >= sk->sk_rcvbuf)
		clamp_window(sk);
	else if (sk_under_memory_pressure(sk))
		newtcp_rcvwnd_pressure(&tp->rcvwnd);
	if (over(sk)) {
		collapse_out_of_order(sk);
		collapse_in_order(sk);
	}
	if (over(sk))
		prune(sk, skb);
	if (over(sk))
		return -1;
	while (!sk_rmem_schedule(sk, skb, skb->truesize))
		if (!prune(sk, skb))
			return -1;
	return 0;
}
