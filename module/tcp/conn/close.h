/* SPDX-License-Identifier: GPL-2.0 */
/* The program is done with a connection (close.c). */
#ifndef _NEWTCP_CLOSE_H
#define _NEWTCP_CLOSE_H

struct sock;

void newtcp_close(struct sock *sk, long timeout);		/* process */
int newtcp_disconnect(struct sock *sk, int flags);		/* process, locked */

#endif /* _NEWTCP_CLOSE_H */
