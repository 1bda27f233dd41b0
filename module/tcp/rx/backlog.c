// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that arrive while the owner of the socket holds it wait in the
 * backlog; newtcp_do_rcv() takes them when the owner lets go.
 *
 * The owner may be long away (it copies to a program's memory, which may have
 * to be fetched from a disk), so segments that continue each other are merged:
 * a window of small ones must not need many times its memory.
 *
 * Context: softirq, the socket's spinlock held, the socket owned by a user.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include "core/seq.h"
#include "core/wire.h"
#include "tcp/seg.h"
#include "backlog.h"

/* Both say the same but for number, acknowledgment and window. */
static bool same_kind(const struct sk_buff *a, const struct sk_buff *b)
{
	const struct tcphdr *ha = (const struct tcphdr *)a->data;
	const struct tcphdr *hb = (const struct tcphdr *)b->data;
	const u8 fa = NEWTCP_CB(a)->flags, fb = NEWTCP_CB(b)->flags;

	return NEWTCP_CB(a)->end_seq == NEWTCP_CB(b)->seq &&
	       !((fa | fb) & (TH_SYN | TH_RST | TH_URG)) &&
	       /* A FIN has a number and no byte: nothing goes behind it. */
	       !(fa & TH_FIN) && (fa & fb & TH_ACK) &&
	       !((fa ^ fb) & (TH_ECE | TH_CWR)) &&
	       ip_hdr(a)->tos == ip_hdr(b)->tos && ha->doff == hb->doff &&
	       !memcmp(ha + 1, hb + 1, newtcp_hdrlen(a) - sizeof(*ha));
}

/* Put @skb behind the last segment of the backlog; true: it is consumed. */
static bool merge(struct sock *sk, struct sk_buff *tail, struct sk_buff *skb)
{
	const unsigned int hdrlen = newtcp_hdrlen(skb);
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	struct skb_shared_info *to = skb_shinfo(tail);
	u32 segs, size, part;
	bool stolen;
	int delta;

	/* Only data: an ACK alone may be a duplicate that counts. */
	if (tail->len == hdrlen || skb->len == hdrlen)
		return false;
	part = skb_shinfo(skb)->gso_size ?: skb->len - hdrlen;
	size = max_t(u32, part, to->gso_size ?: tail->len - hdrlen);
	segs = max_t(u32, 1, to->gso_segs) + max_t(u32, 1, skb_shinfo(skb)->gso_segs);

	__skb_pull(skb, hdrlen);
	if (!skb_try_coalesce(tail, skb, &stolen, &delta)) {
		__skb_push(skb, hdrlen);
		return false;
	}
	if (!seq_before(NEWTCP_CB(skb)->ack_seq, NEWTCP_CB(tail)->ack_seq)) {
		NEWTCP_CB(tail)->ack_seq = NEWTCP_CB(skb)->ack_seq;
		((struct tcphdr *)tail->data)->window = th->window;
	}
	((struct tcphdr *)tail->data)->fin |= th->fin;
	NEWTCP_CB(tail)->end_seq = NEWTCP_CB(skb)->end_seq;
	NEWTCP_CB(tail)->flags |= NEWTCP_CB(skb)->flags;
	tail->tstamp = skb->tstamp;
	to->gso_size = size;
	to->gso_segs = min_t(u32, segs, U16_MAX);
	sk->sk_backlog.len += delta;
	kfree_skb_partial(skb, stolen);
	return true;
}

/**
 * newtcp_backlog_add() - keep a segment until the owner lets the socket go
 * @sk: the connection, owned by a user
 * @skb: the segment, at its TCP header, newtcp_skb_cb filled in; consumed
 *
 * Beyond its limit the backlog takes nothing. The limit is twice the receive
 * buffer, as backlog and receive queue may each be full for good reason, room
 * for the ACKs of what we sent, and some more: only the owner can collapse.
 */
void newtcp_backlog_add(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = sk->sk_backlog.tail;
	u64 limit;

	skb_condense(skb);
	if (tail && same_kind(tail, skb) && merge(sk, tail, skb))
		return;
	limit = 2ULL * READ_ONCE(sk->sk_rcvbuf) + (READ_ONCE(sk->sk_sndbuf) >> 1) +
		64 * 1024;
	if (unlikely(sk_add_backlog(sk, skb, min_t(u64, limit, UINT_MAX)))) {
		atomic_inc(&sk->sk_drops);
		kfree_skb(skb);
	}
}
