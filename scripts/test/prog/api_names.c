// SPDX-License-Identifier: GPL-2.0
/*
 * getsockname() and getpeername() in every state a program can bring a socket
 * into, with every kind of buffer. The family in them is the family under
 * test, sin_zero is zero, and nothing past the stated length is written.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 300
 */
#define _GNU_SOURCE
#include "t.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef int (*name_fn)(int fd, struct sockaddr *a, socklen_t *len);

/* All 16 bytes, as the call left them in a buffer that was not zero before. */
static void full_name(const char *what, name_fn fn, int fd, uint32_t ip,
		      uint16_t port, int fam)
{
	struct sockaddr_in want = t_addr(fam, ip, port);
	struct { struct sockaddr_in a; unsigned char after[16]; } got;
	socklen_t len = sizeof(got);

	memset(&got, 0xa5, sizeof(got));
	OK(fn(fd, SA(&got), &len));
	EQ(len, 16);
	if (got.a.sin_family != want.sin_family)
		FAIL("%s: family %d, expected %d", what, got.a.sin_family,
		     want.sin_family);
	if (got.a.sin_addr.s_addr != want.sin_addr.s_addr ||
	    got.a.sin_port != want.sin_port)
		FAIL("%s: %08x:%d, expected %08x:%d", what,
		     ntohl(got.a.sin_addr.s_addr), ntohs(got.a.sin_port), ip,
		     port);
	if (memcmp(got.a.sin_zero, want.sin_zero, 8))
		FAIL("%s: sin_zero is not zero", what);
	for (int i = 0; i < 16; i++)
		EQ(got.after[i], 0xa5);
}

#define LOCAL(fd, ip, port, fam) \
	full_name("getsockname(" #fd ")", getsockname, fd, ip, port, fam)
#define PEER(fd, ip, port, fam) \
	full_name("getpeername(" #fd ")", getpeername, fd, ip, port, fam)

static void no_peer(int fd)
{
	struct sockaddr_in a, untouched;
	socklen_t len = sizeof(a);

	memset(&a, 0xa5, sizeof(a));
	untouched = a;
	ERR(getpeername(fd, SA(&a), &len), ENOTCONN);
	EQ(len, sizeof(a));
	TRUE(!memcmp(&a, &untouched, sizeof(a)));
}

CASE_F(fresh, T_NO_MIX)
{
	int fd = t_sock(t_fam);

	LOCAL(fd, 0, 0, t_fam);
	no_peer(fd);
}

CASE_F(bound, T_NO_MIX)
{
	int fd = t_bound(t_fam, LOOP + 3, 0), any = t_bound(t_fam, 0, 0);

	NEED(t_port(fd) && t_port(any));
	LOCAL(fd, LOOP + 3, t_port(fd), t_fam);
	LOCAL(any, 0, t_port(any), t_fam);
	no_peer(fd);
}

CASE_F(listening, T_NO_MIX)
{
	int fd = t_listen(t_fam, LOOP, 0, 1);

	LOCAL(fd, LOOP, t_port(fd), t_fam);
	no_peer(fd);
}

CASE(connecting)
{
	struct t_sink k;
	int c;

	t_sink(&k);
	c = t_connect_nb(t_cfam, LOOP, k.port);
	NEED(t_port(c));
	LOCAL(c, LOOP, t_port(c), t_cfam);
	no_peer(c);
}

CASE(refused)
{
	struct sockaddr_in a;
	int b, c;

	t_own_netns();		/* no older connection may share the port */
	b = t_bound(t_sfam, LOOP, 0);
	c = t_sock(t_cfam);
	a = t_addr(t_cfam, LOOP, t_port(b));
	ERR(connect(c, SA(&a), sizeof(a)), ECONNREFUSED);
	no_peer(c);
	/* the port that it had taken is free again */
	close(t_bound(t_cfam, LOOP, t_port(c)));
}

CASE(refused_and_bound)
{
	int b = t_bound(t_sfam, LOOP, 0), c = t_bound(t_cfam, LOOP, 0);
	struct sockaddr_in a = t_addr(t_cfam, LOOP, t_port(b));
	uint16_t port = t_port(c);

	ERR(connect(c, SA(&a), sizeof(a)), ECONNREFUSED);
	LOCAL(c, LOOP, port, t_cfam);
	no_peer(c);
}

CASE(connected)
{
	int c, s;

	t_pair(&c, &s);
	NEED(t_port(c) && t_port(s));
	LOCAL(c, LOOP, t_port(c), t_cfam);
	PEER(c, LOOP, t_port(s), t_cfam);
	LOCAL(s, LOOP, t_port(s), t_sfam);
	PEER(s, LOOP, t_port(c), t_sfam);
}

CASE(connected_to_wildcard_listener)
{
	int l = t_listen(t_sfam, INADDR_ANY, 0, 1), s;
	int c = t_connect(t_cfam, LOOP + 4, t_port(l));

	s = t_accept(l);
	LOCAL(s, LOOP + 4, t_port(l), t_sfam);
	PEER(c, LOOP + 4, t_port(l), t_cfam);
	PEER(s, LOOP, t_port(c), t_sfam);
}

CASE(half_closed)
{
	int c, s;
	uint16_t cp, sp;

	t_pair(&c, &s);
	cp = t_port(c);
	sp = t_port(s);
	OK(shutdown(c, SHUT_WR));
	t_wait_hup(s);
	PEER(c, LOOP, sp, t_cfam);
	PEER(s, LOOP, cp, t_sfam);
	LOCAL(c, LOOP, cp, t_cfam);
	LOCAL(s, LOOP, sp, t_sfam);
}

CASE(peer_closed)
{
	int c, s;
	uint16_t sp;

	t_pair(&c, &s);
	sp = t_port(s);
	close(s);
	t_wait_hup(c);
	PEER(c, LOOP, sp, t_cfam);
}

/* Both FINs are through: the connection is gone, the local name stays. */
CASE(both_closed)
{
	int c, s;
	uint16_t cp, sp;

	t_pair(&c, &s);
	cp = t_port(c);
	sp = t_port(s);
	OK(shutdown(c, SHUT_WR));
	t_wait_hup(s);
	OK(shutdown(s, SHUT_WR));
	t_poll(c, 0, T_LONG);		/* HUP on both: TIME-WAIT and CLOSED */
	t_poll(s, 0, T_LONG);
	no_peer(c);
	no_peer(s);
	LOCAL(c, LOOP, cp, t_cfam);
	LOCAL(s, LOOP, sp, t_sfam);
}

CASE(reset)
{
	int c, s;
	uint16_t cp;

	t_pair(&c, &s);
	cp = t_port(c);
	t_reset_on_close(s);
	close(s);
	t_wait_hup(c);
	no_peer(c);
	LOCAL(c, LOOP, cp, t_cfam);
}

static void short_buffers(const char *what, name_fn fn, int fd)
{
	unsigned char full[16], b[20];
	socklen_t len = 16;

	OK(fn(fd, SA(full), &len));
	for (int n = 0; n <= 16; n++) {
		memset(b, 0xa5, sizeof(b));
		len = n;
		OK(fn(fd, SA(b), &len));
		if (len != 16)
			FAIL("%s of %d: length %d, expected 16", what, n, len);
		if (memcmp(b, full, n))
			FAIL("%s of %d: not the first bytes", what, n);
		for (int i = n; i < 20; i++)
			if (b[i] != 0xa5)
				FAIL("%s of %d: byte %d written", what, n, i);
	}
}

CASE(truncated)
{
	int c, s;

	t_pair(&c, &s);
	short_buffers("getsockname(c)", getsockname, c);
	short_buffers("getpeername(c)", getpeername, c);
	short_buffers("getsockname(s)", getsockname, s);
	short_buffers("getpeername(s)", getpeername, s);
}

static void bad_arguments(name_fn fn, int fd)
{
	struct sockaddr_in a;
	socklen_t len = -1;

	ERR(fn(fd, SA(&a), &len), EINVAL);
	len = 0x80000000;
	ERR(fn(fd, SA(&a), &len), EINVAL);
	len = 16;
	ERR(fn(fd, NULL, &len), EFAULT);
	ERR(fn(fd, (void *)8, &len), EFAULT);
	ERR(fn(fd, SA(&a), NULL), EFAULT);
	ERR(fn(fd, SA(&a), (void *)8), EFAULT);
	ERR(fn(-1, SA(&a), &len), EBADF);
	len = 0;
	RET(fn(fd, NULL, &len), 0);
	EQ(len, 16);
}

CASE(bad_input)
{
	int c, s;

	t_pair(&c, &s);
	bad_arguments(getsockname, c);
	bad_arguments(getpeername, c);
	bad_arguments(getsockname, s);
	bad_arguments(getpeername, s);
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
