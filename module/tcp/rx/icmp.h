/* SPDX-License-Identifier: GPL-2.0 */
/* ICMP errors about segments of ours (icmp.c). */
#ifndef _NEWTCP_ICMP_H
#define _NEWTCP_ICMP_H

#include <linux/types.h>

struct sk_buff;
struct sock;
struct sock_common;

/* Softirq; the reference on @c is dropped. */
void newtcp_icmp_error(struct sock_common *c, struct sk_buff *skb, u32 info);
void newtcp_mtu_reduced(struct sock *sk);			/* locked */

#endif /* _NEWTCP_ICMP_H */
