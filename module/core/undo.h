/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reductions that were for nothing (RFC 3522, 4015, 3708), and F-RTO (RFC 5682).
 *
 * Pure: see snd.h.
 */
#ifndef _NEWTCP_UNDO_H
#define _NEWTCP_UNDO_H

#include "snd.h"

void newtcp_undo_start(const struct newtcp_snd *s, bool cwnd);
void newtcp_undo_dsack(const struct newtcp_snd *s, u32 end_seq, u32 segs);
bool newtcp_undo_possible(const struct newtcp_snd *s, const struct newtcp_ack_news *n);
bool newtcp_undo_delayed(const struct newtcp_snd *s, const struct newtcp_ack_news *n);
void newtcp_undo(const struct newtcp_snd *s, bool losses);
bool newtcp_frto_step(const struct newtcp_snd *s, struct newtcp_ack_news *n);

#endif /* _NEWTCP_UNDO_H */
