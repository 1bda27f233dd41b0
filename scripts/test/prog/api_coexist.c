// SPDX-License-Identifier: GPL-2.0
/*
 * Two TCPs in one network namespace: a port belongs to one of them at a time,
 * whichever binds first, and they talk to each other over lo. With --family
 * inet both are the kernel's, which shows that the expectations are its own;
 * what SO_REUSEADDR and SO_REUSEPORT may share within one stack, two stacks
 * may not, so those cases judge AF_NEWINET alone.
 *
 * families: each
 * cpus: 1
 * timeout: 300
 */
#define _GNU_SOURCE
#include "t.h"

#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OTHER	AF_INET		/* the stack beside the one under test */
#define ANY	INADDR_ANY
#define LOOP2	(LOOP + 1)

enum { NONE, ADDR, PORT, BOTH };
static const char * const reuse_name[] = {
	"", " SO_REUSEADDR", " SO_REUSEPORT", " SO_REUSEADDR+PORT"
};

static int sock_reuse(int fam, int reuse)
{
	int fd = t_sock(fam);

	if (reuse & ADDR)
		t_opt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (reuse & PORT)
		t_opt(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return fd;
}

static int try_bind(int fd, int fam, uint32_t ip, uint16_t port)
{
	struct sockaddr_in a = t_addr(fam, ip, port);

	return bind(fd, SA(&a), sizeof(a));
}

static const char *ip_name(uint32_t ip)
{
	return ip == ANY ? "*" : ip == LOOP ? "127.0.0.1" : "127.0.0.2";
}

/* One attempt of the later stack; it must get this errno (0: success). */
static void later(int line, const char *first, int fam, uint32_t ip,
		  uint16_t port, int reuse, int want)
{
	int fd = sock_reuse(fam, reuse);
	int e = try_bind(fd, fam, ip, port) ? errno : 0;

	/* a bind that got through is judged again where it does harm */
	if (!e && want && !listen(fd, 1))
		e = -1;
	if (e != want)
		t_fail(__FILE__, line, "after %s: family %d binding %s%s: %s, expected %s",
		       first, fam, ip_name(ip), reuse_name[reuse],
		       e < 0 ? "bound and listens" : e ? t_errname(e)
		       : "success", want ? t_errname(want) : "success");
	close(fd);
}

static void all_conflicts(int first, int second, bool listens)
{
	static const struct { uint32_t first, second; } where[] = {
		{ ANY, ANY }, { ANY, LOOP }, { LOOP, ANY }, { LOOP, LOOP },
	};
	/* within one stack the reuse options have a meaning of their own */
	int top = first == second ? NONE : BOTH;

	for (size_t w = 0; w < ARRAY_LEN(where); w++)
		for (int r1 = NONE; r1 <= top; r1++) {
			int fd = sock_reuse(first, r1);
			char what[64];

			OK(try_bind(fd, first, where[w].first, 0));
			if (listens)
				OK(listen(fd, 1));
			strcpy(what, ip_name(where[w].first));
			strcat(what, reuse_name[r1]);
			strcat(what, listens ? " listening" : " bound");
			for (int r2 = NONE; r2 <= top; r2++)
				later(__LINE__, what, second, where[w].second,
				      t_port(fd), r2, EADDRINUSE);
			close(fd);
		}
}

CASE_F(bound_here_first, T_NO_MIX)
{
	all_conflicts(t_fam, OTHER, false);
}

CASE_F(bound_there_first, T_NO_MIX)
{
	all_conflicts(OTHER, t_fam, false);
}

CASE_F(listening_here_first, T_NO_MIX)
{
	all_conflicts(t_fam, OTHER, true);
}

CASE_F(listening_there_first, T_NO_MIX)
{
	all_conflicts(OTHER, t_fam, true);
}

/* Different specific addresses are different owners; each gets its own SYNs. */
static void different_addresses(int first, int second)
{
	int a = t_listen(first, LOOP, 0, 4), b, c;
	uint16_t port = t_port(a);

	b = t_listen(second, LOOP2, port, 4);
	c = t_connect(OTHER, LOOP, port);
	EQ(ntohs(t_peer(t_accept(a)).sin_port), t_port(c));
	c = t_connect(t_fam, LOOP2, port);
	EQ(ntohs(t_peer(t_accept(b)).sin_port), t_port(c));
	later(__LINE__, "both", first, ANY, port, NONE, EADDRINUSE);
	later(__LINE__, "both", second, ANY, port, NONE, EADDRINUSE);
	later(__LINE__, "both", first, LOOP + 2, port, NONE, 0);
}

CASE_F(different_addresses_here_first, T_NO_MIX)
{
	different_addresses(t_fam, OTHER);
}

CASE_F(different_addresses_there_first, T_NO_MIX)
{
	different_addresses(OTHER, t_fam);
}

/* After close the port is free for the other stack at once, and back again. */
CASE_F(free_after_close, T_NO_MIX)
{
	uint16_t port = 0;

	for (int i = 0; i < 12; i++) {
		int fam = i % 2 ? OTHER : t_fam;
		int fd = t_bound(fam, i & 4 ? ANY : LOOP, port);

		port = t_port(fd);
		if (i & 2)
			OK(listen(fd, 1));
		close(fd);
	}
}

CASE_F(free_after_failed_bind, T_NO_MIX)
{
	int a = t_bound(OTHER, LOOP, 0), b = t_sock(t_fam), c;
	uint16_t port = t_port(a);

	ERR(try_bind(b, t_fam, LOOP, port), EADDRINUSE);
	close(a);
	/* the refused attempt has left no hold on it */
	c = t_bound(OTHER, LOOP, port);
	close(c);
	RET(try_bind(b, t_fam, LOOP, port), 0);
	later(__LINE__, "the retry", OTHER, LOOP, port, NONE, EADDRINUSE);
}

/* A group that shares a port holds it until the last of it is gone. */
CASE_F(held_until_the_last, T_NO_MIX)
{
	int a = sock_reuse(t_fam, PORT), b = sock_reuse(t_fam, PORT);
	uint16_t port;

	OK(try_bind(a, t_fam, LOOP, 0));
	port = t_port(a);
	OK(try_bind(b, t_fam, LOOP, port));
	close(a);
	later(__LINE__, "one of two closed", OTHER, LOOP, port, NONE,
	      EADDRINUSE);
	close(b);
	later(__LINE__, "both closed", OTHER, LOOP, port, NONE, 0);
}

static void held_by_child(int first, int second)
{
	int l = t_listen(first, LOOP, 0, 1), c, s;
	uint16_t port = t_port(l);

	c = t_connect(first, LOOP, port);
	s = t_accept(l);
	close(l);
	later(__LINE__, "its listener closed, a child", second, LOOP, port,
	      NONE, EADDRINUSE);
	later(__LINE__, "its listener closed, a child", second, ANY, port, NONE,
	      EADDRINUSE);
	t_reset_on_close(c);
	close(c);
	t_wait_hup(s);
	close(s);
	later(__LINE__, "all closed", second, LOOP, port, NONE, 0);
}

CASE_F(held_by_child_here, T_NO_MIX)
{
	held_by_child(t_fam, OTHER);
}

CASE_F(held_by_child_there, T_NO_MIX)
{
	held_by_child(OTHER, t_fam);
}

static void held_by_client(int first, int second)
{
	int l = t_listen(first, LOOP, 0, 1);
	int c = t_connect(first, LOOP, t_port(l));
	int top = first == second ? NONE : BOTH;

	for (int r = NONE; r <= top; r++) {
		later(__LINE__, "connect", second, LOOP, t_port(c), r,
		      EADDRINUSE);
		later(__LINE__, "connect", second, ANY, t_port(c), r,
		      EADDRINUSE);
	}
}

CASE_F(held_by_client_here, T_NO_MIX)
{
	held_by_client(t_fam, OTHER);
}

CASE_F(held_by_client_there, T_NO_MIX)
{
	held_by_client(OTHER, t_fam);
}

static void held_in_time_wait(int first, int second)
{
	int l = t_listen(first, LOOP, 0, 1), c, s;
	uint16_t port = t_port(l);
	char b;

	c = t_connect(first, LOOP, port);
	s = t_accept(l);
	close(s);
	RET(recv(c, &b, 1, 0), 0);
	close(c);
	close(l);
	later(__LINE__, "TIME-WAIT", second, LOOP, port, NONE, EADDRINUSE);
	later(__LINE__, "TIME-WAIT", second, ANY, port, NONE, EADDRINUSE);
}

CASE_F(held_in_time_wait_here, T_NO_MIX)
{
	held_in_time_wait(t_fam, OTHER);
}

CASE_F(held_in_time_wait_there, T_NO_MIX)
{
	held_in_time_wait(OTHER, t_fam);
}

/*
 * SO_REUSEADDR gets a server past the other stack's TIME-WAIT. Nobody comes
 * after it, not with SO_REUSEADDR either, though that was good enough before.
 */
CASE_F(past_their_time_wait, T_NO_MIX)
{
	int l = sock_reuse(OTHER, ADDR), c, s, mine = sock_reuse(t_fam, ADDR);
	uint16_t port;
	char b;

	OK(try_bind(l, OTHER, LOOP, 0));
	OK(listen(l, 1));
	port = t_port(l);
	c = t_connect(OTHER, LOOP, port);
	s = t_accept(l);
	close(s);
	RET(recv(c, &b, 1, 0), 0);
	close(c);
	close(l);
	later(__LINE__, "TIME-WAIT", OTHER, LOOP, port, ADDR, 0);
	OK(try_bind(mine, t_fam, LOOP, port));
	OK(listen(mine, 1));
	for (int r = NONE; r <= BOTH; r++) {
		later(__LINE__, "a server past TIME-WAIT", OTHER, LOOP, port, r,
		      EADDRINUSE);
		later(__LINE__, "a server past TIME-WAIT", OTHER, ANY, port, r,
		      EADDRINUSE);
	}
}

/* The same from there: the way back to the kernel's TCP is as short. */
CASE_F(past_our_time_wait, T_NO_MIX)
{
	int l = sock_reuse(t_fam, ADDR), c, s, theirs = sock_reuse(OTHER, ADDR), again;
	uint16_t port;
	char b;

	OK(try_bind(l, t_fam, LOOP, 0));
	OK(listen(l, 1));
	port = t_port(l);
	c = t_connect(t_fam, LOOP, port);
	s = t_accept(l);
	close(s);
	RET(recv(c, &b, 1, 0), 0);
	later(__LINE__, "a listener before TIME-WAIT", OTHER, LOOP, port, ADDR, EADDRINUSE);
	close(c);
	close(l);
	later(__LINE__, "TIME-WAIT", OTHER, LOOP, port, NONE, EADDRINUSE);
	later(__LINE__, "TIME-WAIT", OTHER, LOOP, port, PORT, EADDRINUSE);
	later(__LINE__, "TIME-WAIT", t_fam, LOOP, port, ADDR, 0);
	OK(try_bind(theirs, OTHER, LOOP, port));
	for (int r = NONE; r <= BOTH; r++) {
		/* AF_INET alone shares it until one of them listens. */
		if (!t_newinet && r & ADDR)
			continue;
		later(__LINE__, "a bind past TIME-WAIT", t_fam, LOOP, port, r, EADDRINUSE);
		later(__LINE__, "a bind past TIME-WAIT", t_fam, ANY, port, r, EADDRINUSE);
	}
	OK(listen(theirs, 1));
	for (int r = NONE; r <= BOTH; r++) {
		later(__LINE__, "a server past TIME-WAIT", t_fam, LOOP, port, r, EADDRINUSE);
		later(__LINE__, "a server past TIME-WAIT", t_fam, ANY, port, r, EADDRINUSE);
	}
	c = t_connect(OTHER, LOOP, port);
	s = t_accept(theirs);
	EQ(ntohs(t_peer(s).sin_port), t_port(c));
	again = t_connect(t_fam, LOOP, port);
	close(t_accept(theirs));
	RET(recv(again, &b, 1, 0), 0);
	close(again);
	t_reset_on_close(c);
	close(c);
	t_wait_hup(s);
	close(s);
	close(theirs);
	later(__LINE__, "the server closed", OTHER, LOOP, port, ADDR, 0);
	later(__LINE__, "the server closed", t_fam, LOOP, port, ADDR, 0);
}

/* The kernel's IPv6 wildcard takes IPv4 as well, unless it says otherwise. */
CASE_F(ipv6_wildcard, T_NO_MIX)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6 };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), one;

	if (fd < 0)
		t_skip("no IPv6 here: %s", t_errname(errno));
	one = t_listen(t_fam, ANY, 0, 1);
	a.sin6_port = htons(t_port(one));
	ERR(bind(fd, SA(&a), sizeof(a)), EADDRINUSE);
	t_opt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	ERR(bind(fd, SA(&a), sizeof(a)), EADDRINUSE);
	t_opt(fd, IPPROTO_IPV6, 26 /* IPV6_V6ONLY */, 1);
	OK(bind(fd, SA(&a), sizeof(a)));
	close(fd);
	close(one);
	fd = OK(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
	OK(bind(fd, SA(&a), sizeof(a)));
	OK(listen(fd, 1));
	later(__LINE__, "[::]", t_fam, ANY, ntohs(a.sin6_port), NONE,
	      EADDRINUSE);
	later(__LINE__, "[::]", t_fam, LOOP, ntohs(a.sin6_port), ADDR,
	      EADDRINUSE);
}

CASE_F(udp_is_another_matter, T_NO_MIX)
{
	int one = t_listen(t_fam, LOOP, 0, 1);
	struct sockaddr_in a = t_addr(AF_INET, LOOP, t_port(one));

	OK(bind(OK(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), SA(&a),
		sizeof(a)));
}

CASE_F(another_namespace_is_another_port, T_NO_MIX)
{
	int one = t_listen(t_fam, LOOP, 0, 1), two;

	t_own_netns();
	two = t_listen(OTHER, LOOP, t_port(one), 1);
	close(two);
	two = t_listen(t_fam, LOOP, t_port(one), 1);
	EQ(t_port(two), t_port(one));
}

/* bind(0) by both in turns: every port of the range once. */
CASE_F(ephemeral_binds, T_NO_MIX)
{
	bool seen[12] = { false };
	int n = 0;

	t_own_netns();
	t_write_sysctl("net/ipv4/ip_local_port_range", "41000 41011");
	for (; n < 12; n++) {
		int fam = n % 2 ? OTHER : t_fam;
		uint16_t p = t_port(t_bound(fam, n % 3 ? LOOP : ANY, 0));

		NEED(p >= 41000 && p <= 41011);
		if (seen[p - 41000])
			FAIL("port %d was given out twice", p);
		seen[p - 41000] = true;
	}
	ERR(try_bind(t_sock(t_fam), t_fam, LOOP, 0), EADDRINUSE);
	ERR(try_bind(t_sock(OTHER), OTHER, LOOP, 0), EADDRINUSE);
}

/* connect() by both to one destination: no four-tuple twice, none mixed up. */
static void ephemeral_connects(int server)
{
	enum { PORTS = 16 };
	int l, c[PORTS], n = 0, failed[2] = { 0 }, got[2] = { 0 };
	uint16_t port;

	t_own_netns();
	t_write_sysctl("net/ipv4/ip_local_port_range", "42000 42015");
	l = t_listen(server, LOOP, 20099, 64);
	for (int i = 0; n < PORTS && (!failed[0] || !failed[1]); i++) {
		int fam = i % 2 ? OTHER : t_fam;
		struct sockaddr_in a = t_addr(fam, LOOP, 20099);
		int fd = t_sock(fam);

		if (connect(fd, SA(&a), sizeof(a))) {
			ERRNO(errno, EADDRNOTAVAIL);
			failed[i % 2]++;
			close(fd);
			continue;
		}
		got[i % 2]++;
		c[n++] = fd;
	}
	EQ(n, PORTS);
	TRUE(got[0] && got[1]);
	for (int i = 0; i < n; i++) {
		int s = t_accept(l);
		char b = 0;

		port = t_port(c[i]);
		EQ(ntohs(t_peer(s).sin_port), port);
		for (int k = 0; k < i; k++)
			if (t_port(c[k]) == port)
				FAIL("port %d was given out twice", port);
		OK(send(c[i], &(char){ i }, 1, 0));
		RET(recv(s, &b, 1, 0), 1);
		EQ(b, i);
	}
}

CASE_F(ephemeral_connects_to_there, T_NO_MIX)
{
	ephemeral_connects(OTHER);
}

CASE_F(ephemeral_connects_to_here, T_NO_MIX)
{
	ephemeral_connects(t_fam);
}

/* Two processes, one of each stack, bind the same port at the same moment. */
struct race {
	pthread_barrier_t *start;
	int fam, fd, err;
	uint16_t port;
};

static long racer(void *arg)
{
	struct race *r = arg;

	pthread_barrier_wait(r->start);
	r->err = try_bind(r->fd, r->fam, LOOP, r->port) ? errno : 0;
	return 0;
}

CASE_F(race_for_a_port, T_NO_MIX)
{
	pthread_barrier_t start;
	int won[2] = { 0 };

	pthread_barrier_init(&start, NULL, 2);
	for (int i = 0; i < 200; i++) {
		struct race r[2] = {
			{ .start = &start, .fam = t_fam, .port = 20300 + i },
			{ .start = &start, .fam = OTHER, .port = 20300 + i },
		};
		struct t_bg b[2];

		for (int k = 0; k < 2; k++) {
			r[k].fd = t_sock(r[k].fam);
			t_bg(&b[k], racer, &r[k]);
		}
		for (int k = 0; k < 2; k++)
			t_bg_join(&b[k]);
		NEED(!r[0].err != !r[1].err);
		ERRNO(r[0].err + r[1].err, EADDRINUSE);
		won[0] += !r[0].err;
		won[1] += !r[1].err;
		close(r[0].fd);
		close(r[1].fd);
	}
	EQ(won[0] + won[1], 200);
}

static long take_all(void *arg)
{
	char b;

	t_drain(*(int *)arg, 1 << 20);
	return recv(*(int *)arg, &b, 1, 0);
}

static void talk(int client, int server)
{
	static unsigned char data[1 << 20], got[1 << 20];
	int l = t_listen(server, LOOP, 0, 1), c, s;
	struct t_bg b;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * 131 >> 3;
	c = t_connect(client, LOOP, t_port(l));
	s = t_accept(l);
	EQ(t_peer(c).sin_family, T_AF(client));
	EQ(t_name(s).sin_family, T_AF(server));
	EQ(ntohs(t_peer(s).sin_port), t_port(c));
	t_bg(&b, take_all, &s);
	t_send_all(c, data, sizeof(data));
	OK(shutdown(c, SHUT_WR));
	RET(t_bg_join(&b), 0);
	if (!OK(fork())) {
		t_send_all(s, data, sizeof(data));
		_exit(0);
	}
	close(s);
	RET(recv(c, got, sizeof(got), MSG_WAITALL), sizeof(got));
	TRUE(!memcmp(data, got, sizeof(got)));
	RET(recv(c, got, 1, 0), 0);
}

CASE_F(talk_from_here_to_there, T_NO_MIX)
{
	talk(t_fam, OTHER);
}

CASE_F(talk_from_there_to_here, T_NO_MIX)
{
	talk(OTHER, t_fam);
}

/* With sockets of the one bound, the other works as ever. */
CASE_F(the_others_traffic_is_left_alone, T_NO_MIX)
{
	int l = t_listen(t_fam, ANY, 0, 4), b, c, s;
	struct sockaddr_in a;

	c = t_connect(t_fam, LOOP, t_port(l));
	s = t_accept(l);
	talk(OTHER, OTHER);
	b = t_bound(OTHER, LOOP, 0);
	a = t_addr(OTHER, LOOP, t_port(b));
	ERR(connect(t_sock(OTHER), SA(&a), sizeof(a)), ECONNREFUSED);
	a.sin_family = T_AF(t_fam);
	ERR(connect(t_sock(t_fam), SA(&a), sizeof(a)), ECONNREFUSED);
	a = t_addr(OTHER, LOOP, 1);
	ERR(connect(t_sock(OTHER), SA(&a), sizeof(a)), ECONNREFUSED);
	OK(send(c, "x", 1, 0));
	t_drain(s, 1);
}

/*
 * What bind() gave is all that a socket has, also after a connect() that failed at
 * once: listening, it must not take what comes to another address of that port.
 */
CASE(failed_connect_widens_nothing)
{
	struct sockaddr_in a;
	int l, c, fd;

	t_own_netns();
	fd = t_sock(t_fam);
	/* somebody else's service */
	l = t_listen(AF_INET, LOOP, 0, 4);
	a = t_addr(t_fam, LOOP + 1, t_port(l));
	OK(bind(fd, SA(&a), sizeof(a)));
	/* there is no way out of lo */
	a = t_addr(t_fam, 0x08080808, 53);
	TRUE(connect(fd, SA(&a), sizeof(a)) < 0 && errno != EINPROGRESS);
	EQ(ntohl(t_name(fd).sin_addr.s_addr), LOOP + 1);
	EQ(t_port(fd), t_port(l));
	OK(listen(fd, 4));
	c = t_connect(AF_INET, LOOP, t_port(l));
	EVENTS(t_poll(l, POLLIN, 5000), POLLIN);
	EVENTS(t_poll(fd, POLLIN, 0), 0);
	close(c);
	/* and is there for its own */
	c = t_connect(AF_INET, LOOP + 1, t_port(l));
	EVENTS(t_poll(fd, POLLIN, 5000), POLLIN);
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
