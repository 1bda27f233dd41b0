/* SPDX-License-Identifier: GPL-2.0 */
/* The receive window, and the tuning of both buffers (rcvbuf.c): locked. */
#ifndef _NEWTCP_RCVBUF_H
#define _NEWTCP_RCVBUF_H

#include <linux/types.h>
#include <net/sock.h>

struct sk_buff;

void newtcp_rcvbuf_init(struct sock *sk);
void newtcp_rcv_space_adjust(struct sock *sk);
void newtcp_rcvbuf_grow(struct sock *sk, const struct sk_buff *skb, bool merging);
void newtcp_rcvbuf_measure(struct sock *sk, const struct sk_buff *skb);
void newtcp_event_data_recv(struct sock *sk, struct sk_buff *skb);
u32 newtcp_free_window(struct sock *sk);
u32 newtcp_initial_window(const struct sock *sk, u32 mss, u32 segs, bool wscale,
			  u32 *clamp, u8 *ws);
void newtcp_new_space(struct sock *sk);
u32 newtcp_full_space(const struct sock *sk);

/* Data was acknowledged, or has left: does a program wait for that? */
static inline void newtcp_check_space(struct sock *sk)
{
	/* Room, then the flag; newtcp_poll() sets the flag, then looks for room. */
	smp_mb();
	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		newtcp_new_space(sk);
}

#endif /* _NEWTCP_RCVBUF_H */
