// SPDX-License-Identifier: GPL-2.0
/*
 * From IP to a socket: the handler that stands in front of the kernel's TCP
 * (slot.c) while somebody is bound or connected.
 *
 * A segment that one of our tables knows is consumed, every other goes on
 * untouched. ICMP errors take the same way. Netfilter's INPUT,
 * defragmentation and conntrack have run by then; the policy checks that
 * tcp_v4_rcv() makes itself are made here, because the slot has no_policy.
 *
 * Context: softirq, RCU read side.
 */
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/rcupdate.h>
#include <net/busy_poll.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/protocol.h>
#include <net/xfrm.h>
#include "ip/slot.h"
#include "table/lookup.h"
#include "table/owner.h"
#include "table/reuseport.h"
#include "table/steer.h"
#include "tcp/conn/handshake.h"
#include "tcp/conn/sock.h"
#include "tcp/conn/timewait.h"
#include "tcp/conn/timewait_rcv.h"
#include "tcp/entry.h"
#include "tcp/seg.h"
#include "backlog.h"
#include "icmp.h"
#include "input.h"
#include "intake.h"

/*
 * Whole and sound? From then on the header is where it is, and as long as it
 * says: a packet that was demultiplexed early may have been cut or rewritten
 * since (NFQUEUE).
 */
static bool header_ok(struct sk_buff *skb, unsigned int *len)
{
	unsigned int hdrlen;

	if (!pskb_may_pull(skb, sizeof(struct tcphdr)))
		return false;
	hdrlen = newtcp_hdrlen(skb);
	*len = hdrlen;
	if (unlikely(hdrlen < sizeof(struct tcphdr) || hdrlen > skb->len))
		return false;
	return pskb_may_pull(skb, hdrlen) &&
	       !skb_checksum_validate(skb, IPPROTO_TCP, inet_compute_pseudo);
}

static void fill_cb(struct newtcp_skb_cb *cb, const struct sk_buff *skb,
		    unsigned int hdrlen)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;

	cb->seq = ntohl(th->seq);
	cb->end_seq = cb->seq + th->syn + th->fin + skb->len - hdrlen;
	cb->ack_seq = ntohl(th->ack_seq);
	cb->flags = ((const u8 *)th)[13];
}

/* What guards a socket: IPsec's policies, and its filter. */
static bool admitted(struct sock *sk, struct sk_buff *skb, unsigned int hdrlen)
{
	if (!xfrm4_policy_check(sk, XFRM_POLICY_IN, skb))
		return false;
	nf_reset_ct(skb);
	return !sk || !sk_filter_trim_cap(sk, skb, hdrlen);
}

static void rcv_full(struct sock *sk, struct sk_buff *skb, u32 tw_isn)
{
	skb->dev = NULL;
	if (inet_sk_state_load(sk) == TCP_LISTEN) {
		NEWTCP_CB(skb)->tw_isn = tw_isn;
		newtcp_listener_rcv(sk, skb);
		return;
	}

	sk_incoming_cpu_update(sk);
	sk_mark_napi_id(sk, skb);
	sock_rps_save_rxhash(sk, skb);
	bh_lock_sock_nested(sk);
	if (likely(!sock_owned_by_user(sk)))
		newtcp_do_rcv(sk, skb);
	else
		newtcp_backlog_add(sk, skb);
	bh_unlock_sock(sk);
}

/* Opens a connection, or tries to. */
static bool is_syn(const struct tcphdr *th)
{
	return th->syn && !th->ack && !th->rst;
}

/*
 * Has the kernel a connection, or a TIME-WAIT entry, of this four-tuple? On a port
 * that SO_REUSEADDR got from one stack's TIME-WAIT for the other one both can be
 * there; then the segment is the kernel's.
 */
static noinline bool kernel_waits(const struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	const struct iphdr *iph = ip_hdr(skb);
	struct net *net = dev_net(skb->dev);
	struct sock *sk;

	sk = __inet_lookup_established(net, iph->saddr, th->source, iph->daddr,
				       ntohs(th->dest), inet_iif(skb), inet_sdif(skb));
	if (sk)
		sock_gen_put(sk);
	return sk;
}

static int deliver(struct sock_common *c, struct sk_buff *skb, u32 tw_isn);

/*
 * A socket of the kernel's may have come past the wait: until that is known, IP's
 * control block stays. A listener that gets the SYN is guarded as for any other.
 */
static noinline_for_stack int rcv_tw(struct newtcp_tw *tw, struct sk_buff *skb,
				     unsigned int hdrlen)
{
	struct newtcp_skb_cb cb = { };
	struct sock *lsk;
	u32 isn;

	if (unlikely(kernel_waits(skb))) {
		newtcp_tw_kill(tw);
		newtcp_tw_put(tw);
		return newinet_next->handler(skb);
	}
	fill_cb(&cb, skb, hdrlen);
	switch (newtcp_tw_rcv(tw, skb, &cb, &lsk, &isn)) {
	case NEWTCP_TW_LISTENERS:
		return deliver(&lsk->__sk_common, skb, isn);
	case NEWTCP_TW_KERNELS:
		return newinet_next->handler(skb);
	case NEWTCP_TW_DONE:
		break;
	}
	return 0;
}

/* For a request; or, where another CPU was faster, for what that has made of it. */
static void rcv_req(struct newtcp_req *req, struct sk_buff *skb)
{
	struct sock_common *c;
	struct sock *sk;

	if (likely(newtcp_req_rcv(req, skb)))
		return;
	c = newinet_lookup_established(sock_net(req->listener), req->c.skc_daddr,
				       req->c.skc_rcv_saddr, req->c.skc_portpair,
				       req->c.skc_bound_dev_if, 0);
	sk = c && !((1 << c->skc_state) & (TCPF_NEW_SYN_RECV | TCPF_TIME_WAIT)) ?
		newinet_sk_of(c) : NULL;
	/* Where it is over again, what matters comes again. */
	if (sk && ip_hdr(skb)->ttl >= READ_ONCE(inet_sk(sk)->min_ttl))
		rcv_full(sk, skb, 0);
	else
		kfree_skb(skb);
	if (c)
		newinet_entry_put(c);
}

/*
 * Takes over the reference on @c. @tw_isn: to begin with, behind a TIME-WAIT; or 0.
 * Returns what the handler is to return.
 */
static int deliver(struct sock_common *c, struct sk_buff *skb, u32 tw_isn)
{
	const u8 state = c->skc_state;
	struct sock *sk = NULL;
	unsigned int hdrlen;
	u8 min_ttl = 0;

	if (state == TCP_NEW_SYN_RECV) {
		sk = newtcp_req_of(c)->listener;
	} else if (state != TCP_TIME_WAIT) {
		sk = newinet_sk_of(c);
		min_ttl = READ_ONCE(inet_sk(sk)->min_ttl);
	}
	if (unlikely(ip_hdr(skb)->ttl < min_ttl) || !header_ok(skb, &hdrlen) ||
	    !admitted(sk, skb, hdrlen)) {
		kfree_skb(skb);
		newinet_entry_put(c);
		return 0;
	}
	if (state == TCP_TIME_WAIT)
		return rcv_tw(newtcp_tw_of(c), skb, hdrlen);

	/* A filter may have cut the payload. */
	fill_cb(NEWTCP_CB(skb), skb, hdrlen);
	if (state == TCP_NEW_SYN_RECV) {
		rcv_req(newtcp_req_of(c), skb);
		newtcp_req_put(newtcp_req_of(c));
	} else {
		rcv_full(sk, skb, tw_isn);
		sock_put(sk);
	}
	return 0;
}

static int newtcp_rcv(struct sk_buff *skb)
{
	const struct tcphdr *th;
	const struct iphdr *iph;
	struct sock_common *c;

	/* What early demultiplexing found is ours or the kernel's. */
	if (skb->sk) {
		if (skb->sk->sk_prot != &newtcp_prot)
			goto pass;
		if (likely(skb->destructor == sock_efree)) {
			c = &skb->sk->__sk_common;
			skb->destructor = NULL;
			skb->sk = NULL;
			return deliver(c, skb, 0);
		}
		/* Hung on by somebody else: never for the kernel's TCP to see. */
		skb_orphan(skb);
	}
	if (skb->pkt_type != PACKET_HOST || !pskb_may_pull(skb, sizeof(*th)))
		goto pass;

	th = (const struct tcphdr *)skb->data;
	iph = ip_hdr(skb);
	c = newinet_lookup(dev_net(skb->dev), iph->saddr, th->source,
			   iph->daddr, ntohs(th->dest), inet_iif(skb),
			   inet_sdif(skb));
	if (!c)
		goto pass;
	if (unlikely(c->skc_state == TCP_LISTEN)) {
		if ((!is_syn(th) && kernel_waits(skb)) ||
		    newinet_steered(dev_net(skb->dev), skb, inet_iif(skb))) {
			newinet_entry_put(c);
			goto pass;
		}
		c = &newinet_reuseport_choose(newinet_sk_of(c), skb,
					      newtcp_hdrlen(skb))->__sk_common;
	}
	return deliver(c, skb, 0);
pass:
	return newinet_next->handler(skb);
}

static int newtcp_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + iph->ihl * 4);
	struct sock_common *c;

	/* The quoted segment is one that we sent: source is our side. */
	c = newinet_lookup_established(dev_net(skb->dev), iph->daddr, iph->saddr,
				       INET_COMBINED_PORTS(th->dest, ntohs(th->source)),
				       inet_iif(skb), inet_sdif(skb));
	/* Nothing could change the entry; the kernel may have a connection past it (rcv_tw()). */
	if (c && c->skc_state == TCP_TIME_WAIT) {
		newinet_entry_put(c);
		c = NULL;
	}
	if (!c)
		return newinet_next->err_handler(skb, info);

	newtcp_icmp_error(c, skb, info);
	return 0;
}

static void entry_free(struct sock_common *c)
{
	if (c->skc_state == TCP_TIME_WAIT)
		newtcp_tw_free(newtcp_tw_of(c));
	else
		newtcp_req_free(newtcp_req_of(c));
}

static bool wait_yields(struct sock_common *c, struct sock *sk, bool bound)
{
	return newtcp_tw_yields(newtcp_tw_of(c), sk, bound);
}

static void wait_ends(struct sock_common *c)
{
	newtcp_tw_kill(newtcp_tw_of(c));
}

const struct newinet_entry_ops newtcp_entry_ops = {
	.free		= entry_free,
	.yields		= wait_yields,
	.end		= wait_ends,
	.inherits	= newtcp_tw_inherits,
};

/**
 * newtcp_intake_init() - get ready to stand in front of the kernel's handler
 *
 * Context: process.
 * Return: 0 or -errno, as newinet_slot_init().
 */
int newtcp_intake_init(void)
{
	return newinet_slot_init(newtcp_rcv, newtcp_err);
}

/**
 * newtcp_intake_exit() - wait until no segment is in our hands
 *
 * Context: process; sleeps.
 */
void newtcp_intake_exit(void)
{
	newinet_slot_exit();
}
