/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Half-open connections of a listener: how many, how often and how long their
 * SYN-ACK is repeated, and what its answer tells (RFC 9293 3.10.7.2, RFC 4987).
 *
 * Pure: plain values, as read without a lock.
 */
#ifndef _NEWTCP_PASSIVE_H
#define _NEWTCP_PASSIVE_H

#include <linux/minmax.h>
#include <linux/types.h>
#include "rtt.h"

/**
 * newtcp_passive_room - may one more wait?
 * @qlen: that many wait
 * @backlog: of the listener
 * @limit: net.ipv4.tcp_max_syn_backlog
 *
 * Linux keeps a quarter for peers whose metrics it has cached: we cache none.
 *
 * Return: true when it may.
 */
static inline bool newtcp_passive_room(u32 qlen, u32 backlog, u32 limit)
{
	return qlen <= backlog && qlen <= limit - (limit >> 2);
}

/**
 * newtcp_passive_tries - how often the SYN-ACK may be sent again
 * @tries: the usual number
 * @qlen: that many wait
 * @young: of these, the timer has not fired yet for so many
 * @backlog: of the listener
 *
 * Half of the queue is for the young: old ones that fill more of it, as in a flood,
 * are given up the sooner (Linux: reqsk_timer_handler()).
 *
 * Return: times.
 */
static inline u32 newtcp_passive_tries(u32 tries, u32 qlen, u32 young, u32 backlog)
{
	if (qlen << 1 <= max(8U, backlog))
		return tries;
	for (young <<= 1; tries > 2 && qlen >= young; young <<= 1)
		tries--;
	return tries;
}

/**
 * newtcp_passive_wait - until the SYN-ACK goes again
 * @timeouts: of this request
 * @first: until the first
 * @most: never longer
 *
 * Return: as @first: doubled each time.
 */
static inline u32 newtcp_passive_wait(u8 timeouts, u32 first, u32 most)
{
	return min_t(u64, (u64)first << min_t(u8, timeouts, 16), most);
}

/**
 * struct newtcp_passive_echo - what the third packet tells of the handshake
 * @sent_us: when the first SYN-ACK was sent, microseconds
 * @echo: what it echoes of our clock, milliseconds
 * @retrans: SYN-ACKs that were sent again, for whatever reason
 * @timeouts: of these, for the timer's
 * @has_echo: it echoes something
 */
struct newtcp_passive_echo {
	u64 sent_us;
	u32 echo;
	u8 retrans;
	u8 timeouts;
	bool has_echo;
};

/**
 * newtcp_passive_rtt - the handshake's own round trip
 * @e: the third packet
 * @now_us: the time
 *
 * Of two SYN-ACKs only a timestamp tells which one was answered (Karn).
 *
 * Return: microseconds; 0: none is known.
 */
static inline u32 newtcp_passive_rtt(const struct newtcp_passive_echo *e, u64 now_us)
{
	if (!e->retrans)
		return max_t(u64, now_us - e->sent_us, 1);
	return e->has_echo ? newtcp_rtt_of_echo(newtcp_ms_of(now_us), e->echo) : 0;
}

/**
 * newtcp_passive_lost - were two SYN-ACKs lost?
 * @e: the third packet
 *
 * RFC 5681 3.1, RFC 6298 5.7: then the first window is one segment; unless the echo is
 * of the first one, which only took its time.
 *
 * Return: true when they were.
 */
static inline bool newtcp_passive_lost(const struct newtcp_passive_echo *e)
{
	return e->retrans >= 2 && e->timeouts &&
	       (!e->has_echo || e->echo != newtcp_ms_of(e->sent_us));
}

#endif /* _NEWTCP_PASSIVE_H */
