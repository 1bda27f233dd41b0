// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that no full socket sends: SYN-ACKs for half-open requests, ACKs
 * from TIME-WAIT, resets for what fits nowhere (RFC 9293 3.5.2, 3.10.7).
 *
 * Each looks up its own route. Answers to ip_send_unicast_reply(), which
 * modules cannot reach.
 *
 * Context: BH, RCU read side.
 */
#include <linux/if_ether.h>
#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/sock.h>
#include "core/options.h"
#include "core/wire.h"
#include "ip/egress.h"
#include "tcp/seg.h"
#include "header.h"
#include "reply.h"

/**
 * newtcp_reply_route() - the route that a segment would take
 * @r: what it says
 *
 * Return: the route with a reference, or NULL.
 */
struct dst_entry *newtcp_reply_route(const struct newtcp_reply *r)
{
	u8 flags = r->transparent ? FLOWI_FLAG_ANYSRC : 0;
	struct flowi4 fl4;
	struct rtable *rt;
	struct sock *sk = r->owner;

	memset(&fl4, 0, sizeof(fl4));
	flowi4_init_output(&fl4, r->oif, r->mark, RT_TOS(r->tos),
			   sk ? ip_sock_rt_scope(sk) : RT_SCOPE_UNIVERSE,
			   IPPROTO_TCP,
			   sk ? inet_sk_flowi_flags(sk) : flags,
			   r->daddr, r->saddr, r->th.dport, r->th.sport,
			   sk ? sk->sk_uid : sock_net_uid(r->net, NULL));
	if (sk)
		security_sk_classify_flow(sk, flowi4_to_flowi_common(&fl4));
	rt = ip_route_output_flow(r->net, &fl4, sk);
	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct sk_buff *reply_skb(const struct newtcp_reply *r)
{
	unsigned int hdrlen = sizeof(struct tcphdr), optlen = 0;
	__be32 built[NEWTCP_MAX_OPT_LEN / 4];
	struct tcphdr *th;
	struct sk_buff *skb;

	if (r->opts)
		optlen = newtcp_options_build(built, r->opts);
	hdrlen += optlen;
	skb = alloc_skb(NEWINET_MAX_HEADER, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_reserve(skb, NEWINET_MAX_HEADER);
	skb->pfmemalloc = 0;

	th = skb_push(skb, hdrlen);
	skb_reset_transport_header(skb);
	memcpy(th + 1, built, optlen);
	newtcp_header_put(skb, &r->th, hdrlen, r->saddr, r->daddr);
	return skb;
}

/**
 * newtcp_reply_send() - send one bare segment
 * @r: what it says
 *
 * Return: 0, -EHOSTUNREACH, -ENOBUFS, or as ip_local_out().
 */
int newtcp_reply_send(const struct newtcp_reply *r)
{
	struct dst_entry *dst = r->dst ?: newtcp_reply_route(r);
	struct sk_buff *skb;
	struct iphdr *iph;

	if (!dst)
		return -EHOSTUNREACH;
	skb = reply_skb(r);
	if (!skb) {
		dst_release(dst);
		return -ENOBUFS;
	}
	skb_dst_set(skb, dst);

	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*(__be16 *)iph = htons((4 << 12) | (5 << 8) | r->tos);
	iph->id = 0;
	iph->frag_off = htons(IP_DF);
	iph->ttl = r->ttl ?: ip4_dst_hoplimit(dst);
	iph->protocol = IPPROTO_TCP;
	iph->saddr = r->saddr;
	iph->daddr = r->daddr;

	skb->mark = r->mark;
	skb->priority = r->priority;
	if (r->owner) {
		skb->priority = READ_ONCE(r->owner->sk_priority);
		skb_set_owner_w(skb, r->owner);
	}
	return ip_local_out(r->net, r->owner, skb);
}

/**
 * newtcp_reply_rst() - answer a segment with a reset (RFC 9293 3.10.7.1)
 * @r: net; mark, priority, oif and transparent of whoever it was meant for
 * @skb: the segment; its newtcp_skb_cb is filled in
 */
void newtcp_reply_rst(struct newtcp_reply *r, const struct sk_buff *skb)
{
	const struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	const struct tcphdr *th = newtcp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);

	if (th->rst)
		return;
	if (skb_rtable(skb) && skb_rtable(skb)->rt_type != RTN_LOCAL)
		return;
	r->saddr = iph->daddr;
	r->daddr = iph->saddr;
	r->tos = iph->tos;
	r->mark = IP4_REPLY_MARK(r->net, skb->mark) ?: r->mark;
	if (!r->oif && netif_index_is_l3_master(r->net, skb->skb_iif))
		r->oif = skb->skb_iif;
	r->th.sport = th->dest;
	r->th.dport = th->source;
	r->th.flags = TH_RST;
	if (th->ack) {
		r->th.seq = cb->ack_seq;
	} else {
		r->th.flags |= TH_ACK;
		r->th.ack = cb->end_seq;
	}
	newtcp_reply_send(r);
}

/**
 * newtcp_send_rst() - the same for a socket
 * @net: namespace
 * @skb: the segment; its newtcp_skb_cb is filled in
 * @sk: socket that it was meant for, or NULL
 */
void newtcp_send_rst(struct net *net, const struct sk_buff *skb,
		     const struct sock *sk)
{
	struct newtcp_reply r = { .net = net };

	if (sk) {
		r.mark = READ_ONCE(sk->sk_mark);
		r.priority = READ_ONCE(sk->sk_priority);
		r.oif = READ_ONCE(sk->sk_bound_dev_if);
		r.transparent = inet_test_bit(TRANSPARENT, sk);
	}
	newtcp_reply_rst(&r, skb);
}
