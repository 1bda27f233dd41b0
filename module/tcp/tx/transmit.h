/* SPDX-License-Identifier: GPL-2.0 */
/* One segment leaves (transmit.c): locked. */
#ifndef _NEWTCP_TRANSMIT_H
#define _NEWTCP_TRANSMIT_H

#include <linux/types.h>

struct sk_buff;
struct sock;

int newtcp_transmit(struct sock *sk, struct sk_buff *skb, bool clone, gfp_t gfp);
void newtcp_data_sent(struct sock *sk, struct sk_buff *skb, bool timed);

#endif /* _NEWTCP_TRANSMIT_H */
