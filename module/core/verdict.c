// SPDX-License-Identifier: GPL-2.0
/*
 * What a segment means, state by state: RFC 9293 3.10.7.2 to 3.10.7.4, RFC 5961 3.2,
 * 4.2 and 5.2, RFC 7323 5, RFC 1337, RFC 6191. Where Linux is more lenient than the
 * text, the comment says so.
 *
 * Pure: verdicts only; no locks, any context.
 */
#include "verdict.h"

#include <linux/export.h>
#include <kunit/visibility.h>

/**
 * newtcp_rst_verdict - RFC 5961 3.2
 * @rcv_nxt: RCV.NXT
 * @rcv_wnd: bytes offered from there
 * @seq: SEG.SEQ of the RST
 *
 * Return: what to do with it.
 */
enum newtcp_rst_verdict newtcp_rst_verdict(u32 rcv_nxt, u32 rcv_wnd, u32 seq)
{
	if (seq == rcv_nxt)
		return VERDICT_RST_RESET;
	if (seq_after(seq, rcv_nxt) && seq_before(seq, rcv_nxt + rcv_wnd))
		return VERDICT_RST_CHALLENGE;
	return VERDICT_RST_DROP;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rst_verdict);

/**
 * newtcp_rst_at_edge - two more numbers that a RST may have
 * @seq: SEG.SEQ of the RST
 * @rcv_nxt: RCV.NXT
 * @edge: right edge of the window
 * @fin_taken: the peer's FIN is in
 * @sacks: what is held out of order; NULL: no SACK
 *
 * As Linux: some stacks do not count their FIN, and one that sent more than we have
 * in order numbers it from the highest SACKed.
 *
 * Return: true when it is as good as RCV.NXT.
 */
bool newtcp_rst_at_edge(u32 seq, u32 rcv_nxt, u32 edge, bool fin_taken,
			const struct newtcp_sack_list *sacks)
{
	u32 highest;
	int i;

	if (seq == rcv_nxt - 1)
		return fin_taken;
	if (!sacks || !sacks->n)
		return false;
	highest = sacks->block[0].end;
	for (i = 1; i < sacks->n; i++)
		highest = seq_max(highest, sacks->block[i].end);
	return seq == highest && seq_before(seq, edge);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_rst_at_edge);

/* Step two for synchronised states: is the RST genuine? (RFC 5961 3.2) */
static enum newtcp_arrival_verdict step_rst(const struct newtcp_arrival_state *st, u32 seq)
{
	u32 edge = st->wup + st->wnd;

	if (seq_before(edge, st->rcv_nxt))
		edge = st->rcv_nxt;
	if (newtcp_rst_at_edge(seq, st->rcv_nxt, edge, st->fin_taken, st->sacks))
		return VERDICT_SEG_RESET;
	switch (newtcp_rst_verdict(st->rcv_nxt, edge - st->rcv_nxt, seq)) {
	case VERDICT_RST_RESET:
		return VERDICT_SEG_RESET;
	case VERDICT_RST_CHALLENGE:
		return VERDICT_SEG_CHALLENGE;
	default:
		return VERDICT_SEG_DROP;
	}
}

/*
 * A duplicate ACK that was overtaken by data brings no news, and no harm: it is
 * not worth the answer that a segment refused by PAWS gets (RFC 7323 5.7).
 */
static bool disordered_ack(const struct newtcp_arrival_state *st, const struct newtcp_arrival *seg)
{
	return (seg->flags & TH_ACK) && seg->seq == seg->end_seq && seg->seq == st->rcv_nxt &&
	       seg->ack == st->snd_una &&
	       !newtcp_window_may_update(st->snd_una, st->snd_wl1, st->snd_wnd, seg->ack,
					 seg->seq, seg->wnd) &&
	       (s32)(st->ts_recent - seg->tsval) <= (s32)(st->rto_ms / 5 * 6);
}

/*
 * RFC 7323 5: is it older than a segment seen already? One tick back is no proof:
 * two CPUs of the peer's can have read its clock in turn.
 */
static bool paws_rejects(const struct newtcp_arrival_state *st, const struct newtcp_arrival *seg)
{
	return seg->has_ts && !(seg->flags & TH_RST) &&
	       newtcp_ts_older(st->ts_recent, seg->tsval, 1) && st->ts_age < st->ts_life;
}

/* The SYN-ACK that answers our SYN-ACK when both sides opened (RFC 9293 3.5). */
static bool crossed_synack(const struct newtcp_arrival_state *st, const struct newtcp_arrival *seg)
{
	return st->opened_both && (seg->flags & (TH_ACK | TH_RST)) == TH_ACK &&
	       seg->seq + 1 == seg->end_seq && seg->end_seq == st->rcv_nxt &&
	       seg->ack == st->snd_nxt;
}

/**
 * newtcp_arrival_verdict - steps one to four of RFC 9293 3.10.7.4, PAWS in front
 * @st: the connection, in a synchronised state or in SYN-RECEIVED
 * @seg: the segment
 *
 * Return: what becomes of it.
 */
enum newtcp_arrival_verdict newtcp_arrival_verdict(const struct newtcp_arrival_state *st,
						   const struct newtcp_arrival *seg)
{
	const bool syn = seg->flags & TH_SYN;

	if (paws_rejects(st, seg) && !disordered_ack(st, seg))
		return syn ? VERDICT_SEG_CHALLENGE : VERDICT_SEG_ANSWER;
	if (syn && crossed_synack(st, seg))
		return VERDICT_SEG_TAKE;
	if (seg->flags & TH_RST)
		return step_rst(st, seg->seq);
	/* RFC 5961 4.2: whatever its number. */
	if (syn)
		return VERDICT_SEG_CHALLENGE;
	/*
	 * From RCV.WUP, and what ends there as well, as Linux: the ACK of a late
	 * duplicate may be news. What is next in order is a window probe, or the FIN,
	 * when the window is closed.
	 */
	if (!newtcp_seg_acceptable(st->wup, st->wnd, seg->seq, seg->end_seq) &&
	    seg->end_seq != st->wup &&
	    !(seg->seq == st->rcv_nxt && (seg->flags & (TH_FIN | TH_ACK))))
		return VERDICT_SEG_ANSWER;
	/* Step five begins: without ACK it is nothing. */
	return seg->flags & TH_ACK ? VERDICT_SEG_TAKE : VERDICT_SEG_DROP;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_arrival_verdict);

/**
 * newtcp_listen_verdict - RFC 9293 3.10.7.2
 * @flags: TH_*
 *
 * Return: what the segment means.
 */
enum newtcp_listen_verdict newtcp_listen_verdict(u8 flags)
{
	/* First RST, second ACK, third SYN. */
	if (flags & TH_RST)
		return VERDICT_LISTEN_DROP;
	if (flags & TH_ACK)
		return VERDICT_LISTEN_RST;
	return (flags & (TH_SYN | TH_FIN)) == TH_SYN ? VERDICT_LISTEN_SYN : VERDICT_LISTEN_DROP;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_listen_verdict);

/**
 * newtcp_synsent_verdict - RFC 9293 3.10.7.3
 * @st: who sent the SYN
 * @seg: the segment; each timestamp counts
 *
 * As Linux: an echo that is none of our timestamps makes an ACK a wrong one.
 *
 * Return: what it means.
 */
enum newtcp_synsent_verdict newtcp_synsent_verdict(const struct newtcp_synsent_state *st,
						   const struct newtcp_arrival *seg)
{
	bool bad_echo = seg->has_ts && seg->tsecr && st->ts_known &&
			!seq_between(seg->tsecr, st->ts_first, st->ts_now);

	/* First: the ACK bit. It must acknowledge our SYN and no more. */
	if (seg->flags & TH_ACK) {
		if (newtcp_synsent_stale(st, seg) || bad_echo)
			return seg->flags & TH_RST ? VERDICT_SYNSENT_DROP : VERDICT_SYNSENT_RST;
		/* Second: the RST bit, believed with a good ACK alone. */
		if (seg->flags & TH_RST)
			return VERDICT_SYNSENT_RESET;
		/* Fourth: the SYN bit. */
		return seg->flags & TH_SYN ? VERDICT_SYNSENT_OPEN : VERDICT_SYNSENT_DROP;
	}
	return (seg->flags & (TH_SYN | TH_RST)) == TH_SYN ? VERDICT_SYNSENT_CROSS :
							    VERDICT_SYNSENT_DROP;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_synsent_verdict);

/**
 * newtcp_req_verdict - RFC 9293 3.10.7.4 for SYN-RECEIVED after LISTEN
 * @st: the request
 * @seg: the segment
 *
 * Return: what it means.
 */
enum newtcp_req_verdict newtcp_req_verdict(const struct newtcp_req_state *st,
					   const struct newtcp_arrival *seg)
{
	const bool paws = seg->has_ts && newtcp_ts_older(st->ts_recent, seg->tsval, 0);
	const bool rst = seg->flags & TH_RST;

	if (seg->seq == st->irs && (seg->flags & (TH_SYN | TH_RST | TH_ACK)) == TH_SYN && !paws)
		return VERDICT_REQ_SYNACK;
	/* First check: an ACK of what was never sent. A RST goes by its SEQ alone. */
	if ((seg->flags & TH_ACK) && !rst && seg->ack != st->iss + 1)
		return VERDICT_REQ_RST;
	if (paws || !newtcp_seg_acceptable(st->irs + 1, st->rcv_wnd, seg->seq, seg->end_seq))
		return rst ? VERDICT_REQ_DROP : VERDICT_REQ_ACK;
	/* RFC 5961 3.2 */
	if (rst)
		return seg->seq == st->irs + 1 ? VERDICT_REQ_END : VERDICT_REQ_CHALLENGE;
	if (seg->flags & TH_SYN)
		return VERDICT_REQ_ACK;
	return seg->flags & TH_ACK ? VERDICT_REQ_ESTABLISH : VERDICT_REQ_DROP;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_req_verdict);

/* FIN-WAIT-2 without an owner: nothing but the peer's FIN is of use. */
static enum newtcp_tw_verdict fin_wait2_verdict(const struct newtcp_tw_state *st,
						const struct newtcp_arrival *seg, bool paws)
{
	/* First the number. What comes next in order counts with the window shut, too. */
	if (paws || (seg->seq != st->rcv_nxt &&
		     !newtcp_seg_acceptable(st->rcv_nxt, st->rcv_wnd, seg->seq, seg->end_seq)))
		return VERDICT_TW_ACK;
	if (seg->flags & TH_RST)
		return VERDICT_TW_END;
	if ((seg->flags & TH_SYN) && !seq_before(seg->seq, st->rcv_nxt))
		return VERDICT_TW_RST;
	if (!(seg->flags & TH_ACK) || !seq_after(seg->end_seq, st->rcv_nxt) ||
	    seg->end_seq == seg->seq)
		return VERDICT_TW_DROP;
	/* Data for a program that is gone. */
	if (!(seg->flags & TH_FIN) || seg->end_seq != st->rcv_nxt + 1)
		return VERDICT_TW_RST;
	return VERDICT_TW_FIN;
}

/* RFC 6191: numbers, or a timestamp, that the old connection cannot have had. */
static bool new_incarnation(const struct newtcp_tw_state *st, const struct newtcp_arrival *seg)
{
	return seq_after(seg->seq, st->rcv_nxt) ||
	       (seg->has_ts && (s32)(st->ts_recent - seg->tsval) < 0);
}

/**
 * newtcp_tw_verdict - TIME-WAIT, as Linux keeps it
 * @st: the entry
 * @seg: the segment
 *
 * Return: what it means.
 */
enum newtcp_tw_verdict newtcp_tw_verdict(const struct newtcp_tw_state *st,
					 const struct newtcp_arrival *seg)
{
	const bool paws = seg->has_ts && newtcp_ts_older(st->ts_recent, seg->tsval, 0);
	const bool rst = seg->flags & TH_RST;

	if (st->fin_wait2)
		return fin_wait2_verdict(st, seg, paws);

	if (!paws && seg->seq == st->rcv_nxt && (rst || seg->seq == seg->end_seq))
		return rst && !st->rfc1337 ? VERDICT_TW_END : VERDICT_TW_DROP;
	if ((seg->flags & (TH_SYN | TH_RST | TH_ACK)) == TH_SYN && !paws &&
	    new_incarnation(st, seg))
		return VERDICT_TW_REUSE;
	if (rst)
		return VERDICT_TW_DROP;
	/* A retransmitted FIN begins the wait anew, a SYN that may be new does not. */
	return paws || (seg->flags & TH_ACK) ? VERDICT_TW_AGAIN : VERDICT_TW_ACK;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_tw_verdict);
