// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers of the send side: allocating, splitting and trimming the skbs that
 * carry a program's data from write(2) until it is acknowledged.
 *
 * The payload lives in page fragments only; the linear part is headroom, into
 * which every transmission's clone writes its headers. An skb may stand for
 * many segments of the wire (newtcp_skb_cb.segs of newtcp_skb_cb.mss bytes).
 *
 * Context: socket lock held, process or softirq.
 */
#include <net/sock.h>
#include "core/board.h"
#include "core/wire.h"
#include "ip/egress.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/user/tstamp.h"
#include "segment.h"

/**
 * newtcp_skb_alloc() - an empty segment, charged to the socket
 * @sk: the socket
 * @gfp: allocation flags
 * @force: charge even beyond the limits (a FIN, or the first segment)
 *
 * Return: the skb or NULL.
 */
struct sk_buff *newtcp_skb_alloc(struct sock *sk, gfp_t gfp, bool force)
{
	struct sk_buff *skb = alloc_skb_fclone(NEWINET_MAX_HEADER, gfp);

	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, NEWINET_MAX_HEADER);
	skb->ip_summed = CHECKSUM_PARTIAL;
	/* An skb begins with its control block zeroed. */

	/* A forced charge may leave a debt; the next schedule settles it. */
	if (!sk_wmem_schedule(sk, skb->truesize) && !force) {
		__kfree_skb(skb);
		return NULL;
	}
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
	return skb;
}

/**
 * newtcp_skb_free() - a segment leaves the send side
 * @sk: the socket
 * @skb: the segment, unlinked already
 */
void newtcp_skb_free(struct sock *sk, struct sk_buff *skb)
{
	sk_wmem_queued_add(sk, -skb->truesize);
	sk_mem_uncharge(sk, skb->truesize);
	__kfree_skb(skb);
}

/* Clones in flight keep what they have; the charge stays as it is. */
static int unshare(struct sk_buff *skb, gfp_t gfp)
{
	unsigned int truesize = skb->truesize;
	int err;

	if (!skb_cloned(skb))
		return 0;
	err = pskb_expand_head(skb, 0, 0, gfp);
	skb->truesize = truesize;
	return err;
}

/*
 * Each cut costs an skb, and it is the peer whose SACKs ask for them: beyond
 * twice what the program may queue, and the largest skbs on top, they are
 * refused. The head can be cut, so that all can be sent again one by one.
 */
static bool too_many_pieces(const struct sock *sk, const struct sk_buff *skb)
{
	int limit = 2 * SKB_TRUESIZE(GSO_LEGACY_MAX_SIZE);

	return (sk->sk_wmem_queued >> 1) - limit > sk->sk_sndbuf &&
	       skb != newtcp_unacked_head(newtcp_sk(sk));
}

/**
 * newtcp_skb_split() - cut a segment in two
 * @sk: the socket
 * @skb: the segment; the second half goes behind it
 * @sent: it is on the scoreboard, not in the write queue
 * @len: bytes that stay in it
 * @mss: for counting the segments of both
 * @gfp: allocation flags
 *
 * Return: 0; -ENOMEM, also when the queue is in too many pieces already;
 * -EINVAL for a length that does not cut.
 */
int newtcp_skb_split(struct sock *sk, struct sk_buff *skb, bool sent,
		     u32 len, u32 mss, gfp_t gfp)
{
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb), *ncb;
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *rest;
	int old, len_moved;
	u8 flags;

	if (WARN_ON_ONCE(!len || len >= skb->len))
		return -EINVAL;
	if (unlikely(sent && too_many_pieces(sk, skb)))
		return -ENOMEM;
	if (unshare(skb, gfp))
		return -ENOMEM;
	rest = newtcp_skb_alloc(sk, gfp, true);
	if (unlikely(!rest))
		return -ENOMEM;

	ncb = NEWTCP_CB(rest);
	len_moved = skb->len - len;
	/* Each half is charged for the pages that it holds. */
	rest->truesize += len_moved;
	skb->truesize -= len_moved;
	ncb->seq = cb->seq + len;
	ncb->end_seq = cb->end_seq;
	ncb->marks = cb->marks;
	ncb->delivered_us = cb->delivered_us;
	ncb->first_us = cb->first_us;
	ncb->delivered = cb->delivered;
	cb->end_seq = ncb->seq;

	flags = cb->flags;
	cb->flags = flags & ~(TH_FIN | TH_PSH);
	cb->marks &= ~NEWTCP_SEG_EOR;
	ncb->flags = flags;

	skb_split(skb, rest, len);
	newtcp_seg_of(rest)->sent_us = newtcp_seg_of(skb)->sent_us;
	if (unlikely(skb_shinfo(skb)->tx_flags & SKBTX_ANY_TSTAMP ||
		     cb->marks & NEWTCP_SEG_TSTAMP_ACK))
		newtcp_tx_stamp_split(skb, rest);

	old = cb->segs;
	newtcp_skb_set_segs(skb, mss);
	newtcp_skb_set_segs(rest, mss);
	if (sent) {
		newtcp_board_count(&tp->board, newtcp_seg_of(skb), old - cb->segs - ncb->segs);
		newtcp_board_split(&tp->board, newtcp_seg_of(skb), newtcp_seg_of(rest));
	} else {
		__skb_queue_after(&sk->sk_write_queue, skb, rest);
	}
	return 0;
}

/* How many of @shinfo's fragments the first @len bytes are in. */
static int frags_of(const struct skb_shared_info *shinfo, u32 len)
{
	int i = 0;

	while (i < shinfo->nr_frags && len) {
		len -= min_t(u32, len, skb_frag_size(&shinfo->frags[i]));
		i++;
	}
	return i;
}

/* The first @len bytes of fragment @i of @from, all of it or less, go behind those of @to. */
static void shift_frag(struct sk_buff *to, struct sk_buff *from, int i, u32 len)
{
	struct skb_shared_info *shinfo = skb_shinfo(to);
	skb_frag_t *frag = &skb_shinfo(from)->frags[i];
	const bool whole = len == skb_frag_size(frag);

	if (skb_can_coalesce(to, shinfo->nr_frags, skb_frag_page(frag), skb_frag_off(frag))) {
		skb_frag_size_add(&shinfo->frags[shinfo->nr_frags - 1], len);
		if (whole)
			skb_frag_unref(from, i);
	} else {
		shinfo->frags[shinfo->nr_frags] = *frag;
		skb_frag_size_set(&shinfo->frags[shinfo->nr_frags], len);
		shinfo->nr_frags++;
		if (!whole)
			skb_frag_ref(from, i);
	}
	if (!whole) {
		skb_frag_off_add(frag, len);
		skb_frag_size_sub(frag, len);
	}
}

/**
 * newtcp_skb_shift() - the first bytes of a segment go to the end of the one before it
 * @to: that one
 * @from: the segment
 * @len: bytes, fewer than it has
 *
 * The memory goes with them: in sum the socket is charged as before. Both are on the
 * scoreboard, whose records are the caller's.
 *
 * Return: false when they stay: a device still has one of the two, or it is too much.
 */
bool newtcp_skb_shift(struct sk_buff *to, struct sk_buff *from, u32 len)
{
	struct skb_shared_info *ti = skb_shinfo(to), *fi = skb_shinfo(from);
	int i, used, gone = 0;

	if (WARN_ON_ONCE(!len || len >= from->len))
		return false;
	used = frags_of(fi, len);
	if (skb_cloned(to) || skb_cloned(from) || ti->flags != fi->flags ||
	    (ti->tx_flags | fi->tx_flags) || ti->nr_frags + used > MAX_SKB_FRAGS)
		return false;
	for (i = 0; i < used; i++) {
		u32 size = skb_frag_size(&fi->frags[i]), part = min(size, len);

		shift_frag(to, from, i, part);
		gone += part == size;
		len -= part;
		to->len += part;
		to->data_len += part;
		to->truesize += part;
		from->len -= part;
		from->data_len -= part;
		from->truesize -= part;
	}
	fi->nr_frags -= gone;
	memmove(&fi->frags[0], &fi->frags[gone], fi->nr_frags * sizeof(fi->frags[0]));
	return true;
}

/**
 * newtcp_skb_trim_head() - drop acknowledged bytes from the front of a segment
 * @sk: the socket
 * @skb: the segment
 * @len: bytes to drop; all, when only a FIN is to stay
 *
 * Return: 0 or -ENOMEM.
 */
int newtcp_skb_trim_head(struct sock *sk, struct sk_buff *skb, u32 len)
{
	struct skb_shared_info *shinfo;
	u32 eat = len;
	int i, kept = 0;

	if (unshare(skb, GFP_ATOMIC))
		return -ENOMEM;

	shinfo = skb_shinfo(skb);
	for (i = 0; i < shinfo->nr_frags; i++) {
		skb_frag_t *frag = &shinfo->frags[i];

		if (skb_frag_size(frag) <= eat) {
			eat -= skb_frag_size(frag);
			skb_frag_unref(skb, i);
			continue;
		}
		shinfo->frags[kept] = *frag;
		if (eat) {
			skb_frag_off_add(&shinfo->frags[kept], eat);
			skb_frag_size_sub(&shinfo->frags[kept], eat);
			eat = 0;
		}
		kept++;
	}
	shinfo->nr_frags = kept;
	skb->data_len -= len;
	skb->len -= len;
	skb->truesize -= len;
	sk_wmem_queued_add(sk, -(int)len);
	sk_mem_uncharge(sk, len);
	NEWTCP_CB(skb)->seq += len;
	return 0;
}
