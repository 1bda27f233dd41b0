/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loss recovery of a sender: what is lost, when recovery begins and ends, what
 * is to be sent again, and when a reduction of the window was for nothing.
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
#ifndef _NEWTCP_RECOVERY_H
#define _NEWTCP_RECOVERY_H

#include <linux/math64.h>
#include "board.h"
#include "cong.h"
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
 * @retrans_stamp: milliseconds, when the first retransmission was made; 0 = none
 * @total_retrans: segments ever retransmitted
 * @dsack_dups: segments ever reported as duplicates
 * @delivered: segments ever delivered
 * @tlp_high_seq: SND.NXT at the tail probe, with @tlp_out
 * @state: enum newtcp_ca_state
 * @frto: a timeout may turn out to be spurious
 * @can_undo: the reduction can be taken back
 * @reneged: the peer went back on its SACKs
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
	u8 frto:1, can_undo:1, reneged:1, reord_seen:1, dsack_round:1,
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
 * @c: its congestion window
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
 * @owner: for @cut
 */
struct newtcp_snd {
	struct newtcp_board *b;
	struct newtcp_recovery *r;
	struct newtcp_cong *c;
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
 * @prior_fack: end of the highest SACKed segment before it; without one SND.UNA
 * @acked: segments that it acknowledged in order
 * @delivered: segments that it says have arrived, new to us
 * @late_seq: lowest segment, sent once, that it names; SND.NXT to begin with
 * @first_us: when the first segment that it acknowledged in order was sent,
 *	of those sent once; 0 = none
 * @sack_us: the same of those that it SACKed
 * @resend: out: what is to be sent for it
 * @grow: out: the window may grow by it
 * @looked: out: RACK looked, and @look_again_us is news
 * @look_again_us: out: when it has to look again, from now; 0 = need not
 * @reneged: out: the oldest segment is SACKed, which cannot be; the timeout is due soon
 */
struct newtcp_ack_news {
	u32 flags;
	u32 ack;
	u32 tsecr;
	u32 prior_fack;
	u32 acked;
	u32 delivered;
	u32 late_seq;
	u64 first_us;
	u64 sack_us;
	enum newtcp_resend resend;
	bool grow;
	bool reneged;
	bool looked;
	u32 look_again_us;
};

static inline bool newtcp_ca_in_recovery(const struct newtcp_recovery *r)
{
	return r->state >= NEWTCP_CA_RECOVERY;
}

/* Proportional rate reduction rules the window. */
static inline bool newtcp_ca_reducing(const struct newtcp_recovery *r)
{
	return r->state == NEWTCP_CA_CWR || r->state == NEWTCP_CA_RECOVERY;
}

/* Milliseconds of our clock, as they are on the wire before the offset. */
static inline u32 newtcp_ms_of(u64 us)
{
	return (u32)div_u64(us, 1000);
}

/* sackin.c */
void newtcp_sack_enter(const struct newtcp_snd *s, struct newtcp_ack_news *n,
		       const struct newtcp_range *sacks, unsigned int num);
void newtcp_dupacks_acked(const struct newtcp_snd *s, struct newtcp_ack_news *n);
void newtcp_reordering_found(const struct newtcp_snd *s, u32 seq);
void newtcp_limit_dupacks(const struct newtcp_snd *s, u32 acked);

/* rack.c */
void newtcp_rack_mark(const struct newtcp_snd *s, struct newtcp_ack_news *n);
s64 newtcp_rack_left_us(const struct newtcp_snd *s, const struct newtcp_seg *seg,
			u32 reo_wnd);
void newtcp_rack_round(const struct newtcp_snd *s);

/* prr.c */
void newtcp_prr_start(const struct newtcp_snd *s);
void newtcp_prr_step(const struct newtcp_snd *s, u32 delivered, bool new_loss,
		     bool advanced);
void newtcp_prr_end(const struct newtcp_snd *s);

/* tlp.c */
u32 newtcp_tlp_wait_us(const struct newtcp_snd *s, u32 tick_us);
void newtcp_tlp_sent(const struct newtcp_snd *s, bool retrans);
void newtcp_tlp_acked(const struct newtcp_snd *s, const struct newtcp_ack_news *n);

/* undo.c */
void newtcp_undo_start(const struct newtcp_snd *s);
void newtcp_undo_dsack(const struct newtcp_snd *s, u32 end_seq, u32 segs);
bool newtcp_undo_possible(const struct newtcp_snd *s, const struct newtcp_ack_news *n);
bool newtcp_undo_delayed(const struct newtcp_snd *s, const struct newtcp_ack_news *n);
void newtcp_undo(const struct newtcp_snd *s, bool losses);
bool newtcp_frto_step(const struct newtcp_snd *s, struct newtcp_ack_news *n);

/* recovery.c */
void newtcp_recovery_init(struct newtcp_recovery *r, const struct newtcp_loss_conf *conf,
			  u32 una);
void newtcp_recovery_ack(const struct newtcp_snd *s, struct newtcp_ack_news *n);
void newtcp_recovery_timeout(const struct newtcp_snd *s, bool again);
bool newtcp_recovery_look_again(const struct newtcp_snd *s, struct newtcp_ack_news *n);
void newtcp_recovery_resized(const struct newtcp_snd *s);
void newtcp_recovery_congested(const struct newtcp_snd *s);
void newtcp_recovery_sent_again(const struct newtcp_snd *s, struct newtcp_seg *seg);
bool newtcp_any_retrans(const struct newtcp_snd *s);
void newtcp_keep_open(const struct newtcp_snd *s);

/* Was the last copy of it sent after what the ACK answers? Then the first one arrived. */
static inline bool newtcp_first_copy_arrived(const struct newtcp_ack_news *n,
					     const struct newtcp_seg *seg)
{
	return (seg->marks & NEWTCP_SEG_EVER_RETRANS) && (n->flags & NEWTCP_RX_ECHO) &&
	       seq_before(n->tsecr, newtcp_ms_of(seg->sent_us));
}

/*
 * RFC 8985 6.2 step 2: a segment reached the peer, RACK's clock moves on. A
 * retransmission that seems to be acknowledged sooner than any round trip was,
 * was acknowledged for its first copy: ignore it.
 */
static inline void newtcp_rack_advance(struct newtcp_recovery *r, const struct newtcp_seg *seg,
				       u64 now_us, u32 min_rtt_us)
{
	u32 rtt_us = now_us - seg->sent_us;

	if ((seg->marks & NEWTCP_SEG_EVER_RETRANS) && rtt_us < min_rtt_us)
		return;
	r->rack_advanced = 1;
	if (newtcp_sent_after(seg->sent_us, seg->end_seq, r->rack_xmit_ts, r->rack_end_seq)) {
		r->rack_xmit_ts = seg->sent_us;
		r->rack_end_seq = seg->end_seq;
		r->rack_rtt_us = rtt_us;
	}
}

/**
 * newtcp_seg_acked - an ACK covers a segment, or a part of it
 * @r: the sender's memory of losses
 * @b: its scoreboard
 * @n: the ACK
 * @seg: the segment, as it was before
 * @segs: segments of the wire that leave the counts
 * @now_us: the time, microseconds
 * @min_rtt_us: the smallest round trip known
 *
 * The caller takes what is acknowledged whole off the board.
 */
static inline void newtcp_seg_acked(struct newtcp_recovery *r, struct newtcp_board *b,
				    struct newtcp_ack_news *n, const struct newtcp_seg *seg,
				    u32 segs, u64 now_us, u32 min_rtt_us)
{
	u8 marks = seg->marks;

	n->acked += segs;
	if (likely(!(marks & (NEWTCP_SEG_EVER_RETRANS | NEWTCP_SEG_SACKED)))) {
		/* The first one waited longest: that is the path's round trip. */
		if (!n->first_us)
			n->first_us = seg->sent_us;
		if (seq_before(seg->seq, n->late_seq))
			n->late_seq = seg->seq;
		if (!seq_after(seg->end_seq, r->recovery_point))
			n->flags |= NEWTCP_RX_ORIG_ACKED;
	}
	if (unlikely(marks & NEWTCP_SEG_EVER_RETRANS))
		n->flags |= NEWTCP_RX_RETRANS_ACKED;
	if (likely(!(marks & NEWTCP_SEG_SACKED))) {
		n->delivered += segs;
		if (likely(!newtcp_first_copy_arrived(n, seg)))
			newtcp_rack_advance(r, seg, now_us, min_rtt_us);
	}
	newtcp_board_count(b, seg, segs);
}

#endif /* _NEWTCP_RECOVERY_H */
