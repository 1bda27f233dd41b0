/* SPDX-License-Identifier: GPL-2.0 */
/* The struct proto; birth, states and death of a socket (sock.c). */
#ifndef _NEWTCP_SOCK_H
#define _NEWTCP_SOCK_H

#include <net/sock.h>

extern struct proto newtcp_prot;
int newtcp_init(void);						/* process */
void newtcp_exit(void);						/* process */
void newtcp_set_state(struct sock *sk, int state);		/* locked */
void newtcp_done(struct sock *sk);				/* locked */
void newtcp_give_up(struct sock *sk, int err);			/* locked */
void newtcp_reset_vars(struct sock *sk);			/* locked */
void newtcp_write_space(struct sock *sk);			/* any */
void newtcp_report_error(struct sock *sk, int err);		/* locked */
void newtcp_purge(struct sock *sk);				/* locked */
void newtcp_purge_send(struct sock *sk);			/* locked */
void newtcp_destroy(struct sock *sk);				/* locked, dead */
void newtcp_reset_saddr(struct sock *sk);			/* locked */
void newtcp_default_cong(struct sock *sk);
void newtcp_orphan_inc(void);
bool newtcp_too_many_orphans(const struct sock *sk, int shift);
void newtcp_data_ready(struct sock *sk);			/* locked */

#endif /* _NEWTCP_SOCK_H */
