// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT in an object of its own, a fraction of a socket's size, and the
 * FIN-WAIT-2 of a connection without an owner (RFC 9293 3.10.7.4, RFC 1337,
 * RFC 6191). Answers to net/ipv4/tcp_minisocks.c and inet_timewait_sock.c.
 *
 * An entry stands in the connection table in place of its socket and on the list
 * of its namespace; table, list and timer hold a reference each. It becomes
 * findable, listed and timed in one step under the list's lock. Who takes it off
 * the list ends it: he alone takes it out of the table, gives its claim back and,
 * last of all, counts it out. A purge that finds the list empty waits for that
 * count, so that nothing of the namespace is used afterwards.
 *
 * What a segment means in TIME-WAIT is in timewait_rcv.c.
 *
 * Context: BH; creation with the socket lock held.
 */
#include <linux/slab.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/sock.h>
#include <net/tcp.h>
#include "core/finwait.h"
#include "core/verdict.h"
#include "ports/claim.h"
#include "table/lookup.h"
#include "tcp/entry.h"
#include "tcp/tcb.h"
#include "state.h"
#include "timewait.h"

struct wait_net {
	spinlock_t lock;		/* BH: list */
	struct hlist_head list;
	atomic_t count;			/* listed, or still being ended */
};

static struct kmem_cache *tw_cache;
static unsigned int wait_net_id;

static struct wait_net *wait_net_of(const struct newtcp_tw *tw)
{
	return net_generic(read_pnet(&tw->c.skc_net), wait_net_id);
}

/**
 * newtcp_tw_free() - the last reference has gone
 * @tw: the entry
 */
void newtcp_tw_free(struct newtcp_tw *tw)
{
	kmem_cache_free(tw_cache, tw);
}

/**
 * newtcp_tw_put() - drop a reference
 * @tw: the entry
 */
void newtcp_tw_put(struct newtcp_tw *tw)
{
	if (refcount_dec_and_test(&tw->c.skc_refcnt))
		newtcp_tw_free(tw);
}

static void count_out(struct wait_net *tn)
{
	/* All that was done for the entry comes before, for purge(). */
	smp_mb__before_atomic();
	atomic_dec(&tn->count);
}

/**
 * newtcp_tw_kill() - the wait is over
 * @tw: the entry, on which the caller holds a reference
 *
 * Context: BH.
 */
void newtcp_tw_kill(struct newtcp_tw *tw)
{
	struct wait_net *tn = wait_net_of(tw);
	bool alive;

	spin_lock(&tn->lock);
	alive = !hlist_unhashed(&tw->node);
	if (alive)
		hlist_del_init(&tw->node);
	spin_unlock(&tn->lock);
	if (!alive)
		return;

	newinet_unhash_entry(&tw->c);
	newinet_claim_put(&tw->c);
	if (timer_delete(&tw->timer))
		newtcp_tw_put(tw);
	newtcp_tw_put(tw);
	count_out(tn);
}

static void tw_expired(struct timer_list *t)
{
	struct newtcp_tw *tw = timer_container_of(tw, t, timer);

	newtcp_tw_kill(tw);
	newtcp_tw_put(tw);
}

/**
 * newtcp_tw_restart() - begin the wait anew, unless it has ended
 * @tw: the entry; the timer keeps its reference
 *
 * Context: BH.
 */
void newtcp_tw_restart(struct newtcp_tw *tw)
{
	struct wait_net *tn = wait_net_of(tw);

	spin_lock(&tn->lock);
	if (!hlist_unhashed(&tw->node) &&
	    !mod_timer(&tw->timer, jiffies + NEWTCP_TIMEWAIT_LEN))
		refcount_inc(&tw->c.skc_refcnt);
	spin_unlock(&tn->lock);
}

/* Findable, listed and timed, in the place of @sk. BH, @sk locked. */
static void tw_begin(struct newtcp_tw *tw, struct sock *sk, unsigned long timeo)
{
	struct wait_net *tn = wait_net_of(tw);

	spin_lock(&tn->lock);
	/* For the list, and for the timer; the table takes its own. */
	refcount_add(2, &tw->c.skc_refcnt);
	hlist_add_head(&tw->node, &tn->list);
	mod_timer(&tw->timer, jiffies + timeo);
	newinet_hash_wait(sk, &tw->c);
	spin_unlock(&tn->lock);
}

static void tw_init(struct newtcp_tw *tw, const struct sock *sk, int substate)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);

	tw->c.skc_addrpair = sk->sk_addrpair;
	tw->c.skc_portpair = sk->sk_portpair;
	tw->c.skc_family = sk->sk_family;
	tw->c.skc_reuse = sk->sk_reuse;
	tw->c.skc_reuseport = sk->sk_reuseport;
	tw->c.skc_bound_dev_if = sk->sk_bound_dev_if;
	/* Readers may still pass through .next: it stays as it is. */
	tw->c.skc_nulls_node.pprev = NULL;
	write_pnet(&tw->c.skc_net, sock_net(sk));
	tw->c.skc_prot = sk->sk_prot;
	tw->c.skc_hash = sk->sk_hash;
	tw->c.skc_state = TCP_TIME_WAIT;
	tw->base.claim = NULL;
	timer_setup(&tw->timer, tw_expired, 0);
	INIT_HLIST_NODE(&tw->node);
	tw->rcv_nxt = tp->rcv_nxt;
	tw->snd_nxt = tp->snd_nxt;
	tw->rcv_wnd = newtcp_receive_window(tp);
	tw->ts_recent = tp->ts_recent;
	tw->ts_recent_stamp = tp->ts_ok ? tp->ts_recent_stamp : 0;
	tw->ts_offset = tp->ts_offset;
	tw->last_oow_ack = 0;
	tw->mark = sk->sk_mark;
	tw->priority = READ_ONCE(sk->sk_priority);
	tw->ts_ok = tp->ts_ok;
	tw->transparent = inet_test_bit(TRANSPARENT, sk);
	tw->rcv_wscale = tp->rcvwnd.wscale;
	tw->substate = substate;
	tw->tos = inet_sk(sk)->tos;
	/* Last: a reader of the object's former life may take it from now on. */
	smp_wmb();
	refcount_set(&tw->c.skc_refcnt, 1);
}

/* An entry like @sk, counted, in no table. NULL: no memory, or too many. */
static struct newtcp_tw *tw_alloc(const struct sock *sk, int substate)
{
	struct net *net = sock_net(sk);
	struct wait_net *tn = net_generic(net, wait_net_id);
	struct newtcp_tw *tw = NULL;

	if (atomic_inc_return(&tn->count) >
	    READ_ONCE(net->ipv4.tcp_death_row.sysctl_max_tw_buckets))
		net_warn_ratelimited("newinet: too many connections in TIME-WAIT (net.ipv4.tcp_max_tw_buckets)\n");
	else
		tw = kmem_cache_alloc(tw_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (tw)
		tw_init(tw, sk, substate);
	else
		count_out(tn);
	return tw;
}

/**
 * newtcp_time_wait() - the socket is replaced by an entry, and done
 * @sk: the connection
 * @substate: TCP_TIME_WAIT or TCP_FIN_WAIT2
 * @timeo: jiffies for FIN-WAIT-2; TIME-WAIT always lasts 60 s
 *
 * Without memory, or with too many entries, there is no wait at all.
 *
 * Context: socket lock held, process or softirq.
 */
void newtcp_time_wait(struct sock *sk, int substate, int timeo)
{
	struct newtcp_tw *tw = tw_alloc(sk, substate);

	sock_owned_by_me(sk);
	if (tw) {
		timeo = newtcp_timewait_lasts(substate == TCP_TIME_WAIT ? 0 : timeo,
					      newtcp_rto_jiffies(newtcp_sk(sk)));
		local_bh_disable();
		WARN_ON_ONCE(!newinet_claim_share(&sk->__sk_common, &tw->c));
		tw_begin(tw, sk, timeo);
		newtcp_tw_put(tw);
		local_bh_enable();
	}
	newtcp_done(sk);
}

/* As far as Linux sees it, for tcp_tw_reuse 2. */
static bool on_loopback(const struct newtcp_tw *tw)
{
	return tw->c.skc_bound_dev_if == LOOPBACK_IFINDEX ||
	       ipv4_is_loopback(tw->c.skc_daddr) ||
	       ipv4_is_loopback(tw->c.skc_rcv_saddr);
}

/**
 * newtcp_tw_yields() - may a connect() have the four-tuple?
 * @tw: the entry
 * @sk: the socket that wants it; on success it goes on where @tw has ended
 * @bound: its port was given by bind()
 *
 * Context: @sk locked; the lock of @tw's chain held, so that it stays findable.
 * Return: whether it may; @sk has the numbers to begin with, then.
 */
bool newtcp_tw_yields(struct newtcp_tw *tw, struct sock *sk, bool bound)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (!newtcp_tw_may_yield(READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_tw_reuse),
				 bound, READ_ONCE(tw->substate) == TCP_FIN_WAIT2,
				 on_loopback(tw), READ_ONCE(tw->ts_recent_stamp),
				 (u32)ktime_get_seconds()))
		return false;
	tp->write_seq = newtcp_tw_isn(tw->snd_nxt);
	tp->ts_recent = READ_ONCE(tw->ts_recent);
	tp->ts_recent_stamp = READ_ONCE(tw->ts_recent_stamp);
	return true;
}

/**
 * newtcp_tw_inherits() - as newtcp_tw_yields(), for an entry of the kernel's TCP
 * @sk: the socket, whose port was given by bind()
 * @tw: the entry, which decides as for a socket of its own (tcp_twsk_unique())
 *
 * Context: process, @sk locked.
 * Return: whether @sk may have the four-tuple.
 */
bool newtcp_tw_inherits(struct sock *sk, const struct inet_timewait_sock *tw)
{
	const struct tcp_timewait_sock *ttw = tcp_twsk((const struct sock *)tw);
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (!newtcp_tw_may_yield(0, true, false, false, READ_ONCE(ttw->tw_ts_recent_stamp), 0))
		return false;
	tp->write_seq = newtcp_tw_isn(ttw->tw_snd_nxt);
	tp->ts_recent = ttw->tw_ts_recent;
	tp->ts_recent_stamp = READ_ONCE(ttw->tw_ts_recent_stamp);
	return true;
}

/* The next entry, with a reference. */
static struct newtcp_tw *tw_first(struct wait_net *tn)
{
	struct newtcp_tw *tw = NULL;

	spin_lock_bh(&tn->lock);
	if (!hlist_empty(&tn->list)) {
		tw = hlist_entry(tn->list.first, struct newtcp_tw, node);
		refcount_inc(&tw->c.skc_refcnt);
	}
	spin_unlock_bh(&tn->lock);
	return tw;
}

/*
 * End all waits of a namespace, at the cost of its own entries. Who is ending one
 * meanwhile is waited for; a grace period later nobody looks at the namespace for
 * the sake of an entry. Process context.
 */
static void __net_exit purge(struct net *net)
{
	struct wait_net *tn = net_generic(net, wait_net_id);
	struct newtcp_tw *tw;

	for (;;) {
		tw = tw_first(tn);
		if (tw) {
			local_bh_disable();
			newtcp_tw_kill(tw);
			local_bh_enable();
			newtcp_tw_put(tw);
			cond_resched();
		} else if (atomic_read_acquire(&tn->count)) {
			schedule_timeout_uninterruptible(1);
		} else {
			return;
		}
	}
}

static int __net_init wait_net_init(struct net *net)
{
	struct wait_net *tn = net_generic(net, wait_net_id);

	spin_lock_init(&tn->lock);
	INIT_HLIST_HEAD(&tn->list);
	atomic_set(&tn->count, 0);
	return 0;
}

static struct pernet_operations wait_net_ops = {
	.init		= wait_net_init,
	/* A grace period follows, for handlers that still know an entry. */
	.pre_exit	= purge,
	.id		= &wait_net_id,
	.size		= sizeof(struct wait_net),
};

/**
 * newtcp_timewait_init() - create the slab cache
 *
 * Context: process.
 * Return: 0 or -errno.
 */
int newtcp_timewait_init(void)
{
	int err;

	tw_cache = kmem_cache_create("newtcp_tw", sizeof(struct newtcp_tw), 0,
				     SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT |
				     SLAB_TYPESAFE_BY_RCU, NULL);
	if (!tw_cache)
		return -ENOMEM;
	err = register_pernet_subsys(&wait_net_ops);
	if (err)
		kmem_cache_destroy(tw_cache);
	return err;
}

/**
 * newtcp_timewait_stop() - end all waits there are
 *
 * Namespaces that are going at this moment are waited for.
 *
 * Context: process; no socket is left, the intake still works.
 */
void newtcp_timewait_stop(void)
{
	unregister_pernet_subsys(&wait_net_ops);
}

/**
 * newtcp_timewait_exit() - destroy the cache; newtcp_timewait_stop() came before
 *
 * Context: process.
 */
void newtcp_timewait_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(tw_cache);
}
