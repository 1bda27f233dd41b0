// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/verdict.c: the tables of RFC 9293 3.10.7 and of RFC 5961 3.2
 * and 5.2 row by row, PAWS (RFC 7323 5), TIME-WAIT (RFC 1337, RFC 6191). All rows run
 * again with every sequence number moved across the wrap.
 */
#include <kunit/test.h>

#include "../module/core/verdict.h"

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

static void verdict_seg_acceptable(struct kunit *test)
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

static void verdict_rst(struct kunit *test)
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

static void verdict_ack(struct kunit *test)
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

static void verdict_may_update(struct kunit *test)
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

/* A connection with a window of 1,000 bytes from 10,000 on, and 500 bytes sent. */
static const struct newtcp_arrival_state synced = {
	.rcv_nxt = 10000, .wup = 10000, .wnd = 1000,
	.snd_una = 5000, .snd_nxt = 5500, .snd_wl1 = 9900, .snd_wnd = 8000,
	.ts_recent = 70000, .ts_age = 5, .ts_life = 2073600, .rto_ms = 1000,
};

static const struct newtcp_sack_list held = {
	.n = 2, .block = { { 10200, 10300 }, { 10500, 10600 } },
};

struct sync_case {
	const char *desc;
	struct newtcp_arrival seg;
	enum newtcp_arrival_verdict want;
	bool fin_taken, opened_both, sacks;
	s32 moved;		/* RCV.NXT - RCV.WUP */
	u32 ts_age;
};

/* The length stands for the end until the row is run. */
#define SEG(first, len, bits)	{ .seq = (first), .end_seq = (len), .ack = 5500, \
				  .wnd = 8000, .flags = (bits) }
#define SEG_TS(first, len, bits, ts)	{ .seq = (first), .end_seq = (len), .ack = 5000, \
					  .wnd = 8000, .flags = (bits), .has_ts = true, \
					  .tsval = (ts) }

static const struct sync_case sync_cases[] = {
	{ "data", SEG(10000, 100, TH_ACK), VERDICT_SEG_TAKE },
	{ "data without ACK", SEG(10000, 100, 0), VERDICT_SEG_DROP },
	{ "out of order", SEG(10100, 100, TH_ACK), VERDICT_SEG_TAKE },
	{ "old data", SEG(9000, 100, TH_ACK), VERDICT_SEG_ANSWER },
	{ "old data up to the window: its ACK may be news", SEG(9900, 100, TH_ACK),
	  VERDICT_SEG_TAKE },
	{ "older by a byte", SEG(9899, 100, TH_ACK), VERDICT_SEG_ANSWER },
	{ "beyond the window", SEG(11000, 100, TH_ACK), VERDICT_SEG_ANSWER },
	{ "keepalive", SEG(9999, 0, TH_ACK), VERDICT_SEG_ANSWER },
	{ "a late duplicate since the window was sent", SEG(10000, 100, TH_ACK),
	  VERDICT_SEG_TAKE, .moved = 500 },
	{ "window closed: a probe", SEG(11000, 1, TH_ACK), VERDICT_SEG_TAKE, .moved = 1000 },
	{ "window closed: the FIN", SEG(11000, 1, TH_ACK | TH_FIN), VERDICT_SEG_TAKE,
	  .moved = 1000 },
	{ "window closed: data without ACK", SEG(11000, 1, 0), VERDICT_SEG_ANSWER,
	  .moved = 1000 },

	{ "SYN in the window", SEG(10000, 1, TH_SYN), VERDICT_SEG_CHALLENGE },
	{ "SYN anywhere", SEG(50000, 1, TH_SYN), VERDICT_SEG_CHALLENGE },
	{ "SYN-ACK again", SEG(9999, 1, TH_SYN | TH_ACK), VERDICT_SEG_CHALLENGE },
	{ "SYN-ACK that crossed ours", SEG(9999, 1, TH_SYN | TH_ACK), VERDICT_SEG_TAKE,
	  .opened_both = true },
	{ "crossed, but with data", SEG(9999, 2, TH_SYN | TH_ACK), VERDICT_SEG_CHALLENGE,
	  .opened_both = true },
	{ "crossed, but a SYN alone", SEG(9999, 1, TH_SYN), VERDICT_SEG_CHALLENGE,
	  .opened_both = true },
	{ "SYN and RST", SEG(10000, 1, TH_SYN | TH_RST), VERDICT_SEG_RESET },

	{ "RST, exact", SEG(10000, 0, TH_RST), VERDICT_SEG_RESET },
	{ "RST with ACK, exact", SEG(10000, 0, TH_RST | TH_ACK), VERDICT_SEG_RESET },
	{ "RST in the window", SEG(10001, 0, TH_RST), VERDICT_SEG_CHALLENGE },
	{ "RST at the right edge", SEG(11000, 0, TH_RST), VERDICT_SEG_DROP },
	{ "RST that does not count the FIN", SEG(9999, 0, TH_RST), VERDICT_SEG_RESET,
	  .fin_taken = true },
	{ "the same without a FIN", SEG(9999, 0, TH_RST), VERDICT_SEG_DROP },
	{ "RST from the highest SACKed", SEG(10600, 0, TH_RST), VERDICT_SEG_RESET,
	  .sacks = true },
	{ "RST from a lower SACKed", SEG(10300, 0, TH_RST), VERDICT_SEG_CHALLENGE,
	  .sacks = true },
	{ "the same without SACK", SEG(10600, 0, TH_RST), VERDICT_SEG_CHALLENGE },
	{ "RST, window used up", SEG(11000, 0, TH_RST), VERDICT_SEG_RESET, .moved = 1000 },
	{ "RST, window overdrawn", SEG(11001, 0, TH_RST), VERDICT_SEG_DROP, .moved = 1100 },

	{ "timestamp: the same", SEG_TS(10000, 10, TH_ACK, 70000), VERDICT_SEG_TAKE },
	{ "timestamp: one tick back", SEG_TS(10000, 10, TH_ACK, 69999), VERDICT_SEG_TAKE },
	{ "timestamp: older", SEG_TS(10000, 10, TH_ACK, 69998), VERDICT_SEG_ANSWER },
	{ "timestamp: older, but after 24 days", SEG_TS(10000, 10, TH_ACK, 69998),
	  VERDICT_SEG_TAKE, .ts_age = 2073600 },
	{ "timestamp: older, a second sooner", SEG_TS(10000, 10, TH_ACK, 69998),
	  VERDICT_SEG_ANSWER, .ts_age = 2073599 },
	{ "timestamp: older, a SYN", SEG_TS(10000, 1, TH_SYN, 69998), VERDICT_SEG_CHALLENGE },
	{ "timestamp: older, a RST counts all the same", SEG_TS(10000, 0, TH_RST, 1),
	  VERDICT_SEG_RESET },
	{ "timestamp: a duplicate ACK, overtaken", SEG_TS(10000, 0, TH_ACK, 68800),
	  VERDICT_SEG_TAKE },
	{ "timestamp: the same, overtaken by too much", SEG_TS(10000, 0, TH_ACK, 68799),
	  VERDICT_SEG_ANSWER },
};

KUNIT_ARRAY_PARAM_DESC(sync, sync_cases, desc);

static void verdict_sync(struct kunit *test)
{
	const struct sync_case *c = test->param_value;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		struct newtcp_arrival_state st = synced;
		struct newtcp_sack_list sacks = held;
		struct newtcp_arrival seg = c->seg;

		for (j = 0; j < sacks.n; j++) {
			sacks.block[j].start += shifts[i];
			sacks.block[j].end += shifts[i];
		}
		seg.seq += shifts[i];
		seg.end_seq += seg.seq;
		seg.ack += shifts[i];
		st.rcv_nxt += c->moved + shifts[i];
		st.wup += shifts[i];
		st.snd_una += shifts[i];
		st.snd_nxt += shifts[i];
		st.snd_wl1 = st.rcv_nxt;
		if (c->ts_age)
			st.ts_age = c->ts_age;
		st.sacks = c->sacks ? &sacks : NULL;
		st.fin_taken = c->fin_taken;
		st.opened_both = c->opened_both;
		KUNIT_EXPECT_EQ_MSG(test, newtcp_arrival_verdict(&st, &seg), c->want,
				    "shift %#x", shifts[i]);
		/* What is expected at first sight is so on the second. */
		if (newtcp_arrival_expected(st.wup, st.wnd, st.ts_recent, &seg))
			KUNIT_EXPECT_EQ(test, c->want, VERDICT_SEG_TAKE);
	}
}

/* RFC 9293 3.10.7.2: first RST, second ACK, third SYN. */
static void verdict_listen(struct kunit *test)
{
	unsigned int flags;

	for (flags = 0; flags < 256; flags++) {
		enum newtcp_listen_verdict want = VERDICT_LISTEN_DROP;

		if (flags & TH_RST)
			want = VERDICT_LISTEN_DROP;
		else if (flags & TH_ACK)
			want = VERDICT_LISTEN_RST;
		else if ((flags & TH_SYN) && !(flags & TH_FIN))
			want = VERDICT_LISTEN_SYN;
		KUNIT_EXPECT_EQ(test, newtcp_listen_verdict(flags), want);
	}
}

struct synsent_case {
	const char *desc;
	struct newtcp_arrival seg;
	enum newtcp_synsent_verdict want;
};

#define ANSWER(num, bits)	{ .seq = 300, .end_seq = 301, .ack = (num), .flags = (bits) }
#define ECHO(num, bits, ecr)	{ .seq = 300, .end_seq = 301, .ack = (num), .flags = (bits), \
				  .has_ts = true, .tsval = 7, .tsecr = (ecr) }

/* A SYN with the number 1,000, sent at 50,000; now it is 50,100. */
static const struct synsent_case synsent_cases[] = {
	{ "SYN-ACK", ANSWER(1001, TH_SYN | TH_ACK), VERDICT_SYNSENT_OPEN },
	{ "an ACK of nothing", ANSWER(1000, TH_SYN | TH_ACK), VERDICT_SYNSENT_RST },
	{ "an ACK of more", ANSWER(1002, TH_SYN | TH_ACK), VERDICT_SYNSENT_RST },
	{ "a bad ACK in a RST", ANSWER(1002, TH_RST | TH_ACK), VERDICT_SYNSENT_DROP },
	{ "refused", ANSWER(1001, TH_RST | TH_ACK), VERDICT_SYNSENT_RESET },
	{ "RST without ACK", ANSWER(0, TH_RST), VERDICT_SYNSENT_DROP },
	{ "SYN and RST", ANSWER(0, TH_RST | TH_SYN), VERDICT_SYNSENT_DROP },
	{ "good ACK alone", ANSWER(1001, TH_ACK), VERDICT_SYNSENT_DROP },
	{ "SYN alone", ANSWER(0, TH_SYN), VERDICT_SYNSENT_CROSS },
	{ "nothing", ANSWER(0, 0), VERDICT_SYNSENT_DROP },
	{ "FIN", ANSWER(0, TH_FIN), VERDICT_SYNSENT_DROP },
	{ "echo of the first SYN", ECHO(1001, TH_SYN | TH_ACK, 50000), VERDICT_SYNSENT_OPEN },
	{ "echo of now", ECHO(1001, TH_SYN | TH_ACK, 50100), VERDICT_SYNSENT_OPEN },
	{ "echo of before", ECHO(1001, TH_SYN | TH_ACK, 49999), VERDICT_SYNSENT_RST },
	{ "echo of the future", ECHO(1001, TH_SYN | TH_ACK, 50101), VERDICT_SYNSENT_RST },
	{ "no echo", ECHO(1001, TH_SYN | TH_ACK, 0), VERDICT_SYNSENT_OPEN },
	{ "bad echo in a RST", ECHO(1001, TH_RST | TH_ACK, 1), VERDICT_SYNSENT_DROP },
};

KUNIT_ARRAY_PARAM_DESC(synsent, synsent_cases, desc);

static void verdict_synsent(struct kunit *test)
{
	const struct synsent_case *c = test->param_value;
	struct newtcp_synsent_state st = { .ts_first = 50000, .ts_now = 50100 };
	int i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		struct newtcp_arrival seg = c->seg;

		st.snd_una = 1000 + shifts[i];
		st.snd_nxt = 1001 + shifts[i];
		st.ts_known = true;
		seg.ack += shifts[i];
		KUNIT_EXPECT_EQ_MSG(test, newtcp_synsent_verdict(&st, &seg), c->want,
				    "shift %#x", shifts[i]);
		/* Without the time of the first SYN no echo is bad. */
		if (!seg.has_ts || c->want != VERDICT_SYNSENT_RST)
			continue;
		st.ts_known = false;
		KUNIT_EXPECT_EQ(test, newtcp_synsent_verdict(&st, &seg), VERDICT_SYNSENT_OPEN);
	}
}

struct req_case {
	const char *desc;
	struct newtcp_arrival seg;
	enum newtcp_req_verdict want;
};

#define THIRD(first, len, num, bits)	{ .seq = (first), .end_seq = (len), \
					  .ack = (num), .flags = (bits) }
#define THIRD_TS(first, len, num, bits, ts)	{ .seq = (first), .end_seq = (len), \
						  .ack = (num), .flags = (bits), \
						  .has_ts = true, .tsval = (ts) }

/* The peer's SYN is 100, ours 1,000; the window is 500 bytes, TS.Recent 70. */
static const struct req_case req_cases[] = {
	{ "third packet", THIRD(101, 0, 1001, TH_ACK), VERDICT_REQ_ESTABLISH },
	{ "with data", THIRD(101, 50, 1001, TH_ACK | TH_PSH), VERDICT_REQ_ESTABLISH },
	{ "with a FIN", THIRD(101, 1, 1001, TH_ACK | TH_FIN), VERDICT_REQ_ESTABLISH },
	{ "data behind it came first", THIRD(201, 50, 1001, TH_ACK), VERDICT_REQ_ESTABLISH },
	{ "the SYN again", THIRD(100, 1, 0, TH_SYN), VERDICT_REQ_SYNACK },
	{ "the SYN again, later", THIRD_TS(100, 1, 0, TH_SYN, 71), VERDICT_REQ_SYNACK },
	{ "the SYN again, from before", THIRD_TS(100, 1, 0, TH_SYN, 69), VERDICT_REQ_ACK },
	{ "another SYN", THIRD(150, 1, 0, TH_SYN), VERDICT_REQ_ACK },
	{ "another SYN, out of window", THIRD(5000, 1, 0, TH_SYN), VERDICT_REQ_ACK },
	{ "a bad ACK", THIRD(101, 0, 1002, TH_ACK), VERDICT_REQ_RST },
	{ "a bad ACK, out of window", THIRD(5000, 0, 1002, TH_ACK), VERDICT_REQ_RST },
	{ "a bad ACK in a RST", THIRD(101, 0, 1002, TH_RST | TH_ACK), VERDICT_REQ_END },
	{ "a bad ACK in a RST, out of window", THIRD(5000, 0, 1002, TH_RST | TH_ACK),
	  VERDICT_REQ_DROP },
	{ "out of window", THIRD(5000, 10, 1001, TH_ACK), VERDICT_REQ_ACK },
	{ "out of window, RST", THIRD(5000, 0, 0, TH_RST), VERDICT_REQ_DROP },
	{ "RST", THIRD(101, 0, 0, TH_RST), VERDICT_REQ_END },
	{ "RST with ACK", THIRD(101, 0, 1001, TH_RST | TH_ACK), VERDICT_REQ_END },
	{ "RST, not exact", THIRD(102, 0, 0, TH_RST), VERDICT_REQ_CHALLENGE },
	{ "RST with data, not exact", THIRD(102, 9, 0, TH_RST), VERDICT_REQ_CHALLENGE },
	{ "no ACK", THIRD(101, 10, 0, 0), VERDICT_REQ_DROP },
	{ "SYN-ACK", THIRD(101, 1, 1001, TH_SYN | TH_ACK), VERDICT_REQ_ACK },
	{ "third packet, same timestamp", THIRD_TS(101, 0, 1001, TH_ACK, 70),
	  VERDICT_REQ_ESTABLISH },
	{ "third packet, older", THIRD_TS(101, 0, 1001, TH_ACK, 69), VERDICT_REQ_ACK },
	{ "RST, older", THIRD_TS(101, 0, 0, TH_RST, 69), VERDICT_REQ_DROP },
};

KUNIT_ARRAY_PARAM_DESC(req, req_cases, desc);

static void verdict_req(struct kunit *test)
{
	const struct req_case *c = test->param_value;
	int i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		const struct newtcp_req_state st = {
			.irs = 100 + shifts[i], .iss = 1000 + shifts[i],
			.rcv_wnd = 500, .ts_recent = 70,
		};
		struct newtcp_arrival seg = c->seg;

		seg.seq += shifts[i];
		seg.end_seq += seg.seq;
		seg.ack += shifts[i];
		KUNIT_EXPECT_EQ_MSG(test, newtcp_req_verdict(&st, &seg), c->want,
				    "shift %#x", shifts[i]);
	}
}

struct tw_case {
	const char *desc;
	struct newtcp_arrival seg;
	enum newtcp_tw_verdict want, fin_wait2;
};

#define LATE(first, len, bits)	{ .seq = (first), .end_seq = (len), .flags = (bits) }
#define LATE_TS(first, len, bits, ts)	{ .seq = (first), .end_seq = (len), \
					  .flags = (bits), .has_ts = true, .tsval = (ts) }

/* RCV.NXT is 1,000, the window 500 bytes, TS.Recent 70. */
static const struct tw_case tw_cases[] = {
	{ "the last ACK", LATE(1000, 0, TH_ACK), VERDICT_TW_DROP, VERDICT_TW_DROP },
	{ "the FIN again", LATE(999, 1, TH_ACK | TH_FIN), VERDICT_TW_AGAIN, VERDICT_TW_ACK },
	{ "the FIN", LATE(1000, 1, TH_ACK | TH_FIN), VERDICT_TW_AGAIN, VERDICT_TW_FIN },
	{ "a FIN behind data", LATE(1000, 2, TH_ACK | TH_FIN), VERDICT_TW_AGAIN,
	  VERDICT_TW_RST },
	{ "data", LATE(1000, 10, TH_ACK), VERDICT_TW_AGAIN, VERDICT_TW_RST },
	{ "old data", LATE(900, 10, TH_ACK), VERDICT_TW_AGAIN, VERDICT_TW_ACK },
	{ "data again, up to RCV.NXT", LATE(990, 10, TH_ACK), VERDICT_TW_AGAIN, VERDICT_TW_ACK },
	{ "an ACK from before", LATE(999, 0, TH_ACK), VERDICT_TW_AGAIN, VERDICT_TW_ACK },
	{ "an ACK at the edge", LATE(1500, 0, TH_ACK), VERDICT_TW_AGAIN, VERDICT_TW_DROP },
	{ "data at the edge", LATE(1500, 10, TH_ACK), VERDICT_TW_AGAIN, VERDICT_TW_ACK },
	{ "data before the edge", LATE(1499, 10, TH_ACK), VERDICT_TW_AGAIN, VERDICT_TW_RST },
	{ "far ahead", LATE(1501, 10, TH_ACK), VERDICT_TW_AGAIN, VERDICT_TW_ACK },
	{ "no ACK", LATE(1000, 10, 0), VERDICT_TW_ACK, VERDICT_TW_DROP },
	{ "RST", LATE(1000, 0, TH_RST), VERDICT_TW_END, VERDICT_TW_END },
	{ "RST, not exact", LATE(1001, 0, TH_RST), VERDICT_TW_DROP, VERDICT_TW_END },
	{ "RST, far away", LATE(5000, 0, TH_RST), VERDICT_TW_DROP, VERDICT_TW_ACK },
	{ "a new SYN", LATE(1001, 1, TH_SYN), VERDICT_TW_REUSE, VERDICT_TW_RST },
	{ "a SYN at RCV.NXT", LATE(1000, 1, TH_SYN), VERDICT_TW_ACK, VERDICT_TW_RST },
	{ "an old SYN", LATE(900, 1, TH_SYN), VERDICT_TW_ACK, VERDICT_TW_ACK },
	{ "an old SYN, but a newer clock", LATE_TS(900, 1, TH_SYN, 71), VERDICT_TW_REUSE,
	  VERDICT_TW_ACK },
	{ "a new SYN, but an older clock", LATE_TS(1001, 1, TH_SYN, 69), VERDICT_TW_AGAIN,
	  VERDICT_TW_ACK },
	{ "a SYN-ACK", LATE(1001, 1, TH_SYN | TH_ACK), VERDICT_TW_AGAIN, VERDICT_TW_RST },
	{ "RST, older clock", LATE_TS(1000, 0, TH_RST, 69), VERDICT_TW_DROP, VERDICT_TW_ACK },
	{ "the FIN, older clock", LATE_TS(1000, 1, TH_ACK | TH_FIN, 69), VERDICT_TW_AGAIN,
	  VERDICT_TW_ACK },
};

KUNIT_ARRAY_PARAM_DESC(tw, tw_cases, desc);

static void verdict_tw(struct kunit *test)
{
	const struct tw_case *c = test->param_value;
	int i;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		struct newtcp_tw_state st = {
			.rcv_nxt = 1000 + shifts[i], .rcv_wnd = 500, .ts_recent = 70,
		};
		struct newtcp_arrival seg = c->seg;

		seg.seq += shifts[i];
		seg.end_seq += seg.seq;
		KUNIT_EXPECT_EQ_MSG(test, newtcp_tw_verdict(&st, &seg), c->want,
				    "shift %#x", shifts[i]);
		/* RFC 1337: no reset ends it. */
		st.rfc1337 = true;
		KUNIT_EXPECT_EQ(test, newtcp_tw_verdict(&st, &seg),
				c->want == VERDICT_TW_END ? VERDICT_TW_DROP : c->want);
		st.fin_wait2 = true;
		KUNIT_EXPECT_EQ_MSG(test, newtcp_tw_verdict(&st, &seg), c->fin_wait2,
				    "FIN-WAIT-2, shift %#x", shifts[i]);
	}
}

/* A SYN whose timestamp was 0 leaves nothing that a later one could be older than. */
static void verdict_ts_recent_none(struct kunit *test)
{
	const struct newtcp_req_state req = { .irs = 100, .iss = 1000, .rcv_wnd = 500 };
	const struct newtcp_tw_state tw = { .rcv_nxt = 1000, .rcv_wnd = 500 };
	struct newtcp_arrival third = THIRD_TS(101, 101, 1001, TH_ACK, 0x80000001);
	struct newtcp_arrival last = LATE_TS(1000, 1000, TH_ACK, 0x80000001);

	KUNIT_EXPECT_EQ(test, newtcp_req_verdict(&req, &third), VERDICT_REQ_ESTABLISH);
	KUNIT_EXPECT_EQ(test, newtcp_tw_verdict(&tw, &last), VERDICT_TW_DROP);
}

struct error_case {
	const char *desc;
	bool opening, unreachable, oldest, timed_out;
	enum newtcp_error_verdict want;
};

static const struct error_case error_cases[] = {
	{ "an attempt, no way", true, true, true, false, VERDICT_ERROR_END },
	{ "an attempt, refused", true, false, true, false, VERDICT_ERROR_END },
	{ "an attempt, sent again", true, true, true, true, VERDICT_ERROR_END },
	{ "no way, nothing timed out", false, true, true, false, VERDICT_ERROR_NOTE },
	{ "no way for what timed out", false, true, true, true, VERDICT_ERROR_REVERT },
	{ "no way for something behind it", false, true, false, true, VERDICT_ERROR_NOTE },
	{ "refused", false, false, true, true, VERDICT_ERROR_NOTE },
};

KUNIT_ARRAY_PARAM_DESC(error, error_cases, desc);

static void verdict_error(struct kunit *test)
{
	const struct error_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_error_verdict(c->opening, c->unreachable, c->oldest,
						   c->timed_out), c->want);
	KUNIT_EXPECT_TRUE(test, newtcp_error_counts(0xfffffff0, 0xfffffff0, 100));
	KUNIT_EXPECT_TRUE(test, newtcp_error_counts(50, 0xfffffff0, 100));
	KUNIT_EXPECT_FALSE(test, newtcp_error_counts(0xffffffef, 0xfffffff0, 100));
	KUNIT_EXPECT_FALSE(test, newtcp_error_counts(101, 0xfffffff0, 100));
}

struct recent_case {
	const char *desc;
	u32 recent, age, tsval, seq;
	bool moves;
};

/* RCV.NXT was 1000 when an ACK was last sent; TS.Recent lives for 100 s. */
static const struct recent_case recent_cases[] = {
	{ "newer, in order", 500, 0, 501, 1000, true },
	{ "the same", 500, 0, 500, 1000, true },
	{ "older", 500, 0, 499, 1000, false },
	{ "older, but it has lived too long", 500, 100, 499, 1000, true },
	{ "older, a second before", 500, 99, 499, 1000, false },
	{ "newer, of a segment that was there before", 500, 0, 501, 400, true },
	{ "newer, behind a hole", 500, 0, 501, 1001, false },
	{ "too old, behind a hole", 500, 100, 501, 1001, false },
	{ "the clock wraps", 0xfffffff0, 0, 5, 1000, true },
	{ "none yet", 0, 0, 0x90000000, 1000, true },
};

KUNIT_ARRAY_PARAM_DESC(recent, recent_cases, desc);

static void verdict_recent(struct kunit *test)
{
	const struct recent_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, c->moves, newtcp_ts_recent_moves(c->recent, c->age, 100, c->tsval,
							       c->seq, 1000));
}

static struct kunit_case verdict_cases[] = {
	KUNIT_CASE_PARAM(verdict_seg_acceptable, seg_gen_params),
	KUNIT_CASE_PARAM(verdict_rst, rst_gen_params),
	KUNIT_CASE_PARAM(verdict_ack, ack_gen_params),
	KUNIT_CASE_PARAM(verdict_may_update, update_gen_params),
	KUNIT_CASE_PARAM(verdict_sync, sync_gen_params),
	KUNIT_CASE(verdict_listen),
	KUNIT_CASE_PARAM(verdict_synsent, synsent_gen_params),
	KUNIT_CASE_PARAM(verdict_req, req_gen_params),
	KUNIT_CASE(verdict_ts_recent_none),
	KUNIT_CASE_PARAM(verdict_tw, tw_gen_params),
	KUNIT_CASE_PARAM(verdict_error, error_gen_params),
	KUNIT_CASE_PARAM(verdict_recent, recent_gen_params),
	{}
};

static struct kunit_suite verdict_suite = {
	.name = "newtcp_verdict",
	.test_cases = verdict_cases,
};

kunit_test_suite(verdict_suite);
