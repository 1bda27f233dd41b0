// SPDX-License-Identifier: GPL-2.0
/*
 * An acknowledgment arrives (RFC 9293 3.10.7.4 step five): is it to be
 * believed, what does it take out of the retransmission queue, what does it
 * say about the round trip and the peer's window.
 *
 * What is lost and what the congestion window becomes is decided in
 * recovery.c from the sums made here.
 *
 * Context: socket lock held, process (backlog) or softirq.
 */
#include <linux/skbuff.h>
#include <net/sock.h>
#include "tcp.h"
#include "tstamp.h"

/**
 * newtcp_rtt_update() - take a round-trip sample
 * @sk: the connection
 * @sample_us: microseconds
 */
void newtcp_rtt_update(struct sock *sk, u32 sample_us)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	u32 wlen = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_min_rtt_wlen);

	newtcp_rtt_sample(&tp->rtt, sample_us, tp->now_us, tp->snd_una,
			  tp->snd_nxt, (u64)wlen * USEC_PER_SEC);
}

/* Round trip from the echoed timestamp, for data that was sent twice. */
static u32 rtt_from_echo(const struct newtcp_sock *tp)
{
	u32 delta;

	if (!tp->seg_has_ts || !tp->last_tsecr)
		return 0;
	delta = newtcp_ts_of(tp->now_us) + tp->ts_offset - tp->last_tsecr;
	/* A peer that echoes nonsense must not make us wait for minutes. */
	if (delta > NEWTCP_RTO_MAX_US / USEC_PER_MSEC)
		return 0;
	return (delta ?: 1) * USEC_PER_MSEC;
}

static void window_update(struct sock *sk, const struct sk_buff *skb,
			  u32 ack, int *flags)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 wnd = ntohs(newtcp_hdr(skb)->window);
	u32 seq = NEWTCP_CB(skb)->seq;

	if (likely(!(NEWTCP_CB(skb)->flags & TH_SYN)))
		wnd <<= tp->snd_wscale;
	if (!newtcp_window_may_update(tp->snd_una, tp->snd_wl1, tp->snd_wnd,
				      ack, seq, wnd))
		return;
	tp->snd_wl1 = seq;
	if (tp->snd_wnd == wnd)
		return;
	*flags |= NEWTCP_AF_WIN_UPDATE;
	tp->snd_wnd = wnd;
	if (wnd > tp->max_window) {
		tp->max_window = wnd;
		newtcp_sync_mss(sk, tp->pmtu);
	}
}

struct clean_result {
	u32 acked;		/* segments that left in order */
	u32 delivered;		/* of these: not SACKed before */
	u64 sent_us;		/* when the newest untouched one was sent; 0 = none */
	bool retrans;		/* some had been sent twice */
};

/* One segment is acknowledged, whole or in part; false: stop here. */
static bool clean_one(struct sock *sk, struct sk_buff *skb,
		      struct clean_result *r)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);
	bool whole = !seq_after(cb->end_seq, tp->snd_una);
	u32 acked = cb->segs;

	if (unlikely(cb->sacked & NEWTCP_SEG_TSTAMP_ACK))
		newtcp_tx_stamp_acked(sk, skb);
	if (!whole) {
		u32 mss = cb->mss;

		if (cb->segs <= 1 || !seq_after(tp->snd_una, cb->seq))
			return false;
		/* Only what counts as whole segments leaves the counts. */
		acked = cb->segs;
		if (newtcp_skb_trim_head(sk, skb, tp->snd_una - cb->seq))
			return false;
		newtcp_skb_set_segs(skb, mss);
		acked -= cb->segs;
	}

	newtcp_rack_delivered(tp, cb);
	if (cb->sacked & NEWTCP_SEG_EVER_RETRANS) {
		r->retrans = true;
	} else if (!(cb->sacked & NEWTCP_SEG_SACKED)) {
		/* The first one waited longest: that is the path's round trip. */
		if (!r->sent_us)
			r->sent_us = cb->sent_us;
	}
	if (!(cb->sacked & NEWTCP_SEG_SACKED))
		r->delivered += acked;
	newtcp_count_change(tp, skb, acked);
	r->acked += acked;
	if (!whole)
		return false;
	__skb_unlink(skb, &tp->rtx_queue);
	newtcp_skb_free(sk, skb);
	return true;
}

/*
 * Without SACK the dupacks stood for segments that were delivered. One of what
 * is acknowledged now filled the hole, the others are those.
 */
static void dupacks_acked(struct newtcp_sock *tp, struct clean_result *r)
{
	if (r->acked) {
		r->delivered = r->acked > tp->sacked_out ?
			       r->acked - tp->sacked_out : 1;
		tp->sacked_out -= min(tp->sacked_out, r->acked - 1);
	}
	newtcp_limit_dupacks(tp, r->acked);
}

static void clean_rtx_queue(struct sock *sk, struct clean_result *r)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *skb;

	while ((skb = skb_peek(&tp->rtx_queue))) {
		if (!clean_one(sk, skb, r))
			break;
	}
	if (!tp->sack_ok && tp->sacked_out)
		dupacks_acked(tp, r);
}

/* Karn's rule: from untouched segments, else only from an echoed timestamp. */
static u32 take_rtt(struct sock *sk, const struct clean_result *r,
		    u64 sack_sent_us, bool acked)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 sample = 0;

	if (r->sent_us && !r->retrans)
		sample = max_t(u64, tp->now_us - r->sent_us, 1);
	else if (sack_sent_us)
		sample = max_t(u64, tp->now_us - sack_sent_us, 1);
	if (!sample && acked)
		sample = rtt_from_echo(tp);
	if (sample)
		newtcp_rtt_update(sk, sample);
	return sample;
}

/* A peer without SACK repeats itself when something is missing. */
static void count_dupack(struct newtcp_sock *tp, const struct sk_buff *skb,
			 int flags)
{
	if (flags & (NEWTCP_AF_DATA | NEWTCP_AF_WIN_UPDATE | NEWTCP_AF_ACKED))
		return;
	if (NEWTCP_CB(skb)->flags & (TH_SYN | TH_FIN))
		return;
	tp->sacked_out++;
	newtcp_limit_dupacks(tp, 0);
}

static void grow_window(struct sock *sk, u32 acked, u32 in_flight, u32 rtt_us)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	const struct newtcp_ack_sample s = {
		.now_us = tp->now_us,
		.rtt_us = rtt_us,
		.min_rtt_us = tp->rtt.min_us,
		.srtt_us = tp->rtt.srtt_us >> 3,
		.acked = acked,
		.in_flight = in_flight,
		.snd_una = tp->snd_una,
		.snd_nxt = tp->snd_nxt,
		.cwnd_limited = newtcp_cwnd_limited(tp),
	};

	tp->cong.ops->cong_avoid(&tp->cong, &s);
}

/* The window opened while nothing was in flight. */
static void ack_probe(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct sk_buff *head = skb_peek(&sk->sk_write_queue);

	tp->probes_out = 0;
	if (!head)
		return;
	if (!seq_after(NEWTCP_CB(head)->end_seq, newtcp_wnd_end(tp)) ||
	    seq_after(newtcp_wnd_end(tp), NEWTCP_CB(head)->seq)) {
		tp->rtt.backoff = 0;
		tp->probes_stamp = 0;
		newtcp_deadline_clear(tp, NEWTCP_DL_PROBE);
	} else {
		newtcp_probe_answered(sk);
	}
}

/* SND.UNA moved: the timers of what is still in flight start anew. */
static void restart_timers(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (tp->packets_out) {
		newtcp_rearm_rto(sk);
		newtcp_schedule_tlp(sk);
		return;
	}
	tp->retrans_stamp = 0;
	newtcp_deadline_clear(tp, NEWTCP_DL_RTO);
	newtcp_deadline_clear(tp, NEWTCP_DL_LOSS);
}

/* SND.UNA stays: only SACKs and dupacks can be news. */
static int old_ack(struct sock *sk, const struct sk_buff *skb,
		   const struct newtcp_options *opts)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u64 sent_us = 0;
	u32 sacked = 0;
	int flags;

	if (!opts || !(opts->flags & NEWTCP_OPT_SACK) || !tp->packets_out)
		return 0;
	flags = newtcp_sack_tag(sk, opts, NEWTCP_CB(skb)->ack_seq, &sacked,
				&sent_us);
	newtcp_recovery_step(sk, 0, sacked, flags);
	return 0;
}

/* Everything but the plainest case: loss state, SACKs, dupacks. */
static void ack_slow(struct sock *sk, const struct sk_buff *skb, int flags,
		     u32 acked, u32 delivered, u32 sacked)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	if (!tp->sack_ok) {
		u32 before = tp->sacked_out;

		count_dupack(tp, skb, flags);
		sacked = tp->sacked_out > before;
	}
	newtcp_recovery_step(sk, acked, delivered + sacked, flags);
}

/**
 * newtcp_ack() - process the acknowledgment of a segment
 * @sk: the connection
 * @skb: the segment; its transport header is set
 * @opts: its options, or NULL when they held a timestamp at most
 * @flags: NEWTCP_AF_DATA when it carries data
 *
 * newtcp_sock.now_us must be fresh.
 *
 * Return: 1 when the ACK is acceptable; 0 when it is old; -1 when the segment
 * must be dropped, the challenge that was due having been sent.
 */
int newtcp_ack(struct sock *sk, const struct sk_buff *skb,
	       const struct newtcp_options *opts, int flags)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	struct clean_result r = {};
	u32 ack = NEWTCP_CB(skb)->ack_seq;
	u32 in_flight, rtt_us, sacked = 0;
	u64 sack_sent_us = 0;

	switch (newtcp_ack_verdict(tp->snd_una, tp->snd_nxt, tp->max_window,
				   ack)) {
	case VERDICT_ACK_FUTURE:
	case VERDICT_ACK_TOO_OLD:
		newtcp_challenge_ack(sk);
		return -1;
	case VERDICT_ACK_OLD:
		if (ack != tp->snd_una)
			return old_ack(sk, skb, opts);
		break;
	case VERDICT_ACK_NEW:
		flags |= NEWTCP_AF_ACKED;
		tp->retransmits = 0;
		break;
	}

	/* RFC 7323 4.3: the timestamp of the segment that covers Last.ACK.sent. */
	if (tp->seg_has_ts)
		newtcp_ts_recent_update(tp, NEWTCP_CB(skb)->seq);

	window_update(sk, skb, ack, &flags);
	tp->bytes_acked += ack - tp->snd_una;
	WRITE_ONCE(tp->snd_una, ack);
	WRITE_ONCE(sk->sk_err_soft, 0);
	tp->last_heard = (u32)jiffies;
	tp->probes_out = 0;
	tp->keep_probes_out = 0;

	if (!tp->packets_out) {
		if (unlikely(tp->tlp_high_seq))
			newtcp_tlp_acked(tp, flags);
		ack_probe(sk);
		return 1;
	}

	in_flight = newtcp_in_flight(tp);
	if (opts && (opts->flags & NEWTCP_OPT_SACK))
		flags |= newtcp_sack_tag(sk, opts, ack, &sacked, &sack_sent_us);
	if (flags & NEWTCP_AF_ACKED)
		clean_rtx_queue(sk, &r);
	if (r.retrans)
		flags |= NEWTCP_AF_RETRANS_ACKED;
	rtt_us = take_rtt(sk, &r, sack_sent_us, flags & NEWTCP_AF_ACKED);
	tp->delivered += r.delivered + sacked;

	if (likely(tp->ca_state == NEWTCP_CA_OPEN && !tp->sacked_out &&
		   (flags & NEWTCP_AF_ACKED))) {
		grow_window(sk, r.acked, in_flight, rtt_us);
	} else {
		ack_slow(sk, skb, flags, r.acked, r.delivered, sacked);
		if (tp->ca_state == NEWTCP_CA_DISORDER && r.acked)
			grow_window(sk, r.acked, in_flight, rtt_us);
	}

	if (unlikely(tp->tlp_high_seq))
		newtcp_tlp_acked(tp, flags);
	if (flags & NEWTCP_AF_ACKED) {
		sk_dst_confirm(sk);
		restart_timers(sk);
	}
	return 1;
}
