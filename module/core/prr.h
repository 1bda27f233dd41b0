/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proportional rate reduction (RFC 6937).
 *
 * Pure: see snd.h.
 */
#ifndef _NEWTCP_PRR_H
#define _NEWTCP_PRR_H

#include "snd.h"

void newtcp_prr_start(const struct newtcp_snd *s, enum newtcp_congestion_sign sign);
u32 newtcp_prr_step(const struct newtcp_snd *s, u32 delivered, bool new_loss,
		    bool advanced);
bool newtcp_prr_done(const struct newtcp_snd *s);

#endif /* _NEWTCP_PRR_H */
