// SPDX-License-Identifier: GPL-2.0
/*
 * socket() and socketpair(): every type, protocol and flag, each refusal with
 * Linux's errno, and that a refused or closed socket leaves nothing behind.
 */
#define _GNU_SOURCE
#include "t.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* "sockets: used N" of this network namespace counts sockets of any family. */
static int sockets_used(void)
{
	FILE *f = fopen("/proc/net/sockstat", "re");
	int n = -1;

	NEED(f);
	NEED(fscanf(f, "sockets: used %d", &n) == 1);
	fclose(f);
	return n;
}

/* Sockets are freed after a grace period: give the count time to come down. */
static void no_more_than(int before)
{
	uint64_t end = t_ms() + T_LONG;

	while (sockets_used() > before && t_ms() < end)
		t_sleep(50);
	EQ(sockets_used(), before);
}

CASE_F(stream_any_protocol, T_NO_MIX)
{
	int fd = OK(socket(t_fam, SOCK_STREAM, 0));

	EQ(t_getopt(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	EQ(t_getopt(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
	ERRNO(t_so_error(fd), 0);
	OK(close(fd));
	ERR(close(fd), EBADF);
}

CASE_F(stream_tcp, T_NO_MIX)
{
	int fd = OK(socket(t_fam, SOCK_STREAM, IPPROTO_TCP));

	EQ(t_getopt(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	OK(close(fd));
}

CASE_F(domain_and_protocol, T_NO_MIX | T_ONLY_INET)
{
	int fd = t_sock(t_fam);

	EQ(t_getopt(fd, SOL_SOCKET, SO_DOMAIN), AF_INET);
	EQ(t_getopt(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
}

CASE_F(flags, T_NO_MIX)
{
	static const int flags[] = { 0, SOCK_NONBLOCK, SOCK_CLOEXEC,
				     SOCK_NONBLOCK | SOCK_CLOEXEC };

	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		int fd = OK(socket(t_fam, SOCK_STREAM | flags[i], 0));

		EQ(!!(fcntl(fd, F_GETFL) & O_NONBLOCK),
		   !!(flags[i] & SOCK_NONBLOCK));
		EQ(!!(fcntl(fd, F_GETFD) & FD_CLOEXEC),
		   !!(flags[i] & SOCK_CLOEXEC));
		EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
		close(fd);
	}
}

CASE_F(invalid_flags, T_NO_MIX)
{
	ERR(socket(t_fam, SOCK_STREAM | 0x10, 0), EINVAL);
	ERR(socket(t_fam, SOCK_STREAM | 0x100, 0), EINVAL);
	ERR(socket(t_fam, SOCK_STREAM | O_APPEND, 0), EINVAL);
	ERR(socket(t_fam, SOCK_STREAM | 0x40000000, 0), EINVAL);
	ERR(socket(t_fam, SOCK_STREAM | INT_MIN, 0), EINVAL);
	ERR(socket(t_fam, -1, 0), EINVAL);
}

CASE_F(type_out_of_range, T_NO_MIX)
{
	for (int type = 11; type < 16; type++)
		ERR(socket(t_fam, type, 0), EINVAL);
}

CASE_F(type_unsupported, T_NO_MIX)
{
	static const int types[] = { 0, SOCK_RDM, 7, 8, 9 };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		ERR(socket(t_fam, types[i], 0), ESOCKTNOSUPPORT);
		ERR(socket(t_fam, types[i], IPPROTO_TCP), ESOCKTNOSUPPORT);
	}
}

/* These exist on AF_INET (SOCK_PACKET as an alias of AF_PACKET). */
CASE_F(type_not_here, T_NO_MIX | T_ONLY_NEWINET)
{
	ERR(socket(t_fam, SOCK_DGRAM, 0), ESOCKTNOSUPPORT);
	ERR(socket(t_fam, SOCK_DGRAM, IPPROTO_UDP), ESOCKTNOSUPPORT);
	ERR(socket(t_fam, SOCK_RAW, 0), ESOCKTNOSUPPORT);
	ERR(socket(t_fam, SOCK_RAW, IPPROTO_TCP), ESOCKTNOSUPPORT);
	ERR(socket(t_fam, SOCK_PACKET, 0), ESOCKTNOSUPPORT);
	ERR(socket(t_fam, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT);
	ERR(socket(t_fam, SOCK_DCCP, 0), ESOCKTNOSUPPORT);
}

CASE_F(protocol_wrong, T_NO_MIX)
{
	ERR(socket(t_fam, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
	ERR(socket(t_fam, SOCK_STREAM, IPPROTO_ICMP), EPROTONOSUPPORT);
	ERR(socket(t_fam, SOCK_STREAM, 254), EPROTONOSUPPORT);
	ERR(socket(t_fam, SOCK_STREAM, IPPROTO_RAW), EPROTONOSUPPORT);
	/* past 255, below IPPROTO_MAX (263, which holds MPTCP's 262) */
	ERR(socket(t_fam, SOCK_STREAM, 257), EPROTONOSUPPORT);
	ERR(socket(t_fam, SOCK_STREAM, 261), EPROTONOSUPPORT);
}

CASE_F(protocol_mptcp, T_NO_MIX | T_ONLY_NEWINET)
{
	ERR(socket(t_fam, SOCK_STREAM, 262), EPROTONOSUPPORT);
}

CASE_F(protocol_out_of_range, T_NO_MIX)
{
	ERR(socket(t_fam, SOCK_STREAM, -1), EINVAL);
	ERR(socket(t_fam, SOCK_STREAM, INT_MIN), EINVAL);
	ERR(socket(t_fam, SOCK_STREAM, 263), EINVAL);
	ERR(socket(t_fam, SOCK_STREAM, 1 << 16 | IPPROTO_TCP), EINVAL);
	ERR(socket(t_fam, SOCK_STREAM, INT_MAX), EINVAL);
}

CASE_F(family_out_of_range, T_NO_MIX)
{
	ERR(socket(1000, SOCK_STREAM, 0), EAFNOSUPPORT);
	ERR(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
	ERR(socket(t_fam | 0x10000, SOCK_STREAM, 0), EAFNOSUPPORT);
}

CASE_F(socketpair_refused, T_NO_MIX)
{
	int sv[2];

	ERR(socketpair(t_fam, SOCK_STREAM, 0, sv), EOPNOTSUPP);
	ERR(socketpair(t_fam, SOCK_STREAM, IPPROTO_TCP, sv), EOPNOTSUPP);
	ERR(socketpair(t_fam, SOCK_RDM, 0, sv), ESOCKTNOSUPPORT);
	ERR(socketpair(t_fam, SOCK_STREAM, IPPROTO_UDP, sv), EPROTONOSUPPORT);
}

CASE_F(refused_leaves_nothing, T_NO_MIX)
{
	int before, sv[2];

	/* one first, so that whatever the stack keeps for itself exists */
	close(t_sock(t_fam));
	t_sleep(100);
	before = sockets_used();

	/* each refusal looks for a module first, which takes its time */
	for (int i = 0; i < 3; i++) {
		ERR(socket(t_fam, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
		ERR(socket(t_fam, SOCK_RDM, 0), ESOCKTNOSUPPORT);
		ERR(socketpair(t_fam, SOCK_STREAM, 0, sv), EOPNOTSUPP);
	}
	no_more_than(before);
}

CASE_F(no_descriptor_left, T_NO_MIX)
{
	struct rlimit r, old;
	int before, fd, top;

	before = sockets_used();
	top = t_sock(t_fam);
	getrlimit(RLIMIT_NOFILE, &old);
	r = old;
	r.rlim_cur = top + 1;
	OK(setrlimit(RLIMIT_NOFILE, &r));
	for (int i = 0; i < 100; i++)
		ERR(socket(t_fam, SOCK_STREAM, 0), EMFILE);
	OK(setrlimit(RLIMIT_NOFILE, &old));
	no_more_than(before + 1);
	close(top);
	fd = t_sock(t_fam);
	EQ(fd, top);
	close(fd);
	no_more_than(before);
}

/*
 * ENFILE: the whole system's limit, which root does not feel. It is changed
 * for a moment, so only where the machine is the test's own.
 */
CASE_F(no_file_left_in_system, T_NO_MIX)
{
	int st, go[2];
	char old[32];
	pid_t pid;

	if (!getenv("T_OWN_MACHINE") || *getenv("T_OWN_MACHINE") != '1')
		t_skip("changes fs.file-max; set T_OWN_MACHINE=1");
	snprintf(old, sizeof(old), "%ld", t_read_sysctl("fs/file-max"));
	OK(pipe(go));
	pid = OK(fork());
	if (!pid) {
		char b;

		NEED(!setuid(65534));
		RET(read(go[0], &b, 1), 1);
		ERR(socket(t_fam, SOCK_STREAM, 0), ENFILE);
		t_end();
	}
	/* 0: the first look at the count is a rough one, and may see none */
	t_write_sysctl("fs/file-max", "0");
	OK(write(go[1], "x", 1));
	waitpid(pid, &st, 0);
	t_write_sysctl("fs/file-max", old);
	EQ(st, 0);
}

CASE_F(a_thousand, T_NO_MIX)
{
	static int fds[1000];
	int before = sockets_used();
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_cur < 1100) {
		r.rlim_cur = 1100;
		if (r.rlim_max < 1100)
			r.rlim_max = 1100;
		OK(setrlimit(RLIMIT_NOFILE, &r));
	}
	for (int i = 0; i < 1000; i++)
		fds[i] = t_sock(t_fam);
	EQ(sockets_used(), before + 1000);
	for (int i = 0; i < 1000; i++)
		OK(close(fds[i]));
	no_more_than(before);
}

/* Root is not needed to open a stream socket. */
CASE_F(unprivileged, T_NO_MIX)
{
	NEED(!setgid(65534));
	NEED(!setuid(65534));
	OK(socket(t_fam, SOCK_STREAM, 0));
	ERR(socket(t_fam, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
