// SPDX-License-Identifier: GPL-2.0
/* Tests of module/core/edge.c: the edges of RFC 9293 figure 5, a row for each state. */
#include <kunit/test.h>

#include "../module/core/edge.h"

struct edge_case {
	const char *desc;
	enum newtcp_state from, close;
	bool sends_fin;
	enum newtcp_state fin, fin_acked;
	bool data, old_data;
};

static const struct edge_case edge_cases[] = {
	{ "LISTEN", STATE_LISTEN, STATE_CLOSE, false, STATE_LISTEN, STATE_LISTEN },
	{ "SYN-SENT", STATE_SYN_SENT, STATE_CLOSE, false, STATE_SYN_SENT, STATE_SYN_SENT },
	{ "SYN-RECEIVED", STATE_SYN_RECV, STATE_FIN_WAIT1, true, STATE_CLOSE_WAIT,
	  STATE_SYN_RECV },
	{ "ESTABLISHED", STATE_ESTABLISHED, STATE_FIN_WAIT1, true, STATE_CLOSE_WAIT,
	  STATE_ESTABLISHED, true, true },
	{ "FIN-WAIT-1", STATE_FIN_WAIT1, STATE_FIN_WAIT1, false, STATE_CLOSING,
	  STATE_FIN_WAIT2, true, true },
	{ "FIN-WAIT-2", STATE_FIN_WAIT2, STATE_FIN_WAIT2, false, STATE_TIME_WAIT,
	  STATE_FIN_WAIT2, true, true },
	{ "CLOSE-WAIT", STATE_CLOSE_WAIT, STATE_LAST_ACK, true, STATE_CLOSE_WAIT,
	  STATE_CLOSE_WAIT, false, true },
	{ "CLOSING", STATE_CLOSING, STATE_CLOSING, false, STATE_CLOSING, STATE_TIME_WAIT,
	  false, true },
	{ "LAST-ACK", STATE_LAST_ACK, STATE_LAST_ACK, false, STATE_LAST_ACK, STATE_CLOSE,
	  false, true },
	{ "TIME-WAIT", STATE_TIME_WAIT, STATE_CLOSE, false, STATE_TIME_WAIT, STATE_TIME_WAIT },
	{ "CLOSED", STATE_CLOSE, STATE_CLOSE, false, STATE_CLOSE, STATE_CLOSE },
};

KUNIT_ARRAY_PARAM_DESC(edge, edge_cases, desc);

static void edge_of_figure_5(struct kunit *test)
{
	const struct edge_case *c = test->param_value;
	bool fin;

	KUNIT_EXPECT_EQ(test, newtcp_edge_close(c->from, &fin), c->close);
	KUNIT_EXPECT_EQ(test, fin, c->sends_fin);
	KUNIT_EXPECT_EQ(test, newtcp_edge_fin(c->from), c->fin);
	KUNIT_EXPECT_EQ(test, newtcp_edge_fin_acked(c->from), c->fin_acked);
	KUNIT_EXPECT_EQ(test, newtcp_edge_takes_data(c->from, false), c->data);
	KUNIT_EXPECT_EQ(test, newtcp_edge_takes_data(c->from, true), c->old_data);
}

static struct kunit_case suite_cases[] = {
	KUNIT_CASE_PARAM(edge_of_figure_5, edge_gen_params),
	{}
};

static struct kunit_suite edge_suite = {
	.name = "newtcp_edge",
	.test_cases = suite_cases,
};

kunit_test_suite(edge_suite);
