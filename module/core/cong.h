/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Congestion control: the state that every algorithm shares, the operations
 * that each consists of, and what the transport tells it.
 *
 * Pure: an algorithm sees struct newtcp_cong and the sample it is given,
 * never a socket and never a clock. Windows are counted in segments. The
 * owner of the struct serialises (for a socket: the socket lock, BH off).
 */
#ifndef _NEWTCP_CONG_H
#define _NEWTCP_CONG_H

#include <linux/types.h>
#include <linux/list.h>

struct module;

#define NEWTCP_CONG_NAME_MAX	16
#define NEWTCP_INIT_CWND	10	/* RFC 6928 */
#define NEWTCP_INFINITE_SSTHRESH	0x7fffffff

/**
 * struct newtcp_ack_sample - what one ACK told the sender
 * @now_us: time of the ACK, microseconds
 * @rate: the pacing rate, bytes per second; 0 = none
 * @rtt_us: round-trip sample; 0 = none
 * @min_rtt_us: smallest round trip in the window; ~0U = none
 * @srtt_us: smoothed round-trip time, not scaled; 0 = none
 * @acked: segments newly acknowledged, in order
 * @in_flight: segments in flight before this ACK
 * @snd_una: SND.UNA after the ACK
 * @snd_nxt: SND.NXT
 * @largest: bytes of the largest super-packet
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
	u32 snd_una;
	u32 snd_nxt;
	u32 largest;
	bool cwnd_limited;
	bool paced;
};

enum newtcp_cong_event {
	NEWTCP_CONG_TX_START,	/* first transmit with nothing in flight */
	NEWTCP_CONG_LOSS,	/* retransmission timeout */
	NEWTCP_CONG_RECOVERED,	/* fast recovery ended */
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
 * @init: set up @priv; optional
 * @ssthresh: the threshold after a loss, segments, at least 2; required
 * @cong_avoid: grow the window for one ACK outside recovery; required
 * @event: something happened, see enum newtcp_cong_event; optional
 * @name: as programs name it in TCP_CONGESTION
 * @owner: module that provides it; NULL: ours, which every socket pins
 * @list: in the table of algorithms
 */
struct newtcp_cong_ops {
	void (*init)(struct newtcp_cong *c);
	u32 (*ssthresh)(struct newtcp_cong *c);
	void (*cong_avoid)(struct newtcp_cong *c,
			   const struct newtcp_ack_sample *s);
	void (*event)(struct newtcp_cong *c, enum newtcp_cong_event ev,
		      u64 now_us);
	char name[NEWTCP_CONG_NAME_MAX];
	struct module *owner;
	struct list_head list;
};

static inline bool newtcp_cong_in_slow_start(const struct newtcp_cong *c)
{
	return c->cwnd < c->ssthresh;
}

/* cong.c */
void newtcp_cong_bind(struct newtcp_cong *c, const struct newtcp_cong_ops *ops);
void newtcp_cong_start(struct newtcp_cong *c, const struct newtcp_cong_ops *ops);
void newtcp_cong_reduce(struct newtcp_cong *c, bool reducing);
void newtcp_cong_undo(struct newtcp_cong *c);
void newtcp_cong_window(struct newtcp_cong *c, u32 cwnd);
void newtcp_cong_event(struct newtcp_cong *c, enum newtcp_cong_event ev, u64 now_us);
u32 newtcp_cong_slow_start(struct newtcp_cong *c, u32 acked);
void newtcp_cong_avoid_ai(struct newtcp_cong *c, u32 w, u32 acked);

/* reno.c, cubic.c */
extern struct newtcp_cong_ops newtcp_cong_reno;
extern struct newtcp_cong_ops newtcp_cong_cubic;

#endif /* _NEWTCP_CONG_H */
