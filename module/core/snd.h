/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A sender as loss recovery sees it: what it remembers of losses, the
 * configuration, and the news that an ACK brings. The files that share it:
 *
 *   board.c	the records of what was sent
 *   sackin.c	a peer's SACK blocks, D-SACKs and ACKs enter the board
 *   rack.c	losses by time (RFC 8985 6)
 *   tlp.c	probing a silent tail (RFC 8985 7)
 *   prr.c	the window during recovery (RFC 6937)
 *   undo.c	reductions taken back (RFC 3522, 4015, 3708) and F-RTO (RFC 5682)
 *   recovery.c	the states, and the order in which an ACK asks all of these
 *
 * Pure: plain structs, the time and the configuration are arguments. The owner
 * serialises (for a socket: the socket lock).
 */
#ifndef _NEWTCP_SND_H
#define _NEWTCP_SND_H

#include <linux/math64.h>
#include "board.h"
#include "cong.h"
#include "rate.h"
#include "rtt.h"

#define NEWTCP_DUPTHRESH	3	/* RFC 5681, RFC 6675 */

/* newtcp_recovery.state: the values are those of Linux's tcpi_ca_state. */
enum newtcp_ca_state {
	NEWTCP_CA_OPEN,		/* nothing wrong */
	NEWTCP_CA_DISORDER,	/* duplicate ACKs or SACKs seen, no loss declared */
	NEWTCP_CA_CWR,		/* the window is being reduced, nothing was lost */
	NEWTCP_CA_RECOVERY,	/* fast recovery until SND.UNA passes recovery_point */
	NEWTCP_CA_LOSS,		/* after a timeout, until SND.UNA passes recovery_point */
};

/**
 * struct newtcp_recovery - what a sender remembers of losses
 * @rack_xmit_ts: when the newest delivered segment was sent, microseconds; 0 = none
 * @rack_end_seq: where that one ends
 * @rack_rtt_us: its round trip
 * @recovery_point: SND.NXT when the present state began
 * @high_sacked: end of the highest SACKed segment; means nothing without one
 * @reordering: segments of reordering that are tolerated
 * @reo_seq: SND.NXT when @reo_wnd_mult last grew
 * @prr_delivered: segments delivered since the reduction began
 * @prr_out: segments sent since then
 * @undo_marker: SND.UNA when the reduction began, with @can_undo
 * @undo_retrans: retransmissions since then that no D-SACK has named; < 0: none made
 * @retrans_stamp: milliseconds, when the first retransmission was made; 0 = none:
 *	a clock at 0 is noted a millisecond early
 * @total_retrans: segments ever retransmitted
 * @dsack_dups: segments ever reported as duplicates
 * @delivered: segments ever delivered
 * @tlp_high_seq: SND.NXT at the tail probe, with @tlp_out
 * @state: enum newtcp_ca_state
 * @frto: a timeout may turn out to be spurious
 * @can_undo: the reduction can be taken back
 * @cwnd_stays: but not the window: it fell for congestion that nothing disproves
 * @reord_seen: the path reorders
 * @dsack_round: duplicates were reported, the tolerance is to grow
 * @rack_advanced: RACK has news
 * @tlp_out: a tail probe is out
 * @tlp_retrans: it was a retransmission
 * @reo_wnd_mult: quarters of the minimum round trip that RACK tolerates
 * @reo_wnd_persist: recoveries until that is forgotten
 */
struct newtcp_recovery {
	u64 rack_xmit_ts;
	u32 rack_end_seq;
	u32 rack_rtt_us;
	u32 recovery_point;
	u32 high_sacked;
	u32 reordering;
	u32 reo_seq;
	u32 prr_delivered;
	u32 prr_out;
	u32 undo_marker;
	s32 undo_retrans;
	u32 retrans_stamp;
	u32 total_retrans;
	u32 dsack_dups;
	u32 delivered;
	u32 tlp_high_seq;
	u8 state;
	u8 frto:1, can_undo:1, cwnd_stays:1, reord_seen:1, dsack_round:1,
	   rack_advanced:1, tlp_out:1, tlp_retrans:1;
	u8 reo_wnd_mult;
	u8 reo_wnd_persist;
};

/* newtcp_loss_conf.recovery: net.ipv4.tcp_recovery */
#define NEWTCP_RACK			0x1	/* losses are found by time */
#define NEWTCP_RACK_STATIC_REO_WND	0x2	/* duplicates do not widen its tolerance */
#define NEWTCP_RACK_NO_DUPTHRESH	0x4	/* nor does counting narrow it */

/**
 * struct newtcp_loss_conf - a snapshot of the configuration
 * @reordering: tolerated from the start, segments, at least 1
 * @max_reordering: tolerated at most, segments, at least 1
 * @recovery: NEWTCP_RACK ...
 * @frto: spurious timeouts are looked for
 */
struct newtcp_loss_conf {
	u32 reordering;
	u32 max_reordering;
	u8 recovery;
	bool frto;
};

/**
 * struct newtcp_snd - a sender, as recovery sees it
 * @b: its scoreboard
 * @r: its memory of losses
 * @c: its congestion control
 * @rate: its deliveries
 * @rtt: its round trips
 * @conf: the configuration
 * @now_us: the time, microseconds
 * @una: SND.UNA
 * @nxt: SND.NXT
 * @mss: payload of a full segment, not 0
 * @max_window: largest window that the peer ever offered
 * @sack_ok: SACK was agreed
 * @opening: the SYN is not acknowledged yet
 * @cut: cuts a record in two after so many bytes and has both on the board;
 *	returns the second, or NULL when it cannot
 * @shift: moves what so many bytes from the beginning of a record stand for to the end
 *	of the one before it, not the records themselves; false when it cannot, as where
 *	a FIN alone would be left. Optional
 * @owner: for @cut and @shift
 */
struct newtcp_snd {
	struct newtcp_board *b;
	struct newtcp_recovery *r;
	struct newtcp_cong *c;
	struct newtcp_rate *rate;
	const struct newtcp_rtt *rtt;
	const struct newtcp_loss_conf *conf;
	u64 now_us;
	u32 una;
	u32 nxt;
	u32 mss;
	u32 max_window;
	bool sack_ok;
	bool opening;
	struct newtcp_seg *(*cut)(void *owner, struct newtcp_seg *seg, u32 len);
	bool (*shift)(void *owner, struct newtcp_seg *to, struct newtcp_seg *from, u32 len);
	void *owner;
};

/* newtcp_ack_news.flags */
#define NEWTCP_RX_DATA		0x01	/* the segment carried data */
#define NEWTCP_RX_WIN_UPDATE	0x02	/* it changed the window */
#define NEWTCP_RX_CONTROL	0x04	/* SYN or FIN: no duplicate ACK */
#define NEWTCP_RX_ECHO		0x08	/* it echoed a timestamp */
#define NEWTCP_RX_ADVANCED	0x10	/* SND.UNA moved */
#define NEWTCP_RX_SACKED	0x20	/* it SACKed something new */
#define NEWTCP_RX_DSACK		0x40	/* it reported a duplicate */
#define NEWTCP_RX_DSACK_TLP	0x80	/* which was that of the tail probe */
#define NEWTCP_RX_ORIG_ACKED	0x100	/* (S)ACKed: something never sent twice */
#define NEWTCP_RX_RETRANS_ACKED	0x200	/* acknowledged: something sent twice */
#define NEWTCP_RX_LOST_RETRANS	0x400	/* a retransmission was found lost */

/* What is to be sent for it, beside what the window newly allows. */
enum newtcp_resend {
	NEWTCP_RESEND_NOTHING,
	NEWTCP_RESEND_LOST,	/* what is lost, as the window allows */
	NEWTCP_RESEND_NEW,	/* new data first (F-RTO); what is lost if there is none */
};

/**
 * struct newtcp_ack_news - what one ACK brings, filled step by step
 * @flags: NEWTCP_RX_*
 * @ack: SEG.ACK
 * @tsecr: the time that it echoes, in milliseconds of our clock
 * @prior_una: SND.UNA before it
 * @prior_fack: end of the highest SACKed segment before it; without one SND.UNA
 * @acked: segments that it acknowledged in order
 * @delivered: segments that it says have arrived, new to us
 * @late_seq: lowest segment, sent once, that it names; SND.NXT to begin with
 * @first_us: when the first segment that it acknowledged in order was sent,
 *	of those sent once; 0 = none
 * @last_us: when the last one was
 * @first_sack_us: the same as @first_us of those that it SACKed
 * @last_sack_us: when the last of these was sent
 * @rate: what it says of the rate
 * @resend: out: what is to be sent for it
 * @reduced: out: the window that proportional rate reduction asks for; 0 = none
 * @lost: out: segments that it showed to be lost
 * @grow: out: the window may grow by it
 * @looked: out: RACK looked, and @look_again_us is news
 * @look_again_us: out: when it has to look again, from now; 0 = need not
 * @reneged: out: the oldest segment is SACKed, which cannot be; the timeout is due soon
 */
struct newtcp_ack_news {
	u32 flags;
	u32 ack;
	u32 tsecr;
	u32 prior_una;
	u32 prior_fack;
	u32 acked;
	u32 delivered;
	u32 late_seq;
	u64 first_us;
	u64 last_us;
	u64 first_sack_us;
	u64 last_sack_us;
	struct newtcp_rate_sample rate;
	enum newtcp_resend resend;
	u32 reduced;
	u32 lost;
	bool grow;
	bool reneged;
	bool looked;
	u32 look_again_us;
};

/* RFC 5681 2: a duplicate ACK, which says nothing but that something arrived. */
static inline bool newtcp_repeats(const struct newtcp_ack_news *n)
{
	return !(n->flags & (NEWTCP_RX_DATA | NEWTCP_RX_WIN_UPDATE | NEWTCP_RX_ADVANCED |
			     NEWTCP_RX_CONTROL));
}

static inline bool newtcp_ca_in_recovery(const struct newtcp_recovery *r)
{
	return r->state >= NEWTCP_CA_RECOVERY;
}

/* Proportional rate reduction rules the window. */
static inline bool newtcp_ca_reducing(const struct newtcp_recovery *r)
{
	return r->state == NEWTCP_CA_CWR || r->state == NEWTCP_CA_RECOVERY;
}

/*
 * May the ACK have waited at the peer? As one of a lone segment, not a full one, does that
 * brings nothing else (FLAG_ACK_MAYBE_DELAYED of Linux).
 */
static inline bool newtcp_ack_may_be_delayed(const struct newtcp_ack_news *n,
					     const struct newtcp_board *b, u32 mss)
{
	return n->acked == 1 && n->delivered == 1 && n->ack - n->prior_una < mss &&
	       !b->sacked_out && !(n->flags & (NEWTCP_RX_SACKED | NEWTCP_RX_DSACK));
}

/**
 * newtcp_ack_trip - the round trip that an ACK tells
 * @n: its news; what it acknowledges has been counted
 * @b: the scoreboard
 * @mss: payload of a full segment
 * @now_us: the time
 *
 * Karn's rule (RFC 6298 3): from segments that were sent once, else only from an
 * echoed timestamp (RFC 7323 4.1), and that only when SND.UNA moved.
 *
 * Return: the round trip; what it is of the first segment, for the timeout, is of the
 * first in order where there is one, of the last one of the last SACKed.
 */
static inline struct newtcp_trip newtcp_ack_trip(const struct newtcp_ack_news *n,
						 const struct newtcp_board *b, u32 mss,
						 u64 now_us)
{
	const u32 told = NEWTCP_RX_ADVANCED | NEWTCP_RX_ECHO;
	bool in_order = n->first_us && !(n->flags & NEWTCP_RX_RETRANS_ACKED);
	u64 first = in_order ? n->first_us : n->first_sack_us;
	u64 last = n->last_sack_us ?: n->last_us;
	struct newtcp_trip trip = {};

	if (first) {
		trip.us = max_t(u64, now_us - first, 1);
		trip.newest_us = max_t(u64, now_us - last, 1);
		trip.delayed = in_order && newtcp_ack_may_be_delayed(n, b, mss);
	} else if ((n->flags & told) == told) {
		trip.us = newtcp_rtt_of_echo(newtcp_ms_of(now_us), n->tsecr);
		trip.newest_us = trip.us;
	}
	return trip;
}

/* Nothing is wrong with the sender, and nothing else than progress in the ACK. */
static inline bool newtcp_ack_is_plain(const struct newtcp_recovery *r,
				       const struct newtcp_board *b, u32 flags, bool blocks)
{
	return r->state == NEWTCP_CA_OPEN && !b->sacked_out && !r->tlp_out &&
	       (flags & NEWTCP_RX_ADVANCED) && !blocks;
}

bool newtcp_any_retrans(const struct newtcp_snd *s);
void newtcp_keep_open(const struct newtcp_snd *s);

#endif /* _NEWTCP_SND_H */
