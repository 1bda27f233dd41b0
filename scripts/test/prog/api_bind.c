// SPDX-License-Identifier: GPL-2.0
/*
 * bind() and the choice of ports: bad arguments, who conflicts with whom
 * within one stack, the ephemeral range with its reserved ports (RFC 6056),
 * and ports shared by connections to different destinations. What holds
 * between the two stacks is in api_coexist.c.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 300
 */
#define _GNU_SOURCE
#include "t.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OTHER	(INADDR_LOOPBACK + 1)	/* 127.0.0.2 is local as well */

static int try_bind(int fd, uint32_t ip, uint16_t port)
{
	struct sockaddr_in a = t_addr(t_fam, ip, port);

	return bind(fd, SA(&a), sizeof(a));
}

CASE_F(any_port, T_NO_MIX)
{
	int low = 0, high = 0, fd = t_bound(t_fam, LOOP, 0);
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");

	NEED(f && fscanf(f, "%d %d", &low, &high) == 2);
	fclose(f);
	TRUE(t_port(fd) >= low && t_port(fd) <= high);
	EQ(ntohl(t_name(fd).sin_addr.s_addr), LOOP);
	EQ(t_name(fd).sin_family, T_AF(t_fam));
}

CASE_F(given_port, T_NO_MIX)
{
	int fd = t_bound(t_fam, LOOP, 0);
	uint16_t port = t_port(fd);

	OK(close(fd));
	fd = t_bound(t_fam, INADDR_ANY, port);
	EQ(t_port(fd), port);
	EQ(t_name(fd).sin_addr.s_addr, 0);
}

CASE_F(address_length, T_NO_MIX)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in a = t_addr(t_fam, LOOP, 0);
	int fd = t_sock(t_fam);

	memcpy(&ss, &a, sizeof(a));
	for (int len = 0; len < 16; len++)
		ERR(bind(fd, SA(&ss), len), EINVAL);
	ERR(bind(fd, SA(&ss), -1), EINVAL);
	ERR(bind(fd, SA(&ss), sizeof(ss) + 1), EINVAL);
	EQ(t_port(fd), 0);
	OK(bind(fd, SA(&ss), sizeof(ss)));
	TRUE(t_port(fd));
}

CASE_F(address_family, T_NO_MIX)
{
	static const int bad[] = { AF_UNIX, AF_INET6, AF_PACKET, 0xffff };
	struct sockaddr_in a;
	char big[28] = { 0 };
	int fd = t_sock(t_fam);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		a = t_addr(bad[i], LOOP, 0);
		memcpy(big, &a, sizeof(a));
		ERR(bind(fd, SA(big), sizeof(big)), EAFNOSUPPORT);
		ERR(bind(fd, SA(&a), sizeof(a)), EAFNOSUPPORT);
	}
	/* AF_UNSPEC is taken for the wildcard address only */
	a = t_addr(AF_UNSPEC, LOOP, 0);
	ERR(bind(fd, SA(&a), sizeof(a)), EAFNOSUPPORT);
	a = t_addr(AF_UNSPEC, INADDR_ANY, 0);
	OK(bind(fd, SA(&a), sizeof(a)));
	TRUE(t_port(fd));
}

CASE_F(other_family_refused, T_NO_MIX | T_ONLY_NEWINET)
{
	struct sockaddr_in a = t_addr(T_OTHER(t_fam), LOOP, 0);
	int fd = t_sock(t_fam);

	ERR(bind(fd, SA(&a), sizeof(a)), EAFNOSUPPORT);
}

CASE_F(bad_pointer, T_NO_MIX)
{
	int fd = t_sock(t_fam);

	ERR(bind(fd, NULL, 16), EFAULT);
	ERR(bind(fd, (void *)8, 16), EFAULT);
	ERR(bind(fd, (void *)-4096L, 16), EFAULT);
	ERR(bind(fd, NULL, 0), EINVAL);
	ERR(bind(-1, NULL, 0), EBADF);
	EQ(t_port(fd), 0);
}

CASE_F(twice, T_NO_MIX)
{
	int fd = t_bound(t_fam, LOOP, 0);
	uint16_t port = t_port(fd);

	ERR(try_bind(fd, LOOP, 0), EINVAL);
	ERR(try_bind(fd, LOOP, port), EINVAL);
	EQ(t_port(fd), port);
}

CASE_F(in_other_states, T_NO_MIX)
{
	int c, s, l = t_listen(t_fam, LOOP, 0, 1);

	ERR(try_bind(l, LOOP, 0), EINVAL);
	t_pair(&c, &s);
	ERR(try_bind(c, LOOP, 0), EINVAL);
	ERR(try_bind(s, LOOP, 0), EINVAL);
}

CASE_F(foreign_address, T_NO_MIX)
{
	int fd = t_sock(t_fam);

	ERR(try_bind(fd, 0xc0000201, 0), EADDRNOTAVAIL);
	ERR(try_bind(fd, 0xc0000201, 4711), EADDRNOTAVAIL);
	OK(try_bind(fd, LOOP, 0));
}

CASE_F(privileged_port, T_NO_MIX)
{
	int fd = t_sock(t_fam);

	NEED(!setuid(65534));
	ERR(try_bind(fd, LOOP, 80), EACCES);
	ERR(try_bind(fd, LOOP, 1), EACCES);
	ERR(try_bind(fd, LOOP, 1023), EACCES);
	OK(try_bind(fd, LOOP, 1024));
}

CASE_F(conflict, T_NO_MIX)
{
	int one = t_bound(t_fam, LOOP, 0), fd = t_sock(t_fam);
	uint16_t port = t_port(one);

	ERR(try_bind(fd, LOOP, port), EADDRINUSE);
	ERR(try_bind(fd, INADDR_ANY, port), EADDRINUSE);
	EQ(t_port(fd), 0);
	OK(try_bind(fd, OTHER, port));	/* another address: no conflict */
	close(fd);
	OK(close(one));
	fd = t_sock(t_fam);
	OK(try_bind(fd, LOOP, port));	/* free again at once */
}

CASE_F(conflict_with_wildcard, T_NO_MIX)
{
	int one = t_bound(t_fam, INADDR_ANY, 0), fd = t_sock(t_fam);

	ERR(try_bind(fd, LOOP, t_port(one)), EADDRINUSE);
	ERR(try_bind(fd, OTHER, t_port(one)), EADDRINUSE);
	ERR(try_bind(fd, INADDR_ANY, t_port(one)), EADDRINUSE);
}

CASE_F(conflict_with_listener, T_NO_MIX)
{
	int one = t_listen(t_fam, LOOP, 0, 1), fd = t_sock(t_fam);

	ERR(try_bind(fd, LOOP, t_port(one)), EADDRINUSE);
	t_opt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	ERR(try_bind(fd, LOOP, t_port(one)), EADDRINUSE);
	ERR(try_bind(fd, INADDR_ANY, t_port(one)), EADDRINUSE);
}

CASE_F(conflict_with_connection, T_NO_MIX)
{
	int fd = t_sock(t_fam), c, s;

	t_pair(&c, &s);
	ERR(try_bind(fd, LOOP, t_port(s)), EADDRINUSE);
	ERR(try_bind(fd, LOOP, t_port(c)), EADDRINUSE);
}

static int reusing(int opt)
{
	int fd = t_sock(t_fam);

	t_opt(fd, SOL_SOCKET, opt, 1);
	return fd;
}

CASE_F(reuseaddr, T_NO_MIX)
{
	int a = reusing(SO_REUSEADDR), b = reusing(SO_REUSEADDR);
	int plain = t_sock(t_fam), c = reusing(SO_REUSEADDR);
	uint16_t port;

	OK(try_bind(a, LOOP, 0));
	port = t_port(a);
	ERR(try_bind(plain, LOOP, port), EADDRINUSE);
	OK(try_bind(b, LOOP, port));
	/* only one of them may listen */
	OK(listen(a, 1));
	ERR(listen(b, 1), EADDRINUSE);
	ERR(try_bind(c, LOOP, port), EADDRINUSE);
	OK(close(a));
	OK(listen(b, 1));
}

CASE_F(reuseaddr_on_one_side, T_NO_MIX)
{
	int a = t_bound(t_fam, LOOP, 0), b = reusing(SO_REUSEADDR);

	ERR(try_bind(b, LOOP, t_port(a)), EADDRINUSE);
}

CASE_F(reuseport, T_NO_MIX)
{
	int a = reusing(SO_REUSEPORT), b = reusing(SO_REUSEPORT);
	int plain = t_sock(t_fam), other = reusing(SO_REUSEADDR);
	uint16_t port;

	OK(try_bind(a, LOOP, 0));
	port = t_port(a);
	OK(listen(a, 1));
	OK(try_bind(b, LOOP, port));
	OK(listen(b, 1));
	ERR(try_bind(plain, LOOP, port), EADDRINUSE);
	ERR(try_bind(other, LOOP, port), EADDRINUSE);
}

CASE(source_of_connect)
{
	int l = t_listen(t_sfam, LOOP, 0, 1), s;
	int c = t_bound(t_cfam, OTHER, 0);
	uint16_t port = t_port(c);
	struct sockaddr_in a = t_addr(t_cfam, LOOP, t_port(l));

	OK(connect(c, SA(&a), sizeof(a)));
	s = t_accept(l);
	EQ(ntohs(t_peer(s).sin_port), port);
	EQ(ntohl(t_peer(s).sin_addr.s_addr), OTHER);
	EQ(ntohl(t_name(c).sin_addr.s_addr), OTHER);
}

CASE(wildcard_bound_connect)
{
	int l = t_listen(t_sfam, LOOP, 0, 1), s;
	int c = t_bound(t_cfam, INADDR_ANY, 0);
	uint16_t port = t_port(c);
	struct sockaddr_in a = t_addr(t_cfam, LOOP, t_port(l));

	OK(connect(c, SA(&a), sizeof(a)));
	s = t_accept(l);
	EQ(t_port(c), port);
	EQ(ntohl(t_name(c).sin_addr.s_addr), LOOP);
	EQ(ntohs(t_peer(s).sin_port), port);
}

static void narrow_range(void)
{
	t_own_netns();
	t_write_sysctl("net/ipv4/ip_local_port_range", "40000 40005");
	t_write_sysctl("net/ipv4/ip_local_reserved_ports", "40001,40003-40004");
}

static bool in_narrow_range(uint16_t p)
{
	return p == 40000 || p == 40002 || p == 40005;
}

CASE_F(bind_range_and_reserved, T_NO_MIX)
{
	int fd[3], fd4;

	narrow_range();
	fd4 = t_sock(t_fam);
	for (int i = 0; i < 3; i++) {
		fd[i] = t_bound(t_fam, LOOP, 0);
		TRUE(in_narrow_range(t_port(fd[i])));
	}
	ERR(try_bind(fd4, LOOP, 0), EADDRINUSE);
	/* a reserved port may be asked for by number */
	OK(try_bind(fd4, LOOP, 40003));
	OK(close(fd[1]));
	fd[1] = t_bound(t_fam, LOOP, 0);
}

CASE(connect_range_and_reserved)
{
	struct sockaddr_in a = t_addr(t_cfam, LOOP, 20001);
	int l, m, c[3], fd;

	narrow_range();
	l = t_listen(t_sfam, LOOP, 20001, 8);
	for (int i = 0; i < 3; i++) {
		c[i] = t_connect(t_cfam, LOOP, 20001);
		TRUE(in_narrow_range(t_port(c[i])));
	}
	TRUE(t_port(c[0]) != t_port(c[1]) && t_port(c[1]) != t_port(c[2]) &&
	     t_port(c[0]) != t_port(c[2]));
	fd = t_sock(t_cfam);
	ERR(connect(fd, SA(&a), sizeof(a)), EADDRNOTAVAIL);
	/* the same ports serve another destination */
	m = t_listen(t_sfam, LOOP, 20002, 8);
	for (int i = 0; i < 3; i++) {
		fd = t_connect(t_cfam, LOOP, 20002);
		TRUE(in_narrow_range(t_port(fd)));
	}
	close(l);
	close(m);
}

/* Destinations unlike each other get ports that do not follow each other. */
CASE(connect_ports_spread)
{
	uint16_t low = 0xffff, high = 0;

	for (int i = 0; i < 8; i++) {
		int l = t_listen(t_sfam, LOOP, 20010 + i, 8);
		uint16_t p = t_port(t_connect(t_cfam, LOOP, 20010 + i));

		low = p < low ? p : low;
		high = p > high ? p : high;
		close(l);
	}
	/* 8 of 28,232 ports within 200: less than one in 10^13 by chance */
	TRUE(high - low > 200);
}

CASE(same_four_tuple)
{
	int l = t_listen(t_sfam, LOOP, 0, 4), a, b;
	struct sockaddr_in to = t_addr(t_cfam, LOOP, t_port(l)), from;

	a = t_sock(t_cfam);
	b = t_sock(t_cfam);
	t_opt(a, SOL_SOCKET, SO_REUSEADDR, 1);
	t_opt(b, SOL_SOCKET, SO_REUSEADDR, 1);
	from = t_addr(t_cfam, LOOP, 0);
	OK(bind(a, SA(&from), sizeof(from)));
	from = t_addr(t_cfam, LOOP, t_port(a));
	OK(bind(b, SA(&from), sizeof(from)));
	OK(connect(a, SA(&to), sizeof(to)));
	ERR(connect(b, SA(&to), sizeof(to)), EADDRNOTAVAIL);
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
