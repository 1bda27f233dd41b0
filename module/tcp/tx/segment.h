/* SPDX-License-Identifier: GPL-2.0 */
/* Buffers of the send side (segment.c): locked. */
#ifndef _NEWTCP_SEGMENT_H
#define _NEWTCP_SEGMENT_H

#include <linux/types.h>

struct sk_buff;
struct sock;

struct sk_buff *newtcp_skb_alloc(struct sock *sk, gfp_t gfp, bool force);
void newtcp_skb_free(struct sock *sk, struct sk_buff *skb);
bool newtcp_skb_shift(struct sk_buff *to, struct sk_buff *from, u32 len);
int newtcp_skb_split(struct sock *sk, struct sk_buff *skb, bool sent,
		     u32 len, u32 mss, gfp_t gfp);
int newtcp_skb_trim_head(struct sock *sk, struct sk_buff *skb, u32 len);

#endif /* _NEWTCP_SEGMENT_H */
