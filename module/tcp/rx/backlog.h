/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments for a socket that its owner holds (backlog.c).
 */
#ifndef _NEWTCP_BACKLOG_H
#define _NEWTCP_BACKLOG_H

struct sk_buff;
struct sock;

void newtcp_backlog_add(struct sock *sk, struct sk_buff *skb);	/* BH, slock */

#endif /* _NEWTCP_BACKLOG_H */
