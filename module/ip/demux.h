/* SPDX-License-Identifier: GPL-2.0 */
/* What a segment's predecessor knew: early demultiplexing (demux.c). */
#ifndef _NEWINET_DEMUX_H
#define _NEWINET_DEMUX_H

#include <linux/skbuff.h>
#include <net/sock.h>

struct newinet_demux;

void newinet_demux_learn(struct sock *sk, const struct sk_buff *skb);	/* locked */

/* Did the segment come by another route than the one before it? */
static inline bool newinet_demux_news(const struct sock *sk, const struct sk_buff *skb)
{
	return rcu_access_pointer(sk->sk_rx_dst) != skb_dst(skb) ||
	       sk->sk_rx_dst_ifindex != skb->skb_iif;
}

void newinet_demux_forget(struct sock *sk);			/* locked */

/* For the ports' sake: process, one at a time. */
struct newinet_demux *newinet_demux_start(struct net *net);
void newinet_demux_stop(struct net *net, struct newinet_demux *demux);
void newinet_demux_port(struct newinet_demux *demux, u16 num, bool claimed);	/* its lock */

#endif /* _NEWINET_DEMUX_H */
