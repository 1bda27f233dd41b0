// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/negotiate.c: what each end says, and what the two have then;
 * both ends must come to the same.
 */
#include <kunit/test.h>

#include "../module/core/negotiate.h"

#define TS	NEWTCP_OPT_TS
#define WS	NEWTCP_OPT_WSCALE
#define SACK	NEWTCP_OPT_SACK_PERM
#define MSS	NEWTCP_OPT_MSS

static struct newtcp_features features(u8 flags)
{
	return (struct newtcp_features) {
		.timestamps = !!(flags & TS),
		.wscale = !!(flags & WS),
		.sack = !!(flags & SACK),
	};
}

struct agree_case {
	const char *desc;
	u8 willing;		/* NEWTCP_OPT_*, of the three */
	u8 wscale;
	u16 user_mss;
	u8 said;		/* by the peer */
	u8 peer_wscale;
	u16 peer_mss;
	u8 use;
	u8 snd_wscale, rcv_wscale;
	u16 mss_clamp;
	u8 hdrlen;
};

static const struct agree_case agree_cases[] = {
	{ "all", TS | WS | SACK, 7, 0, MSS | TS | WS | SACK, 3, 1460,
	  TS | WS | SACK, 3, 7, 1460, 32 },
	{ "the peer says nothing: 536", TS | WS | SACK, 7, 0, 0, 3, 1460, 0, 0, 0, 536, 20 },
	{ "we allow nothing", 0, 7, 0, MSS | TS | WS | SACK, 3, 1460, 0, 0, 0, 1460, 20 },
	{ "timestamps alone", TS, 7, 0, MSS | TS | WS | SACK, 3, 1460, TS, 0, 0, 1460, 32 },
	{ "a scale of 0 is agreed, too", WS, 7, 0, WS | MSS, 0, 1460, WS, 0, 7, 1460, 20 },
	{ "ours is 0", WS, 0, 0, WS | MSS, 14, 1460, WS, 14, 0, 1460, 20 },
	{ "unscaled: neither direction", TS | SACK, 7, 0, MSS | WS, 14, 1460, 0, 0, 0, 1460, 20 },
	{ "SACK alone", TS | WS | SACK, 7, 0, MSS | SACK, 0, 1460, SACK, 0, 0, 1460, 20 },
	{ "the program's bound", 0, 0, 1000, MSS, 0, 1460, 0, 0, 0, 1000, 20 },
	{ "the peer's is less", 0, 0, 1000, MSS, 0, 999, 0, 0, 0, 999, 20 },
	{ "the program's bound, the peer says none", 0, 0, 88, 0, 0, 0, 0, 0, 0, 88, 20 },
	{ "a bound above 536, the peer says none", 0, 0, 1000, 0, 0, 0, 0, 0, 0, 536, 20 },
	{ "a tiny MSS is what it is", 0, 0, 0, MSS, 0, 1, 0, 0, 0, 1, 20 },
	{ "the largest", 0, 0, 0, MSS, 0, 65535, 0, 0, 0, 65535, 20 },
};

KUNIT_ARRAY_PARAM_DESC(agree, agree_cases, desc);

static void negotiate_agree(struct kunit *test)
{
	const struct agree_case *c = test->param_value;
	const struct newtcp_options peer = {
		.flags = c->said,
		.wscale = c->peer_wscale,
		.mss = c->peer_mss,
	};
	struct newtcp_agreed got;

	memset(&got, 0xff, sizeof(got));
	newtcp_negotiate(features(c->willing), c->wscale, c->user_mss, &peer, &got);
	KUNIT_EXPECT_EQ(test, (bool)got.use.timestamps, !!(c->use & TS));
	KUNIT_EXPECT_EQ(test, (bool)got.use.wscale, !!(c->use & WS));
	KUNIT_EXPECT_EQ(test, (bool)got.use.sack, !!(c->use & SACK));
	KUNIT_EXPECT_EQ(test, got.snd_wscale, c->snd_wscale);
	KUNIT_EXPECT_EQ(test, got.rcv_wscale, c->rcv_wscale);
	KUNIT_EXPECT_EQ(test, got.mss_clamp, c->mss_clamp);
	KUNIT_EXPECT_EQ(test, newtcp_negotiate_hdrlen(got.use), c->hdrlen);
}

/* A SYN and its SYN-ACK over the wire, for each willingness of both ends. */
static void negotiate_handshake(struct kunit *test)
{
	const struct newtcp_syn_values va = { 1460, 7, 1000, 0 }, vb = { 1400, 2, 2000, 1000 };
	__be32 wire[NEWTCP_MAX_OPT_LEN / 4];
	struct newtcp_agreed a, b;
	struct newtcp_options o;
	unsigned int i, len;
	u8 wa, wb;

	for (i = 0; i < 64; i++) {
		wa = (i & 1 ? TS : 0) | (i & 2 ? WS : 0) | (i & 4 ? SACK : 0);
		wb = (i & 8 ? TS : 0) | (i & 16 ? WS : 0) | (i & 32 ? SACK : 0);

		newtcp_negotiate_say(features(wa), &va, &o);
		len = newtcp_options_build(wire, &o);
		newtcp_options_parse((const u8 *)wire, len, true, &o);
		KUNIT_EXPECT_EQ(test, o.flags, wa | MSS);
		KUNIT_EXPECT_EQ(test, o.tsecr, 0);
		newtcp_negotiate(features(wb), vb.wscale, 0, &o, &b);

		newtcp_negotiate_say(b.use, &vb, &o);
		len = newtcp_options_build(wire, &o);
		newtcp_options_parse((const u8 *)wire, len, true, &o);
		KUNIT_EXPECT_EQ(test, o.flags, (wa & wb) | MSS);
		if (wa & wb & TS)
			KUNIT_EXPECT_EQ(test, o.tsecr, va.tsval);
		newtcp_negotiate(features(wa), va.wscale, 0, &o, &a);

		KUNIT_EXPECT_EQ(test, (bool)a.use.timestamps, (bool)b.use.timestamps);
		KUNIT_EXPECT_EQ(test, (bool)a.use.sack, (bool)b.use.sack);
		KUNIT_EXPECT_EQ(test, a.snd_wscale, b.rcv_wscale);
		KUNIT_EXPECT_EQ(test, b.snd_wscale, a.rcv_wscale);
		KUNIT_EXPECT_EQ(test, a.mss_clamp, 1400);
		KUNIT_EXPECT_EQ(test, b.mss_clamp, 1460);
	}
}

static struct kunit_case negotiate_cases[] = {
	KUNIT_CASE_PARAM(negotiate_agree, agree_gen_params),
	KUNIT_CASE(negotiate_handshake),
	{}
};

static struct kunit_suite negotiate_suite = {
	.name = "newtcp_negotiate",
	.test_cases = negotiate_cases,
};

kunit_test_suite(negotiate_suite);
