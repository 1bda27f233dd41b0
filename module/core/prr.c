// SPDX-License-Identifier: GPL-2.0
/*
 * Proportional rate reduction (RFC 6937, with the slow-start reduction bound):
 * while a reduction lasts, what may be sent follows what is delivered, so that
 * the window arrives at ssthresh as the round trip ends. It is a proposal: the
 * window is congestion control's.
 *
 * Pure: see snd.h.
 */
#include "prr.h"

#include <linux/export.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <kunit/visibility.h>

/**
 * newtcp_prr_start - congestion: the reduction begins
 * @s: the sender, not reducing yet
 * @sign: what tells
 */
void newtcp_prr_start(const struct newtcp_snd *s, enum newtcp_congestion_sign sign)
{
	const struct newtcp_congestion g = {
		.now_us = s->now_us,
		.sign = sign,
		.pipe = newtcp_board_pipe(s->b),
	};

	s->r->recovery_point = s->nxt;
	s->r->tlp_out = 0;
	s->r->prr_delivered = 0;
	s->r->prr_out = 0;
	newtcp_cong_congested(s->c, &g);
}

/**
 * newtcp_prr_step - an ACK arrived during a reduction
 * @s: the sender
 * @delivered: segments that it says have arrived
 * @new_loss: it showed a loss
 * @advanced: SND.UNA moved
 *
 * Return: the window, segments; 0 = as it is.
 */
u32 newtcp_prr_step(const struct newtcp_snd *s, u32 delivered, bool new_loss, bool advanced)
{
	u32 pipe = newtcp_board_pipe(s->b), ssthresh = s->c->ssthresh;
	u32 prior = max(s->c->prior_cwnd, 1U), sent = s->r->prr_out;
	s32 room;

	if (!delivered)
		return 0;
	s->r->prr_delivered += delivered;
	if (pipe > ssthresh) {
		u64 due = (u64)ssthresh * s->r->prr_delivered + prior - 1;

		room = (s32)div_u64(due, prior) - sent;
	} else {
		room = max_t(s32, s->r->prr_delivered - sent, delivered);
		/* Slow start, as long as no more is lost. */
		if (advanced && !new_loss)
			room++;
		room = min_t(s32, ssthresh - pipe, room);
	}
	/* The first retransmission always goes. */
	room = max(room, sent ? 0 : 1);
	return max_t(s32, pipe + room, 1);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_prr_step);

/**
 * newtcp_prr_done - the state of a reduction ends
 * @s: the sender
 *
 * Return: true when it was one, and was not taken back.
 */
bool newtcp_prr_done(const struct newtcp_snd *s)
{
	return s->r->state == NEWTCP_CA_CWR || s->r->can_undo;
}
