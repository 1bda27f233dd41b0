// SPDX-License-Identifier: GPL-2.0
/* Tests of module/core/mss.h: sizes worked by hand. */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../module/core/mss.h"

struct mtu_case {
	const char *desc;
	u32 mtu, clamp, floor, header, want;
};

static const struct mtu_case mtu_cases[] = {
	{ "Ethernet", 1500, 1460, 48, 20, 1460 },
	{ "Ethernet, timestamps", 1500, 1460, 48, 32, 1448 },
	{ "the peer takes less", 1500, 536, 48, 20, 536 },
	{ "the peer takes less, timestamps", 1500, 536, 48, 32, 524 },
	{ "the smallest path", 68, 1460, 28, 20, 28 },
	{ "a path of less: the floor", 60, 1460, 48, 20, 48 },
	{ "headers alone", 40, 1460, 48, 20, 48 },
	{ "less than headers", 39, 1460, 48, 32, 36 },
	{ "no path at all", 0, 1460, 48, 20, 48 },
	{ "the peer said nonsense", 1500, 0, 48, 20, 48 },
	{ "as large as may be", U32_MAX, 65495, 48, 20, 65495 },
};

KUNIT_ARRAY_PARAM_DESC(mtu, mtu_cases, desc);

static void mss_of_mtu(struct kunit *test)
{
	const struct mtu_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_mss_of_mtu(c->mtu, c->clamp, c->floor, c->header), c->want);
}

struct within_case {
	const char *desc;
	u32 size, window, header, want;
};

static const struct within_case within_cases[] = {
	{ "no window yet", 1460, 0, 20, 1460 },
	{ "half of a small one", 1460, 2000, 20, 1000 },
	{ "half is just enough", 1460, 2920, 20, 1460 },
	{ "one byte less", 1460, 2919, 20, 1459 },
	{ "half of 537", 1460, 537, 20, 268 },
	{ "all of 536", 1460, 536, 20, 536 },
	{ "all of a tiny one", 1460, 100, 20, 100 },
	{ "but 68 bytes of packet", 1460, 1, 20, 48 },
	{ "the same with timestamps", 1460, 1, 32, 36 },
};

KUNIT_ARRAY_PARAM_DESC(within, within_cases, desc);

static void mss_within(struct kunit *test)
{
	const struct within_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, newtcp_mss_within(c->size, c->window, c->header), c->want);
}

/* Blocks, and the four bytes in front of them; three beside a timestamp. */
static void mss_with_blocks(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, newtcp_mss_with_blocks(1460, 0, false), 1460);
	KUNIT_EXPECT_EQ(test, newtcp_mss_with_blocks(1460, 1, false), 1448);
	KUNIT_EXPECT_EQ(test, newtcp_mss_with_blocks(1460, 4, false), 1424);
	KUNIT_EXPECT_EQ(test, newtcp_mss_with_blocks(1460, 5, false), 1424);
	KUNIT_EXPECT_EQ(test, newtcp_mss_with_blocks(1448, 3, true), 1420);
	KUNIT_EXPECT_EQ(test, newtcp_mss_with_blocks(1448, 5, true), 1420);
}

static void mss_goal(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, newtcp_mss_goal(65536, 100, 1448), 45 * 1448);
	KUNIT_EXPECT_EQ(test, newtcp_mss_goal(65536, 10, 1448), 10 * 1448);
	KUNIT_EXPECT_EQ(test, newtcp_mss_goal(1000, 10, 1448), 1448);
	KUNIT_EXPECT_EQ(test, newtcp_mss_goal(65536, 0, 1448), 1448);
}

static struct kunit_case mss_cases[] = {
	KUNIT_CASE_PARAM(mss_of_mtu, mtu_gen_params),
	KUNIT_CASE_PARAM(mss_within, within_gen_params),
	KUNIT_CASE(mss_with_blocks),
	KUNIT_CASE(mss_goal),
	{}
};

static struct kunit_suite mss_suite = {
	.name = "newtcp_mss",
	.test_cases = mss_cases,
};

kunit_test_suite(mss_suite);
