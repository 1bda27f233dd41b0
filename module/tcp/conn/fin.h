/* SPDX-License-Identifier: GPL-2.0 */
/* A connection ends in order, or by the peer's RST (fin.c): locked. */
#ifndef _NEWTCP_FIN_H
#define _NEWTCP_FIN_H

#include <linux/types.h>

struct sock;

bool newtcp_take_close_edge(struct sock *sk);
void newtcp_send_fin(struct sock *sk);
void newtcp_send_owed_fin(struct sock *sk);
void newtcp_shutdown(struct sock *sk, int how);
void newtcp_fin(struct sock *sk);
void newtcp_reset(struct sock *sk);
int newtcp_fin_time(const struct sock *sk);
void newtcp_orphan_fin_wait2(struct sock *sk);

#endif /* _NEWTCP_FIN_H */
