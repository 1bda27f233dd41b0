// SPDX-License-Identifier: GPL-2.0
/*
 * From a socket to IP: its route, the device's offloads, the IP header.
 *
 * Answers to ip_queue_xmit() and sk_setup_caps(), neither of which can serve a
 * socket whose sk_protocol is not that of the wire. Everything from
 * ip_local_out() on (netfilter, neighbour, qdisc) is the kernel's.
 *
 * Context: socket lock held, process or softirq.
 */
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/xfrm.h>
#include "ports/pool.h"
#include "egress.h"

/*
 * Generic code turns segmentation on for the kernel's TCP alone; an skb of
 * ours is as good: what a device cannot do, the core does in software.
 */
static void offloads(struct sock *sk, const struct dst_entry *dst)
{
	const struct net_device *dev;
	u32 limit, segs;

	rcu_read_lock();
	dev = dst_dev_rcu(dst);
	limit = min_t(u32, NEWINET_GSO_MAX_SIZE(dev), GSO_LEGACY_MAX_SIZE);
	segs = READ_ONCE(dev->gso_max_segs);
	rcu_read_unlock();

	sk->sk_route_caps |= NETIF_F_GSO | NETIF_F_GSO_SOFTWARE;
	if (sk->sk_gso_disabled || dst->header_len) {
		sk->sk_route_caps &= ~NETIF_F_GSO_MASK;
		sk->sk_gso_max_segs = 1;
		return;
	}
	sk->sk_route_caps |= NETIF_F_SG | NETIF_F_HW_CSUM;
	/* The headers count, too: an IP packet has 65,535 bytes at most. */
	sk->sk_gso_max_size = limit - min_t(u32, limit, NEWINET_MAX_HEADER + 1);
	sk->sk_gso_max_segs = max_t(u32, segs, 1);
}

/* Give a socket its route; the reference moves to the socket. */
static void egress_setup(struct sock *sk, struct dst_entry *dst)
{
	sk->sk_gso_type = SKB_GSO_TCPV4;
	sk_setup_caps(sk, dst);
	offloads(sk, dst);
}

/**
 * newinet_egress_connect() - find the route to a peer, and our address on it
 * @sk: unconnected socket; a port and an address may be bound
 * @usin: the peer
 *
 * Sets the four addresses of the socket as far as they are known; the route
 * is looked up again once the local port is (IPsec may ask for it).
 *
 * Context: process, socket lock held.
 * Return: 0, or -errno as connect(2) reports it.
 */
int newinet_egress_connect(struct sock *sk, struct sockaddr_in *usin)
{
	struct inet_sock *inet = inet_sk(sk);
	__be32 daddr = usin->sin_addr.s_addr;
	struct flowi4 fl4;
	struct rtable *rt;
	__be16 sport;
	int err;

	sock_owned_by_me(sk);
	rt = ip_route_connect(&fl4, daddr, inet->inet_saddr,
			      sk->sk_bound_dev_if, IPPROTO_TCP,
			      inet->inet_sport, usin->sin_port, sk);
	if (IS_ERR(rt)) {
		err = PTR_ERR(rt);
		if (err == -ENETUNREACH)
			IP_INC_STATS(sock_net(sk), IPSTATS_MIB_OUTNOROUTES);
		return err;
	}
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return -ENETUNREACH;
	}

	if (!inet->inet_saddr)
		inet->inet_saddr = fl4.saddr;
	if (!inet->inet_rcv_saddr)
		inet->inet_rcv_saddr = inet->inet_saddr;
	inet->inet_dport = usin->sin_port;
	inet->inet_daddr = fl4.daddr;

	sport = inet->inet_sport;
	err = newinet_claim_connect(sk);
	if (err) {
		ip_rt_put(rt);
		return err;
	}

	rt = ip_route_newports(&fl4, rt, sport, usin->sin_port,
			       inet->inet_sport, inet->inet_dport, sk);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	sk_set_txhash(sk);
	egress_setup(sk, &rt->dst);
	return 0;
}

/**
 * newinet_egress_route() - look the route of a connection up anew
 * @sk: the socket
 *
 * Context: socket lock held.
 * Return: the route, owned by the socket; NULL when there is none.
 */
struct dst_entry *newinet_egress_route(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 fl4;
	struct rtable *rt;

	sock_owned_by_me(sk);
	rt = ip_route_output_ports(sock_net(sk), &fl4, sk, inet->inet_daddr,
				   inet->inet_saddr, inet->inet_dport,
				   inet->inet_sport, IPPROTO_TCP,
				   ip_sock_rt_tos(sk), sk->sk_bound_dev_if);
	if (IS_ERR(rt)) {
		WRITE_ONCE(sk->sk_err_soft, -PTR_ERR(rt));
		sk->sk_route_caps = 0;
		return NULL;
	}
	egress_setup(sk, &rt->dst);
	return &rt->dst;
}

/**
 * newinet_egress_xmit() - put the IP header in front of a segment and send it
 * @sk: the connection
 * @skb: the segment with its transport header; consumed
 * @dst: its route, or NULL: there is none
 *
 * Context: socket lock held.
 * Return: 0, a NET_XMIT_* code of the qdisc, or -errno.
 */
int newinet_egress_xmit(struct sock *sk, struct sk_buff *skb, struct dst_entry *dst)
{
	struct inet_sock *inet = inet_sk(sk);
	struct net *net = sock_net(sk);
	struct iphdr *iph;
	int ttl, id, err;

	sock_owned_by_me(sk);
	if (unlikely(!dst)) {
		IP_INC_STATS(net, IPSTATS_MIB_OUTNOROUTES);
		kfree_skb(skb);
		return -EHOSTUNREACH;
	}

	rcu_read_lock();
	skb_dst_set_noref(skb, dst);
	iph = __skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*(__be16 *)iph = htons((4 << 12) | (5 << 8) | (READ_ONCE(inet->tos) & 0xff));
	iph->frag_off = ip_dont_fragment(sk, dst) ? htons(IP_DF) : 0;
	ttl = READ_ONCE(inet->uc_ttl);
	iph->ttl = ttl < 0 ? ip4_dst_hoplimit(dst) : ttl;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = inet->inet_saddr;
	iph->daddr = inet->inet_daddr;
	/* One number for each segment of the wire; the lock guards the counter. */
	id = atomic_read(&inet->inet_id);
	atomic_set(&inet->inet_id, id + (skb_shinfo(skb)->gso_segs ?: 1));
	iph->id = htons(id);

	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = READ_ONCE(sk->sk_mark);
	err = ip_local_out(net, sk, skb);
	rcu_read_unlock();
	return err;
}
