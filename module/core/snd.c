// SPDX-License-Identifier: GPL-2.0
/*
 * What several rules of loss recovery ask of a sender: see snd.h.
 *
 * Pure: the owner serialises.
 */
#include "snd.h"

/**
 * newtcp_any_retrans - is anything out that was sent more than once?
 * @s: the sender
 *
 * Return: true when a retransmission is on its way, or the oldest was one.
 */
bool newtcp_any_retrans(const struct newtcp_snd *s)
{
	const struct newtcp_seg *seg;

	if (s->b->retrans_out)
		return true;
	seg = newtcp_board_first(s->b);
	return seg && (seg->marks & NEWTCP_SEG_EVER_RETRANS);
}

/**
 * newtcp_keep_open - no reduction: OPEN, or DISORDER while anything is amiss
 * @s: the sender
 */
void newtcp_keep_open(const struct newtcp_snd *s)
{
	u8 state = NEWTCP_CA_OPEN;

	if (s->b->sacked_out || s->b->lost_out || newtcp_any_retrans(s))
		state = NEWTCP_CA_DISORDER;
	if (s->r->state != state) {
		s->r->state = state;
		s->r->recovery_point = s->nxt;
	}
}
