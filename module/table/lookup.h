/* SPDX-License-Identifier: GPL-2.0 */
/* The connection table and the listener table (lookup.c). */
#ifndef _NEWINET_LOOKUP_H
#define _NEWINET_LOOKUP_H

#include <linux/types.h>
#include <net/sock.h>

struct inet_timewait_sock;
struct net;
struct sock;
struct sock_common;

/**
 * struct newinet_entry_ops - what a transport does with its entries that are no sockets
 * @free: the last reference on one has gone. BH
 * @yields: may a socket that connects have the four-tuple of one in TIME-WAIT? If so
 *	the socket, which is locked, goes on where that has ended. bound: its program
 *	chose the port. Under the chain's lock
 * @end: one in TIME-WAIT has yielded. BH
 * @inherits: as @yields, for an entry of the kernel's TCP and a program that
 *	chose the port. Process
 */
struct newinet_entry_ops {
	void (*free)(struct sock_common *c);
	bool (*yields)(struct sock_common *wait, struct sock *sk, bool bound);
	void (*end)(struct sock_common *wait);
	bool (*inherits)(struct sock *sk, const struct inet_timewait_sock *tw);
};

int newinet_lookup_init(const struct newinet_entry_ops *ops);	/* process */
void newinet_lookup_exit(void);					/* process */
/* RCU. A referenced entry, or NULL: connection, request, TIME-WAIT, listener. */
struct sock_common *newinet_lookup(struct net *net, __be32 saddr, __be16 sport,
				   __be32 daddr, u16 dport, int dif, int sdif);
void newinet_entry_put(struct sock_common *c);
struct sock_common *newinet_lookup_established(struct net *net, __be32 saddr, __be32 daddr,
					       __portpair ports, int dif, int sdif);
struct sock *newinet_lookup_listener(struct net *net, __be32 daddr, u16 dport,
				     int dif, int sdif);
/* Locked. -EADDRNOTAVAIL when the four-tuple is taken. */
int newinet_hash_connection(struct sock *sk, bool bound);
/* Process, locked: a listener becomes findable. 0 or -ENOMEM. */
int newinet_hash_listener(struct sock *sk);
/* Locked. */
void newinet_unhash(struct sock *sk);
/* BH. False when the same four-tuple is there already. */
bool newinet_hash_entry(struct sock_common *c);
/* BH. False when somebody else took it away. */
bool newinet_unhash_entry(struct sock_common *c);
/* BH, child locked. The request gives its place to the child; false: lost the race. */
bool newinet_hash_child(struct sock_common *req, struct sock *child);
/* BH, sk locked. The connection gives its place to the TIME-WAIT entry. */
void newinet_hash_wait(struct sock *sk, struct sock_common *wait);

#endif /* _NEWINET_LOOKUP_H */
