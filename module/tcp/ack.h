/* SPDX-License-Identifier: GPL-2.0 */
/* An acknowledgment arrives (ack.c): locked. */
#ifndef _NEWTCP_ACK_H
#define _NEWTCP_ACK_H

#include <linux/types.h>

struct newtcp_options;
struct sk_buff;
struct sock;

/* < 0: drop the segment (a challenge was sent if one was due); else fine. */
int newtcp_ack(struct sock *sk, const struct sk_buff *skb,
	       const struct newtcp_options *opts, u32 flags);
void newtcp_rtt_update(struct sock *sk, u32 sample_us);

#endif /* _NEWTCP_ACK_H */
