// SPDX-License-Identifier: GPL-2.0
/*
 * What an off-path attacker must not be able to guess: initial sequence
 * numbers (RFC 6528) and timestamp offsets. A keyed hash with one secret per boot.
 *
 * No locks; any context.
 */
#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/siphash.h>
#include <net/net_namespace.h>
#include "keys.h"

static siphash_aligned_key_t first_key;

/**
 * newtcp_first_numbers() - where a connection's two counters begin
 * @net: namespace
 * @saddr: local address
 * @daddr: peer's address
 * @sport: local port
 * @dport: peer's port
 * @iss: out: initial sequence number
 * @ts_offset: out: what is added to the timestamp clock; 0 when
 *	net.ipv4.tcp_timestamps is 2
 *
 * ISN = M + F(addresses, ports, secret), where M is a clock of 64 ns ticks, so
 * that it goes once around in under five minutes (RFC 6528 section 3). The
 * offset is the hash's other half: connections tell nothing about each other,
 * and the next one on the same addresses and ports has later timestamps than
 * one in TIME-WAIT (RFC 7323 section 5.4).
 */
void newtcp_first_numbers(const struct net *net, __be32 saddr, __be32 daddr,
			  __be16 sport, __be16 dport, u32 *iss, u32 *ts_offset)
{
	u32 ports = (u32)(__force u16)sport << 16 | (__force u16)dport;
	u64 hash;

	net_get_random_once(&first_key, sizeof(first_key));
	hash = siphash_3u32((__force u32)saddr, (__force u32)daddr, ports,
			    &first_key);
	*iss = (u32)hash + (u32)(ktime_get_real_ns() >> 6);
	*ts_offset = READ_ONCE(net->ipv4.sysctl_tcp_timestamps) == 1 ?
		     hash >> 32 : 0;
}
