// SPDX-License-Identifier: GPL-2.0
/*
 * The program is done with a connection: close(2), connect(AF_UNSPEC)
 * (RFC 9293 3.10.4, 3.10.5, RFC 1122 4.2.2.13). FINs are in fin.c.
 *
 * Context: newtcp_close() process, unlocked; the rest socket lock held.
 */
#include <linux/sched/signal.h>
#include <linux/wait.h>
#include <net/sock.h>
#include "core/seq.h"
#include "core/wire.h"
#include "ip/demux.h"
#include "ports/claim.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/control.h"
#include "close.h"
#include "deadline.h"
#include "fin.h"
#include "handshake.h"
#include "purge.h"
#include "state.h"

/* Must close(2) end in a RST in this state (disconnect, linger 0)? */
static bool wants_reset(int state)
{
	return (1 << state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT |
			       TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_SYN_RECV);
}

/**
 * newtcp_disconnect() - back to an unconnected socket (connect(AF_UNSPEC))
 * @sk: the socket
 * @flags: not used
 *
 * Context: process, socket lock held.
 * Return: 0.
 */
int newtcp_disconnect(struct sock *sk, int flags)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	int old = sk->sk_state;

	sock_owned_by_me(sk);
	if (wants_reset(old) ||
	    (tp->snd_nxt != tp->write_seq &&
	     (1 << old) & (TCPF_CLOSING | TCPF_LAST_ACK))) {
		newtcp_send_active_reset(sk, sk_gfp_mask(sk, GFP_ATOMIC));
		WRITE_ONCE(sk->sk_err, ECONNRESET);
	} else if (old == TCP_SYN_SENT) {
		newinet_claim_shun(&sk->__sk_common);
		WRITE_ONCE(sk->sk_err, ECONNRESET);
	}
	if (old != TCP_CLOSE)
		newtcp_set_state(sk, TCP_CLOSE);
	if (old == TCP_LISTEN)
		newtcp_listen_stop(sk);

	newtcp_timers_stop(sk);
	__skb_queue_purge(&sk->sk_receive_queue);
	newtcp_purge(sk);
	inet->inet_dport = 0;
	newtcp_reset_saddr(sk);
	inet->inet_daddr = 0;
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	newtcp_reset_vars(sk);
	sk_set_peek_off(sk, -1);
	sk_dst_reset(sk);
	newinet_demux_forget(sk);
	sk_error_report(sk);
	return 0;
}

/* True: data that the program never read is thrown away. */
static bool discard_unread(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	bool unread = false;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&sk->sk_receive_queue))) {
		u32 end = NEWTCP_CB(skb)->end_seq;

		if (NEWTCP_CB(skb)->flags & TH_FIN)
			end--;
		unread |= seq_after(end, tp->copied_seq);
		__kfree_skb(skb);
	}
	return unread;
}

/* Reset the peer; the socket is in CLOSED. */
static void abort_connection(struct sock *sk)
{
	newtcp_send_active_reset(sk, sk_gfp_mask(sk, GFP_ATOMIC));
	newtcp_set_state(sk, TCP_CLOSE);
}

/*
 * Is the namespace there for as long as the connection? A socket of the kernel's own does
 * not hold it: once it is closed, perhaps by the namespace's end, nothing may be left that
 * has a claim there, a timer, or a wait ahead.
 */
static bool namespace_stays(const struct sock *sk)
{
	return sk->sk_net_refcnt || net_eq(sock_net(sk), &init_net);
}

/* SO_LINGER: until the peer has acknowledged our FIN, or patience ends. */
static void linger(struct sock *sk, long timeout)
{
	const int closing = TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK;
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	if (!timeout)
		return;
	add_wait_queue(sk_sleep(sk), &wait);
	while (!sk_wait_event(sk, &timeout, !((1 << sk->sk_state) & closing), &wait) &&
	       timeout && !signal_pending(current))
		;
	remove_wait_queue(sk_sleep(sk), &wait);
}

/* close(2) has no socket to come back to: what happens to the connection. */
static void close_connection(struct sock *sk, bool unread, long timeout)
{
	if (unread) {
		/* RFC 2525 2.17: the peer must learn that data was lost. */
		abort_connection(sk);
	} else if ((sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime) || !namespace_stays(sk)) {
		newtcp_disconnect(sk, 0);
	} else if (newtcp_take_close_edge(sk)) {
		newtcp_send_fin(sk);
	}
	linger(sk, timeout);
}

/* The last look at a socket without an owner: some states end here. */
static void settle_orphan(struct sock *sk)
{
	if (sk->sk_state == TCP_FIN_WAIT2) {
		newtcp_orphan_fin_wait2(sk);
		return;
	}
	if (sk->sk_state != TCP_CLOSE && newtcp_too_many_orphans(sk, 0))
		abort_connection(sk);
	if (sk->sk_state == TCP_CLOSE)
		newtcp_destroy(sk);
}

/**
 * newtcp_close() - the program closed the socket
 * @sk: the socket; the caller's reference is dropped
 * @timeout: jiffies to linger
 *
 * Context: process, not locked.
 */
void newtcp_close(struct sock *sk, long timeout)
{
	bool unread;
	int state;

	lock_sock(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN) {
		newtcp_set_state(sk, TCP_CLOSE);
		newtcp_listen_stop(sk);
	} else {
		unread = discard_unread(sk);
		if (sk->sk_state != TCP_CLOSE)
			close_connection(sk, unread, timeout);
	}

	state = sk->sk_state;
	sock_hold(sk);
	sock_orphan(sk);
	newtcp_orphan_inc();
	/* What came meanwhile meets a socket without an owner. */
	release_sock(sk);

	local_bh_disable();
	bh_lock_sock(sk);
	/* Unless the peer has ended it since, and it is destroyed. */
	if (state == TCP_CLOSE || sk->sk_state != TCP_CLOSE)
		settle_orphan(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
	sock_put(sk);
}
