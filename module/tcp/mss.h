/* SPDX-License-Identifier: GPL-2.0 */
/* How large a segment is (mss.c): locked. */
#ifndef _NEWTCP_MSS_H
#define _NEWTCP_MSS_H

#include <linux/types.h>

struct dst_entry;
struct sock;

void newtcp_sync_mss(struct sock *sk, u32 pmtu);
u32 newtcp_current_mss(struct sock *sk);
u32 newtcp_send_mss(struct sock *sk, u32 *size_goal);
u16 newtcp_advertised_mss(const struct sock *sk, const struct dst_entry *dst);

#endif /* _NEWTCP_MSS_H */
