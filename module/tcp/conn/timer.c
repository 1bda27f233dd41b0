// SPDX-License-Identifier: GPL-2.0
/*
 * Time in a connection. Other files set and clear deadlines; one timer per
 * socket (sk_timer) serves them all, lazily: an ACK that moves a deadline
 * writes a word, and the timer, when it fires early, arms itself again.
 *
 * The deadlines:
 *   RTO     retransmit the oldest segment (RFC 6298), or the SYN
 *   PROBE   probe a closed window (RFC 9293 3.8.6.1), or send a FIN for which
 *           there was no memory
 *   LOSS    a segment is due to be declared lost, or the tail to be probed
 *           (RFC 8985)
 *   DELACK  an ACK was held back long enough (RFC 9293 3.8.6.3)
 *   KEEP    keepalive (RFC 9293 3.8.4), or FIN-WAIT-2 has lasted long enough
 *
 * Context: softirq for the timer itself; a socket that a user owns is left a
 * note (NEWTCP_DEFER_TIMER) and newtcp_timer_run() follows at release.
 */
#include <linux/jiffies.h>
#include <net/sock.h>
#include "core/backoff.h"
#include "core/board.h"
#include "core/cong.h"
#include "core/delack.h"
#include "core/finwait.h"
#include "core/giveup.h"
#include "core/keepalive.h"
#include "core/rtt.h"
#include "tcp/clock.h"
#include "tcp/rx/acking.h"
#include "tcp/tcb.h"
#include "tcp/tx/control.h"
#include "tcp/tx/recovery.h"
#include "tcp/tx/retransmit.h"
#include "deadline.h"
#include "fin.h"
#include "state.h"
#include "timer.h"
#include "timewait.h"

/* Too long without an answer. */
static void write_timeout(struct sock *sk)
{
	newtcp_give_up(sk, READ_ONCE(sk->sk_err_soft) ?: ETIMEDOUT);
}

/* The timeout is not at its longest yet. */
static bool rto_grows(const struct newtcp_sock *tp)
{
	return newtcp_rtt_rto(&tp->rtt) < NEWTCP_RTO_MAX_US;
}

static u32 orphan_tries(const struct sock *sk)
{
	return newtcp_orphan_tries(READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_orphan_retries),
				   READ_ONCE(sk->sk_err_soft), rto_grows(newtcp_sk(sk)));
}

/*
 * Many orphans, or memory that runs out: the oldest and quietest go first. True
 * when @sk has gone. @alive: the peer is likely to hear a RST.
 */
static bool out_of_resources(struct sock *sk, bool alive)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 idle = (u32)jiffies - tp->last_snd;

	if (newtcp_too_many_orphans(sk, newtcp_orphan_weight(idle, alive,
							     READ_ONCE(sk->sk_err_soft)))) {
		if (alive || idle <= NEWTCP_TIMEWAIT_LEN ||
		    (!tp->snd_wnd && !tp->board.packets_out))
			newtcp_send_active_reset(sk, GFP_ATOMIC);
		newtcp_done(sk);
		return true;
	}
	if (!check_net(sock_net(sk))) {
		newtcp_done(sk);
		return true;
	}
	return false;
}

/* Milliseconds since the oldest segment was first sent again, or sent. */
static u32 unacked_ms(const struct newtcp_sock *tp)
{
	u32 since = tp->rec.retrans_stamp ?:
		    newtcp_ms_of(newtcp_board_first(&tp->board)->sent_us);

	return newtcp_ms_of(tp->now_us) - since;
}

/* How long has the oldest segment been tried? */
static struct newtcp_tried tried(const struct newtcp_sock *tp)
{
	return (struct newtcp_tried){
		.elapsed_ms = newtcp_ms_of(tp->now_us) - tp->rec.retrans_stamp,
		.limit_ms = READ_ONCE(tp->user_timeout),
		.timeouts = tp->retransmits,
		.begun = tp->rec.retrans_stamp,
	};
}

#define SYN_STATES	(TCPF_SYN_SENT | TCPF_SYN_RECV)

/* SYNs that go at one pace, before the usual ones (tcp_syn_linear_timeouts). */
static u32 steady_syns(const struct sock *sk)
{
	return sk->sk_state == TCP_SYN_SENT ? NEWINET_SYN_LINEAR_TIMEOUTS(sock_net(sk)) : 0;
}

/* Give up? In that case the socket is dead when this returns true. */
static bool rto_gives_up(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct newtcp_tried t = tried(tp);
	struct net *net = sock_net(sk);
	bool expired;
	u32 tries;

	if ((1 << sk->sk_state) & SYN_STATES) {
		if (tp->retransmits)
			__dst_negative_advice(sk);
		tries = READ_ONCE(tp->syn_retries) ?: READ_ONCE(net->ipv4.sysctl_tcp_syn_retries);
		expired = newtcp_syn_gives_up(&t, tries, steady_syns(sk));
	} else {
		if (newtcp_suspects_route(&t, READ_ONCE(net->ipv4.sysctl_tcp_retries1)))
			__dst_negative_advice(sk);
		tries = READ_ONCE(net->ipv4.sysctl_tcp_retries2);
		if (sock_flag(sk, SOCK_DEAD)) {
			tries = orphan_tries(sk);
			if (out_of_resources(sk, newtcp_orphan_alive(&t, tries, rto_grows(tp))))
				return true;
		}
		expired = newtcp_gives_up(&t, tries);
	}
	if (expired)
		write_timeout(sk);
	else
		/* Another of several paths, perhaps (SO_TXREHASH). */
		sk_rethink_txhash(sk);
	return expired;
}

/*
 * The window was shut over data in flight: the retransmission is a probe. True
 * when that is so; the socket may be dead then. An orphan has to hurry.
 */
static bool rto_probes(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	s32 silent = tp->dl_at[NEWTCP_DL_RTO] - tp->last_heard;

	if (tp->snd_wnd || sock_flag(sk, SOCK_DEAD) ||
	    (1 << sk->sk_state) & SYN_STATES)
		return false;
	if (newtcp_shut_too_long(unacked_ms(tp), jiffies_to_msecs(max(silent, 0)),
				 READ_ONCE(tp->user_timeout))) {
		write_timeout(sk);
		return true;
	}
	newtcp_enter_loss(sk);
	newtcp_retransmit_skb(sk, newtcp_unacked_head(tp), 1);
	__sk_dst_reset(sk);
	return true;
}

static bool thin_linear(const struct sock *sk)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);

	return sk->sk_state == TCP_ESTABLISHED &&
	       (tp->thin_linear ||
		READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_thin_linear_timeouts)) &&
	       newtcp_backoff_thin(tp->board.packets_out,
				   tp->cong.ssthresh < NEWTCP_INFINITE_SSTHRESH, tp->retransmits);
}

/* The next timeout: later than this one, but in time for the program's limit. */
static void back_off(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 wait;

	newtcp_backoff_step(&tp->rtt, thin_linear(sk), sk->sk_state == TCP_SYN_SENT &&
			    tp->retransmits <= steady_syns(sk));
	wait = newtcp_wait_within(newtcp_rto_jiffies(tp), unacked_ms(tp),
				  READ_ONCE(tp->user_timeout));
	newtcp_deadline_set(sk, NEWTCP_DL_RTO, jiffies + wait);
}

static void rto_expired(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_tried t;

	if (newtcp_board_empty(&tp->board))
		return;
	newtcp_clock_refresh(tp);
	if (rto_probes(sk)) {
		if (sk->sk_state != TCP_CLOSE)
			back_off(sk);
		return;
	}
	if (rto_gives_up(sk))
		return;

	newtcp_enter_loss(sk);
	if (tp->retransmits < U8_MAX)
		tp->retransmits++;
	if (newtcp_retransmit_skb(sk, newtcp_unacked_head(tp), 1) > 0) {
		/* Local congestion: not the path's fault, try again soon. */
		newtcp_deadline_set(sk, NEWTCP_DL_RTO,
				    jiffies + NEWTCP_RESOURCE_WAIT);
		return;
	}
	back_off(sk);
	t = tried(tp);
	if (newtcp_suspects_route(&t, READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_retries1) + 1))
		__sk_dst_reset(sk);
}

static bool probe_gives_up(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct net *net = sock_net(sk);
	const struct newtcp_probing p = {
		.elapsed = (u32)jiffies - tp->probes_stamp,
		.limit_ms = READ_ONCE(tp->user_timeout),
		.retries2 = READ_ONCE(net->ipv4.sysctl_tcp_retries2),
		.orphan_retries = READ_ONCE(net->ipv4.sysctl_tcp_orphan_retries),
		.out = tp->probes_out,
		.backoff = tp->rtt.backoff,
		.begun = tp->probes_stamp,
		.orphan = sock_flag(sk, SOCK_DEAD),
		.error = READ_ONCE(sk->sk_err_soft),
		.alive = rto_grows(tp),
	};

	if (!tp->probes_stamp)
		tp->probes_stamp = (u32)jiffies ?: 1;
	return newtcp_probe_gives_up(&p);
}

static void probe_expired(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (unlikely(tp->fin_owed)) {
		newtcp_send_owed_fin(sk);
		return;
	}
	if (tp->board.packets_out || skb_queue_empty(&sk->sk_write_queue)) {
		tp->probes_out = 0;
		tp->probes_stamp = 0;
		return;
	}
	newtcp_clock_refresh(tp);
	if (probe_gives_up(sk))
		write_timeout(sk);
	else if (!sock_flag(sk, SOCK_DEAD) || !out_of_resources(sk, true))
		newtcp_send_probe(sk);
}

static void delack_expired(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (newtcp_delack_expired(&tp->delack, &newtcp_delack_times, newtcp_rto_jiffies(tp),
				  newtcp_pingpong_thresh(tp)))
		newtcp_send_ack(sk);
}

static u32 keep_interval(const struct sock *sk)
{
	return READ_ONCE(newtcp_sk(sk)->keep_intvl) * HZ ?:
	       READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_keepalive_intvl);
}

static void keepalive_expired(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct newtcp_keep_state st = {
		.idle = newtcp_idle_time(tp),
		.time = newtcp_keep_time(sk),
		.limit_ms = READ_ONCE(tp->user_timeout),
		.tries = READ_ONCE(tp->keep_probes) ?:
			 READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_keepalive_probes),
		.out = tp->keep_probes_out,
		.busy = tp->board.packets_out || !skb_queue_empty(&sk->sk_write_queue),
	};
	u32 wait;

	if (!sock_flag(sk, SOCK_KEEPOPEN) ||
	    (1 << sk->sk_state) & (TCPF_CLOSE | TCPF_SYN_SENT))
		return;
	switch (newtcp_keep_verdict(&st, &wait)) {
	case VERDICT_KEEP_WAIT:
		break;
	case VERDICT_KEEP_END:
		newtcp_send_active_reset(sk, GFP_ATOMIC);
		write_timeout(sk);
		return;
	case VERDICT_KEEP_PROBE:
		/* The device is congested, which is no fault of the peer's. */
		wait = NEWTCP_RESOURCE_WAIT;
		if (newtcp_elicit_ack(sk) > 0)
			break;
		if (tp->keep_probes_out < U8_MAX)
			tp->keep_probes_out++;
		wait = keep_interval(sk);
		break;
	}
	newtcp_keep_arm(sk, wait);
}

static void keep_expired(struct sock *sk)
{
	if (likely(sk->sk_state != TCP_FIN_WAIT2 || !sock_flag(sk, SOCK_DEAD))) {
		keepalive_expired(sk);
		return;
	}
	/* A FIN in the ACK of ours, or behind it, might have come, and was not taken. */
	if (newtcp_finwait_over(newtcp_sk(sk)->linger2, newtcp_fin_time(sk)) ==
	    VERDICT_FINWAIT_WAIT) {
		newtcp_orphan_fin_wait2(sk);
		return;
	}
	newtcp_send_active_reset(sk, GFP_ATOMIC);
	newtcp_done(sk);
}

static void (*const handlers[NEWTCP_DL_MAX])(struct sock *sk) = {
	[NEWTCP_DL_RTO] = rto_expired,
	[NEWTCP_DL_PROBE] = probe_expired,
	[NEWTCP_DL_LOSS] = newtcp_loss_expired,
	[NEWTCP_DL_DELACK] = delack_expired,
	[NEWTCP_DL_KEEP] = keep_expired,
};

/**
 * newtcp_timer_run() - act on every deadline that has passed, arm for the rest
 * @sk: the socket
 *
 * Context: socket lock held; softirq, or process at release_sock().
 */
void newtcp_timer_run(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	bool any = false;
	u32 next = 0;
	int d;

	sock_owned_by_me(sk);
	for (d = 0; d < NEWTCP_DL_MAX; d++) {
		if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)
			return;
		if (!(tp->deadlines & BIT(d)) ||
		    time_before32(jiffies, tp->dl_at[d]))
			continue;
		newtcp_deadline_clear(tp, d);
		handlers[d](sk);
	}
	if (sk->sk_state == TCP_CLOSE)
		return;
	for (d = 0; d < NEWTCP_DL_MAX; d++) {
		if (!(tp->deadlines & BIT(d)))
			continue;
		if (!any || time_before32(tp->dl_at[d], next))
			next = tp->dl_at[d];
		any = true;
	}
	if (any)
		newtcp_timer_arm(sk, jiffies + (s32)(next - (u32)jiffies));
}

static void timer_fired(struct timer_list *t)
{
	struct sock *sk = timer_container_of(sk, t, sk_timer);
	struct newtcp_sock *tp = newtcp_sk(sk);

	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk))
		newtcp_timer_run(sk);
	else if (!test_and_set_bit(NEWTCP_DEFER_TIMER, &tp->deferred))
		sock_hold(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
}

/**
 * newtcp_timer_setup() - a new socket gets its timer
 * @sk: the socket, not yet visible
 */
void newtcp_timer_setup(struct sock *sk)
{
	timer_setup(&sk->sk_timer, timer_fired, 0);
	newtcp_sk(sk)->deadlines = 0;
}
