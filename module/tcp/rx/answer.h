/* SPDX-License-Identifier: GPL-2.0 */
/* Answers to segments that cannot be right (answer.c). */
#ifndef _NEWTCP_ANSWER_H
#define _NEWTCP_ANSWER_H

#include <linux/types.h>

struct net;
struct sk_buff;
struct sock;

bool newtcp_oow_ratelimited(struct net *net, const struct sk_buff *skb,
			    u32 *last);				/* BH */
bool newtcp_challenge_due(struct net *net, u32 *last);		/* BH */
void newtcp_challenge_ack(struct sock *sk);			/* locked */

#endif /* _NEWTCP_ANSWER_H */
