/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A namespace's sk_lookup programs (BPF_SK_LOOKUP): they come before any listener, as in
 * Linux's __inet_lookup_listener(). RCU read side.
 */
#ifndef _NEWINET_STEER_H
#define _NEWINET_STEER_H

#include <linux/filter.h>
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>

/**
 * newinet_steered - does a program say who gets a segment for a listener, or that nobody does?
 * @net: namespace
 * @skb: the segment, at its TCP header
 * @dif: the interface that it came by, as the look-up has it
 *
 * Then it is the kernel's, which asks the program again and acts on it.
 *
 * Return: whether one does.
 */
static inline bool newinet_steered(struct net *net, const struct sk_buff *skb, int dif)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	const struct iphdr *iph = ip_hdr(skb);
	struct sock *sk = NULL;

	if (!static_branch_unlikely(&bpf_sk_lookup_enabled))
		return false;
	bpf_sk_lookup_run_v4(net, IPPROTO_TCP, iph->saddr, th->source, iph->daddr,
			     ntohs(th->dest), dif, &sk);
	return sk;
}

#endif /* _NEWINET_STEER_H */
