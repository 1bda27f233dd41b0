/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TIME-WAIT entries (timewait.c): what the table, the intake and the claims know of them.
 */
#ifndef _NEWTCP_TIMEWAIT_H
#define _NEWTCP_TIMEWAIT_H

#include <linux/types.h>
#include <net/sock.h>

struct newtcp_skb_cb;
struct sk_buff;

/*
 * struct newtcp_tw - a connection in TIME-WAIT (or FIN-WAIT-2 with no owner)
 * @c: key, state (TCP_TIME_WAIT) and place in the connection table
 * @timer: end of the wait; holds a reference
 * @claim: the port, shared with the others on it
 * @node: in its namespace's list; it lives as long as it is there
 * @substate: TCP_TIME_WAIT or TCP_FIN_WAIT2
 */
struct newtcp_tw {
	struct sock_common c;
	struct timer_list timer;
	struct newinet_claim *claim;
	struct hlist_node node;
	u32 rcv_nxt;
	u32 snd_nxt;
	u32 rcv_wnd;			/* bytes */
	u32 ts_recent;
	u32 ts_recent_stamp;
	u32 ts_offset;
	u32 last_oow_ack;
	u32 mark;
	u32 priority;
	u8 ts_ok;
	u8 rcv_wscale;
	u8 substate;
	u8 tos;
};

int newtcp_timewait_init(void);					/* process */
void newtcp_timewait_stop(void);				/* process */
void newtcp_timewait_exit(void);				/* process */
void newtcp_time_wait(struct sock *sk, int substate, int timeo);	/* locked */
/*
 * BH. Consumes the reference on @tw, and @skb; false when @skb, which is untouched
 * then, belongs to a listener of the kernel's.
 */
bool newtcp_tw_rcv(struct newtcp_tw *tw, struct sk_buff *skb,
		   const struct newtcp_skb_cb *cb);
void newtcp_tw_kill(struct newtcp_tw *tw);			/* BH */
void newtcp_tw_put(struct newtcp_tw *tw);

/* The connection table's lock of @tw held: may @sk take its four-tuple over? */
bool newtcp_tw_yields(struct newtcp_tw *tw, struct sock *sk, bool bound);

#endif /* _NEWTCP_TIMEWAIT_H */
