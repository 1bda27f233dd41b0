// SPDX-License-Identifier: GPL-2.0
/*
 * Answers to segments that cannot be right are few: two ends must not answer each
 * other for ever, and a stranger must not learn from their number (RFC 5961).
 *
 * Context: BH; the socket lock where there is a socket.
 */
#include <linux/jiffies.h>
#include <linux/random.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include "core/wire.h"
#include "tcp/seg.h"
#include "tcp/tcb.h"
#include "tcp/tx/control.h"
#include "answer.h"

/**
 * newtcp_oow_ratelimited() - was an answer of this kind sent just now?
 * @net: namespace, for net.ipv4.tcp_invalid_ratelimit
 * @skb: the segment to be answered; NULL: whatever it is
 * @last: in and out: jiffies of the last one
 *
 * Return: true when no answer is to be sent.
 */
bool newtcp_oow_ratelimited(struct net *net, const struct sk_buff *skb,
			    u32 *last)
{
	int limit = READ_ONCE(net->ipv4.sysctl_tcp_invalid_ratelimit);
	u32 now = (u32)jiffies;

	/* ACKs and SYNs can answer each other for ever; data and FINs end some time. */
	if (skb && NEWTCP_CB(skb)->seq != NEWTCP_CB(skb)->end_seq &&
	    !(NEWTCP_CB(skb)->flags & TH_SYN))
		return false;
	/* A negative limit is none. */
	if (*last && limit > 0 && now - *last < limit)
		return true;
	*last = now ?: 1;
	return false;
}

/*
 * RFC 5961 section 10, for all connections of a namespace, the kernel's own
 * included: so many in a second, and not exactly so many, or the number would
 * tell a stranger what became of others.
 */
static bool challenge_allowed(struct net *net)
{
	u32 now = (u32)jiffies / HZ, half, count;
	int limit = READ_ONCE(net->ipv4.sysctl_tcp_challenge_ack_limit);

	if (limit == INT_MAX || limit <= 0)
		return limit > 0;
	if (now != READ_ONCE(net->ipv4.tcp_challenge_timestamp)) {
		half = (limit + 1) >> 1;
		WRITE_ONCE(net->ipv4.tcp_challenge_timestamp, now);
		WRITE_ONCE(net->ipv4.tcp_challenge_count,
			   half + reciprocal_scale(get_random_u32(), limit));
	}
	count = READ_ONCE(net->ipv4.tcp_challenge_count);
	if (count)
		WRITE_ONCE(net->ipv4.tcp_challenge_count, count - 1);
	return count;
}

/**
 * newtcp_challenge_due() - may a challenge ACK be sent now?
 * @net: namespace
 * @last: in and out: jiffies of the connection's last one
 *
 * RFC 5961 section 10: at most one in tcp_invalid_ratelimit for a connection, whatever
 * it is that it would answer.
 *
 * Return: true when it is to be sent; it counts.
 */
bool newtcp_challenge_due(struct net *net, u32 *last)
{
	return !newtcp_oow_ratelimited(net, NULL, last) && challenge_allowed(net);
}

/**
 * newtcp_challenge_ack() - make the peer prove that it knows the numbers
 * @sk: the connection
 */
void newtcp_challenge_ack(struct sock *sk)
{
	sock_owned_by_me(sk);
	if (newtcp_challenge_due(sock_net(sk), &newtcp_sk(sk)->last_challenge))
		newtcp_send_ack(sk);
}
