/* SPDX-License-Identifier: GPL-2.0 */
/* What a connection holds is thrown away (purge.c): locked. */
#ifndef _NEWTCP_PURGE_H
#define _NEWTCP_PURGE_H

struct sock;

void newtcp_purge(struct sock *sk);
void newtcp_purge_send(struct sock *sk);
void newtcp_ofo_purge(struct sock *sk);

#endif /* _NEWTCP_PURGE_H */
