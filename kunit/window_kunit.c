// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/window.c: the tables of RFC 9293 3.10.7.4 and RFC 5961
 * 3.2 and 5.2 row by row, and Nagle. Most rows run again
 * with every sequence number moved across the wrap.
 */
#include <kunit/test.h>

#include "../module/core/window.h"

/* What is added to every sequence number of a row. */
static const u32 shifts[] = { 0, 0xfffffc00, 0x7ffffc00, 0xffffffff };

struct seg_case {
	const char *desc;
	u32 nxt;
	u32 wnd;
	u32 seq;
	u32 len;
	bool expect;
};

static const struct seg_case seg_cases[] = {
	/* SEG.LEN = 0, RCV.WND = 0: SEG.SEQ = RCV.NXT */
	{ "0/0: at RCV.NXT", 1000, 0, 1000, 0, true },
	{ "0/0: one before", 1000, 0, 999, 0, false },
	{ "0/0: one after", 1000, 0, 1001, 0, false },
	/* SEG.LEN = 0, RCV.WND > 0: in the window, or on its right edge */
	{ "0/w: at RCV.NXT", 1000, 100, 1000, 0, true },
	{ "0/w: keepalive probe", 1000, 100, 999, 0, false },
	{ "0/w: last of the window", 1000, 100, 1099, 0, true },
	{ "0/w: ACK of a peer that filled the window", 1000, 100, 1100, 0, true },
	{ "0/w: beyond the edge", 1000, 100, 1101, 0, false },
	/* SEG.LEN > 0, RCV.WND = 0: never */
	{ "n/0: at RCV.NXT", 1000, 0, 1000, 1, false },
	{ "n/0: before", 1000, 0, 999, 1, false },
	{ "n/0: after", 1000, 0, 1001, 1, false },
	/* SEG.LEN > 0, RCV.WND > 0: first or last byte in the window */
	{ "n/w: in order", 1000, 100, 1000, 50, true },
	{ "n/w: exactly the window", 1000, 100, 1000, 100, true },
	{ "n/w: whole window and more", 1000, 100, 1000, 101, true },
	{ "n/w: around the whole window", 1000, 100, 900, 300, true },
	{ "n/w: all old", 1000, 100, 900, 100, false },
	{ "n/w: one new byte at the end", 1000, 100, 900, 101, true },
	{ "n/w: first byte last of the window", 1000, 100, 1099, 50, true },
	{ "n/w: first byte on the edge", 1000, 100, 1100, 50, false },
	{ "n/w: one byte, last of the window", 1000, 100, 1099, 1, true },
	{ "n/w: far ahead", 1000, 100, 50000, 1, false },
	{ "n/w: far behind", 100000, 100, 1, 10, false },
	{ "n/w: largest window, last byte", 0, 0x3fffc000, 0x3fffbfff, 1, true },
};

KUNIT_ARRAY_PARAM_DESC(seg, seg_cases, desc);

static void window_seg_acceptable(struct kunit *test)
{
	const struct seg_case *p = test->param_value;
	int i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		u32 seq = p->seq + shifts[i];

		KUNIT_EXPECT_EQ_MSG(test,
				    newtcp_seg_acceptable(p->nxt + shifts[i],
							  p->wnd, seq,
							  seq + p->len),
				    p->expect, "shift %#x", shifts[i]);
	}
}

struct rst_case {
	const char *desc;
	u32 nxt;
	u32 wnd;
	u32 seq;
	enum newtcp_rst_verdict expect;
};

static const struct rst_case rst_cases[] = {
	{ "exact", 1000, 100, 1000, VERDICT_RST_RESET },
	{ "exact, window 0", 1000, 0, 1000, VERDICT_RST_RESET },
	{ "one after", 1000, 100, 1001, VERDICT_RST_CHALLENGE },
	{ "last of the window", 1000, 100, 1099, VERDICT_RST_CHALLENGE },
	{ "on the edge", 1000, 100, 1100, VERDICT_RST_DROP },
	{ "one before", 1000, 100, 999, VERDICT_RST_DROP },
	{ "window 0, one after", 1000, 0, 1001, VERDICT_RST_DROP },
	{ "window 0, one before", 1000, 0, 999, VERDICT_RST_DROP },
	{ "window 1, one after", 1000, 1, 1001, VERDICT_RST_DROP },
	{ "window 2, one after", 1000, 2, 1001, VERDICT_RST_CHALLENGE },
	{ "half a circle away", 1000, 100, 0x800003e8, VERDICT_RST_DROP },
};

KUNIT_ARRAY_PARAM_DESC(rst, rst_cases, desc);

static void window_rst_verdict(struct kunit *test)
{
	const struct rst_case *p = test->param_value;
	int i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    newtcp_rst_verdict(p->nxt + shifts[i],
						       p->wnd,
						       p->seq + shifts[i]),
				    p->expect, "shift %#x", shifts[i]);
}

struct ack_case {
	const char *desc;
	u32 una;
	u32 nxt;
	u32 max_wnd;
	u32 ack;
	enum newtcp_ack_verdict expect;
};

static const struct ack_case ack_cases[] = {
	{ "all in flight", 5000, 6000, 100, 6000, VERDICT_ACK_NEW },
	{ "one byte", 5000, 6000, 100, 5001, VERDICT_ACK_NEW },
	{ "duplicate", 5000, 6000, 100, 5000, VERDICT_ACK_OLD },
	{ "one before", 5000, 6000, 100, 4999, VERDICT_ACK_OLD },
	{ "the whole window before", 5000, 6000, 100, 4900, VERDICT_ACK_OLD },
	{ "further than the window", 5000, 6000, 100, 4899, VERDICT_ACK_TOO_OLD },
	{ "one beyond SND.NXT", 5000, 6000, 100, 6001, VERDICT_ACK_FUTURE },
	{ "far beyond SND.NXT", 5000, 6000, 100, 0x70000000, VERDICT_ACK_FUTURE },
	{ "nothing in flight, duplicate", 5000, 5000, 100, 5000, VERDICT_ACK_OLD },
	{ "nothing in flight, ahead", 5000, 5000, 100, 5001, VERDICT_ACK_FUTURE },
	{ "peer never offered a window", 5000, 6000, 0, 4999, VERDICT_ACK_TOO_OLD },
	{ "largest window", 0x40000000, 0x40000001, 0x3fffc000, 0x4000,
	  VERDICT_ACK_OLD },
};

KUNIT_ARRAY_PARAM_DESC(ack, ack_cases, desc);

static void window_ack_verdict(struct kunit *test)
{
	const struct ack_case *p = test->param_value;
	int i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    newtcp_ack_verdict(p->una + shifts[i],
						       p->nxt + shifts[i],
						       p->max_wnd,
						       p->ack + shifts[i]),
				    p->expect, "shift %#x", shifts[i]);
}

struct update_case {
	const char *desc;
	u32 una;
	u32 wl1;
	u32 wnd;
	u32 ack;
	u32 seq;
	u32 seg_wnd;
	bool expect;
};

static const struct update_case update_cases[] = {
	{ "new ACK, smaller window", 100, 50, 1000, 101, 50, 10, true },
	{ "new ACK, old sequence number", 100, 50, 1000, 101, 40, 10, true },
	{ "new data, smaller window", 100, 50, 1000, 100, 51, 10, true },
	{ "same, larger window", 100, 50, 1000, 100, 50, 1001, true },
	{ "same, same window", 100, 50, 1000, 100, 50, 1000, false },
	{ "same, smaller window", 100, 50, 1000, 100, 50, 999, false },
	{ "same, window closed", 100, 50, 1000, 100, 50, 0, true },
	{ "old segment, larger window", 100, 50, 1000, 100, 49, 2000, false },
	{ "old ACK, old segment", 100, 50, 1000, 99, 49, 2000, false },
	{ "old ACK, new data", 100, 50, 1000, 99, 51, 2000, true },
};

KUNIT_ARRAY_PARAM_DESC(update, update_cases, desc);

static void window_may_update(struct kunit *test)
{
	const struct update_case *p = test->param_value;
	int i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		u32 s = shifts[i];

		KUNIT_EXPECT_EQ_MSG(test,
				    newtcp_window_may_update(p->una + s,
							     p->wl1 + s,
							     p->wnd,
							     p->ack + s,
							     p->seq + s,
							     p->seg_wnd),
				    p->expect, "shift %#x", s);
	}
}

struct nagle_case {
	const char *desc;
	u32 len;
	bool nodelay;
	bool small_in_flight;
	bool expect;
};

static const struct nagle_case nagle_cases[] = {
	{ "partial behind a partial", 1, false, true, true },
	{ "one byte short behind a partial", 1459, false, true, true },
	{ "partial behind full segments only", 1, false, false, false },
	{ "full behind a partial", 1460, false, true, false },
	{ "more than full behind a partial", 3000, false, true, false },
	{ "partial behind a partial, no delay", 1, true, true, false },
	{ "partial, no delay", 1, true, false, false },
};

KUNIT_ARRAY_PARAM_DESC(nagle, nagle_cases, desc);

static void window_nagle(struct kunit *test)
{
	const struct nagle_case *p = test->param_value;

	KUNIT_EXPECT_EQ(test,
			newtcp_nagle_hold(p->len, 1460, p->nodelay,
					  p->small_in_flight),
			p->expect);
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE_PARAM(window_seg_acceptable, seg_gen_params),
	KUNIT_CASE_PARAM(window_rst_verdict, rst_gen_params),
	KUNIT_CASE_PARAM(window_ack_verdict, ack_gen_params),
	KUNIT_CASE_PARAM(window_may_update, update_gen_params),
	KUNIT_CASE_PARAM(window_nagle, nagle_gen_params),
	{}
};

static struct kunit_suite window_suite = {
	.name = "newtcp_window",
	.test_cases = window_cases,
};

kunit_test_suite(window_suite);
