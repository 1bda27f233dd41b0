/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's place in front of the kernel's TCP input: slot.c. Who wants to
 * receive counts with newinet_intake_get() and put().
 */
#ifndef _NEWINET_SLOT_H
#define _NEWINET_SLOT_H

#include <linux/types.h>

struct net_protocol;
struct sk_buff;
struct sock;

extern const struct net_protocol *newinet_next;	/* the kernel's; from load on */
extern bool newinet_slot_taken;			/* READ_ONCE() */

int newinet_slot_init(int (*handler)(struct sk_buff *skb),
		      int (*err_handler)(struct sk_buff *skb, u32 info));	/* process */
void newinet_slot_exit(void);			/* process, waits for RCU */

void newinet_intake_get(void);			/* any: one more is to receive segments */
void newinet_intake_put(void);			/* any */
void newinet_intake_pin(struct sock *sk);	/* locked: until @sk is destructed */

#endif /* _NEWINET_SLOT_H */
