/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When a connection that hears nothing is given up (RFC 9293 3.8.3, RFC 1122
 * 4.2.3.5, RFC 5482): decisions over plain values, which timer.c asks for.
 *
 * Pure: no locks, any context.
 */
#ifndef _NEWTCP_GIVEUP_H
#define _NEWTCP_GIVEUP_H

#include <linux/types.h>

u32 newtcp_backoff_ms(unsigned int tries, u32 base_us);
bool newtcp_tried_for(u32 elapsed_ms, unsigned int tries, u32 base_us,
		      u32 limit_ms);
bool newtcp_shut_too_long(u32 unacked_ms, u32 silent_ms, u32 limit_ms);
u32 newtcp_wait_within(u32 wait, u32 elapsed_ms, u32 limit_ms);

#endif /* _NEWTCP_GIVEUP_H */
