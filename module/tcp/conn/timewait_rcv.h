/* SPDX-License-Identifier: GPL-2.0 */
/* A segment arrives in TIME-WAIT (timewait_rcv.c). */
#ifndef _NEWTCP_TIMEWAIT_RCV_H
#define _NEWTCP_TIMEWAIT_RCV_H

#include <linux/types.h>

struct newtcp_skb_cb;
struct newtcp_tw;
struct sk_buff;

/*
 * BH. Consumes the reference on @tw, and @skb; false when @skb, which is untouched
 * then, belongs to a listener of the kernel's.
 */
bool newtcp_tw_rcv(struct newtcp_tw *tw, struct sk_buff *skb,
		   const struct newtcp_skb_cb *cb);

#endif /* _NEWTCP_TIMEWAIT_RCV_H */
