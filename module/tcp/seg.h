/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A segment as an skb: what is kept in its control block, and the record of the
 * scoreboard that it is at the same time.
 */
#ifndef _NEWTCP_SEG_H
#define _NEWTCP_SEG_H

#include <linux/math.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include "core/board.h"
#include "core/reasm.h"

/**
 * struct newtcp_skb_cb - what a queued segment carries in skb->cb
 * @sent: send: see struct newtcp_seg
 * @tsval: receive: timestamp value
 * @tsecr: receive: timestamp echo
 * @ack_seq: receive: SEG.ACK
 * @tw_isn: receive, a SYN for a listener: the ISN that TIME-WAIT asks for, or 0
 * @seq: first sequence number; for sending see struct newtcp_seg, as for all that follow
 * @end_seq: last + 1; SYN and FIN count one each
 * @segs: send: wire segments that the skb makes
 * @mss: send: payload bytes of each of them
 * @flags: TH_FIN ...
 * @marks: NEWTCP_SEG_*
 * @delivered_us: send
 * @first_us: send
 * @delivered: send
 *
 * On transmission the part of it that IP uses is given to IP zeroed.
 */
struct newtcp_skb_cb {
	union {
		struct list_head sent;
		struct {
			u32 tsval;
			u32 tsecr;
			u32 ack_seq;
			u32 tw_isn;
		};
	};
	u32 seq;
	u32 end_seq;
	u16 segs;
	u16 mss;
	u8 flags;
	u8 marks;
	u32 delivered_us;
	u32 first_us;
	u32 delivered;
};

static_assert(sizeof(struct newtcp_skb_cb) <= sizeof_field(struct sk_buff, cb));
#define NEWTCP_CB(skb)	((struct newtcp_skb_cb *)&((skb)->cb[0]))

/*
 * A segment that was sent is on the scoreboard (core/board.h). Its record is the
 * beginning of the skb: the tree's node, which the kernel has there for such
 * use, its owner, the place of its time, and the control block.
 */
static_assert(offsetof(struct newtcp_seg, node) == offsetof(struct sk_buff, rbnode));
static_assert(offsetof(struct newtcp_seg, owner) == offsetof(struct sk_buff, sk));
static_assert(offsetof(struct newtcp_seg, sent_us) == offsetof(struct sk_buff, tstamp));
static_assert(offsetof(struct newtcp_seg, sent) == offsetof(struct sk_buff, cb));
#define NEWTCP_SEG_AT(m) \
	(offsetof(struct newtcp_seg, m) - offsetof(struct sk_buff, cb))
static_assert(NEWTCP_SEG_AT(sent) == offsetof(struct newtcp_skb_cb, sent));
static_assert(NEWTCP_SEG_AT(seq) == offsetof(struct newtcp_skb_cb, seq));
static_assert(NEWTCP_SEG_AT(end_seq) == offsetof(struct newtcp_skb_cb, end_seq));
static_assert(NEWTCP_SEG_AT(segs) == offsetof(struct newtcp_skb_cb, segs));
static_assert(NEWTCP_SEG_AT(mss) == offsetof(struct newtcp_skb_cb, mss));
static_assert(NEWTCP_SEG_AT(flags) == offsetof(struct newtcp_skb_cb, flags));
static_assert(NEWTCP_SEG_AT(marks) == offsetof(struct newtcp_skb_cb, marks));
static_assert(NEWTCP_SEG_AT(delivered_us) == offsetof(struct newtcp_skb_cb, delivered_us));
static_assert(NEWTCP_SEG_AT(first_us) == offsetof(struct newtcp_skb_cb, first_us));
static_assert(NEWTCP_SEG_AT(delivered) == offsetof(struct newtcp_skb_cb, delivered));
#undef NEWTCP_SEG_AT

/* One that was received is a record of core/reasm.h, which begins the skb as well. */
static_assert(offsetof(struct newtcp_piece, node) == offsetof(struct sk_buff, rbnode));
#define NEWTCP_PIECE_AT(m) \
	(offsetof(struct newtcp_piece, m) - offsetof(struct sk_buff, cb))
static_assert(NEWTCP_PIECE_AT(seq) == offsetof(struct newtcp_skb_cb, seq));
static_assert(NEWTCP_PIECE_AT(end_seq) == offsetof(struct newtcp_skb_cb, end_seq));
static_assert(NEWTCP_PIECE_AT(flags) == offsetof(struct newtcp_skb_cb, flags));
#undef NEWTCP_PIECE_AT

static inline struct newtcp_piece *newtcp_piece_of(const struct sk_buff *skb)
{
	return (struct newtcp_piece *)skb;
}

static inline struct sk_buff *newtcp_piece_skb(struct newtcp_piece *p)
{
	return (struct sk_buff *)p;
}

static inline struct newtcp_seg *newtcp_seg_of(struct sk_buff *skb)
{
	return (struct newtcp_seg *)skb;
}

static inline struct sk_buff *newtcp_seg_skb(struct newtcp_seg *seg)
{
	return (struct sk_buff *)seg;
}

/* How many segments of the wire an skb stands for, @mss bytes of payload each. */
static inline void newtcp_skb_set_segs(struct sk_buff *skb, u32 mss)
{
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);

	cb->mss = mss;
	cb->segs = skb->len <= mss ? 1 : DIV_ROUND_UP(skb->len, mss);
}

static inline struct tcphdr *newtcp_hdr(const struct sk_buff *skb)
{
	return (struct tcphdr *)skb_transport_header(skb);
}

/* Header length; skb->data is at the TCP header. */
static inline unsigned int newtcp_hdrlen(const struct sk_buff *skb)
{
	return ((const struct tcphdr *)skb->data)->doff * 4;
}

#endif /* _NEWTCP_SEG_H */
