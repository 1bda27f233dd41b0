// SPDX-License-Identifier: GPL-2.0
/*
 * Closing: close(2), shutdown(2), the peer's FIN and RST (RFC 9293 3.6,
 * 3.10.4, 3.10.5, RFC 1122 4.2.2.13).
 *
 * Context: newtcp_close() process, unlocked; the rest socket lock held.
 */
#include <linux/sched/signal.h>
#include <linux/wait.h>
#include <net/sock.h>
#include "core/delack.h"
#include "core/rtt.h"
#include "core/seq.h"
#include "core/wire.h"
#include "../claim.h"
#include "../demux.h"
#include "../newinet.h"
#include "acking.h"
#include "close.h"
#include "control.h"
#include "handshake.h"
#include "reassembly.h"
#include "seg.h"
#include "sock.h"
#include "tcb.h"
#include "timer.h"
#include "timewait.h"

/*
 * What close does in each state: where it leads, and whether a FIN is sent.
 * RFC 9293 figure 5, the edges that are marked CLOSE.
 */
static const struct {
	u8 next;
	bool fin;
} close_edge[TCP_MAX_STATES] = {
	[TCP_ESTABLISHED]	= { TCP_FIN_WAIT1, true },
	[TCP_SYN_SENT]		= { TCP_CLOSE, false },
	[TCP_SYN_RECV]		= { TCP_FIN_WAIT1, true },
	[TCP_FIN_WAIT1]		= { TCP_FIN_WAIT1, false },
	[TCP_FIN_WAIT2]		= { TCP_FIN_WAIT2, false },
	[TCP_TIME_WAIT]		= { TCP_CLOSE, false },
	[TCP_CLOSE]		= { TCP_CLOSE, false },
	[TCP_CLOSE_WAIT]	= { TCP_LAST_ACK, true },
	[TCP_LAST_ACK]		= { TCP_LAST_ACK, false },
	[TCP_LISTEN]		= { TCP_CLOSE, false },
	[TCP_CLOSING]		= { TCP_CLOSING, false },
};

/* Follow the edge; true when a FIN is to be sent. */
static bool take_close_edge(struct sock *sk)
{
	u8 next = close_edge[sk->sk_state].next;
	bool fin = close_edge[sk->sk_state].fin;

	if (sk->sk_state == TCP_SYN_SENT)
		newinet_claim_shun(&sk->__sk_common);
	newtcp_set_state(sk, next);
	return fin;
}

/**
 * newtcp_fin_time() - how long FIN-WAIT-2 may last without an owner
 * @sk: the connection
 *
 * Return: jiffies.
 */
int newtcp_fin_time(const struct sock *sk)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	int t = tp->linger2 ? tp->linger2 * HZ :
			      READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_fin_timeout);
	int rto = usecs_to_jiffies(newtcp_rtt_rto(&tp->rtt));

	/* At least 3.5 round trips, so that the peer's FIN can arrive. */
	return max(t, (rto << 2) - (rto >> 1));
}

/**
 * newtcp_shutdown() - our side is done: send the FIN (shutdown(2))
 * @sk: the connection
 * @how: RCV_SHUTDOWN and SEND_SHUTDOWN bits
 */
void newtcp_shutdown(struct sock *sk, int how)
{
	if (!(how & SEND_SHUTDOWN))
		return;
	if ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_SYN_SENT |
				   TCPF_CLOSE_WAIT)) {
		if (take_close_edge(sk))
			newtcp_send_fin(sk);
	}
}

/**
 * newtcp_fin() - the peer's FIN is next in order (RFC 9293 step eight)
 * @sk: the connection; RCV.NXT is past the FIN
 */
void newtcp_fin(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	tp->delack.owed |= DELACK_OWED;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);

	switch (sk->sk_state) {
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
		newtcp_set_state(sk, TCP_CLOSE_WAIT);
		/* Our own FIN is likely to follow, and can carry the ACK. */
		tp->delack.pingpong = newtcp_pingpong_thresh(tp);
		break;
	case TCP_FIN_WAIT1:
		/* Simultaneous close: ours is not acknowledged yet. */
		newtcp_send_ack(sk);
		newtcp_set_state(sk, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		newtcp_send_ack(sk);
		newtcp_time_wait(sk, TCP_TIME_WAIT, 0);
		break;
	default:
		break;
	}

	newtcp_ofo_purge(sk);
	tp->sacks.dsack = false;
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		if (sk->sk_shutdown == SHUTDOWN_MASK ||
		    sk->sk_state == TCP_CLOSE)
			sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_HUP);
		else
			sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
	}
}

/**
 * newtcp_reset() - a RST that counts came (RFC 9293 step two)
 * @sk: the connection
 */
void newtcp_reset(struct sock *sk)
{
	int err = ECONNRESET;

	switch (sk->sk_state) {
	case TCP_SYN_SENT:
		err = ECONNREFUSED;
		break;
	case TCP_CLOSE_WAIT:
		err = EPIPE;
		break;
	case TCP_CLOSE:
		return;
	}
	/* First: a poll that sees CLOSE must see the error (newtcp_set_state()). */
	WRITE_ONCE(sk->sk_err, err);
	newtcp_purge_send(sk);
	newtcp_done(sk);
	if (!sock_flag(sk, SOCK_DEAD))
		sk_error_report(sk);
}

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
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
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
	} else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime) {
		newtcp_disconnect(sk, 0);
	} else if (take_close_edge(sk)) {
		newtcp_send_fin(sk);
	}
	linger(sk, timeout);
}

/*
 * How long FIN-WAIT-2 really lasts for @t jiffies: in Linux the socket waits for
 * all but a minute of them, and then an entry for as long again.
 */
static int orphan_wait(int t)
{
	if (t <= NEWTCP_TIMEWAIT_LEN)
		return t;
	return 2 * min(t - NEWTCP_TIMEWAIT_LEN, INT_MAX / 4);
}

/**
 * newtcp_orphan_fin_wait2() - FIN-WAIT-2 without an owner ends by itself
 * @sk: the connection; it may be gone afterwards
 *
 * An entry of TIME-WAIT's takes its place, however long the wait is: unlike the
 * socket it does not keep the module loaded.
 *
 * Context: socket lock held, process or softirq.
 */
void newtcp_orphan_fin_wait2(struct sock *sk)
{
	if (newtcp_sk(sk)->linger2 < 0) {
		newtcp_send_active_reset(sk, GFP_ATOMIC);
		newtcp_done(sk);
	} else {
		newtcp_time_wait(sk, TCP_FIN_WAIT2, orphan_wait(newtcp_fin_time(sk)));
	}
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
