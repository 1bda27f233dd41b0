/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timestamps of packets, and what else comes with data as control messages:
 * SO_TIMESTAMP and its relatives, TCP_INQ, the error queue. What every segment
 * passes is inline here; the rest, which few programs ask for, is in tstamp.c.
 */
#ifndef _NEWTCP_TSTAMP_H
#define _NEWTCP_TSTAMP_H

#include "tcp/tcb.h"

/* When the last packet that was read arrived; 0 = not known. */
struct newtcp_rx_stamps {
	ktime_t software;
	ktime_t hardware;
};

/* Is the card's clock asked for? Only then is its place in the skb looked at. */
static inline void newtcp_rx_stamp(const struct sock *sk, struct newtcp_rx_stamps *s,
				   struct sk_buff *skb)
{
	if (unlikely(READ_ONCE(sk->sk_tsflags) & SOF_TIMESTAMPING_RAW_HARDWARE))
		s->hardware = skb_hwtstamps(skb)->hwtstamp;
	s->software = skb->tstamp;
}

/* Bytes of @from come behind those of @to: the later arrival counts. */
static inline void newtcp_rx_stamp_merge(struct sk_buff *to, struct sk_buff *from)
{
	if (unlikely(from->tstamp)) {
		to->tstamp = from->tstamp;
		*skb_hwtstamps(to) = *skb_hwtstamps(from);
	}
}

/* Process, not locked. */
void newtcp_rx_cmsg(struct sock *sk, struct msghdr *msg,
		    const struct newtcp_rx_stamps *s);
int newtcp_recv_error(struct sock *sk, struct msghdr *msg, int len);

/* Locked. */
void newtcp_tx_stamp_base(struct sock *sk);
void newtcp_tx_stamp(struct sock *sk, u32 tsflags);
void newtcp_tx_stamp_split(struct sk_buff *skb, struct sk_buff *rest);
void newtcp_tx_stamp_acked(struct sock *sk, struct sk_buff *skb);

#endif /* _NEWTCP_TSTAMP_H */
