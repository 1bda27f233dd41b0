/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the core's policy of acknowledgment (core/delack.h) and a socket: its
 * times in jiffies, and what its namespace calls interactive.
 *
 * Context: socket lock held.
 */
#ifndef _NEWTCP_ACKING_H
#define _NEWTCP_ACKING_H

#include "tcp/tcb.h"

static const struct newtcp_delack_times newtcp_delack_times = {
	.min = HZ / 25,
	.max = HZ / 5,
};

static inline u8 newtcp_pingpong_thresh(const struct newtcp_sock *tp)
{
	return NEWINET_PINGPONG_THRESH(sock_net(&tp->inet.sk));
}

/* Replies come soon after what they answer: ACKs may ride on them. */
static inline bool newtcp_interactive(const struct newtcp_sock *tp)
{
	return newtcp_delack_interactive(&tp->delack, newtcp_pingpong_thresh(tp));
}

/* The peer seems to miss something: acknowledge without delay for a while. */
static inline void newtcp_enter_quickack(struct newtcp_sock *tp)
{
	newtcp_delack_quick(&tp->delack, &newtcp_delack_times, newtcp_receive_window(tp));
}

#endif /* _NEWTCP_ACKING_H */
