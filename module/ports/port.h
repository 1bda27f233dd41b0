/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files about port claims share: claim.c (claims and owners), holder.c (the
 * kernel's bind table), bind.c (bind(2) and listen(2)), pool.c (ports of connections)
 * and ports.c (namespaces).
 *
 * Locks: claim_net.lock (mutex, inside the socket lock) guards the making and
 * releasing of claims; claim_head.lock (BH) guards ports, owners and counts;
 * claim_net.dead_lock nests in it. The pool is read under RCU.
 */
#ifndef _NEWINET_PORT_H
#define _NEWINET_PORT_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/inet_timewait_sock.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#define CLAIM_POOL_REAP_EVERY	(10 * HZ)
#define CLAIM_DEMUX_LINGERS	60	/* of these, without a claim */

struct claim_head {
	spinlock_t lock;		/* BH; all that is said to be under it */
	struct hlist_head ports;
};

/* A port in a netns. Lives while it has claims; claim_head.lock guards it. */
struct claim_port {
	struct hlist_node node;
	struct net *net;
	struct hlist_head owners;	/* sock_common.skc_bind_node; children behind parents */
	struct hlist_head waits;	/* the same of TIME-WAIT */
	struct hlist_head claims;
	unsigned int no_reuse;		/* of waits, without SO_REUSEADDR */
	unsigned int no_reuseport;	/* of waits, without SO_REUSEPORT */
	u16 num;
};

/* Freed by RCU. */
struct newinet_claim {
	struct hlist_node node;		/* claim_port.claims; head->lock */
	struct list_head dead;		/* claim_net.dead; dead_lock */
	struct claim_head *head;
	struct claim_port *port;
	struct claim_net *cn;
	struct inet_timewait_sock holder;
	__be32 addr;
	int dev;
	int l3mdev;
	u16 num;
	bool pooled;			/* head->lock */
	bool lent;			/* head->lock: TIME-WAIT alone is left; for good */
	bool shunned;			/* a last resort for the pool */
	unsigned int index;		/* in the pool; claim_net.lock */
	unsigned int owners;		/* head->lock; of these */
	unsigned int sockets;		/*   not in TIME-WAIT */
	unsigned int no_reuse;		/*   in TIME-WAIT without SO_REUSEADDR */
	unsigned int no_reuseport;	/*   in TIME-WAIT without SO_REUSEPORT */
	unsigned long idle_since;	/* jiffies; head->lock */
	struct rcu_head rcu;
};

struct claim_pool {
	struct rcu_head rcu;
	unsigned int size;
	unsigned int used;		/* claim_net.lock */
	struct newinet_claim __rcu *claims[];
};

struct claim_net {
	struct net *net;
	struct mutex lock;		/* claims are made and released under it */
	struct claim_pool __rcu *pool;	/* written under lock */
	unsigned int claims;		/* written under lock */
	struct socket *binder;		/* of the holders; lock */
	struct newinet_demux *demux;	/* changes while there is no claim; lock */
	unsigned int unclaimed;		/* how often reap_work saw no claim; lock */
	spinlock_t dead_lock;		/* BH, inside claim_head.lock */
	struct list_head dead;		/* claims without an owner */
	atomic_t dying;			/* claims of dead, until they are released */
	atomic_t owners;
	atomic_t turn;			/* where the next connect starts */
	struct work_struct release_work;
	struct delayed_work reap_work;
};

static inline bool claim_devs_overlap(int a, int b)
{
	return !a || !b || a == b;
}

static inline bool claim_addrs_overlap(__be32 a, __be32 b)
{
	return !a || !b || a == b;
}

#endif /* _NEWINET_PORT_H */
