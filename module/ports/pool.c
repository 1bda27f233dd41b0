// SPDX-License-Identifier: GPL-2.0
/*
 * The ports of outgoing connections: a pool of wildcard claims per netns, kept
 * and used again for other destinations, so that a connect() does not pay for
 * a bind in the kernel's table. The pool is searched from an index that is keyed
 * by the destination and moves on with each connect (RFC 6056, algorithm 4);
 * the port there is drawn at random. The pool doubles when a few of them will
 * not do (as a hash table that has become too full), until it has one for each
 * port of the range, and gives back what is idle. These few are spread over the
 * whole pool: those in a row are in use together where the pool was full before
 * it doubled, and a port that has just come free lies behind the index. A port
 * whose last connection was given up, with neither FIN nor RST, is shunned: what
 * that left at the peer would meet the next one.
 *
 * The kernel's TCP needs ports of the same range. Once a certain part of it is
 * claimed, the pool takes more only when most of its own are in use, and not for
 * the sake of those that are shunned.
 *
 * Locks: see port.h.
 */
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/ip.h>
#include "ip/demux.h"
#include "ip/slot.h"
#include "table/lookup.h"
#include "claim.h"
#include "pool.h"
#include "port.h"

#define POOL_MIN		64
#define POOL_PROBES		8
#define POOL_PROBES_SCARCE	64
#define POOL_SCARCE		4		/* part of the range that is claimed */
#define POOL_IDLE		(60 * HZ)	/* kept while others are in use */

static struct claim_pool *pool_locked(struct claim_net *cn)
{
	return rcu_dereference_protected(cn->pool, lockdep_is_held(&cn->lock));
}

/* An explicit bind takes the claim over, so that connects leave it alone. */
void claim_pool_release(struct claim_net *cn, struct newinet_claim *c)
{
	struct claim_pool *pool = pool_locked(cn);

	c->pooled = false;
	RCU_INIT_POINTER(pool->claims[c->index], NULL);
	pool->used--;
}

/* Claims outside the range that is set now serve nobody. */
static bool port_allowed(struct net *net, u16 num, int low, int high)
{
	return num >= low && num <= high && !inet_is_local_reserved_port(net, num);
}

void claim_pool_reap(struct claim_net *cn, bool all)
{
	struct claim_pool *pool = pool_locked(cn);
	struct newinet_claim *c;
	unsigned int i;
	int low, high;
	bool gone;

	inet_get_local_port_range(cn->net, &low, &high);
	for (i = 0; pool && pool->used && i < pool->size; i++) {
		c = rcu_dereference_protected(pool->claims[i],
					      lockdep_is_held(&cn->lock));
		if (!c)
			continue;
		spin_lock_bh(&c->head->lock);
		gone = (all || !port_allowed(cn->net, c->num, low, high) ||
			time_after(jiffies, c->idle_since + POOL_IDLE)) &&
		       claim_unlink(c);
		spin_unlock_bh(&c->head->lock);
		if (gone) {
			RCU_INIT_POINTER(pool->claims[i], NULL);
			pool->used--;
			claim_free(c);
			cond_resched();
		}
	}
	if (pool && !pool->used) {
		RCU_INIT_POINTER(cn->pool, NULL);
		kvfree_rcu(pool, rcu);
	}
}

void claim_pool_work(struct work_struct *work)
{
	struct claim_net *cn = container_of(to_delayed_work(work),
					    struct claim_net, reap_work);

	mutex_lock(&cn->lock);
	claim_pool_reap(cn, !atomic_read(&cn->owners));
	cn->unclaimed = cn->claims ? 0 : cn->unclaimed + 1;
	if (cn->unclaimed >= CLAIM_DEMUX_LINGERS) {
		newinet_demux_stop(cn->net, cn->demux);
		cn->demux = NULL;
	}
	if (pool_locked(cn) || cn->demux)
		schedule_delayed_work(&cn->reap_work, CLAIM_POOL_REAP_EVERY);
	mutex_unlock(&cn->lock);
}

/* One for each port of the range. */
static unsigned int pool_limit(const struct net *net)
{
	int low, high;

	inet_get_local_port_range(net, &low, &high);
	return high - low + 1;
}

/* Larger than @size, if the range, which may have shrunk meanwhile, allows that. */
static int pool_grow(struct claim_net *cn, unsigned int size)
{
	struct claim_pool *pool, *bigger;
	unsigned int want;
	int err = 0;

	mutex_lock(&cn->lock);
	pool = pool_locked(cn);
	want = min(size ? 2 * size : POOL_MIN, pool_limit(cn->net));
	if (pool && (pool->size > size || pool->size >= want))
		goto out;
	err = -ENOBUFS;
	bigger = kvzalloc(struct_size(bigger, claims, want), GFP_KERNEL);
	if (!bigger)
		goto out;
	bigger->size = want;
	if (pool) {
		bigger->used = pool->used;
		memcpy(bigger->claims, pool->claims,
		       flex_array_size(pool, claims, pool->size));
	}
	rcu_assign_pointer(cn->pool, bigger);
	if (pool)
		kvfree_rcu(pool, rcu);
	schedule_delayed_work(&cn->reap_work, CLAIM_POOL_REAP_EVERY);
	err = 0;
out:
	mutex_unlock(&cn->lock);
	return err;
}

/*
 * A new port at an index that is empty, owned by @sk. -EAGAIN when it is not empty any
 * more, -ESTALE when the pool is another.
 */
static int pool_fill(struct claim_net *cn, struct sock *sk, unsigned int i)
{
	struct newinet_claim *c;
	struct claim_pool *pool;
	int err = -ESTALE;

	mutex_lock(&cn->lock);
	pool = pool_locked(cn);
	if (!pool || i >= pool->size)
		goto out;
	err = -EAGAIN;
	if (rcu_access_pointer(pool->claims[i]))
		goto out;
	c = claim_make(cn, sk, htonl(INADDR_ANY), 0, 0, false, true);
	err = PTR_ERR_OR_ZERO(c);
	if (err)
		goto out;
	c->index = i;
	rcu_assign_pointer(pool->claims[i], c);
	pool->used++;
out:
	mutex_unlock(&cn->lock);
	return err;
}

/*
 * Own the claim at @i. -ENOENT when there is none, -EAGAIN when its
 * port is not for this socket, -EBUSY when it is shunned, unless @any will do.
 */
static int pool_take(struct claim_net *cn, struct sock *sk, unsigned int i,
		     int low, int high, bool any)
{
	struct newinet_claim *c = NULL;
	struct claim_pool *pool;
	int err = -ENOENT;

	rcu_read_lock();
	pool = rcu_dereference(cn->pool);
	if (pool && i < pool->size)
		c = rcu_dereference(pool->claims[i]);
	if (!c)
		goto out;
	err = -EAGAIN;
	if (!port_allowed(cn->net, c->num, low, high))
		goto out;
	err = -EBUSY;
	if (READ_ONCE(c->shunned) && !any)
		goto out;
	err = -EAGAIN;
	spin_lock_bh(&c->head->lock);
	if (c->pooled) {
		claim_own(c, &sk->__sk_common, NULL);
		claim_set_port(sk, c->num);
		err = 0;
	}
	spin_unlock_bh(&c->head->lock);
out:
	rcu_read_unlock();
	return err;
}

/*
 * Enter the connection with the port it owns now. Returns false when the
 * four-tuple is taken: the port is given back and another is to be tried.
 */
static bool pool_settle(struct sock *sk, int *err)
{
	*err = newinet_hash_connection(sk, false);
	if (*err != -EADDRNOTAVAIL)
		return true;
	newinet_claim_put(&sk->__sk_common);
	cond_resched();
	return false;
}

/* How a pool is searched. */
struct pool_search {
	unsigned int size;	/* when the search began */
	unsigned int probes;	/* indices that are looked at together */
	unsigned int stride;	/* from one of them to the next */
	bool whole;		/* it cannot grow: look at all of it */
	bool fill;		/* the kernel has ports left */
	bool shunned;		/* rather a shunned port than a new one */
};

/*
 * Try a few indices, @start and others: first the ports that are there, so that the
 * pool holds no more of them than connections to one destination need, then,
 * where they will do, those that are shunned, then a new one at the first that is
 * empty. 0 or an error of the connection; -EAGAIN: none would do; -EADDRINUSE:
 * neither, and the kernel has no port left; -ESTALE: the pool is another.
 */
static int pool_probe(struct claim_net *cn, struct sock *sk, u32 start,
		      const struct pool_search *w)
{
	bool found, shunned, any = false;
	unsigned int n, i, empty;
	int low, high, err;

	inet_sk_get_local_port_range(sk, &low, &high);
again:
	found = false;
	shunned = false;
	for (n = 0; n < min(w->size, w->probes); n++) {
		i = (start + n * w->stride) % w->size;
		err = pool_take(cn, sk, i, low, high, any);
		if (!err && pool_settle(sk, &err))
			return err;
		if (err == -ENOENT && !found) {
			found = true;
			empty = i;
		}
		shunned |= err == -EBUSY;
	}
	if (shunned && w->shunned) {
		any = true;
		goto again;
	}
	if (!found || !w->fill)
		return -EAGAIN;
	err = pool_fill(cn, sk, empty);
	if (err == -EAGAIN)
		goto again;		/* another connect was faster */
	if (!err && !pool_settle(sk, &err))
		err = -EAGAIN;
	return err;
}

/*
 * Probe from @start on; the whole pool when it cannot grow any more, or when
 * the kernel has no port left. -EAGAIN when a larger pool may help.
 */
static int pool_walk(struct claim_net *cn, struct sock *sk, u32 start,
		     unsigned int size)
{
	unsigned int limit = pool_limit(cn->net);
	bool scarce = READ_ONCE(cn->claims) >= limit / POOL_SCARCE;
	struct pool_search w = {
		.size = size,
		.probes = scarce ? POOL_PROBES_SCARCE : POOL_PROBES,
		.whole = size >= limit,
		.fill = true,
		.shunned = scarce,
	};
	unsigned int n;
	int err;

	/* Each @n looks at indices of its own; all of them together are the pool. */
	w.stride = DIV_ROUND_UP(size, w.probes);
	for (n = 0; !n || (w.whole && n < w.stride); n++) {
		err = pool_probe(cn, sk, start + n, &w);
		if (err == -EADDRINUSE) {
			w.fill = false;
			w.shunned = true;
			w.whole = true;
			n = -1;		/* again, for what is shunned */
		} else if (err != -EAGAIN) {
			return err;
		}
	}
	return w.whole ? -EADDRNOTAVAIL : -EAGAIN;
}

/*
 * Where to begin the search: F of RFC 6056 section 3.3.3, a keyed hash with one
 * secret per boot.
 */
static u32 port_offset(const struct inet_sock *inet)
{
	static siphash_aligned_key_t key;

	net_get_random_once(&key, sizeof(key));
	return siphash_3u32((__force u32)inet->inet_saddr, (__force u32)inet->inet_daddr,
			    (__force u16)inet->inet_dport, &key);
}

static unsigned int pool_size(struct claim_net *cn)
{
	struct claim_pool *pool;
	unsigned int size;

	rcu_read_lock();
	pool = rcu_dereference(cn->pool);
	size = pool ? pool->size : 0;
	rcu_read_unlock();
	return size;
}

/*
 * The pool's claims are for no device, and the kernel keeps those of each VRF apart: there
 * a connection gets a port of its own, from the kernel, as bind() does.
 */
static int connect_in_vrf(struct claim_net *cn, struct sock *sk)
{
	int err = -EADDRNOTAVAIL, tries;
	struct newinet_claim *c;

	for (tries = 0; err == -EADDRNOTAVAIL && tries < POOL_PROBES; tries++) {
		mutex_lock(&cn->lock);
		c = claim_make(cn, sk, inet_sk(sk)->inet_rcv_saddr, sk->sk_bound_dev_if, 0,
			       false, false);
		mutex_unlock(&cn->lock);
		if (IS_ERR(c))
			return PTR_ERR(c) == -EADDRINUSE ? -EADDRNOTAVAIL : PTR_ERR(c);
		err = newinet_hash_connection(sk, true);
		if (err)
			newinet_claim_put(&sk->__sk_common);
	}
	return err;
}

/**
 * newinet_claim_connect - enter a connection into the table, on a free port
 * @sk: socket, locked, with both addresses and the destination port set
 *
 * A bound socket keeps its port. Any other gets one of the pool, on which the
 * four-tuple is free. Process context.
 *
 * Return: 0, -EADDRNOTAVAIL, or -errno of a failed allocation.
 */
int newinet_claim_connect(struct sock *sk)
{
	struct claim_net *cn = claim_net_of(sock_net(sk));
	unsigned int size;
	u32 start;
	int err;

	sock_owned_by_me(sk);
	if (inet_sk(sk)->inet_num)
		return newinet_hash_connection(sk, true);
	if (unlikely(inet_sk_bound_l3mdev(sk)))
		return connect_in_vrf(cn, sk);

	start = port_offset(inet_sk(sk)) +
		atomic_add_return(1 + (get_random_u32() & 15), &cn->turn);

	/* One for the time of the search, lest the intake comes and goes. */
	newinet_intake_get();
	do {
		size = pool_size(cn);
		err = -EAGAIN;
		if (size)
			err = pool_walk(cn, sk, start, size);
		if (err == -EAGAIN)
			err = pool_grow(cn, size) ?: -EAGAIN;
	} while ((err == -EAGAIN || err == -ESTALE) &&
		 !fatal_signal_pending(current));
	newinet_intake_put();
	return err;
}
