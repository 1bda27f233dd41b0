// SPDX-License-Identifier: GPL-2.0
/*
 * Claims: a port that AF_NEWINET uses is also held in the kernel's TCP bind table, by
 * an entry (the holder) that is bound there without reuse, so that the later of two
 * binds gets EADDRINUSE whichever stack it belongs to. Here is how a claim begins and
 * ends, and who owns it; who may own a port is decided in bind.c and pool.c.
 *
 * Owners are sockets and TIME-WAIT entries, linked by skc_bind_node in their
 * port; each owns one claim, and a claim may serve many owners.
 *
 * Once TIME-WAIT entries are all that is left on a claim, it is lent: its holder
 * takes their reuse flags, and the kernel's binds get past it as they do past the
 * kernel's own TIME-WAIT. No socket ever joins a lent claim. One that may have the
 * port by rule 1 (bind.c) gets a claim of its own beside it, and so meets rule 2 anew:
 * what the kernel's TCP took meanwhile, it keeps.
 *
 * What a user can make of it: a claim, its port and its holder are some 600 bytes
 * of accounted memory. Each has an owner, which is a socket (RLIMIT_NOFILE) or a
 * TIME-WAIT entry (net.ipv4.tcp_max_tw_buckets of the netns), or is one of the
 * pool's, which has no more than the ports of the netns's range and gives back
 * what is idle.
 *
 * Locks: see port.h. Contexts stand above each function.
 */
#include <linux/hash.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/inet_hashtables.h>
#include <net/netns/generic.h>
#include "ip/demux.h"
#include "ip/slot.h"
#include "table/owner.h"
#include "claim.h"
#include "holder.h"
#include "port.h"

#define CLAIM_HASH_BITS		12

static struct claim_head heads[1 << CLAIM_HASH_BITS];
unsigned int claim_net_id __ro_after_init;
static struct kmem_cache *claim_cache __ro_after_init;

struct claim_net *claim_net_of(const struct net *net)
{
	return net_generic(net, claim_net_id);
}

struct claim_head *claim_head_of(const struct net *net, u16 num)
{
	return &heads[hash_32(num + net_hash_mix(net), CLAIM_HASH_BITS)];
}

/* claim_head.lock. */
struct claim_port *claim_find_port(struct claim_head *head, const struct net *net, u16 num)
{
	struct claim_port *p;

	hlist_for_each_entry(p, &head->ports, node)
		if (p->num == num && p->net == net)
			return p;
	return NULL;
}

/* Owners. All under claim_head.lock. */

/* One more owner of this kind, or (-1) one less. */
static void count_owner(struct newinet_claim *c, const struct sock_common *owner,
			int n)
{
	c->owners += n;
	if (owner->skc_state != TCP_TIME_WAIT) {
		c->sockets += n;
	} else {
		c->no_reuse += owner->skc_reuse ? 0 : n;
		c->no_reuseport += owner->skc_reuseport ? 0 : n;
		c->port->no_reuse += owner->skc_reuse ? 0 : n;
		c->port->no_reuseport += owner->skc_reuseport ? 0 : n;
	}
}

/*
 * Is TIME-WAIT all that is left? The kernel's bind reads the flags under a lock
 * of its own; whether it sees them now or a moment later makes no difference.
 * The pool's ports stay ours, for its next connect.
 */
static void lend(struct newinet_claim *c)
{
	if (c->sockets || !c->owners || c->pooled)
		return;
	c->lent = true;
	c->holder.tw_reuse = c->no_reuse ? SK_NO_REUSE : SK_CAN_REUSE;
	c->holder.tw_reuseport = !c->no_reuseport;
}

/* @parent: it has its share from that one; or NULL. */
void claim_own(struct newinet_claim *c, struct sock_common *owner,
	       struct sock_common *parent)
{
	/*
	 * A segment for a listener may read it at any time: the claim is whole by then.
	 * Pairs with the dependency in newinet_claim_share().
	 */
	smp_store_release(newinet_claim_place(owner), c);
	if (owner->skc_state == TCP_TIME_WAIT)
		hlist_add_head(&owner->skc_bind_node, &c->port->waits);
	else if (parent && parent->skc_state != TCP_TIME_WAIT)
		hlist_add_behind(&owner->skc_bind_node, &parent->skc_bind_node);
	else
		hlist_add_head(&owner->skc_bind_node, &c->port->owners);
	WARN_ON_ONCE(c->lent && owner->skc_state != TCP_TIME_WAIT);
	count_owner(c, owner, 1);
	atomic_inc(&c->cn->owners);
	newinet_intake_get();
}

static void disown(struct newinet_claim *c, struct sock_common *owner)
{
	struct claim_net *cn = c->cn;

	WRITE_ONCE(*newinet_claim_place(owner), NULL);
	hlist_del_init(&owner->skc_bind_node);
	c->idle_since = jiffies;
	count_owner(c, owner, -1);
	lend(c);
	if (c->owners || c->pooled)
		return;

	spin_lock(&cn->dead_lock);
	if (list_empty(&c->dead)) {
		list_add_tail(&c->dead, &cn->dead);
		atomic_inc(&cn->dying);
		schedule_work(&cn->release_work);
	}
	spin_unlock(&cn->dead_lock);
}

void claim_set_port(struct sock *sk, u16 num)
{
	inet_sk(sk)->inet_num = num;
	inet_sk(sk)->inet_sport = htons(num);
}

/* Claims. Process context, claim_net.lock held. */

/* A new claim, whose first owner is @sk. */
struct newinet_claim *claim_make(struct claim_net *cn, struct sock *sk,
				 __be32 addr, int dev, u16 num, bool shared,
				 bool pooled)
{
	struct claim_port *p, *spare;
	struct newinet_claim *c;
	int err = -ENOBUFS;

	c = kmem_cache_zalloc(claim_cache, GFP_KERNEL);
	spare = kzalloc(sizeof(*spare), GFP_KERNEL_ACCOUNT);
	if (!c || !spare)
		goto out_free;
	err = claim_holder_get(cn, &c->holder, sk, addr, dev, num, shared);
	if (err)
		goto out_free;

	INIT_LIST_HEAD(&c->dead);
	if (!cn->demux && !cn->claims) {
		cn->demux = newinet_demux_start(cn->net);
		schedule_delayed_work(&cn->reap_work, CLAIM_POOL_REAP_EVERY);
	}
	c->cn = cn;
	c->addr = addr;
	c->dev = dev;
	c->l3mdev = c->holder.tw_tb->l3mdev;
	c->num = c->holder.tw_num;
	c->pooled = pooled;
	c->head = claim_head_of(cn->net, c->num);
	WRITE_ONCE(cn->claims, cn->claims + 1);

	spin_lock_bh(&c->head->lock);
	p = claim_find_port(c->head, cn->net, c->num);
	if (!p) {
		p = spare;
		spare = NULL;
		p->net = cn->net;
		p->num = c->num;
		hlist_add_head(&p->node, &c->head->ports);
		newinet_demux_port(cn->demux, c->num, true);
	}
	c->port = p;
	hlist_add_head(&c->node, &p->claims);
	claim_own(c, &sk->__sk_common, NULL);
	spin_unlock_bh(&c->head->lock);
	claim_set_port(sk, c->num);
	kfree(spare);
	return c;

out_free:
	kfree(spare);
	if (c)
		kmem_cache_free(claim_cache, c);
	return ERR_PTR(err);
}

/* Out of the port; false when somebody owns it. claim_head.lock held. */
bool claim_unlink(struct newinet_claim *c)
{
	struct claim_port *p = c->port;

	if (c->owners)
		return false;
	c->pooled = false;
	hlist_del(&c->node);
	if (hlist_empty(&p->claims)) {
		WARN_ON_ONCE(!hlist_empty(&p->owners) || !hlist_empty(&p->waits));
		hlist_del(&p->node);
		newinet_demux_port(c->cn->demux, c->num, false);
		kfree(p);
	}
	return true;
}

static void free_claim_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(claim_cache, container_of(rcu, struct newinet_claim, rcu));
}

void claim_free(struct newinet_claim *c)
{
	WRITE_ONCE(c->cn->claims, c->cn->claims - 1);
	claim_holder_put(c->cn, &c->holder);
	call_rcu(&c->rcu, free_claim_rcu);
}

/* Those that have lost their owner, and have not found another. */
void claim_release_dead(struct claim_net *cn)
{
	struct newinet_claim *c;
	bool gone;

	for (;;) {
		spin_lock_bh(&cn->dead_lock);
		c = list_first_entry_or_null(&cn->dead, struct newinet_claim, dead);
		spin_unlock_bh(&cn->dead_lock);
		if (!c)
			return;

		/*
		 * Nobody but us, under the mutex, revives or frees it. One that was revived
		 * may lose its owner again at any time: it leaves the list with its port
		 * locked, so that it is not there a second time when it is freed.
		 */
		spin_lock_bh(&c->head->lock);
		spin_lock(&cn->dead_lock);
		list_del_init(&c->dead);
		spin_unlock(&cn->dead_lock);
		gone = claim_unlink(c);
		spin_unlock_bh(&c->head->lock);
		if (gone)
			claim_free(c);
		atomic_dec(&cn->dying);
	}
}

/**
 * newinet_claim_share() - one more owner on a port that has one
 * @owner: whose claim it is; a listener may be losing it on another CPU
 * @heir: who gets it, too
 *
 * Context: BH, RCU read side.
 * Return: false when @owner has no claim any more.
 */
bool newinet_claim_share(const struct sock_common *owner,
			 struct sock_common *heir)
{
	struct newinet_claim **place = newinet_claim_place((struct sock_common *)owner);
	struct newinet_claim *c = READ_ONCE(*place);
	bool ok;

	if (!c)
		return false;
	spin_lock_bh(&c->head->lock);
	/* The claim itself is freed after a grace period. */
	ok = READ_ONCE(*place) == c;
	if (ok)
		claim_own(c, heir, (struct sock_common *)owner);
	spin_unlock_bh(&c->head->lock);
	return ok;
}
EXPORT_SYMBOL_IF_KUNIT(newinet_claim_share);

/**
 * newinet_claim_shun - the port's last connection may live on at the peer
 * @owner: whose claim it is
 *
 * The same four-tuple would meet it: a challenge ACK, a RST, and a second
 * until the next SYN. The pool offers the port after all others, until it has
 * been idle and was released. BH or process context, before the port is put.
 */
void newinet_claim_shun(const struct sock_common *owner)
{
	struct newinet_claim *c = *newinet_claim_place((struct sock_common *)owner);

	if (c)
		WRITE_ONCE(c->shunned, true);
}

/**
 * newinet_claim_put - give the port back
 * @owner: a socket or TIME-WAIT entry; without a claim nothing happens
 *
 * A socket's inet_num and inet_sport become 0. After the last owner the claim
 * is released by newinet_claim_flush() or by a work item.
 * BH or process context.
 */
void newinet_claim_put(struct sock_common *owner)
{
	struct newinet_claim *c = *newinet_claim_place(owner);
	struct claim_head *head;
	struct claim_net *cn;

	if (c) {
		cn = c->cn;
		head = c->head;
		spin_lock_bh(&head->lock);
		disown(c, owner);
		if (atomic_dec_and_test(&cn->owners) &&
		    rcu_access_pointer(cn->pool))
			mod_delayed_work(system_percpu_wq, &cn->reap_work,
					 CLAIM_POOL_REAP_EVERY);
		spin_unlock_bh(&head->lock);
		newinet_intake_put();
	}
	if (owner->skc_state != TCP_TIME_WAIT)
		/* getsockname(2) still names the port of a connection that ended. */
		newinet_sk_of(owner)->sk_num = 0;
}

/**
 * newinet_claim_flush - release now the claims that have lost their owner
 * @net: network namespace
 *
 * So that a port can be bound in the other stack as soon as close() returns.
 * Process context, no locks held.
 */
void newinet_claim_flush(struct net *net)
{
	struct claim_net *cn = claim_net_of(net);

	if (!atomic_read(&cn->dying))
		return;
	mutex_lock(&cn->lock);
	claim_release_dead(cn);
	mutex_unlock(&cn->lock);
}

/* At load, before the first socket; 0 or -ENOMEM. */
int claim_init(void)
{
	unsigned int i;

	claim_cache = kmem_cache_create("newinet_claim",
					sizeof(struct newinet_claim), 0,
					SLAB_ACCOUNT, NULL);
	if (!claim_cache)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		spin_lock_init(&heads[i].lock);
		INIT_HLIST_HEAD(&heads[i].ports);
	}
	return 0;
}

/* At unload, when there is no claim left. */
void claim_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(claim_cache);
}
