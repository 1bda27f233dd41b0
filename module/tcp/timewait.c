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
 * Context: BH; creation with the socket lock held.
 */
#include <linux/slab.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/sock.h>
#include <net/tcp.h>
#include "core/options.h"
#include "core/verdict.h"
#include "core/wire.h"
#include "../claim.h"
#include "../lookup.h"
#include "../newinet.h"
#include "../reuseport.h"
#include "clock.h"
#include "entry.h"
#include "handshake.h"
#include "input.h"
#include "reply.h"
#include "seg.h"
#include "sock.h"
#include "tcb.h"
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

/* Begin the wait anew, unless it has ended. The timer keeps its reference. */
static void tw_restart(struct newtcp_tw *tw)
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
	int rto;

	if (tw) {
		rto = newtcp_rto_jiffies(newtcp_sk(sk));
		rto = (rto << 2) - (rto >> 1);
		if (substate == TCP_TIME_WAIT)
			timeo = NEWTCP_TIMEWAIT_LEN;
		timeo = max(timeo, rto);

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

static void tw_reply(struct newtcp_tw *tw, u8 flags, u32 seq)
{
	struct newtcp_options o = { .flags = 0 };
	struct newtcp_reply r = {
		.net = read_pnet(&tw->c.skc_net),
		.saddr = tw->c.skc_rcv_saddr,
		.daddr = tw->c.skc_daddr,
		.th.sport = htons(tw->c.skc_num),
		.th.dport = tw->c.skc_dport,
		.th.seq = seq,
		.th.ack = tw->rcv_nxt,
		.th.window = newtcp_wire_window(tw->rcv_wnd, tw->rcv_wscale),
		.th.flags = flags,
		.tos = tw->tos,
		.mark = tw->mark,
		.priority = tw->priority,
		.oif = tw->c.skc_bound_dev_if,
		.opts = &o,
	};

	if (tw->ts_ok) {
		o.flags = NEWTCP_OPT_TS;
		o.tsval = newtcp_ts_of(newtcp_clock_us()) + tw->ts_offset;
		o.tsecr = tw->ts_recent;
	}
	newtcp_reply_send(&r);
}

/* Has the segment in hand a timestamp? If so it is in @tsval. */
static bool tw_timestamp(const struct newtcp_tw *tw, const struct tcphdr *th,
			 u32 *tsval)
{
	struct newtcp_options o;

	if (!tw->ts_ok)
		return false;
	newtcp_options_parse((const u8 *)(th + 1), th->doff * 4 - sizeof(*th),
			     th->syn, &o);
	*tsval = o.tsval;
	return o.flags & NEWTCP_OPT_TS;
}

/* The peer closes its half: FIN-WAIT-2 becomes TIME-WAIT. */
static void fin_arrived(struct newtcp_tw *tw, const struct newtcp_arrival *seg)
{
	WRITE_ONCE(tw->substate, TCP_TIME_WAIT);
	tw->rcv_nxt = seg->end_seq;
	if (seg->has_ts) {
		WRITE_ONCE(tw->ts_recent, seg->tsval);
		WRITE_ONCE(tw->ts_recent_stamp, (u32)ktime_get_seconds());
	}
}

static enum newtcp_tw_verdict tw_verdict(const struct newtcp_tw *tw,
					 const struct newtcp_arrival *seg)
{
	const struct net *net = read_pnet(&tw->c.skc_net);
	const struct newtcp_tw_state st = {
		.rcv_nxt = tw->rcv_nxt,
		.rcv_wnd = tw->rcv_wnd,
		.ts_recent = tw->ts_recent,
		.fin_wait2 = tw->substate == TCP_FIN_WAIT2,
		.rfc1337 = READ_ONCE(net->ipv4.sysctl_tcp_rfc1337),
	};

	return newtcp_tw_verdict(&st, seg);
}

/* Is a listener of the kernel's waiting, which came past the wait (claim.c)? */
static bool kernel_listens(struct net *net, struct sk_buff *skb,
			   const struct tcphdr *th)
{
	const struct iphdr *iph = ip_hdr(skb);

	return __inet_lookup_listener(net, skb, th->doff * 4, iph->saddr, th->source,
				      iph->daddr, ntohs(th->dest), inet_iif(skb),
				      inet_sdif(skb));
}

enum tw_way {
	TW_STAYS,		/* nobody listens */
	TW_CONSUMED,
	TW_KERNELS,		/* for the kernel's handler, untouched */
};

/* A SYN for a new connection on the old four-tuple goes to whoever listens. */
static enum tw_way give_way(struct newtcp_tw *tw, struct sk_buff *skb,
			    const struct tcphdr *th, const struct newtcp_skb_cb *cb)
{
	struct net *net = read_pnet(&tw->c.skc_net);
	struct sock *lsk;

	lsk = newinet_lookup_listener(net, ip_hdr(skb)->daddr, tw->c.skc_num,
				      inet_iif(skb), inet_sdif(skb));
	if (lsk) {
		lsk = newinet_reuseport_choose(lsk, skb, th->doff * 4);
		newtcp_tw_kill(tw);
		*NEWTCP_CB(skb) = *cb;
		NEWTCP_CB(skb)->tw_isn = newtcp_tw_isn(tw->snd_nxt);
		newtcp_listener_rcv(lsk, skb);
		sock_put(lsk);
		return TW_CONSUMED;
	}
	if (!kernel_listens(net, skb, th))
		return TW_STAYS;
	newtcp_tw_kill(tw);
	return TW_KERNELS;
}

/**
 * newtcp_tw_rcv() - a segment arrives in TIME-WAIT
 * @tw: the entry; the caller's reference is dropped
 * @skb: the segment, at its TCP header, IP's control block still in it
 * @cb: its numbers
 *
 * Context: softirq.
 * Return: true when @skb was consumed; false when the kernel's TCP is to have it.
 */
bool newtcp_tw_rcv(struct newtcp_tw *tw, struct sk_buff *skb,
		   const struct newtcp_skb_cb *cb)
{
	struct net *net = read_pnet(&tw->c.skc_net);
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	enum newtcp_tw_verdict verdict;
	enum tw_way way = TW_STAYS;
	struct newtcp_arrival seg = {
		.seq = cb->seq,
		.end_seq = cb->end_seq,
		.ack = cb->ack_seq,
		.flags = cb->flags,
	};

	skb_reset_transport_header(skb);
	seg.has_ts = tw_timestamp(tw, th, &seg.tsval);
	verdict = tw_verdict(tw, &seg);
	if (verdict == VERDICT_TW_REUSE) {
		way = give_way(tw, skb, th, cb);
		verdict = way == TW_STAYS ? VERDICT_TW_ACK : VERDICT_TW_DROP;
	}
	if (way == TW_STAYS)
		*NEWTCP_CB(skb) = *cb;
	switch (verdict) {
	case VERDICT_TW_FIN:
		fin_arrived(tw, &seg);
		fallthrough;
	case VERDICT_TW_AGAIN:
		tw_restart(tw);
		fallthrough;
	case VERDICT_TW_ACK:
		if (!newtcp_oow_ratelimited(net, skb, &tw->last_oow_ack))
			tw_reply(tw, TH_ACK, tw->snd_nxt);
		break;
	case VERDICT_TW_RST:
		newtcp_send_rst(net, skb, NULL);
		newtcp_tw_kill(tw);
		break;
	case VERDICT_TW_END:
		newtcp_tw_kill(tw);
		break;
	case VERDICT_TW_REUSE:
	case VERDICT_TW_DROP:
		break;
	}
	newtcp_tw_put(tw);
	if (way == TW_STAYS)
		kfree_skb(skb);
	return way != TW_KERNELS;
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
