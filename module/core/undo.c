// SPDX-License-Identifier: GPL-2.0
/*
 * Reductions of the window that were for nothing, and are taken back: because
 * an echoed timestamp shows that the first copy had arrived (Eifel, RFC 3522,
 * RFC 4015), because each retransmission was reported as a duplicate (RFC 3708),
 * or because after a timeout something arrives that was never sent again
 * (F-RTO, RFC 5682).
 *
 * Pure: see snd.h.
 */
#include "undo.h"

#include <linux/minmax.h>

/**
 * newtcp_undo_start - a reduction begins
 * @s: the sender
 * @cwnd: the window falls for it; else it was falling for something else
 */
void newtcp_undo_start(const struct newtcp_snd *s, bool cwnd)
{
	struct newtcp_recovery *r = s->r;

	r->can_undo = 1;
	r->cwnd_stays = !cwnd;
	r->undo_marker = s->una;
	/* Duplicates of what is out again already may still be reported. */
	r->undo_retrans = s->b->retrans_out;
	if (r->tlp_out && r->tlp_retrans)
		r->undo_retrans++;
	if (!r->undo_retrans)
		r->undo_retrans = -1;
}

/**
 * newtcp_undo_dsack - a duplicate was reported
 * @s: the sender
 * @end_seq: where it ends
 * @segs: segments of it
 */
void newtcp_undo_dsack(const struct newtcp_snd *s, u32 end_seq, u32 segs)
{
	struct newtcp_recovery *r = s->r;

	if (r->can_undo && r->undo_retrans > 0 && seq_after(end_seq, r->undo_marker))
		r->undo_retrans = max_t(s32, 0, r->undo_retrans - (s32)segs);
}

/**
 * newtcp_undo_delayed - was the first copy only late?
 * @s: the sender
 * @n: the ACK
 *
 * Return: true when nothing was sent again, or when the ACK answers something
 * that was sent before the first retransmission.
 */
bool newtcp_undo_delayed(const struct newtcp_snd *s, const struct newtcp_ack_news *n)
{
	/* Without SACK it is forgotten where recovery waits for more, see recovered(). */
	if (!s->r->retrans_stamp)
		return !s->opening &&
		       (s->sack_ok || seq_before(s->una, s->r->recovery_point));
	return (n->flags & NEWTCP_RX_ECHO) && seq_before(n->tsecr, s->r->retrans_stamp);
}

/**
 * newtcp_undo_possible - is the reduction to be taken back?
 * @s: the sender
 * @n: the ACK
 *
 * Return: true when it was for nothing.
 */
bool newtcp_undo_possible(const struct newtcp_snd *s, const struct newtcp_ack_news *n)
{
	return s->r->can_undo && (!s->r->undo_retrans || newtcp_undo_delayed(s, n));
}

/**
 * newtcp_undo - take the reduction back
 * @s: the sender
 * @losses: nothing counts as lost any more
 */
void newtcp_undo(const struct newtcp_snd *s, bool losses)
{
	if (losses)
		newtcp_board_forget_losses(s->b);
	if (!s->r->cwnd_stays)
		newtcp_cong_undo(s->c);
	s->r->can_undo = 0;
	/* What is lost nevertheless is to be found again. */
	s->r->rack_advanced = 1;
}

/**
 * newtcp_frto_step - an ACK after a timeout: was that spurious?
 * @s: the sender, in LOSS with frto set
 * @n: the ACK; its resend says to try new data
 *
 * RFC 5682 3.1, the version with SACK; also without it.
 *
 * Return: true when nothing else is to be done for this ACK but what
 * newtcp_ack_news.resend says.
 */
bool newtcp_frto_step(const struct newtcp_snd *s, struct newtcp_ack_news *n)
{
	struct newtcp_recovery *r = s->r;

	if (seq_after(s->nxt, r->recovery_point)) {
		/* Step 3.a: a duplicate ACK after new data: the loss was real. */
		if ((n->flags & NEWTCP_RX_SACKED) || (!s->sack_ok && newtcp_repeats(n)))
			r->frto = 0;
	} else if ((n->flags & NEWTCP_RX_ADVANCED) && seq_before(s->una, r->recovery_point)) {
		/* Step 2.b: some progress, not of all: try new data. */
		r->recovery_point = s->nxt;
		n->resend = NEWTCP_RESEND_NEW;
		return true;
	}
	return false;
}
