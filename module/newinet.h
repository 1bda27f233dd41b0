/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The address family: what its files offer to each other and to the
 * transport. Grouped by the file that defines it; each prototype says the
 * context that it may be called from.
 *
 * Locking of the whole module is described in tcp/tcb.h ("Locking").
 */
#ifndef _NEWINET_H
#define _NEWINET_H

#include <linux/cache.h>
#include <linux/types.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/inet_sock.h>
#include <net/protocol.h>
#include "uapi/newinet.h"

/*
 * sk_protocol of our sockets. Never IPPROTO_TCP: generic code takes that to
 * mean "this is a struct tcp_sock". Outside the range of IP protocols, and of
 * the numbers that Linux gives to protocols without one (SMC 256, MPTCP 262).
 */
#define NEWINET_SK_PROTOCOL	0x4e49

struct net;

/* family.c: the net_proto_family and its protosw table */
extern int newinet_family;		/* the number in use, read-only after load */

enum newinet_access {
	NEWINET_ACCESS_ALL,
	NEWINET_ACCESS_GROUP,		/* members of the group, and admins */
	NEWINET_ACCESS_ADMIN,		/* CAP_NET_ADMIN, of the machine */
};

#if IS_ENABLED(CONFIG_KUNIT)
extern int newinet_access;		/* the parameters access= and group= */
extern unsigned int newinet_access_gid;
#endif

int newinet_family_init(void);		/* process */
void newinet_family_exit(void);		/* process */
int newinet_register_protosw(struct inet_protosw *p);	/* process */
void newinet_unregister_protosw(struct inet_protosw *p);	/* process, sleeps */
bool newinet_may_open(void);		/* process */

/* The family that a socket's addresses have: that of the door it came by. */
static inline sa_family_t newinet_addr_family(const struct socket *sock)
{
	return sock->ops->family == PF_INET ? AF_INET : newinet_family;
}

/* door.c: our transport as a protocol of AF_INET */
int newinet_door_check(void);		/* process */
void newinet_door_open(void);		/* process */
void newinet_door_shut(void);		/* process, sleeps */

/* ops.c: the socket layer */
extern const struct proto_ops newinet_stream_ops;
extern const struct proto_ops newinet_door_ops;

/* egress.c: segments to IP */
int newinet_egress_connect(struct sock *sk, struct sockaddr_in *usin);
struct dst_entry *newinet_egress_route(struct sock *sk);
int newinet_egress_xmit(struct sock *sk, struct sk_buff *skb, struct dst_entry *dst);

/* Room for link, IP and transport headers in front of the payload. */
#define NEWINET_MAX_HEADER	L1_CACHE_ALIGN(128 + MAX_HEADER)

#endif /* _NEWINET_H */
