// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/wire.h: each field of the header in its place, byte by byte
 * (RFC 9293 3.1), and the window field.
 */
#include <kunit/test.h>

#include "../module/core/wire.h"

struct header_case {
	const char *desc;
	u32 seq;
	u32 ack;
	u16 window;
	u8 flags;
	unsigned int hdrlen;
	u8 want[NEWTCP_HEADER_LEN];
};

static const struct header_case header_cases[] = {
	{ "SYN: no ACK, whatever the number", 0x01020304, 0xffffffff, 65535, TH_SYN, 40,
	  { 0x12, 0x34, 0x00, 0x50, 1, 2, 3, 4, 0, 0, 0, 0, 0xa0, 0x02, 0xff, 0xff } },
	{ "SYN-ACK", 0x01020304, 0x05060708, 0x0102, TH_SYN | TH_ACK, 44,
	  { 0x12, 0x34, 0x00, 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 0xb0, 0x12, 0x01, 0x02 } },
	{ "data", 0xfffffffe, 0x80000000, 501, TH_ACK | TH_PSH, 32,
	  { 0x12, 0x34, 0x00, 0x50, 0xff, 0xff, 0xff, 0xfe, 0x80, 0, 0, 0, 0x80, 0x18,
	    0x01, 0xf5 } },
	{ "all flags, all options", 0, 1, 0, 0xff, 60,
	  { 0x12, 0x34, 0x00, 0x50, 0, 0, 0, 0, 0, 0, 0, 1, 0xf0, 0xff } },
	{ "RST without ACK", 7, 9, 0, TH_RST, 20,
	  { 0x12, 0x34, 0x00, 0x50, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, 0x04 } },
};

KUNIT_ARRAY_PARAM_DESC(header, header_cases, desc);

static void wire_header(struct kunit *test)
{
	const struct header_case *c = test->param_value;
	const struct newtcp_wire w = {
		.sport = cpu_to_be16(0x1234),
		.dport = cpu_to_be16(80),
		.seq = c->seq,
		.ack = c->ack,
		.window = c->window,
		.flags = c->flags,
	};
	__be32 got[NEWTCP_HEADER_LEN / 4];

	memset(got, 0x55, sizeof(got));
	newtcp_wire_build(got, &w, c->hdrlen);
	KUNIT_EXPECT_MEMEQ(test, (const u8 *)got, c->want, sizeof(got));
}

struct window_case {
	const char *desc;
	u32 window;
	u8 wscale;
	u16 syn;
	u16 want;
};

static const struct window_case window_cases[] = {
	{ "none", 0, 7, 0, 0 },
	{ "unscaled, the largest", 65535, 0, 65535, 65535 },
	{ "unscaled, too large", 65536, 0, 65535, 65535 },
	{ "scaled", 65536, 7, 65535, 512 },
	{ "scaled to nothing", 127, 7, 127, 0 },
	{ "scaled, the largest", 65535U << 14, 14, 65535, 65535 },
	{ "scaled, too large", U32_MAX, 14, 65535, 65535 },
};

KUNIT_ARRAY_PARAM_DESC(window, window_cases, desc);

static void wire_window(struct kunit *test)
{
	const struct window_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_wire_syn_window(c->window), c->syn);
	KUNIT_EXPECT_EQ(test, newtcp_wire_window(c->window, c->wscale), c->want);
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE_PARAM(wire_header, header_gen_params),
	KUNIT_CASE_PARAM(wire_window, window_gen_params),
	{}
};

static struct kunit_suite wire_suite = {
	.name = "newtcp_wire",
	.test_cases = wire_cases,
};

kunit_test_suite(wire_suite);
