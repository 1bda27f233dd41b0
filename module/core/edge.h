/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The states of a connection, and where what happens leads (RFC 9293 figure 5).
 *
 * Pure.
 */
#ifndef _NEWTCP_EDGE_H
#define _NEWTCP_EDGE_H

#include <linux/types.h>

/* By the numbers that Linux has for them, which programs are told. */
enum newtcp_state {
	STATE_ESTABLISHED = 1,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_FIN_WAIT1,
	STATE_FIN_WAIT2,
	STATE_TIME_WAIT,
	STATE_CLOSE,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_LISTEN,
	STATE_CLOSING,
	STATE_MAX,
};

enum newtcp_state newtcp_edge_close(enum newtcp_state from, bool *fin);
enum newtcp_state newtcp_edge_fin(enum newtcp_state from);
enum newtcp_state newtcp_edge_fin_acked(enum newtcp_state from);
bool newtcp_edge_takes_data(enum newtcp_state state, bool old);

#endif /* _NEWTCP_EDGE_H */
