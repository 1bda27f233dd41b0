/* SPDX-License-Identifier: GPL-2.0 */
/* Segments that no full socket sends (reply.c): BH. */
#ifndef _NEWTCP_REPLY_H
#define _NEWTCP_REPLY_H

#include <linux/types.h>
#include "core/wire.h"

struct dst_entry;
struct net;
struct newtcp_options;
struct sk_buff;
struct sock;

struct newtcp_reply {
	struct net *net;
	__be32 saddr, daddr;
	struct newtcp_wire th;
	u8 tos, ttl;		/* 0 = the route's */
	u32 mark;
	u32 priority;		/* without an owner; else the owner's */
	int oif;
	bool transparent;	/* without an owner: IP_TRANSPARENT */
	const struct newtcp_options *opts;	/* may be NULL */
	struct sock *owner;	/* charged for it; may be NULL */
	struct dst_entry *dst;	/* its reference moves; NULL = to be looked up */
};

struct dst_entry *newtcp_reply_route(const struct newtcp_reply *r);
int newtcp_reply_send(const struct newtcp_reply *r);
void newtcp_reply_rst(struct newtcp_reply *r, const struct sk_buff *skb);
void newtcp_send_rst(struct net *net, const struct sk_buff *skb, const struct sock *sk);

#endif /* _NEWTCP_REPLY_H */
