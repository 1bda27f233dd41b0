// SPDX-License-Identifier: GPL-2.0
/*
 * The connection table and the listener table: from a segment's addresses
 * and ports to the object that owns it.
 *
 * One table holds full sockets, half-open requests and TIME-WAIT entries
 * alike, each with a struct sock_common in front, so that a segment costs one
 * look-up whatever the state of its connection. Answers to the same questions
 * as net/ipv4/inet_hashtables.c.
 *
 * Readers are under RCU and walk nulls lists, because the objects come from
 * SLAB_TYPESAFE_BY_RCU caches and may move to another chain under a reader's
 * feet. Writers take the bucket's spinlock with BH off. The table holds a
 * reference on requests and TIME-WAIT entries; a full socket leaves the table
 * before its last reference goes.
 */
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/rculist_nulls.h>
#include <net/inet_hashtables.h>
#include <net/l3mdev.h>
#include <net/net_namespace.h>
#include <net/netns/hash.h>
#include <net/tcp.h>
#include "ip/slot.h"
#include "lookup.h"
#include "owner.h"
#include "reuseport.h"

#define LOCK_COUNT	1024
/* No chain of the other table ends so: a reader sees that an object has moved. */
#define LISTEN_NULLS	BIT(29)

struct listen_bucket {
	spinlock_t lock;		/* the chain */
	struct hlist_nulls_head head;
};

static struct hlist_nulls_head *conn_table;
static u32 conn_mask;
static spinlock_t conn_locks[LOCK_COUNT];
static struct listen_bucket *listen_table;
static u32 listen_mask;
static u32 table_secret;
static const struct newinet_entry_ops *entry_ops;

/* What is compared, in the layout of struct sock_common. */
struct conn_key {
	union {
		struct {
			__be32 peer;
			__be32 local;
		};
		__addrpair addrs;
	};
	__portpair ports;
};

static inline u32 conn_hash(const struct net *net, const struct conn_key *k)
{
	return jhash_3words((__force u32)k->local, (__force u32)k->peer,
			    (__force u32)k->ports,
			    table_secret + net_hash_mix(net));
}

static spinlock_t *conn_lock(u32 hash)
{
	return &conn_locks[hash & (LOCK_COUNT - 1)];
}

static bool conn_match(const struct sock_common *c, struct net *net,
		       const struct conn_key *k, int dif, int sdif)
{
	return c->skc_portpair == k->ports && c->skc_addrpair == k->addrs &&
	       net_eq(read_pnet(&c->skc_net), net) &&
	       inet_sk_bound_dev_eq(net, READ_ONCE(c->skc_bound_dev_if),
				    dif, sdif);
}

/**
 * newinet_entry_put() - give back what a look-up found
 * @c: socket, request or TIME-WAIT entry
 *
 * Its state says which, and cannot change between these: each kind has a slab
 * cache of its own whose memory stays what it is while a reader is about, and no
 * full socket is ever in TIME-WAIT or NEW-SYN-RECV.
 */
void newinet_entry_put(struct sock_common *c)
{
	if (c->skc_state != TCP_TIME_WAIT && c->skc_state != TCP_NEW_SYN_RECV)
		sock_put(newinet_sk_of(c));
	else if (refcount_dec_and_test(&c->skc_refcnt))
		entry_ops->free(c);
}

/**
 * newinet_lookup_established() - find a connection, request or TIME-WAIT entry
 * @net: namespace of the device
 * @saddr: source address of the segment
 * @daddr: its destination address
 * @ports: both ports, INET_COMBINED_PORTS()
 * @dif: index of the device that it came in on
 * @sdif: index of the enslaved device, or 0
 *
 * Context: RCU read side.
 * Return: the entry with a reference held, or NULL.
 */
struct sock_common *newinet_lookup_established(struct net *net, __be32 saddr, __be32 daddr,
					       __portpair ports, int dif, int sdif)
{
	const struct conn_key k = { .peer = saddr, .local = daddr, .ports = ports };
	u32 hash = conn_hash(net, &k);
	u32 chain = hash & conn_mask;
	struct hlist_nulls_node *node;
	struct sock_common *c;

again:
	hlist_nulls_for_each_entry_rcu(c, node, &conn_table[chain],
				       skc_nulls_node) {
		if (c->skc_hash != hash || !conn_match(c, net, &k, dif, sdif))
			continue;
		/* It has left the chain; something may have come in its place. */
		if (unlikely(!refcount_inc_not_zero(&c->skc_refcnt)))
			goto again;
		/*
		 * The object may have been freed and used again meanwhile. Read
		 * nothing of it that is older than the reference.
		 */
		smp_acquire__after_ctrl_dep();
		if (likely(conn_match(c, net, &k, dif, sdif)))
			return c;
		newinet_entry_put(c);
		goto again;
	}
	/* Ended on another chain: an entry moved; look once more. */
	if (unlikely(get_nulls_value(node) != chain))
		goto again;
	return NULL;
}

static u32 listen_chain(const struct net *net, __be32 addr, u16 port)
{
	return jhash_2words((__force u32)addr, port,
			    table_secret + net_hash_mix(net)) & listen_mask;
}

/*
 * How well a listener on @addr fits: -1 not at all, 1 for its device as well. What
 * was one when the reader came upon it may be another socket since.
 */
static int listen_score(const struct sock *sk, struct net *net, __be32 addr,
			u16 dport, int dif, int sdif)
{
	int bound = READ_ONCE(sk->sk_bound_dev_if);

	if (inet_sk_state_load(sk) != TCP_LISTEN || sk->sk_num != dport ||
	    sk->sk_rcv_saddr != addr || !net_eq(sock_net(sk), net) ||
	    !inet_sk_bound_dev_eq(net, bound, dif, sdif))
		return -1;
	return !!bound;
}

/* The next throw: one random number is enough for a walk. */
static u32 next_dice(u32 dice)
{
	return dice * 1664525 + 1013904223;
}

/* The best of those on @addr itself, with a reference. */
static struct sock *listener_on(struct net *net, __be32 addr, u16 dport, int dif,
				int sdif)
{
	u32 chain = listen_chain(net, addr, dport);
	struct hlist_nulls_node *node;
	struct sock *sk, *best;
	u32 ties, dice = 0;
	int score, high;

again:
	best = NULL;
	high = -1;
	ties = 0;
	sk_nulls_for_each_rcu(sk, node, &listen_table[chain].head) {
		score = listen_score(sk, net, addr, dport, dif, sdif);
		if (score < 0 || score < high)
			continue;
		ties = score == high ? ties + 1 : 1;
		high = score;
		if (ties > 1)
			dice = dice ? next_dice(dice) : get_random_u32();
		if (ties == 1 || !reciprocal_scale(dice, ties))
			best = sk;
	}
	if (unlikely(get_nulls_value(node) != (chain | LISTEN_NULLS)))
		goto again;
	if (!best)
		return NULL;
	/* It has left; another one may listen as well. */
	if (unlikely(!refcount_inc_not_zero(&best->sk_refcnt)))
		goto again;
	smp_acquire__after_ctrl_dep();
	/* The object may have been freed and used again, or listen no more. */
	if (unlikely(!newinet_listener_sure(best) ||
		     listen_score(best, net, addr, dport, dif, sdif) < high)) {
		sock_put(best);
		goto again;
	}
	return best;
}

/**
 * newinet_lookup_listener() - find the listener that fits best
 * @net: namespace of the device
 * @daddr: destination address of the segment
 * @dport: its destination port, host order
 * @dif: index of the device that it came in on
 * @sdif: index of the enslaved device, or 0
 *
 * Its address outweighs its device. Listeners that fit equally well
 * (SO_REUSEPORT) share the load evenly.
 *
 * Context: RCU read side.
 * Return: the socket with a reference held, or NULL.
 */
struct sock *newinet_lookup_listener(struct net *net, __be32 daddr, u16 dport,
				     int dif, int sdif)
{
	return listener_on(net, daddr, dport, dif, sdif) ?:
	       listener_on(net, htonl(INADDR_ANY), dport, dif, sdif);
}

/**
 * newinet_lookup() - find who a segment belongs to
 * @net: namespace of the device
 * @saddr: source address of the segment
 * @sport: its source port
 * @daddr: its destination address
 * @dport: its destination port, host order
 * @dif: index of the device that it came in on
 * @sdif: index of the enslaved device, or 0
 *
 * Context: RCU read side.
 * Return: a connection, request, TIME-WAIT entry or listener with a reference
 * held; NULL when the segment is not ours.
 */
struct sock_common *newinet_lookup(struct net *net, __be32 saddr, __be16 sport,
				   __be32 daddr, u16 dport, int dif, int sdif)
{
	struct sock_common *c;
	struct sock *sk;

	c = newinet_lookup_established(net, saddr, daddr, INET_COMBINED_PORTS(sport, dport),
				       dif, sdif);
	if (c)
		return c;
	sk = newinet_lookup_listener(net, daddr, dport, dif, sdif);
	return sk ? &sk->__sk_common : NULL;
}

static struct conn_key key_of(const struct sock_common *c)
{
	struct conn_key k;

	k.addrs = c->skc_addrpair;
	k.ports = c->skc_portpair;
	return k;
}

/* Who has the four-tuple that @self wants, or NULL. Bucket lock held. */
static struct sock_common *tuple_owner(struct net *net, const struct sock_common *self,
				       const struct conn_key *k, u32 hash, int sdif)
{
	struct hlist_nulls_node *node;
	struct sock_common *c;

	hlist_nulls_for_each_entry(c, node, &conn_table[hash & conn_mask],
				   skc_nulls_node) {
		if (c != self && c->skc_hash == hash &&
		    conn_match(c, net, k, self->skc_bound_dev_if, sdif))
			return c;
	}
	return NULL;
}

static void add_entry(struct sock_common *c, u32 hash)
{
	hlist_nulls_add_head_rcu(&c->skc_nulls_node,
				 &conn_table[hash & conn_mask]);
}

/*
 * @c comes where @old was, in one step: a reader that stands before it meets one of both,
 * which an entry at the head, where it has passed, does not give. (Unless what it stands
 * on is freed, and used anew further down this chain.) As hlist_nulls_replace_init_rcu(),
 * which not every kernel has.
 */
static void replace_entry(struct sock_common *old, struct sock_common *c)
{
	struct hlist_nulls_node *next = old->skc_nulls_node.next, *n = &c->skc_nulls_node;

	WRITE_ONCE(n->next, next);
	WRITE_ONCE(n->pprev, old->skc_nulls_node.pprev);
	rcu_assign_pointer(*(struct hlist_nulls_node __rcu **)n->pprev, n);
	if (!is_a_nulls(next))
		WRITE_ONCE(next->pprev, &n->next);
	WRITE_ONCE(old->skc_nulls_node.pprev, NULL);
}

static bool del_entry(struct sock_common *c)
{
	if (hlist_nulls_unhashed(&c->skc_nulls_node))
		return false;
	hlist_nulls_del_init_rcu(&c->skc_nulls_node);
	return true;
}

/* As newinet_entry_ops.inherits(). The reference on @tw goes, and the entry if it gives way. */
static bool kernels_tw_yields(struct inet_timewait_sock *tw, struct sock *sk)
{
	if (!entry_ops->inherits(sk, tw)) {
		inet_twsk_put(tw);
		return false;
	}
	/* Its locks are of softirq, too. */
	local_bh_disable();
	inet_twsk_deschedule_put(tw);
	local_bh_enable();
	return true;
}

/*
 * Is the four-tuple free in the kernel's TCP? SO_REUSEADDR may have got the port past a
 * TIME-WAIT entry there, which then decides as for a socket of its own
 * (tcp_twsk_unique()). Process context.
 */
static bool kernel_yields(struct sock *sk, int sdif)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct sock *other;

	rcu_read_lock();
	other = __inet_lookup_established(sock_net(sk), inet->inet_daddr, inet->inet_dport,
					  inet->inet_rcv_saddr, inet->inet_num,
					  sk->sk_bound_dev_if, sdif);
	rcu_read_unlock();
	if (!other)
		return true;
	if (other->sk_state == TCP_TIME_WAIT)
		return kernels_tw_yields(inet_twsk(other), sk);
	sock_gen_put(other);
	return false;
}

/**
 * newinet_hash_connection() - make a connection findable
 * @sk: socket with its addresses and ports set
 * @bound: the program chose the port itself
 *
 * A TIME-WAIT entry may have to give way to it (tcp_tw_reuse), of either stack.
 *
 * Context: process, socket lock held.
 * Return: 0, or -EADDRNOTAVAIL when the four-tuple is in use.
 */
int newinet_hash_connection(struct sock *sk, bool bound)
{
	struct net *net = sock_net(sk);
	int sdif = l3mdev_master_ifindex_by_index(net, sk->sk_bound_dev_if);
	struct conn_key k = key_of(&sk->__sk_common);
	u32 hash = conn_hash(net, &k);
	spinlock_t *lock = conn_lock(hash);
	struct sock_common *c;

	sock_owned_by_me(sk);
	if (bound && !kernel_yields(sk, sdif))
		return -EADDRNOTAVAIL;
	newinet_intake_pin(sk);
	spin_lock_bh(lock);
	c = tuple_owner(net, &sk->__sk_common, &k, hash, sdif);
	if (c && (c->skc_state != TCP_TIME_WAIT || !entry_ops->yields(c, sk, bound))) {
		spin_unlock_bh(lock);
		return -EADDRNOTAVAIL;
	}
	sk->sk_hash = hash;
	if (c)
		replace_entry(c, &sk->__sk_common);
	else
		add_entry(&sk->__sk_common, hash);
	sock_prot_inuse_add(net, sk->sk_prot, 1);
	spin_unlock_bh(lock);
	if (c) {
		local_bh_disable();
		entry_ops->end(c);
		newinet_entry_put(c);	/* the table's reference */
		local_bh_enable();
	}
	return 0;
}

/* One of the group that @sk is to enter, or NULL. Bucket lock held. */
static struct sock *group_member(const struct sock *sk, const struct listen_bucket *b)
{
	struct hlist_nulls_node *node;
	struct sock *other;

	if (!sk->sk_reuseport)
		return NULL;
	sk_nulls_for_each(other, node, &b->head)
		if (newinet_reuseport_fits(sk, other))
			return other;
	return NULL;
}

/**
 * newinet_hash_listener() - make a listening socket findable
 * @sk: the socket, in TCP_LISTEN
 *
 * Context: process, socket lock held.
 * Return: 0 or -ENOMEM.
 */
int newinet_hash_listener(struct sock *sk)
{
	struct listen_bucket *b;
	int err;

	sock_owned_by_me(sk);
	sk->sk_hash = listen_chain(sock_net(sk), sk->sk_rcv_saddr, sk->sk_num);
	b = &listen_table[sk->sk_hash];
	spin_lock_bh(&b->lock);
	err = newinet_reuseport_join(sk, group_member(sk, b));
	if (!err) {
		__sk_nulls_add_node_rcu(sk, &b->head);
		sock_prot_inuse_add(sock_net(sk), sk->sk_prot, 1);
	}
	spin_unlock_bh(&b->lock);
	return err;
}

/**
 * newinet_unhash() - take a socket out of whichever table it is in
 * @sk: the socket; nothing happens when it is in none
 *
 * Context: socket lock held, BH on or off.
 */
void newinet_unhash(struct sock *sk)
{
	spinlock_t *lock;	/* of the chain that it is in */

	if (sk_unhashed(sk))
		return;
	if (sk->sk_state == TCP_LISTEN)
		lock = &listen_table[sk->sk_hash].lock;
	else
		lock = conn_lock(sk->sk_hash);

	spin_lock_bh(lock);
	if (del_entry(&sk->__sk_common))
		sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
	if (sk->sk_state == TCP_LISTEN)
		newinet_reuseport_leave(sk);
	spin_unlock_bh(lock);
}

/**
 * newinet_hash_entry() - make a half-open request findable
 * @c: the request, all of it written, without references; afterwards it has
 * the table's and the caller's
 *
 * Context: BH.
 * Return: false when its four-tuple is in use already.
 */
bool newinet_hash_entry(struct sock_common *c)
{
	struct net *net = read_pnet(&c->skc_net);
	struct conn_key k = key_of(c);
	u32 hash = conn_hash(net, &k);
	spinlock_t *lock = conn_lock(hash);
	bool free;

	spin_lock(lock);
	free = !tuple_owner(net, c, &k, hash, 0);
	if (free) {
		c->skc_hash = hash;
		/* A stale look-up takes a reference without any lock. */
		smp_wmb();
		refcount_set(&c->skc_refcnt, 2);
		add_entry(c, hash);
	}
	spin_unlock(lock);
	return free;
}

/**
 * newinet_unhash_entry() - take a request or a TIME-WAIT entry out of the table
 * @c: the entry; the table's reference is dropped
 *
 * Context: BH; the caller holds a reference.
 * Return: false when it had left already.
 */
bool newinet_unhash_entry(struct sock_common *c)
{
	spinlock_t *lock = conn_lock(c->skc_hash);
	bool was_in;

	spin_lock(lock);
	was_in = del_entry(c);
	spin_unlock(lock);
	if (was_in)
		newinet_entry_put(c);
	return was_in;
}

/**
 * newinet_hash_child() - put a new connection in the place of its request
 * @req: the request, on which the caller holds a reference
 * @child: the connection
 *
 * Context: BH, @child locked.
 * Return: false when another segment finished the handshake first.
 */
bool newinet_hash_child(struct sock_common *req, struct sock *child)
{
	u32 hash = req->skc_hash;
	spinlock_t *lock = conn_lock(hash);
	bool won;

	newinet_intake_pin(child);
	spin_lock(lock);
	won = !hlist_nulls_unhashed(&req->skc_nulls_node);
	if (won) {
		child->sk_hash = hash;
		replace_entry(req, &child->__sk_common);
		sock_prot_inuse_add(sock_net(child), child->sk_prot, 1);
	}
	spin_unlock(lock);
	if (won)
		newinet_entry_put(req);
	return won;
}

/**
 * newinet_hash_wait() - put a TIME-WAIT entry in the place of its connection
 * @sk: the connection
 * @wait: the entry; the table takes a reference of its own
 *
 * Context: BH, @sk locked.
 */
void newinet_hash_wait(struct sock *sk, struct sock_common *wait)
{
	u32 hash = sk->sk_hash;
	spinlock_t *lock = conn_lock(hash);

	wait->skc_hash = hash;
	refcount_inc(&wait->skc_refcnt);
	spin_lock(lock);
	if (sk_unhashed(sk)) {
		add_entry(wait, hash);
	} else {
		replace_entry(&sk->__sk_common, wait);
		sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
	}
	spin_unlock(lock);
}

/**
 * newinet_lookup_init() - allocate the tables
 * @ops: what the transport does with its entries
 *
 * The connection table has a chain for each 128 KiB of memory, as Linux's. That
 * of listeners has one for each 256 KiB: what anybody may open on one port of
 * many addresses spreads over all of them, and the kernel's own segments, which
 * look there before they go on, meet hardly any.
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int newinet_lookup_init(const struct newinet_entry_ops *ops)
{
	unsigned long chains = roundup_pow_of_two(totalram_pages() / 32 + 1);
	unsigned long listens;
	u32 i;

	chains = clamp(chains, 1UL << 10, 1UL << 19);
	listens = clamp(chains / 2, 1UL << 10, 1UL << 16);
	conn_table = kvmalloc_array(chains, sizeof(*conn_table), GFP_KERNEL);
	listen_table = kvmalloc_array(listens, sizeof(*listen_table), GFP_KERNEL);
	if (!conn_table || !listen_table) {
		newinet_lookup_exit();
		return -ENOMEM;
	}
	conn_mask = chains - 1;
	listen_mask = listens - 1;
	for (i = 0; i < chains; i++)
		INIT_HLIST_NULLS_HEAD(&conn_table[i], i);
	for (i = 0; i < LOCK_COUNT; i++)
		spin_lock_init(&conn_locks[i]);
	for (i = 0; i < listens; i++) {
		spin_lock_init(&listen_table[i].lock);
		INIT_HLIST_NULLS_HEAD(&listen_table[i].head, i | LISTEN_NULLS);
	}
	table_secret = get_random_u32();
	entry_ops = ops;
	return 0;
}

/**
 * newinet_lookup_exit() - free the tables; they are empty and unread by now
 *
 * Context: process.
 */
void newinet_lookup_exit(void)
{
	kvfree(conn_table);
	kvfree(listen_table);
}
