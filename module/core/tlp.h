/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tail loss probe (RFC 8985 7).
 *
 * Pure: see snd.h.
 */
#ifndef _NEWTCP_TLP_H
#define _NEWTCP_TLP_H

#include "snd.h"

u32 newtcp_tlp_wait_us(const struct newtcp_snd *s, u32 tick_us);
void newtcp_tlp_sent(const struct newtcp_snd *s, bool retrans);
void newtcp_tlp_acked(const struct newtcp_snd *s, const struct newtcp_ack_news *n);

#endif /* _NEWTCP_TLP_H */
