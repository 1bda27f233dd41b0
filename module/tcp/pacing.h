/* SPDX-License-Identifier: GPL-2.0 */
/* The rate at which a connection sends (pacing.c): locked. */
#ifndef _NEWTCP_PACING_H
#define _NEWTCP_PACING_H

#include <linux/types.h>

struct newtcp_ack_news;
struct sock;

u32 newtcp_packet_segs(const struct sock *sk, u32 mss);
void newtcp_pace_update(struct sock *sk);
void newtcp_rate_check(struct sock *sk);
void newtcp_tell_cong(struct sock *sk, const struct newtcp_ack_news *n, u32 acked,
		      u32 in_flight, u32 rtt_us);

#endif /* _NEWTCP_PACING_H */
