/* SPDX-License-Identifier: GPL-2.0 */
/* Little data below the socket: see smallq.c. */
#ifndef _NEWTCP_SMALLQ_H
#define _NEWTCP_SMALLQ_H

#include <linux/types.h>

struct sock;
struct sk_buff;

bool newtcp_smallq_full(struct sock *sk, const struct sk_buff *skb, unsigned int factor);
bool newtcp_smallq_holds(struct sock *sk, const struct sk_buff *skb);
void newtcp_smallq_drained(struct sock *sk);
void newtcp_smallq_resume(struct sock *sk);
void newtcp_smallq_send(struct sock *sk);
void newtcp_smallq_init(void);
void newtcp_smallq_exit(void);

#endif /* _NEWTCP_SMALLQ_H */
