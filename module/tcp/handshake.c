// SPDX-License-Identifier: GPL-2.0
/*
 * Passive open: LISTEN, the SYN queue, the third packet
 * (RFC 9293 3.10.2, 3.10.7.2, 3.10.7.4 for SYN-RECEIVED).
 * The accept queue is in accept.c.
 *
 * A SYN becomes a struct newtcp_req, findable in the connection table, which
 * sends the SYN-ACK and repeats it. The third packet turns it into a full
 * socket, which waits in the accept queue. Both queues are bounded by the
 * backlog; what does not fit is dropped and will be sent again.
 *
 * References on a request: the table's, the timer's while it is armed, the
 * listener's list's, and the finder's.
 *
 * Context: softirq for segments and timers, with the listener not locked;
 * listen(2) and close(2) process. newtcp_listener.lock guards the
 * queues.
 */
#include <linux/slab.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/sock.h>
#include "tcp.h"

static struct kmem_cache *req_cache;

/**
 * newtcp_req_put() - drop a reference on a request
 * @req: the request
 */
void newtcp_req_put(struct newtcp_req *req)
{
	if (refcount_dec_and_test(&req->c.skc_refcnt)) {
		sock_put(req->listener);
		kmem_cache_free(req_cache, req);
	}
}

/* Take it off the listener's list; the list's reference goes. */
static void req_unlist(struct newtcp_req *req)
{
	struct newtcp_listener *l = newtcp_sk(req->listener)->listener;
	bool listed;

	spin_lock(&l->lock);
	listed = !hlist_unhashed(&req->node);
	if (listed) {
		hlist_del_init(&req->node);
		l->qlen--;
	}
	spin_unlock(&l->lock);
	if (listed)
		newtcp_req_put(req);
}

/* The handshake is over for this request, one way or another. BH. */
static void req_finish(struct newtcp_req *req)
{
	req_unlist(req);
	if (timer_delete(&req->timer))
		newtcp_req_put(req);
}

static void req_kill(struct newtcp_req *req)
{
	newtcp_unhash_req(req);
	req_finish(req);
}

/* The SYN-ACK, as far as it is known before its route is. */
static void synack_init(const struct newtcp_req *req, struct newtcp_reply *r)
{
	struct sock *lsk = req->listener;

	*r = (struct newtcp_reply) {
		.net = sock_net(lsk),
		.saddr = req->c.skc_rcv_saddr,
		.daddr = req->c.skc_daddr,
		.sport = htons(req->c.skc_num),
		.dport = req->c.skc_dport,
		.seq = req->iss,
		.ack = req->irs + 1,
		.flags = NEWTCP_SYN | NEWTCP_ACK,
		.tos = READ_ONCE(inet_sk(lsk)->tos),
		.mark = req->mark,
		.oif = req->c.skc_bound_dev_if,
		.owner = lsk,
	};
}

static void send_synack(struct newtcp_req *req, struct newtcp_reply *r)
{
	struct newtcp_options o = {
		.flags = NEWTCP_OPT_MSS,
		.mss = req->advmss,
	};

	if (req->ts_ok) {
		o.flags |= NEWTCP_OPT_TS;
		o.tsval = newtcp_ts_of(newtcp_clock_us()) + req->ts_offset;
		o.tsecr = READ_ONCE(req->ts_recent);
	}
	if (req->sack_ok)
		o.flags |= NEWTCP_OPT_SACK_PERM;
	if (req->wscale_ok) {
		o.flags |= NEWTCP_OPT_WSCALE;
		o.wscale = req->rcv_wscale;
	}
	r->window = min_t(u32, req->rcv_wnd, 65535);
	r->opts = &o;
	newtcp_reply_send(r);
}

static void send_synack_again(struct newtcp_req *req)
{
	struct newtcp_reply r;

	synack_init(req, &r);
	send_synack(req, &r);
}

static void req_timer(struct timer_list *t)
{
	struct newtcp_req *req = from_timer(req, t, timer);
	struct sock *lsk = req->listener;
	int limit = newtcp_sk(lsk)->syn_retries ?:
		    READ_ONCE(sock_net(lsk)->ipv4.sysctl_tcp_synack_retries);
	struct newtcp_listener *l = newtcp_sk(lsk)->listener;
	bool rearmed = false;

	if (lsk->sk_state == TCP_LISTEN && req->retrans < limit) {
		send_synack_again(req);
		req->retrans++;
		req->timeout = min_t(u32, req->timeout << 1, NEWTCP_PROBE_MAX);
		spin_lock(&l->lock);
		/* One that is finished is not started again. */
		if (!hlist_unhashed(&req->node)) {
			mod_timer(&req->timer, jiffies + req->timeout);
			rearmed = true;
		}
		spin_unlock(&l->lock);
		if (rearmed)
			return;		/* the timer keeps its reference */
	}
	req_kill(req);
	newtcp_req_put(req);
}

static struct newtcp_req *req_alloc(struct sock *lsk, const struct sk_buff *skb,
				    const struct tcphdr *th)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct newtcp_req *req;

	req = kmem_cache_alloc(req_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!req)
		return NULL;
	req->c.skc_daddr = iph->saddr;
	req->c.skc_rcv_saddr = iph->daddr;
	req->c.skc_dport = th->source;
	req->c.skc_num = ntohs(th->dest);
	req->c.skc_family = lsk->sk_family;
	req->c.skc_reuse = 0;
	req->c.skc_reuseport = 0;
	req->c.skc_bound_dev_if = lsk->sk_bound_dev_if;
	/* Readers may still pass through .next: it stays as it is. */
	req->c.skc_nulls_node.pprev = NULL;
	write_pnet(&req->c.skc_net, sock_net(lsk));
	req->c.skc_prot = lsk->sk_prot;
	req->c.skc_state = TCP_NEW_SYN_RECV;
	refcount_set(&req->c.skc_refcnt, 1);
	sock_hold(lsk);
	req->listener = lsk;
	INIT_HLIST_NODE(&req->node);
	timer_setup(&req->timer, req_timer, 0);
	return req;
}

/* What the SYN asks for, as far as this netns allows it. */
static void req_negotiate(struct newtcp_req *req, const struct sk_buff *skb,
			  const struct newtcp_options *o)
{
	struct sock *lsk = req->listener;
	struct net *net = sock_net(lsk);
	bool ts = READ_ONCE(net->ipv4.sysctl_tcp_timestamps) &&
		  (o->flags & NEWTCP_OPT_TS);
	u16 user = READ_ONCE(newtcp_sk(lsk)->user_mss);

	req->ts_ok = ts;
	req->ts_recent = ts ? o->tsval : 0;
	req->sack_ok = READ_ONCE(net->ipv4.sysctl_tcp_sack) &&
		       (o->flags & NEWTCP_OPT_SACK_PERM);
	req->wscale_ok = READ_ONCE(net->ipv4.sysctl_tcp_window_scaling) &&
			 (o->flags & NEWTCP_OPT_WSCALE);
	req->snd_wscale = req->wscale_ok ? o->wscale : 0;
	req->peer_mss = o->flags & NEWTCP_OPT_MSS ? o->mss : 0;
	if (user && req->peer_mss > user)
		req->peer_mss = user;
	req->irs = NEWTCP_CB(skb)->seq;
	newtcp_first_numbers(net, req->c.skc_rcv_saddr, req->c.skc_daddr,
			     htons(req->c.skc_num), req->c.skc_dport,
			     &req->iss, &req->ts_offset);
	req->mark = inet_request_mark(lsk, (struct sk_buff *)skb);
	req->tos = ip_hdr(skb)->tos;
	req->retrans = 0;
	req->last_oow_ack = 0;
	req->timeout = usecs_to_jiffies(NEWTCP_RTO_INIT_US);
	req->synack_us = newtcp_clock_us();
}

/* MSS and window to announce to the other end of a route. */
static void req_window(struct newtcp_req *req, const struct dst_entry *dst)
{
	struct sock *lsk = req->listener;
	u32 clamp = READ_ONCE(newtcp_sk(lsk)->window_clamp);
	u8 ws;

	req->advmss = newtcp_advertised_mss(lsk, dst);
	newtcp_initial_window(lsk, newtcp_full_space(lsk),
			      req->advmss - (req->ts_ok ? NEWTCP_TS_ALIGNED : 0),
			      &req->rcv_wnd, &clamp, req->wscale_ok, &ws);
	req->rcv_wscale = ws;
}

/* Room in both queues? RFC 4987: what does not fit is dropped in silence. */
static bool queues_have_room(struct sock *lsk)
{
	const struct newtcp_listener *l = newtcp_sk(lsk)->listener;
	struct net *net = sock_net(lsk);
	u32 limit = READ_ONCE(net->ipv4.sysctl_max_syn_backlog);
	u32 qlen = READ_ONCE(l->qlen);

	if (sk_acceptq_is_full(lsk))
		return false;
	/* A quarter is left for peers that are known; none are, yet. */
	return qlen <= READ_ONCE(lsk->sk_max_ack_backlog) &&
	       qlen <= limit - (limit >> 2);
}

/* Put a request onto its listener's list; false: the listener has stopped. */
static bool req_list(struct newtcp_req *req)
{
	struct newtcp_listener *l = newtcp_sk(req->listener)->listener;
	bool listening;

	spin_lock(&l->lock);
	listening = req->listener->sk_state == TCP_LISTEN;
	if (listening) {
		/* For the list and for the timer. */
		refcount_add(2, &req->c.skc_refcnt);
		hlist_add_head(&req->node, &l->reqs);
		l->qlen++;
		mod_timer(&req->timer, jiffies + req->timeout);
	}
	spin_unlock(&l->lock);
	return listening;
}

static void rcv_syn(struct sock *lsk, struct sk_buff *skb,
		    const struct tcphdr *th)
{
	struct newtcp_options o;
	struct newtcp_req *req;
	struct newtcp_reply r;

	/* Never answer to a group. */
	if (skb_rtable(skb) &&
	    skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		return;
	if (!queues_have_room(lsk)) {
		net_dbg_ratelimited("newinet: backlog of port %d is full\n",
				    ntohs(th->dest));
		atomic_inc(&lsk->sk_drops);
		return;
	}
	req = req_alloc(lsk, skb, th);
	if (!req)
		return;
	newtcp_options_parse((const u8 *)(th + 1), th->doff * 4 - sizeof(*th),
			     true, &o);
	req_negotiate(req, skb, &o);
	synack_init(req, &r);
	r.dst = newtcp_reply_route(&r);
	if (!r.dst)
		goto out;
	req_window(req, r.dst);
	if (!newtcp_hash_req(req))
		goto out_dst;	/* another CPU took the same SYN */
	if (!req_list(req)) {
		newtcp_unhash_req(req);
		goto out_dst;
	}
	send_synack(req, &r);
	goto out;
out_dst:
	dst_release(r.dst);
out:
	newtcp_req_put(req);
}

/**
 * newtcp_listener_rcv() - a segment arrives in LISTEN (RFC 9293 3.10.7.2)
 * @sk: the listener, not locked
 * @skb: the segment, at its TCP header, newtcp_skb_cb filled in; consumed
 *
 * Context: softirq.
 */
void newtcp_listener_rcv(struct sock *sk, struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;

	skb_reset_transport_header(skb);
	/* First RST, second ACK, third SYN. */
	if (!th->rst) {
		if (th->ack)
			newtcp_send_rst(sock_net(sk), skb, sk);
		else if (th->syn && !th->fin)
			rcv_syn(sk, skb, th);
	}
	kfree_skb(skb);
}

/* The child's variables, from the request and its first window. */
static void child_variables(struct sock *child, const struct newtcp_req *req,
			    const struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(child);

	newtcp_reset_vars(child);
	tp->irs = req->irs;
	tp->iss = req->iss;
	tp->rcv_nxt = req->irs + 1;
	tp->rcv_wup = tp->rcv_nxt;
	tp->copied_seq = tp->rcv_nxt;
	tp->snd_una = req->iss;
	tp->snd_nxt = req->iss + 1;
	tp->snd_sml = tp->snd_nxt;
	tp->write_seq = tp->snd_nxt;
	tp->pushed_seq = tp->snd_nxt;
	tp->ts_ok = req->ts_ok;
	tp->sack_ok = req->sack_ok;
	tp->wscale_ok = req->wscale_ok;
	tp->snd_wscale = req->snd_wscale;
	tp->rcv_wscale = req->rcv_wscale;
	tp->ts_recent = req->ts_recent;
	tp->ts_recent_stamp = (u32)ktime_get_seconds();
	tp->ts_offset = req->ts_offset;
	tp->rcv_wnd = req->rcv_wnd;
	tp->rcv_ssthresh = req->rcv_wnd;
	tp->window_clamp = req->wscale_ok ? 65535U << req->rcv_wscale : 65535;
	tp->advmss = req->advmss;
	tp->header_len = sizeof(struct tcphdr) +
			 (req->ts_ok ? NEWTCP_TS_ALIGNED : 0);
	newtcp_set_peer_mss(tp, req->peer_mss);
	tp->snd_wnd = ntohs(newtcp_hdr(skb)->window) << tp->snd_wscale;
	tp->max_window = tp->snd_wnd;
	tp->snd_wl1 = NEWTCP_CB(skb)->seq;
	newtcp_clock_refresh(tp);
	newtcp_recovery_reset(child);
	tp->last_rcv = (u32)jiffies;
	tp->last_heard = (u32)jiffies;
	tp->last_snd = (u32)jiffies;
}

/* It will not be: never hashed, or taken out again. Unlocks and puts. */
static void child_abort(struct sock *child)
	__releases(&child->sk_lock.slock)
{
	newtcp_set_state(child, TCP_CLOSE);
	sock_set_flag(child, SOCK_DEAD);
	newtcp_orphan_inc();
	newtcp_destroy(child);
	bh_unlock_sock(child);
	sock_put(child);
}

/* A full socket for a finished handshake; locked, not hashed. NULL: no memory. */
static struct sock *child_create(struct newtcp_req *req, struct sk_buff *skb)
{
	struct sock *lsk = req->listener, *child;
	struct inet_sock *inet;
	struct dst_entry *dst;

	child = sk_clone_lock(lsk, GFP_ATOMIC);
	if (!child)
		return NULL;
	__acquire(&child->sk_lock.slock);
	/* The clone has the lock class of its sk_family: give it ours. */
	bh_unlock_sock(child);
	newinet_lockdep_class(child);
	bh_lock_sock(child);

	newtcp_child_init(child);
	inet = inet_sk(child);
	child->sk_daddr = req->c.skc_daddr;
	child->sk_rcv_saddr = req->c.skc_rcv_saddr;
	inet->inet_saddr = req->c.skc_rcv_saddr;
	child->sk_num = req->c.skc_num;
	inet->inet_sport = htons(req->c.skc_num);
	inet->inet_dport = req->c.skc_dport;
	child->sk_bound_dev_if = req->c.skc_bound_dev_if;
	child->sk_mark = req->mark;
	inet->inet_opt = NULL;
	inet->mc_index = skb->skb_iif;
	inet->mc_ttl = ip_hdr(skb)->ttl;
	inet->rcv_tos = ip_hdr(skb)->tos;
	atomic_set(&inet->inet_id, get_random_u16());
	sk_set_txhash(child);
	child_variables(child, req, skb);
	security_inet_conn_established(child, skb);
	if (!newinet_claim_share(&lsk->__sk_common, &child->__sk_common)) {
		/* The listener closes on another CPU. */
		child_abort(child);
		return NULL;
	}

	dst = newinet_egress_dst(child);
	if (!dst) {
		child_abort(child);
		return NULL;
	}
	newtcp_sync_mss(child, dst_mtu(dst));
	/* The handshake's own round trip, unless it took two SYN-ACKs. */
	if (!req->retrans)
		newtcp_rtt_update(child, max_t(u64, newtcp_sk(child)->now_us -
					       req->synack_us, 1));
	__release(&child->sk_lock.slock);
	return child;
}

/* The third packet fits: make the connection. Consumes @skb. */
static void req_establish(struct newtcp_req *req, struct sk_buff *skb)
{
	struct sock *lsk = req->listener, *child;

	if (sk_acceptq_is_full(lsk)) {
		/* Stay half-open: the SYN-ACK will ask for it again. */
		atomic_inc(&lsk->sk_drops);
		goto drop;
	}
	child = child_create(req, skb);
	if (!child)
		goto drop;
	__acquire(&child->sk_lock.slock);
	inet_sk_set_state(child, TCP_SYN_RECV);
	if (!newtcp_hash_child(req, child)) {
		/* Another CPU was first; the data will come again. */
		child_abort(child);
		goto drop;
	}
	req_finish(req);
	if (!newtcp_accept_enqueue(lsk, child)) {
		newtcp_send_active_reset(child, GFP_ATOMIC);
		child_abort(child);
		goto drop;
	}
	newtcp_do_rcv(child, skb);
	bh_unlock_sock(child);
	lsk->sk_data_ready(lsk);
	sock_put(child);
	return;
drop:
	kfree_skb(skb);
}

/* What a segment means for a half-open request. */
enum req_verdict {
	REQ_DROP,
	REQ_ACK,	/* out of window: say where we are */
	REQ_SYNACK,	/* the SYN again: so the SYN-ACK was lost */
	REQ_RST,	/* answer with a reset */
	REQ_END,	/* the peer gave up */
	REQ_ESTABLISH,
};

static enum req_verdict req_verdict(const struct newtcp_req *req,
				    const struct newtcp_skb_cb *cb,
				    const struct newtcp_options *o)
{
	bool has_ts = req->ts_ok && (o->flags & NEWTCP_OPT_TS);
	bool paws = has_ts && (s32)(o->tsval - req->ts_recent) < 0;

	if (cb->seq == req->irs &&
	    (cb->flags & (NEWTCP_SYN | NEWTCP_RST | NEWTCP_ACK)) == NEWTCP_SYN &&
	    !paws)
		return REQ_SYNACK;
	/* RFC 9293 3.10.7.4, first check: an ACK of what was never sent. */
	if ((cb->flags & NEWTCP_ACK) && cb->ack_seq != req->iss + 1)
		return cb->flags & NEWTCP_RST ? REQ_DROP : REQ_RST;
	if (paws || !newtcp_seg_acceptable(req->irs + 1, req->rcv_wnd, cb->seq,
					   cb->end_seq))
		return cb->flags & NEWTCP_RST ? REQ_DROP : REQ_ACK;
	if (cb->flags & NEWTCP_RST)
		return cb->seq == req->irs + 1 ? REQ_END : REQ_DROP;
	if (cb->flags & NEWTCP_SYN)
		return REQ_ACK;
	return cb->flags & NEWTCP_ACK ? REQ_ESTABLISH : REQ_DROP;
}

static void req_reply_ack(const struct newtcp_req *req)
{
	struct newtcp_options o = { .flags = 0 };
	struct newtcp_reply r = {
		.net = sock_net(req->listener),
		.saddr = req->c.skc_rcv_saddr,
		.daddr = req->c.skc_daddr,
		.sport = htons(req->c.skc_num),
		.dport = req->c.skc_dport,
		.seq = req->iss + 1,
		.ack = req->irs + 1,
		.window = min_t(u32, req->rcv_wnd >> req->rcv_wscale, 65535),
		.flags = NEWTCP_ACK,
		.mark = req->mark,
		.oif = req->c.skc_bound_dev_if,
		.opts = &o,
		.owner = req->listener,
	};

	if (req->ts_ok) {
		o.flags = NEWTCP_OPT_TS;
		o.tsval = newtcp_ts_of(newtcp_clock_us()) + req->ts_offset;
		o.tsecr = req->ts_recent;
	}
	newtcp_reply_send(&r);
}

/**
 * newtcp_req_rcv() - a segment arrives for a half-open request
 * @req: the request; the caller's reference is dropped
 * @skb: the segment, at its TCP header, newtcp_skb_cb filled in; consumed
 *
 * Context: softirq.
 */
void newtcp_req_rcv(struct newtcp_req *req, struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	struct sock *lsk = req->listener;
	struct newtcp_options o;

	skb_reset_transport_header(skb);
	newtcp_options_parse((const u8 *)(th + 1), th->doff * 4 - sizeof(*th),
			     th->syn, &o);
	switch (req_verdict(req, NEWTCP_CB(skb), &o)) {
	case REQ_SYNACK:
		if (!newtcp_oow_ratelimited(sock_net(lsk), skb, &req->last_oow_ack))
			send_synack_again(req);
		break;
	case REQ_ACK:
		if (!newtcp_oow_ratelimited(sock_net(lsk), skb, &req->last_oow_ack))
			req_reply_ack(req);
		break;
	case REQ_RST:
		newtcp_send_rst(sock_net(lsk), skb, lsk);
		break;
	case REQ_END:
		req_kill(req);
		break;
	case REQ_ESTABLISH:
		if ((o.flags & NEWTCP_OPT_TS) && req->ts_ok &&
		    !seq_after(NEWTCP_CB(skb)->seq, req->irs + 1))
			WRITE_ONCE(req->ts_recent, o.tsval);
		req_establish(req, skb);
		skb = NULL;
		break;
	case REQ_DROP:
		break;
	}
	kfree_skb(skb);
	newtcp_req_put(req);
}

/**
 * newtcp_req_error() - ICMP says that a SYN-ACK did not arrive
 * @req: the request; the caller's reference is dropped
 * @seq: sequence number of the segment that the message quotes
 *
 * Context: softirq.
 */
void newtcp_req_error(struct newtcp_req *req, u32 seq)
{
	if (seq == req->iss)
		req_kill(req);
	newtcp_req_put(req);
}

/**
 * newtcp_listen_start() - listen(2)
 * @sk: socket in CLOSED
 * @backlog: bound of the accept queue
 *
 * Context: process, socket lock held.
 * Return: 0; -ENOMEM; -EADDRINUSE when the port cannot be listened on.
 */
int newtcp_listen_start(struct sock *sk, int backlog)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_listener *l;
	int err;

	/* It stays for the life of the socket: late segments may look at it. */
	l = tp->listener;
	if (!l) {
		l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
		if (!l)
			return -ENOMEM;
		spin_lock_init(&l->lock);
		tp->listener = l;
	}
	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	WRITE_ONCE(sk->sk_ack_backlog, 0);

	newtcp_set_state(sk, TCP_LISTEN);
	if (sk->sk_num)
		err = newinet_claim_listen(sk);
	else
		err = newinet_claim_bind(sk, sk->sk_rcv_saddr, 0);
	if (err) {
		inet_sk_set_state(sk, TCP_CLOSE);
		return err;
	}
	inet_sk(sk)->inet_sport = htons(sk->sk_num);
	sk_dst_reset(sk);
	newtcp_hash_listener(sk);
	return 0;
}

/**
 * newtcp_listen_stop() - a listener closes: reset and forget what is queued
 * @sk: the socket, no longer in LISTEN
 *
 * Context: process, socket lock held.
 */
void newtcp_listen_stop(struct sock *sk)
{
	struct newtcp_listener *l = newtcp_sk(sk)->listener;
	struct newtcp_req *req;

	local_bh_disable();
	for (;;) {
		spin_lock(&l->lock);
		req = hlist_empty(&l->reqs) ? NULL :
		      hlist_entry(l->reqs.first, struct newtcp_req, node);
		if (req)
			refcount_inc(&req->c.skc_refcnt);
		spin_unlock(&l->lock);
		if (!req)
			break;
		req_kill(req);
		newtcp_req_put(req);
	}
	local_bh_enable();
	newtcp_accept_drain(sk);
}

/**
 * newtcp_handshake_init() - create the slab cache of requests
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int newtcp_handshake_init(void)
{
	req_cache = kmem_cache_create("newtcp_req", sizeof(struct newtcp_req),
				      0, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT |
				      SLAB_TYPESAFE_BY_RCU, NULL);
	return req_cache ? 0 : -ENOMEM;
}

/**
 * newtcp_handshake_exit() - destroy it; every request went with its listener
 *
 * Context: process.
 */
void newtcp_handshake_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(req_cache);
}
