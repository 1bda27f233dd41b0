/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transmission control block: a connection or a listener as a socket, the
 * locks that guard it, and what is read out of it in a line.
 * RFC 9293 names are used for the connection variables; where Linux has a
 * habit that a program or a peer can notice, that habit is followed.
 *
 * Locking
 * -------
 * Every connection is guarded by its socket lock (lock_sock() in process
 * context, bh_lock_sock() in softirq). Softirq work that finds the socket
 * owned by a user is deferred: segments go to the backlog (newtcp_do_rcv()
 * runs them at release_sock()), timers and ICMP leave a bit in
 * newtcp_sock.deferred that release_cb() (sock.c) acts on.
 *
 * A listener is not locked by incoming segments. Its SYN queue and accept
 * queue are guarded by newtcp_listener.lock (BH), which nests inside the
 * socket lock. A segment handler that has found a listener checks, under that
 * lock, that it still listens before it queues anything.
 *
 * The connection table (lookup.c) is read under RCU alone; writers hold the
 * bucket's spinlock (BH), which nests inside everything above. Objects in it
 * come from SLAB_TYPESAFE_BY_RCU caches: a reader takes a reference with
 * refcount_inc_not_zero() and then compares the keys again.
 *
 * Claims (claim.c) take a mutex and so belong to process context, outside BH; the
 * ports that they are on hang from heads (claim_head) with a spinlock (BH) each, which
 * nests inside the socket lock.
 *
 * TIME-WAIT entries live as long as they are in their namespace's list, under its
 * lock (BH, timewait.c).
 *
 * Order: claim mutex / socket lock -> listener.lock -> claim_head.lock ->
 * TIME-WAIT list lock -> connection bucket lock. No two socket locks are held at
 * once, except that a child is created locked while its listener is not.
 *
 * References: the connection table holds one on each request and TIME-WAIT
 * entry (a full socket leaves it before it dies), each armed timer holds one on
 * its object, a half-open request holds one on its listener.
 * A socket pins the module through its struct proto; TIME-WAIT entries and
 * requests do not, and are purged at unload.
 *
 * Contexts: "process" may sleep; "BH" is softirq or process with BH off;
 * "locked" means that the socket lock is held in either way, which
 * sock_owned_by_me() asserts where others call in.
 */
#ifndef _NEWTCP_TCB_H
#define _NEWTCP_TCB_H

#include <linux/jiffies.h>
#include <linux/llist.h>
#include <linux/rbtree.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include "core/board.h"
#include "core/cong.h"
#include "core/cwv.h"
#include "core/delack.h"
#include "core/rate.h"
#include "core/rcvtune.h"
#include "core/rcvwnd.h"
#include "core/reasm.h"
#include "core/rtt.h"
#include "core/sack.h"
#include "core/snd.h"
#include "table/owner.h"
#include "clock.h"
#include "entry.h"
#include "seg.h"

/*
 * The one timer of a socket serves these deadlines (deadline.c, timer.c).
 */
enum newtcp_deadline {
	NEWTCP_DL_LOSS,		/* declare a segment lost, or probe the tail: this goes first */
	NEWTCP_DL_RTO,		/* retransmit the oldest segment, or the SYN */
	NEWTCP_DL_PROBE,	/* probe a zero window; an owed FIN */
	NEWTCP_DL_DELACK,	/* a delayed ACK is due */
	NEWTCP_DL_KEEP,		/* keepalive, or the end of FIN-WAIT-2 */
	NEWTCP_DL_MAX
};

/* newtcp_sock.deferred: what a softirq left for the owner of the socket */
enum newtcp_deferred {
	NEWTCP_DEFER_TIMER,	/* the timer fired */
	NEWTCP_DEFER_MTU,	/* the path MTU changed */
	NEWTCP_DEFER_WINDOW,	/* the backlog took the room that was read free */
	NEWTCP_DEFER_SEND,	/* there is room below the socket again */
	NEWTCP_THROTTLED,	/* smallq.c: waits for that */
	NEWTCP_LISTED,		/* smallq.c: on a list of sockets to send for */
};

/**
 * struct newtcp_listener - the queues of a listening socket
 * @lock: guards all of it (BH)
 * @head: first child ready for accept(2)
 * @tail: last one
 * @reqs: half-open requests
 * @qlen: number of @reqs
 * @young: of these, number of those whose timer has not fired yet
 *
 * The length of the accept queue is sk_ack_backlog.
 */
struct newtcp_listener {
	spinlock_t lock;		/* all that follows */
	struct sock *head;
	struct sock *tail;
	struct hlist_head reqs;
	u32 qlen, young;
};

/*
 * struct newtcp_sock - a connection, or a listener
 *
 * Everything is guarded by the socket lock unless a field says otherwise.
 * The first group is what every segment touches, in either direction.
 */
struct newtcp_sock {
	/*
	 * Generic code knows the inet_sock, which is first; what the layers below
	 * know begins in its cork (owner.h), and what else fits there follows.
	 */
	union {
		struct inet_sock inet;
		struct newinet_sock base;
		struct {
			u8 base_head[offsetofend(struct newinet_sock, intake_pinned)];

			u8 loss_is_tlp:1,	/* NEWTCP_DL_LOSS is of the tail probe */
			   recvmsg_inq:1,
			   cong_chosen:1,	/* by TCP_CONGESTION */
			   cong_locked:1,	/* the route says */
			   thin_linear:1,	/* TCP_THIN_LINEAR_TIMEOUTS */
			   ofo_dense:1,		/* nothing to collapse, collapse.c */
			   pace_stale:1,	/* sk_pacing_rate is of an ACK before the last */
			   in_program:1;	/* a cgroup program looks at connect(2) */
			/* Reassembly */
			struct newtcp_sack_list sacks;	/* what we report */
			struct newtcp_recovery rec;	/* losses */
			struct newtcp_reasm reasm;	/* what is out of order */
		};
	};

	/* Receive sequence space */
	u32 rcv_nxt;			/* RCV.NXT */
	u32 copied_seq;			/* next byte that the program reads */
	struct newtcp_rcvwnd rcvwnd;	/* the window that we offer */
	/* Send sequence space */
	u32 snd_una;			/* SND.UNA */
	u32 snd_nxt;			/* SND.NXT */
	u32 snd_wnd;			/* SND.WND, scaled up */
	u32 snd_wl1;			/* SND.WL1 */
	u32 max_window;			/* largest window the peer ever offered */
	u32 write_seq;			/* end of what the program wrote */
	u32 snd_sml;			/* end of the last partial segment sent */
	u32 pushed_seq;			/* end of the last data marked PSH */
	u32 mss;			/* payload of a full segment, options taken off */
	u32 ts_recent;			/* TS.Recent */
	u32 ts_recent_stamp;		/* seconds, when it was taken */
	u32 ts_offset;			/* added to our clock, by a keyed hash */
	u32 last_tsecr;			/* echo of the segment in hand */
	u32 last_tsval;
	u32 last_snd;			/* jiffies of the last data sent */
	u32 last_rcv;			/* jiffies of the last data received */
	u32 last_heard;			/* jiffies of the last good ACK */
	struct newtcp_delack delack;	/* when to acknowledge */
	u8 snd_wscale;
	u8 ts_ok:1, sack_ok:1, wscale_ok:1, nodelay:1, cork:1,
	   push:1,			/* TCP_NODELAY was set, no segment begun since */
	   seg_has_ts:1, fin_owed:1;
	u8 deadlines;			/* bit per enum newtcp_deadline in use */
	u8 retransmits;			/* timeouts in a row */
	u8 header_len;			/* TCP header with the usual options */
	s8 linger2;			/* seconds; < 0 = no FIN-WAIT-2 wait, 0 = the netns's */
	u16 icmp_mtu;			/* path MTU that ICMP asks for, to be applied */
	u64 now_us;			/* clock, read anew as an event begins, an ACK leaves */
	struct newtcp_board board;	/* sent, not acknowledged */
	struct newtcp_rtt rtt;
	struct newtcp_cong cong;
	struct newtcp_rate rate;	/* of what was delivered */
	u32 dl_at[NEWTCP_DL_MAX];	/* jiffies */

	/* Windows and sizes that move slowly */
	u16 mss_clamp;			/* MSS that the peer announced */
	u16 user_mss;			/* TCP_MAXSEG */
	u32 pmtu;			/* as the route had it */
	struct newtcp_rcvtune rcvtune;	/* receive-buffer tuning */

	/* Opening and closing */
	u8 syn_retries;			/* TCP_SYNCNT; 0 = the netns's */
	u8 probes_out;			/* unanswered window probes */
	u8 keep_probes_out;
	u8 keep_probes;			/* TCP_KEEPCNT; 0 = the netns's */

	unsigned long deferred;		/* bits, atomic */
	struct sock *accept_next;	/* listener.lock; sends may wait meanwhile */
	struct llist_node smallq_node;	/* whoever set NEWTCP_LISTED */
	struct newtcp_pacer *pacer;	/* pacing.c, since a rate is asked for */
	u32 last_oow_ack;		/* jiffies, last answer out of window */
	u32 last_challenge;		/* jiffies, last challenge ACK */
	struct newtcp_listener *listener;	/* set while listening */
	u64 bytes_acked;
	u64 bytes_received;
	u32 segs_in;
	u32 segs_out;
	struct newtcp_cwv cwv;		/* is the congestion window used? */
	u32 notsent_lowat;		/* bytes; 0 = the netns's */
	u16 keep_time;			/* seconds; 0 = the netns's */
	u16 keep_intvl;			/* likewise */
	u32 user_timeout;		/* ms; 0 = none */
	u32 probes_stamp;		/* jiffies, first probe; 0 = none */
};

static_assert(offsetofend(struct newtcp_sock, reasm) <=
	      offsetofend(struct inet_sock, cork));

static inline struct newtcp_sock *newtcp_sk(const struct sock *sk)
{
	return (struct newtcp_sock *)sk;
}

static inline void newtcp_clock_refresh(struct newtcp_sock *tp)
{
	tp->now_us = newtcp_clock_us();
}

/*
 * The retransmission timeout now, back-off included: jiffies, rounded up. It
 * is bounded: no need to ask, as usecs_to_jiffies() does, whether it is endless.
 */
static inline u32 newtcp_rto_jiffies(const struct newtcp_sock *tp)
{
	return _usecs_to_jiffies(newtcp_rtt_rto(&tp->rtt));
}

/* Window still open to the peer. */
static inline u32 newtcp_receive_window(const struct newtcp_sock *tp)
{
	return newtcp_rcvwnd_open(&tp->rcvwnd, tp->rcv_nxt);
}

static inline u32 newtcp_wnd_end(const struct newtcp_sock *tp)
{
	return tp->snd_una + tp->snd_wnd;
}

/* RFC 6675 "pipe", in segments. */
static inline u32 newtcp_in_flight(const struct newtcp_sock *tp)
{
	return newtcp_board_pipe(&tp->board);
}

/* The oldest segment that is not acknowledged, or NULL. */
static inline struct sk_buff *newtcp_unacked_head(const struct newtcp_sock *tp)
{
	struct newtcp_seg *seg = newtcp_board_first(&tp->board);

	return seg ? newtcp_seg_skb(seg) : NULL;
}

#endif /* _NEWTCP_TCB_H */
