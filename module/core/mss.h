/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How large a segment is (RFC 9293 3.7.1, RFC 6691, RFC 1191): by the path, by the
 * peer, by the options that it carries.
 *
 * Pure: plain values.
 */
#ifndef _NEWTCP_CORE_MSS_H
#define _NEWTCP_CORE_MSS_H

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include "negotiate.h"
#include "options.h"
#include "wire.h"

#define NEWTCP_IP_HEADER_LEN	20
#define NEWTCP_MIN_MTU		68	/* RFC 791: every network takes as much */

/**
 * newtcp_mss_of_mtu - what fits a path
 * @mtu: bytes that the path takes; may be anything
 * @clamp: MSS that the peer announced
 * @floor: no less than that, options not taken off (net.ipv4.tcp_min_snd_mss)
 * @header: TCP header with the usual options
 *
 * Return: payload of a segment with the usual options.
 */
static inline u32 newtcp_mss_of_mtu(u32 mtu, u32 clamp, u32 floor, u32 header)
{
	u32 mss = 0;

	if (mtu >= NEWTCP_IP_HEADER_LEN + NEWTCP_HEADER_LEN)
		mss = min(mtu - NEWTCP_IP_HEADER_LEN - NEWTCP_HEADER_LEN, clamp);
	return max(mss, floor) - (header - NEWTCP_HEADER_LEN);
}

/**
 * newtcp_mss_within - no more than the peer can take at a time
 * @size: bytes
 * @max_window: the largest window that it ever offered; 0: none yet
 * @header: TCP header with the usual options
 *
 * Never more than half of the largest window, nor than all of a tiny one; never less
 * than an IP packet of 68 bytes has room for.
 *
 * Return: bytes.
 */
static inline u32 newtcp_mss_within(u32 size, u32 max_window, u32 header)
{
	u32 bound = max_window;

	if (bound > NEWTCP_DEFAULT_MSS)
		bound >>= 1;
	if (!bound || size <= bound)
		return size;
	return max(bound, NEWTCP_MIN_MTU - header);
}

/**
 * newtcp_mss_with_blocks - payload of a segment that carries SACK blocks as well
 * @mss: payload without them
 * @blocks: how many are to be reported; 0: none
 * @ts: it carries a timestamp, so that one block less fits
 *
 * Return: bytes.
 */
static inline u32 newtcp_mss_with_blocks(u32 mss, u32 blocks, bool ts)
{
	if (unlikely(blocks))
		mss -= NEWTCP_SACK_BASE +
		       NEWTCP_SACK_PER_BLOCK * min_t(u32, blocks, ts ? 3 : 4);
	return mss;
}

/**
 * newtcp_mss_goal - how much is put into one super-packet
 * @most: bytes that it may have, by the device and newtcp_mss_within()
 * @segs: segments that it may make
 * @mss: payload of each
 *
 * Return: bytes, whole segments, at least one.
 */
static inline u32 newtcp_mss_goal(u32 most, u32 segs, u32 mss)
{
	return max(min(most / mss, segs) * mss, mss);
}

#endif /* _NEWTCP_CORE_MSS_H */
