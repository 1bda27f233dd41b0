// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of module/core/tlp.[ch]: the tail loss probe (RFC 8985 7).
 */
#include <kunit/test.h>

#include "../module/core/tlp.h"
#include "sender.h"

struct tlp_case {
	const char *desc;
	bool retrans;		/* the probe was the last segment again */
	bool after;		/* data that was sent behind it is acknowledged */
	bool dsack;		/* the probe is reported as a duplicate */
	bool repeats;		/* the ACK repeats itself before */
	u32 cwnd;
	bool out;		/* the verdict is open yet */
};

static const struct tlp_case tlp_verdicts[] = {
	{ "new data", .cwnd = 10 },
	{ "the last again: too early to tell", .retrans = true, .cwnd = 10, .out = true },
	{ "beyond it: a loss was repaired", .retrans = true, .after = true, .cwnd = 5 },
	{ "a duplicate: nothing was lost", .retrans = true, .dsack = true, .cwnd = 10 },
	{ "repeated: nothing was lost", .retrans = true, .repeats = true, .after = true,
	  .cwnd = 10 },
};

KUNIT_ARRAY_PARAM_DESC(tlp, tlp_verdicts, desc);

/* RFC 8985 7.4 */
static void tlp_verdict(struct kunit *test)
{
	const struct tlp_case *p = test->param_value;
	struct sender *x = new_sender(test, 10, true);

	send_each(x, 4, 0);
	x->s.now_us += 202 * MS;
	if (p->retrans) {
		x->seg[3].sent_us = x->s.now_us;
		newtcp_recovery_sent_again(&x->s, &x->seg[3]);
	} else {
		send_more(x, 1);
	}
	newtcp_tlp_sent(&x->s, p->retrans);
	x->s.now_us += 100 * MS;
	ack(x, p->retrans ? 4 : 5, p->dsack ? BLOCKS(3, 4) : NULL, 0);
	if (p->after) {
		send_more(x, 1);
		if (p->repeats)
			ack(x, 4, NULL, 0);
		x->s.now_us += 100 * MS;
		ack(x, 5, NULL, 0);
	}
	KUNIT_EXPECT_EQ(test, x->c.cwnd, p->cwnd);
	KUNIT_EXPECT_EQ(test, (bool)x->r.tlp_out, p->out);
	KUNIT_EXPECT_EQ(test, x->r.state, NEWTCP_CA_OPEN);
}

struct tlp_wait_case {
	const char *desc;
	unsigned int out;
	u8 state;
	bool sack;
	bool probed;
	u32 wait_us;
};

static const struct tlp_wait_case tlp_wait_cases[] = {
	{ "nothing out", 0, NEWTCP_CA_OPEN, true, false, 0 },
	{ "one: a delayed ACK may be on its way", 1, NEWTCP_CA_OPEN, true, false, 400000 },
	{ "more: two round trips", 2, NEWTCP_CA_OPEN, true, false, 208000 },
	{ "congested", 2, NEWTCP_CA_CWR, true, false, 208000 },
	{ "in disorder", 2, NEWTCP_CA_DISORDER, true, false, 0 },
	{ "in recovery", 2, NEWTCP_CA_RECOVERY, true, false, 0 },
	{ "without SACK", 2, NEWTCP_CA_OPEN, false, false, 0 },
	{ "probed already", 2, NEWTCP_CA_OPEN, true, true, 208000 },
};

KUNIT_ARRAY_PARAM_DESC(tlp_wait, tlp_wait_cases, desc);

/* RFC 8985 7.2 */
static void tlp_wait(struct kunit *test)
{
	const struct tlp_wait_case *p = test->param_value;
	struct sender *x = new_sender(test, 10, p->sack);

	send_each(x, p->out, 0);
	x->r.state = p->state;
	x->r.tlp_out = p->probed;
	KUNIT_EXPECT_EQ(test, newtcp_tlp_wait_us(&x->b, &x->r, &x->rtt, p->sack, 4000), p->wait_us);
}

static struct kunit_case tlp_cases[] = {
	KUNIT_CASE_PARAM(tlp_verdict, tlp_gen_params),
	KUNIT_CASE_PARAM(tlp_wait, tlp_wait_gen_params),
	{}
};

static struct kunit_suite tlp_suite = {
	.name = "newinet_tlp",
	.test_cases = tlp_cases,
};

kunit_test_suite(tlp_suite);
