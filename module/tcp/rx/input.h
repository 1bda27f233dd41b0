/* SPDX-License-Identifier: GPL-2.0 */
/* Segments for a connection that exists (input.c). */
#ifndef _NEWTCP_INPUT_H
#define _NEWTCP_INPUT_H

struct sk_buff;
struct sock;

int newtcp_do_rcv(struct sock *sk, struct sk_buff *skb);	/* locked */

#endif /* _NEWTCP_INPUT_H */
