/* SPDX-License-Identifier: GPL-2.0 */
/* The accept queue (accept.c). */
#ifndef _NEWTCP_ACCEPT_H
#define _NEWTCP_ACCEPT_H

#include <linux/types.h>
#include <net/sock.h>

bool newtcp_accept_enqueue(struct sock *sk, struct sock *child);	/* BH */
void newtcp_accept_drain(struct sock *sk);			/* process, locked */
struct sock *newtcp_accept(struct sock *sk, struct proto_accept_arg *arg);

#endif /* _NEWTCP_ACCEPT_H */
