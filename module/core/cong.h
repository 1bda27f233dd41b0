/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Congestion control: the state that every algorithm shares, the operations
 * that each consists of, and what the transport tells it.
 *
 * It is the algorithm that writes the window. Loss recovery says what happened, and
 * what proportional rate reduction would have; an algorithm that goes by losses takes
 * that (the helpers in cong.c), one that goes by a model of the path need not.
 *
 * Pure: an algorithm sees struct newtcp_cong and what it is told,
 * never a socket and never a clock. Windows are counted in segments. The
 * owner of the struct serialises (for a socket: the socket lock, BH off).
 */
#ifndef _NEWTCP_CONG_H
#define _NEWTCP_CONG_H

#include <linux/types.h>
#include <linux/list.h>

struct module;
union tcp_cc_info;

#define NEWTCP_CONG_NAME_MAX	16
#define NEWTCP_INIT_CWND	10	/* RFC 6928 */
#define NEWTCP_INFINITE_SSTHRESH	0x7fffffff

/**
 * struct newtcp_ack_sample - what one ACK told the sender
 * @now_us: time of the ACK, microseconds
 * @rate: the pacing rate at which data went out, bytes per second; 0 = none
 * @rtt_us: round-trip sample; 0 = none
 * @min_rtt_us: smallest round trip in the window; ~0U = none
 * @srtt_us: smoothed round-trip time, not scaled; 0 = none
 * @acked: segments by which a window that grows may count it
 * @in_flight: segments in flight before this ACK
 * @pipe: and after it
 * @snd_una: SND.UNA after the ACK
 * @snd_nxt: SND.NXT
 * @largest: bytes of the largest super-packet
 * @delivered: segments delivered so far
 * @news: of these: by this ACK, in order or not
 * @lost: segments that it showed to be lost
 * @reduced: the window that proportional rate reduction asks for; 0 = none
 * @got: delivery rate: segments delivered since the one was sent by which it is measured
 * @prior: what had been delivered then
 * @interval_us: in what time @got was; 0 = there is no sample
 * @limited: the program had sent less than it might; @got is no measure of the path
 * @grow: the window may grow; false while something is being recovered
 * @cwnd_limited: the window, not the program, held the sender back
 * @paced: data goes out over the round trip, not at once
 */
struct newtcp_ack_sample {
	u64 now_us;
	u64 rate;
	u32 rtt_us;
	u32 min_rtt_us;
	u32 srtt_us;
	u32 acked;
	u32 in_flight;
	u32 pipe;
	u32 snd_una;
	u32 snd_nxt;
	u32 largest;
	u32 delivered;
	u32 news;
	u32 lost;
	u32 reduced;
	u32 got;
	u32 prior;
	u32 interval_us;
	bool limited;
	bool grow;
	bool cwnd_limited;
	bool paced;
};

/* What tells that the path, or our own device, is congested. */
enum newtcp_congestion_sign {
	NEWTCP_SIGN_LOSS,	/* segments were lost, or a probe repaired a loss */
	NEWTCP_SIGN_TIMEOUT,	/* nothing came back for a retransmission timeout */
	NEWTCP_SIGN_MARK,	/* the path marks packets (RFC 3168) */
	NEWTCP_SIGN_LOCAL,	/* our own device's queue is full */
};

/**
 * struct newtcp_congestion - the path is congested
 * @now_us: the time, microseconds
 * @sign: what tells
 * @pipe: segments in flight, what is lost taken off
 * @again: of a window of data for which the threshold has fallen already
 * @reducing: a reduction lasts already
 */
struct newtcp_congestion {
	u64 now_us;
	enum newtcp_congestion_sign sign;
	u32 pipe;
	bool again;
	bool reducing;
};

struct newtcp_cong_ops;

/**
 * struct newtcp_cong - congestion state of one connection
 * @ops: the algorithm
 * @cwnd: congestion window, segments, never 0
 * @ssthresh: slow-start threshold, segments
 * @cwnd_cnt: segments acknowledged towards the next increase
 * @cwnd_clamp: upper bound of @cwnd
 * @prior_cwnd: @cwnd before the last reduction, for undo
 * @prior_ssthresh: @ssthresh before the last reduction, for undo
 * @priv: the algorithm's own block, zeroed before ops->init
 */
struct newtcp_cong {
	const struct newtcp_cong_ops *ops;
	u32 cwnd;
	u32 ssthresh;
	u32 cwnd_cnt;
	u32 cwnd_clamp;
	u32 prior_cwnd;
	u32 prior_ssthresh;
	u64 priv[12];
};

/**
 * struct newtcp_cong_ops - a congestion control algorithm
 * @on_ack: an ACK brought news, or the time came to judge losses: the window; required
 * @on_congestion: congestion, see struct newtcp_congestion; required
 * @on_recovered: nothing counts as lost any more; @reduced: a reduction has lasted its round
 *	trip and was not for nothing. Without it the window is the threshold then
 * @undo: the last reduction was for nothing; without it what was before is again
 * @on_sent: data goes out with nothing in flight; optional
 * @pacing_rate: bytes per second; 0 = what follows from the window. With it a socket
 *	is paced. Optional
 * @init: set up @priv; optional
 * @release: the connection ends, takes another algorithm, or begins anew (@init follows);
 *	optional
 * @info: fill what TCP_CC_INFO tells and return its length, bytes; optional
 * @model: a model of the path rules the window: it is not validated (cwv.h)
 * @name: as programs name it in TCP_CONGESTION
 * @owner: module that provides it; NULL: ours, which every socket pins
 * @list: in the table of algorithms
 */
struct newtcp_cong_ops {
	void (*on_ack)(struct newtcp_cong *c, const struct newtcp_ack_sample *s);
	void (*on_congestion)(struct newtcp_cong *c, const struct newtcp_congestion *g);
	void (*on_recovered)(struct newtcp_cong *c, bool reduced);
	void (*undo)(struct newtcp_cong *c);
	void (*on_sent)(struct newtcp_cong *c, u64 now_us);
	u64 (*pacing_rate)(const struct newtcp_cong *c);
	void (*init)(struct newtcp_cong *c);
	void (*release)(struct newtcp_cong *c);
	size_t (*info)(const struct newtcp_cong *c, union tcp_cc_info *info);
	bool model;
	char name[NEWTCP_CONG_NAME_MAX];
	struct module *owner;
	struct list_head list;
};

static inline bool newtcp_cong_in_slow_start(const struct newtcp_cong *c)
{
	return c->cwnd < c->ssthresh;
}

/* cong.c: the transport tells the algorithm */
void newtcp_cong_bind(struct newtcp_cong *c, const struct newtcp_cong_ops *ops);
void newtcp_cong_start(struct newtcp_cong *c, const struct newtcp_cong_ops *ops);
void newtcp_cong_congested(struct newtcp_cong *c, const struct newtcp_congestion *g);
void newtcp_cong_recovered(struct newtcp_cong *c, bool reduced);
void newtcp_cong_undo(struct newtcp_cong *c);
void newtcp_cong_sent(struct newtcp_cong *c, u64 now_us);
void newtcp_cong_window(struct newtcp_cong *c, u32 cwnd);

/* cong.c: what algorithms share */
void newtcp_cong_lower(struct newtcp_cong *c, u32 ssthresh, const struct newtcp_congestion *g);
void newtcp_cong_settle(struct newtcp_cong *c);
u32 newtcp_cong_slow_start(struct newtcp_cong *c, u32 acked);
void newtcp_cong_avoid_ai(struct newtcp_cong *c, u32 w, u32 acked);

/* reno.c, cubic.c */
extern struct newtcp_cong_ops newtcp_cong_reno;
extern struct newtcp_cong_ops newtcp_cong_cubic;

#endif /* _NEWTCP_CONG_H */
