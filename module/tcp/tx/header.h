/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TCP header in front of an skb's payload: the core writes it, the device or
 * IP completes the checksum (CHECKSUM_PARTIAL).
 *
 * Context: any; the skb is the caller's.
 */
#ifndef _NEWTCP_HEADER_H
#define _NEWTCP_HEADER_H

#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include "core/wire.h"

/**
 * newtcp_header_put() - write the header of a segment
 * @skb: room for it at skb->data, the transport header; options and payload behind it
 * @w: what it says
 * @hdrlen: its length, options included
 * @saddr: source address, for the checksum
 * @daddr: destination address, likewise
 */
static inline void newtcp_header_put(struct sk_buff *skb, const struct newtcp_wire *w,
				     unsigned int hdrlen, __be32 saddr, __be32 daddr)
{
	struct tcphdr *th = (struct tcphdr *)skb->data;

	static_assert(sizeof(*th) == NEWTCP_HEADER_LEN);
	newtcp_wire_build((__be32 *)th, w, hdrlen);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	th->check = ~csum_tcpudp_magic(saddr, daddr, skb->len, IPPROTO_TCP, 0);
}

#endif /* _NEWTCP_HEADER_H */
