/* SPDX-License-Identifier: GPL-2.0 */
/* TIME-WAIT, and FIN-WAIT-2 without an owner (timewait.c). */
#ifndef _NEWTCP_TIMEWAIT_H
#define _NEWTCP_TIMEWAIT_H

#include <linux/types.h>

struct inet_timewait_sock;
struct newtcp_tw;
struct sock;

int newtcp_timewait_init(void);					/* process */
void newtcp_timewait_stop(void);				/* process */
void newtcp_timewait_exit(void);				/* process */
void newtcp_time_wait(struct sock *sk, int substate, int timeo);	/* locked */
void newtcp_tw_restart(struct newtcp_tw *tw);			/* BH */
void newtcp_tw_kill(struct newtcp_tw *tw);			/* BH */
void newtcp_tw_put(struct newtcp_tw *tw);
void newtcp_tw_free(struct newtcp_tw *tw);			/* without references */

/* The connection table's lock of @tw held: may @sk take its four-tuple over? */
bool newtcp_tw_yields(struct newtcp_tw *tw, struct sock *sk, bool bound);
bool newtcp_tw_inherits(struct sock *sk, const struct inet_timewait_sock *tw);	/* process */

#endif /* _NEWTCP_TIMEWAIT_H */
