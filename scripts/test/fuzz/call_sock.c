// SPDX-License-Identifier: GPL-2.0
/*
 * The call fuzzer's socket calls: on whatever descriptor some thread has, in whatever
 * state, with arguments that are right more often than not.
 */
#define _GNU_SOURCE
#include <sys/uio.h>

#include "call.h"

void op_socket(struct thread *t)
{
	struct rng *r = &t->rng;
	int family = chance(r, 75) ? newinet_family : AF_INET;
	int type = chance(r, 97) ? SOCK_STREAM : (int)below(r, 12);
	int protocol = chance(r, 90) ? 0 : chance(r, 60) ? IPPROTO_TCP : (int)edge32(r);

	/* The second door. */
	if (family == AF_INET && chance(r, 40))
		protocol = IPPROTO_NEWINET;
	if (chance(r, 60))
		type |= SOCK_NONBLOCK;
	slot_put(r, done(socket(family, type | SOCK_CLOEXEC, protocol)));
}

/* A whole connection at once, or its beginning: else few would come about. */
void op_pair(struct thread *t)
{
	struct rng *r = &t->rng;
	int family = chance(r, 80) ? newinet_family : AF_INET;
	int other = chance(r, 80) ? newinet_family : AF_INET;
	struct sockaddr_in at = address(family, "127.0.0.1", 0);
	int l = done(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	int c = done(socket(other, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	socklen_t len = sizeof(at);

	done(bind(l, SA(&at), len));
	done(listen(l, below(r, 4)));
	getsockname(l, SA(&at), &len);
	at.sin_family = other;
	done(connect(c, SA(&at), sizeof(at)));
	slot_put(r, c);
	if (chance(r, 70))
		slot_put(r, done(accept4(l, NULL, NULL, chance(r, 70) ? SOCK_NONBLOCK : 0)));
	if (chance(r, 40))
		slot_put(r, l);
	else
		done(close(l));
}

void op_bind(struct thread *t)
{
	struct rng *r = &t->rng;
	struct sockaddr_in a = some_address(r);
	int one = 1, fd = slot_get(r);

	if (chance(r, 50))
		setsockopt(fd, SOL_SOCKET, chance(r, 60) ? SO_REUSEADDR : SO_REUSEPORT, &one,
			   sizeof(one));
	done(bind(fd, SA(&a), chance(r, 95) ? sizeof(a) : below(r, 200)));
}

void op_connect(struct thread *t)
{
	struct rng *r = &t->rng;
	struct sockaddr_in a = some_address(r);

	if (chance(r, 6))
		a.sin_family = AF_UNSPEC;
	done(connect(slot_get(r), SA(&a), chance(r, 97) ? sizeof(a) : below(r, 200)));
}

void op_listen(struct thread *t)
{
	struct rng *r = &t->rng;

	done(listen(slot_get(r), chance(r, 80) ? below(r, 10) : edge32(r)));
}

void op_accept(struct thread *t)
{
	struct rng *r = &t->rng;
	char name[200];
	socklen_t len = chance(r, 90) ? sizeof(struct sockaddr_in) : below(r, sizeof(name));
	int flags = chance(r, 60) ? SOCK_NONBLOCK : chance(r, 90) ? 0 : (int)edge32(r);
	int fd = done(accept4(slot_get(r), chance(r, 70) ? SA(name) : NULL, &len, flags));

	if (fd >= 0)
		slot_put(r, fd);
}

void op_shutdown(struct thread *t)
{
	struct rng *r = &t->rng;

	done(shutdown(slot_get(r), chance(r, 95) ? (int)below(r, 3) : (int)edge32(r)));
}

void op_close(struct thread *t)
{
	struct rng *r = &t->rng;
	struct linger linger = { 1, chance(r, 60) ? 0 : below(r, 3) };
	int i = below(r, SLOTS), fd;

	if (chance(r, 30))
		setsockopt(slot_get(r), SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	fd = atomic_exchange(&slots[i], -1);
	if (fd >= 0)
		done(close(fd));
}

static int some_flags(struct rng *r)
{
	int flags = chance(r, 60) ? MSG_DONTWAIT : 0;

	if (chance(r, 40))
		flags |= 1 << below(r, 31);
	if (chance(r, 10))
		flags |= 1 << below(r, 31);
	/* Not for user space: taken out by the kernel, or a signal for us. */
	return flags | MSG_NOSIGNAL;
}

void op_send(struct thread *t)
{
	struct rng *r = &t->rng;
	struct sockaddr_in a = some_address(r);
	int n = some_size(r, BUF), flags = some_flags(r);
	struct iovec parts[3] = {
		{ t->buf, below(r, n + 1) }, { t->buf, below(r, 10) }, { t->buf, n },
	};

	switch (below(r, 4)) {
	case 0:
		done(write(slot_get(r), t->buf, n));
		break;
	case 1:
		done(writev(slot_get(r), parts, 3));
		break;
	case 2:
		done(sendto(slot_get(r), t->buf, n, flags, SA(&a), sizeof(a)));
		break;
	default:
		done(send(slot_get(r), t->buf, n, flags));
	}
}

void op_recv(struct thread *t)
{
	struct rng *r = &t->rng;
	int n = some_size(r, BUF), flags = some_flags(r);
	struct iovec parts[2] = { { t->buf, below(r, n + 1) }, { t->buf, below(r, 10) } };
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	switch (below(r, 4)) {
	case 0:
		done(read(slot_get(r), t->buf, n));
		break;
	case 1:
		done(readv(slot_get(r), parts, 2));
		break;
	case 2:
		done(recvfrom(slot_get(r), t->buf, n, flags, SA(&a), &len));
		break;
	default:
		done(recv(slot_get(r), chance(r, 95) ? t->buf : NULL, n, flags));
	}
}

static void fill_msg(struct thread *t, struct msghdr *msg, struct iovec *parts, char *control,
		     int size)
{
	struct rng *r = &t->rng;
	int n = 1 + below(r, 4);

	for (int i = 0; i < n; i++) {
		parts[i].iov_base = chance(r, 97) ? t->buf : NULL;
		parts[i].iov_len = some_size(r, chance(r, 90) ? 5000 : BUF);
	}
	*msg = (struct msghdr){ .msg_iov = parts, .msg_iovlen = n };
	if (chance(r, 50)) {
		msg->msg_control = control;
		msg->msg_controllen = size;
	}
}

void op_sendmsg(struct thread *t)
{
	struct rng *r = &t->rng;
	char control[512] = { 0 };
	struct sockaddr_in a = some_address(r);
	struct iovec parts[4];
	struct msghdr msg;

	fill_msg(t, &msg, parts, control, some_cmsgs(r, control, sizeof(control)));
	if (chance(r, 10)) {
		msg.msg_name = &a;
		msg.msg_namelen = sizeof(a);
	}
	done(sendmsg(slot_get(r), &msg, some_flags(r)));
}

void op_recvmsg(struct thread *t)
{
	struct rng *r = &t->rng;
	char control[512], name[128];
	struct iovec parts[4];
	struct msghdr msg;
	int flags = some_flags(r);

	fill_msg(t, &msg, parts, control, chance(r, 70) ? sizeof(control) : below(r, 64));
	if (chance(r, 30)) {
		msg.msg_name = name;
		msg.msg_namelen = sizeof(name);
	}
	if (chance(r, 20))
		flags |= MSG_ERRQUEUE;
	done(recvmsg(slot_get(r), &msg, flags));
}

void op_mmsg(struct thread *t)
{
	struct rng *r = &t->rng;
	struct timespec limit = { 0, below(r, 2000000) };
	struct mmsghdr many[4];
	char control[512] = { 0 };
	struct iovec parts[4][4];
	int n = 1 + below(r, 4), size = some_cmsgs(r, control, sizeof(control));
	bool out = chance(r, 50);

	memset(many, 0, sizeof(many));
	for (int i = 0; i < n; i++)
		fill_msg(t, &many[i].msg_hdr, parts[i], control, size);
	if (out)
		done(sendmmsg(slot_get(r), many, n, some_flags(r)));
	else
		done(recvmmsg(slot_get(r), many, n, some_flags(r) | MSG_WAITFORONE,
			      chance(r, 50) ? &limit : NULL));
}

void op_name(struct thread *t)
{
	struct rng *r = &t->rng;
	char name[128];
	socklen_t len = chance(r, 80) ? sizeof(name) : edge32(r);

	if (len > sizeof(name) && (int)len > 0)
		len = sizeof(name);
	if (chance(r, 50))
		done(getsockname(slot_get(r), SA(name), &len));
	else
		done(getpeername(slot_get(r), SA(name), &len));
}
