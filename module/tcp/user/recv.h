/* SPDX-License-Identifier: GPL-2.0 */
/* The program reads (recv.c): process. */
#ifndef _NEWTCP_RECV_H
#define _NEWTCP_RECV_H

#include <linux/net.h>
#include <net/sock.h>

int newtcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags);
int newtcp_read_sock(struct sock *sk, read_descriptor_t *desc,
		     sk_read_actor_t actor);
ssize_t newtcp_splice_read(struct socket *sock, loff_t *ppos,
			   struct pipe_inode_info *pipe, size_t len,
			   unsigned int flags);
int newtcp_peek_len(struct socket *sock);
int newtcp_set_rcvlowat(struct sock *sk, int val);
void newtcp_cleanup_rbuf(struct sock *sk, int copied);		/* locked */
void newtcp_window_deferred(struct sock *sk);			/* locked */
int newtcp_ioctl_int(struct sock *sk, int cmd, int *val);

#endif /* _NEWTCP_RECV_H */
