/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixed header of a segment as it stands on the wire (RFC 9293 3.1): its
 * flag bits, and the one place where it is written. Options are in options.h.
 *
 * Pure: plain buffers and structs, no locks, any context.
 */
#ifndef _NEWTCP_WIRE_H
#define _NEWTCP_WIRE_H

#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

/* Byte 13 of the header */
#define TH_FIN		0x01
#define TH_SYN		0x02
#define TH_RST		0x04
#define TH_PSH		0x08
#define TH_ACK		0x10
#define TH_URG		0x20
#define TH_ECE		0x40
#define TH_CWR		0x80

#define NEWTCP_HEADER_LEN	20

/**
 * struct newtcp_wire - what a header says, but for its checksum
 * @sport: our port, as it goes out
 * @dport: the peer's, likewise
 * @seq: SEG.SEQ
 * @ack: SEG.ACK; it counts with TH_ACK alone
 * @window: the field, scaled down already
 * @flags: TH_*
 */
struct newtcp_wire {
	__be16 sport;
	__be16 dport;
	u32 seq;
	u32 ack;
	u16 window;
	u8 flags;
};

/**
 * newtcp_wire_build - write the fixed header
 * @to: NEWTCP_HEADER_LEN bytes at the alignment of a word
 * @w: what it says
 * @hdrlen: its length with all options, a multiple of 4, at most 60
 *
 * The checksum is left 0, and the urgent pointer: nothing is urgent.
 */
static inline void newtcp_wire_build(__be32 *to, const struct newtcp_wire *w,
				     unsigned int hdrlen)
{
	memcpy(to, &w->sport, sizeof(w->sport));
	memcpy((u8 *)to + 2, &w->dport, sizeof(w->dport));
	to[1] = cpu_to_be32(w->seq);
	to[2] = cpu_to_be32(w->flags & TH_ACK ? w->ack : 0);
	to[3] = cpu_to_be32((hdrlen >> 2) << 28 | (u32)w->flags << 16 | w->window);
	to[4] = 0;
}

/**
 * newtcp_wire_syn_window - the window field of a SYN or SYN-ACK
 * @window: bytes that are offered
 *
 * RFC 7323 2.2: it is never scaled.
 *
 * Return: the field.
 */
static inline u16 newtcp_wire_syn_window(u32 window)
{
	return window < 65535 ? window : 65535;
}

/**
 * newtcp_wire_window - the window field of any other segment
 * @window: bytes that are offered
 * @wscale: our scale
 *
 * Return: the field.
 */
static inline u16 newtcp_wire_window(u32 window, u8 wscale)
{
	return newtcp_wire_syn_window(window >> wscale);
}

#endif /* _NEWTCP_WIRE_H */
