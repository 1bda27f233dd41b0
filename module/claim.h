/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files about port claims share: claim.c (owners, rules, binds),
 * holder.c (the kernel's bind table), pool.c (ports of connections) and
 * demux.c (early demultiplexing, which asks what ports are ours).
 *
 * Locks: claim_net.lock (mutex, inside the socket lock) guards the making and
 * releasing of claims; claim_head.lock (BH) guards ports, owners and counts;
 * claim_net.dead_lock nests in it. The pool is read under RCU.
 */
#ifndef _NEWINET_CLAIM_H
#define _NEWINET_CLAIM_H

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
	unsigned int slot;		/* in the pool; claim_net.lock */
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
	struct newinet_claim __rcu *slot[];
};

struct claim_net {
	struct net *net;
	struct mutex lock;		/* claims are made and released under it */
	struct claim_pool __rcu *pool;	/* written under lock */
	unsigned int claims;		/* written under lock */
	struct socket *binder;		/* of the holders; lock */
	struct claim_demux *demux;	/* changes while there is no claim; lock */
	unsigned int unclaimed;		/* how often reap_work saw no claim; lock */
	spinlock_t dead_lock;		/* BH, inside claim_head.lock */
	struct list_head dead;		/* claims without an owner */
	atomic_t dying;			/* claims of dead, until they are released */
	atomic_t owners;
	atomic_t turn;			/* where the next connect starts */
	struct work_struct release_work;
	struct delayed_work reap_work;
};

struct claim_net *claim_net_of(const struct net *net);
void claim_set_port(struct sock *sk, u16 num);

/* claim_head.lock */
void claim_own(struct newinet_claim *c, struct sock_common *owner,
	       struct sock_common *parent);
bool claim_unlink(struct newinet_claim *c);

/* Process, claim_net.lock */
struct newinet_claim *claim_make(struct claim_net *cn, struct sock *sk,
				 __be32 addr, int dev, u16 num, bool shared,
				 bool pooled);
void claim_free(struct newinet_claim *c);

/* holder.c; process, claim_net.lock */
int claim_holder_get(struct claim_net *cn, struct inet_timewait_sock *holder,
		     const struct sock *sk, __be32 addr, int dev, u16 num,
		     bool shared);
void claim_holder_put(struct claim_net *cn, struct inet_timewait_sock *holder);
void claim_binder_free(struct claim_net *cn);

static inline bool claim_devs_overlap(int a, int b)
{
	return !a || !b || a == b;
}

static inline bool claim_addrs_overlap(__be32 a, __be32 b)
{
	return !a || !b || a == b;
}

/* demux.c */
void claim_demux_start(struct claim_net *cn);		/* process, claim_net.lock */
void claim_demux_stop(struct claim_net *cn);		/* process, claim_net.lock */
void claim_demux_port(struct claim_net *cn, u16 num, bool claimed); /* both locks */

/* pool.c */
void claim_pool_release(struct claim_net *cn, struct newinet_claim *c); /* both locks */
void claim_pool_reap(struct claim_net *cn, bool all);	/* process, claim_net.lock */
void claim_pool_work(struct work_struct *work);

#endif /* _NEWINET_CLAIM_H */
