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

/**
 * struct newtcp_tried - a segment that nobody acknowledges
 * @elapsed_ms: since it was first sent again
 * @limit_ms: the program's limit (TCP_USER_TIMEOUT); 0: none
 * @timeouts: in a row
 * @begun: it was sent again
 */
struct newtcp_tried {
	u32 elapsed_ms;
	u32 limit_ms;
	u8 timeouts;
	bool begun;
};

/**
 * struct newtcp_probing - a window that stays shut
 * @elapsed: since the first probe, jiffies
 * @limit_ms: the program's limit (TCP_USER_TIMEOUT); 0: none
 * @retries2: net.ipv4.tcp_retries2
 * @orphan_retries: net.ipv4.tcp_orphan_retries
 * @out: probes without an answer
 * @backoff: doublings of the timeout
 * @begun: there was a probe
 * @orphan: nobody owns the connection
 * @error: ICMP said that something is wrong
 * @alive: the timeout is not at its longest
 */
struct newtcp_probing {
	u32 elapsed;
	u32 limit_ms;
	u32 retries2;
	u32 orphan_retries;
	u8 out;
	u8 backoff;
	bool begun;
	bool orphan;
	bool error;
	bool alive;
};

u32 newtcp_backoff_ms(unsigned int tries, u32 base_us);
bool newtcp_suspects_route(const struct newtcp_tried *t, u32 retries1);
bool newtcp_gives_up(const struct newtcp_tried *t, u32 tries);
bool newtcp_syn_gives_up(const struct newtcp_tried *t, u32 tries, u32 steady);
u32 newtcp_orphan_tries(u32 configured, bool error, bool alive);
bool newtcp_orphan_alive(const struct newtcp_tried *t, u32 tries, bool alive);
int newtcp_orphan_weight(u32 idle, bool alive, bool error);
bool newtcp_probe_gives_up(const struct newtcp_probing *p);
bool newtcp_shut_too_long(u32 unacked_ms, u32 silent_ms, u32 limit_ms);
u32 newtcp_wait_within(u32 wait, u32 elapsed_ms, u32 limit_ms);

#endif /* _NEWTCP_GIVEUP_H */
