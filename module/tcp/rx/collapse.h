/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Room in the receive buffer (collapse.c).
 */
#ifndef _NEWTCP_COLLAPSE_H
#define _NEWTCP_COLLAPSE_H

#include <linux/skbuff.h>
#include <net/sock.h>

/* Locked. May free and replace every skb that is queued: hold no pointer to one. */
int newtcp_make_room(struct sock *sk, struct sk_buff *skb);
u32 newtcp_dense_truesize(u32 len);

/**
 * newtcp_rmem_fits() - can this skb be charged to the receive buffer as it is?
 * @sk: the connection
 * @skb: the segment
 *
 * Leaves what is queued alone.
 *
 * Context: socket lock held.
 * Return: true when it can.
 */
static inline bool newtcp_rmem_fits(struct sock *sk, struct sk_buff *skb)
{
	return likely(atomic_read(&sk->sk_rmem_alloc) <= sk->sk_rcvbuf &&
		      sk_rmem_schedule(sk, skb, skb->truesize));
}

/**
 * newtcp_rmem_schedule() - can this skb be charged, if need be after others have
 * made room?
 * @sk: the connection
 * @skb: the segment
 *
 * Context: socket lock held. As newtcp_make_room().
 * Return: 0, or -1 when it must be dropped.
 */
static inline int newtcp_rmem_schedule(struct sock *sk, struct sk_buff *skb)
{
	return newtcp_rmem_fits(sk, skb) ? 0 : newtcp_make_room(sk, skb);
}

#endif /* _NEWTCP_COLLAPSE_H */
