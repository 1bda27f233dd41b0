/* SPDX-License-Identifier: GPL-2.0 */
/*
 * FIN-WAIT-2 without an owner, and TIME-WAIT: how long they last, and what an owner's
 * absence makes of a segment (RFC 9293 3.6, 3.10.7.4, RFC 1122 4.2.2.13; Linux's
 * tcp_fin_time(), tcp_rcv_state_process()).
 *
 * Pure: plain values; times are in ticks (jiffies), but no clock is read.
 */
#ifndef _NEWTCP_FINWAIT_H
#define _NEWTCP_FINWAIT_H

#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#define NEWTCP_TIMEWAIT_LEN	(60 * HZ)

/**
 * newtcp_finwait_round - long enough for what was lost to come once more
 * @rto: timeout, at most NEWTCP_RTO_MAX_US in ticks
 *
 * Return: ticks, 3.5 timeouts.
 */
static inline int newtcp_finwait_round(int rto)
{
	return (rto << 2) - (rto >> 1);
}

/**
 * newtcp_finwait_time - how long FIN-WAIT-2 is to last without an owner
 * @linger2: TCP_LINGER2, seconds; 0: not set
 * @usual: net.ipv4.tcp_fin_timeout, ticks
 * @rto: timeout, ticks
 *
 * Return: ticks: long enough for the peer's FIN to arrive.
 */
static inline int newtcp_finwait_time(s8 linger2, int usual, int rto)
{
	return max(linger2 ? linger2 * HZ : usual, newtcp_finwait_round(rto));
}

/**
 * newtcp_finwait_lasts - how long it really lasts
 * @time: newtcp_finwait_time()
 *
 * In Linux the socket waits for all but a minute of it, and then an entry for as long
 * again: a little more than a minute ends almost at once.
 *
 * Return: ticks.
 */
static inline int newtcp_finwait_lasts(int time)
{
	if (time <= NEWTCP_TIMEWAIT_LEN)
		return time;
	return 2 * min(time - NEWTCP_TIMEWAIT_LEN, INT_MAX / 4);
}

/**
 * newtcp_timewait_lasts - how long an entry is kept
 * @fin_wait2: for FIN-WAIT-2, ticks; 0: for TIME-WAIT
 * @rto: timeout, ticks
 *
 * Return: ticks.
 */
static inline int newtcp_timewait_lasts(int fin_wait2, int rto)
{
	return fin_wait2 ? max(fin_wait2, newtcp_finwait_round(rto)) : NEWTCP_TIMEWAIT_LEN;
}

/* Our FIN is acknowledged, and nobody owns the socket. */
enum newtcp_finwait_verdict {
	VERDICT_FINWAIT_RESET,	/* there is data that nobody will read, or no wait is wanted */
	VERDICT_FINWAIT_HOLD,	/* the peer's FIN is here already: it is looked at first */
	VERDICT_FINWAIT_WAIT,	/* the peer's FIN is waited for */
};

/**
 * newtcp_finwait_verdict - what becomes of a connection in FIN-WAIT-2 without an owner
 * @linger2: TCP_LINGER2; below 0: no wait
 * @news: the segment that acknowledged has data above RCV.NXT
 * @fin: it has a FIN, or the next one may
 *
 * Return: a verdict.
 */
static inline enum newtcp_finwait_verdict newtcp_finwait_verdict(s8 linger2, bool news, bool fin)
{
	if (linger2 < 0 || news)
		return VERDICT_FINWAIT_RESET;
	return fin ? VERDICT_FINWAIT_HOLD : VERDICT_FINWAIT_WAIT;
}

/**
 * newtcp_finwait_holds - how long VERDICT_FINWAIT_HOLD keeps the socket, if no FIN is taken
 * @time: newtcp_finwait_time()
 *
 * Return: ticks.
 */
static inline int newtcp_finwait_holds(int time)
{
	return min(time, NEWTCP_TIMEWAIT_LEN);
}

/**
 * newtcp_finwait_over - the socket has been held, and no FIN was taken
 * @linger2: TCP_LINGER2
 * @time: newtcp_finwait_time()
 *
 * Return: VERDICT_FINWAIT_WAIT when a long wait follows, else VERDICT_FINWAIT_RESET.
 */
static inline enum newtcp_finwait_verdict newtcp_finwait_over(s8 linger2, int time)
{
	return linger2 >= 0 && time > NEWTCP_TIMEWAIT_LEN ? VERDICT_FINWAIT_WAIT :
							    VERDICT_FINWAIT_RESET;
}

#endif /* _NEWTCP_FINWAIT_H */
