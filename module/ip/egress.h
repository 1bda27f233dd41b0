/* SPDX-License-Identifier: GPL-2.0 */
/* From a socket to IP (egress.c): locked. */
#ifndef _NEWINET_EGRESS_H
#define _NEWINET_EGRESS_H

#include <linux/cache.h>
#include <linux/netdevice.h>

struct dst_entry;
struct sk_buff;
struct sock;
struct sockaddr_in;

/* Room for link, IP and transport headers in front of the payload. */
#define NEWINET_MAX_HEADER	L1_CACHE_ALIGN(128 + MAX_HEADER)

int newinet_egress_connect(struct sock *sk, struct sockaddr_in *usin);
struct dst_entry *newinet_egress_route(struct sock *sk);
int newinet_egress_xmit(struct sock *sk, struct sk_buff *skb, struct dst_entry *dst);

#endif /* _NEWINET_EGRESS_H */
