// SPDX-License-Identifier: GPL-2.0
/*
 * A connection ends in order, or by the peer's RST: our FIN and its way out, the
 * peer's, and the wait for it (RFC 9293 3.6, 3.10.4, 3.10.7.4, RFC 1122 4.2.2.13).
 * close(2) itself is in close.c.
 *
 * Context: socket lock held, process or softirq.
 */
#include <net/sock.h>
#include "core/board.h"
#include "core/delack.h"
#include "core/edge.h"
#include "core/finwait.h"
#include "core/rtt.h"
#include "core/wire.h"
#include "ports/claim.h"
#include "tcp/rx/acking.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/control.h"
#include "tcp/tx/mss.h"
#include "tcp/tx/output.h"
#include "tcp/tx/segment.h"
#include "deadline.h"
#include "fin.h"
#include "purge.h"
#include "state.h"
#include "timewait.h"

/* The core's states are the kernel's. */
static_assert(STATE_ESTABLISHED == (int)TCP_ESTABLISHED);
static_assert(STATE_SYN_SENT == (int)TCP_SYN_SENT);
static_assert(STATE_SYN_RECV == (int)TCP_SYN_RECV);
static_assert(STATE_FIN_WAIT1 == (int)TCP_FIN_WAIT1);
static_assert(STATE_FIN_WAIT2 == (int)TCP_FIN_WAIT2);
static_assert(STATE_TIME_WAIT == (int)TCP_TIME_WAIT);
static_assert(STATE_CLOSE == (int)TCP_CLOSE);
static_assert(STATE_CLOSE_WAIT == (int)TCP_CLOSE_WAIT);
static_assert(STATE_LAST_ACK == (int)TCP_LAST_ACK);
static_assert(STATE_LISTEN == (int)TCP_LISTEN);
static_assert(STATE_CLOSING == (int)TCP_CLOSING);

/**
 * newtcp_take_close_edge() - our side closes: on to the next state
 * @sk: the connection
 *
 * Return: true when a FIN is to be sent.
 */
bool newtcp_take_close_edge(struct sock *sk)
{
	bool fin;
	enum newtcp_state next = newtcp_edge_close(sk->sk_state, &fin);

	sock_owned_by_me(sk);
	if (sk->sk_state == TCP_SYN_SENT)
		newinet_claim_shun(&sk->__sk_common);
	newtcp_set_state(sk, next);
	return fin;
}

/* A segment for the FIN alone, whose number is taken already. */
static struct sk_buff *append_fin(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb;

	skb = newtcp_skb_alloc(sk, sk_gfp_mask(sk, GFP_ATOMIC | __GFP_NOWARN),
			       true);
	if (unlikely(!skb))
		return NULL;
	NEWTCP_CB(skb)->seq = tp->write_seq - 1;
	NEWTCP_CB(skb)->end_seq = tp->write_seq;
	NEWTCP_CB(skb)->flags = TH_ACK | TH_FIN;
	__skb_queue_tail(&sk->sk_write_queue, skb);
	return skb;
}

static void push_fin(struct sock *sk)
{
	newtcp_send_pending(sk, newtcp_current_mss(sk), NAGLE_OFF);
}

/* Memory is short, and no segment is there to carry it: try again. */
static void owe_fin(struct sock *sk)
{
	newtcp_sk(sk)->fin_owed = 1;
	newtcp_deadline_set(sk, NEWTCP_DL_PROBE, jiffies + HZ / 20);
}

/**
 * newtcp_send_fin() - our side has no more to say
 * @sk: the connection
 *
 * The FIN rides on the last unsent segment; else it gets one of its own,
 * charged whatever the limits say. Without memory the last segment that was
 * sent carries it when it is sent again, or the timer tries once more.
 */
void newtcp_send_fin(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	sock_owned_by_me(sk);
	/* Its number is taken now, so that an ACK of all data does not cover it. */
	WRITE_ONCE(tp->write_seq, tp->write_seq + 1);
	if (skb) {
		NEWTCP_CB(skb)->flags |= TH_FIN;
		NEWTCP_CB(skb)->end_seq++;
	} else if (!append_fin(sk)) {
		struct newtcp_seg *last = newtcp_board_last(&tp->board);

		/* What the peer has is not sent again. */
		if (!last || (last->marks & NEWTCP_SEG_SACKED)) {
			owe_fin(sk);
			return;
		}
		last->flags |= TH_FIN;
		last->end_seq++;
		WRITE_ONCE(tp->snd_nxt, tp->snd_nxt + 1);
		return;
	}
	push_fin(sk);
}

/**
 * newtcp_send_owed_fin() - newtcp_send_fin() had no memory: now?
 * @sk: the connection
 */
void newtcp_send_owed_fin(struct sock *sk)
{
	sock_owned_by_me(sk);
	newtcp_sk(sk)->fin_owed = 0;
	if (append_fin(sk))
		push_fin(sk);
	else
		owe_fin(sk);
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

	return newtcp_finwait_time(tp->linger2,
				   READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_fin_timeout),
				   newtcp_rto_jiffies(tp));
}

/**
 * newtcp_shutdown() - our side is done: send the FIN (shutdown(2))
 * @sk: the connection
 * @how: RCV_SHUTDOWN and SEND_SHUTDOWN bits
 */
void newtcp_shutdown(struct sock *sk, int how)
{
	sock_owned_by_me(sk);
	if (!(how & SEND_SHUTDOWN))
		return;
	if ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_SYN_SENT |
				   TCPF_CLOSE_WAIT)) {
		if (newtcp_take_close_edge(sk))
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
	enum newtcp_state next;

	sock_owned_by_me(sk);
	tp->delack.owed |= DELACK_OWED;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);

	next = newtcp_edge_fin(sk->sk_state);
	if (next != sk->sk_state) {
		/* When the program may still write, its own FIN can carry the ACK. */
		if (next == STATE_CLOSE_WAIT)
			tp->delack.pingpong = newtcp_pingpong_thresh(tp);
		else
			newtcp_send_ack(sk);
		if (next == STATE_TIME_WAIT)
			newtcp_time_wait(sk, TCP_TIME_WAIT, 0);
		else
			newtcp_set_state(sk, next);
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

	sock_owned_by_me(sk);
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
	sock_owned_by_me(sk);
	if (newtcp_sk(sk)->linger2 < 0) {
		newtcp_send_active_reset(sk, GFP_ATOMIC);
		newtcp_done(sk);
	} else {
		newtcp_time_wait(sk, TCP_FIN_WAIT2, newtcp_finwait_lasts(newtcp_fin_time(sk)));
	}
}
