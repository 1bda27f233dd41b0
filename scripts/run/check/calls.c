// SPDX-License-Identifier: GPL-2.0
/*
 * calls PROTOCOL GROUP...: an AF_INET program that makes every call in which
 * an address or a socket goes by, and every one that runs another program.
 * PROTOCOL is what a stream socket must have in the kernel: 6 when run plainly
 * (the oracle), newinet's number under newinet-run.
 * Everything else must be the same both ways.  One "ok" or "not ok" line per
 * check; fails if any check does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SA(x) ((struct sockaddr *)(x))
#define IPPROTO_MPTCP_ 262

#ifndef __GLIBC__	/* musl does not have it */
#define execveat(...) syscall(SYS_execveat, __VA_ARGS__)
#endif

static int expected;		/* protocol of a stream socket in the kernel */
static int checks, failures;
static const char *self;

static void check(int good, const char *name)
{
	int err = errno;

	checks++;
	if (!good)
		failures++;
	printf("%sok %d - %s", good ? "" : "not ", checks, name);
	if (!good)
		printf(" (errno: %s)", strerror(err));
	printf("\n");
	fflush(stdout);
}

/* For steps without which the rest means nothing. */
static int must(int ret, const char *what)
{
	if (ret < 0) {
		printf("not ok %d - %s: %s\n", ++checks, what, strerror(errno));
		exit(1);
	}
	return ret;
}

/* The family that the kernel has for a socket, whatever the C library says. */
static int kernel_family(int fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	if (syscall(SYS_getsockname, fd, &name, &len))
		return -1;
	return name.ss_family;
}

/* A stream socket of the TCP that we are to be on, past the C library. */
static int is_stream(int fd)
{
	int protocol = -1, type = -1;
	socklen_t len = sizeof(int);

	return kernel_family(fd) == AF_INET &&
	       !syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) &&
	       !syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
	       protocol == expected && type == SOCK_STREAM;
}

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return sin;
}

static int stream(void)
{
	return must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
}

/* A listener on the loopback; *addr is where. */
static int listener(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = stream();

	*addr = loopback(0);
	must(bind(fd, SA(addr), len), "bind");
	must(listen(fd, 8), "listen");
	must(getsockname(fd, SA(addr), &len), "getsockname");
	return fd;
}

static int is_inet(const struct sockaddr_in *sin, socklen_t len)
{
	return len == sizeof(*sin) && sin->sin_family == AF_INET &&
	       sin->sin_addr.s_addr == htonl(INADDR_LOOPBACK) && sin->sin_port;
}

static int option(int fd, int name)
{
	socklen_t len = sizeof(int);
	int val = -1;

	if (getsockopt(fd, SOL_SOCKET, name, &val, &len) || len != sizeof(val))
		return -1;
	return val;
}

static void test_create(void)
{
	unsigned char two[2] = { 0xee, 0xee };
	struct sockaddr_in sin;
	socklen_t len;
	int fd;

	fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			 IPPROTO_TCP), "socket with flags and IPPROTO_TCP");
	check(is_stream(fd), "IPPROTO_TCP: the TCP that is expected");
	check(fcntl(fd, F_GETFL) & O_NONBLOCK && fcntl(fd, F_GETFD) & FD_CLOEXEC,
	      "SOCK_NONBLOCK and SOCK_CLOEXEC kept");
	close(fd);

	fd = stream();
	check(is_stream(fd), "protocol 0: the TCP that is expected");
	check(option(fd, SO_DOMAIN) == AF_INET, "SO_DOMAIN is AF_INET");
	check(option(fd, SO_PROTOCOL) == expected, "SO_PROTOCOL says which TCP it is");
	check(option(fd, SO_TYPE) == SOCK_STREAM, "SO_TYPE is SOCK_STREAM");
	len = 1;
	check(!getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, two, &len) && len == 1 &&
	      two[0] == expected && two[1] == 0xee,
	      "SO_PROTOCOL into one byte writes one byte");
	len = sizeof(sin);
	memset(&sin, 0xee, sizeof(sin));
	check(!getsockname(fd, SA(&sin), &len) && len == sizeof(sin) &&
	      sin.sin_family == AF_INET && !sin.sin_port && !sin.sin_addr.s_addr,
	      "getsockname before bind: AF_INET, all zero");
	len = sizeof(sa_family_t);
	memset(&sin, 0xee, sizeof(sin));
	check(!getsockname(fd, SA(&sin), &len) && len == sizeof(sin) &&
	      sin.sin_family == AF_INET && sin.sin_port == 0xeeee,
	      "getsockname with room for the family alone");
	close(fd);

	check(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP) < 0 &&
	      errno == EPROTONOSUPPORT, "stream socket with IPPROTO_UDP");
	check(socket(AF_INET, 0xf, 0) < 0, "socket type 15");
}

static void test_bind(void)
{
	struct sockaddr_in sin = loopback(0), got;
	socklen_t len = sizeof(got);
	int fd = stream();

	errno = 4711;
	check(!bind(fd, SA(&sin), sizeof(sin)) && errno == 4711,
	      "bind to a loopback port leaves errno alone");
	check(sin.sin_family == AF_INET, "bind leaves the caller's address alone");
	check(!getsockname(fd, SA(&got), &len) && is_inet(&got, len),
	      "getsockname after bind");
	close(fd);

	fd = stream();
	memset(&sin, 0, sizeof(sin));
	check(!bind(fd, SA(&sin), sizeof(sin)), "bind AF_UNSPEC and INADDR_ANY");
	close(fd);

	fd = stream();
	sin = loopback(0);
	sin.sin_family = AF_UNSPEC;
	check(bind(fd, SA(&sin), sizeof(sin)) < 0 && errno == EAFNOSUPPORT,
	      "bind AF_UNSPEC and an address: EAFNOSUPPORT");
	sin.sin_family = AF_INET6;
	check(bind(fd, SA(&sin), sizeof(sin)) < 0 && errno == EAFNOSUPPORT,
	      "bind AF_INET6: EAFNOSUPPORT");
	sin.sin_family = AF_INET;
	check(bind(fd, SA(&sin), 1) < 0 && errno == EINVAL,
	      "bind with one byte of address: EINVAL");
	check(bind(fd, SA(&sin), 500) < 0 && errno == EINVAL,
	      "bind with 500 bytes of address: EINVAL");
	check(bind(fd, NULL, sizeof(sin)) < 0 && errno == EFAULT,
	      "bind without an address: EFAULT");
	close(fd);

	check(bind(-1, SA(&sin), sizeof(sin)) < 0 && errno == EBADF,
	      "bind of no descriptor: EBADF");
	fd = must(open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null");
	check(connect(fd, SA(&sin), sizeof(sin)) < 0 && errno == ENOTSOCK,
	      "connect of a file: ENOTSOCK");
	close(fd);
}

static void test_connect(void)
{
	struct sockaddr_in addr, got;
	int server = listener(&addr), client = stream(), child;
	socklen_t len = sizeof(got);

	check(is_inet(&addr, sizeof(addr)), "listener's address");
	check(!connect(client, SA(&addr), sizeof(addr)), "connect");
	child = must(accept(server, SA(&got), &len), "accept");
	check(is_inet(&got, len), "accept gives an AF_INET address");
	check(is_stream(child), "accepted socket's TCP");
	check(option(child, SO_DOMAIN) == AF_INET, "accepted socket's SO_DOMAIN");
	check(option(child, SO_PROTOCOL) == expected,
	      "accepted socket's SO_PROTOCOL");
	len = sizeof(got);
	check(!getpeername(child, SA(&got), &len) && is_inet(&got, len),
	      "getpeername of the accepted socket");
	len = sizeof(got);
	check(!getpeername(client, SA(&got), &len) && is_inet(&got, len) &&
	      got.sin_port == addr.sin_port, "getpeername of the client");
	len = sizeof(got);
	memset(&got, 0, sizeof(got));
	check(!getsockopt(client, SOL_SOCKET, SO_PEERNAME, &got, &len) &&
	      got.sin_family == AF_INET && got.sin_port == addr.sin_port,
	      "SO_PEERNAME");
	check(connect(client, SA(&addr), sizeof(addr)) < 0 && errno == EISCONN,
	      "second connect: EISCONN");
	close(child);
	close(client);

	client = stream();
	check(!connect(client, SA(&addr), sizeof(addr)), "connect again");
	child = must(accept(server, NULL, NULL), "accept without an address");
	close(child);
	close(client);

	client = stream();
	check(!connect(client, SA(&addr), sizeof(addr)), "connect a third time");
	len = sizeof(got);
	child = must(accept4(server, SA(&got), &len, SOCK_NONBLOCK), "accept4");
	check(is_inet(&got, len) && fcntl(child, F_GETFL) & O_NONBLOCK,
	      "accept4 gives an AF_INET address and its flags");
	close(child);
	close(client);
	close(server);

	client = stream();
	check(connect(client, SA(&addr), sizeof(addr)) < 0 &&
	      errno == ECONNREFUSED, "connect to a closed port: ECONNREFUSED");
	addr.sin_family = AF_INET6;
	check(connect(client, SA(&addr), sizeof(addr)) < 0 &&
	      errno == EAFNOSUPPORT, "connect to AF_INET6: EAFNOSUPPORT");
	close(client);
}

/* connect(AF_UNSPEC) must reach the kernel as it is: it undoes a connect. */
static void test_dissolve(void)
{
	struct sockaddr_in addr;
	int server = listener(&addr), client = stream();
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	socklen_t len = sizeof(addr);

	check(!connect(client, SA(&addr), sizeof(addr)), "connect");
	check(!connect(client, &none, sizeof(none)), "connect to AF_UNSPEC");
	check(getpeername(client, SA(&addr), &len) < 0 && errno == ENOTCONN,
	      "no peer after it: ENOTCONN");
	close(client);
	close(server);
}

static void test_transfer(void)
{
	struct sockaddr_in addr, name;
	int server = listener(&addr), client = stream(), child;
	char buf[16] = "0123456789";
	struct iovec iov = { buf, 10 };
	struct mmsghdr vec[2] = { 0 };
	struct msghdr *msg = &vec[0].msg_hdr;
	volatile size_t room = sizeof(buf);	/* unknown when compiled */
	socklen_t len;

	must(connect(client, SA(&addr), sizeof(addr)), "connect");
	child = must(accept(server, NULL, NULL), "accept");
	check(sendto(client, buf, 10, 0, SA(&addr), sizeof(addr)) == 10,
	      "sendto with an address on a connected socket");
	msg->msg_iov = &iov;
	msg->msg_iovlen = 1;
	msg->msg_name = &addr;
	msg->msg_namelen = sizeof(addr);
	check(sendmsg(client, msg, 0) == 10, "sendmsg with an address");
	vec[1] = vec[0];
	check(sendmmsg(client, vec, 2, 0) == 2 && vec[0].msg_len == 10 &&
	      vec[1].msg_len == 10 && addr.sin_family == AF_INET,
	      "sendmmsg with addresses");

	len = sizeof(name);
	memset(&name, 0xee, sizeof(name));
	check(recvfrom(child, buf, room, MSG_DONTWAIT, SA(&name), &len) == 16 &&
	      len == 0 && name.sin_family == 0xeeee,
	      "recvfrom gives a stream no address");
	msg->msg_name = &name;
	msg->msg_namelen = sizeof(name);
	check(recvmsg(child, msg, 0) == 10 && msg->msg_namelen == 0,
	      "recvmsg gives a stream no address");
	msg->msg_namelen = sizeof(name);
	check(recvmmsg(child, vec, 1, 0, NULL) == 1 && vec[0].msg_len == 10 &&
	      msg->msg_namelen == 0, "recvmmsg gives a stream no address");
	close(child);
	close(client);
	close(server);
}

/* How often each of the fast-open sends connects: cookies may be missing. */
static void test_fastopen(void)
{
	struct sockaddr_in addr;
	int server = listener(&addr), client, child, i;
	char buf[8] = "fast";
	struct iovec iov = { buf, 4 };
	struct mmsghdr vec = { .msg_hdr = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_name = &addr, .msg_namelen = sizeof(addr),
	} };
	static const char * const names[] = { "sendto", "sendmsg", "sendmmsg" };
	char text[64];

	for (i = 0; i < 3; i++) {
		int good;

		client = stream();
		if (i == 0)
			good = sendto(client, buf, 4, MSG_FASTOPEN, SA(&addr),
				      sizeof(addr)) == 4;
		else if (i == 1)
			good = sendmsg(client, &vec.msg_hdr, MSG_FASTOPEN) == 4;
		else
			good = sendmmsg(client, &vec, 1, MSG_FASTOPEN) == 1 &&
			       vec.msg_len == 4;
		snprintf(text, sizeof(text), "%s with MSG_FASTOPEN", names[i]);
		check(good && vec.msg_hdr.msg_name == &addr &&
		      addr.sin_family == AF_INET, text);
		if (good) {
			child = must(accept(server, NULL, NULL), "accept");
			memset(buf, 0, sizeof(buf));
			check(recv(child, buf, 4, MSG_WAITALL) == 4 &&
			      !memcmp(buf, "fast", 4), "and its data arrives");
			close(child);
		}
		close(client);
	}
	close(server);
}

/* Where net.ipv4.tcp_fastopen does not let clients, or the family has no Fast Open. */
static void test_nofastopen(void)
{
	struct sockaddr_in addr;
	int server = listener(&addr), client = stream();
	char buf[8] = "fast";
	struct iovec iov = { buf, 4 };
	struct mmsghdr vec = { .msg_hdr = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_name = &addr, .msg_namelen = sizeof(addr),
	} };

	check(sendto(client, buf, 4, MSG_FASTOPEN, SA(&addr), sizeof(addr)) < 0 &&
	      errno == EOPNOTSUPP, "sendto: no Fast Open");
	check(sendmsg(client, &vec.msg_hdr, MSG_FASTOPEN) < 0 &&
	      errno == EOPNOTSUPP, "sendmsg: no Fast Open");
	check(sendmmsg(client, &vec, 1, MSG_FASTOPEN) < 0 && errno == EOPNOTSUPP,
	      "sendmmsg: no Fast Open");
	check(connect(client, SA(&addr), sizeof(addr)) == 0, "connect after that");
	close(client);
	close(server);
}

/* Run ourselves again with the descriptor open; 0 if the child is content. */
static int exec_with(int fd)
{
	char number[16], family[16];
	int status;
	pid_t pid;

	snprintf(number, sizeof(number), "%d", fd);
	snprintf(family, sizeof(family), "%d", expected);
	pid = must(fork(), "fork");
	if (!pid) {
		execl(self, self, family, "inherited", number, NULL);
		_exit(127);
	}
	must(waitpid(pid, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The child's side: the descriptor behaves, and so does a new socket. */
static int inherited(int fd)
{
	struct sockaddr_in addr = loopback(0);
	socklen_t len = sizeof(addr);

	if (!is_stream(fd) || option(fd, SO_DOMAIN) != AF_INET)
		return 1;
	if (bind(fd, SA(&addr), sizeof(addr)))
		return 2;
	if (getsockname(fd, SA(&addr), &len) || !is_inet(&addr, len))
		return 3;
	if (listen(fd, 1))
		return 4;
	fd = stream();
	if (!is_stream(fd))
		return 5;
	return connect(fd, SA(&addr), sizeof(addr)) ? 6 : 0;
}

static int pass_fd(int via, int fd)
{
	union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } u = { 0 };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(via, &msg, 0) == 1 ? 0 : -1;
}

static int take_fd(int via)
{
	union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } u;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(via, &msg, 0) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg)
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}

static void test_inherit(void)
{
	struct sockaddr_in addr = loopback(0);
	int pair[2], fd, copy;

	fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	check(exec_with(fd) == 0, "after fork and exec the child can use it");
	close(fd);

	fd = stream();
	copy = must(dup(fd), "dup");
	check(is_stream(copy) &&
	      !bind(copy, SA(&addr), sizeof(addr)), "a dup of it can be bound");
	close(fd);
	check(option(copy, SO_DOMAIN) == AF_INET, "the dup's SO_DOMAIN");
	close(copy);

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	check(kernel_family(pair[0]) == AF_UNIX, "socketpair is AF_UNIX's");
	fd = stream();
	must(pass_fd(pair[0], fd), "sendmsg SCM_RIGHTS");
	close(fd);
	copy = must(take_fd(pair[1]), "recvmsg SCM_RIGHTS");
	check(!bind(copy, SA(&addr), sizeof(addr)),
	      "one passed over a UNIX socket can be bound");
	close(copy);

	/* A number that was ours and is now another's. */
	fd = stream();
	must(dup2(pair[0], fd), "dup2");
	check(option(fd, SO_DOMAIN) == AF_UNIX, "dup2 over it: no longer ours");
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

static void test_datagrams(int a, int b, struct sockaddr_in *to)
{
	struct sockaddr_in name;
	char buf[16] = "datagram";
	struct iovec iov = { buf, 8 };
	struct mmsghdr vec = { .msg_hdr = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_name = to, .msg_namelen = sizeof(*to),
	} };
	volatile size_t room = sizeof(buf);
	socklen_t len = sizeof(name);

	check(sendto(a, buf, 8, 0, SA(to), sizeof(*to)) == 8, "UDP sendto");
	check(recvfrom(b, buf, room, 0, SA(&name), &len) == 8 &&
	      is_inet(&name, len), "UDP recvfrom");
	check(sendmsg(a, &vec.msg_hdr, 0) == 8, "UDP sendmsg");
	check(sendmmsg(a, &vec, 1, 0) == 1, "UDP sendmmsg");
	vec.msg_hdr.msg_name = &name;
	check(recvmsg(b, &vec.msg_hdr, 0) == 8 &&
	      is_inet(&name, vec.msg_hdr.msg_namelen), "UDP recvmsg");
	vec.msg_hdr.msg_namelen = sizeof(name);
	memset(&name, 0, sizeof(name));
	check(recvmmsg(b, &vec, 1, 0, NULL) == 1 &&
	      is_inet(&name, vec.msg_hdr.msg_namelen), "UDP recvmmsg");
}

static void test_others(void)
{
	struct sockaddr_in addr = loopback(0);
	socklen_t len = sizeof(addr);
	int a, b;

	a = must(socket(AF_INET, SOCK_DGRAM, 0), "UDP socket");
	b = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP),
		 "UDP socket");
	check(kernel_family(a) == AF_INET && kernel_family(b) == AF_INET,
	      "UDP sockets stay AF_INET");
	check(option(a, SO_DOMAIN) == AF_INET &&
	      option(a, SO_PROTOCOL) == IPPROTO_UDP, "UDP SO_PROTOCOL");
	must(bind(b, SA(&addr), len), "UDP bind");
	must(getsockname(b, SA(&addr), &len), "UDP getsockname");
	test_datagrams(a, b, &addr);
	check(!connect(a, SA(&addr), sizeof(addr)), "UDP connect");
	close(a);
	close(b);

	a = socket(AF_INET6, SOCK_STREAM, 0);
	check(a >= 0 ? kernel_family(a) == AF_INET6 : errno == EAFNOSUPPORT,
	      "IPv6 stream sockets stay AF_INET6");
	close(a);
	a = must(socket(AF_UNIX, SOCK_STREAM, 0), "UNIX socket");
	check(kernel_family(a) == AF_UNIX, "UNIX stream sockets stay AF_UNIX");
	close(a);
	a = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP_);
	if (expected != IPPROTO_TCP)
		check(a >= 0 && is_stream(a), "MPTCP sockets are the TCP that is expected");
	else
		check(a >= 0 ? option(a, SO_PROTOCOL) == IPPROTO_MPTCP_ :
		      errno == EPROTONOSUPPORT || errno == ENOPROTOOPT, "MPTCP sockets");
	close(a);
	a = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	check(a >= 0 ? kernel_family(a) == AF_INET : errno == EPERM,
	      "raw sockets stay AF_INET");
	close(a);
}

/* Each way to run a program, with an environment that holds next to nothing. */
enum { EXECVE, EXECV, EXECVP, EXECVPE, EXECL, EXECLP, EXECLE, FEXECVE, EXECVEAT,
       SPAWN, SPAWNP, SYSTEM, SHELL, WAYS };

static const char * const way_names[WAYS] = {
	"execve", "execv", "execvp", "execvpe", "execl", "execlp", "execle",
	"fexecve", "execveat", "posix_spawn", "posix_spawnp", "system", "a shell's env -i",
};

static int run_program(int way, char *path, char *argv[])
{
	char *env[] = { "PATH=/usr/bin:/bin", NULL };
	char line[PATH_MAX + 100];
	pid_t pid;

	switch (way) {
	case EXECVE:
		return execve(path, argv, env);
	case EXECVPE:
		return execvpe(path, argv, env);
	case EXECLE:
		return execle(path, argv[0], argv[1], argv[2], NULL, env);
	case FEXECVE:
		return fexecve(open(path, O_PATH), argv, env);
	case EXECVEAT:
		return execveat(AT_FDCWD, path, argv, env, 0);
	case SPAWN:
		return posix_spawn(&pid, path, NULL, NULL, argv, env) ? -1 : pid;
	case SPAWNP:
		return posix_spawnp(&pid, path, NULL, NULL, argv, env) ? -1 : pid;
	case SHELL:
		snprintf(line, sizeof(line), "exec env -i %s %s %s", path, argv[1], argv[2]);
		return execl("/bin/sh", "sh", "-c", line, NULL);
	}
	if (way == SYSTEM)
		clearenv();
	else
		environ = NULL;
	switch (way) {
	case EXECV:
		return execv(path, argv);
	case EXECVP:
		return execvp(path, argv);
	case EXECL:
		return execl(path, argv[0], argv[1], argv[2], NULL);
	case EXECLP:
		return execlp(path, argv[0], argv[1], argv[2], NULL);
	case SYSTEM:
		snprintf(line, sizeof(line), "exec %s %s %s", path, argv[1], argv[2]);
		_exit(WEXITSTATUS(system(line)));
	}
	return -1;
}

static int run_way(int way, char *path, char *argv[])
{
	int status, child;
	pid_t pid = must(fork(), "fork");

	if (!pid) {
		child = run_program(way, path, argv);
		if (child > 0 && waitpid(child, &status, 0) == child)
			_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 127);
		_exit(127);
	}
	must(waitpid(pid, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void run_ways(int protocol)
{
	char path[PATH_MAX], number[16];
	char *argv[] = { "calls", number, "is", NULL };
	ssize_t n = must(readlink("/proc/self/exe", path, sizeof(path) - 1), "readlink");
	int way;

	path[n] = 0;
	snprintf(number, sizeof(number), "%d", protocol);
	for (way = 0; way < WAYS; way++)
		check(run_way(way, path, argv) == 0, way_names[way]);
}

static void test_exec(void)
{
	run_ways(expected);
}

/* With --cleared: whoever clears the environment leaves. */
static void test_leave(void)
{
	run_ways(IPPROTO_TCP);
}

/* Is a new socket what is expected? */
static void test_is(void)
{
	check(is_stream(stream()), "a new socket's TCP");
}

#define THREADS 4
#define ROUNDS 25

static struct sockaddr_in shared_addr;

static void *client_thread(void *arg)
{
	long bad = 0;
	int i, fd;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		char byte = 'x';

		fd = stream();
		if (connect(fd, SA(&shared_addr), sizeof(shared_addr)) ||
		    send(fd, &byte, 1, MSG_NOSIGNAL) != 1 ||
		    recv(fd, &byte, 1, 0) != 1 || byte != 'y')
			bad++;
		close(fd);
	}
	return (void *)bad;
}

static void test_threads(void)
{
	int server = listener(&shared_addr), i;
	pthread_t threads[THREADS];
	struct sockaddr_in name;
	long bad = 0, wrong = 0;
	void *result;

	for (i = 0; i < THREADS; i++)
		must(-pthread_create(&threads[i], NULL, client_thread, NULL),
		     "pthread_create");
	for (i = 0; i < THREADS * ROUNDS; i++) {
		socklen_t len = sizeof(name);
		int fd = must(accept(server, SA(&name), &len), "accept");
		char byte = 0;

		wrong += !is_inet(&name, len) || recv(fd, &byte, 1, 0) != 1;
		wrong += send(fd, "y", 1, MSG_NOSIGNAL) != 1;
		close(fd);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		bad += (long)result;
	}
	check(!bad && !wrong, "four threads connect, one accepts");
	close(server);
}

static const struct {
	const char *name;
	void (*run)(void);
} groups[] = {
	{ "create", test_create },
	{ "bind", test_bind },
	{ "connect", test_connect },
	{ "dissolve", test_dissolve },
	{ "transfer", test_transfer },
	{ "fastopen", test_fastopen },
	{ "nofastopen", test_nofastopen },
	{ "inherit", test_inherit },
	{ "others", test_others },
	{ "threads", test_threads },
	{ "exec", test_exec },
	{ "leave", test_leave },
	{ "is", test_is },
};

int main(int argc, char **argv)
{
	size_t g;
	int i;

	self = "/proc/self/exe";
	if (argc < 3)
		return 125;
	expected = atoi(argv[1]);
	alarm(120);
	if (!strcmp(argv[2], "inherited"))
		return argc > 3 ? inherited(atoi(argv[3])) : 125;

	for (i = 2; i < argc; i++) {
		for (g = 0; g < sizeof(groups) / sizeof(*groups); g++) {
			if (!strcmp(argv[i], groups[g].name))
				break;
		}
		if (g == sizeof(groups) / sizeof(*groups))
			return 125;
		printf("# %s\n", groups[g].name);
		groups[g].run();
	}
	return failures != 0;
}
