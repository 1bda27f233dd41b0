// SPDX-License-Identifier: GPL-2.0
/*
 * Socket options: what each takes, refuses and answers, at the socket's, TCP's
 * and IP's level, with every kind of bad length and pointer. What the option
 * then does to a connection is tested where that belongs. ioctls and devices
 * are in api_ioctl.c.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 300
 */
#define _GNU_SOURCE
#include "t.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef TCP_INQ
#define TCP_INQ 36
#endif

/* read before the program enters its own namespace, where these may be hidden */
static long rmem_max, wmem_max;

static int set(int fd, int level, int opt, int val)
{
	return setsockopt(fd, level, opt, &val, sizeof(val));
}

/* One option: its default, what it takes (and then answers), what it refuses. */
struct opt {
	int level, opt;
	const char *name;
	int dflt;
	struct { int set, get; } good[6];	/* ends with a pair of zeros */
	int bad[5];				/* ends with a zero */
};
#define O(level, name) level, name, #name

static void try_option(const struct opt *o)
{
	int fd = t_sock(t_fam), have = 0;
	socklen_t len = sizeof(have);

	if (getsockopt(fd, o->level, o->opt, &have, &len)) {
		FAIL("getting %s: %s, expected success", o->name,
		     t_errname(errno));
		close(fd);
		return;
	}
	if (have != o->dflt)
		FAIL("%s is %d at first, expected %d", o->name, have, o->dflt);
	for (size_t i = 0; i < 6; i++) {
		int v = o->good[i].set;

		if (i && !v && !o->good[i].get)
			break;
		errno = 0;
		if (set(fd, o->level, o->opt, v)) {
			FAIL("setting %s to %d: %s, expected success", o->name,
			     v, t_errname(errno));
			continue;
		}
		have = t_getopt(fd, o->level, o->opt);
		if (have != o->good[i].get)
			FAIL("%s set to %d is %d, expected %d", o->name, v,
			     have, o->good[i].get);
	}
	for (size_t i = 0; i < 5 && o->bad[i]; i++) {
		int r, v = o->bad[i] == INT_MAX ? 0 : o->bad[i];

		errno = 0;
		r = set(fd, o->level, o->opt, v);
		if (r != -1 || errno != EINVAL)
			FAIL("setting %s to %d: %s, expected EINVAL", o->name,
			     v, r ? t_errname(errno) : "success");
	}
	EQ(t_getopt(fd, o->level, o->opt), have);	/* bad ones changed nothing */
	close(fd);
}

static void try_options(const struct opt *o, size_t n)
{
	for (size_t i = 0; i < n; i++)
		try_option(&o[i]);
}

/* ---- SOL_SOCKET ---------------------------------------------------- */

CASE_F(socket_switches, T_NO_MIX)
{
	static const struct opt t[] = {
		{ O(SOL_SOCKET, SO_KEEPALIVE), 0, { { 1, 1 }, { 7, 1 } }, {} },
		{ O(SOL_SOCKET, SO_REUSEADDR), 0, { { 1, 1 }, { -3, 1 } }, {} },
		{ O(SOL_SOCKET, SO_REUSEPORT), 0, { { 1, 1 }, { 9, 1 } }, {} },
		{ O(SOL_SOCKET, SO_BROADCAST), 0, { { 1, 1 } }, {} },
		{ O(SOL_SOCKET, SO_DONTROUTE), 0, { { 1, 1 } }, {} },
		{ O(SOL_SOCKET, SO_OOBINLINE), 0, { { 1, 1 } }, {} },
		{ O(SOL_SOCKET, SO_PRIORITY), 0, { { 6, 6 }, { 1, 1 } }, {} },
	};
	int fd = t_sock(t_fam);

	try_options(t, ARRAY_LEN(t));
	for (size_t i = 0; i + 1 < ARRAY_LEN(t); i++) {	/* and off again */
		OK(set(fd, SOL_SOCKET, t[i].opt, 1));
		OK(set(fd, SOL_SOCKET, t[i].opt, 0));
		EQ(t_getopt(fd, SOL_SOCKET, t[i].opt), 0);
	}
}

CASE_F(socket_read_only, T_NO_MIX)
{
	static const int ro[] = { SO_ERROR, SO_TYPE, SO_ACCEPTCONN,
				  SO_PROTOCOL, SO_DOMAIN, SO_SNDLOWAT };
	int fd = t_sock(t_fam);

	for (size_t i = 0; i < ARRAY_LEN(ro); i++)
		ERR(set(fd, SOL_SOCKET, ro[i], 1), ENOPROTOOPT);
	EQ(t_getopt(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	EQ(t_getopt(fd, SOL_SOCKET, SO_SNDLOWAT), 1);
	EQ(t_getopt(fd, SOL_SOCKET, SO_RCVLOWAT), 1);
	ERRNO(t_so_error(fd), 0);
}

CASE(acceptconn)
{
	int l = t_listen(t_sfam, LOOP, 0, 1), c, s;

	EQ(t_getopt(l, SOL_SOCKET, SO_ACCEPTCONN), 1);
	t_pair(&c, &s);
	EQ(t_getopt(c, SOL_SOCKET, SO_ACCEPTCONN), 0);
	EQ(t_getopt(s, SOL_SOCKET, SO_ACCEPTCONN), 0);
	EQ(t_getopt(s, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
}

static void buffer_size(int opt, long max)
{
	int fd = t_sock(t_fam), least;

	OK(set(fd, SOL_SOCKET, opt, 50000));
	EQ(t_getopt(fd, SOL_SOCKET, opt), 100000);	/* doubled */
	OK(set(fd, SOL_SOCKET, opt, 0));
	least = t_getopt(fd, SOL_SOCKET, opt);
	TRUE(least >= 2048 && least <= 8192);
	OK(set(fd, SOL_SOCKET, opt, 1));
	EQ(t_getopt(fd, SOL_SOCKET, opt), least);
	OK(set(fd, SOL_SOCKET, opt, max));
	EQ(t_getopt(fd, SOL_SOCKET, opt), 2 * max);
	OK(set(fd, SOL_SOCKET, opt, max + 1));		/* clamped */
	EQ(t_getopt(fd, SOL_SOCKET, opt), 2 * max);
	OK(set(fd, SOL_SOCKET, opt, INT_MAX));
	EQ(t_getopt(fd, SOL_SOCKET, opt), 2 * max);
	OK(set(fd, SOL_SOCKET, opt, -1));
	EQ(t_getopt(fd, SOL_SOCKET, opt), 2 * max);
}

CASE_F(buffer_sizes, T_NO_MIX)
{
	int fd = t_sock(t_fam);

	NEED(rmem_max > 0 && wmem_max > 0);
	buffer_size(SO_RCVBUF, rmem_max);
	buffer_size(SO_SNDBUF, wmem_max);
	/* past the limit: for an administrator only */
	OK(set(fd, SOL_SOCKET, SO_RCVBUFFORCE, rmem_max + 1000));
	EQ(t_getopt(fd, SOL_SOCKET, SO_RCVBUF), 2 * (rmem_max + 1000));
	OK(set(fd, SOL_SOCKET, SO_SNDBUFFORCE, wmem_max + 1000));
	EQ(t_getopt(fd, SOL_SOCKET, SO_SNDBUF), 2 * (wmem_max + 1000));
	NEED(!setuid(65534));
	ERR(set(fd, SOL_SOCKET, SO_RCVBUFFORCE, 4096), EPERM);
	ERR(set(fd, SOL_SOCKET, SO_SNDBUFFORCE, 4096), EPERM);
	ERR(set(fd, SOL_SOCKET, SO_PRIORITY, 7), EPERM);
}

/* A new socket starts with the middle values of tcp_rmem and tcp_wmem. */
CASE_F(buffer_defaults, T_NO_MIX)
{
	int fd;

	t_own_netns();
	t_write_sysctl("net/ipv4/tcp_rmem", "4096 77000 6291456");
	t_write_sysctl("net/ipv4/tcp_wmem", "4096 33000 4194304");
	fd = t_sock(t_fam);
	EQ(t_getopt(fd, SOL_SOCKET, SO_RCVBUF), 77000);
	EQ(t_getopt(fd, SOL_SOCKET, SO_SNDBUF), 33000);
}

CASE_F(linger_option, T_NO_MIX)
{
	struct linger l = { 9, 9 };
	socklen_t len = sizeof(l);
	int fd = t_sock(t_fam);

	OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	EQ(len, sizeof(l));
	EQ(l.l_onoff, 0);
	EQ(l.l_linger, 0);
	l = (struct linger){ 5, 12 };
	OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	EQ(l.l_onoff, 1);
	EQ(l.l_linger, 12);
	l.l_onoff = 0;
	OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	EQ(l.l_onoff, 0);
	for (int n = 0; n < 8; n++)
		ERR(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, n), EINVAL);
	ERR(setsockopt(fd, SOL_SOCKET, SO_LINGER, NULL, 8), EFAULT);
	len = 4;
	OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	EQ(len, 4);
}

CASE_F(timeout_options, T_NO_MIX)
{
	static const int opts[] = { SO_RCVTIMEO, SO_SNDTIMEO };
	int fd = t_sock(t_fam);

	for (size_t i = 0; i < 2; i++) {
		struct timeval tv = { 7, 7 };
		socklen_t len = sizeof(tv);

		OK(getsockopt(fd, SOL_SOCKET, opts[i], &tv, &len));
		EQ(len, sizeof(tv));
		TRUE(!tv.tv_sec && !tv.tv_usec);
		tv = (struct timeval){ 3, 500000 };
		OK(setsockopt(fd, SOL_SOCKET, opts[i], &tv, sizeof(tv)));
		tv.tv_sec = 0;
		OK(getsockopt(fd, SOL_SOCKET, opts[i], &tv, &len));
		EQ(tv.tv_sec, 3);
		EQ(tv.tv_usec, 500000);
		tv.tv_usec = 1000000;
		ERR(setsockopt(fd, SOL_SOCKET, opts[i], &tv, sizeof(tv)), EDOM);
		tv.tv_usec = -1;
		ERR(setsockopt(fd, SOL_SOCKET, opts[i], &tv, sizeof(tv)), EDOM);
		ERR(setsockopt(fd, SOL_SOCKET, opts[i], &tv, 15), EINVAL);
		ERR(setsockopt(fd, SOL_SOCKET, opts[i], NULL, 16), EFAULT);
	}
}

/* ---- TCP ----------------------------------------------------------- */

CASE_F(tcp_switches, T_NO_MIX)
{
	static const struct opt t[] = {
		{ O(IPPROTO_TCP, TCP_NODELAY), 0,
		  { { 1, 1 }, { 5, 1 }, { -1, 1 } }, {} },
		{ O(IPPROTO_TCP, TCP_CORK), 0, { { 1, 1 }, { 2, 1 } }, {} },
	};
	int fd = t_sock(t_fam);

	try_options(t, ARRAY_LEN(t));
	OK(set(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	OK(set(fd, IPPROTO_TCP, TCP_CORK, 1));
	OK(set(fd, IPPROTO_TCP, TCP_NODELAY, 0));	/* one leaves the other */
	EQ(t_getopt(fd, IPPROTO_TCP, TCP_CORK), 1);
	OK(set(fd, IPPROTO_TCP, TCP_CORK, 0));
	EQ(t_getopt(fd, IPPROTO_TCP, TCP_CORK), 0);
	EQ(t_getopt(fd, IPPROTO_TCP, TCP_NODELAY), 0);
}

/* In a table of refused values INT_MAX stands for 0, which ends the table. */
CASE_F(tcp_keepalive_ranges, T_NO_MIX)
{
	static const struct opt t[] = {
		{ O(IPPROTO_TCP, TCP_KEEPIDLE), 7200,
		  { { 1, 1 }, { 32767, 32767 } }, { INT_MAX, -1, 32768 } },
		{ O(IPPROTO_TCP, TCP_KEEPINTVL), 75,
		  { { 1, 1 }, { 32767, 32767 } }, { INT_MAX, -1, 32768 } },
		{ O(IPPROTO_TCP, TCP_KEEPCNT), 9,
		  { { 1, 1 }, { 127, 127 } }, { INT_MAX, -1, 128 } },
	};

	try_options(t, ARRAY_LEN(t));
}

CASE_F(tcp_keepalive_defaults, T_NO_MIX)
{
	int fd;

	t_own_netns();
	t_write_sysctl("net/ipv4/tcp_keepalive_time", "1234");
	t_write_sysctl("net/ipv4/tcp_keepalive_intvl", "56");
	t_write_sysctl("net/ipv4/tcp_keepalive_probes", "7");
	fd = t_sock(t_fam);
	EQ(t_getopt(fd, IPPROTO_TCP, TCP_KEEPIDLE), 1234);
	EQ(t_getopt(fd, IPPROTO_TCP, TCP_KEEPINTVL), 56);
	EQ(t_getopt(fd, IPPROTO_TCP, TCP_KEEPCNT), 7);
}

CASE_F(tcp_other_ranges, T_NO_MIX)
{
	static const struct opt t[] = {
		{ O(IPPROTO_TCP, TCP_SYNCNT), 6,
		  { { 1, 1 }, { 127, 127 } }, { INT_MAX, -1, 128 } },
		{ O(IPPROTO_TCP, TCP_USER_TIMEOUT), 0,
		  { { 1, 1 }, { 1000000, 1000000 }, { INT_MAX, INT_MAX } },
		  { -1, INT_MIN } },
		{ O(IPPROTO_TCP, TCP_LINGER2), 60,
		  { { 10, 10 }, { 121, 120 }, { -1, -1 }, { -9, -1 },
		    { 0, 60 } }, {} },
	};

	try_options(t, ARRAY_LEN(t));
}

CASE_F(tcp_maxseg_range, T_NO_MIX)
{
	int fd = t_sock(t_fam);

	EQ(t_getopt(fd, IPPROTO_TCP, TCP_MAXSEG), 536);
	ERR(set(fd, IPPROTO_TCP, TCP_MAXSEG, 87), EINVAL);
	ERR(set(fd, IPPROTO_TCP, TCP_MAXSEG, 1), EINVAL);
	ERR(set(fd, IPPROTO_TCP, TCP_MAXSEG, -1), EINVAL);
	ERR(set(fd, IPPROTO_TCP, TCP_MAXSEG, 32768), EINVAL);
	OK(set(fd, IPPROTO_TCP, TCP_MAXSEG, 88));
	OK(set(fd, IPPROTO_TCP, TCP_MAXSEG, 32767));
	OK(set(fd, IPPROTO_TCP, TCP_MAXSEG, 0));
	EQ(t_getopt(fd, IPPROTO_TCP, TCP_MAXSEG), 536);
}

/* AF_INET answers so since 6.5; AF_NEWINET on any kernel. */
CASE_F(tcp_maxseg_answer_before_connect, T_NO_MIX)
{
	int fd = t_sock(t_fam);

	if (!t_newinet && !t_kernel_at_least(6, 5))
		t_skip("this kernel answers 536");
	OK(set(fd, IPPROTO_TCP, TCP_MAXSEG, 1000));
	EQ(t_getopt(fd, IPPROTO_TCP, TCP_MAXSEG), 1000);
}

/* 1000 less 12 bytes of timestamps, on both sides, whoever asked for it. */
CASE(tcp_maxseg_negotiated)
{
	struct sockaddr_in a;
	int l, c, s;

	for (int who = 0; who < 2; who++) {
		l = t_listen(t_sfam, LOOP, 0, 1);
		c = t_sock(t_cfam);
		OK(set(who ? l : c, IPPROTO_TCP, TCP_MAXSEG, 1000));
		a = t_addr(t_cfam, LOOP, t_port(l));
		OK(connect(c, SA(&a), sizeof(a)));
		s = t_accept(l);
		EQ(t_getopt(c, IPPROTO_TCP, TCP_MAXSEG), 988);
		EQ(t_getopt(s, IPPROTO_TCP, TCP_MAXSEG), 988);
		/* later the option is taken and changes nothing */
		OK(set(c, IPPROTO_TCP, TCP_MAXSEG, 500));
		EQ(t_getopt(c, IPPROTO_TCP, TCP_MAXSEG), 988);
		ERR(set(c, IPPROTO_TCP, TCP_MAXSEG, 40000), EINVAL);
	}
}

CASE(tcp_options_when_connected)
{
	int c, s;

	t_pair(&c, &s);
	OK(set(s, IPPROTO_TCP, TCP_NODELAY, 1));
	EQ(t_getopt(s, IPPROTO_TCP, TCP_NODELAY), 1);
	EQ(t_getopt(c, IPPROTO_TCP, TCP_NODELAY), 0);
	OK(set(c, SOL_SOCKET, SO_KEEPALIVE, 1));
	OK(set(c, IPPROTO_TCP, TCP_KEEPIDLE, 100));
	OK(set(c, IPPROTO_TCP, TCP_KEEPINTVL, 10));
	OK(set(c, IPPROTO_TCP, TCP_KEEPCNT, 3));
	EQ(t_getopt(c, IPPROTO_TCP, TCP_KEEPIDLE), 100);
	EQ(t_getopt(c, IPPROTO_TCP, TCP_KEEPINTVL), 10);
	EQ(t_getopt(c, IPPROTO_TCP, TCP_KEEPCNT), 3);
	EQ(t_getopt(s, IPPROTO_TCP, TCP_KEEPIDLE), 7200);
	OK(set(c, IPPROTO_TCP, TCP_QUICKACK, 1));
	EQ(t_getopt(c, IPPROTO_TCP, TCP_QUICKACK), 1);
	OK(set(c, IPPROTO_TCP, TCP_QUICKACK, 0));
	EQ(t_getopt(c, IPPROTO_TCP, TCP_QUICKACK), 0);
}

CASE_F(tcp_congestion, T_NO_MIX)
{
	char name[16] = "";
	socklen_t len = sizeof(name);
	int fd = t_sock(t_fam);

	OK(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	OK(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	EQ(len, 16);
	TRUE(!strcmp(name, "reno"));
	ERR(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nonesuch", 8), ENOENT);
	ERR(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "", 0), EINVAL);
	ERR(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, NULL, 4), EFAULT);
	len = 3;
	memset(name, 0, sizeof(name));
	OK(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	EQ(len, 3);
	TRUE(!strcmp(name, "ren"));
}

/* The namespace's choice, for sockets that come after it. */
CASE_F(tcp_congestion_default, T_NO_MIX)
{
	const char *names[] = { "reno", "cubic" };
	char name[16] = "";
	socklen_t len;

	t_own_netns();
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		t_write_sysctl("net/ipv4/tcp_congestion_control", names[i]);
		len = sizeof(name);
		OK(getsockopt(t_sock(t_fam), IPPROTO_TCP, TCP_CONGESTION, name, &len));
		TRUE(!strcmp(name, names[i]));
	}
}

CASE(tcp_info_state_and_length)
{
	unsigned char info[1024];
	int l = t_listen(t_sfam, LOOP, 0, 1), c, s;
	socklen_t len = sizeof(info);

	OK(getsockopt(l, IPPROTO_TCP, TCP_INFO, info, &len));
	EQ(info[0], TCP_LISTEN);
	t_pair(&c, &s);
	memset(info, 0xa5, sizeof(info));
	len = 8;
	OK(getsockopt(c, IPPROTO_TCP, TCP_INFO, info, &len));
	EQ(len, 8);
	EQ(info[0], TCP_ESTABLISHED);
	EQ(info[8], 0xa5);
	OK(shutdown(c, SHUT_WR));
	t_wait_hup(s);
	OK(getsockopt(s, IPPROTO_TCP, TCP_INFO, info, &len));
	EQ(info[0], TCP_CLOSE_WAIT);
}

/* What AF_INET has and this transport leaves out is an unknown option here. */
CASE_F(tcp_left_out, T_NO_MIX | T_ONLY_NEWINET)
{
	static const struct { int opt; const char *name; } t[] = {
		{ 14, "TCP_MD5SIG" }, { 19, "TCP_REPAIR" },
		{ 20, "TCP_REPAIR_QUEUE" }, { 21, "TCP_QUEUE_SEQ" },
		{ 22, "TCP_REPAIR_OPTIONS" }, { 29, "TCP_REPAIR_WINDOW" },
		{ 31, "TCP_ULP" }, { 32, "TCP_MD5SIG_EXT" },
		{ 35, "TCP_ZEROCOPY_RECEIVE" }, { 38, "TCP_AO_ADD_KEY" },
		{ 39, "TCP_AO_DEL_KEY" }, { 40, "TCP_AO_INFO" },
		{ 41, "TCP_AO_GET_KEYS" }, { 42, "TCP_AO_REPAIR" },
		{ 43, "TCP_IS_MPTCP" },
	};
	char b[512] = "tls";
	int fd = t_sock(t_fam);

	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		socklen_t len = sizeof(b);
		int r;

		r = setsockopt(fd, IPPROTO_TCP, t[i].opt, b, sizeof(b));
		if (r != -1 || errno != ENOPROTOOPT)
			FAIL("setting %s: %s, expected ENOPROTOOPT", t[i].name,
			     r ? t_errname(errno) : "success");
		r = getsockopt(fd, IPPROTO_TCP, t[i].opt, b, &len);
		if (r != -1 || errno != ENOPROTOOPT)
			FAIL("getting %s: %s, expected ENOPROTOOPT", t[i].name,
			     r ? t_errname(errno) : "success");
	}
}

/* ---- IP ------------------------------------------------------------ */

CASE_F(ip_tos, T_NO_MIX)
{
	int fd = t_sock(t_fam);
	unsigned char one = 0x20;
	socklen_t len;

	EQ(t_getopt(fd, IPPROTO_IP, IP_TOS), 0);
	OK(set(fd, IPPROTO_IP, IP_TOS, 0x10));
	EQ(t_getopt(fd, IPPROTO_IP, IP_TOS), 0x10);
	OK(set(fd, IPPROTO_IP, IP_TOS, 0xff));	/* the ECN bits are TCP's */
	EQ(t_getopt(fd, IPPROTO_IP, IP_TOS), 0xfc);
	OK(setsockopt(fd, IPPROTO_IP, IP_TOS, &one, 1));
	EQ(t_getopt(fd, IPPROTO_IP, IP_TOS), 0x20);
	len = 1;
	OK(getsockopt(fd, IPPROTO_IP, IP_TOS, &one, &len));
	EQ(len, 1);
	EQ(one, 0x20);
}

CASE_F(ip_ttl, T_NO_MIX)
{
	int fd = t_sock(t_fam);

	EQ(t_getopt(fd, IPPROTO_IP, IP_TTL), 64);
	OK(set(fd, IPPROTO_IP, IP_TTL, 1));
	EQ(t_getopt(fd, IPPROTO_IP, IP_TTL), 1);
	OK(set(fd, IPPROTO_IP, IP_TTL, 255));
	EQ(t_getopt(fd, IPPROTO_IP, IP_TTL), 255);
	ERR(set(fd, IPPROTO_IP, IP_TTL, 0), EINVAL);
	ERR(set(fd, IPPROTO_IP, IP_TTL, 256), EINVAL);
	ERR(set(fd, IPPROTO_IP, IP_TTL, -2), EINVAL);
	EQ(t_getopt(fd, IPPROTO_IP, IP_TTL), 255);
	OK(set(fd, IPPROTO_IP, IP_TTL, -1));	/* back to the default */
	EQ(t_getopt(fd, IPPROTO_IP, IP_TTL), 64);
}

/* ---- bad input ----------------------------------------------------- */

CASE_F(unknown, T_NO_MIX)
{
	static const int level[] = { SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP };
	int fd = t_sock(t_fam), v = 1;
	socklen_t len = sizeof(v);

	for (size_t i = 0; i < ARRAY_LEN(level); i++) {
		ERR(set(fd, level[i], 12345, 1), ENOPROTOOPT);
		ERR(set(fd, level[i], -1, 1), ENOPROTOOPT);
		ERR(getsockopt(fd, level[i], 12345, &v, &len), ENOPROTOOPT);
		ERR(getsockopt(fd, level[i], -1, &v, &len), ENOPROTOOPT);
	}
	ERR(set(fd, 4242, 1, 1), ENOPROTOOPT);
	ERR(set(fd, IPPROTO_UDP, 1, 1), ENOPROTOOPT);
	/* a level that is nobody's: getsockopt says it in other words */
	ERR(getsockopt(fd, 4242, 1, &v, &len), EOPNOTSUPP);
	ERR(getsockopt(fd, IPPROTO_UDP, 1, &v, &len), EOPNOTSUPP);
	ERR(set(-1, SOL_SOCKET, SO_KEEPALIVE, 1), EBADF);
}

static void bad_set(int fd, int level, int opt)
{
	int v = 1;

	for (int n = 0; n < 4; n++)
		ERR(setsockopt(fd, level, opt, &v, n), EINVAL);
	ERR(setsockopt(fd, level, opt, &v, -1), EINVAL);
	ERR(setsockopt(fd, level, opt, &v, INT_MIN), EINVAL);
	ERR(setsockopt(fd, level, opt, NULL, 4), EFAULT);
	ERR(setsockopt(fd, level, opt, (void *)8, 4), EFAULT);
	ERR(setsockopt(fd, level, opt, (void *)-4096L, 4), EFAULT);
	RET(setsockopt(fd, level, opt, (int[25]){ 1 }, 100), 0);
}

static void bad_get(int fd, int level, int opt)
{
	unsigned char b[8];
	socklen_t len = -1;

	ERR(getsockopt(fd, level, opt, b, &len), EINVAL);
	len = 4;
	ERR(getsockopt(fd, level, opt, NULL, &len), EFAULT);
	ERR(getsockopt(fd, level, opt, (void *)8, &len), EFAULT);
	ERR(getsockopt(fd, level, opt, b, NULL), EFAULT);
	ERR(getsockopt(fd, level, opt, b, (void *)8), EFAULT);
	for (len = 0; len < 4;) {	/* short: the first bytes of it */
		socklen_t n = len;

		memset(b, 0xa5, sizeof(b));
		OK(getsockopt(fd, level, opt, b, &n));
		EQ(n, len);
		for (socklen_t i = len; i < 8; i++)
			EQ(b[i], 0xa5);
		len++;
	}
	memset(b, 0xa5, sizeof(b));
	len = 8;			/* long: four bytes, and it says so */
	OK(getsockopt(fd, level, opt, b, &len));
	EQ(len, 4);
	EQ(b[4], 0xa5);
}

CASE_F(bad_input, T_NO_MIX)
{
	static const struct { int level, opt; } t[] = {
		{ SOL_SOCKET, SO_KEEPALIVE }, { SOL_SOCKET, SO_REUSEADDR },
		{ SOL_SOCKET, SO_RCVBUF }, { SOL_SOCKET, SO_SNDBUF },
		{ IPPROTO_TCP, TCP_NODELAY }, { IPPROTO_TCP, TCP_KEEPIDLE },
		{ IPPROTO_TCP, TCP_SYNCNT }, { IPPROTO_TCP, TCP_USER_TIMEOUT },
	};

	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		int fd = t_sock(t_fam);

		bad_set(fd, t[i].level, t[i].opt);
		bad_get(fd, t[i].level, t[i].opt);
		close(fd);
	}
}

CASE_F(bad_input_maxseg, T_NO_MIX)
{
	int fd = t_sock(t_fam), v = 500;

	for (int n = 0; n < 4; n++)
		ERR(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &v, n), EINVAL);
	ERR(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, NULL, 4), EFAULT);
	bad_get(fd, IPPROTO_TCP, TCP_MAXSEG);
}

CASE_F(bad_input_ip, T_NO_MIX)
{
	int fd = t_sock(t_fam), v;
	socklen_t len = -1;

	ERR(setsockopt(fd, IPPROTO_IP, IP_TTL, &v, -1), EINVAL);
	ERR(setsockopt(fd, IPPROTO_IP, IP_TTL, (void *)8, 4), EFAULT);
	ERR(setsockopt(fd, IPPROTO_IP, IP_TTL, (void *)8, 1), EFAULT);
	ERR(getsockopt(fd, IPPROTO_IP, IP_TTL, &v, &len), EINVAL);
	len = 4;
	ERR(getsockopt(fd, IPPROTO_IP, IP_TTL, (void *)8, &len), EFAULT);
	ERR(getsockopt(fd, IPPROTO_IP, IP_TTL, &v, (void *)8), EFAULT);
}

CASE(so_error_once)
{
	int b = t_bound(t_sfam, LOOP, 0);
	int c = t_connect_nb(t_cfam, LOOP, t_port(b)), v = 5, want = ECONNREFUSED;
	socklen_t len = 2;

	TRUE(t_poll(c, POLLIN, T_LONG) & POLLERR);
	OK(getsockopt(c, SOL_SOCKET, SO_ERROR, &v, &len));
	EQ(len, 2);
	EQ(memcmp(&v, &want, 2), 0);
	ERRNO(t_so_error(c), 0);
}

static long number(const char *path)
{
	FILE *f = fopen(path, "re");
	long n = -1;

	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

int main(int argc, char **argv)
{
	rmem_max = number("/proc/sys/net/core/rmem_max");
	wmem_max = number("/proc/sys/net/core/wmem_max");
	return t_main(argc, argv);
}
