/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a segment means, state by state (RFC 9293 3.10.7), with what RFC 5961 and
 * RFC 7323 add to it: acceptance, RST, SYN and ACK in synchronised states, and the
 * rules of LISTEN, SYN-SENT, of a half-open request and of TIME-WAIT (RFC 1337,
 * RFC 6191). Verdicts only: the caller acts on them.
 *
 * Pure: plain values, no locks, any context.
 */
#ifndef _NEWTCP_VERDICT_H
#define _NEWTCP_VERDICT_H

#include <linux/types.h>
#include "sack.h"
#include "seq.h"
#include "wire.h"

/**
 * struct newtcp_arrival - a segment, as far as its verdict depends on it
 * @seq: SEG.SEQ
 * @end_seq: SEG.SEQ + SEG.LEN, SYN and FIN counted
 * @ack: SEG.ACK, with TH_ACK
 * @wnd: SEG.WND, scaled
 * @tsval: SEG.TSval, with @has_ts
 * @tsecr: SEG.TSecr, with @has_ts
 * @flags: TH_*
 * @has_ts: it has a timestamp that counts
 */
struct newtcp_arrival {
	u32 seq;
	u32 end_seq;
	u32 ack;
	u32 wnd;
	u32 tsval;
	u32 tsecr;
	u8 flags;
	bool has_ts;
};

/* What to do with a RST that came in a synchronised state. */
enum newtcp_rst_verdict {
	VERDICT_RST_DROP,	/* outside the window */
	VERDICT_RST_CHALLENGE,	/* in the window, not exact */
	VERDICT_RST_RESET,	/* exactly RCV.NXT */
};

/* What an acknowledgment number is worth. */
enum newtcp_ack_verdict {
	VERDICT_ACK_OLD,		/* duplicate or before SND.UNA, still plausible */
	VERDICT_ACK_NEW,		/* SND.UNA < SEG.ACK <= SND.NXT */
	VERDICT_ACK_FUTURE,	/* acks what was not sent: challenge, drop */
	VERDICT_ACK_TOO_OLD,	/* further back than the largest window: challenge */
};

/**
 * newtcp_ack_verdict - RFC 5961 5.2
 * @snd_una: SND.UNA
 * @snd_nxt: SND.NXT
 * @back: how far back an old ACK may lie: the largest window that the peer ever offered,
 *	and no further than what it has acknowledged
 * @ack: SEG.ACK
 *
 * Return: what it is worth.
 */
static inline enum newtcp_ack_verdict
newtcp_ack_verdict(u32 snd_una, u32 snd_nxt, u32 back, u32 ack)
{
	if (seq_after(ack, snd_nxt))
		return VERDICT_ACK_FUTURE;
	if (seq_after(ack, snd_una))
		return VERDICT_ACK_NEW;
	if (seq_before(ack, snd_una - back))
		return VERDICT_ACK_TOO_OLD;
	return VERDICT_ACK_OLD;
}

/**
 * newtcp_window_may_update - may SEG.WND replace SND.WND?
 * @snd_una: SND.UNA before the ACK
 * @snd_wl1: SEG.SEQ of the last window update
 * @snd_wnd: SND.WND
 * @ack: SEG.ACK
 * @seq: SEG.SEQ
 * @wnd: SEG.WND, scaled
 *
 * An old segment must not shrink the window; at the same sequence number
 * only a larger window is news, or a closed one.
 *
 * Return: true when it may.
 */
static inline bool newtcp_window_may_update(u32 snd_una, u32 snd_wl1,
					    u32 snd_wnd, u32 ack, u32 seq,
					    u32 wnd)
{
	if (seq_after(ack, snd_una) || seq_after(seq, snd_wl1))
		return true;
	return seq == snd_wl1 && (wnd > snd_wnd || !wnd);
}

/**
 * newtcp_seg_acceptable - is any of the segment in the receive window?
 * @rcv_nxt: RCV.NXT, or as Linux RCV.NXT at the last window update
 * @rcv_wnd: bytes offered from there
 * @seq: SEG.SEQ
 * @end_seq: SEG.SEQ + SEG.LEN, SYN and FIN counted
 *
 * A segment without length may also sit exactly on the right edge: a peer
 * that filled the window sends its pure ACKs from there, and RFC 9293 would
 * lose them.
 *
 * Return: true when it is.
 */
static inline bool newtcp_seg_acceptable(u32 rcv_nxt, u32 rcv_wnd, u32 seq,
					 u32 end_seq)
{
	u32 edge = rcv_nxt + rcv_wnd;

	if (seq == end_seq)
		return !seq_before(seq, rcv_nxt) && !seq_after(seq, edge);
	return seq_after(end_seq, rcv_nxt) && seq_before(seq, edge);
}

/**
 * newtcp_ts_older - is a timestamp from before the one to be echoed?
 * @recent: TS.Recent; 0: none
 * @tsval: SEG.TSval
 * @slack: ticks that it may be older
 *
 * Return: true when it is; TS.Recent may be too old to say so.
 */
static inline bool newtcp_ts_older(u32 recent, u32 tsval, s32 slack)
{
	return (s32)(recent - tsval) > slack && recent;
}

/**
 * newtcp_ts_recent_moves - is a segment's timestamp the one to echo from now on?
 * @recent: TS.Recent
 * @age: seconds since it was taken
 * @life: seconds after which it says nothing any more
 * @tsval: SEG.TSval
 * @seq: SEG.SEQ
 * @wup: RCV.NXT when an ACK was last sent
 *
 * RFC 7323 4.3: that of the segment that covers Last.ACK.sent.
 *
 * Return: true when it is.
 */
static inline bool newtcp_ts_recent_moves(u32 recent, u32 age, u32 life, u32 tsval, u32 seq,
					  u32 wup)
{
	return !seq_after(seq, wup) && (!newtcp_ts_older(recent, tsval, 0) || age >= life);
}

/**
 * newtcp_arrival_expected - is there nothing odd about a segment?
 * @wup: RCV.NXT when the window was last sent
 * @wnd: the window sent then
 * @ts_recent: TS.Recent
 * @seg: the segment
 *
 * Return: true when newtcp_arrival_verdict() would say VERDICT_SEG_TAKE at once.
 */
static inline bool newtcp_arrival_expected(u32 wup, u32 wnd, u32 ts_recent,
					   const struct newtcp_arrival *seg)
{
	return (seg->flags & (TH_SYN | TH_RST | TH_ACK)) == TH_ACK &&
	       !(seg->has_ts && newtcp_ts_older(ts_recent, seg->tsval, 1)) &&
	       newtcp_seg_acceptable(wup, wnd, seg->seq, seg->end_seq);
}

/* What becomes of a segment in a synchronised state: steps one to four. */
enum newtcp_arrival_verdict {
	VERDICT_SEG_TAKE,	/* on to step five, the ACK */
	VERDICT_SEG_DROP,
	VERDICT_SEG_ANSWER,	/* its numbers cannot be right: say where we are */
	VERDICT_SEG_CHALLENGE,	/* the peer is to prove that it knows the numbers */
	VERDICT_SEG_RESET,	/* a genuine RST */
};

/**
 * struct newtcp_arrival_state - the receiver of it
 * @rcv_nxt: RCV.NXT
 * @wup: RCV.NXT when the window was last sent
 * @wnd: the window sent then
 * @snd_una: SND.UNA
 * @snd_nxt: SND.NXT
 * @snd_wl1: SND.WL1
 * @snd_wnd: SND.WND
 * @ts_recent: TS.Recent
 * @ts_age: seconds since it was taken
 * @ts_life: seconds after which it says nothing any more
 * @rto_ms: retransmission timeout
 * @sacks: what is held out of order; NULL: no SACK
 * @fin_taken: the peer's FIN is in
 * @opened_both: SYN-RECEIVED, after a SYN of ours
 */
struct newtcp_arrival_state {
	u32 rcv_nxt;
	u32 wup;
	u32 wnd;
	u32 snd_una;
	u32 snd_nxt;
	u32 snd_wl1;
	u32 snd_wnd;
	u32 ts_recent;
	u32 ts_age;
	u32 ts_life;
	u32 rto_ms;
	const struct newtcp_sack_list *sacks;
	bool fin_taken;
	bool opened_both;
};

enum newtcp_rst_verdict newtcp_rst_verdict(u32 rcv_nxt, u32 rcv_wnd, u32 seq);
bool newtcp_rst_at_edge(u32 seq, u32 rcv_nxt, u32 edge, bool fin_taken,
			const struct newtcp_sack_list *sacks);
enum newtcp_arrival_verdict newtcp_arrival_verdict(const struct newtcp_arrival_state *st,
						   const struct newtcp_arrival *seg);

/* What a segment means for a listener. */
enum newtcp_listen_verdict {
	VERDICT_LISTEN_DROP,
	VERDICT_LISTEN_RST,	/* answer with a reset */
	VERDICT_LISTEN_SYN,	/* a connection is wanted */
};

enum newtcp_listen_verdict newtcp_listen_verdict(u8 flags);

/* What a segment means in SYN-SENT. */
enum newtcp_synsent_verdict {
	VERDICT_SYNSENT_DROP,
	VERDICT_SYNSENT_RST,	/* answer with a reset */
	VERDICT_SYNSENT_RESET,	/* the peer refuses */
	VERDICT_SYNSENT_OPEN,	/* the SYN-ACK */
	VERDICT_SYNSENT_CROSS,	/* a SYN: both sides open */
};

/**
 * struct newtcp_synsent_state - who sent the SYN
 * @snd_una: SND.UNA
 * @snd_nxt: SND.NXT
 * @ts_first: timestamp of the first SYN
 * @ts_now: our clock for timestamps
 * @ts_known: @ts_first is known
 */
struct newtcp_synsent_state {
	u32 snd_una;
	u32 snd_nxt;
	u32 ts_first;
	u32 ts_now;
	bool ts_known;
};

enum newtcp_synsent_verdict newtcp_synsent_verdict(const struct newtcp_synsent_state *st,
						   const struct newtcp_arrival *seg);

/**
 * newtcp_synsent_stale - does the peer speak of an older connection?
 * @st: who sent the SYN
 * @seg: what came
 *
 * Our answer, or the peer's own RST, ends that one: the SYN may be heard now.
 *
 * Return: true when it acknowledges what we have not sent in this one.
 */
static inline bool newtcp_synsent_stale(const struct newtcp_synsent_state *st,
					const struct newtcp_arrival *seg)
{
	return (seg->flags & TH_ACK) && !seq_mark_ahead(seg->ack, st->snd_una, st->snd_nxt);
}

/* What a segment means for a half-open request. */
enum newtcp_req_verdict {
	VERDICT_REQ_DROP,
	VERDICT_REQ_ACK,	/* out of window: say where we are */
	VERDICT_REQ_CHALLENGE,	/* the peer is to prove that it knows the numbers */
	VERDICT_REQ_SYNACK,	/* the SYN again: so the SYN-ACK was lost */
	VERDICT_REQ_RST,	/* answer with a reset */
	VERDICT_REQ_END,	/* the peer gave up */
	VERDICT_REQ_ESTABLISH,
};

/**
 * struct newtcp_req_state - the request
 * @irs: the peer's initial sequence number
 * @iss: ours
 * @rcv_wnd: window offered in the SYN-ACK
 * @ts_recent: TS.Recent
 */
struct newtcp_req_state {
	u32 irs;
	u32 iss;
	u32 rcv_wnd;
	u32 ts_recent;
};

enum newtcp_req_verdict newtcp_req_verdict(const struct newtcp_req_state *st,
					   const struct newtcp_arrival *seg);

/* What a segment means in TIME-WAIT, and in FIN-WAIT-2 without an owner. */
enum newtcp_tw_verdict {
	VERDICT_TW_DROP,
	VERDICT_TW_ACK,		/* answer with an ACK, within the rate limit */
	VERDICT_TW_AGAIN,	/* the same, and the wait begins anew */
	VERDICT_TW_FIN,		/* the FIN that FIN-WAIT-2 waits for: acknowledge it, wait */
	VERDICT_TW_RST,		/* answer with a reset, the wait is over */
	VERDICT_TW_END,		/* a reset that counts: the wait is over */
	VERDICT_TW_REUSE,	/* a new connection may take the place (RFC 6191) */
};

/**
 * struct newtcp_tw_state - the entry
 * @rcv_nxt: RCV.NXT
 * @rcv_wnd: the window that was open, bytes
 * @ts_recent: TS.Recent
 * @fin_wait2: the peer has not closed its side yet
 * @rfc1337: no reset ends the wait (net.ipv4.tcp_rfc1337)
 */
struct newtcp_tw_state {
	u32 rcv_nxt;
	u32 rcv_wnd;
	u32 ts_recent;
	bool fin_wait2;
	bool rfc1337;
};

enum newtcp_tw_verdict newtcp_tw_verdict(const struct newtcp_tw_state *st,
					 const struct newtcp_arrival *seg);

/**
 * newtcp_tw_isn - initial sequence number of a connection that takes over
 * @snd_nxt: SND.NXT of the old one
 *
 * As Linux: beyond any window of the old one.
 *
 * Return: the number; never 0, which means none.
 */
static inline u32 newtcp_tw_isn(u32 snd_nxt)
{
	return snd_nxt + 65535 + 2 ?: 1;
}

/**
 * newtcp_tw_may_yield - may a connect() take the four-tuple over (tcp_tw_reuse)?
 * @mode: net.ipv4.tcp_tw_reuse: 0 no, 1 yes, 2 on the loopback alone
 * @bound: the program chose the port itself; then nothing but timestamps counts
 * @fin_wait2: the peer has not closed its side yet
 * @loopback: either address is a loopback one, or the entry is bound to lo
 * @stamp: seconds, when TS.Recent was taken; 0 = there are no timestamps
 * @now: seconds
 *
 * RFC 6191; what tcp_twsk_unique() decides in Linux.
 *
 * Return: whether it may.
 */
static inline bool newtcp_tw_may_yield(int mode, bool bound, bool fin_wait2,
				       bool loopback, u32 stamp, u32 now)
{
	if (!stamp)
		return false;
	if (bound)
		return true;
	if (fin_wait2 || !mode || (mode == 2 && !loopback))
		return false;
	return (s32)(now - stamp) > 0;
}

/* What an ICMP error does to the connection whose segment it quotes. */
enum newtcp_error_verdict {
	VERDICT_ERROR_END,	/* the attempt to connect is over */
	VERDICT_ERROR_REVERT,	/* noted, and newtcp_rtt_revert() */
	VERDICT_ERROR_NOTE,	/* for when the connection fails otherwise */
};

/**
 * newtcp_error_counts - can an ICMP error be believed?
 * @seq: number of the segment that it quotes
 * @snd_una: SND.UNA
 * @snd_nxt: SND.NXT
 *
 * Anybody can send one; who can see what is in flight could do worse (RFC 5927
 * section 4).
 *
 * Return: true when it can.
 */
static inline bool newtcp_error_counts(u32 seq, u32 snd_una, u32 snd_nxt)
{
	return seq_between(seq, snd_una, snd_nxt);
}

/**
 * newtcp_error_verdict - a segment did not arrive, and the network says why
 * @opening: SYN-SENT or SYN-RECEIVED
 * @unreachable: there is no way to the net or the host
 * @oldest: it was the oldest in flight
 * @timed_out: that was sent again after a timeout, and backs off
 *
 * An established connection is never ended by it (RFC 1122 4.2.3.9, as Linux reads
 * it). RFC 6069: a retransmission that could not be delivered tells of a path that is
 * broken, not congested.
 *
 * Return: the verdict.
 */
static inline enum newtcp_error_verdict
newtcp_error_verdict(bool opening, bool unreachable, bool oldest, bool timed_out)
{
	if (opening)
		return VERDICT_ERROR_END;
	return unreachable && oldest && timed_out ? VERDICT_ERROR_REVERT : VERDICT_ERROR_NOTE;
}

#endif /* _NEWTCP_VERDICT_H */
