// SPDX-License-Identifier: GPL-2.0
/*
 * A segment arrives in TIME-WAIT, or in FIN-WAIT-2 without an owner
 * (RFC 9293 3.10.7.4, RFC 1337, RFC 6191). The entry is timewait.c's.
 *
 * Context: softirq.
 */
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/sock.h>
#include "core/options.h"
#include "core/rtt.h"
#include "core/verdict.h"
#include "core/wire.h"
#include "table/lookup.h"
#include "table/reuseport.h"
#include "table/steer.h"
#include "tcp/clock.h"
#include "tcp/entry.h"
#include "tcp/rx/answer.h"
#include "tcp/seg.h"
#include "tcp/tx/reply.h"
#include "timewait.h"
#include "timewait_rcv.h"

/* A reply that takes the way that the socket's segments took. */
static struct newtcp_reply reply_of(const struct newtcp_tw *tw)
{
	return (struct newtcp_reply){
		.net = read_pnet(&tw->c.skc_net),
		.mark = tw->mark,
		.priority = tw->priority,
		.oif = tw->c.skc_bound_dev_if,
		.transparent = tw->transparent,
	};
}

static void tw_ack(struct newtcp_tw *tw)
{
	struct newtcp_options o = { .flags = 0 };
	struct newtcp_reply r = reply_of(tw);

	r.saddr = tw->c.skc_rcv_saddr;
	r.daddr = tw->c.skc_daddr;
	r.tos = tw->tos;
	r.opts = &o;
	r.th.sport = htons(tw->c.skc_num);
	r.th.dport = tw->c.skc_dport;
	r.th.seq = tw->snd_nxt;
	r.th.ack = tw->rcv_nxt;
	r.th.window = newtcp_wire_window(tw->rcv_wnd, tw->rcv_wscale);
	r.th.flags = TH_ACK;
	if (tw->ts_ok) {
		o.flags = NEWTCP_OPT_TS;
		o.tsval = newtcp_ms_of(newtcp_clock_us()) + tw->ts_offset;
		o.tsecr = tw->ts_recent;
	}
	newtcp_reply_send(&r);
}

/* Has the segment in hand a timestamp? If so it is in @tsval. */
static bool tw_timestamp(const struct newtcp_tw *tw, const struct tcphdr *th,
			 u32 *tsval)
{
	struct newtcp_options o;

	if (!tw->ts_ok)
		return false;
	newtcp_options_parse((const u8 *)(th + 1), th->doff * 4 - sizeof(*th),
			     th->syn, &o);
	*tsval = o.tsval;
	return o.flags & NEWTCP_OPT_TS;
}

/* The peer closes its half: FIN-WAIT-2 becomes TIME-WAIT. */
static void fin_arrived(struct newtcp_tw *tw, const struct newtcp_arrival *seg)
{
	WRITE_ONCE(tw->substate, TCP_TIME_WAIT);
	tw->rcv_nxt = seg->end_seq;
	if (seg->has_ts) {
		WRITE_ONCE(tw->ts_recent, seg->tsval);
		WRITE_ONCE(tw->ts_recent_stamp, (u32)ktime_get_seconds());
	}
}

static enum newtcp_tw_verdict tw_verdict(const struct newtcp_tw *tw,
					 const struct newtcp_arrival *seg)
{
	const struct net *net = read_pnet(&tw->c.skc_net);
	const struct newtcp_tw_state st = {
		.rcv_nxt = tw->rcv_nxt,
		.rcv_wnd = tw->rcv_wnd,
		.ts_recent = tw->ts_recent,
		.fin_wait2 = tw->substate == TCP_FIN_WAIT2,
		.rfc1337 = READ_ONCE(net->ipv4.sysctl_tcp_rfc1337),
	};

	return newtcp_tw_verdict(&st, seg);
}

/* Is a listener of the kernel's waiting, which came past the wait (claim.c)? */
static bool kernel_listens(struct net *net, struct sk_buff *skb,
			   const struct tcphdr *th)
{
	const struct iphdr *iph = ip_hdr(skb);

	return __inet_lookup_listener(net, skb, th->doff * 4, iph->saddr, th->source,
				      iph->daddr, ntohs(th->dest), inet_iif(skb),
				      inet_sdif(skb));
}

/*
 * A SYN for a new connection on the old four-tuple goes to whoever listens, and the
 * entry ends. Returns NEWTCP_TW_DONE when nobody does.
 */
static enum newtcp_tw_way give_way(struct newtcp_tw *tw, struct sk_buff *skb,
				   const struct tcphdr *th, struct sock **lsk)
{
	struct net *net = read_pnet(&tw->c.skc_net);
	enum newtcp_tw_way way = NEWTCP_TW_DONE;

	*lsk = newinet_lookup_listener(net, ip_hdr(skb)->daddr, tw->c.skc_num,
				       inet_iif(skb), inet_sdif(skb));
	if (*lsk && newinet_steered(net, skb, inet_iif(skb))) {
		sock_put(*lsk);
		way = NEWTCP_TW_KERNELS;
	} else if (*lsk) {
		*lsk = newinet_reuseport_choose(*lsk, skb, th->doff * 4);
		way = NEWTCP_TW_LISTENERS;
	} else if (kernel_listens(net, skb, th)) {
		way = NEWTCP_TW_KERNELS;
	}
	if (way != NEWTCP_TW_DONE)
		newtcp_tw_kill(tw);
	return way;
}

/* It stays with the entry: what is to be done? */
static void tw_act(struct newtcp_tw *tw, const struct sk_buff *skb,
		   const struct newtcp_arrival *seg, enum newtcp_tw_verdict verdict)
{
	struct newtcp_reply r;

	switch (verdict) {
	case VERDICT_TW_FIN:
		fin_arrived(tw, seg);
		fallthrough;
	case VERDICT_TW_AGAIN:
		newtcp_tw_restart(tw);
		fallthrough;
	case VERDICT_TW_REUSE:
	case VERDICT_TW_ACK:
		if (!newtcp_oow_ratelimited(read_pnet(&tw->c.skc_net), skb, &tw->last_oow_ack))
			tw_ack(tw);
		break;
	case VERDICT_TW_RST:
		r = reply_of(tw);
		newtcp_reply_rst(&r, skb);
		newtcp_tw_kill(tw);
		break;
	case VERDICT_TW_END:
		newtcp_tw_kill(tw);
		break;
	case VERDICT_TW_DROP:
		break;
	}
}

/**
 * newtcp_tw_rcv() - a segment arrives in TIME-WAIT
 * @tw: the entry; the caller's reference is dropped
 * @skb: the segment, at its TCP header, IP's control block still in it
 * @cb: its numbers
 * @lsk: set with NEWTCP_TW_LISTENERS: the listener, with a reference
 * @isn: set with it: the number to begin with
 *
 * Context: softirq.
 * Return: NEWTCP_TW_DONE when @skb was consumed, else whose it is now, untouched.
 */
enum newtcp_tw_way newtcp_tw_rcv(struct newtcp_tw *tw, struct sk_buff *skb,
				 const struct newtcp_skb_cb *cb, struct sock **lsk, u32 *isn)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	enum newtcp_tw_way way = NEWTCP_TW_DONE;
	enum newtcp_tw_verdict verdict;
	struct newtcp_arrival seg = {
		.seq = cb->seq,
		.end_seq = cb->end_seq,
		.ack = cb->ack_seq,
		.flags = cb->flags,
	};

	skb_reset_transport_header(skb);
	seg.has_ts = tw_timestamp(tw, th, &seg.tsval);
	verdict = tw_verdict(tw, &seg);
	if (verdict == VERDICT_TW_REUSE)
		way = give_way(tw, skb, th, lsk);
	if (way == NEWTCP_TW_LISTENERS)
		*isn = newtcp_tw_isn(tw->snd_nxt);
	if (way == NEWTCP_TW_DONE) {
		*NEWTCP_CB(skb) = *cb;
		tw_act(tw, skb, &seg, verdict);
		kfree_skb(skb);
	}
	newtcp_tw_put(tw);
	return way;
}
