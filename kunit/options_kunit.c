// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/options.c: every malformed shape a peer can send, the
 * layout that goes on the wire byte by byte, and two properties under
 * pseudo-random input: parse undoes build, and no input makes parse read past
 * its end (buffers are allocated to the byte, for KASAN to judge).
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../module/core/options.h"

struct parse_case {
	const char *desc;
	bool syn;
	u8 len;
	u8 bytes[48];
	struct newtcp_options expect;
};

#define BYTES(...) \
	.len = sizeof((u8[]){ __VA_ARGS__ }), .bytes = { __VA_ARGS__ }
#define ON_SYN	.syn = true
#define MSS_1460	.flags = NEWTCP_OPT_MSS, .mss = 1460
#define NOTHING	.expect = { .flags = 0 }

static const struct parse_case parse_cases[] = {
	{ "no options", ON_SYN, NOTHING },
	{ "Linux SYN", ON_SYN,
	  BYTES(2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0,
		1, 3, 3, 7),
	  .expect = { .flags = NEWTCP_OPT_MSS | NEWTCP_OPT_SACK_PERM |
			       NEWTCP_OPT_TS | NEWTCP_OPT_WSCALE,
		      .mss = 1460, .wscale = 7, .tsval = 0x01020304 } },
	{ "data: timestamps and two blocks",
	  BYTES(1, 1, 8, 10, 0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 1,
		1, 1, 5, 18, 0, 0, 0, 10, 0, 0, 0, 20,
		0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 5),
	  .expect = { .flags = NEWTCP_OPT_TS | NEWTCP_OPT_SACK,
		      .tsval = 0xffffffff, .tsecr = 0x80000001,
		      .num_sacks = 2,
		      .sacks = { { 10, 20 }, { 0xfffffff0, 5 } } } },
	{ "odd alignment", ON_SYN,
	  BYTES(1, 3, 3, 2, 2, 4, 0x05, 0xb4, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8),
	  .expect = { .flags = NEWTCP_OPT_MSS | NEWTCP_OPT_WSCALE |
			       NEWTCP_OPT_TS,
		      .mss = 1460, .wscale = 2, .tsval = 0x01020304,
		      .tsecr = 0x05060708 } },
	{ "NOPs only", ON_SYN, BYTES(1, 1, 1, 1), NOTHING },
	{ "end of list hides the rest", ON_SYN, BYTES(0, 2, 4, 0x05, 0xb4),
	  NOTHING },
	{ "end of list after an option", ON_SYN,
	  BYTES(2, 4, 0x05, 0xb4, 0, 3, 3, 7), .expect = { MSS_1460 } },
	{ "the last of two counts", ON_SYN,
	  BYTES(2, 4, 0, 100, 2, 4, 0x05, 0xb4), .expect = { MSS_1460 } },
	{ "unknown kinds stepped over", ON_SYN,
	  BYTES(253, 4, 1, 2, 6, 2, 30, 3, 9, 2, 4, 0x05, 0xb4),
	  .expect = { MSS_1460 } },

	/* Lengths that cannot be end the walk. */
	{ "length 0", ON_SYN, BYTES(3, 0, 2, 4, 0x05, 0xb4), NOTHING },
	{ "length 1", ON_SYN, BYTES(3, 1, 2, 4, 0x05, 0xb4), NOTHING },
	{ "unknown kind, length 0", ON_SYN, BYTES(99, 0, 2, 4, 0x05, 0xb4),
	  NOTHING },
	{ "unknown kind, length 1", ON_SYN, BYTES(99, 1, 2, 4, 0x05, 0xb4),
	  NOTHING },
	{ "length 0 after an option", ON_SYN,
	  BYTES(2, 4, 0x05, 0xb4, 3, 0, 7, 1), .expect = { MSS_1460 } },
	{ "one past the end", ON_SYN, BYTES(2, 4, 0x05), NOTHING },
	{ "far past the end", ON_SYN, BYTES(8, 255, 1, 2, 3, 4), NOTHING },
	{ "unknown kind past the end", ON_SYN, BYTES(99, 5, 2, 4), NOTHING },
	{ "kind without length", ON_SYN, BYTES(1, 1, 1, 2), NOTHING },
	{ "unknown kind without length", ON_SYN, BYTES(2, 4, 0x05, 0xb4, 77),
	  .expect = { MSS_1460 } },

	/* A known kind of the wrong length is stepped over. */
	{ "MSS of 3", ON_SYN, BYTES(2, 3, 5, 2, 4, 0x05, 0xb4),
	  .expect = { MSS_1460 } },
	{ "MSS of 5", ON_SYN, BYTES(2, 5, 1, 2, 3, 2, 4, 0x05, 0xb4),
	  .expect = { MSS_1460 } },
	{ "MSS of 2", ON_SYN, BYTES(2, 2, 1, 1), NOTHING },
	{ "window scale of 2", ON_SYN, BYTES(3, 2, 2, 4, 0x05, 0xb4),
	  .expect = { MSS_1460 } },
	{ "window scale of 4", ON_SYN, BYTES(3, 4, 7, 7), NOTHING },
	{ "SACK permitted of 3", ON_SYN, BYTES(4, 3, 1, 1), NOTHING },
	{ "timestamps of 9", BYTES(8, 9, 1, 2, 3, 4, 5, 6, 7), NOTHING },
	{ "timestamps of 11", BYTES(8, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9),
	  NOTHING },
	{ "SACK without blocks", BYTES(5, 2, 1, 1), NOTHING },
	{ "SACK of half a block", BYTES(5, 6, 1, 2, 3, 4), NOTHING },
	{ "SACK of a block less a byte", BYTES(5, 9, 1, 2, 3, 4, 5, 6, 7),
	  NOTHING },
	{ "SACK of a block and a byte",
	  BYTES(5, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9), NOTHING },
	{ "SACK of one block", BYTES(5, 10, 0, 0, 0, 1, 0, 0, 0, 2),
	  .expect = { .flags = NEWTCP_OPT_SACK, .num_sacks = 1,
		      .sacks = { { 1, 2 } } } },
	{ "SACK of four blocks",
	  BYTES(5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
		0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8),
	  .expect = { .flags = NEWTCP_OPT_SACK, .num_sacks = 4,
		      .sacks = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } } },
	{ "SACK of five blocks", .len = 42, .bytes = { 5, 42 }, NOTHING },

	/* Values out of range. */
	{ "MSS of 0 bytes", ON_SYN, BYTES(2, 4, 0, 0), NOTHING },
	{ "MSS of 65535 bytes", ON_SYN, BYTES(2, 4, 0xff, 0xff),
	  .expect = { .flags = NEWTCP_OPT_MSS, .mss = 65535 } },
	{ "scale 0", ON_SYN, BYTES(3, 3, 0),
	  .expect = { .flags = NEWTCP_OPT_WSCALE } },
	{ "scale 14", ON_SYN, BYTES(3, 3, 14),
	  .expect = { .flags = NEWTCP_OPT_WSCALE, .wscale = 14 } },
	{ "scale 15 becomes 14", ON_SYN, BYTES(3, 3, 15),
	  .expect = { .flags = NEWTCP_OPT_WSCALE, .wscale = 14 } },
	{ "scale 255 becomes 14", ON_SYN, BYTES(3, 3, 255),
	  .expect = { .flags = NEWTCP_OPT_WSCALE, .wscale = 14 } },

	/* The right option on the wrong segment. */
	{ "MSS on data", BYTES(2, 4, 0x05, 0xb4), NOTHING },
	{ "window scale on data", BYTES(1, 3, 3, 7), NOTHING },
	{ "SACK permitted on data", BYTES(1, 1, 4, 2), NOTHING },
	{ "SACK on a SYN", ON_SYN, BYTES(5, 10, 0, 0, 0, 1, 0, 0, 0, 2),
	  NOTHING },
};

KUNIT_ARRAY_PARAM_DESC(parse, parse_cases, desc);

static void expect_same(struct kunit *test, const struct newtcp_options *got,
			const struct newtcp_options *want)
{
	int i;

	KUNIT_EXPECT_EQ(test, got->flags, want->flags);
	KUNIT_EXPECT_EQ(test, got->mss, want->mss);
	KUNIT_EXPECT_EQ(test, got->wscale, want->wscale);
	KUNIT_EXPECT_EQ(test, got->tsval, want->tsval);
	KUNIT_EXPECT_EQ(test, got->tsecr, want->tsecr);
	KUNIT_EXPECT_EQ(test, got->num_sacks, want->num_sacks);
	for (i = 0; i < NEWTCP_MAX_SACKS; i++) {
		KUNIT_EXPECT_EQ(test, got->sacks[i].start,
				want->sacks[i].start);
		KUNIT_EXPECT_EQ(test, got->sacks[i].end, want->sacks[i].end);
	}
}

/* A copy whose last byte is the last of its allocation. */
static u8 *exact_copy(struct kunit *test, const u8 *bytes, unsigned int len)
{
	u8 *copy = kunit_kmalloc(test, len ?: 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, bytes, len);
	return copy;
}

static void options_parse(struct kunit *test)
{
	const struct parse_case *p = test->param_value;
	struct newtcp_options got;
	u8 *copy = exact_copy(test, p->bytes, p->len);

	memset(&got, 0xa5, sizeof(got));
	newtcp_options_parse(copy, p->len, p->syn, &got);

	expect_same(test, &got, &p->expect);
}

/* Cut anywhere, what remains says no more than the whole did. */
static void options_parse_cut(struct kunit *test)
{
	const struct parse_case *p = test->param_value;
	unsigned int len;

	for (len = 0; len < p->len; len++) {
		struct newtcp_options got;
		u8 *copy = exact_copy(test, p->bytes, len);

		newtcp_options_parse(copy, len, p->syn, &got);

		KUNIT_EXPECT_EQ_MSG(test, got.flags & ~p->expect.flags, 0,
				    "cut to %u", len);
		kunit_kfree(test, copy);
	}
}

/* Garbage, biased towards kinds and lengths that mean something. */
static void options_parse_garbage(struct kunit *test)
{
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, 9293);
	for (round = 0; round < 20000; round++) {
		unsigned int i, len = prandom_u32_state(&rnd) % 41;
		struct newtcp_options got;
		bool syn = prandom_u32_state(&rnd) & 1;
		u8 bytes[40], *copy;

		for (i = 0; i < len; i++) {
			u32 r = prandom_u32_state(&rnd);

			bytes[i] = r & 0x300 ? r & 0xf : r;
		}
		copy = kmalloc(len ?: 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, copy);
		memcpy(copy, bytes, len);
		newtcp_options_parse(copy, len, syn, &got);
		kfree(copy);

		KUNIT_ASSERT_LE(test, got.num_sacks, NEWTCP_MAX_SACKS);
		KUNIT_ASSERT_LE(test, got.wscale, NEWTCP_MAX_WSCALE);
		KUNIT_ASSERT_EQ(test, !!(got.flags & NEWTCP_OPT_SACK),
				got.num_sacks > 0);
		KUNIT_ASSERT_EQ(test, !!(got.flags & NEWTCP_OPT_MSS),
				got.mss > 0);
		KUNIT_ASSERT_FALSE(test, syn && got.num_sacks);
		KUNIT_ASSERT_FALSE(test, !syn &&
				   got.flags & (NEWTCP_OPT_MSS |
						NEWTCP_OPT_WSCALE |
						NEWTCP_OPT_SACK_PERM));
	}
}

struct build_case {
	const char *desc;
	struct newtcp_options opts;
	u8 len;
	u8 bytes[48];
};

static const struct build_case build_cases[] = {
	{ "nothing", { .flags = 0 }, .len = 0 },
	{ "values without flags write nothing",
	  { .mss = 1460, .wscale = 7, .tsval = 1, .num_sacks = 4 }, .len = 0 },
	{ "SYN with everything",
	  { .flags = NEWTCP_OPT_MSS | NEWTCP_OPT_SACK_PERM | NEWTCP_OPT_TS |
		     NEWTCP_OPT_WSCALE,
	    .mss = 1460, .wscale = 7, .tsval = 0x01020304 },
	  BYTES(2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0,
		1, 3, 3, 7) },
	{ "SYN without SACK",
	  { .flags = NEWTCP_OPT_MSS | NEWTCP_OPT_TS | NEWTCP_OPT_WSCALE,
	    .mss = 65495, .wscale = 14, .tsecr = 0xaabbccdd },
	  BYTES(2, 4, 0xff, 0xd7, 1, 1, 8, 10, 0, 0, 0, 0,
		0xaa, 0xbb, 0xcc, 0xdd, 1, 3, 3, 14) },
	{ "SYN without timestamps",
	  { .flags = NEWTCP_OPT_MSS | NEWTCP_OPT_SACK_PERM |
		     NEWTCP_OPT_WSCALE, .mss = 536 },
	  BYTES(2, 4, 0x02, 0x18, 1, 1, 4, 2, 1, 3, 3, 0) },
	{ "SYN with MSS alone", { .flags = NEWTCP_OPT_MSS, .mss = 1460 },
	  BYTES(2, 4, 0x05, 0xb4) },
	{ "data with timestamps",
	  { .flags = NEWTCP_OPT_TS, .tsval = 0x11223344, .tsecr = 0x55667788 },
	  BYTES(1, 1, 8, 10, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88) },
	{ "ACK with one block",
	  { .flags = NEWTCP_OPT_SACK, .num_sacks = 1, .sacks = { { 1, 2 } } },
	  BYTES(1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2) },
	{ "ACK with timestamps and two blocks",
	  { .flags = NEWTCP_OPT_TS | NEWTCP_OPT_SACK, .num_sacks = 2,
	    .sacks = { { 0x01020304, 0x05060708 }, { 9, 10 } } },
	  BYTES(1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0,
		1, 1, 5, 18, 1, 2, 3, 4, 5, 6, 7, 8,
		0, 0, 0, 9, 0, 0, 0, 10) },
	{ "SACK flag without blocks", { .flags = NEWTCP_OPT_SACK }, .len = 0 },
	{ "four blocks beside timestamps: three fit",
	  { .flags = NEWTCP_OPT_TS | NEWTCP_OPT_SACK, .num_sacks = 4,
	    .sacks = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } },
	  BYTES(1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0,
		1, 1, 5, 26, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
		0, 0, 0, 5, 0, 0, 0, 6) },
	{ "more blocks than there are",
	  { .flags = NEWTCP_OPT_SACK, .num_sacks = 200,
	    .sacks = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } },
	  BYTES(1, 1, 5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4,
		0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8) },
};

KUNIT_ARRAY_PARAM_DESC(build, build_cases, desc);

static void options_build(struct kunit *test)
{
	const struct build_case *p = test->param_value;
	__be32 buf[12];

	memset(buf, 0xa5, sizeof(buf));
	KUNIT_ASSERT_EQ(test, newtcp_options_build(buf, &p->opts), p->len);

	KUNIT_EXPECT_MEMEQ(test, buf, p->bytes, p->len);
	/* Not a byte more was touched. */
	KUNIT_EXPECT_EQ(test, ((u8 *)buf)[p->len], 0xa5);
}

/* Options that fit a header, as a sender could choose them. */
static void random_options(struct rnd_state *rnd, bool syn,
			   struct newtcp_options *o)
{
	unsigned int i, room;

	memset(o, 0, sizeof(*o));
	o->flags = prandom_u32_state(rnd) &
		   (syn ? NEWTCP_OPT_MSS | NEWTCP_OPT_WSCALE |
			  NEWTCP_OPT_SACK_PERM | NEWTCP_OPT_TS :
			  NEWTCP_OPT_TS | NEWTCP_OPT_SACK);
	if (o->flags & NEWTCP_OPT_MSS)
		o->mss = 1 + prandom_u32_state(rnd) % 65535;
	if (o->flags & NEWTCP_OPT_WSCALE)
		o->wscale = prandom_u32_state(rnd) % 15;
	if (o->flags & NEWTCP_OPT_TS) {
		o->tsval = prandom_u32_state(rnd);
		o->tsecr = prandom_u32_state(rnd);
	}
	if (!(o->flags & NEWTCP_OPT_SACK))
		return;
	room = o->flags & NEWTCP_OPT_TS ? 3 : 4;
	o->num_sacks = 1 + prandom_u32_state(rnd) % room;
	for (i = 0; i < o->num_sacks; i++) {
		o->sacks[i].start = prandom_u32_state(rnd);
		o->sacks[i].end = prandom_u32_state(rnd);
	}
}

/* parse(build(x)) == x, at any alignment, whatever the buffer held before. */
static void options_round_trip(struct kunit *test)
{
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, 7323);
	for (round = 0; round < 5000; round++) {
		bool syn = prandom_u32_state(&rnd) & 1;
		unsigned int len, shift = round % 4;
		struct newtcp_options want, got;
		__be32 a[10], b[10];
		u8 wire[44];

		random_options(&rnd, syn, &want);
		memset(a, 0xa5, sizeof(a));
		memset(b, 0x5a, sizeof(b));
		len = newtcp_options_build(a, &want);
		KUNIT_ASSERT_LE(test, len, NEWTCP_MAX_OPT_LEN);
		KUNIT_ASSERT_EQ(test, len % 4, 0);
		KUNIT_ASSERT_EQ(test, newtcp_options_build(b, &want), len);
		KUNIT_ASSERT_MEMEQ(test, a, b, len);

		memcpy(wire + shift, a, len);
		newtcp_options_parse(wire + shift, len, syn, &got);
		KUNIT_ASSERT_MEMEQ(test, &got, &want, sizeof(got));
	}
}

struct fast_case {
	const char *desc;
	u8 len;
	u8 bytes[16];
	bool expect;
};

static const struct fast_case fast_cases[] = {
	{ "NOP NOP timestamps",
	  BYTES(1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8), true },
	{ "timestamps NOP NOP",
	  BYTES(8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1), false },
	{ "NOP NOP timestamps and more",
	  BYTES(1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 1, 1), false },
	{ "wrong length byte",
	  BYTES(1, 1, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8), false },
	{ "SACK permitted in front",
	  BYTES(4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8), false },
	{ "cut", BYTES(1, 1, 8, 10, 1, 2, 3, 4), false },
	{ "nothing", .len = 0, .expect = false },
};

KUNIT_ARRAY_PARAM_DESC(fast, fast_cases, desc);

static void options_fast_ts(struct kunit *test)
{
	const struct fast_case *p = test->param_value;
	u32 tsval = 0xdead, tsecr = 0xbeef;
	u8 *copy = exact_copy(test, p->bytes, p->len);

	KUNIT_ASSERT_EQ(test,
			newtcp_options_fast_ts(copy, p->len, &tsval, &tsecr),
			p->expect);

	KUNIT_EXPECT_EQ(test, tsval, p->expect ? 0x01020304 : 0xdead);
	KUNIT_EXPECT_EQ(test, tsecr, p->expect ? 0x05060708 : 0xbeef);
}

static struct kunit_case options_cases[] = {
	KUNIT_CASE_PARAM(options_parse, parse_gen_params),
	KUNIT_CASE_PARAM(options_parse_cut, parse_gen_params),
	KUNIT_CASE(options_parse_garbage),
	KUNIT_CASE_PARAM(options_build, build_gen_params),
	KUNIT_CASE(options_round_trip),
	KUNIT_CASE_PARAM(options_fast_ts, fast_gen_params),
	{}
};

static struct kunit_suite options_suite = {
	.name = "newtcp_options",
	.test_cases = options_cases,
};

kunit_test_suite(options_suite);
