/* SPDX-License-Identifier: GPL-2.0 */
/* Received data finds its place (reassembly.c): locked. */
#ifndef _NEWTCP_REASSEMBLY_H
#define _NEWTCP_REASSEMBLY_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct sock;

/* What became of an skb that was to be queued. */
enum newtcp_queued {
	NEWTCP_QUEUED,		/* it stands in the queue */
	NEWTCP_MERGED,		/* its data are another's now */
	NEWTCP_MERGED_STOLEN,	/* and its head as well */
};

/* Free what another has merged. */
static inline void newtcp_queued_free(struct sk_buff *skb, enum newtcp_queued how)
{
	if (how != NEWTCP_QUEUED)
		kfree_skb_partial(skb, how == NEWTCP_MERGED_STOLEN);
}

void newtcp_data_queue(struct sock *sk, struct sk_buff *skb);
enum newtcp_queued newtcp_queue_rcv(struct sock *sk, struct sk_buff *skb, u32 hdrlen);

#endif /* _NEWTCP_REASSEMBLY_H */
