/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the whole module says of the family: its numbers, and the operations that other
 * modules' transports may copy. Each file's functions are in its own header.
 *
 * Locking of the whole module is described in tcp/tcb.h ("Locking").
 */
#ifndef _NEWINET_H
#define _NEWINET_H

#include <linux/net.h>
#include <linux/socket.h>
#include "uapi/newinet.h"

/*
 * sk_protocol of our sockets. Never IPPROTO_TCP: generic code takes that to
 * mean "this is a struct tcp_sock". Outside the range of IP protocols, and of
 * the numbers that Linux gives to protocols without one (SMC 256, MPTCP 262).
 */
#define NEWINET_SK_PROTOCOL	0x4e49

extern int newinet_family;		/* the number in use, read-only after load */
extern const struct proto_ops newinet_stream_ops;

/* The family that a socket's addresses have: that of the door it came by. */
static inline sa_family_t newinet_addr_family(const struct socket *sock)
{
	return sock->ops->family == PF_INET ? AF_INET : newinet_family;
}

#endif /* _NEWINET_H */
