/* SPDX-License-Identifier: GPL-2.0 */
/* Passive open (handshake.c). */
#ifndef _NEWTCP_HANDSHAKE_H
#define _NEWTCP_HANDSHAKE_H

#include <linux/types.h>

struct newtcp_req;
struct sk_buff;
struct sock;
struct socket;

int newtcp_listen(struct socket *sock, int backlog);		/* process */
void newtcp_listen_stop(struct sock *sk);			/* process, locked */
int newtcp_handshake_init(void);				/* process */
void newtcp_handshake_exit(void);				/* process */
void newtcp_listener_rcv(struct sock *sk, struct sk_buff *skb);	/* BH */
/* BH. Consumes @skb, or says false: it is for the connection that was made of @req. */
bool newtcp_req_rcv(struct newtcp_req *req, struct sk_buff *skb);
void newtcp_req_put(struct newtcp_req *req);
void newtcp_req_free(struct newtcp_req *req);			/* without references */
void newtcp_req_error(struct newtcp_req *req, u32 seq, bool ends);	/* BH: ICMP */

#endif /* _NEWTCP_HANDSHAKE_H */
