// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT in an object of its own, a fraction of a socket's size, and the
 * FIN-WAIT-2 of a connection without an owner (RFC 9293 3.10.7.4, RFC 1337).
 *
 * An entry stands in the connection table in place of its socket and on a list
 * of all entries; table, list and timer hold a reference each.
 *
 * Context: BH; creation with the socket lock held.
 */
#include <linux/slab.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include "tcp.h"

static struct kmem_cache *tw_cache;
static HLIST_HEAD(tw_list);
static DEFINE_SPINLOCK(tw_lock);		/* tw_list */
static atomic_t tw_count = ATOMIC_INIT(0);

/**
 * newtcp_tw_put() - drop a reference
 * @tw: the entry
 */
void newtcp_tw_put(struct newtcp_tw *tw)
{
	if (refcount_dec_and_test(&tw->c.skc_refcnt))
		kmem_cache_free(tw_cache, tw);
}

/**
 * newtcp_tw_kill() - the wait is over
 * @tw: the entry, on which the caller holds a reference
 *
 * Context: BH.
 */
void newtcp_tw_kill(struct newtcp_tw *tw)
{
	bool listed;

	if (!newtcp_unhash_tw(tw))
		return;
	spin_lock(&tw_lock);
	listed = !hlist_unhashed(&tw->node);
	if (listed)
		hlist_del_init(&tw->node);
	spin_unlock(&tw_lock);
	newinet_claim_put(&tw->c);
	atomic_dec(&tw_count);
	if (timer_delete(&tw->timer))
		newtcp_tw_put(tw);
	if (listed)
		newtcp_tw_put(tw);
}

static void tw_expired(struct timer_list *t)
{
	struct newtcp_tw *tw = from_timer(tw, t, timer);

	newtcp_tw_kill(tw);
	newtcp_tw_put(tw);
}

/* (Re)start the wait; the timer holds a reference while it is armed. */
static void tw_schedule(struct newtcp_tw *tw, unsigned long timeo)
{
	spin_lock(&tw_lock);
	/* One that is being killed is not started again. */
	if (!hlist_unhashed(&tw->node) &&
	    !mod_timer(&tw->timer, jiffies + timeo))
		refcount_inc(&tw->c.skc_refcnt);
	spin_unlock(&tw_lock);
}

static struct newtcp_tw *tw_alloc(const struct sock *sk, int substate)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	struct net *net = sock_net(sk);
	struct newtcp_tw *tw;

	if (atomic_inc_return(&tw_count) >
	    READ_ONCE(net->ipv4.tcp_death_row.sysctl_max_tw_buckets)) {
		net_warn_ratelimited("newinet: too many connections in TIME-WAIT (net.ipv4.tcp_max_tw_buckets)\n");
		atomic_dec(&tw_count);
		return NULL;
	}
	tw = kmem_cache_alloc(tw_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!tw) {
		atomic_dec(&tw_count);
		return NULL;
	}

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
	refcount_set(&tw->c.skc_refcnt, 1);
	tw->c.skc_state = TCP_TIME_WAIT;
	tw->claim = NULL;
	timer_setup(&tw->timer, tw_expired, 0);
	INIT_HLIST_NODE(&tw->node);
	tw->rcv_nxt = tp->rcv_nxt;
	tw->snd_nxt = tp->snd_nxt;
	tw->rcv_wnd = newtcp_receive_window(tp);
	tw->ts_recent = tp->ts_recent;
	tw->ts_recent_stamp = tp->ts_recent_stamp;
	tw->ts_offset = tp->ts_offset;
	tw->last_oow_ack = 0;
	tw->mark = sk->sk_mark;
	tw->priority = READ_ONCE(sk->sk_priority);
	tw->ts_ok = tp->ts_ok;
	tw->rcv_wscale = tp->rcv_wscale;
	tw->substate = substate;
	tw->tos = inet_sk(sk)->tos;
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
		newtcp_hash_tw(sk, tw);
		spin_lock(&tw_lock);
		refcount_inc(&tw->c.skc_refcnt);
		hlist_add_head(&tw->node, &tw_list);
		spin_unlock(&tw_lock);
		tw_schedule(tw, timeo);
		newtcp_tw_put(tw);
		local_bh_enable();
	}
	newtcp_done(sk);
}

static void tw_reply(struct newtcp_tw *tw, u8 flags, u32 seq)
{
	struct newtcp_options o = { .flags = 0 };
	struct newtcp_reply r = {
		.net = read_pnet(&tw->c.skc_net),
		.saddr = tw->c.skc_rcv_saddr,
		.daddr = tw->c.skc_daddr,
		.sport = htons(tw->c.skc_num),
		.dport = tw->c.skc_dport,
		.seq = seq,
		.ack = tw->rcv_nxt,
		.window = min_t(u32, tw->rcv_wnd >> tw->rcv_wscale, 65535),
		.flags = flags,
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

/* The timestamp of the segment in hand; 0 = it has none. */
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

enum tw_verdict {
	TW_DROP,
	TW_ACK,		/* answer with an ACK, within the rate limit */
	TW_RST,		/* answer with a reset */
	TW_END,		/* a reset that counts: the wait is over */
	TW_REUSE,	/* a new connection may take the place (RFC 6191) */
};

static bool tw_new_incarnation(const struct newtcp_tw *tw, u32 seq,
			       bool has_ts, u32 tsval)
{
	return seq_after(seq, tw->rcv_nxt) ||
	       (has_ts && (s32)(tw->ts_recent - tsval) < 0);
}

/* The peer closes its half: FIN-WAIT-2 becomes TIME-WAIT. */
static enum tw_verdict fin_wait2_verdict(struct newtcp_tw *tw,
					 const struct newtcp_skb_cb *cb,
					 bool paws)
{
	if (paws || seq_before(cb->end_seq, tw->rcv_nxt) ||
	    seq_after(cb->seq, tw->rcv_nxt + tw->rcv_wnd))
		return TW_ACK;
	if (cb->flags & NEWTCP_RST)
		return TW_END;
	if ((cb->flags & NEWTCP_SYN) && !seq_before(cb->seq, tw->rcv_nxt))
		return TW_RST;
	if (!(cb->flags & NEWTCP_ACK) ||
	    !seq_after(cb->end_seq, tw->rcv_nxt) || cb->end_seq == cb->seq)
		return TW_DROP;
	/* Data for a program that is gone. */
	if (!(cb->flags & NEWTCP_FIN) || cb->end_seq != tw->rcv_nxt + 1)
		return TW_RST;
	tw->substate = TCP_TIME_WAIT;
	tw->rcv_nxt = cb->end_seq;
	tw_schedule(tw, NEWTCP_TIMEWAIT_LEN);
	return TW_ACK;
}

static enum tw_verdict tw_verdict(struct newtcp_tw *tw,
				  const struct newtcp_skb_cb *cb,
				  bool has_ts, u32 tsval)
{
	struct net *net = read_pnet(&tw->c.skc_net);
	bool paws = has_ts && (s32)(tsval - tw->ts_recent) < 0;
	bool bare = cb->seq == cb->end_seq || (cb->flags & NEWTCP_RST);

	if (tw->substate == TCP_FIN_WAIT2)
		return fin_wait2_verdict(tw, cb, paws);

	if (!paws && cb->seq == tw->rcv_nxt && bare) {
		if (cb->flags & NEWTCP_RST)
			return READ_ONCE(net->ipv4.sysctl_tcp_rfc1337) ?
			       TW_DROP : TW_END;
		return TW_DROP;
	}
	if ((cb->flags & NEWTCP_SYN) && !(cb->flags & (NEWTCP_RST | NEWTCP_ACK)) &&
	    !paws && tw_new_incarnation(tw, cb->seq, has_ts, tsval))
		return TW_REUSE;
	if (cb->flags & NEWTCP_RST)
		return TW_DROP;
	/* A retransmitted FIN begins the wait anew. */
	if (!paws && !(cb->flags & NEWTCP_SYN))
		tw_schedule(tw, NEWTCP_TIMEWAIT_LEN);
	return TW_ACK;
}

/* A SYN for a new connection on the old four-tuple goes to the listener. */
static void give_way(struct newtcp_tw *tw, struct sk_buff *skb)
{
	struct net *net = read_pnet(&tw->c.skc_net);
	struct sock *lsk;

	lsk = newtcp_lookup_listener(net, ip_hdr(skb)->daddr, tw->c.skc_num,
				     skb->skb_iif, 0);
	if (!lsk) {
		newtcp_send_rst(net, skb, NULL);
		kfree_skb(skb);
		return;
	}
	newtcp_tw_kill(tw);
	newtcp_listener_rcv(lsk, skb);
	sock_put(lsk);
}

/**
 * newtcp_tw_rcv() - a segment arrives in TIME-WAIT
 * @tw: the entry; the caller's reference is dropped
 * @skb: the segment, at its TCP header, newtcp_skb_cb filled in; consumed
 *
 * Context: softirq.
 */
void newtcp_tw_rcv(struct newtcp_tw *tw, struct sk_buff *skb)
{
	struct net *net = read_pnet(&tw->c.skc_net);
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	u32 tsval = 0;
	bool has_ts;

	skb_reset_transport_header(skb);
	has_ts = tw_timestamp(tw, th, &tsval);
	switch (tw_verdict(tw, NEWTCP_CB(skb), has_ts, tsval)) {
	case TW_REUSE:
		give_way(tw, skb);
		newtcp_tw_put(tw);
		return;
	case TW_ACK:
		if (!newtcp_oow_ratelimited(net, skb, &tw->last_oow_ack))
			tw_reply(tw, NEWTCP_ACK, tw->snd_nxt);
		break;
	case TW_RST:
		newtcp_send_rst(net, skb, NULL);
		newtcp_tw_kill(tw);
		break;
	case TW_END:
		newtcp_tw_kill(tw);
		break;
	case TW_DROP:
		break;
	}
	newtcp_tw_put(tw);
	kfree_skb(skb);
}

/* The next entry of @net, or of any, with a reference. */
static struct newtcp_tw *tw_first(const struct net *net)
{
	struct newtcp_tw *tw, *found = NULL;

	spin_lock_bh(&tw_lock);
	hlist_for_each_entry(tw, &tw_list, node) {
		if (net && read_pnet(&tw->c.skc_net) != net)
			continue;
		refcount_inc(&tw->c.skc_refcnt);
		found = tw;
		break;
	}
	spin_unlock_bh(&tw_lock);
	return found;
}

/**
 * newtcp_tw_purge() - end all waits of a namespace
 * @net: the namespace, or NULL for all
 *
 * Context: process.
 */
void newtcp_tw_purge(struct net *net)
{
	struct newtcp_tw *tw;

	while ((tw = tw_first(net))) {
		local_bh_disable();
		newtcp_tw_kill(tw);
		local_bh_enable();
		/* A timer that runs now must be done before the netns goes. */
		if (timer_delete_sync(&tw->timer))
			newtcp_tw_put(tw);
		newtcp_tw_put(tw);
		cond_resched();
	}
}

static struct pernet_operations tw_net_ops = {
	.exit = newtcp_tw_purge,
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
	err = register_pernet_subsys(&tw_net_ops);
	if (err)
		kmem_cache_destroy(tw_cache);
	return err;
}

/**
 * newtcp_timewait_exit() - end all waits and destroy the cache
 *
 * Context: process.
 */
void newtcp_timewait_exit(void)
{
	unregister_pernet_subsys(&tw_net_ops);
	newtcp_tw_purge(NULL);
	rcu_barrier();
	kmem_cache_destroy(tw_cache);
}
