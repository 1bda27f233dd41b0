/* SPDX-License-Identifier: GPL-2.0 */
/* The connection table and the listener table (lookup.c). */
#ifndef _NEWTCP_LOOKUP_H
#define _NEWTCP_LOOKUP_H

#include <linux/types.h>

struct net;
struct newtcp_req;
struct newtcp_tw;
struct sock;
struct sock_common;

int newtcp_lookup_init(void);					/* process */
void newtcp_lookup_exit(void);					/* process */
bool newtcp_listener_sure(const struct sock *sk);
/* RCU. A referenced entry, or NULL: connection, request, TIME-WAIT, listener. */
struct sock_common *newtcp_lookup(struct net *net, __be32 saddr, __be16 sport,
				  __be32 daddr, u16 dport, int dif, int sdif);
void newtcp_entry_put(struct sock_common *c);
struct sock_common *newtcp_lookup_established(struct net *net, __be32 saddr,
					      __be16 sport, __be32 daddr,
					      u16 dport, int dif, int sdif);
struct sock *newtcp_lookup_listener(struct net *net, __be32 daddr, u16 dport,
				    int dif, int sdif);
/* Locked. -EADDRNOTAVAIL when the four-tuple is taken. */
int newtcp_hash_connection(struct sock *sk, bool bound);
/* Process, locked: a listener becomes findable. 0 or -ENOMEM. */
int newtcp_hash_listener(struct sock *sk);
/* Locked. */
void newtcp_unhash(struct sock *sk);
/* BH. False when the same four-tuple is there already. */
bool newtcp_hash_req(struct newtcp_req *req);
/* BH. False when somebody else took the request away. */
bool newtcp_unhash_req(struct newtcp_req *req);
/* BH, child locked. The request gives its place to the child; false: lost the race. */
bool newtcp_hash_child(struct newtcp_req *req, struct sock *child);
/* BH, sk locked. The connection gives its place to the TIME-WAIT entry. */
void newtcp_hash_tw(struct sock *sk, struct newtcp_tw *tw);
bool newtcp_unhash_tw(struct newtcp_tw *tw);

#endif /* _NEWTCP_LOOKUP_H */
