// SPDX-License-Identifier: GPL-2.0
/*
 * Between the core's sender (core/snd.h) and a socket: its view of the scoreboard and
 * the windows, and what is told to it that needs no segment to be sent. What does is in
 * recovery.c.
 *
 * Context: socket lock held, process (backlog), softirq or timer.
 */
#include <net/sock.h>
#include "core/board.h"
#include "core/cong.h"
#include "core/cwv.h"
#include "core/recovery.h"
#include "core/snd.h"
#include "core/tlp.h"
#include "tcp/conn/deadline.h"
#include "tcp/conn/metrics.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "loss.h"
#include "segment.h"

/**
 * newtcp_loss_conf_read() - what the namespace says of loss recovery
 * @sk: the connection
 * @conf: filled
 */
void newtcp_loss_conf_read(const struct sock *sk, struct newtcp_loss_conf *conf)
{
	const struct net *net = sock_net(sk);

	conf->reordering = max(READ_ONCE(net->ipv4.sysctl_tcp_reordering), 1);
	conf->max_reordering = max(READ_ONCE(net->ipv4.sysctl_tcp_max_reordering), 1);
	conf->recovery = READ_ONCE(net->ipv4.sysctl_tcp_recovery);
	conf->frto = READ_ONCE(net->ipv4.sysctl_tcp_frto);
}

static struct newtcp_seg *cut(void *owner, struct newtcp_seg *seg, u32 len)
{
	struct sk_buff *skb = newtcp_seg_skb(seg);
	struct rb_node *n;

	/* What is left may be a FIN, which has no bytes. */
	if (len >= skb->len ||
	    newtcp_skb_split(owner, skb, true, len, seg->mss, GFP_ATOMIC))
		return NULL;
	n = rb_next(&seg->node);
	return newtcp_seg_entry(n);
}

static bool shift(void *owner, struct newtcp_seg *to, struct newtcp_seg *from, u32 len)
{
	struct sk_buff *skb = newtcp_seg_skb(from);

	/* As in cut(): a FIN alone is not left behind. */
	return len < skb->len && newtcp_skb_shift(newtcp_seg_skb(to), skb, len);
}

/**
 * newtcp_snd_view() - the sender as core/ sees it
 * @sk: the connection; its now_us is fresh
 * @s: filled
 * @conf: the configuration; NULL where no decision is asked for
 */
void newtcp_snd_view(struct sock *sk, struct newtcp_snd *s,
		     const struct newtcp_loss_conf *conf)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	sock_owned_by_me(sk);
	s->b = &tp->board;
	s->r = &tp->rec;
	s->c = &tp->cong;
	s->rate = &tp->rate;
	s->rtt = &tp->rtt;
	s->conf = conf;
	s->now_us = tp->now_us;
	s->una = tp->snd_una;
	s->nxt = tp->snd_nxt;
	s->mss = max(tp->mss, 1U);
	s->max_window = tp->max_window;
	s->sack_ok = tp->sack_ok;
	s->opening = (1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV);
	s->cut = cut;
	s->shift = shift;
	s->owner = sk;
}

static bool probes_tail(const struct net *net)
{
	int mode = READ_ONCE(net->ipv4.sysctl_tcp_early_retrans);

	return mode == 3 || mode == 4;
}

/**
 * newtcp_schedule_tlp() - see that a lost tail is noticed before the timeout
 * @sk: the connection; newtcp_note_rto() may have come before
 *
 * RFC 8985 7.2: or in place of the retransmission timer, should that be sooner. Arms
 * the timer for either.
 */
void newtcp_schedule_tlp(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 wait_us = 0, wait, rto;

	sock_owned_by_me(sk);
	if (probes_tail(sock_net(sk)))
		wait_us = newtcp_tlp_wait_us(&tp->board, &tp->rec, &tp->rtt, tp->sack_ok,
					     TICK_USEC);
	if (!wait_us) {
		if (tp->loss_is_tlp)
			newtcp_deadline_clear(tp, NEWTCP_DL_LOSS);
		newtcp_deadline_arm(sk, NEWTCP_DL_RTO);
		return;
	}
	wait = _usecs_to_jiffies(wait_us);
	rto = tp->dl_at[NEWTCP_DL_RTO] - (u32)jiffies;
	if ((s32)rto > 0)
		wait = min(wait, rto);
	tp->loss_is_tlp = 1;
	newtcp_timer_arm(sk, newtcp_deadline_note(sk, NEWTCP_DL_LOSS, jiffies + wait));
}

/**
 * newtcp_cong_tx_start() - data goes out after a pause
 * @sk: the connection, with nothing in flight
 *
 * See newtcp_cwv_idle().
 */
void newtcp_cong_tx_start(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	sock_owned_by_me(sk);
	newtcp_cong_sent(&tp->cong, tp->now_us);
	if (tp->rec.state == NEWTCP_CA_OPEN &&
	    READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_slow_start_after_idle))
		newtcp_cwv_idle(&tp->cwv, &tp->cong, (u32)jiffies - tp->last_snd,
				newtcp_rto_jiffies(tp), newtcp_metrics_cwnd(sk),
				tp->now_us);
}

/**
 * newtcp_recovery_reset() - a connection starts without a history of loss
 * @sk: the connection
 */
void newtcp_recovery_reset(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_loss_conf conf;

	newtcp_loss_conf_read(sk, &conf);
	newtcp_recovery_init(&tp->rec, &conf, tp->snd_una);
	tp->loss_is_tlp = 0;
	tp->retransmits = 0;
}

/**
 * newtcp_local_congestion() - our own device dropped a segment
 * @sk: the connection
 */
void newtcp_local_congestion(struct sock *sk)
{
	struct newtcp_snd s;

	sock_owned_by_me(sk);
	newtcp_snd_view(sk, &s, NULL);
	newtcp_recovery_congested(&s);
}
