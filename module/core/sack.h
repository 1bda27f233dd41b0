/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Selective acknowledgment, both roles, without the queues: which blocks a
 * receiver reports (RFC 2018 section 4, RFC 2883 for duplicates) and which
 * blocks of a peer's a sender may believe (RFC 2018 section 5).
 *
 * Pure: plain ranges. The owner of the struct serialises.
 */
#ifndef _NEWTCP_SACK_H
#define _NEWTCP_SACK_H

#include <linux/compiler.h>
#include "options.h"

/**
 * struct newtcp_sack_list - the receiver's blocks, most recent first
 * @n: blocks in use
 * @dsack: @dup is to be reported first, once
 * @dup: range that arrived twice
 * @block: out-of-order data held, disjoint, most recently changed first
 */
struct newtcp_sack_list {
	u8 n;
	bool dsack;
	struct newtcp_range dup;
	struct newtcp_range block[NEWTCP_MAX_SACKS];
};

/**
 * newtcp_sack_segs - segments that a packet may have, for the sake of its blocks
 * @l: list
 * @most: segments, for other reasons
 *
 * The device puts the same options into each segment of a super-packet, but a duplicate
 * is reported once (RFC 2883 4): twice, it would count for two at the peer.
 *
 * Return: segments.
 */
static inline u32 newtcp_sack_segs(const struct newtcp_sack_list *l, u32 most)
{
	return unlikely(l->dsack) ? 1 : most;
}

void newtcp_sack_add(struct newtcp_sack_list *l, u32 start, u32 end);
void newtcp_sack_dup(struct newtcp_sack_list *l, u32 start, u32 end);
void newtcp_sack_advance(struct newtcp_sack_list *l, u32 rcv_nxt);
unsigned int newtcp_sack_report(const struct newtcp_sack_list *l,
				unsigned int room,
				struct newtcp_range *out);
unsigned int newtcp_sack_sanitize(const struct newtcp_range *in,
				  unsigned int n, u32 snd_una, u32 snd_nxt,
				  struct newtcp_range *out, bool *dsack);

#endif /* _NEWTCP_SACK_H */
