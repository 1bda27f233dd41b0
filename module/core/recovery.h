/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The states of loss recovery: what is lost, when recovery begins and ends, and
 * what is to be sent again.
 *
 * Pure: see snd.h.
 */
#ifndef _NEWTCP_RECOVERY_H
#define _NEWTCP_RECOVERY_H

#include "snd.h"

void newtcp_recovery_init(struct newtcp_recovery *r, const struct newtcp_loss_conf *conf,
			  u32 una);
void newtcp_recovery_ack(const struct newtcp_snd *s, struct newtcp_ack_news *n);
void newtcp_recovery_timeout(const struct newtcp_snd *s, bool again);
bool newtcp_recovery_look_again(const struct newtcp_snd *s, struct newtcp_ack_news *n);
void newtcp_recovery_resized(const struct newtcp_snd *s);
void newtcp_recovery_congested(const struct newtcp_snd *s);
void newtcp_recovery_sent_again(const struct newtcp_snd *s, struct newtcp_seg *seg);

#endif /* _NEWTCP_RECOVERY_H */
