// SPDX-License-Identifier: GPL-2.0
/*
 * What an off-path attacker must not be able to guess: initial sequence
 * numbers (RFC 6528), timestamp offsets, and where the search for a local
 * port begins (RFC 6056). Keyed hashes with one secret per boot.
 *
 * No locks; any context.
 */
#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/siphash.h>
#include <net/net_namespace.h>
#include <net/netns/hash.h>
#include "tcp.h"

static siphash_aligned_key_t isn_key;
static siphash_aligned_key_t ts_key;
static siphash_aligned_key_t port_key;

/**
 * newtcp_isn() - initial sequence number of a connection
 * @saddr: local address
 * @daddr: peer's address
 * @sport: local port
 * @dport: peer's port
 *
 * ISN = M + F(addresses, ports, secret), where M is a clock of 64 ns ticks, so
 * that it goes once around in under five minutes (RFC 6528 section 3).
 *
 * Return: the number.
 */
u32 newtcp_isn(__be32 saddr, __be32 daddr, __be16 sport, __be16 dport)
{
	u32 ports = (u32)(__force u16)sport << 16 | (__force u16)dport;

	net_get_random_once(&isn_key, sizeof(isn_key));
	return siphash_3u32((__force u32)saddr, (__force u32)daddr, ports,
			    &isn_key) + (u32)(ktime_get_real_ns() >> 6);
}

/**
 * newtcp_ts_offset() - what is added to the timestamp clock towards one peer
 * @net: namespace
 * @saddr: local address
 * @daddr: peer's address
 *
 * The same for every connection of the pair, so that a peer in TIME-WAIT sees
 * timestamps that only grow (RFC 7323 section 5.4).
 *
 * Return: the offset; 0 when net.ipv4.tcp_timestamps is 2.
 */
u32 newtcp_ts_offset(const struct net *net, __be32 saddr, __be32 daddr)
{
	if (READ_ONCE(net->ipv4.sysctl_tcp_timestamps) != 1)
		return 0;
	net_get_random_once(&ts_key, sizeof(ts_key));
	return siphash_3u32((__force u32)saddr, (__force u32)daddr,
			    net_hash_mix(net), &ts_key);
}

/**
 * newtcp_port_offset() - where to begin the search for a local port
 * @saddr: local address
 * @daddr: peer's address
 * @dport: peer's port
 *
 * Return: F of RFC 6056 section 3.3.3.
 */
u32 newtcp_port_offset(__be32 saddr, __be32 daddr, __be16 dport)
{
	net_get_random_once(&port_key, sizeof(port_key));
	return siphash_3u32((__force u32)saddr, (__force u32)daddr,
			    (__force u16)dport, &port_key);
}
