/* SPDX-License-Identifier: GPL-2.0 */
/* The socket layer of a stream socket, whatever its transport (ops.c): process. */
#ifndef _NEWINET_OPS_H
#define _NEWINET_OPS_H

#include <linux/net.h>
#include <net/inet_common.h>
#include <net/sock.h>

int newinet_stream_release(struct socket *sock);
int newinet_stream_bind(struct socket *sock, struct sockaddr_unsized *uaddr, int addr_len);
int newinet_stream_connect(struct socket *sock, struct sockaddr_unsized *uaddr,
			   int addr_len, int flags);
int newinet_stream_getname(struct socket *sock, struct sockaddr *uaddr, int peer);
int newinet_stream_shutdown(struct socket *sock, int how);
void newinet_stream_splice_eof(struct socket *sock);
#ifdef CONFIG_COMPAT
int newinet_stream_compat_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);

#define NEWINET_STREAM_COMPAT	.compat_ioctl = newinet_stream_compat_ioctl,
#else
#define NEWINET_STREAM_COMPAT
#endif

/* What a struct proto_ops has of these, and of the kernel; the rest is the transport's. */
#define NEWINET_STREAM_OPS(pf)						\
	.family		= pf,						\
	.owner		= THIS_MODULE,					\
	.release	= newinet_stream_release,			\
	.bind		= newinet_stream_bind,				\
	.connect	= newinet_stream_connect,			\
	.socketpair	= sock_no_socketpair,				\
	.accept		= inet_accept,					\
	.getname	= newinet_stream_getname,			\
	.ioctl		= inet_ioctl,					\
	.gettstamp	= sock_gettstamp,				\
	.shutdown	= newinet_stream_shutdown,			\
	.setsockopt	= sock_common_setsockopt,			\
	.getsockopt	= sock_common_getsockopt,			\
	.sendmsg	= inet_sendmsg,					\
	.recvmsg	= inet_recvmsg,					\
	.mmap		= sock_no_mmap,					\
	.splice_eof	= newinet_stream_splice_eof,			\
	.set_peek_off	= sk_set_peek_off,				\
	NEWINET_STREAM_COMPAT

#endif /* _NEWINET_OPS_H */
