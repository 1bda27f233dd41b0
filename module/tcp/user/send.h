/* SPDX-License-Identifier: GPL-2.0 */
/* The program writes (send.c): process; locked in the _locked forms. */
#ifndef _NEWTCP_SEND_H
#define _NEWTCP_SEND_H

#include <linux/net.h>
#include <net/sock.h>

int newtcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
int newtcp_sendmsg_locked(struct sock *sk, struct msghdr *msg, size_t size);
int newtcp_sendpage(struct sock *sk, struct page *page, int offset, size_t size,
		    int flags);		/* NEWINET_SENDPAGE */
int newtcp_sendpage_locked(struct sock *sk, struct page *page, int offset,
			   size_t size, int flags);
void newtcp_splice_eof(struct socket *sock);

#endif /* _NEWTCP_SEND_H */
