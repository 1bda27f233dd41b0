/* SPDX-License-Identifier: GPL-2.0 */
/* Closing, from either side (close.c). */
#ifndef _NEWTCP_CLOSE_H
#define _NEWTCP_CLOSE_H

struct sock;

void newtcp_close(struct sock *sk, long timeout);		/* process */
void newtcp_shutdown(struct sock *sk, int how);			/* locked */
int newtcp_disconnect(struct sock *sk, int flags);		/* process, locked */
void newtcp_fin(struct sock *sk);				/* locked */
void newtcp_reset(struct sock *sk);				/* locked */
int newtcp_fin_time(const struct sock *sk);
void newtcp_orphan_fin_wait2(struct sock *sk);			/* locked */

#endif /* _NEWTCP_CLOSE_H */
