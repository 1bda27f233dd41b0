/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands in the connection table beside full sockets, as a struct sock_common
 * first: half-open requests and TIME-WAIT entries.
 */
#ifndef _NEWTCP_ENTRY_H
#define _NEWTCP_ENTRY_H

#include <linux/timer.h>
#include <net/sock.h>
#include "core/negotiate.h"
#include "table/owner.h"

/*
 * struct newtcp_req - a half-open connection: SYN seen, SYN-ACK sent
 * @c: key, state (TCP_NEW_SYN_RECV) and place in the connection table
 * @listener: whose it is; a reference is held
 * @node: in listener.reqs; listener.lock
 * @timer: SYN-ACK retransmission; holds a reference on the request
 * @irs: the peer's initial sequence number
 * @iss: ours
 * @rcv_wnd: window offered in the SYN-ACK
 *
 * Written before it is hashed, save for @ts_recent, @retrans, @timeouts, @acked.
 */
struct newtcp_req {
	struct sock_common c;
	struct sock *listener;
	struct hlist_node node;
	struct timer_list timer;
	u64 synack_us;
	u32 irs;
	u32 iss;
	u32 rcv_wnd;
	u32 ts_recent;
	u32 ts_offset;
	u32 window_clamp;		/* largest window we offer */
	u32 mark;
	struct newtcp_agreed agreed;
	u16 advmss;
	u8 retrans;			/* SYN-ACKs sent again, for whatever reason */
	u8 timeouts;			/* for the timer's; listener.lock */
	u8 acked;			/* the third packet came, and found no room */
	u8 tos;
	u32 last_oow_ack;		/* jiffies of the last answer out of window */
};

/*
 * struct newtcp_tw - a connection in TIME-WAIT (or FIN-WAIT-2 with no owner)
 * @base: what the layers below know
 * @timer: end of the wait; holds a reference
 * @node: in its namespace's list; it lives as long as it is there
 * @substate: TCP_TIME_WAIT or TCP_FIN_WAIT2
 */
struct newtcp_tw {
	union {
		struct newinet_wait base;
		struct sock_common c;
	};
	struct timer_list timer;
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
	u8 ts_ok : 1;
	u8 transparent : 1;
	u8 rcv_wscale;
	u8 substate;
	u8 tos;
};

static inline struct newtcp_req *newtcp_req_of(struct sock_common *c)
{
	return container_of(c, struct newtcp_req, c);
}

static inline struct newtcp_tw *newtcp_tw_of(struct sock_common *c)
{
	return container_of(c, struct newtcp_tw, c);
}

#endif /* _NEWTCP_ENTRY_H */
