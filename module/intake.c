// SPDX-License-Identifier: GPL-2.0
/*
 * From IP to a socket: the module's place in inet_protos[IPPROTO_TCP].
 *
 * While somebody is bound or connected, newinet_rcv() stands in front of the
 * kernel's handler. A segment that one of our tables knows is consumed, every
 * other goes on untouched. ICMP errors take the same way. Netfilter's INPUT,
 * defragmentation and conntrack have run by then; the policy checks that
 * tcp_v4_rcv() makes itself are made here, because the slot has no_policy.
 *
 * Context: softirq, RCU read side. newinet_intake_get()/put(): any.
 */
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/rcupdate.h>
#include <net/ip.h>
#include <net/protocol.h>
#include <net/xfrm.h>
#include "reuseport.h"
#include "tcp/tcp.h"

static struct net_protocol our_slot;
static const struct net_protocol *kernel_slot;
static DEFINE_SPINLOCK(slot_lock);
static atomic_t owners = ATOMIC_INIT(0);
static bool slot_taken;		/* slot_lock */

static bool header_ok(struct sk_buff *skb, unsigned int hdrlen)
{
	if (unlikely(hdrlen < sizeof(struct tcphdr) || hdrlen > skb->len))
		return false;
	return pskb_may_pull(skb, hdrlen) &&
	       !skb_checksum_validate(skb, IPPROTO_TCP, inet_compute_pseudo);
}

static void fill_cb(struct sk_buff *skb, unsigned int hdrlen)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);

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

static void rcv_full(struct sock *sk, struct sk_buff *skb)
{
	u32 limit;

	skb->dev = NULL;
	if (sk->sk_state == TCP_LISTEN) {
		newtcp_listener_rcv(sk, skb);
		return;
	}

	sk_incoming_cpu_update(sk);
	bh_lock_sock_nested(sk);
	if (likely(!sock_owned_by_user(sk))) {
		newtcp_do_rcv(sk, skb);
	} else {
		/* Room for a window's worth of data and for the ACKs of ours. */
		limit = READ_ONCE(sk->sk_rcvbuf) +
			(READ_ONCE(sk->sk_sndbuf) >> 1) + 64 * 1024;
		if (unlikely(sk_add_backlog(sk, skb, limit))) {
			atomic_inc(&sk->sk_drops);
			kfree_skb(skb);
		}
	}
	bh_unlock_sock(sk);
}

/* Takes over the reference on @c. */
static void deliver(struct sock_common *c, struct sk_buff *skb)
{
	const unsigned int hdrlen = newtcp_hdrlen(skb);
	const u8 state = c->skc_state;
	struct sock *sk = NULL;
	u8 min_ttl = 0;

	if (state == TCP_NEW_SYN_RECV) {
		sk = newtcp_req_of(c)->listener;
	} else if (state != TCP_TIME_WAIT) {
		sk = newtcp_full(c);
		min_ttl = READ_ONCE(inet_sk(sk)->min_ttl);
	}
	if (unlikely(ip_hdr(skb)->ttl < min_ttl) || !header_ok(skb, hdrlen) ||
	    !admitted(sk, skb, hdrlen)) {
		kfree_skb(skb);
		newtcp_entry_put(c);
		return;
	}
	/* A filter may have cut the payload. */
	fill_cb(skb, hdrlen);

	switch (state) {
	case TCP_TIME_WAIT:
		newtcp_tw_rcv(newtcp_tw_of(c), skb);
		return;
	case TCP_NEW_SYN_RECV:
		newtcp_req_rcv(newtcp_req_of(c), skb);
		return;
	default:
		rcv_full(sk, skb);
		sock_put(sk);
	}
}

static int newinet_rcv(struct sk_buff *skb)
{
	const struct tcphdr *th;
	const struct iphdr *iph;
	struct sock_common *c;

	/* What early demultiplexing found is ours or the kernel's. */
	if (skb->sk) {
		if (skb->sk->sk_prot != &newtcp_prot ||
		    skb->destructor != sock_efree)
			goto pass;
		c = &skb->sk->__sk_common;
		skb->destructor = NULL;
		skb->sk = NULL;
		deliver(c, skb);
		return 0;
	}
	if (skb->pkt_type != PACKET_HOST || !pskb_may_pull(skb, sizeof(*th)))
		goto pass;

	th = (const struct tcphdr *)skb->data;
	iph = ip_hdr(skb);
	c = newtcp_lookup(dev_net(skb->dev), iph->saddr, th->source,
			  iph->daddr, ntohs(th->dest), inet_iif(skb),
			  inet_sdif(skb));
	if (!c)
		goto pass;
	if (c->skc_state == TCP_LISTEN)
		c = &newinet_reuseport_choose(newtcp_full(c), skb)->__sk_common;
	deliver(c, skb);
	return 0;
pass:
	return kernel_slot->handler(skb);
}

static int newinet_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + iph->ihl * 4);
	struct sock_common *c;

	/* The quoted segment is one that we sent: source is our side. */
	c = newtcp_lookup_established(dev_net(skb->dev), iph->daddr, th->dest,
				      iph->saddr, ntohs(th->source),
				      inet_iif(skb), inet_sdif(skb));
	if (!c)
		return kernel_slot->err_handler(skb, info);

	newinet_icmp_error(c, skb, info);
	return 0;
}

/**
 * newinet_intake_get() - one more owner is to receive segments
 *
 * The first one puts the module in front of the kernel's handler.
 *
 * Context: any.
 */
void newinet_intake_get(void)
{
	if (atomic_inc_not_zero(&owners))
		return;

	spin_lock_bh(&slot_lock);
	if (atomic_inc_return(&owners) == 1 && !slot_taken)
		slot_taken = cmpxchg((const struct net_protocol __force **)
				     &inet_protos[IPPROTO_TCP], kernel_slot,
				     &our_slot) == kernel_slot;
	spin_unlock_bh(&slot_lock);
	if (unlikely(!READ_ONCE(slot_taken)))
		net_warn_ratelimited("newinet: another module took over TCP's input; nothing will arrive\n");
}

/**
 * newinet_intake_put() - an owner is gone
 *
 * With the last one the kernel's handler is alone again.
 *
 * Context: any.
 */
void newinet_intake_put(void)
{
	if (atomic_add_unless(&owners, -1, 1))
		return;

	spin_lock_bh(&slot_lock);
	if (atomic_dec_and_test(&owners) && slot_taken)
		slot_taken = cmpxchg((const struct net_protocol __force **)
				     &inet_protos[IPPROTO_TCP], &our_slot,
				     kernel_slot) != &our_slot;
	spin_unlock_bh(&slot_lock);
}

/**
 * newinet_intake_init() - remember the kernel's handler
 *
 * Context: process.
 * Return: 0, or -ENOPROTOOPT when the kernel has no TCP.
 */
int newinet_intake_init(void)
{
	rcu_read_lock();
	kernel_slot = rcu_dereference(inet_protos[IPPROTO_TCP]);
	rcu_read_unlock();
	if (!kernel_slot)
		return -ENOPROTOOPT;
	our_slot = *kernel_slot;
	our_slot.handler = newinet_rcv;
	our_slot.err_handler = newinet_err;
	return 0;
}

/**
 * newinet_intake_exit() - wait until no segment is in our hands
 *
 * Context: process; sleeps.
 */
void newinet_intake_exit(void)
{
	WARN_ON(atomic_read(&owners));
	synchronize_net();
}
