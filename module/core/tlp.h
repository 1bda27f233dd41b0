/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tail loss probe (RFC 8985 7).
 *
 * Pure: see snd.h.
 */
#ifndef _NEWTCP_TLP_H
#define _NEWTCP_TLP_H

#include "snd.h"

#define NEWTCP_TLP_INIT_US	(1000 * 1000U)	/* without a round trip: as the timeout */

/**
 * newtcp_tlp_wait_us - when to probe, RFC 8985 7.2
 * @b: the scoreboard
 * @r: what is remembered of losses
 * @rtt: the round trips
 * @sack_ok: SACK was agreed
 * @tick_us: a clock tick of whoever keeps the timer
 *
 * The caller takes the timeout instead where that is sooner. Should a probe be
 * out by then, it sends no other and leaves the rest to the timeout.
 *
 * Return: microseconds from the last transmission, 0 = no probe.
 */
static inline u32 newtcp_tlp_wait_us(const struct newtcp_board *b,
				     const struct newtcp_recovery *r,
				     const struct newtcp_rtt *rtt, bool sack_ok, u32 tick_us)
{
	u32 wait;

	if (!b->packets_out || !sack_ok ||
	    (r->state != NEWTCP_CA_OPEN && r->state != NEWTCP_CA_CWR))
		return 0;
	if (unlikely(!rtt->srtt_us))
		return NEWTCP_TLP_INIT_US;
	wait = rtt->srtt_us >> 2;
	/* One segment may be waiting for a delayed ACK. */
	if (b->packets_out == 1)
		wait += rtt->rto_min_ms * 1000U;
	else
		wait += 2 * tick_us;
	return wait;
}

void newtcp_tlp_sent(const struct newtcp_snd *s, bool retrans);
void newtcp_tlp_acked(const struct newtcp_snd *s, const struct newtcp_ack_news *n);

#endif /* _NEWTCP_TLP_H */
