/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nagle's rule in Minshall's form, and what a program may say about it: when a
 * partial segment waits for company (RFC 9293 3.7.4, TCP_NODELAY, TCP_CORK).
 *
 * Pure: plain values, no locks, any context.
 */
#ifndef _NEWTCP_NAGLE_H
#define _NEWTCP_NAGLE_H

#include <linux/types.h>

/* What becomes of a partial segment at the end of the queue. */
enum newtcp_nagle {
	NAGLE_ON,	/* it waits while another one is in flight */
	NAGLE_OFF,	/* it goes */
	NAGLE_CORK,	/* it waits until it is full, or the cork is pulled */
	NAGLE_PUSH,	/* it goes, corked or not */
};

/**
 * newtcp_nagle_says - what the program's options come to
 * @nodelay: TCP_NODELAY
 * @cork: TCP_CORK
 * @push: TCP_NODELAY was set, or with it the cork pulled, and no segment was begun since
 *
 * Return: what holds unless something else pushes.
 */
static inline enum newtcp_nagle newtcp_nagle_says(bool nodelay, bool cork, bool push)
{
	if (push)
		return NAGLE_PUSH;
	if (cork)
		return NAGLE_CORK;
	return nodelay ? NAGLE_OFF : NAGLE_ON;
}

/**
 * newtcp_nagle_holds - must a partial segment wait?
 * @nagle: what holds for it
 * @small_in_flight: an earlier partial segment is not acknowledged yet
 *
 * Minshall's variant: one partial segment may be in flight, not none. What carries a
 * FIN never waits, and is not asked about.
 *
 * Return: true when it must.
 */
static inline bool newtcp_nagle_holds(enum newtcp_nagle nagle, bool small_in_flight)
{
	return nagle == NAGLE_CORK || (nagle == NAGLE_ON && small_in_flight);
}

#endif /* _NEWTCP_NAGLE_H */
