/* SPDX-License-Identifier: GPL-2.0 */
/* Segments for a connection that exists (input.c). */
#ifndef _NEWTCP_INPUT_H
#define _NEWTCP_INPUT_H

#include <linux/types.h>

struct net;
struct newtcp_sock;
struct sk_buff;
struct sock;

int newtcp_do_rcv(struct sock *sk, struct sk_buff *skb);	/* locked */
void newtcp_ack_snd_check(struct sock *sk);			/* locked */
void newtcp_ack_now(struct sock *sk);				/* locked */
void newtcp_challenge_ack(struct sock *sk);			/* locked */
bool newtcp_oow_ratelimited(struct net *net, const struct sk_buff *skb,
			    u32 *last);
void newtcp_ts_recent_update(struct newtcp_sock *tp, u32 seq);
int newtcp_rcv_opening_or_closing(struct sock *sk, struct sk_buff *skb);	/* locked */

#endif /* _NEWTCP_INPUT_H */
