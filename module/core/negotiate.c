// SPDX-License-Identifier: GPL-2.0
/*
 * Offer and answer of an opening connection, for both sides of it: RFC 9293 3.7.1
 * (MSS), RFC 7323 (timestamps, window scaling), RFC 2018 (SACK).
 *
 * Pure: plain values, no locks, any context.
 */
#include "negotiate.h"

#include <linux/export.h>
#include <linux/minmax.h>
#include <kunit/visibility.h>

/**
 * newtcp_negotiate_say - the options of a SYN or SYN-ACK
 * @use: a SYN: what we are willing to do; a SYN-ACK: what is agreed
 * @v: the values that go with it
 * @o: filled, its SACK blocks excepted, which no SYN has
 */
void newtcp_negotiate_say(struct newtcp_features use, const struct newtcp_syn_values *v,
			  struct newtcp_options *o)
{
	o->flags = NEWTCP_OPT_MSS;
	o->num_sacks = 0;
	o->mss = v->mss;
	if (use.timestamps) {
		o->flags |= NEWTCP_OPT_TS;
		o->tsval = v->tsval;
		o->tsecr = v->tsecr;
	}
	if (use.wscale) {
		o->flags |= NEWTCP_OPT_WSCALE;
		o->wscale = v->wscale;
	}
	if (use.sack)
		o->flags |= NEWTCP_OPT_SACK_PERM;
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_negotiate_say);

/* RFC 9293 3.7.1: without the option 536; never more than the program wants. */
static u16 mss_clamp(const struct newtcp_options *peer, u16 user_mss)
{
	u16 mss = peer->flags & NEWTCP_OPT_MSS ? peer->mss : NEWTCP_DEFAULT_MSS;

	return user_mss ? min(mss, user_mss) : mss;
}

/**
 * newtcp_negotiate - what holds between the two ends
 * @willing: what we can do; the active side has said so in its SYN
 * @wscale: our window scale; of no account unless scaling is agreed
 * @user_mss: the program's bound (TCP_MAXSEG); 0: none
 * @peer: the options of the peer's SYN or SYN-ACK
 * @agreed: out
 *
 * RFC 7323 1.3: an option is in use when both SYNs had it. Windows are scaled in
 * both directions or in none.
 */
void newtcp_negotiate(struct newtcp_features willing, u8 wscale, u16 user_mss,
		      const struct newtcp_options *peer, struct newtcp_agreed *agreed)
{
	agreed->use.timestamps = willing.timestamps && (peer->flags & NEWTCP_OPT_TS);
	agreed->use.wscale = willing.wscale && (peer->flags & NEWTCP_OPT_WSCALE);
	agreed->use.sack = willing.sack && (peer->flags & NEWTCP_OPT_SACK_PERM);
	agreed->snd_wscale = agreed->use.wscale ? peer->wscale : 0;
	agreed->rcv_wscale = agreed->use.wscale ? wscale : 0;
	agreed->mss_clamp = mss_clamp(peer, user_mss);
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_negotiate);
