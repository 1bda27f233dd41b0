// SPDX-License-Identifier: GPL-2.0
/*
 * Passive open: LISTEN, the SYN queue, the third packet
 * (RFC 9293 3.10.1, 3.10.7.2, 3.10.7.4 for SYN-RECEIVED).
 * The accept queue is in accept.c, the making of the full socket in child.c.
 *
 * A SYN becomes a struct newtcp_req, findable in the connection table, which
 * sends the SYN-ACK and repeats it. The third packet turns it into a full
 * socket, which waits in the accept queue. Both queues are bounded by the
 * backlog; what does not fit is dropped and will be sent again.
 *
 * References on a request: the table's, the timer's while it is armed, the
 * listener's list's, and the finder's. Its memory is SLAB_TYPESAFE_BY_RCU: a
 * stale look-up may come upon it at any time, so there is no reference to be
 * had until all of it is written (newinet_hash_entry()).
 *
 * Context: softirq for segments and timers, with the listener not locked;
 * listen(2) and close(2) process. newtcp_listener.lock guards the
 * queues.
 */
#include <linux/security.h>
#include <linux/slab.h>
#include <net/inet_ecn.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/request_sock.h>
#include <net/route.h>
#include <net/sock.h>
#include "core/negotiate.h"
#include "core/options.h"
#include "core/passive.h"
#include "core/rtt.h"
#include "core/seq.h"
#include "core/verdict.h"
#include "core/wire.h"
#include "ports/bind.h"
#include "table/lookup.h"
#include "tcp/clock.h"
#include "tcp/entry.h"
#include "tcp/rx/answer.h"
#include "tcp/rx/input.h"
#include "tcp/rx/rcvbuf.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/control.h"
#include "tcp/tx/mss.h"
#include "tcp/tx/reply.h"
#include "accept.h"
#include "agree.h"
#include "child.h"
#include "handshake.h"
#include "keys.h"
#include "metrics.h"
#include "state.h"

#define NEWTCP_PROBE_MAX	(120 * HZ)

static struct kmem_cache *req_cache;

/**
 * newtcp_req_free() - the last reference has gone, or none was ever taken
 * @req: the request
 */
void newtcp_req_free(struct newtcp_req *req)
{
	sock_put(req->listener);
	kmem_cache_free(req_cache, req);
}

/**
 * newtcp_req_put() - drop a reference on a request
 * @req: the request
 */
void newtcp_req_put(struct newtcp_req *req)
{
	if (refcount_dec_and_test(&req->c.skc_refcnt))
		newtcp_req_free(req);
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
		WRITE_ONCE(l->qlen, l->qlen - 1);
		if (!req->timeouts)
			WRITE_ONCE(l->young, l->young - 1);
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

/* False: another CPU was first, and made the connection or ended it. BH. */
static bool req_kill(struct newtcp_req *req)
{
	bool mine = newinet_unhash_entry(&req->c);

	req_finish(req);
	return mine;
}

/* net.ipv4.tcp_reflect_tos: the SYN's, but for the bits of ECN. */
static u8 synack_tos(const struct newtcp_req *req)
{
	u8 tos = READ_ONCE(inet_sk(req->listener)->tos);

	if (READ_ONCE(sock_net(req->listener)->ipv4.sysctl_tcp_reflect_tos))
		tos = (req->tos & ~INET_ECN_MASK) | (tos & INET_ECN_MASK);
	return tos;
}

/* The SYN-ACK, as far as it is known before its route is. */
static void synack_init(const struct newtcp_req *req, struct newtcp_reply *r)
{
	struct sock *lsk = req->listener;
	int ttl = READ_ONCE(inet_sk(lsk)->uc_ttl);

	*r = (struct newtcp_reply) {
		.net = sock_net(lsk),
		.saddr = req->c.skc_rcv_saddr,
		.daddr = req->c.skc_daddr,
		.th.sport = htons(req->c.skc_num),
		.th.dport = req->c.skc_dport,
		.th.seq = req->iss,
		.th.ack = req->irs + 1,
		.th.flags = TH_SYN | TH_ACK,
		.tos = synack_tos(req),
		.ttl = ttl < 0 ? 0 : ttl,
		.mark = req->mark,
		.oif = req->c.skc_bound_dev_if,
		.owner = lsk,
	};
}

static int send_synack(struct newtcp_req *req, struct newtcp_reply *r, u64 now_us)
{
	const struct newtcp_syn_values v = {
		.mss = req->advmss,
		.wscale = req->agreed.rcv_wscale,
		.tsval = newtcp_ms_of(now_us) + req->ts_offset,
		.tsecr = READ_ONCE(req->ts_recent),
	};
	struct newtcp_options o;

	newtcp_negotiate_say(req->agreed.use, &v, &o);
	r->th.window = newtcp_wire_syn_window(req->rcv_wnd);
	r->opts = &o;
	return newtcp_reply_send(r);
}

/* False: it could not be sent. */
static bool send_synack_again(struct newtcp_req *req)
{
	struct newtcp_reply r;
	int err;

	synack_init(req, &r);
	err = send_synack(req, &r, newtcp_clock_us());
	if (net_xmit_eval(err))
		return false;
	/* A SYN may come again for ever: what was sent twice stays sent twice. */
	if (req->retrans < U8_MAX)
		req->retrans++;
	return true;
}

/* Until the SYN-ACK goes again. */
static unsigned long req_timeout(const struct newtcp_req *req)
{
	return newtcp_passive_wait(req->timeouts, usecs_to_jiffies(NEWTCP_RTO_INIT_US),
				   NEWTCP_PROBE_MAX);
}

static u32 req_tries(const struct newtcp_req *req)
{
	struct sock *lsk = req->listener;
	const struct newtcp_listener *l = newtcp_sk(lsk)->listener;
	u32 tries = READ_ONCE(newtcp_sk(lsk)->syn_retries) ?:
		    READ_ONCE(sock_net(lsk)->ipv4.sysctl_tcp_synack_retries);

	return newtcp_passive_tries(tries, READ_ONCE(l->qlen), READ_ONCE(l->young),
				    READ_ONCE(lsk->sk_max_ack_backlog));
}

/* Wait on; false: it is finished, and not to be started again. */
static bool req_rearm(struct newtcp_req *req)
{
	struct newtcp_listener *l = newtcp_sk(req->listener)->listener;
	bool listed;

	spin_lock(&l->lock);
	listed = !hlist_unhashed(&req->node);
	if (listed) {
		if (!req->timeouts)
			WRITE_ONCE(l->young, l->young - 1);
		if (req->timeouts < U8_MAX)
			req->timeouts++;
		mod_timer(&req->timer, jiffies + req_timeout(req));
	}
	spin_unlock(&l->lock);
	return listed;
}

static void req_timer(struct timer_list *t)
{
	struct newtcp_req *req = timer_container_of(req, t, timer);

	/* What the peer has acknowledged waits for room, route or no route. */
	if (req->listener->sk_state == TCP_LISTEN && req->timeouts < req_tries(req) &&
	    (send_synack_again(req) || READ_ONCE(req->acked)) && req_rearm(req))
		return;		/* the timer keeps its reference */
	req_kill(req);
	newtcp_req_put(req);
}

/* A request that cannot be found yet: it has no references. */
static struct newtcp_req *req_alloc(struct sock *lsk, const struct sk_buff *skb,
				    const struct tcphdr *th)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct newtcp_req *req;

	req = kmem_cache_alloc(req_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!req)
		return NULL;
	refcount_set(&req->c.skc_refcnt, 0);
	req->c.skc_daddr = iph->saddr;
	req->c.skc_rcv_saddr = iph->daddr;
	req->c.skc_dport = th->source;
	req->c.skc_num = ntohs(th->dest);
	req->c.skc_family = lsk->sk_family;
	req->c.skc_reuse = 0;
	req->c.skc_reuseport = 0;
	/* In a VRF, by tcp_l3mdev_accept, it is the VRF's. */
	req->c.skc_bound_dev_if = inet_request_bound_dev_if(lsk, (struct sk_buff *)skb);
	/* Readers may still pass through .next: it stays as it is. */
	req->c.skc_nulls_node.pprev = NULL;
	write_pnet(&req->c.skc_net, sock_net(lsk));
	req->c.skc_prot = lsk->sk_prot;
	req->c.skc_state = TCP_NEW_SYN_RECV;
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

	/* Our scale is known later: see req_window(). */
	newtcp_negotiate(newtcp_willing(net), 0, READ_ONCE(newtcp_sk(lsk)->user_mss), o,
			 &req->agreed);
	req->ts_recent = req->agreed.use.timestamps ? o->tsval : 0;
	req->irs = NEWTCP_CB(skb)->seq;
	newtcp_first_numbers(net, req->c.skc_rcv_saddr, req->c.skc_daddr,
			     htons(req->c.skc_num), req->c.skc_dport,
			     &req->iss, &req->ts_offset);
	if (NEWTCP_CB(skb)->tw_isn)
		req->iss = NEWTCP_CB(skb)->tw_isn;
	req->mark = inet_request_mark(lsk, (struct sk_buff *)skb);
	req->tos = ip_hdr(skb)->tos;
	req->retrans = 0;
	req->timeouts = 0;
	req->acked = 0;
	req->last_oow_ack = 0;
	req->synack_us = newtcp_clock_us();
}

/* MSS and window to announce to the other end of a route. */
static void req_window(struct newtcp_req *req, const struct dst_entry *dst)
{
	struct sock *lsk = req->listener;

	req->window_clamp = newtcp_metrics_clamp(lsk, dst);
	req->advmss = newtcp_advertised_mss(lsk, dst);
	req->rcv_wnd =
		newtcp_initial_window(lsk, req->advmss -
				      (req->agreed.use.timestamps ? NEWTCP_TS_ALIGNED : 0),
				      newtcp_metrics_rwnd(dst), req->agreed.use.wscale,
				      &req->window_clamp, &req->agreed.rcv_wscale);
}

/* Room in both queues? RFC 4987: what does not fit is dropped in silence. */
static bool queues_have_room(struct sock *lsk)
{
	const struct newtcp_listener *l = newtcp_sk(lsk)->listener;

	return !sk_acceptq_is_full(lsk) &&
	       newtcp_passive_room(READ_ONCE(l->qlen), READ_ONCE(lsk->sk_max_ack_backlog),
				   READ_ONCE(sock_net(lsk)->ipv4.sysctl_max_syn_backlog));
}

/*
 * Put a request onto its listener's list; false: the listener has stopped, and may listen
 * to another port by now, or somebody has ended the request, which can be found already:
 * who does takes it out of the table before he looks at the list.
 */
static bool req_list(struct newtcp_req *req)
{
	struct newtcp_listener *l = newtcp_sk(req->listener)->listener;
	bool listening;

	spin_lock(&l->lock);
	listening = req->listener->sk_state == TCP_LISTEN &&
		    req->listener->sk_num == req->c.skc_num &&
		    !hlist_nulls_unhashed_lockless(&req->c.skc_nulls_node);
	if (listening) {
		/* For the list and for the timer. */
		refcount_add(2, &req->c.skc_refcnt);
		hlist_add_head(&req->node, &l->reqs);
		WRITE_ONCE(l->qlen, l->qlen + 1);
		WRITE_ONCE(l->young, l->young + 1);
		mod_timer(&req->timer, jiffies + req_timeout(req));
	}
	spin_unlock(&l->lock);
	return listening;
}

/*
 * May this peer connect, as the security modules see it? They are asked by a request of
 * AF_INET, as is what comes with the SYN: its labels are those of the packet.
 */
static noinline_for_stack bool security_admits(const struct sock *lsk, struct sk_buff *skb,
					       const struct tcphdr *th)
{
	static const struct request_sock_ops ops = { .family = PF_INET };
	struct inet_request_sock ireq = { .req.rsk_ops = &ops };
	bool admitted;

	ireq.ir_loc_addr = ip_hdr(skb)->daddr;
	ireq.ir_rmt_addr = ip_hdr(skb)->saddr;
	ireq.ir_num = ntohs(th->dest);
	ireq.ir_rmt_port = th->source;
	admitted = !security_inet_conn_request(lsk, skb, &ireq.req);
	/* NetLabel's options, for a SYN-ACK of the kernel's. */
	kfree(rcu_access_pointer(ireq.ireq_opt));
	return admitted;
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
	req = security_admits(lsk, skb, th) ? req_alloc(lsk, skb, th) : NULL;
	if (!req)
		return;
	newtcp_options_parse((const u8 *)(th + 1), th->doff * 4 - sizeof(*th),
			     true, &o);
	req_negotiate(req, skb, &o);
	synack_init(req, &r);
	r.dst = newtcp_reply_route(&r);
	if (!r.dst) {
		newtcp_req_free(req);
		return;
	}
	req_window(req, r.dst);
	if (!newinet_hash_entry(&req->c)) {
		/* Another CPU took the same SYN. */
		dst_release(r.dst);
		newtcp_req_free(req);
		return;
	}
	if (req_list(req)) {
		/* Its timestamp can be told from those of others (synacks_lost()). */
		send_synack(req, &r, req->synack_us);
	} else {
		newinet_unhash_entry(&req->c);
		dst_release(r.dst);
	}
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
	/* Found before it listened here, as a connection even: its claim is another. */
	if (unlikely(ntohs(th->dest) != READ_ONCE(sk->sk_num))) {
		kfree_skb(skb);
		return;
	}
	switch (newtcp_listen_verdict(NEWTCP_CB(skb)->flags)) {
	case VERDICT_LISTEN_RST:
		newtcp_send_rst(sock_net(sk), skb, sk);
		break;
	case VERDICT_LISTEN_SYN:
		rcv_syn(sk, skb, th);
		break;
	case VERDICT_LISTEN_DROP:
		break;
	}
	kfree_skb(skb);
}

/*
 * There is no room for the connection: stay half-open, the SYN-ACK will ask for
 * it again; or, by net.ipv4.tcp_abort_on_overflow, tell the peer. False: it has been made.
 */
static bool req_overflow(struct newtcp_req *req, const struct sk_buff *skb)
{
	struct sock *lsk = req->listener;

	if (hlist_nulls_unhashed_lockless(&req->c.skc_nulls_node))
		return false;
	if (!READ_ONCE(sock_net(lsk)->ipv4.sysctl_tcp_abort_on_overflow))
		WRITE_ONCE(req->acked, 1);
	else if (req_kill(req))
		newtcp_send_rst(sock_net(lsk), skb, lsk);
	else
		return false;
	atomic_inc(&lsk->sk_drops);
	return true;
}

/*
 * The third packet fits: make the connection. False: another CPU was first, and @skb is
 * for the connection that it has made; true: consumes @skb.
 */
static bool req_establish(struct newtcp_req *req, struct sk_buff *skb,
			  const struct newtcp_options *opts)
{
	struct sock *lsk = req->listener, *child = NULL;

	if (!sk_acceptq_is_full(lsk))
		child = newtcp_child_create(req, skb, opts);
	if (!child) {
		if (!req_overflow(req, skb))
			return false;
		goto drop;
	}
	__acquire(&child->sk_lock.slock);
	if (!newinet_hash_child(&req->c, child)) {
		newtcp_child_abort(child);
		return false;
	}
	req_finish(req);
	if (!newtcp_accept_enqueue(lsk, child)) {
		newtcp_send_active_reset(child, GFP_ATOMIC);
		newtcp_child_abort(child);
		goto drop;
	}
	newtcp_do_rcv(child, skb);
	bh_unlock_sock(child);
	lsk->sk_data_ready(lsk);
	sock_put(child);
	return true;
drop:
	kfree_skb(skb);
	return true;
}

static enum newtcp_req_verdict req_verdict(const struct newtcp_req *req,
					   const struct newtcp_skb_cb *cb,
					   const struct newtcp_options *o)
{
	const struct newtcp_req_state st = {
		.irs = req->irs,
		.iss = req->iss,
		.rcv_wnd = req->rcv_wnd,
		.ts_recent = READ_ONCE(req->ts_recent),
	};
	const struct newtcp_arrival seg = {
		.seq = cb->seq,
		.end_seq = cb->end_seq,
		.ack = cb->ack_seq,
		.flags = cb->flags,
		.has_ts = req->agreed.use.timestamps && (o->flags & NEWTCP_OPT_TS),
		.tsval = o->tsval,
	};

	return newtcp_req_verdict(&st, &seg);
}

static void req_reply_ack(const struct newtcp_req *req)
{
	struct newtcp_options o = { .flags = 0 };
	struct newtcp_reply r = {
		.net = sock_net(req->listener),
		.saddr = req->c.skc_rcv_saddr,
		.daddr = req->c.skc_daddr,
		.th.sport = htons(req->c.skc_num),
		.th.dport = req->c.skc_dport,
		.th.seq = req->iss + 1,
		.th.ack = req->irs + 1,
		.th.window = newtcp_wire_window(req->rcv_wnd, req->agreed.rcv_wscale),
		.th.flags = TH_ACK,
		.mark = req->mark,
		.oif = req->c.skc_bound_dev_if,
		.opts = &o,
		.owner = req->listener,
	};

	if (req->agreed.use.timestamps) {
		o.flags = NEWTCP_OPT_TS;
		o.tsval = newtcp_ms_of(newtcp_clock_us()) + req->ts_offset;
		o.tsecr = req->ts_recent;
	}
	newtcp_reply_send(&r);
}

/**
 * newtcp_req_rcv() - a segment arrives for a half-open request
 * @req: the request
 * @skb: the segment, at its TCP header, newtcp_skb_cb filled in
 *
 * Context: softirq.
 * Return: true, and @skb is consumed; false when the request has become a connection
 * on another CPU: the segment is that one's (tcp_v4_rcv() of Linux: req_stolen).
 */
bool newtcp_req_rcv(struct newtcp_req *req, struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	struct sock *lsk = req->listener;
	struct newtcp_options o;

	skb_reset_transport_header(skb);
	newtcp_options_parse((const u8 *)(th + 1), th->doff * 4 - sizeof(*th),
			     th->syn, &o);
	/* What a connection is made of stays: another CPU may be making it now. */
	switch (req_verdict(req, NEWTCP_CB(skb), &o)) {
	case VERDICT_REQ_SYNACK:
		if (!newtcp_oow_ratelimited(sock_net(lsk), skb, &req->last_oow_ack) &&
		    send_synack_again(req))
			mod_timer_pending(&req->timer, jiffies + req_timeout(req));
		break;
	case VERDICT_REQ_ACK:
		if (!newtcp_oow_ratelimited(sock_net(lsk), skb, &req->last_oow_ack))
			req_reply_ack(req);
		break;
	case VERDICT_REQ_CHALLENGE:
		if (newtcp_challenge_due(sock_net(lsk), &req->last_oow_ack))
			req_reply_ack(req);
		break;
	case VERDICT_REQ_RST:
		newtcp_send_rst(sock_net(lsk), skb, lsk);
		break;
	case VERDICT_REQ_END:
		if (!req_kill(req))
			return false;
		break;
	case VERDICT_REQ_ESTABLISH:
		return req_establish(req, skb, &o);
	case VERDICT_REQ_DROP:
		break;
	}
	kfree_skb(skb);
	return true;
}

/**
 * newtcp_req_error() - an ICMP error quotes a SYN-ACK
 * @req: the request; the caller's reference is dropped
 * @seq: sequence number of the segment that the message quotes
 * @ends: it says that none will arrive
 *
 * Context: softirq.
 */
void newtcp_req_error(struct newtcp_req *req, u32 seq, bool ends)
{
	if (ends && seq == req->iss)
		req_kill(req);
	newtcp_req_put(req);
}

/* 0; -ENOMEM; -EADDRINUSE when the port cannot be listened on. Socket locked, in CLOSED. */
static int listen_start(struct sock *sk, int backlog)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_listener *l;
	int err;

	sock_owned_by_me(sk);
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
	err = newinet_hash_listener(sk);
	if (err)
		newtcp_set_state(sk, TCP_CLOSE);
	return err;
}

/**
 * newtcp_listen() - listen(2)
 * @sock: the socket
 * @backlog: bound of the accept queue, clamped to somaxconn by the caller
 *
 * Context: process, not locked.
 * Return: 0; -EINVAL in a state that cannot listen; -ENOMEM; -EADDRINUSE when the
 * port cannot be listened on.
 */
int newtcp_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED || sock->type != SOCK_STREAM)
		goto out;
	if (!((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		goto out;

	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	err = 0;
	if (sk->sk_state != TCP_LISTEN)
		err = listen_start(sk, backlog);
out:
	release_sock(sk);
	return err;
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

	sock_owned_by_me(sk);
	for (;;) {
		spin_lock_bh(&l->lock);
		req = hlist_empty(&l->reqs) ? NULL :
		      hlist_entry(l->reqs.first, struct newtcp_req, node);
		if (req)
			refcount_inc(&req->c.skc_refcnt);
		spin_unlock_bh(&l->lock);
		if (!req)
			break;
		local_bh_disable();
		req_kill(req);
		newtcp_req_put(req);
		local_bh_enable();
		/* A stranger can have made the queue as long as the backlog. */
		cond_resched();
	}
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
