/* SPDX-License-Identifier: GPL-2.0 */
/* A timer fires (timer.c). */
#ifndef _NEWTCP_TIMER_H
#define _NEWTCP_TIMER_H

struct sock;

void newtcp_timer_setup(struct sock *sk);			/* not yet visible */
void newtcp_timer_run(struct sock *sk);				/* locked */

#endif /* _NEWTCP_TIMER_H */
