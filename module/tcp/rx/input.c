// SPDX-License-Identifier: GPL-2.0
/*
 * Segment arrives, for a connection that exists (RFC 9293 3.10.7.4, with the
 * checks of RFC 5961 and RFC 7323).
 *
 * What a segment means is said by core/verdict.c; here it is acted upon.
 * newtcp_do_rcv() is where segments come in, from softirq or from the backlog.
 * An expected segment of an established connection takes the short way; all
 * others go through the RFC's steps one by one. SYN-SENT is in connect.c,
 * listeners and half-open requests in handshake.c.
 *
 * Context: socket lock held, process (backlog) or softirq.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include <net/xfrm.h>
#include "core/delack.h"
#include "core/edge.h"
#include "core/finwait.h"
#include "core/options.h"
#include "core/reasm.h"
#include "core/rtt.h"
#include "core/sack.h"
#include "core/seq.h"
#include "core/snd.h"
#include "core/verdict.h"
#include "core/wire.h"
#include "ip/demux.h"
#include "tcp/conn/connect.h"
#include "tcp/conn/deadline.h"
#include "tcp/conn/fin.h"
#include "tcp/conn/metrics.h"
#include "tcp/conn/state.h"
#include "tcp/conn/timewait.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/control.h"
#include "tcp/tx/output.h"
#include "tcp/tx/reply.h"
#include "tcp/user/wake.h"
#include "ack.h"
#include "acking.h"
#include "answer.h"
#include "collapse.h"
#include "input.h"
#include "rcvbuf.h"
#include "reassembly.h"

/* Fetch the timestamps into the socket; false: other options, parse them. */
static inline bool fast_options(struct newtcp_sock *tp, const struct tcphdr *th)
{
	unsigned int len = th->doff * 4 - sizeof(*th);

	tp->seg_has_ts = 0;
	if (unlikely(!tp->ts_ok))
		return !len;
	if (!newtcp_options_fast_ts((const u8 *)(th + 1), len, &tp->last_tsval,
				    &tp->last_tsecr))
		return false;
	tp->seg_has_ts = 1;
	return true;
}

/* Returns @opts when it holds anything beyond a timestamp, else NULL. */
static const struct newtcp_options *
read_options(struct newtcp_sock *tp, const struct tcphdr *th,
	     struct newtcp_options *opts)
{
	if (likely(fast_options(tp, th)))
		return NULL;
	newtcp_options_parse((const u8 *)(th + 1), th->doff * 4 - sizeof(*th),
			     th->syn, opts);
	if (tp->ts_ok && (opts->flags & NEWTCP_OPT_TS)) {
		tp->seg_has_ts = 1;
		tp->last_tsval = opts->tsval;
		tp->last_tsecr = opts->tsecr;
	}
	return opts;
}

/* A delayed ACK, at the latest after the delayed-ACK time. */
static void delay_ack(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 srtt = 0, wait;

	if (tp->rtt.srtt_us)
		srtt = max_t(u32, _usecs_to_jiffies(tp->rtt.srtt_us >> 3), 1);
	wait = newtcp_delack_wait(&tp->delack, &newtcp_delack_times, srtt,
				  _msecs_to_jiffies(tp->rtt.rto_min_ms));
	if (tp->deadlines & BIT(NEWTCP_DL_DELACK)) {
		s32 left = tp->dl_at[NEWTCP_DL_DELACK] - (u32)jiffies;

		wait = newtcp_delack_held(wait, left);
		if (!wait)
			newtcp_send_ack(sk);
		if (!wait || wait == left)
			return;
	}
	newtcp_timer_arm(sk, newtcp_deadline_note(sk, NEWTCP_DL_DELACK, jiffies + wait));
}

/* An ACK may be owed: now, later, or with data. The policy is in core/delack.h. */
static void ack_snd_check(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	bool keeps_up = newtcp_delack_asks_window(&tp->delack, tp->rcv_nxt - tp->rcvwnd.wup) &&
			(tp->rcv_nxt - tp->copied_seq < sk->sk_rcvlowat ||
			 newtcp_free_window(sk) >= tp->rcvwnd.wnd);

	switch (newtcp_delack_when(&tp->delack, keeps_up, !newtcp_reasm_empty(&tp->reasm),
				   newtcp_pingpong_thresh(tp))) {
	case DELACK_WHEN_NOW:
		newtcp_send_ack(sk);
		break;
	case DELACK_WHEN_LATER:
		delay_ack(sk);
		break;
	case DELACK_WHEN_NEVER:
		break;
	}
}

/* The ACK took segments out: room for the program, data for the wire. */
static inline void after_ack(struct sock *sk)
{
	newtcp_send_queued(sk);
	newtcp_check_space(sk);
}

/* A segment whose numbers cannot be right is answered with an ACK, once. */
static void answer_oow(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);

	if (cb->end_seq != cb->seq && seq_before(cb->seq, tp->rcv_nxt)) {
		newtcp_enter_quickack(tp);
		if (tp->sack_ok &&
		    READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_dsack))
			newtcp_sack_dup(&tp->sacks, cb->seq,
					seq_min(cb->end_seq, tp->rcv_nxt));
	}
	if (!newtcp_oow_ratelimited(sock_net(sk), skb, &tp->last_oow_ack))
		newtcp_send_ack(sk);
}

/* All that the verdict on an odd segment depends on. */
static void seg_state(const struct sock *sk, struct newtcp_arrival_state *st)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);

	*st = (struct newtcp_arrival_state) {
		.rcv_nxt = tp->rcv_nxt,
		.wup = tp->rcvwnd.wup,
		.wnd = tp->rcvwnd.wnd,
		.snd_una = tp->snd_una,
		.snd_nxt = tp->snd_nxt,
		.snd_wl1 = tp->snd_wl1,
		.snd_wnd = tp->snd_wnd,
		.ts_recent = tp->ts_recent,
		.ts_age = newtcp_ts_age(tp),
		.ts_life = NEWINET_PAWS_VOID,
		.rto_ms = newtcp_rtt_rto(&tp->rtt) / USEC_PER_MSEC,
		.sacks = tp->sack_ok ? &tp->sacks : NULL,
		.fin_taken = (1 << sk->sk_state) & (TCPF_CLOSE_WAIT | TCPF_LAST_ACK |
						    TCPF_CLOSING),
		.opened_both = sk->sk_state == TCP_SYN_RECV && sk->sk_socket,
	};
}

/* Not what is expected: as steps_one_to_four(). */
static noinline_for_stack bool odd_segment(struct sock *sk, struct sk_buff *skb,
					   const struct newtcp_arrival *seg)
{
	struct newtcp_arrival_state st;

	seg_state(sk, &st);
	switch (newtcp_arrival_verdict(&st, seg)) {
	case VERDICT_SEG_TAKE:
		return true;
	case VERDICT_SEG_ANSWER:
		answer_oow(sk, skb);
		break;
	case VERDICT_SEG_CHALLENGE:
		newtcp_challenge_ack(sk);
		break;
	case VERDICT_SEG_RESET:
		newtcp_reset(sk);
		break;
	case VERDICT_SEG_DROP:
		break;
	}
	return false;
}

/*
 * Steps one to four (RFC 9293 3.10.7.4): sequence number, RST, SYN; PAWS in
 * front (RFC 7323 5.3). False: the segment is done with, and to be freed.
 */
static bool steps_one_to_four(struct sock *sk, struct sk_buff *skb,
			      const struct tcphdr *th)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	const struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	const struct newtcp_arrival seg = {
		.seq = cb->seq,
		.end_seq = cb->end_seq,
		.ack = cb->ack_seq,
		.wnd = (u32)ntohs(th->window) << tp->snd_wscale,
		.tsval = tp->last_tsval,
		.flags = cb->flags,
		.has_ts = tp->seg_has_ts,
	};

	return newtcp_arrival_expected(tp->rcvwnd.wup, tp->rcvwnd.wnd, tp->ts_recent, &seg) ||
	       odd_segment(sk, skb, &seg);
}

/* An expected segment: in order, no flags, nothing odd. True: it was taken. */
static bool fast_path(struct sock *sk, struct sk_buff *skb,
		      const struct tcphdr *th)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	enum newtcp_queued merged;
	bool news;

	if (cb->seq != tp->rcv_nxt ||
	    (cb->flags & ~TH_PSH) != TH_ACK ||
	    seq_after(cb->ack_seq, tp->snd_nxt) ||
	    seq_before(cb->ack_seq, tp->snd_una) ||
	    !fast_options(tp, th) ||
	    (tp->seg_has_ts && (s32)(tp->last_tsval - tp->ts_recent) < 0))
		return false;

	if (cb->end_seq == cb->seq) {
		newtcp_ack(sk, skb, NULL, 0);
		__kfree_skb(skb);
		after_ack(sk);
		return true;
	}

	/* Data: within the window, nothing out of order, room for it. */
	if (!newtcp_reasm_empty(&tp->reasm) ||
	    cb->end_seq - tp->rcv_nxt > newtcp_receive_window(tp) ||
	    !newtcp_rmem_fits(sk, skb))
		return false;
	skb_dst_drop(skb);
	secpath_reset(skb);
	news = cb->ack_seq != tp->snd_una ||
	       tp->snd_wnd != (u32)ntohs(th->window) << tp->snd_wscale;
	if (news) {
		newtcp_ack(sk, skb, NULL, NEWTCP_RX_DATA);
	} else {
		/* Else an update 2 GiB from here would pass for an old one. */
		tp->snd_wl1 = cb->seq;
		if (tp->seg_has_ts)
			newtcp_ts_recent_update(tp, cb->seq);
	}
	merged = newtcp_queue_rcv(sk, skb, th->doff * 4);
	newtcp_event_data_recv(sk, skb);
	if (news)
		after_ack(sk);
	/* The reader first: it can be on its way while the ACK is built. */
	newtcp_data_ready(sk);
	ack_snd_check(sk);
	newtcp_queued_free(skb, merged);
	return true;
}

/* Any other segment of an established connection. */
static noinline_for_stack void slow_path(struct sock *sk, struct sk_buff *skb,
					 const struct tcphdr *th)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct newtcp_options *opts;
	struct newtcp_options parsed;
	int flags = 0;

	opts = read_options(tp, th, &parsed);
	if (!steps_one_to_four(sk, skb, th))
		goto discard;
	if (NEWTCP_CB(skb)->end_seq != NEWTCP_CB(skb)->seq)
		flags = NEWTCP_RX_DATA;
	if (newtcp_ack(sk, skb, opts, flags) < 0)
		goto discard;
	newtcp_data_queue(sk, skb);
	after_ack(sk);
	ack_snd_check(sk);
	return;
discard:
	kfree_skb(skb);
}

/*
 * Our FIN is acknowledged: FIN-WAIT-1 -> FIN-WAIT-2 (RFC 9293 step five).
 * False: @sk is gone.
 */
static bool fin_acked(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	newtcp_set_state(sk, TCP_FIN_WAIT2);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	sk_dst_confirm(sk);
	if (!sock_flag(sk, SOCK_DEAD)) {
		/* Wake a lingering close(2). */
		sk->sk_state_change(sk);
		return true;
	}
	/* The FIN may also be next in the backlog of the close(2) that has the socket. */
	switch (newtcp_finwait_verdict(tp->linger2,
				       newtcp_reasm_news(newtcp_piece_of(skb), tp->rcv_nxt),
				       (NEWTCP_CB(skb)->flags & TH_FIN) ||
				       sock_owned_by_user(sk))) {
	case VERDICT_FINWAIT_RESET:
		newtcp_send_rst(sock_net(sk), skb, sk);
		newtcp_done(sk);
		return false;
	case VERDICT_FINWAIT_HOLD:
		newtcp_deadline_set(sk, NEWTCP_DL_KEEP,
				    jiffies + newtcp_finwait_holds(newtcp_fin_time(sk)));
		break;
	case VERDICT_FINWAIT_WAIT:
		newtcp_orphan_fin_wait2(sk);
		break;
	}
	return sk->sk_state == TCP_FIN_WAIT2;
}

/* Step five, the part that depends on the state. False: @sk is gone. */
static bool step_ack_state(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	enum newtcp_state next;

	if (tp->snd_una != tp->write_seq)
		return true;
	next = newtcp_edge_fin_acked(sk->sk_state);
	if (next == sk->sk_state)
		return true;
	if (next == STATE_FIN_WAIT2)
		return fin_acked(sk, skb);
	if (next == STATE_TIME_WAIT)
		newtcp_time_wait(sk, TCP_TIME_WAIT, 0);
	else
		newtcp_done(sk);
	return false;
}

/* The first ACK of a passive open: SYN-RECEIVED -> ESTABLISHED. */
static void syn_received_acked(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
	/* What counts is data; an active open counts its SYN, as on Linux. */
	if (!sk->sk_socket)
		tp->bytes_acked = 0;
	newtcp_set_state(sk, TCP_ESTABLISHED);
	newtcp_metrics_start(sk, tp->cong.cwnd == 1);
	newtcp_rcvbuf_init(sk);
	tp->retransmits = 0;
	newtcp_start_keepalive(sk);
	sk->sk_state_change(sk);
	if (sk->sk_socket)
		sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
	/* The program said so before there was anything to end. */
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		newtcp_shutdown(sk, SEND_SHUTDOWN);
}

/* Steps six and seven in the closing states: data that nobody will read. */
static bool data_after_close(struct sock *sk, struct sk_buff *skb)
{
	if (!(sk->sk_shutdown & RCV_SHUTDOWN) ||
	    !newtcp_reasm_news(newtcp_piece_of(skb), newtcp_sk(sk)->rcv_nxt))
		return false;
	/* RFC 1122 4.2.2.13: nobody will read it, and the peer must know. */
	newtcp_send_rst(sock_net(sk), skb, sk);
	newtcp_reset(sk);
	return true;
}

/* Steps six to eight by state. True: @skb was consumed. */
static bool steps_six_to_eight(struct sock *sk, struct sk_buff *skb)
{
	bool old = seq_before(NEWTCP_CB(skb)->seq, newtcp_sk(sk)->rcv_nxt);

	if (!newtcp_edge_takes_data(sk->sk_state, old) ||
	    (sk->sk_state != TCP_ESTABLISHED && data_after_close(sk, skb)))
		return false;
	newtcp_data_queue(sk, skb);
	return true;
}

/* A segment for a connection that is opening or closing. Consumes it. */
static noinline int rcv_opening_or_closing(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct tcphdr *th = newtcp_hdr(skb);
	const struct newtcp_options *opts;
	struct newtcp_options parsed;
	int flags = 0;

	opts = read_options(tp, th, &parsed);
	if (!steps_one_to_four(sk, skb, th))
		goto discard;
	if (NEWTCP_CB(skb)->end_seq != NEWTCP_CB(skb)->seq)
		flags = NEWTCP_RX_DATA;
	/* In SYN-RECEIVED it must acknowledge our SYN, and nothing beyond it. */
	if (sk->sk_state == TCP_SYN_RECV &&
	    !seq_mark_ahead(NEWTCP_CB(skb)->ack_seq, tp->snd_una, tp->snd_nxt)) {
		newtcp_send_rst(sock_net(sk), skb, sk);
		goto discard;
	}
	if (newtcp_ack(sk, skb, opts, flags) < 0)
		goto discard;
	if (sk->sk_state == TCP_SYN_RECV)
		syn_received_acked(sk);
	else if (!step_ack_state(sk, skb))
		goto discard;
	if (!steps_six_to_eight(sk, skb))
		kfree_skb(skb);
	if (sk->sk_state != TCP_CLOSE) {
		after_ack(sk);
		ack_snd_check(sk);
	}
	return 0;
discard:
	kfree_skb(skb);
	return 0;
}

/**
 * newtcp_do_rcv() - process one segment of a connection
 * @sk: the connection
 * @skb: the segment, at its TCP header, newtcp_skb_cb filled in; consumed
 *
 * Context: socket lock held; softirq, or process at release_sock().
 * Return: 0.
 */
int newtcp_do_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct tcphdr *th = (const struct tcphdr *)skb->data;

	sock_owned_by_me(sk);
	skb_reset_transport_header(skb);
	newtcp_clock_refresh(tp);
	tp->segs_in += max_t(u16, 1, skb_shinfo(skb)->gso_segs);

	switch (sk->sk_state) {
	case TCP_ESTABLISHED:
		if (unlikely(newinet_demux_news(sk, skb)))
			newinet_demux_learn(sk, skb);
		if (!fast_path(sk, skb, th))
			slow_path(sk, skb, th);
		return 0;
	case TCP_SYN_SENT:
		return newtcp_rcv_synsent(sk, skb, th);
	case TCP_CLOSE:
	case TCP_LISTEN:
		kfree_skb(skb);
		return 0;
	default:
		return rcv_opening_or_closing(sk, skb);
	}
}
