/* SPDX-License-Identifier: GPL-2.0 */
/* Sending again (retransmit.c): locked. */
#ifndef _NEWTCP_RETRANSMIT_H
#define _NEWTCP_RETRANSMIT_H

struct sk_buff;
struct sock;

int newtcp_retransmit_skb(struct sock *sk, struct sk_buff *skb, int segs);
void newtcp_retransmit_lost(struct sock *sk);

#endif /* _NEWTCP_RETRANSMIT_H */
