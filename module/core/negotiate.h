/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What two ends agree on while they open a connection: each says in its SYN what
 * it could do, and what both said holds (RFC 9293 3.7.1, RFC 7323 1.3 and 2.2,
 * RFC 2018 2).
 *
 * Pure: plain values, no locks, any context.
 */
#ifndef _NEWTCP_NEGOTIATE_H
#define _NEWTCP_NEGOTIATE_H

#include <linux/types.h>
#include "options.h"
#include "wire.h"

#define NEWTCP_MIN_MSS		88	/* as Linux: options must leave room */
#define NEWTCP_DEFAULT_MSS	536	/* RFC 9293 3.7.1: the peer said none */

/**
 * struct newtcp_features - what may be used: by one end, or, when agreed, by both
 * @timestamps: RFC 7323 3
 * @wscale: RFC 7323 2
 * @sack: RFC 2018
 */
struct newtcp_features {
	u8 timestamps:1;
	u8 wscale:1;
	u8 sack:1;
};

/**
 * struct newtcp_agreed - the outcome
 * @mss_clamp: the most that a segment of ours may carry, options included
 * @snd_wscale: how far the peer's window fields are to be shifted
 * @rcv_wscale: how far ours are
 * @use: what both ends can do
 */
struct newtcp_agreed {
	u16 mss_clamp;
	u8 snd_wscale;
	u8 rcv_wscale;
	struct newtcp_features use;
};

/**
 * struct newtcp_syn_values - what a SYN or SYN-ACK says, as far as it may
 * @mss: ours to announce
 * @wscale: ours
 * @tsval: our clock
 * @tsecr: to be echoed; 0 in a first SYN
 */
struct newtcp_syn_values {
	u16 mss;
	u8 wscale;
	u32 tsval;
	u32 tsecr;
};

void newtcp_negotiate_say(struct newtcp_features use, const struct newtcp_syn_values *v,
			  struct newtcp_options *o);
void newtcp_negotiate(struct newtcp_features willing, u8 wscale, u16 user_mss,
		      const struct newtcp_options *peer, struct newtcp_agreed *agreed);

/**
 * newtcp_negotiate_hdrlen - the header of a usual segment
 * @use: what is agreed, or may be
 *
 * Return: bytes.
 */
static inline unsigned int newtcp_negotiate_hdrlen(struct newtcp_features use)
{
	return NEWTCP_HEADER_LEN + (use.timestamps ? NEWTCP_TS_ALIGNED : 0);
}

#endif /* _NEWTCP_NEGOTIATE_H */
