// SPDX-License-Identifier: GPL-2.0
/*
 * The socket is a file: fstat, fcntl, dup, fork, passing over a Unix socket,
 * /proc/PID/fd, exec, and the calls of files that a socket refuses.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 300
 */
#define _GNU_SOURCE
#include "t.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(int from, int to)
{
	char b = 0;

	RET(send(from, "m", 1, MSG_NOSIGNAL), 1);
	RET(recv(to, &b, 1, 0), 1);
	EQ(b, 'm');
}

/* Neither FIN nor data has come within a moment. */
static void still_open(int fd)
{
	EQ(t_poll(fd, POLLIN | POLLRDHUP, T_SHORT / 2), 0);
}

static void at_end(int fd)
{
	char b;

	RET(recv(fd, &b, 1, 0), 0);
}

CASE_F(status, T_NO_MIX)
{
	int a = t_sock(t_fam), b = t_sock(t_fam);
	struct stat x, y;

	OK(fstat(a, &x));
	OK(fstat(b, &y));
	TRUE(S_ISSOCK(x.st_mode));
	TRUE(x.st_ino && x.st_ino != y.st_ino);
	EQ(x.st_dev, y.st_dev);
	EQ(x.st_uid, getuid());
	EQ(x.st_nlink, 1);
}

CASE_F(owner, T_NO_MIX)
{
	struct stat x;

	NEED(!setuid(4711));
	OK(fstat(t_sock(t_fam), &x));
	EQ(x.st_uid, 4711);
	OK(fchown(t_sock(t_fam), -1, -1));
}

CASE(accepted_is_a_file)
{
	struct stat x, y;
	int c, s;

	t_pair(&c, &s);
	OK(fstat(s, &x));
	OK(fstat(c, &y));
	TRUE(S_ISSOCK(x.st_mode));
	TRUE(x.st_ino != y.st_ino);
}

CASE_F(proc_fd, T_NO_MIX)
{
	char path[64], link[64] = "", want[64];
	int fd = t_sock(t_fam);
	struct stat x;

	OK(fstat(fd, &x));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(want, sizeof(want), "socket:[%lu]", (unsigned long)x.st_ino);
	OK(readlink(path, link, sizeof(link) - 1));
	if (strcmp(link, want))
		FAIL("link is \"%s\", expected \"%s\"", link, want);
	ERR(open(path, O_RDWR | O_CLOEXEC), ENXIO);	/* not opened by name */
	OK(stat(path, &x));
	TRUE(S_ISSOCK(x.st_mode));
}

CASE(nonblocking_by_fcntl)
{
	char b;
	int c, s;

	t_pair(&c, &s);
	EQ(fcntl(s, F_GETFL), O_RDWR);
	OK(fcntl(s, F_SETFL, O_NONBLOCK));
	EQ(fcntl(s, F_GETFL), O_RDWR | O_NONBLOCK);
	ERR(recv(s, &b, 1, 0), EAGAIN);
	OK(fcntl(s, F_SETFL, 0));
	say(c, s);
}

CASE_F(not_for_sockets, T_NO_MIX)
{
	int fd = t_sock(t_fam);
	char b[4];

	ERR(lseek(fd, 0, SEEK_SET), ESPIPE);
	ERR(pread(fd, b, 1, 0), ESPIPE);
	ERR(pwrite(fd, b, 1, 0), ESPIPE);
	ERR(ftruncate(fd, 0), EINVAL);
	ERR(fsync(fd), EINVAL);
	ERR(fchdir(fd), ENOTDIR);
}

/* AF_INET maps a socket for TCP_ZEROCOPY_RECEIVE, which is left out here. */
CASE_F(no_mmap, T_NO_MIX | T_ONLY_NEWINET)
{
	int fd = t_sock(t_fam);

	ERR(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0), ENODEV);
}

CASE(duplicates)
{
	int c, s, d, e;
	char b;

	t_pair(&c, &s);
	d = OK(dup(s));
	e = OK(fcntl(s, F_DUPFD_CLOEXEC, 100));
	TRUE(e >= 100);
	EQ(fcntl(e, F_GETFD), FD_CLOEXEC);
	OK(fcntl(d, F_SETFL, O_NONBLOCK));	/* one file, one O_NONBLOCK */
	EQ(!!(fcntl(s, F_GETFL) & O_NONBLOCK), 1);
	ERR(recv(s, &b, 1, 0), EAGAIN);
	OK(fcntl(s, F_SETFL, 0));
	OK(close(s));
	ERR(recv(s, &b, 1, 0), EBADF);
	still_open(c);
	say(c, d);
	say(e, c);
	OK(close(d));
	still_open(c);
	say(c, e);
	OK(dup2(0, e) == e ? 0 : -1);		/* replaced: the last is gone */
	at_end(c);
}

CASE(shared_by_fork)
{
	int c, s, status, go[2];
	pid_t pid;
	char b;

	t_pair(&c, &s);
	OK(pipe2(go, O_CLOEXEC));
	pid = OK(fork());
	if (!pid) {
		close(go[1]);
		RET(read(go[0], &b, 1), 1);
		say(s, c);
		say(c, s);
		t_end();
	}
	OK(close(s));
	still_open(c);			/* the child holds it */
	RET(write(go[1], "x", 1), 1);
	RET(waitpid(pid, &status, 0), pid);
	TRUE(!status);
	at_end(c);
}

CASE(childs_close_is_not_ours)
{
	int c, s, st;
	pid_t pid;

	t_pair(&c, &s);
	pid = OK(fork());
	if (!pid) {
		close(s);
		_exit(0);
	}
	RET(waitpid(pid, &st, 0), pid);
	still_open(c);
	say(c, s);
	/* but shutdown is of the socket, whoever calls it */
	pid = OK(fork());
	if (!pid) {
		shutdown(s, SHUT_WR);
		_exit(0);
	}
	RET(waitpid(pid, &st, 0), pid);
	at_end(c);
	say(c, s);
}

CASE(listener_shared_by_fork)
{
	int l = t_listen(t_sfam, LOOP, 0, 4), c, s, st;
	pid_t pid = OK(fork());

	if (!pid) {
		s = t_accept(l);
		t_send_all(s, "hi", 2);
		t_end();
	}
	c = t_connect(t_cfam, LOOP, t_port(l));
	t_drain(c, 2);
	at_end(c);
	waitpid(pid, &st, 0);
	EQ(st, 0);
	close(c);
	/* the child's exit has not ended the listening */
	c = t_connect(t_cfam, LOOP, t_port(l));
	s = t_accept(l);
	say(c, s);
}

static void pass(int over, int fd)
{
	union {
		struct cmsghdr h;
		char b[CMSG_SPACE(sizeof(int))];
	} u;
	struct iovec v = { "f", 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &u,
			    .msg_controllen = sizeof(u) };

	memset(&u, 0, sizeof(u));
	u.h.cmsg_len = CMSG_LEN(sizeof(int));
	u.h.cmsg_level = SOL_SOCKET;
	u.h.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&u.h), &fd, sizeof(fd));
	RET(sendmsg(over, &m, 0), 1);
}

static int passed(int over)
{
	union {
		struct cmsghdr h;
		char b[CMSG_SPACE(sizeof(int))];
	} u;
	char b;
	struct iovec v = { &b, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &u,
			    .msg_controllen = sizeof(u) };
	int fd;

	RET(recvmsg(over, &m, MSG_CMSG_CLOEXEC), 1);
	NEED(m.msg_controllen >= CMSG_LEN(sizeof(int)));
	memcpy(&fd, CMSG_DATA(&u.h), sizeof(fd));
	return fd;
}

CASE(passed_to_another_process)
{
	int c, s, u[2], st;
	pid_t pid;

	OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, u));
	pid = OK(fork());		/* before the sockets exist */
	if (!pid) {
		int fd;

		close(u[0]);
		fd = passed(u[1]);
		EQ(t_peer(fd).sin_family, T_AF(t_sfam));
		t_drain(fd, 4);
		t_send_all(fd, "pong", 4);
		t_end();
	}
	close(u[1]);
	t_pair(&c, &s);
	pass(u[0], s);
	close(s);
	t_send_all(c, "ping", 4);
	t_drain(c, 4);
	at_end(c);
	RET(waitpid(pid, &st, 0), pid);
	EQ(st, 0);
}

/* Nobody's descriptor, only in a message: open; the message lost: closed. */
CASE(in_flight_only)
{
	int c, s, u[2];

	OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, u));
	t_pair(&c, &s);
	pass(u[0], s);
	close(s);
	still_open(c);
	close(u[0]);
	close(u[1]);
	at_end(c);
}

CASE(listener_passed)
{
	int l = t_listen(t_sfam, LOOP, 0, 4), u[2], c, m;
	uint16_t port = t_port(l);

	OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, u));
	pass(u[0], l);
	close(l);
	c = t_connect(t_cfam, LOOP, port);
	m = passed(u[1]);
	say(c, t_accept(m));
}

/* What exec keeps: a shell copies from the descriptor it was given. */
CASE(kept_by_exec)
{
	char cmd[64], b[8] = "";
	int c, s, st;
	pid_t pid;

	t_pair(&c, &s);
	OK(fcntl(s, F_SETFD, 0));
	pid = OK(fork());
	if (!pid) {
		snprintf(cmd, sizeof(cmd), "echo hi >&%d", s);
		execl("/bin/sh", "sh", "-c", cmd, NULL);
		_exit(9);
	}
	close(s);
	RET(recv(c, b, 3, MSG_WAITALL), 3);
	TRUE(!memcmp(b, "hi\n", 3));
	RET(waitpid(pid, &st, 0), pid);
	EQ(st, 0);
	at_end(c);
}

CASE(closed_by_exec)
{
	pid_t pid;
	int c, s;

	t_pair(&c, &s);
	EQ(fcntl(s, F_GETFD), FD_CLOEXEC);
	pid = OK(fork());
	if (!pid) {
		execl("/bin/sleep", "sleep", "50", NULL);
		_exit(9);
	}
	close(s);
	at_end(c);			/* while the new program runs */
	RET(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* stdio works on it, as on any file. */
CASE(stdio)
{
	char line[32] = "";
	FILE *in, *out;
	int c, s;

	t_pair(&c, &s);
	out = fdopen(c, "w");
	in = fdopen(s, "r");
	NEED(in && out);
	fprintf(out, "line %d\n", 1);
	fflush(out);
	NEED(fgets(line, sizeof(line), in));
	TRUE(!strcmp(line, "line 1\n"));
	fclose(out);
	TRUE(!fgets(line, sizeof(line), in) && feof(in));
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
