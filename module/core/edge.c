// SPDX-License-Identifier: GPL-2.0
/*
 * Where what happens to a connection leads: see edge.h. Openings are in verdict.h.
 *
 * Pure.
 */
#include "edge.h"

#include <linux/export.h>
#include <kunit/visibility.h>

/**
 * newtcp_edge_close - our side has no more to say (RFC 9293 3.10.4)
 * @from: the state
 * @fin: out: a FIN is to be sent
 *
 * Return: the next state.
 */
enum newtcp_state newtcp_edge_close(enum newtcp_state from, bool *fin)
{
	*fin = true;
	switch (from) {
	case STATE_SYN_RECV:
	case STATE_ESTABLISHED:
		return STATE_FIN_WAIT1;
	case STATE_CLOSE_WAIT:
		return STATE_LAST_ACK;
	default:
		break;
	}
	*fin = false;
	switch (from) {
	case STATE_LISTEN:
	case STATE_SYN_SENT:
	case STATE_TIME_WAIT:
		return STATE_CLOSE;
	default:
		return from;
	}
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_edge_close);

/**
 * newtcp_edge_fin - the peer's FIN is next in order (RFC 9293 3.10.7.4 step eight)
 * @from: the state
 *
 * In FIN-WAIT-1 our own FIN is not acknowledged yet: both sides close at once.
 *
 * Return: the next state.
 */
enum newtcp_state newtcp_edge_fin(enum newtcp_state from)
{
	switch (from) {
	case STATE_SYN_RECV:
	case STATE_ESTABLISHED:
		return STATE_CLOSE_WAIT;
	case STATE_FIN_WAIT1:
		return STATE_CLOSING;
	case STATE_FIN_WAIT2:
		return STATE_TIME_WAIT;
	default:
		return from;
	}
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_edge_fin);

/**
 * newtcp_edge_fin_acked - all that we have sent is acknowledged, our FIN as well
 * @from: the state
 *
 * RFC 9293 3.10.7.4 step five.
 *
 * Return: the next state; the same where no FIN of ours was.
 */
enum newtcp_state newtcp_edge_fin_acked(enum newtcp_state from)
{
	switch (from) {
	case STATE_FIN_WAIT1:
		return STATE_FIN_WAIT2;
	case STATE_CLOSING:
		return STATE_TIME_WAIT;
	case STATE_LAST_ACK:
		return STATE_CLOSE;
	default:
		return from;
	}
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_edge_fin_acked);

/**
 * newtcp_edge_takes_data - are a segment's data and FIN looked at?
 * @state: the state
 * @old: it begins below RCV.NXT
 *
 * RFC 9293 3.10.7.4 steps six to eight. Where the peer's FIN is in, what lies behind
 * it is nothing; what came before it may come again, and is acknowledged again.
 *
 * Return: true when they are.
 */
bool newtcp_edge_takes_data(enum newtcp_state state, bool old)
{
	switch (state) {
	case STATE_ESTABLISHED:
	case STATE_FIN_WAIT1:
	case STATE_FIN_WAIT2:
		return true;
	case STATE_CLOSE_WAIT:
	case STATE_CLOSING:
	case STATE_LAST_ACK:
		return old;
	default:
		return false;
	}
}
EXPORT_SYMBOL_IF_KUNIT(newtcp_edge_takes_data);
