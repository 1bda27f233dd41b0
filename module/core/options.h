/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP options: parsing what a peer sent, building what we send
 * (RFC 9293 3.1, RFC 7323, RFC 2018).
 *
 * Pure: plain buffers and structs, no locks, any context.
 */
#ifndef _NEWTCP_OPTIONS_H
#define _NEWTCP_OPTIONS_H

#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#define NEWTCP_MAX_OPT_LEN	40
#define NEWTCP_MAX_SACKS	4
#define NEWTCP_MAX_WSCALE	14

/* Space that the options take in a data segment, padding included. */
#define NEWTCP_TS_ALIGNED	12
#define NEWTCP_SACK_BASE	4
#define NEWTCP_SACK_PER_BLOCK	8

enum newtcp_opt_flags {
	NEWTCP_OPT_MSS		= 1 << 0,
	NEWTCP_OPT_WSCALE	= 1 << 1,
	NEWTCP_OPT_SACK_PERM	= 1 << 2,
	NEWTCP_OPT_TS		= 1 << 3,
	NEWTCP_OPT_SACK		= 1 << 4,
};

/* A range of sequence numbers: start <= seq < end. */
struct newtcp_range {
	u32 start;
	u32 end;
};

/**
 * struct newtcp_options - the options of one segment
 * @flags: which of them are present, enum newtcp_opt_flags
 * @wscale: window scale, at most NEWTCP_MAX_WSCALE
 * @num_sacks: blocks in @sacks
 * @mss: bytes
 * @tsval: timestamp value, host order
 * @tsecr: timestamp echo reply, host order
 * @sacks: blocks, in the order of the wire, host order
 */
struct newtcp_options {
	u8 flags;
	u8 wscale;
	u8 num_sacks;
	u16 mss;
	u32 tsval;
	u32 tsecr;
	struct newtcp_range sacks[NEWTCP_MAX_SACKS];
};

void newtcp_options_parse(const u8 *ptr, unsigned int len, bool syn,
			  struct newtcp_options *opts);
unsigned int newtcp_options_build(__be32 *ptr,
				  const struct newtcp_options *opts);

/* Read from the wire at any alignment. */
static inline u32 newtcp_options_be32(const u8 *ptr)
{
	__be32 v;

	memcpy(&v, ptr, sizeof(v));
	return be32_to_cpu(v);
}

/*
 * The shape that nearly every data segment has: NOP, NOP, timestamps and
 * nothing else. False says only that the general parser must look.
 */
static inline bool newtcp_options_fast_ts(const u8 *ptr, unsigned int len,
					  u32 *tsval, u32 *tsecr)
{
	if (len != NEWTCP_TS_ALIGNED || newtcp_options_be32(ptr) != 0x0101080a)
		return false;
	*tsval = newtcp_options_be32(ptr + 4);
	*tsecr = newtcp_options_be32(ptr + 8);
	return true;
}

#endif /* _NEWTCP_OPTIONS_H */
