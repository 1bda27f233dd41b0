// SPDX-License-Identifier: GPL-2.0
/*
 * When a connection that hears nothing is given up, and when the route is to be looked
 * for anew. Answers to net/ipv4/tcp_timer.c, tcp_write_timeout() and its helpers.
 *
 * A number of retries is taken as the time that so many doublings of the
 * shortest timeout last (RFC 1122 4.2.3.5's R1 and R2 are times), so that a
 * path of long round trips is not given up later. A limit that the program
 * set (TCP_USER_TIMEOUT, RFC 5482) takes the place of that time.
 *
 * Pure: no locks, any context. Every value may be absurd.
 */
#include "giveup.h"
#include "rtt.h"

#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <kunit/visibility.h>

/* A peer that shut its window may be silent for so long, whatever is set. */
#define SHUT_SILENT_MS	(2 * (NEWTCP_RTO_MAX_US / USEC_PER_MSEC))

#define ORPHAN_RETRIES	8	/* where tcp_orphan_retries is 0 */
#define ORPHAN_QUIET	(2 * (NEWTCP_RTO_MAX_US / USEC_PER_SEC) * HZ)

/**
 * newtcp_backoff_ms - how long an exponential back-off lasts
 * @tries: timeouts, each twice as long as the last, up to NEWTCP_RTO_MAX_US
 * @base_us: the first one; not 0
 *
 * Return: milliseconds until the timeout that follows the last try.
 */
u32 newtcp_backoff_ms(unsigned int tries, u32 base_us)
{
	u32 base = clamp(base_us, 1U, NEWTCP_RTO_MAX_US);
	unsigned int doublings = ilog2(NEWTCP_RTO_MAX_US / base);
	u64 us;

	us = ((2ULL << min(tries, doublings)) - 1) * base;
	if (tries > doublings)
		us += (u64)(tries - doublings) * NEWTCP_RTO_MAX_US;
	return min_t(u64, div_u64(us, USEC_PER_MSEC), U32_MAX);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_backoff_ms);

/* Has the oldest segment been tried for as long as @tries doublings take? */
static bool tried_for(const struct newtcp_tried *t, unsigned int tries, u32 base_us,
		      u32 limit_ms)
{
	return t->timeouts && t->begun &&
	       t->elapsed_ms >= (limit_ms ?: newtcp_backoff_ms(tries, base_us));
}

/**
 * newtcp_suspects_route - the segment was tried for long enough to ask for another route
 * @t: the segment
 * @retries1: net.ipv4.tcp_retries1
 *
 * RFC 1122 4.2.3.5: R1.
 *
 * Return: true when it was.
 */
bool newtcp_suspects_route(const struct newtcp_tried *t, u32 retries1)
{
	return tried_for(t, retries1, NEWTCP_RTO_MIN_US, 0);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_suspects_route);

/**
 * newtcp_gives_up - has a segment been tried for long enough?
 * @t: the segment
 * @tries: net.ipv4.tcp_retries2, or newtcp_orphan_tries()
 *
 * RFC 1122 4.2.3.5: R2. The program's limit counts instead.
 *
 * Return: true when it is time to give up.
 */
bool newtcp_gives_up(const struct newtcp_tried *t, u32 tries)
{
	return tried_for(t, tries, NEWTCP_RTO_MIN_US, t->limit_ms);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_gives_up);

/**
 * newtcp_syn_gives_up - as newtcp_gives_up(), of a SYN or SYN-ACK
 * @t: the segment
 * @tries: TCP_SYNCNT, or net.ipv4.tcp_syn_retries
 * @steady: SYNs that go at one pace on top of these
 *
 * Return: true when it is time to give up.
 */
bool newtcp_syn_gives_up(const struct newtcp_tried *t, u32 tries, u32 steady)
{
	return t->timeouts >= (u64)tries + steady ||
	       tried_for(t, tries, NEWTCP_RTO_INIT_US, t->limit_ms);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_syn_gives_up);

/**
 * newtcp_orphan_tries - how long a connection without an owner may last
 * @configured: net.ipv4.tcp_orphan_retries
 * @error: ICMP said that something is wrong
 * @alive: the timeout is not at its longest
 *
 * Return: doublings, as for newtcp_gives_up().
 */
u32 newtcp_orphan_tries(u32 configured, bool error, bool alive)
{
	if (!alive)
		return error ? 0 : configured;
	return configured ?: ORPHAN_RETRIES;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_orphan_tries);

/**
 * newtcp_orphan_alive - is the peer of an orphan likely to hear a RST?
 * @t: its oldest segment
 * @tries: newtcp_orphan_tries()
 * @alive: the timeout is not at its longest
 *
 * Return: true when it is.
 */
bool newtcp_orphan_alive(const struct newtcp_tried *t, u32 tries, bool alive)
{
	return alive || !tried_for(t, tries, NEWTCP_RTO_MIN_US, 0);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_orphan_alive);

/**
 * newtcp_orphan_weight - what an orphan counts for, when there are too many
 * @idle: since it sent data, jiffies
 * @alive: newtcp_orphan_alive()
 * @error: ICMP said that something is wrong
 *
 * The oldest and quietest go first.
 *
 * Return: the logarithm of it, 0 to 2.
 */
int newtcp_orphan_weight(u32 idle, bool alive, bool error)
{
	return (idle > ORPHAN_QUIET || !alive) + error;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_orphan_weight);

/**
 * newtcp_probe_gives_up - a shut window is probed: for how long?
 * @p: the probing
 *
 * RFC 9293 3.8.6.1: for ever, as long as the peer answers, unless somebody set a
 * limit. An orphan has to hurry.
 *
 * Return: true when it is time to give up.
 */
bool newtcp_probe_gives_up(const struct newtcp_probing *p)
{
	u32 tries = p->retries2;

	if (p->limit_ms && p->begun && p->elapsed >= msecs_to_jiffies(p->limit_ms))
		return true;
	if (p->orphan) {
		tries = newtcp_orphan_tries(p->orphan_retries, p->error, p->alive);
		if (!p->alive && p->backoff >= tries)
			return true;
	}
	return p->out >= tries;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_probe_gives_up);

/**
 * newtcp_shut_too_long - the peer shut its window over what is in flight
 * @unacked_ms: since that was first sent again
 * @silent_ms: since the peer last acknowledged anything
 * @limit_ms: the program's; 0 = none
 *
 * RFC 9293 3.8.6.1, RFC 1122 4.2.2.17: as long as it answers the probes the
 * connection stays. A limit of the program's counts all the same.
 *
 * Return: true when it is time to give up.
 */
bool newtcp_shut_too_long(u32 unacked_ms, u32 silent_ms, u32 limit_ms)
{
	u32 most = SHUT_SILENT_MS;

	if (limit_ms) {
		if (unacked_ms > limit_ms)
			return true;
		most = min(most, limit_ms);
	}
	return silent_ms > most && unacked_ms > most;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_shut_too_long);

/**
 * newtcp_wait_within - wake up in time to see a limit pass
 * @wait: jiffies until the next try
 * @elapsed_ms: of the limit
 * @limit_ms: the limit; 0 = none
 *
 * Return: jiffies, at least 1 when the limit is what counts.
 */
u32 newtcp_wait_within(u32 wait, u32 elapsed_ms, u32 limit_ms)
{
	unsigned long left;

	if (!limit_ms)
		return wait;
	if (elapsed_ms >= limit_ms)
		return 1;
	left = msecs_to_jiffies(limit_ms - elapsed_ms);
	return min_t(unsigned long, wait, max(left, 1UL));
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_wait_within);
