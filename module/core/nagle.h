/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nagle's rule in Minshall's form: when a partial segment waits for company
 * (RFC 9293 3.7.4).
 *
 * Pure: plain values, no locks, any context.
 */
#ifndef _NEWTCP_NAGLE_H
#define _NEWTCP_NAGLE_H

#include <linux/types.h>

/**
 * newtcp_nagle_hold - must a partial segment wait?
 * @len: bytes that could go out now
 * @mss: a full segment
 * @nodelay: the program asked for no delay
 * @small_in_flight: an earlier partial segment is not acknowledged yet
 *
 * Minshall's variant: one partial segment may be in flight, not none.
 *
 * Return: true when it must.
 */
static inline bool newtcp_nagle_hold(u32 len, u32 mss, bool nodelay,
				     bool small_in_flight)
{
	return len < mss && !nodelay && small_in_flight;
}

#endif /* _NEWTCP_NAGLE_H */
