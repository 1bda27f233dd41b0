// SPDX-License-Identifier: GPL-2.0
/*
 * The library that newinet-run preloads: a program's IPv4 TCP sockets are
 * opened as AF_NEWINET, and the program goes on seeing AF_INET.  Both use
 * struct sockaddr_in, so only the family in it is rewritten, on the way in
 * and on the way out.
 *
 * No table of descriptors is kept: descriptors are inherited, duplicated and
 * passed between processes, so the kernel is asked (getsockname) whose a
 * descriptor is.  The wrappers neither allocate nor lock and leave errno as
 * the call they stand for does, so they may be used wherever that call may.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#if __has_include("newinet.h")
#include "newinet.h"
#endif

#ifndef AF_NEWINET
#define AF_NEWINET 19
#endif
#ifndef SO_PEERNAME
#define SO_PEERNAME 28
#endif

#define EXPORT __attribute__((visibility("default")))
#define SOCK_TYPE_BITS 0xf	/* the rest of socket()'s type are flags */
#define MMSG_MAX 1024		/* what sendmmsg and recvmmsg take (UIO_MAXIOV) */
#define MMSG_BATCH 8		/* messages translated at a time, on the stack */

/*
 * The C library's functions.  Normally all are resolved by the constructor;
 * a library whose own constructor opens a socket may come first, so REAL()
 * looks again.  Two threads that do so store the same value.
 */
static struct {
	int (*socket)(int domain, int type, int protocol);
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*connect)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*accept)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*accept4)(int fd, struct sockaddr *addr, socklen_t *len, int flags);
	int (*getsockname)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*getpeername)(int fd, struct sockaddr *addr, socklen_t *len);
	int (*getsockopt)(int fd, int level, int name, void *val, socklen_t *len);
	ssize_t (*sendto)(int fd, const void *buf, size_t n, int flags,
			  const struct sockaddr *addr, socklen_t len);
	ssize_t (*sendmsg)(int fd, const struct msghdr *msg, int flags);
	int (*sendmmsg)(int fd, struct mmsghdr *vec, unsigned int n, int flags);
	ssize_t (*recvfrom)(int fd, void *buf, size_t n, int flags,
			    struct sockaddr *addr, socklen_t *len);
	ssize_t (*__recvfrom_chk)(int fd, void *buf, size_t n, size_t size,
				  int flags, struct sockaddr *addr,
				  socklen_t *len);
	ssize_t (*recvmsg)(int fd, struct msghdr *msg, int flags);
	int (*recvmmsg)(int fd, struct mmsghdr *vec, unsigned int n, int flags,
			struct timespec *timeout);
} real;

#define REAL(name)						\
	(__extension__({					\
		if (!real.name)					\
			resolve((void **)&real.name, #name);	\
		real.name;					\
	}))

static int family;		/* AF_NEWINET's number, 0 until known */
static int fall_back;		/* --fallback: AF_INET where ours is refused */

static void resolve(void **slot, const char *name)
{
	void *fn = dlsym(RTLD_NEXT, name);

	if (!fn)	/* a C library without it: nothing to call */
		abort();
	__atomic_store_n(slot, fn, __ATOMIC_RELAXED);
}

/* newinet-run says which family number; without it, the public default. */
static void learn(void)
{
	const char *number = getenv("NEWINET_FAMILY");
	long n = number ? strtol(number, NULL, 10) : 0;

	fall_back = getenv("NEWINET_FALLBACK") != NULL;
	__atomic_store_n(&family, n > 0 && n < 256 ? (int)n : AF_NEWINET,
			 __ATOMIC_RELEASE);
}

static int our_family(void)
{
	int n = __atomic_load_n(&family, __ATOMIC_ACQUIRE);

	if (!n) {
		learn();
		n = family;
	}
	return n;
}

__attribute__((constructor)) static void start(void)
{
	learn();
	REAL(socket);
	REAL(bind);
	REAL(connect);
	REAL(accept);
	REAL(accept4);
	REAL(getsockname);
	REAL(getpeername);
	REAL(getsockopt);
	REAL(sendto);
	REAL(sendmsg);
	REAL(sendmmsg);
	REAL(recvfrom);
	REAL(recvmsg);
	REAL(recvmmsg);
	/* __recvfrom_chk is glibc's alone: resolved when first called. */
}

/* Is this descriptor an AF_NEWINET socket?  Leaves errno alone. */
static int is_ours(int fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	int saved = errno, err;

	name.ss_family = AF_UNSPEC;
	err = REAL(getsockname)(fd, (struct sockaddr *)&name, &len);
	errno = saved;
	return !err && len >= sizeof(sa_family_t) &&
	       name.ss_family == our_family();
}

/*
 * The address to hand to the kernel: the caller's own, or a copy in *copy
 * with the family rewritten.  AF_UNSPEC, other families, lengths that the
 * kernel refuses and other people's sockets pass untouched.
 */
static const struct sockaddr *addr_in(int fd, const struct sockaddr *addr,
				      socklen_t len,
				      struct sockaddr_storage *copy)
{
	if (!addr || len < sizeof(sa_family_t) || len > sizeof(*copy) ||
	    !is_ours(fd) || addr->sa_family != AF_INET)
		return addr;

	memcpy(copy, addr, len);
	copy->ss_family = our_family();
	return (struct sockaddr *)copy;
}

/*
 * An address that the kernel has just written, seen as the program expects
 * it.  @room: the length the caller offered; @len: the one it got back.
 */
static void addr_out(struct sockaddr *addr, socklen_t room, socklen_t len)
{
	if (addr && room >= sizeof(sa_family_t) && len >= sizeof(sa_family_t) &&
	    addr->sa_family == our_family())
		addr->sa_family = AF_INET;
}

EXPORT int socket(int domain, int type, int protocol)
{
	int saved = errno, fd;

	if (domain != AF_INET || (type & SOCK_TYPE_BITS) != SOCK_STREAM ||
	    (protocol != 0 && protocol != IPPROTO_TCP))
		return REAL(socket)(domain, type, protocol);

	fd = REAL(socket)(our_family(), type, protocol);
	if (fd < 0 && fall_back &&
	    (errno == EAFNOSUPPORT || errno == EPERM || errno == EACCES)) {
		errno = saved;
		fd = REAL(socket)(domain, type, protocol);
	}
	return fd;
}

EXPORT int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_storage copy;

	return REAL(bind)(fd, addr_in(fd, addr, len, &copy), len);
}

EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_storage copy;

	return REAL(connect)(fd, addr_in(fd, addr, len, &copy), len);
}

EXPORT int accept(int fd, struct sockaddr *restrict addr,
		  socklen_t *restrict len)
{
	socklen_t room = addr && len ? *len : 0;
	int child = REAL(accept)(fd, addr, len);

	if (child >= 0 && room)
		addr_out(addr, room, *len);
	return child;
}

EXPORT int accept4(int fd, struct sockaddr *restrict addr,
		   socklen_t *restrict len, int flags)
{
	socklen_t room = addr && len ? *len : 0;
	int child = REAL(accept4)(fd, addr, len, flags);

	if (child >= 0 && room)
		addr_out(addr, room, *len);
	return child;
}

EXPORT int getsockname(int fd, struct sockaddr *restrict addr,
		       socklen_t *restrict len)
{
	socklen_t room = len ? *len : 0;
	int err = REAL(getsockname)(fd, addr, len);

	if (!err)
		addr_out(addr, room, *len);
	return err;
}

EXPORT int getpeername(int fd, struct sockaddr *restrict addr,
		       socklen_t *restrict len)
{
	socklen_t room = len ? *len : 0;
	int err = REAL(getpeername)(fd, addr, len);

	if (!err)
		addr_out(addr, room, *len);
	return err;
}

EXPORT int getsockopt(int fd, int level, int name, void *restrict val,
		      socklen_t *restrict len)
{
	socklen_t room = len ? *len : 0;
	int err = REAL(getsockopt)(fd, level, name, val, len);
	int answer;

	if (err || level != SOL_SOCKET)
		return err;

	switch (name) {
	case SO_DOMAIN:
		answer = AF_INET;
		break;
	case SO_PROTOCOL:
		answer = IPPROTO_TCP;
		break;
	case SO_PEERNAME:
		addr_out(val, room, *len);
		return err;
	default:
		return err;
	}
	if (is_ours(fd))
		memcpy(val, &answer, *len < sizeof(answer) ? *len : sizeof(answer));
	return err;
}

/*
 * A stream socket reads the address of a send only for MSG_FASTOPEN, so the
 * datagrams of other sockets are spared the question whose they are.
 */
EXPORT ssize_t sendto(int fd, const void *buf, size_t n, int flags,
		      const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_storage copy;

	if (flags & MSG_FASTOPEN)
		addr = addr_in(fd, addr, len, &copy);
	return REAL(sendto)(fd, buf, n, flags, addr, len);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct sockaddr_storage copy;
	struct msghdr ours;

	if (!(flags & MSG_FASTOPEN) || !msg)
		return REAL(sendmsg)(fd, msg, flags);

	ours = *msg;
	ours.msg_name = (void *)addr_in(fd, msg->msg_name, msg->msg_namelen,
					&copy);
	return REAL(sendmsg)(fd, &ours, flags);
}

/* A batch at a time, since the caller's vector is not ours to change. */
EXPORT int sendmmsg(int fd, struct mmsghdr *vec, unsigned int n, int flags)
{
	struct sockaddr_storage copy[MMSG_BATCH];
	struct mmsghdr ours[MMSG_BATCH];
	unsigned int done = 0, batch, i;
	int sent;

	if (!(flags & MSG_FASTOPEN) || !vec || !n || !is_ours(fd))
		return REAL(sendmmsg)(fd, vec, n, flags);

	if (n > MMSG_MAX)
		n = MMSG_MAX;
	while (done < n) {
		batch = n - done < MMSG_BATCH ? n - done : MMSG_BATCH;
		for (i = 0; i < batch; i++) {
			ours[i] = vec[done + i];
			ours[i].msg_hdr.msg_name = (void *)
				addr_in(fd, ours[i].msg_hdr.msg_name,
					ours[i].msg_hdr.msg_namelen, &copy[i]);
		}
		sent = REAL(sendmmsg)(fd, ours, batch, flags);
		if (sent < 0)
			return done ? (int)done : -1;
		for (i = 0; i < (unsigned int)sent; i++)
			vec[done + i].msg_len = ours[i].msg_len;
		done += sent;
		if ((unsigned int)sent < batch)
			break;
	}
	return done;
}

EXPORT ssize_t recvfrom(int fd, void *restrict buf, size_t n, int flags,
			struct sockaddr *restrict addr, socklen_t *restrict len)
{
	socklen_t room = addr && len ? *len : 0;
	ssize_t got = REAL(recvfrom)(fd, buf, n, flags, addr, len);

	if (got >= 0 && room)
		addr_out(addr, room, *len);
	return got;
}

/* What recvfrom becomes in a program built with _FORTIFY_SOURCE. */
EXPORT ssize_t __recvfrom_chk(int fd, void *restrict buf, size_t n, size_t size,
			      int flags, struct sockaddr *restrict addr,
			      socklen_t *restrict len)
{
	socklen_t room = addr && len ? *len : 0;
	ssize_t got = REAL(__recvfrom_chk)(fd, buf, n, size, flags, addr, len);

	if (got >= 0 && room)
		addr_out(addr, room, *len);
	return got;
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	socklen_t room = msg && msg->msg_name ? msg->msg_namelen : 0;
	ssize_t got = REAL(recvmsg)(fd, msg, flags);

	if (got >= 0 && room)
		addr_out(msg->msg_name, room, msg->msg_namelen);
	return got;
}

/* The lengths offered are overwritten, so whether there was room is noted. */
EXPORT int recvmmsg(int fd, struct mmsghdr *vec, unsigned int n, int flags,
		    struct timespec *timeout)
{
	unsigned char room[MMSG_MAX / 8] = { 0 };
	unsigned int i;
	int got;

	for (i = 0; vec && i < n && i < MMSG_MAX; i++) {
		if (vec[i].msg_hdr.msg_name &&
		    vec[i].msg_hdr.msg_namelen >= sizeof(sa_family_t))
			room[i / 8] |= 1 << i % 8;
	}
	got = REAL(recvmmsg)(fd, vec, n, flags, timeout);
	for (i = 0; got > 0 && i < (unsigned int)got; i++) {
		if (room[i / 8] & 1 << i % 8)
			addr_out(vec[i].msg_hdr.msg_name, sizeof(sa_family_t),
				 vec[i].msg_hdr.msg_namelen);
	}
	return got;
}
