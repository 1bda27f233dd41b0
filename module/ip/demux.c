// SPDX-License-Identifier: GPL-2.0
/*
 * Early demultiplexing: a connection's route back is looked up once, not for
 * every segment.
 *
 * The kernel does this for its own TCP between netfilter's PRE_ROUTING and the
 * routing decision (tcp_v4_early_demux() in ip_rcv_finish_core()). The same
 * place is reached by the last PRE_ROUTING hook: a segment whose connection
 * is known gets the socket and the route that the one before it had. Hooks
 * after it see the socket (nft's `meta cgroup` and `socket`), as they do
 * AF_INET's: without skb->sk their rules would let our segments pass. The
 * segment holds a reference on the socket, and that one holds our place in the
 * slot (slot.c), so that it comes to our handler however long it was queued;
 * who queues it makes a reference of skb_dst, too (nf_queue(), xfrm_trans_queue()
 * and sk_add_backlog() do). Without it everything works, only slower.
 *
 * The hook stands in a netns from its first claim on until some minutes after
 * the last; what is not for a port of ours costs it one bit. Not sooner: with each
 * hook that goes the kernel drops all that NFQUEUE holds in the netns
 * (nf_queue_nf_hook_drop()), and anybody could have it do so by bind() and close().
 *
 * Context: the hook in softirq, RCU read side; start and stop in process, one at a
 * time.
 */
#include <linux/bitmap.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include "table/lookup.h"
#include "table/owner.h"
#include "demux.h"
#include "slot.h"

struct newinet_demux {
	struct nf_hook_ops ops;
	struct rcu_head rcu;
	DECLARE_BITMAP(ports, 1 << 16);		/* that have a claim */
};

static void give_route(struct sk_buff *skb, const struct sock *sk)
{
	struct dst_entry *dst = rcu_dereference(sk->sk_rx_dst);

	if (dst)
		dst = dst_check(dst, 0);
	if (dst && sk->sk_rx_dst_ifindex == skb->skb_iif)
		skb_dst_set_noref(skb, dst);
}

/* The TCP header of @skb, when it is there. */
static const struct tcphdr *segment(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (iph->protocol != IPPROTO_TCP || ip_is_fragment(iph) ||
	    !pskb_may_pull(skb, skb_transport_offset(skb) +
				sizeof(struct tcphdr)))
		return NULL;
	return tcp_hdr(skb);
}

/* On its way through a bridge (br_netfilter), maybe to another host. */
static bool bridged(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	return nf_bridge_info_exists(skb);
#else
	return false;
#endif
}

/* The kernel demultiplexes in VRFs a step later, by the master device. */
static bool candidate(const struct sk_buff *skb, const struct net *net)
{
	return !skb->sk && !skb_dst(skb) && skb->pkt_type == PACKET_HOST &&
	       !bridged(skb) &&
	       READ_ONCE(net->ipv4.sysctl_ip_early_demux) &&
	       READ_ONCE(net->ipv4.sysctl_tcp_early_demux) &&
	       !netif_is_l3_slave(skb->dev) && !netif_is_l3_master(skb->dev);
}

static unsigned int demux_hook(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	const struct tcphdr *th = segment(skb);
	const struct newinet_demux *demux = priv;
	const struct iphdr *iph;
	struct sock_common *c;

	if (!th || !test_bit(ntohs(th->dest), demux->ports) ||
	    !candidate(skb, state->net))
		return NF_ACCEPT;

	iph = ip_hdr(skb);
	c = newinet_lookup_established(state->net, iph->saddr, iph->daddr,
				       INET_COMBINED_PORTS(th->source, ntohs(th->dest)),
				       skb->skb_iif, 0);
	if (!c)
		return NF_ACCEPT;
	if (c->skc_state == TCP_TIME_WAIT || c->skc_state == TCP_NEW_SYN_RECV ||
	    unlikely(!READ_ONCE(newinet_slot_taken))) {
		newinet_entry_put(c);
		return NF_ACCEPT;
	}
	skb->sk = newinet_sk_of(c);
	skb->destructor = sock_efree;
	give_route(skb, skb->sk);
	return NF_ACCEPT;
}

/**
 * newinet_demux_learn() - note the route by which a segment came
 * @sk: its connection, locked
 * @skb: the segment
 *
 * As inet_sk_rx_dst_set(). The socket's destructor lets the route go.
 */
void newinet_demux_learn(struct sock *sk, const struct sk_buff *skb)
{
	struct dst_entry *old = rcu_dereference_protected(sk->sk_rx_dst,
							  lockdep_sock_is_held(sk));
	struct dst_entry *dst = skb_dst(skb);

	sock_owned_by_me(sk);
	if (!dst || !dst_hold_safe(dst))
		dst = NULL;
	rcu_assign_pointer(sk->sk_rx_dst, dst);
	sk->sk_rx_dst_ifindex = skb->skb_iif;
	dst_release(old);
}

/**
 * newinet_demux_forget() - the connection is no more, its socket lives on
 * @sk: the socket, locked
 */
void newinet_demux_forget(struct sock *sk)
{
	sock_owned_by_me(sk);
	dst_release(unrcu_pointer(xchg(&sk->sk_rx_dst, NULL)));
}

/**
 * newinet_demux_start() - in front of a netns's first claim
 * @net: the netns
 *
 * Context: process.
 * Return: what newinet_demux_stop() gets, or NULL: it works without.
 */
struct newinet_demux *newinet_demux_start(struct net *net)
{
	struct newinet_demux *demux;

	demux = kvzalloc(sizeof(*demux), GFP_KERNEL | __GFP_NOWARN);
	if (!demux)
		return NULL;
	demux->ops.hook = demux_hook;
	demux->ops.priv = demux;
	demux->ops.pf = NFPROTO_IPV4;
	demux->ops.hooknum = NF_INET_PRE_ROUTING;
	demux->ops.priority = NF_IP_PRI_LAST;
	if (nf_register_net_hook(net, &demux->ops)) {
		kvfree(demux);
		return NULL;
	}
	return demux;
}

/**
 * newinet_demux_stop() - the netns has no claim any more
 * @net: the netns
 * @demux: what newinet_demux_start() returned
 *
 * Context: process.
 */
void newinet_demux_stop(struct net *net, struct newinet_demux *demux)
{
	if (!demux)
		return;
	nf_unregister_net_hook(net, &demux->ops);
	kvfree_rcu(demux, rcu);
}

/**
 * newinet_demux_port() - a port got its first claim, or lost its last
 * @demux: of the netns; NULL: there is none
 * @num: the port
 * @claimed: whether it has a claim now
 *
 * Context: the port's lock held.
 */
void newinet_demux_port(struct newinet_demux *demux, u16 num, bool claimed)
{
	if (demux)
		assign_bit(num, demux->ports, claimed);
}
