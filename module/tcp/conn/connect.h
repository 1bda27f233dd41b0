/* SPDX-License-Identifier: GPL-2.0 */
/* Active open (connect.c): process, locked, but for newtcp_rcv_synsent(). */
#ifndef _NEWTCP_CONNECT_H
#define _NEWTCP_CONNECT_H

#include <linux/socket.h>

struct sk_buff;
struct sock;
struct tcphdr;

int newtcp_connect(struct sock *sk, struct sockaddr_unsized *uaddr, int addr_len);
int newtcp_pre_connect(struct sock *sk, struct sockaddr_unsized *uaddr, int addr_len);
int newtcp_rcv_synsent(struct sock *sk, struct sk_buff *skb,
		       const struct tcphdr *th);		/* locked */

#endif /* _NEWTCP_CONNECT_H */
