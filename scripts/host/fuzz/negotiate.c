// SPDX-License-Identifier: GPL-2.0
/*
 * Two ends open a connection, each willing to do some things, by way of what is
 * on the wire: both come to the same. And a SYN of any bytes.
 */
#include "core/negotiate.h"
#include "fuzz.h"

static struct newtcp_features willing(u8 bits)
{
	return (struct newtcp_features){ bits & 1, bits >> 1 & 1, bits >> 2 & 1 };
}

static void say(struct newtcp_features use, const struct newtcp_syn_values *v,
		struct newtcp_options *heard)
{
	__be32 wire[NEWTCP_MAX_OPT_LEN / 4];
	struct newtcp_options o;
	unsigned int len;

	newtcp_negotiate_say(use, v, &o);
	len = newtcp_options_build(wire, &o);
	must(len <= NEWTCP_MAX_OPT_LEN);
	newtcp_options_parse((const u8 *)wire, len, true, heard);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct newtcp_features active = willing(take(&in)), passive = willing(take(&in));
	struct newtcp_syn_values va = { take16(&in), take(&in) % 15, take(&in), 0 };
	struct newtcp_syn_values vp = { take16(&in), take(&in) % 15, take(&in), va.tsval };
	u16 user = take16(&in);
	struct newtcp_options syn, synack, any;
	struct newtcp_agreed a, p;
	u8 *copy;

	say(active, &va, &syn);
	newtcp_negotiate(passive, vp.wscale, user, &syn, &p);
	say(p.use, &vp, &synack);
	newtcp_negotiate(active, va.wscale, 0, &synack, &a);
	must(a.use.timestamps == p.use.timestamps && a.use.sack == p.use.sack &&
	     a.use.wscale == p.use.wscale);
	must(a.snd_wscale == p.rcv_wscale && a.rcv_wscale == p.snd_wscale);
	must(a.snd_wscale <= NEWTCP_MAX_WSCALE && p.snd_wscale <= NEWTCP_MAX_WSCALE);
	must(!user || p.mss_clamp <= user);

	size = in.left < NEWTCP_MAX_OPT_LEN ? in.left : NEWTCP_MAX_OPT_LEN;
	copy = malloc(size ?: 1);
	memcpy(copy, in.at, size);
	newtcp_options_parse(copy, size, true, &any);
	newtcp_negotiate(passive, vp.wscale, user, &any, &p);
	must(p.snd_wscale <= NEWTCP_MAX_WSCALE);
	must(p.mss_clamp || (user && !p.mss_clamp));
	free(copy);
	return 0;
}
