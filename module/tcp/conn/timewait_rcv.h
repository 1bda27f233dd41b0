/* SPDX-License-Identifier: GPL-2.0 */
/* A segment arrives in TIME-WAIT (timewait_rcv.c). */
#ifndef _NEWTCP_TIMEWAIT_RCV_H
#define _NEWTCP_TIMEWAIT_RCV_H

#include <linux/types.h>

struct newtcp_skb_cb;
struct newtcp_tw;
struct sk_buff;
struct sock;

enum newtcp_tw_way {
	NEWTCP_TW_DONE,
	NEWTCP_TW_LISTENERS,	/* for a listener of ours */
	NEWTCP_TW_KERNELS,	/* for the kernel's handler */
};

enum newtcp_tw_way newtcp_tw_rcv(struct newtcp_tw *tw, struct sk_buff *skb,
				 const struct newtcp_skb_cb *cb, struct sock **lsk,
				 u32 *isn);	/* BH */

#endif /* _NEWTCP_TIMEWAIT_RCV_H */
