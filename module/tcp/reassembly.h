/* SPDX-License-Identifier: GPL-2.0 */
/* Received data finds its place (reassembly.c): locked. */
#ifndef _NEWTCP_REASSEMBLY_H
#define _NEWTCP_REASSEMBLY_H

#include <linux/types.h>

struct sk_buff;
struct sock;

void newtcp_data_queue(struct sock *sk, struct sk_buff *skb);
bool newtcp_queue_rcv(struct sock *sk, struct sk_buff *skb, u32 hdrlen,
		      bool *stolen);

#endif /* _NEWTCP_REASSEMBLY_H */
