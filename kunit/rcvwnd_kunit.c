// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/rcvwnd.c: payload and memory, silly-window avoidance
 * (RFC 9293 3.8.6.2), the first window and its scale (RFC 7323 2), growth, and the
 * right edge.
 */
#include <kunit/test.h>

#include "../module/core/rcvwnd.h"

struct scale_case {
	const char *desc;
	u32 space;
	u8 expect;
};

static const struct scale_case scale_cases[] = {
	{ "nothing", 0, 0 },
	{ "fits unscaled", 65535, 0 },
	{ "one too many", 65536, 1 },
	{ "last that two bytes' worth holds", 131071, 1 },
	{ "next", 131072, 2 },
	{ "default tcp_rmem[2], 6 MiB", 6291456, 7 },
	{ "1 GiB - 1", 0x3fffffff, 14 },
	{ "largest window there is", 65535U << 14, 14 },
	{ "no larger scale exists", 0xffffffff, 14 },
};

KUNIT_ARRAY_PARAM_DESC(scale, scale_cases, desc);

static void rcvwnd_scale(struct kunit *test)
{
	const struct scale_case *p = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_window_scale(p->space), p->expect);
}

struct fit_case {
	const char *desc;
	u32 free;
	u32 full;
	u32 cur;
	u32 mss;
	u8 scale;
	u32 expect;
};

static const struct fit_case fit_cases[] = {
	{ "empty buffer, scaled", 65536, 65536, 0, 1460, 7, 65536 },
	{ "rounded up to the scale", 50001, 65536, 0, 1460, 7, 50048 },
	{ "tight: rounded down", 20001, 65536, 0, 1460, 7, 19968 },
	{ "tight: less than a segment", 1459, 65536, 0, 1460, 7, 0 },
	{ "tight: a segment after rounding", 1536, 16384, 0, 1460, 7, 1536 },
	{ "tight: no segment after rounding", 1535, 16384, 0, 1460, 7, 0 },
	{ "tight: less than 1/16 of the buffer", 4000, 65536, 0, 1460, 7, 0 },
	{ "tight: 1/16 of the buffer", 4096, 65536, 0, 1460, 7, 4096 },
	{ "full", 0, 65536, 0, 1460, 7, 0 },
	{ "scale coarser than a segment", 60000, 65536, 0, 1460, 14, 65536 },
	{ "tight, scale coarser than what is free", 16000, 65536, 0, 1460, 14,
	  0 },
	{ "no buffer", 0, 0, 0, 1460, 7, 0 },
	{ "no segment size", 1000, 65536, 0, 0, 0, 0 },
	{ "unscaled: whole segments", 10000, 16000, 0, 1460, 0, 8760 },
	{ "unscaled: offer stands while close", 10000, 16000, 9000, 1460, 0,
	  9000 },
	{ "unscaled: a segment more is news", 10000, 16000, 8540, 1460, 0,
	  8760 },
	{ "unscaled: offer larger than what is free", 8000, 16000, 9000, 1460,
	  0, 7300 },
	{ "unscaled: offer of exactly what is free", 10000, 16000, 10000, 1460,
	  0, 10000 },
	{ "buffer smaller than a segment, empty", 1000, 1000, 0, 1460, 0,
	  1000 },
	{ "buffer smaller than a segment, half free", 600, 1000, 50, 1460, 0,
	  600 },
	{ "buffer smaller than a segment, little news", 600, 1000, 400, 1460, 0,
	  400 },
	{ "a segment is most of the buffer: offer stands", 950, 1000, 200, 800,
	  0, 200 },
	{ "buffer smaller than a segment, tight", 400, 1000, 0, 1460, 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(fit, fit_cases, desc);

static void rcvwnd_fit(struct kunit *test)
{
	const struct fit_case *p = test->param_value;

	KUNIT_EXPECT_EQ(test,
			newtcp_window_fit(p->free, p->full, p->cur, p->mss,
					  p->scale),
			p->expect);
}

/* Payload and memory: there and back, at the edges of both. */
static void rcvwnd_ratio(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, newtcp_payload_ratio(1448, 2304), 160);
	KUNIT_EXPECT_EQ(test, newtcp_payload_ratio(0, 768), 1);
	KUNIT_EXPECT_EQ(test, newtcp_payload_ratio(1, 0), 255);
	KUNIT_EXPECT_EQ(test, newtcp_payload_ratio(U32_MAX, 1), 255);
	KUNIT_EXPECT_EQ(test, newtcp_payload_of(128, 131072), 65536);
	KUNIT_EXPECT_EQ(test, newtcp_payload_of(255, -1), 0);
	KUNIT_EXPECT_EQ(test, newtcp_payload_of(255, INT_MAX), 2139095039);
	/* Some room is room for a byte. */
	KUNIT_EXPECT_EQ(test, newtcp_payload_of(128, 0), 0);
	KUNIT_EXPECT_EQ(test, newtcp_payload_of(128, 1), 1);
	KUNIT_EXPECT_EQ(test, newtcp_payload_of(1, 1), 1);
	KUNIT_EXPECT_EQ(test, newtcp_payload_of(1, 255), 1);
	KUNIT_EXPECT_EQ(test, newtcp_payload_of(1, 512), 2);
	KUNIT_EXPECT_EQ(test, newtcp_truesize_of(128, 65536), 131072);
	KUNIT_EXPECT_EQ(test, newtcp_truesize_of(1, U32_MAX), INT_MAX);
}

/* The more overhead, the smaller the window that may still grow. */
static void rcvwnd_overhead(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, newtcp_overhead_fits(2000, 1000, 500, 1000));
	KUNIT_EXPECT_FALSE(test, newtcp_overhead_fits(2000, 1000, 501, 1000));
	KUNIT_EXPECT_TRUE(test, newtcp_overhead_fits(4000, 1000, 250, 1000));
	KUNIT_EXPECT_FALSE(test, newtcp_overhead_fits(4000, 1000, 251, 1000));
	KUNIT_EXPECT_FALSE(test, newtcp_overhead_fits(4000, 0, 0, 1000));
	KUNIT_EXPECT_TRUE(test, newtcp_overhead_fits(U32_MAX, 1, 0, 0));
}

/* One segment is kept back, and what net.ipv4.tcp_app_win says. */
static void rcvwnd_clamp(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, newtcp_clamp_init(1 << 20, 65536, 1448, 31), 64088);
	KUNIT_EXPECT_EQ(test, newtcp_clamp_init(1 << 20, 65536, 1448, 2), 49152);
	KUNIT_EXPECT_EQ(test, newtcp_clamp_init(1 << 20, 65536, 1448, 0), 65536);
	KUNIT_EXPECT_EQ(test, newtcp_clamp_init(1 << 20, 65536, 1448, -1), 65536);
	KUNIT_EXPECT_EQ(test, newtcp_clamp_init(20000, 65536, 1448, 31), 20000);
	KUNIT_EXPECT_EQ(test, newtcp_clamp_init(1 << 20, 1000, 1448, 31), 1000);
}

struct start_case {
	const char *desc;
	struct newtcp_rcvwnd_start in;
	u32 clamp;
	u32 want, want_clamp;
	u8 want_scale;
};

#define SIX_MIB	6291456

static const struct start_case start_cases[] = {
	{ "the usual", { 65536, 1460, 0, SIX_MIB, false, false, true }, 0, 64240, 8388480, 7 },
	{ "no scaling", { 65536, 1460, 0, SIX_MIB, false, false, false }, 0, 64240, 65535, 0 },
	{ "a large buffer: what the field holds", { 1 << 20, 1460, 0, SIX_MIB, false, false, true },
	  0, 65535, 8388480, 7 },
	{ "the route allows ten segments", { 65536, 1460, 10, SIX_MIB, false, false, true },
	  0, 14600, 8388480, 7 },
	{ "more segments than fit", { 65536, 1460, U32_MAX, SIX_MIB, false, false, true },
	  0, 64240, 8388480, 7 },
	{ "signed fields", { 65536, 1460, 0, SIX_MIB, false, true, true }, 0, 32767, 8388480, 7 },
	{ "the program's buffer", { 100000, 1460, 0, SIX_MIB, true, false, true },
	  0, 65535, 100000, 1 },
	{ "the program's buffer, less than a segment", { 500, 1460, 0, SIX_MIB, true, false, true },
	  0, 500, 1460, 0 },
	{ "a clamp", { 65536, 1460, 0, SIX_MIB, false, false, true }, 10000, 8760, 10000, 0 },
	{ "a clamp of less than a segment", { 65536, 1460, 0, SIX_MIB, false, false, true },
	  1000, 1000, 1000, 0 },
	{ "the largest scale", { 65536, 1460, 0, U32_MAX, false, false, true },
	  0, 64240, 65535U << 14, 14 },
	{ "no buffer", { 0, 1460, 0, 0, false, false, true }, 0, 0, 65535, 0 },
};

KUNIT_ARRAY_PARAM_DESC(start, start_cases, desc);

static void rcvwnd_start(struct kunit *test)
{
	const struct start_case *c = test->param_value;
	u32 clamp = c->clamp;
	u8 wscale = 99;

	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_initial(&c->in, &clamp, &wscale), c->want);
	KUNIT_EXPECT_EQ(test, clamp, c->want_clamp);
	KUNIT_EXPECT_EQ(test, wscale, c->want_scale);
	KUNIT_EXPECT_LE(test, c->want, clamp);
}

struct offer_case {
	const char *desc;
	u32 wup, wnd;
	u8 wscale;
	u32 nxt, could;
	bool signed_field;
	u16 field;
	u32 want;
};

static const struct offer_case offer_cases[] = {
	{ "first", 1000, 0, 7, 1000, 65536, false, 512, 65536 },
	{ "grows", 1000, 1000, 0, 1500, 2000, false, 2000, 2000 },
	{ "stays: the edge does not move left", 1000, 1000, 0, 1500, 100, false, 500, 500 },
	{ "stays, rounded up to the scale", 1000, 1024, 7, 1001, 0, false, 8, 1024 },
	{ "all used", 1000, 1000, 0, 2000, 0, false, 0, 0 },
	{ "overdrawn", 1000, 1000, 0, 2500, 0, false, 0, 0 },
	{ "no more than the field says", 1000, 0, 0, 1000, 100000, false, 65535, 65535 },
	{ "scaled, no more than the field says", 1000, 0, 1, 1000, 200000, false, 65535, 131070 },
	{ "signed", 1000, 0, 0, 1000, 65535, true, 32767, 32767 },
	{ "signed, but scaled", 1000, 0, 1, 1000, 65536, true, 32768, 65536 },
};

KUNIT_ARRAY_PARAM_DESC(offer, offer_cases, desc);

static void rcvwnd_offer(struct kunit *test)
{
	const struct offer_case *c = test->param_value;
	struct newtcp_rcvwnd w = { .wup = c->wup, .wnd = c->wnd, .wscale = c->wscale };

	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_offer(&w, c->nxt, c->could, c->signed_field),
			c->field);
	KUNIT_EXPECT_EQ(test, w.wnd, c->want);
	KUNIT_EXPECT_EQ(test, w.wup, c->nxt);
}

/* Whatever arrives and is read, the right edge stays or moves to the right. */
static void rcvwnd_edge(struct kunit *test)
{
	u32 seed = 1, nxt = 0xffff0000, edge, steps, used, mss = 1460;
	struct newtcp_rcvwnd w = {
		.wup = nxt, .clamp = 200000, .ssthresh = 100000, .advmss = 1460, .ratio = 128,
	};

	for (w.wscale = 0; w.wscale <= 14; w.wscale++) {
		newtcp_rcvwnd_close(&w, nxt);
		edge = nxt;
		used = 0;
		for (steps = 0; steps < 2000; steps++) {
			struct newtcp_rcvwnd_room room;
			u32 got;

			seed = seed * 1103515245 + 12345;
			got = min((seed >> 8) % (2 * mss), newtcp_rcvwnd_open(&w, nxt));
			nxt += got;
			used += 2 * got;
			if (seed >> 28 == 0)
				used = 0;
			room = newtcp_rcvwnd_room(&w, 262144, used);
			newtcp_rcvwnd_offer(&w, nxt, newtcp_rcvwnd_could(&w, &room, mss), false);
			KUNIT_ASSERT_GE(test, (s32)(w.wup + w.wnd - edge), 0);
			KUNIT_ASSERT_EQ(test, w.wnd & ((1U << w.wscale) - 1), 0);
			edge = w.wup + w.wnd;
		}
	}
	/* But where the data had no room. */
	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_close(&w, nxt), 0);
	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_open(&w, nxt), 0);
}

static void rcvwnd_room(struct kunit *test)
{
	struct newtcp_rcvwnd w = { .clamp = 50000, .ratio = 128, .wscale = 7, .ssthresh = 30001 };
	struct newtcp_rcvwnd_room room;

	room = newtcp_rcvwnd_room(&w, 131072, 0);
	KUNIT_EXPECT_EQ(test, room.full, 50000);
	KUNIT_EXPECT_EQ(test, room.free, 50000);
	KUNIT_EXPECT_FALSE(test, newtcp_rcvwnd_tight(&room));
	/* The present bound, rounded up to the scale. */
	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_could(&w, &room, 1460), 30080);
	room = newtcp_rcvwnd_room(&w, 131072, 100000);
	KUNIT_EXPECT_EQ(test, room.free, 15536);
	KUNIT_EXPECT_TRUE(test, newtcp_rcvwnd_tight(&room));
	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_could(&w, &room, 1460), 15488);
	room = newtcp_rcvwnd_room(&w, 131072, 200000);
	KUNIT_EXPECT_EQ(test, room.free, 0);
	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_could(&w, &room, 1460), 0);
	w.wscale = 0;
	w.clamp = 100000;
	room = newtcp_rcvwnd_room(&w, 1 << 20, 0);
	KUNIT_EXPECT_EQ(test, room.full, 65535);
}

static void rcvwnd_update(struct kunit *test)
{
	struct newtcp_rcvwnd w = { .clamp = 10000 };

	KUNIT_EXPECT_TRUE(test, newtcp_rcvwnd_may_double(&w, 5000));
	KUNIT_EXPECT_FALSE(test, newtcp_rcvwnd_may_double(&w, 5001));
	KUNIT_EXPECT_TRUE(test, newtcp_rcvwnd_doubles(1000, 2000));
	KUNIT_EXPECT_FALSE(test, newtcp_rcvwnd_doubles(1000, 1999));
	KUNIT_EXPECT_TRUE(test, newtcp_rcvwnd_doubles(0, 1));
	KUNIT_EXPECT_FALSE(test, newtcp_rcvwnd_doubles(0, 0));
}

/* Two segments of ours for cheap data, two of the peer's for dear, none for dearer. */
static void rcvwnd_grow(struct kunit *test)
{
	struct newtcp_rcvwnd w = { .ratio = 128, .advmss = 1460, .ssthresh = 10000 };

	KUNIT_EXPECT_TRUE(test, newtcp_rcvwnd_grow(&w, 100000, 1000, 2000, 500, 1 << 20));
	KUNIT_EXPECT_EQ(test, w.ssthresh, 12920);
	KUNIT_EXPECT_TRUE(test, newtcp_rcvwnd_grow(&w, 100000, 500, 4000, 500, 1 << 20));
	KUNIT_EXPECT_EQ(test, w.ssthresh, 13920);
	KUNIT_EXPECT_TRUE(test, newtcp_rcvwnd_grow(&w, 100000, 9000, 18000, 500, 1 << 20));
	KUNIT_EXPECT_EQ(test, w.ssthresh, 31920);
	KUNIT_EXPECT_FALSE(test, newtcp_rcvwnd_grow(&w, 100000, 1, 4000, 500, 1 << 20));
	KUNIT_EXPECT_EQ(test, w.ssthresh, 31920);
	/* Up to the bound. */
	KUNIT_EXPECT_TRUE(test, newtcp_rcvwnd_grow(&w, 32000, 1000, 2000, 500, 1 << 20));
	KUNIT_EXPECT_EQ(test, w.ssthresh, 32000);
	newtcp_rcvwnd_pressure(&w);
	KUNIT_EXPECT_EQ(test, w.ssthresh, 5840);
	w.clamp = 3000;
	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_bound(&w, 8000), 3000);
	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_bound(&w, 4000), 2000);
	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_bound(&w, -1), 0);
}

static void rcvwnd_learn(struct kunit *test)
{
	struct newtcp_rcvwnd w = { .ratio = 128, .advmss = 1460, .clamp = 64088 };

	KUNIT_EXPECT_FALSE(test, newtcp_rcvwnd_learn(&w, 1000, 2000, 131072));
	/* The clamp was the buffer's: it follows. */
	KUNIT_EXPECT_TRUE(test, newtcp_rcvwnd_learn(&w, 1448, 2304, 131072));
	KUNIT_EXPECT_EQ(test, w.ratio, 160);
	KUNIT_EXPECT_EQ(test, w.clamp, 81920);
	/* The program's stays, unless there is less than that. */
	w.clamp = 20000;
	KUNIT_EXPECT_TRUE(test, newtcp_rcvwnd_learn(&w, 1000, 2000, 131072));
	KUNIT_EXPECT_EQ(test, w.clamp, 20000);
	KUNIT_EXPECT_TRUE(test, newtcp_rcvwnd_learn(&w, 10, 1000, 131072));
	KUNIT_EXPECT_EQ(test, w.ratio, 2);
	KUNIT_EXPECT_EQ(test, w.clamp, 1024);
}

static void rcvwnd_begin(struct kunit *test)
{
	struct newtcp_rcvwnd w = {
		.ratio = 128, .advmss = 1448, .clamp = 1 << 20, .ssthresh = 64240, .wnd = 64240,
	};

	newtcp_rcvwnd_established(&w, 131072, 31);
	KUNIT_EXPECT_EQ(test, w.clamp, 64088);
	KUNIT_EXPECT_EQ(test, w.ssthresh, 64088);
	/* No buffer, no window: then what was offered. */
	w.clamp = 0;
	newtcp_rcvwnd_established(&w, 0, 31);
	KUNIT_EXPECT_EQ(test, w.ssthresh, 64240);

	/* The smallest: a window of a byte. */
	w.clamp = 1 << 20;
	w.ssthresh = w.wnd;
	newtcp_rcvwnd_established(&w, 1, 31);
	KUNIT_EXPECT_EQ(test, w.clamp, 1);
	KUNIT_EXPECT_EQ(test, w.ssthresh, 1);
	w.ssthresh = w.wnd;

	w.clamp = 1000;
	newtcp_rcvwnd_clamped(&w);
	KUNIT_EXPECT_EQ(test, w.ssthresh, 1000);
	w.clamp = 1 << 20;
	newtcp_rcvwnd_clamped(&w);
	KUNIT_EXPECT_EQ(test, w.ssthresh, 64240);

	/* 10,000 after 5,000: 2 * 10,000 + 16 * 1,448, and twice its doubling. */
	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_tune(&w, 10000, 5000), 2 * 3 * 43168);
	KUNIT_EXPECT_EQ(test, newtcp_rcvwnd_tune(&w, INT_MAX, 1), INT_MAX);
}

static struct kunit_case rcvwnd_cases[] = {
	KUNIT_CASE(rcvwnd_ratio),
	KUNIT_CASE(rcvwnd_overhead),
	KUNIT_CASE(rcvwnd_clamp),
	KUNIT_CASE_PARAM(rcvwnd_scale, scale_gen_params),
	KUNIT_CASE_PARAM(rcvwnd_fit, fit_gen_params),
	KUNIT_CASE_PARAM(rcvwnd_start, start_gen_params),
	KUNIT_CASE_PARAM(rcvwnd_offer, offer_gen_params),
	KUNIT_CASE(rcvwnd_edge),
	KUNIT_CASE(rcvwnd_room),
	KUNIT_CASE(rcvwnd_update),
	KUNIT_CASE(rcvwnd_grow),
	KUNIT_CASE(rcvwnd_learn),
	KUNIT_CASE(rcvwnd_begin),
	{}
};

static struct kunit_suite rcvwnd_suite = {
	.name = "newtcp_rcvwnd",
	.test_cases = rcvwnd_cases,
};

kunit_test_suite(rcvwnd_suite);
