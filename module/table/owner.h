/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What owns a port and stands in the tables, as far as the layers below the
 * transports know it: a struct sock_common first, and the claim on the port.
 * Each transport has more behind it.
 */
#ifndef _NEWINET_OWNER_H
#define _NEWINET_OWNER_H

#include <linux/rculist_nulls.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/tcp_states.h>

struct newinet_claim;

/*
 * struct newinet_sock - a socket
 * @claim: its port; claim_head.lock
 * @intake_pinned: newinet_intake_pin() was called; socket lock
 *
 * The inet_sock's cork is of datagrams alone: what a stream keeps for every socket
 * begins there, lest it makes the socket larger.
 */
struct newinet_sock {
	union {
		struct inet_sock inet;
		struct {
			u8 inet_head[offsetof(struct inet_sock, cork)];
			struct newinet_claim *claim;
			u8 intake_pinned;
		};
	};
};

/*
 * struct newinet_wait - a connection in TIME-WAIT
 * @c: key, state (TCP_TIME_WAIT) and place in the connection table
 * @claim: its port; claim_head.lock
 */
struct newinet_wait {
	struct sock_common c;
	struct newinet_claim *claim;
};

static inline struct sock *newinet_sk_of(struct sock_common *c)
{
	return container_of(c, struct sock, __sk_common);
}

static inline struct newinet_sock *newinet_sk(const struct sock *sk)
{
	return (struct newinet_sock *)sk;
}

/* Where the claim of an owner of a port is kept. */
static inline struct newinet_claim **newinet_claim_place(struct sock_common *c)
{
	if (c->skc_state == TCP_TIME_WAIT)
		return &container_of(c, struct newinet_wait, c)->claim;
	return &newinet_sk(newinet_sk_of(c))->claim;
}

/**
 * newinet_listener_sure() - is what was found without a lock a listener in the table?
 * @sk: the socket; the caller got a reference from zero or more, and has not looked
 * at it before, as far as order goes
 *
 * It may be the child of another listener, made in the memory of the one that was
 * found. A child says LISTEN, and has that listener's address, from the moment that
 * it has references until child.c has changed both; but it is in no table so long.
 *
 * Context: RCU read side.
 * Return: whether it is.
 */
static inline bool newinet_listener_sure(const struct sock *sk)
{
	if (hlist_nulls_unhashed_lockless(&sk->sk_nulls_node))
		return false;
	/* Pairs with child_address(): in a table, so in another state. */
	smp_rmb();
	return inet_sk_state_load(sk) == TCP_LISTEN;
}

void newinet_lockdep_class(struct sock *sk);	/* any; sk not yet visible */

#endif /* _NEWINET_OWNER_H */
