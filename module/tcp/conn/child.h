/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The full socket that a finished handshake makes of a listener and a request
 * (child.c). BH throughout.
 */
#ifndef _NEWTCP_CHILD_H
#define _NEWTCP_CHILD_H

struct newtcp_req;
struct newtcp_options;
struct sk_buff;
struct sock;

/* Locked, in SYN-RECEIVED, in no table. NULL: it cannot be made. */
struct sock *newtcp_child_create(const struct newtcp_req *req, struct sk_buff *skb,
				 const struct newtcp_options *opts);
/* Unlocks and puts one that will not be. */
void newtcp_child_abort(struct sock *child)
	__releases(&child->sk_lock.slock);

#endif /* _NEWTCP_CHILD_H */
