/* SPDX-License-Identifier: GPL-2.0 */
/* How large a segment is (mss.c): locked. */
#ifndef _NEWTCP_MSS_H
#define _NEWTCP_MSS_H

#include <linux/types.h>

struct dst_entry;
struct sock;

/**
 * struct newtcp_sizes - how a program's data is cut
 * @mss: payload of a full segment, bytes
 * @goal: bytes to gather in one skb, a multiple of @mss
 */
struct newtcp_sizes {
	u32 mss;
	u32 goal;
};

void newtcp_sync_mss(struct sock *sk, u32 pmtu);
u32 newtcp_current_mss(struct sock *sk);
struct newtcp_sizes newtcp_send_sizes(struct sock *sk);
u16 newtcp_advertised_mss(const struct sock *sk, const struct dst_entry *dst);

#endif /* _NEWTCP_MSS_H */
