/* SPDX-License-Identifier: GPL-2.0 */
/* The states of a connection and the death of its socket (state.c). */
#ifndef _NEWTCP_STATE_H
#define _NEWTCP_STATE_H

#include <linux/types.h>

struct sock;

int newtcp_state_init(void);					/* process */
void newtcp_state_exit(void);					/* process */
void newtcp_set_state(struct sock *sk, int state);		/* locked */
void newtcp_done(struct sock *sk);				/* locked */
void newtcp_give_up(struct sock *sk, int err);			/* locked */
void newtcp_reset_vars(struct sock *sk);			/* locked */
void newtcp_report_error(struct sock *sk, int err);		/* locked */
void newtcp_destroy(struct sock *sk);				/* locked, dead */
void newtcp_reset_saddr(struct sock *sk);			/* locked */
void newtcp_default_cong(struct sock *sk);			/* locked, or not visible */
void newtcp_orphan_inc(void);					/* any */
bool newtcp_too_many_orphans(const struct sock *sk, int shift);	/* locked */

#endif /* _NEWTCP_STATE_H */
