// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors that quote a segment of ours: what they do to its connection, to a
 * half-open request, to a TIME-WAIT entry. Answers to tcp_v4_err().
 *
 * Anybody can send them, so nothing happens, to a socket or to a route, before
 * the quoted sequence number is found to be in flight (RFC 5927 section 4). An
 * established connection is never ended by one (RFC 1122 4.2.3.9 as Linux reads
 * it): the error is kept, for when it fails otherwise, or shown to a program
 * that asked with IP_RECVERR. An attempt to connect ends.
 *
 * Context: softirq, RCU read side.
 */
#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>
#include "core/rtt.h"
#include "core/verdict.h"
#include "table/lookup.h"
#include "table/owner.h"
#include "tcp/conn/deadline.h"
#include "tcp/conn/handshake.h"
#include "tcp/conn/metrics.h"
#include "tcp/conn/state.h"
#include "tcp/entry.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/mss.h"
#include "tcp/tx/recovery.h"
#include "icmp.h"

/* What a program is told of such a message; 0: it is not for programs. */
static int error_of(u8 type, u8 code)
{
	int err = 0;

	switch (type) {
	case ICMP_PARAMETERPROB:
		err = EPROTO;
		break;
	case ICMP_TIME_EXCEEDED:
		err = EHOSTUNREACH;
		break;
	case ICMP_DEST_UNREACH:
		if (code <= NR_ICMP_UNREACH && code != ICMP_FRAG_NEEDED)
			err = icmp_err_convert[code].errno;
		break;
	}
	return err;
}

/* Does it say that a SYN-ACK will never arrive? Others may be about its route. */
static bool ends_request(u8 type, u8 code)
{
	return type == ICMP_PARAMETERPROB || type == ICMP_TIME_EXCEEDED ||
	       (type == ICMP_DEST_UNREACH &&
		(code == ICMP_NET_UNREACH || code == ICMP_HOST_UNREACH));
}

static void redirected(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst;

	if (sock_owned_by_user(sk))
		return;
	dst = __sk_dst_check(sk, 0);
	if (dst)
		dst->ops->redirect(dst, sk, skb);
}

/**
 * newtcp_mtu_reduced() - ICMP said that the path takes less
 * @sk: the connection; newtcp_sock.icmp_mtu holds the new size
 *
 * The route learns it first, and may know better: it has a floor, and may be
 * locked. The connection goes by what the route says then.
 */
void newtcp_mtu_reduced(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 mtu = READ_ONCE(tp->icmp_mtu), asked = mtu;
	struct dst_entry *dst;

	sock_owned_by_me(sk);
	if ((1 << sk->sk_state) & (TCPF_LISTEN | TCPF_CLOSE))
		return;
	dst = newtcp_route(sk);
	if (!dst)
		return;
	dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
	dst = newtcp_route(sk);
	if (!dst)
		return;
	mtu = dst_mtu(dst);
	/* For the case that it never gets through. */
	if (asked < mtu && ip_dont_fragment(sk, dst))
		WRITE_ONCE(sk->sk_err_soft, EMSGSIZE);
	if (inet_sk(sk)->pmtudisc == IP_PMTUDISC_DONT || !ip_sk_accept_pmtu(sk) ||
	    tp->pmtu <= mtu)
		return;
	newtcp_sync_mss(sk, mtu);
	newtcp_resize_unacked(sk);
}

static void frag_needed(struct sock *sk, u32 mtu)
{
	struct newtcp_sock *tp = newtcp_sk(sk);

	/* The message has 16 bits for it. */
	WRITE_ONCE(tp->icmp_mtu, min_t(u32, mtu, U16_MAX));
	if (!sock_owned_by_user(sk))
		newtcp_mtu_reduced(sk);
	else if (!test_and_set_bit(NEWTCP_DEFER_MTU, &tp->deferred))
		sock_hold(sk);
}

/* RFC 6069: the path is broken, not congested. */
static void revert_backoff(struct sock *sk)
{
	struct newtcp_sock *tp = newtcp_sk(sk);
	u32 left;

	newtcp_clock_refresh(tp);
	left = newtcp_rtt_revert(&tp->rtt, tp->now_us - newtcp_board_first(&tp->board)->sent_us);
	newtcp_deadline_set(sk, NEWTCP_DL_RTO, jiffies + usecs_to_jiffies(left));
}

static void failed(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th,
		   u32 info, int err)
{
	const u8 type = icmp_hdr(skb)->type, code = icmp_hdr(skb)->code;
	const bool owned = sock_owned_by_user(sk);
	struct newtcp_sock *tp = newtcp_sk(sk);
	/* The board is its owner's. */
	const bool oldest = !owned && ntohl(th->seq) == tp->snd_una && newtcp_unacked_head(tp);

	switch (newtcp_error_verdict((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV),
				     type == ICMP_DEST_UNREACH &&
				     (code == ICMP_NET_UNREACH || code == ICMP_HOST_UNREACH),
				     oldest, tp->retransmits && tp->rtt.backoff)) {
	case VERDICT_ERROR_END:
		newinet_queue_icmp(sk, skb, err, th->dest, info, (u8 *)th);
		if (owned)
			break;
		newtcp_give_up(sk, err);
		return;
	case VERDICT_ERROR_REVERT:
		revert_backoff(sk);
		fallthrough;
	case VERDICT_ERROR_NOTE:
		if (owned || !inet_test_bit(RECVERR, sk))
			break;
		newtcp_report_error(sk, err);
		return;
	}
	WRITE_ONCE(sk->sk_err_soft, err);
}

static void for_socket(struct sock *sk, struct sk_buff *skb, const struct tcphdr *th,
		       u32 info)
{
	const struct iphdr *quoted = (const struct iphdr *)skb->data;
	const u8 type = icmp_hdr(skb)->type, code = icmp_hdr(skb)->code;
	struct newtcp_sock *tp = newtcp_sk(sk);
	int err = error_of(type, code);

	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN) ||
	    quoted->ttl < READ_ONCE(inet_sk(sk)->min_ttl) ||
	    !newtcp_error_counts(ntohl(th->seq), tp->snd_una, tp->snd_nxt))
		return;
	if (type == ICMP_REDIRECT)
		redirected(sk, skb);
	else if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED)
		frag_needed(sk, info);
	else if (err)
		failed(sk, skb, th, info, err);
}

/**
 * newtcp_icmp_error() - an ICMP error about a segment of ours
 * @c: whose segment it was; the caller's reference is dropped
 * @skb: the message, at the quoted IP header
 * @info: what the type has beside its code: an MTU, a gateway
 */
void newtcp_icmp_error(struct sock_common *c, struct sk_buff *skb, u32 info)
{
	const struct iphdr *quoted = (const struct iphdr *)skb->data;
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + quoted->ihl * 4);
	struct sock *sk;

	switch (c->skc_state) {
	case TCP_NEW_SYN_RECV:
		newtcp_req_error(newtcp_req_of(c), ntohl(th->seq),
				 ends_request(icmp_hdr(skb)->type, icmp_hdr(skb)->code));
		return;
	default:
		sk = newinet_sk_of(c);
		bh_lock_sock(sk);
		for_socket(sk, skb, th, info);
		bh_unlock_sock(sk);
		sock_put(sk);
	}
}
