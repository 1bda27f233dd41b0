// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/cwv.c: what a window that is used, half used or idle
 * comes to (RFC 2861, RFC 5681 4.1, with Linux's numbers).
 */
#include <kunit/test.h>

#include "../module/core/cwv.h"

#define RTO_US	204800U		/* 200 of the unit in which it is kept */

static void start(struct newtcp_cwv *v, struct newtcp_cong *c, u32 cwnd, u32 ssthresh)
{
	newtcp_cwv_start(v);
	newtcp_cong_start(c, &newtcp_cong_reno);
	c->cwnd = cwnd;
	c->ssthresh = ssthresh;
}

struct use_case {
	const char *desc;
	u32 cwnd;
	u32 ssthresh;
	u32 out;
	bool limited;
	bool in_use;
};

static const struct use_case use_cases[] = {
	{ "full", 20, 10, 20, true, true },
	{ "nearly full", 20, 10, 19, false, false },
	{ "slow start, more than half", 20, 100, 11, false, true },
	{ "slow start, half", 20, 100, 10, false, false },
	{ "nothing", 20, 100, 0, false, false },
};

KUNIT_ARRAY_PARAM_DESC(use, use_cases, desc);

static void in_use(struct kunit *test)
{
	const struct use_case *p = test->param_value;
	struct newtcp_cwv v;
	struct newtcp_cong c;

	start(&v, &c, p->cwnd, p->ssthresh);
	newtcp_cwv_after_send(&v, &c, p->out, 1000, 9000, p->limited, 0, RTO_US);
	KUNIT_EXPECT_EQ(test, newtcp_cwv_in_use(&v, &c), p->in_use);
}

/* One full window counts for as long as its data is out, and then no longer. */
static void evidence_lasts(struct kunit *test)
{
	struct newtcp_cwv v;
	struct newtcp_cong c;

	start(&v, &c, 20, 10);
	newtcp_cwv_after_send(&v, &c, 20, 0xfffffff0, 0x00000ff0, true, 0, RTO_US);
	newtcp_cwv_after_send(&v, &c, 5, 0x00000fef, 0x00001000, false, 0, RTO_US);
	KUNIT_EXPECT_TRUE(test, newtcp_cwv_in_use(&v, &c));
	newtcp_cwv_after_send(&v, &c, 5, 0x00000ff0, 0x00001000, false, 0, RTO_US);
	KUNIT_EXPECT_FALSE(test, newtcp_cwv_in_use(&v, &c));
}

/* Half way to what is used, once a timeout. */
static void decays(struct kunit *test)
{
	struct newtcp_cwv v;
	struct newtcp_cong c;
	u64 t = 5000000000ULL;

	start(&v, &c, 100, 50);
	newtcp_cwv_after_send(&v, &c, 100, 0, 9000, true, t, RTO_US);
	KUNIT_EXPECT_FALSE(test, newtcp_cwv_after_send(&v, &c, 20, 9000, 9100, false,
						       t + RTO_US - 1024, RTO_US));
	KUNIT_EXPECT_TRUE(test, newtcp_cwv_after_send(&v, &c, 12, 9100, 9200, false,
						      t + RTO_US, RTO_US));
	newtcp_cwv_decay(&v, &c, 10, true, t + RTO_US);
	KUNIT_EXPECT_EQ(test, c.cwnd, 60);
	KUNIT_EXPECT_EQ(test, c.ssthresh, 75);
	/* Not below a new connection's. */
	KUNIT_EXPECT_FALSE(test, newtcp_cwv_after_send(&v, &c, 1, 9200, 9300, false,
						       t + RTO_US + 1024, RTO_US));
	newtcp_cwv_decay(&v, &c, 10, true, t + 2 * RTO_US);
	KUNIT_EXPECT_EQ(test, c.cwnd, 35);
	/* Where the program waits for us the window stays. */
	newtcp_cwv_decay(&v, &c, 10, false, t + 3 * RTO_US);
	KUNIT_EXPECT_EQ(test, c.cwnd, 35);
}

struct idle_case {
	const char *desc;
	u32 cwnd;
	u32 idle_ms;
	u32 expect;
	u32 ssthresh;
};

static const struct idle_case idle_cases[] = {
	{ "a timeout", 100, 200, 100, 50 },
	{ "more than one", 100, 201, 50, 75 },
	{ "more than two", 100, 401, 25, 75 },
	{ "for long", 100, 100000, 10, 75 },
	{ "small already", 4, 100000, 4, 50 },
};

KUNIT_ARRAY_PARAM_DESC(idle, idle_cases, desc);

static void idle(struct kunit *test)
{
	const struct idle_case *p = test->param_value;
	struct newtcp_cwv v;
	struct newtcp_cong c;

	start(&v, &c, p->cwnd, 50);
	newtcp_cwv_idle(&v, &c, p->idle_ms, 200, 10, 0);
	KUNIT_EXPECT_EQ(test, c.cwnd, p->expect);
	KUNIT_EXPECT_EQ(test, c.ssthresh, p->ssthresh);
}

static struct kunit_case cwv_cases[] = {
	KUNIT_CASE_PARAM(in_use, use_gen_params),
	KUNIT_CASE(evidence_lasts),
	KUNIT_CASE(decays),
	KUNIT_CASE_PARAM(idle, idle_gen_params),
	{}
};

static struct kunit_suite cwv_suite = {
	.name = "newinet_cwv",
	.test_cases = cwv_cases,
};

kunit_test_suite(cwv_suite);
