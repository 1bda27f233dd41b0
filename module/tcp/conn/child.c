// SPDX-License-Identifier: GPL-2.0
/*
 * The last step of a passive open: a finished handshake becomes a full socket
 * (RFC 9293 3.10.7.4, SYN-RECEIVED). Answers to sk_clone_lock()'s callers,
 * inet_csk_clone_lock() and tcp_create_openreq_child().
 *
 * The child begins as a copy of its listener, made while the listener is not
 * locked: its program may set options at the same time. Who owns what, then:
 *
 *  - Made anew by sk_clone_lock(): locks (but sk_peer_lock, below), backlog,
 *    the receive, write and error queues, all memory accounts, sk_dst_cache,
 *    sk_wq, sk_socket, sk_memcg, sk_zckey, sk_err, sk_err_soft, sk_priority.
 *  - Counted once more by it, read anew from the listener under RCU: network
 *    namespace, cgroup, sk_filter, IPsec policies, packet time stamps
 *    (SK_FLAGS_TIMESTAMP). The security blob and BPF storage are the child's
 *    own, filled by the modules that own them; sk_reuseport_cb is the
 *    listener's alone; sk_user_data goes with who has not marked it.
 *  - The listener's alone, so cleared in forget_parent(): the multicast list,
 *    IP options, sk_rx_dst, sk_frag, sk_cookie, the accept queue's length,
 *    writers that wait, the port's claim, its place in the slot, SYN and accept
 *    queue. sk_peer_pid and sk_peer_cred are never set for this family; they
 *    are cleared nevertheless, and their lock begins open, since
 *    getsockopt(SO_PEERCRED) on the listener may hold it while it is copied.
 *  - The transport's own: the scoreboard, reassembly, the timer (newtcp_timer_setup),
 *    the congestion controller: the listener's, whose module is counted once
 *    more, if its program chose it, else what is the default by now. Of
 *    inet_sock's cork no datagram code is ever called: what lives there is
 *    plain data, reset with the other variables.
 *  - All else is plain values of the program's (buffer sizes, timeouts,
 *    sk_tsflags, sk_bind_phc, sk_stamp, sk_uid, bits): copied, as AF_INET does.
 *
 * A pointer of the copy may be half written; none of those that are kept is
 * taken from it.
 *
 * The cache is SLAB_TYPESAFE_BY_RCU, and a look-up may hold a stale pointer to
 * the child's memory. It finds addresses that are not its own until they are
 * set here; so the state is set before them, for a child that still says LISTEN
 * would be taken for a listener. Who refers to the child from there on waits
 * for its lock.
 *
 * Context: BH, RCU read side. The listener is not locked, the child is.
 */
#include <net/busy_poll.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/sock.h>
#include "core/board.h"
#include "core/options.h"
#include "core/passive.h"
#include "core/rtt.h"
#include "ports/claim.h"
#include "table/owner.h"
#include "tcp/clock.h"
#include "tcp/entry.h"
#include "tcp/rx/ack.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/loss.h"
#include "tcp/tx/mss.h"
#include "tcp/tx/rate.h"
#include "agree.h"
#include "child.h"
#include "cong_table.h"
#include "deadline.h"
#include "metrics.h"
#include "state.h"
#include "timer.h"

/* What the child must not share with its listener. */
static void forget_parent(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);

	RCU_INIT_POINTER(inet->mc_list, NULL);
	RCU_INIT_POINTER(inet->inet_opt, NULL);
	RCU_INIT_POINTER(sk->sk_rx_dst, NULL);
	sk->sk_rx_dst_ifindex = 0;
	sk->sk_frag.page = NULL;
	sk->sk_frag.offset = 0;
	sk->sk_frag.size = 0;
	sk->sk_peer_pid = NULL;
	sk->sk_peer_cred = NULL;
	spin_lock_init(&sk->sk_peer_lock);
	atomic64_set(&sk->sk_cookie, 0);
	atomic_set(&sk->sk_tskey, 0);
	sk->sk_ack_backlog = 0;
	sk->sk_write_pending = 0;

	tp->listener = NULL;
	tp->pacer = NULL;
	tp->accept_next = NULL;
	tp->base.claim = NULL;
	tp->base.intake_pinned = 0;
	tp->deferred = 0;
	INIT_HLIST_NODE(&sk->sk_bind_node);
	newtcp_board_init(&tp->board);
	newtcp_reasm_init(&tp->reasm);
	newtcp_timer_setup(sk);
}

/* Its place in IP: addresses, ports, device, mark. */
static void child_address(struct sock *child, const struct newtcp_req *req,
			  const struct sk_buff *skb)
{
	struct inet_sock *inet = inet_sk(child);

	/*
	 * Pairs with the look-up, which reads the state after the addresses, and with
	 * newinet_listener_sure(), which does after the node: that comes later still.
	 */
	smp_wmb();
	child->sk_daddr = req->c.skc_daddr;
	child->sk_rcv_saddr = req->c.skc_rcv_saddr;
	inet->inet_saddr = req->c.skc_rcv_saddr;
	child->sk_num = req->c.skc_num;
	inet->inet_sport = htons(req->c.skc_num);
	inet->inet_dport = req->c.skc_dport;
	child->sk_bound_dev_if = req->c.skc_bound_dev_if;
	child->sk_mark = req->mark;
	sk_mark_napi_id_set(child, skb);
	sock_rps_save_rxhash(child, skb);
	inet->mc_index = inet_iif(skb);
	inet->mc_ttl = ip_hdr(skb)->ttl;
	inet->rcv_tos = ip_hdr(skb)->tos;
	if (READ_ONCE(sock_net(child)->ipv4.sysctl_tcp_reflect_tos))
		inet->tos = req->tos & ~INET_ECN_MASK;
	atomic_set(&inet->inet_id, get_random_u16());
	sk_set_txhash(child);
}

/* The child's variables, from the request and its first window. */
static void child_variables(struct sock *child, const struct newtcp_req *req,
			    const struct sk_buff *skb, const struct newtcp_options *opts)
{
	bool newer = (opts->flags & NEWTCP_OPT_TS) && req->agreed.use.timestamps &&
		     !seq_after(NEWTCP_CB(skb)->seq, req->irs + 1);
	struct newtcp_sock *tp = newtcp_sk(child);

	newtcp_reset_vars(child);
	newtcp_clock_refresh(tp);
	tp->rcv_nxt = req->irs + 1;
	tp->rcvwnd.wup = tp->rcv_nxt;
	tp->copied_seq = tp->rcv_nxt;
	tp->snd_una = req->iss;
	tp->snd_nxt = req->iss + 1;
	tp->snd_sml = tp->snd_nxt;
	tp->write_seq = tp->snd_nxt;
	tp->pushed_seq = tp->snd_nxt;
	newtcp_agreed_take(tp, &req->agreed);
	newtcp_ts_take(tp, newer ? opts->tsval : req->ts_recent);
	tp->ts_offset = req->ts_offset;
	tp->rcvwnd.wnd = req->rcv_wnd;
	tp->rcvwnd.ssthresh = req->rcv_wnd;
	tp->rcvwnd.clamp = req->window_clamp;
	tp->rcvwnd.advmss = req->advmss;
	tp->snd_wnd = ntohs(newtcp_hdr(skb)->window) << tp->snd_wscale;
	tp->max_window = tp->snd_wnd;
	tp->snd_wl1 = NEWTCP_CB(skb)->seq;
	newtcp_recovery_reset(child);
	tp->last_rcv = (u32)jiffies;
	tp->last_heard = (u32)jiffies;
	tp->last_snd = (u32)jiffies;
}

/* What the third packet tells of the handshake. */
static struct newtcp_passive_echo echo_of(const struct newtcp_req *req,
					  const struct newtcp_options *opts)
{
	return (struct newtcp_passive_echo){
		.sent_us = req->synack_us,
		.echo = opts->tsecr - req->ts_offset,
		.retrans = req->retrans,
		.timeouts = req->timeouts,
		.has_echo = req->agreed.use.timestamps && (opts->flags & NEWTCP_OPT_TS) &&
			    opts->tsecr,
	};
}

/**
 * newtcp_child_abort() - it will not be: never hashed, or taken out again
 * @child: the socket; unlocked, and its creator's reference dropped
 */
void newtcp_child_abort(struct sock *child)
	__releases(&child->sk_lock.slock)
{
	newtcp_set_state(child, TCP_CLOSE);
	sock_set_flag(child, SOCK_DEAD);
	newtcp_orphan_inc();
	newtcp_destroy(child);
	bh_unlock_sock(child);
	sock_put(child);
}

/* A clone of the listener that shares nothing with it; locked. */
static struct sock *clone_parent(struct sock *lsk)
{
	struct sock *child = sk_clone_lock(lsk, GFP_ATOMIC);

	if (!child)
		return NULL;
	__acquire(&child->sk_lock.slock);
	/* The clone has the lock class of its sk_family: give it ours. */
	bh_unlock_sock(child);
	newinet_lockdep_class(child);
	bh_lock_sock(child);
	inet_sk_set_state(child, TCP_SYN_RECV);
	forget_parent(child);
	if (newtcp_sk(child)->cong_chosen)
		newtcp_cong_clone(&newtcp_sk(child)->cong, &newtcp_sk(lsk)->cong);
	else
		newtcp_default_cong(child);
	__release(&child->sk_lock.slock);
	return child;
}

/**
 * newtcp_child_create() - a full socket for a finished handshake
 * @req: the handshake
 * @skb: its third packet
 * @opts: the options of that
 *
 * Return: the socket, locked, with a reference for the caller beside its own,
 * in SYN-RECEIVED and in no table; NULL without memory or a route, or when the
 * listener closes.
 */
struct sock *newtcp_child_create(const struct newtcp_req *req, struct sk_buff *skb,
				 const struct newtcp_options *opts)
{
	const struct newtcp_passive_echo echo = echo_of(req, opts);
	struct sock *lsk = req->listener, *child;
	struct dst_entry *dst;
	struct newtcp_trip trip = {};

	child = clone_parent(lsk);
	if (!child)
		return NULL;
	__acquire(&child->sk_lock.slock);
	child_address(child, req, skb);
	child_variables(child, req, skb, opts);
	security_inet_conn_established(child, skb);
	if (!newinet_claim_share(&lsk->__sk_common, &child->__sk_common)) {
		/* The listener closes on another CPU. */
		newtcp_child_abort(child);
		return NULL;
	}

	dst = newtcp_route(child);
	if (!dst) {
		newtcp_child_abort(child);
		return NULL;
	}
	newtcp_sync_mss(child, dst_mtu(dst));
	newtcp_sk(child)->rec.total_retrans = req->retrans;
	if (newtcp_passive_lost(&echo))
		newtcp_sk(child)->cong.cwnd = 1;
	newtcp_metrics_cong(child, dst);
	trip.us = newtcp_passive_rtt(&echo, newtcp_sk(child)->now_us);
	trip.newest_us = trip.us;
	if (trip.us)
		newtcp_rtt_update(child, &trip);
	newtcp_pace_update(child);
	newtcp_start_keepalive(child);
	__release(&child->sk_lock.slock);
	return child;
}
