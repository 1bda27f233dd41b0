/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transport: its objects, its locks and what its files offer each other.
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
 * "locked" means that the socket lock is held in either way.
 */
#ifndef _NEWTCP_H
#define _NEWTCP_H

#include <linux/llist.h>
#include <linux/tcp.h>
#include <linux/timer.h>
#include <net/sock.h>
#include <net/inet_sock.h>
#include <net/tcp_states.h>
#include "../newinet.h"
#include "core/seq.h"
#include "core/delack.h"
#include "core/negotiate.h"
#include "core/board.h"
#include "core/cwv.h"
#include "core/snd.h"
#include "core/nagle.h"
#include "core/options.h"
#include "core/rcvwnd.h"
#include "core/rtt.h"
#include "cong_table.h"
#include "core/sack.h"
#include "core/verdict.h"
#include "core/wire.h"
#include "timewait.h"

#define NEWTCP_THIN_RETRIES	6	/* timeouts of a thin stream at one pace */
#define NEWTCP_TIMEWAIT_LEN	(60 * HZ)
#define NEWTCP_PROBE_MAX	(120 * HZ)
#define NEWTCP_FIN_TIMEOUT_MAX	(120 * HZ)
#define NEWTCP_RESOURCE_WAIT	(HZ / 2)	/* the own device's queue is full */

/* Room for link, IP and TCP headers in front of the payload. */
#define NEWTCP_MAX_HEADER	L1_CACHE_ALIGN(128 + MAX_HEADER)

/*
 * The one timer of a socket (timer.c) serves these deadlines.
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
 * struct newtcp_skb_cb - what a queued segment carries in skb->cb
 * @sent: send: see struct newtcp_seg
 * @tsval: receive: timestamp value
 * @tsecr: receive: timestamp echo
 * @ack_seq: receive: SEG.ACK
 * @tw_isn: receive, a SYN for a listener: the ISN that TIME-WAIT asks for, or 0
 * @seq: first sequence number; for sending see struct newtcp_seg, as for all that follow
 * @end_seq: last + 1; SYN and FIN count one each
 * @segs: send: wire segments that the skb makes
 * @mss: send: payload bytes of each of them
 * @flags: TH_FIN ...
 * @marks: NEWTCP_SEG_*
 *
 * On transmission the part of it that IP uses is given to IP zeroed.
 */
struct newtcp_skb_cb {
	union {
		struct list_head sent;
		struct {
			u32 tsval;
			u32 tsecr;
			u32 ack_seq;
			u32 tw_isn;
		};
	};
	u32 seq;
	u32 end_seq;
	u16 segs;
	u16 mss;
	u8 flags;
	u8 marks;
};

#define NEWTCP_CB(skb)	((struct newtcp_skb_cb *)&((skb)->cb[0]))

/*
 * A segment that was sent is on the scoreboard (core/board.h). Its record is the
 * beginning of the skb: the tree's node, which the kernel has there for such
 * use, its owner, the place of its time, and the control block.
 */
static_assert(offsetof(struct newtcp_seg, node) == offsetof(struct sk_buff, rbnode));
static_assert(offsetof(struct newtcp_seg, owner) == offsetof(struct sk_buff, sk));
static_assert(offsetof(struct newtcp_seg, sent_us) == offsetof(struct sk_buff, tstamp));
static_assert(offsetof(struct newtcp_seg, sent) == offsetof(struct sk_buff, cb));
#define NEWTCP_SEG_AT(m) \
	(offsetof(struct newtcp_seg, m) - offsetof(struct sk_buff, cb))
static_assert(NEWTCP_SEG_AT(sent) == offsetof(struct newtcp_skb_cb, sent));
static_assert(NEWTCP_SEG_AT(seq) == offsetof(struct newtcp_skb_cb, seq));
static_assert(NEWTCP_SEG_AT(end_seq) == offsetof(struct newtcp_skb_cb, end_seq));
static_assert(NEWTCP_SEG_AT(segs) == offsetof(struct newtcp_skb_cb, segs));
static_assert(NEWTCP_SEG_AT(mss) == offsetof(struct newtcp_skb_cb, mss));
static_assert(NEWTCP_SEG_AT(flags) == offsetof(struct newtcp_skb_cb, flags));
static_assert(NEWTCP_SEG_AT(marks) == offsetof(struct newtcp_skb_cb, marks));
#undef NEWTCP_SEG_AT

static inline struct newtcp_seg *newtcp_seg_of(struct sk_buff *skb)
{
	return (struct newtcp_seg *)skb;
}

static inline struct sk_buff *newtcp_seg_skb(struct newtcp_seg *seg)
{
	return (struct sk_buff *)seg;
}

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
	 * Generic code knows the inet_sock, which is first. Of its members the
	 * cork is of datagrams alone: a stream keeps there what else would make
	 * it larger.
	 */
	union {
		struct inet_sock inet;
		struct {
			u8 inet_head[offsetof(struct inet_sock, cork)];

			/* Reassembly */
			struct sk_buff *out_of_order_last;
			struct rb_root out_of_order;	/* by sequence number */
			struct newtcp_sack_list sacks;	/* what we report */
			u32 last_oow_ack;	/* jiffies, last answer out of window */
			struct newtcp_recovery rec;	/* losses */
			u8 loss_is_tlp:1,	/* NEWTCP_DL_LOSS is of the tail probe */
			   recvmsg_inq:1,
			   cong_chosen:1,	/* by TCP_CONGESTION */
			   intake_pinned:1,	/* slot.c */
			   cong_locked:1,	/* the route says */
			   thin_linear:1,	/* TCP_THIN_LINEAR_TIMEOUTS */
			   ofo_dense:1;		/* nothing to collapse, collapse.c */
			u32 last_challenge;	/* jiffies, last challenge ACK */
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
	u32 dl_at[NEWTCP_DL_MAX];	/* jiffies */

	/* Windows and sizes that move slowly */
	u16 mss_clamp;			/* MSS that the peer announced */
	u16 user_mss;			/* TCP_MAXSEG */
	u32 pmtu;			/* as the route had it */
	u32 rcv_rtt_us;			/* round trip as the receiver sees it, times 8 */
	u32 rcv_rtt_seq;
	u32 rcv_rtt_tsecr;		/* echo that gave the last sample */
	u32 rcv_rtt_time_us;		/* low half of the clock; 0 = none */
	struct {
		u32 space;
		u32 seq;
		u32 time_us;		/* low half of the clock */
	} rcvq;				/* receive-buffer tuning */

	/* Opening and closing */
	u8 syn_retries;			/* TCP_SYNCNT; 0 = the netns's */
	u8 probes_out;			/* unanswered window probes */
	u8 keep_probes_out;
	u8 keep_probes;			/* TCP_KEEPCNT; 0 = the netns's */

	unsigned long deferred;		/* bits, atomic */
	union {
		/* Until it is accepted nobody has anything to send on it. */
		struct sock *accept_next;	/* listener.lock */
		struct llist_node smallq_node;	/* whoever set NEWTCP_LISTED */
	};
	struct newinet_claim *claim;	/* claim.c's lock */
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

static_assert(offsetofend(struct newtcp_sock, last_challenge) <=
	      offsetofend(struct inet_sock, cork));

static inline struct newtcp_sock *newtcp_sk(const struct sock *sk)
{
	return (struct newtcp_sock *)sk;
}

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

static inline struct newtcp_req *newtcp_req_of(struct sock_common *c)
{
	return container_of(c, struct newtcp_req, c);
}

static inline struct newtcp_tw *newtcp_tw_of(struct sock_common *c)
{
	return container_of(c, struct newtcp_tw, c);
}

static inline struct sock *newtcp_sk_of(struct sock_common *c)
{
	return container_of(c, struct sock, __sk_common);
}

/* Where the claim of an owner of a port is kept. */
static inline struct newinet_claim **newtcp_claim_slot(struct sock_common *c)
{
	if (c->skc_state == TCP_TIME_WAIT)
		return &newtcp_tw_of(c)->claim;
	return &newtcp_sk(newtcp_sk_of(c))->claim;
}

static inline struct tcphdr *newtcp_hdr(const struct sk_buff *skb)
{
	return (struct tcphdr *)skb_transport_header(skb);
}

/* Header length; skb->data is at the TCP header. */
static inline unsigned int newtcp_hdrlen(const struct sk_buff *skb)
{
	return ((const struct tcphdr *)skb->data)->doff * 4;
}

/* Clocks. Microseconds for round trips, milliseconds on the wire. */
static inline u64 newtcp_clock_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

static inline void newtcp_clock_refresh(struct newtcp_sock *tp)
{
	tp->now_us = newtcp_clock_us();
}

static inline u32 newtcp_ts_of(u64 us)
{
	return (u32)div_u64(us, USEC_PER_MSEC);
}

/*
 * The retransmission timeout now, back-off included: jiffies, rounded up. It
 * is bounded: no need to ask, as usecs_to_jiffies() does, whether it is endless.
 */
static inline u32 newtcp_rto_jiffies(const struct newtcp_sock *tp)
{
	return _usecs_to_jiffies(newtcp_rtt_rto(&tp->rtt));
}

static inline bool newtcp_owned(const struct sock *sk)
{
	return lockdep_sock_is_held(sk);
}

#define newtcp_assert_owned(sk) \
	WARN_ON_ONCE(IS_ENABLED(CONFIG_LOCKDEP) && !newtcp_owned(sk))

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

/*
 * Is little enough unsent, by TCP_NOTSENT_LOWAT? @wake: half of that, so that
 * who is woken for it has something to do.
 */
static inline bool newtcp_notsent_ok(const struct sock *sk, int wake)
{
	const struct newtcp_sock *tp = newtcp_sk(sk);
	u32 notsent = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_nxt);
	u32 most = READ_ONCE(tp->notsent_lowat) ?:
		   READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_notsent_lowat);

	return (notsent << wake) < most;
}

/* Is there room in the send buffer worth waking somebody for? */
static inline bool newtcp_writeable(const struct sock *sk)
{
	return sk_stream_wspace(sk) >= sk_stream_min_wspace(sk) &&
	       READ_ONCE(sk->sk_wmem_queued) < READ_ONCE(sk->sk_sndbuf) &&
	       newtcp_notsent_ok(sk, 1);
}

/* lookup.c */
int newtcp_lookup_init(void);					/* process */
void newtcp_lookup_exit(void);					/* process */
/* RCU. A referenced entry, or NULL: connection, request, TIME-WAIT, listener. */
bool newtcp_listener_sure(const struct sock *sk);
struct sock_common *newtcp_lookup(struct net *net, __be32 saddr, __be16 sport,
				  __be32 daddr, u16 dport, int dif, int sdif);
void newtcp_entry_put(struct sock_common *c);
struct sock_common *newtcp_lookup_established(struct net *net, __be32 saddr,
					      __be16 sport, __be32 daddr,
					      u16 dport, int dif, int sdif);
struct sock *newtcp_lookup_listener(struct net *net, __be32 daddr, u16 dport,
				    int dif, int sdif);
/* Locked. -EADDRNOTAVAIL when the four-tuple is taken. */
int newtcp_hash_connection(struct sock *sk, bool bound);
/* Process, locked: a listener becomes findable. 0 or -ENOMEM. */
int newtcp_hash_listener(struct sock *sk);
/* Locked. */
void newtcp_unhash(struct sock *sk);
/* BH. False when the same four-tuple is there already. */
bool newtcp_hash_req(struct newtcp_req *req);
/* BH. False when somebody else took the request away. */
bool newtcp_unhash_req(struct newtcp_req *req);
/* BH, child locked. The request gives its place to the child; false: lost the race. */
bool newtcp_hash_child(struct newtcp_req *req, struct sock *child);
/* BH, sk locked. The connection gives its place to the TIME-WAIT entry. */
void newtcp_hash_tw(struct sock *sk, struct newtcp_tw *tw);
bool newtcp_unhash_tw(struct newtcp_tw *tw);

/* sock.c: the struct proto, birth and death of a socket */
extern struct proto newtcp_prot;
int newtcp_init(void);						/* process */
void newtcp_exit(void);						/* process */
void newtcp_set_state(struct sock *sk, int state);		/* locked */
void newtcp_done(struct sock *sk);				/* locked */
void newtcp_give_up(struct sock *sk, int err);			/* locked */
void newtcp_reset_vars(struct sock *sk);			/* locked */
void newtcp_write_space(struct sock *sk);			/* any */
void newtcp_report_error(struct sock *sk, int err);		/* locked */
void newtcp_purge(struct sock *sk);				/* locked */
void newtcp_purge_send(struct sock *sk);			/* locked */
void newtcp_destroy(struct sock *sk);				/* locked, dead */
void newtcp_reset_saddr(struct sock *sk);			/* locked */
void newtcp_default_cong(struct sock *sk);
void newtcp_orphan_inc(void);
bool newtcp_too_many_orphans(const struct sock *sk, int shift);

/* user.c, recv.c, poll.c: process */
int newtcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
int newtcp_sendmsg_locked(struct sock *sk, struct msghdr *msg, size_t size);
int newtcp_sendpage(struct sock *sk, struct page *page, int offset, size_t size,
		    int flags);		/* NEWINET_SENDPAGE */
int newtcp_sendpage_locked(struct sock *sk, struct page *page, int offset,
			   size_t size, int flags);
void newtcp_splice_eof(struct socket *sock);
int newtcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags);
int newtcp_read_sock(struct sock *sk, read_descriptor_t *desc,
		     sk_read_actor_t actor);
ssize_t newtcp_splice_read(struct socket *sock, loff_t *ppos,
			   struct pipe_inode_info *pipe, size_t len,
			   unsigned int flags);
int newtcp_peek_len(struct socket *sock);
int newtcp_set_rcvlowat(struct sock *sk, int val);
void newtcp_cleanup_rbuf(struct sock *sk, int copied);		/* locked */
void newtcp_window_deferred(struct sock *sk);			/* locked */
void newtcp_data_ready(struct sock *sk);			/* locked */
__poll_t newtcp_poll(struct file *file, struct socket *sock, poll_table *wait);
int newtcp_ioctl_int(struct sock *sk, int cmd, int *val);

/* connect.c: process, locked, but for newtcp_finish_connect() */
int newtcp_connect(struct sock *sk, struct sockaddr_unsized *uaddr, int addr_len);
int newtcp_pre_connect(struct sock *sk, struct sockaddr_unsized *uaddr, int addr_len);
int newtcp_rcv_synsent(struct sock *sk, struct sk_buff *skb,
		       const struct tcphdr *th);		/* locked */

/* close.c */
void newtcp_close(struct sock *sk, long timeout);		/* process */
void newtcp_shutdown(struct sock *sk, int how);			/* locked */
int newtcp_disconnect(struct sock *sk, int flags);		/* process, locked */
void newtcp_fin(struct sock *sk);				/* locked */
void newtcp_reset(struct sock *sk);				/* locked */
int newtcp_fin_time(const struct sock *sk);
void newtcp_orphan_fin_wait2(struct sock *sk);			/* locked */

/* handshake.c: the passive side */
int newtcp_listen_start(struct sock *sk, int backlog);		/* process, locked */
void newtcp_listen_stop(struct sock *sk);			/* process, locked */
int newtcp_handshake_init(void);				/* process */
void newtcp_handshake_exit(void);				/* process */
void newtcp_listener_rcv(struct sock *sk, struct sk_buff *skb);	/* BH */
/* BH. Consumes the reference on @req, and @skb. */
void newtcp_req_rcv(struct newtcp_req *req, struct sk_buff *skb);
void newtcp_req_put(struct newtcp_req *req);
void newtcp_req_error(struct newtcp_req *req, u32 seq, bool ends);	/* BH: ICMP */

/* accept.c */
bool newtcp_accept_enqueue(struct sock *sk, struct sock *child);	/* BH */
void newtcp_accept_drain(struct sock *sk);			/* process, locked */
struct sock *newtcp_accept(struct sock *sk, struct proto_accept_arg *arg);

/* input.c */
int newtcp_do_rcv(struct sock *sk, struct sk_buff *skb);	/* locked */
void newtcp_ack_snd_check(struct sock *sk);			/* locked */
void newtcp_ack_now(struct sock *sk);				/* locked */
void newtcp_challenge_ack(struct sock *sk);			/* locked */
bool newtcp_oow_ratelimited(struct net *net, const struct sk_buff *skb,
			    u32 *last);
void newtcp_ts_recent_update(struct newtcp_sock *tp, u32 seq);
int newtcp_rcv_opening_or_closing(struct sock *sk, struct sk_buff *skb);	/* locked */

/* ack.c: locked */
/* < 0: drop the segment (a challenge was sent if one was due); else fine. */
int newtcp_ack(struct sock *sk, const struct sk_buff *skb,
	       const struct newtcp_options *opts, u32 flags);
void newtcp_rtt_update(struct sock *sk, u32 sample_us);

/* recovery.c: locked */
void newtcp_loss_conf_read(const struct sock *sk, struct newtcp_loss_conf *conf);
void newtcp_snd_view(struct sock *sk, struct newtcp_snd *s,
		     const struct newtcp_loss_conf *conf);
void newtcp_ack_recovery(struct sock *sk, const struct newtcp_snd *s,
			 struct newtcp_ack_news *n);
void newtcp_ack_resend(struct sock *sk, const struct newtcp_snd *s,
		       const struct newtcp_ack_news *n);
void newtcp_schedule_tlp(struct sock *sk);
void newtcp_loss_expired(struct sock *sk);
void newtcp_local_congestion(struct sock *sk);
void newtcp_cong_tx_start(struct sock *sk);
void newtcp_enter_loss(struct sock *sk);
void newtcp_recovery_reset(struct sock *sk);

/* reassembly.c: locked */
void newtcp_data_queue(struct sock *sk, struct sk_buff *skb);
bool newtcp_queue_rcv(struct sock *sk, struct sk_buff *skb, u32 hdrlen,
		      bool *stolen);
void newtcp_ofo_purge(struct sock *sk);

/* rcvbuf.c: locked */
void newtcp_rcvbuf_init(struct sock *sk);
void newtcp_rcv_space_adjust(struct sock *sk);
void newtcp_rcvbuf_grow(struct sock *sk, const struct sk_buff *skb, bool merging);
void newtcp_event_data_recv(struct sock *sk, struct sk_buff *skb);
u32 newtcp_free_window(struct sock *sk);
u32 newtcp_initial_window(const struct sock *sk, u32 mss, u32 segs, bool wscale,
			  u32 *clamp, u8 *ws);
void newtcp_sndbuf_expand(struct sock *sk);
u32 newtcp_full_space(const struct sock *sk);

/* output.c, control.c: locked */
void newtcp_data_sent(struct sock *sk, struct sk_buff *skb);
void newtcp_resize_unacked(struct sock *sk);
int newtcp_transmit(struct sock *sk, struct sk_buff *skb, bool clone, gfp_t gfp);
bool newtcp_write_xmit(struct sock *sk, u32 mss, int nonagle, int push_one, gfp_t gfp);
void newtcp_push_pending(struct sock *sk, u32 mss, int nonagle);
void newtcp_push_one(struct sock *sk, u32 mss);
u32 newtcp_packet_segs(const struct sock *sk, u32 mss);
void newtcp_pace_update(struct sock *sk);
void newtcp_send_ack(struct sock *sk);
void newtcp_send_fin(struct sock *sk);
void newtcp_send_owed_fin(struct sock *sk);			/* locked */
void newtcp_send_active_reset(struct sock *sk, gfp_t gfp);
int newtcp_send_syn(struct sock *sk);
void newtcp_send_probe(struct sock *sk);
int newtcp_elicit_ack(struct sock *sk);
void newtcp_sync_mss(struct sock *sk, u32 pmtu);
u32 newtcp_current_mss(struct sock *sk);
u32 newtcp_send_mss(struct sock *sk, u32 *size_goal);
u16 newtcp_advertised_mss(const struct sock *sk, const struct dst_entry *dst);
void newtcp_check_probe(struct sock *sk);
void newtcp_mtu_reduced(struct sock *sk);

#define NEWTCP_NAGLE_OFF	1
#define NEWTCP_NAGLE_CORK	2
#define NEWTCP_NAGLE_PUSH	4

static inline int newtcp_nonagle(const struct newtcp_sock *tp)
{
	return (tp->nodelay ? NEWTCP_NAGLE_OFF : 0) |
	       (tp->cork ? NEWTCP_NAGLE_CORK : 0);
}

static inline void newtcp_push_frames(struct sock *sk)
{
	if (!skb_queue_empty(&sk->sk_write_queue))
		newtcp_push_pending(sk, newtcp_current_mss(sk),
				    newtcp_nonagle(newtcp_sk(sk)));
}

/* TCP_NODELAY was set, or the cork pulled: what was held back goes now. */
static inline void newtcp_push_held(struct sock *sk)
{
	if (!skb_queue_empty(&sk->sk_write_queue))
		newtcp_push_pending(sk, newtcp_current_mss(sk),
				    NEWTCP_NAGLE_OFF | NEWTCP_NAGLE_PUSH);
}

/* segment.c: buffers of the send side, locked */
struct sk_buff *newtcp_skb_alloc(struct sock *sk, gfp_t gfp, bool force);
void newtcp_skb_free(struct sock *sk, struct sk_buff *skb);
int newtcp_skb_split(struct sock *sk, struct sk_buff *skb, bool sent,
		     u32 len, u32 mss, gfp_t gfp);
int newtcp_skb_trim_head(struct sock *sk, struct sk_buff *skb, u32 len);

/* How many segments of the wire an skb stands for, @mss bytes of payload each. */
static inline void newtcp_skb_set_segs(struct sk_buff *skb, u32 mss)
{
	struct newtcp_skb_cb *cb = NEWTCP_CB(skb);

	cb->mss = mss;
	cb->segs = skb->len <= mss ? 1 : DIV_ROUND_UP(skb->len, mss);
}

/* retransmit.c: locked */
int newtcp_retransmit_skb(struct sock *sk, struct sk_buff *skb, int segs);
void newtcp_retransmit_lost(struct sock *sk);

#include "timer.h"

/* reply.c: segments that no full socket sends; BH */
struct newtcp_reply {
	struct net *net;
	__be32 saddr, daddr;
	struct newtcp_wire th;
	u8 tos, ttl;		/* 0 = the route's */
	u32 mark;
	u32 priority;		/* without an owner; else the owner's */
	int oif;
	const struct newtcp_options *opts;	/* may be NULL */
	struct sock *owner;	/* charged for it; may be NULL */
	struct dst_entry *dst;	/* its reference moves; NULL = to be looked up */
};

struct dst_entry *newtcp_reply_route(const struct newtcp_reply *r);
int newtcp_reply_send(const struct newtcp_reply *r);
void newtcp_send_rst(struct net *net, const struct sk_buff *skb, const struct sock *sk);

/* sockopt.c, info.c: process */
int newtcp_setsockopt(struct sock *sk, int level, int optname,
		      sockptr_t optval, unsigned int optlen);
int newtcp_getsockopt(struct sock *sk, int level, int optname,
		      char __user *optval, int __user *optlen);
void newtcp_get_info(struct sock *sk, struct tcp_info *info);

/* keys.c: RFC 6528; any context */
void newtcp_first_numbers(const struct net *net, __be32 saddr, __be32 daddr,
			  __be16 sport, __be16 dport, u32 *iss, u32 *ts_offset);
u32 newtcp_port_offset(__be32 saddr, __be32 daddr, __be16 dport);

#endif /* _NEWTCP_H */
