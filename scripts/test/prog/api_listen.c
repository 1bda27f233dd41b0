// SPDX-License-Identifier: GPL-2.0
/*
 * listen() and accept4(): the bound on the accept queue and what changes it,
 * order, flags, addresses, blocking and interruption, and what a child
 * inherits.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 400
 */
#define _GNU_SOURCE
#include "t.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

CASE_F(basic, T_NO_MIX)
{
	int l = t_bound(t_fam, LOOP, 0);
	uint16_t port = t_port(l);

	EQ(t_getopt(l, SOL_SOCKET, SO_ACCEPTCONN), 0);
	RET(listen(l, 5), 0);
	EQ(t_getopt(l, SOL_SOCKET, SO_ACCEPTCONN), 1);
	EQ(t_port(l), port);
	RET(listen(l, 5), 0);
}

CASE(without_bind)
{
	int l = t_sock(t_sfam), s;

	RET(listen(l, 5), 0);
	TRUE(t_port(l));
	EQ(t_name(l).sin_addr.s_addr, 0);
	t_connect(t_cfam, LOOP, t_port(l));
	s = t_accept(l);
	EQ(ntohl(t_name(s).sin_addr.s_addr), LOOP);
}

CASE(in_other_states)
{
	int c, s, nb;
	struct t_sink k;

	t_pair(&c, &s);
	ERR(listen(c, 1), EINVAL);
	ERR(listen(s, 1), EINVAL);
	t_sink(&k);
	nb = t_connect_nb(t_cfam, LOOP, k.port);
	ERR(listen(nb, 1), EINVAL);
	ERR(listen(-1, 1), EBADF);
}

/* How many connects complete, of n tried one after the other? */
static int complete(uint16_t port, int n)
{
	int done = 0;

	for (int i = 0; i < n; i++) {
		int c = t_connect_nb(t_cfam, LOOP, port);
		bool last = i == n - 1;

		/* only the last is expected to hang: do not wait long for it */
		if (t_poll(c, POLLOUT, last ? T_SHORT : T_LONG) == POLLOUT)
			done++;
		else
			close(c);	/* so that its SYN does not come back */
	}
	return done;
}

/* Linux lets one more in than the backlog says. */
CASE(backlog_bounds)
{
	for (int backlog = 0; backlog < 4; backlog++) {
		int l = t_listen(t_sfam, LOOP, 0, backlog);

		EQ(complete(t_port(l), backlog + 2), backlog + 1);
		close(l);
	}
}

CASE(backlog_clamped_by_somaxconn)
{
	static const int asked[] = { 100, -1, 0x7fffffff };

	t_own_netns();
	t_write_sysctl("net/core/somaxconn", "2");
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		int l = t_listen(t_sfam, LOOP, 0, asked[i]);

		EQ(complete(t_port(l), 4), 3);
		close(l);
	}
}

CASE(backlog_changed)
{
	int l = t_listen(t_sfam, LOOP, 0, 0);

	EQ(complete(t_port(l), 2), 1);
	RET(listen(l, 3), 0);
	EQ(complete(t_port(l), 4), 3);
}

CASE(accept_makes_room)
{
	int l = t_listen(t_sfam, LOOP, 0, 0), c;

	t_connect(t_cfam, LOOP, t_port(l));
	c = t_connect_nb(t_cfam, LOOP, t_port(l));
	EQ(t_poll(c, POLLOUT, T_SHORT), 0);
	t_accept(l);
	EQ(t_poll(c, POLLOUT, T_LONG), POLLOUT);	/* SYN sent again: 1 s */
	t_accept(l);
}

CASE(two_hundred_queued)
{
	int l = t_listen(t_sfam, LOOP, 0, 200), c[200];
	uint16_t port = t_port(l);

	for (int i = 0; i < 200; i++)
		c[i] = t_connect(t_cfam, LOOP, port);
	for (int i = 0; i < 200; i++) {
		int s = t_accept(l);

		EQ(ntohs(t_peer(s).sin_port), t_port(c[i]));
		close(s);
		close(c[i]);
	}
	t_nonblock(l, true);
	ERR(accept(l, NULL, NULL), EAGAIN);
}

CASE(accept_wrong_state)
{
	int c, s, fd = t_sock(t_fam);

	ERR(accept(fd, NULL, NULL), EINVAL);
	ERR(accept(t_bound(t_fam, LOOP, 0), NULL, NULL), EINVAL);
	t_pair(&c, &s);
	ERR(accept(c, NULL, NULL), EINVAL);
	ERR(accept(s, NULL, NULL), EINVAL);
	ERR(accept(-1, NULL, NULL), EBADF);
}

CASE_F(accept_nothing, T_NO_MIX)
{
	int l = t_listen(t_fam, LOOP, 0, 1);

	t_nonblock(l, true);
	ERR(accept(l, NULL, NULL), EAGAIN);
	ERR(accept4(l, NULL, NULL, SOCK_NONBLOCK), EAGAIN);
}

CASE(accept4_flags)
{
	static const int flags[] = { 0, SOCK_NONBLOCK, SOCK_CLOEXEC,
				     SOCK_NONBLOCK | SOCK_CLOEXEC };
	int l = t_listen(t_sfam, LOOP, 0, 8);

	t_nonblock(l, true);	/* not inherited */
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		int s;

		t_connect(t_cfam, LOOP, t_port(l));
		EQ(t_poll(l, POLLIN, T_LONG), POLLIN);
		s = OK(accept4(l, NULL, NULL, flags[i]));
		EQ(!!(fcntl(s, F_GETFL) & O_NONBLOCK),
		   !!(flags[i] & SOCK_NONBLOCK));
		EQ(!!(fcntl(s, F_GETFD) & FD_CLOEXEC),
		   !!(flags[i] & SOCK_CLOEXEC));
	}
	t_connect(t_cfam, LOOP, t_port(l));
	EQ(t_poll(l, POLLIN, T_LONG), POLLIN);
	ERR(accept4(l, NULL, NULL, 1), EINVAL);
	ERR(accept4(l, NULL, NULL, SOCK_NONBLOCK | 0x40000000), EINVAL);
	OK(accept(l, NULL, NULL));	/* it was not used up */
}

CASE(accept_address)
{
	int l = t_listen(t_sfam, LOOP, 0, 8), c;
	unsigned char b[sizeof(struct sockaddr_in) + 4];
	struct sockaddr_in want;
	socklen_t len;

	c = t_connect(t_cfam, LOOP, t_port(l));
	want = t_addr(t_sfam, LOOP, t_port(c));
	memset(b, 0xee, sizeof(b));
	len = sizeof(b);
	OK(accept(l, SA(b), &len));
	EQ(len, 16);
	TRUE(!memcmp(b, &want, 16));	/* sin_zero too */
	EQ(b[16], 0xee);

	c = t_connect(t_cfam, LOOP, t_port(l));
	want = t_addr(t_sfam, LOOP, t_port(c));
	memset(b, 0xee, sizeof(b));
	len = 7;
	OK(accept(l, SA(b), &len));
	EQ(len, 16);
	TRUE(!memcmp(b, &want, 7));
	EQ(b[7], 0xee);

	t_connect(t_cfam, LOOP, t_port(l));
	len = 0;
	OK(accept(l, SA(b), &len));
	EQ(len, 16);
}

CASE(accept_bad_address)
{
	int l = t_listen(t_sfam, LOOP, 0, 8), c;
	struct sockaddr_in a;
	socklen_t len = -1;
	char b;

	/* the connection is taken from the queue and then lost */
	c = t_connect(t_cfam, LOOP, t_port(l));
	ERR(accept(l, SA(&a), &len), EINVAL);
	RET(recv(c, &b, 1, 0), 0);

	c = t_connect(t_cfam, LOOP, t_port(l));
	ERR(accept(l, SA(&a), NULL), EFAULT);
	RET(recv(c, &b, 1, 0), 0);

	c = t_connect(t_cfam, LOOP, t_port(l));
	len = sizeof(a);
	ERR(accept(l, (void *)8, &len), EFAULT);
	RET(recv(c, &b, 1, 0), 0);

	/* without an address the length is not looked at */
	t_connect(t_cfam, LOOP, t_port(l));
	OK(accept(l, NULL, (void *)8));
}

CASE(accept_no_descriptor)
{
	int l = t_listen(t_sfam, LOOP, 0, 8), c, top, s;
	struct rlimit r;

	c = t_connect(t_cfam, LOOP, t_port(l));
	top = OK(dup(c));
	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = top + 1;
	OK(setrlimit(RLIMIT_NOFILE, &r));
	ERR(accept(l, NULL, NULL), EMFILE);
	close(top);
	s = OK(accept(l, NULL, NULL));	/* still in the queue */
	EQ(ntohs(t_peer(s).sin_port), t_port(c));
}

static long blocking_accept(void *arg)
{
	return accept(*(int *)arg, NULL, NULL);
}

CASE(accept_blocks)
{
	int l = t_listen(t_sfam, LOOP, 0, 1), c;
	struct t_bg b;
	long s;

	t_bg(&b, blocking_accept, &l);
	t_bg_blocked(&b);
	c = t_connect(t_cfam, LOOP, t_port(l));
	s = OK(t_bg_join(&b));
	EQ(ntohs(t_peer(s).sin_port), t_port(c));
}

CASE_F(accept_interrupted, T_NO_MIX)
{
	int l = t_listen(t_fam, LOOP, 0, 1);

	t_signals_start(0);
	ERR(accept(l, NULL, NULL), EINTR);
	t_signals_stop();
}

static long connect_later(void *arg)
{
	t_signals_await();
	return t_connect(t_cfam, LOOP, *(uint16_t *)arg);
}

CASE(accept_restarted)
{
	int l = t_listen(t_sfam, LOOP, 0, 1);
	uint16_t port = t_port(l);
	struct t_bg b;

	t_bg(&b, connect_later, &port);
	t_signals_start(SA_RESTART);
	OK(accept(l, NULL, NULL));
	t_signals_stop();
	TRUE(t_signals > 0);
	t_bg_join(&b);
}

CASE_F(accept_timeout, T_NO_MIX)
{
	struct timeval tv = { .tv_usec = 200000 };
	int l = t_listen(t_fam, LOOP, 0, 1);
	uint64_t t0;

	OK(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	t0 = t_ms();
	ERR(accept(l, NULL, NULL), EAGAIN);
	TRUE(t_ms() - t0 >= T_WAITED(200));
	/* with a time limit a signal is not restarted */
	tv = (struct timeval){ .tv_sec = 50 };
	OK(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	t_signals_start(SA_RESTART);
	ERR(accept(l, NULL, NULL), EINTR);
	t_signals_stop();
}

CASE(accept_in_order)
{
	int l = t_listen(t_sfam, LOOP, 0, 16), c[10];

	for (int i = 0; i < 10; i++)
		c[i] = t_connect(t_cfam, LOOP, t_port(l));
	for (int i = 0; i < 10; i++)
		EQ(ntohs(t_peer(t_accept(l)).sin_port), t_port(c[i]));
}

CASE(accept_after_peer_closed)
{
	int l = t_listen(t_sfam, LOOP, 0, 4), c, s;
	char b[4];

	c = t_connect(t_cfam, LOOP, t_port(l));
	RET(send(c, "bye", 3, 0), 3);
	close(c);
	s = t_accept(l);
	RET(recv(s, b, 3, MSG_WAITALL), 3);
	RET(recv(s, b, 1, 0), 0);
}

CASE(accept_after_peer_reset)
{
	int l = t_listen(t_sfam, LOOP, 0, 4), c, s;
	char b;

	c = t_connect(t_cfam, LOOP, t_port(l));
	t_reset_on_close(c);
	EQ(t_poll(l, POLLIN, T_LONG), POLLIN);
	close(c);
	t_sleep(50);
	s = t_accept(l);
	t_wait_hup(s);
	ERR(recv(s, &b, 1, 0), ECONNRESET);
	RET(recv(s, &b, 1, 0), 0);
}

CASE(accept_by_many)
{
	enum { N = 4 };
	int l = t_listen(t_sfam, LOOP, 0, N), c[N], st;
	struct sockaddr_in a;
	pid_t pid[N];
	char buf;

	/* every process takes one and says so; no connection is taken twice */
	for (int i = 0; i < N; i++) {
		pid[i] = OK(fork());
		if (!pid[i]) {
			int s = t_accept(l);

			RET(send(s, "k", 1, 0), 1);
			t_end();
		}
	}
	a = t_addr(t_cfam, LOOP, t_port(l));
	for (int i = 0; i < N; i++) {
		c[i] = t_sock(t_cfam);
		OK(connect(c[i], SA(&a), sizeof(a)));
	}
	for (int i = 0; i < N; i++) {
		RET(recv(c[i], &buf, 1, 0), 1);
		RET(recv(c[i], &buf, 1, 0), 0);
	}
	for (int i = 0; i < N; i++) {
		waitpid(pid[i], &st, 0);
		EQ(st, 0);
	}
}

CASE(listener_closed)
{
	int l = t_listen(t_sfam, LOOP, 0, 4), fd;
	struct sockaddr_in a = t_addr(t_cfam, LOOP, t_port(l));
	int c = t_connect(t_cfam, LOOP, t_port(l)), s = t_accept(l);
	char b;

	close(l);
	fd = t_sock(t_cfam);
	ERR(connect(fd, SA(&a), sizeof(a)), ECONNREFUSED);
	/* what was accepted lives on */
	RET(send(c, "x", 1, 0), 1);
	RET(recv(s, &b, 1, 0), 1);
}

CASE(child_inherits)
{
	struct linger lg = { 1, 7 }, got = { 0 };
	int l = t_listen(t_sfam, LOOP, 0, 1), s;
	socklen_t len = sizeof(got);

	t_opt(l, SOL_SOCKET, SO_KEEPALIVE, 1);
	t_opt(l, SOL_SOCKET, SO_REUSEADDR, 1);
	t_opt(l, SOL_SOCKET, SO_SNDBUF, 30000);
	t_opt(l, SOL_SOCKET, SO_RCVBUF, 40000);
	t_opt(l, SOL_SOCKET, SO_PRIORITY, 5);
	t_opt(l, IPPROTO_TCP, TCP_NODELAY, 1);
	t_opt(l, IPPROTO_TCP, TCP_KEEPIDLE, 77);
	t_opt(l, IPPROTO_IP, IP_TTL, 33);
	OK(setsockopt(l, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg)));
	t_connect(t_cfam, LOOP, t_port(l));
	s = t_accept(l);
	EQ(t_getopt(s, SOL_SOCKET, SO_KEEPALIVE), 1);
	EQ(t_getopt(s, SOL_SOCKET, SO_REUSEADDR), 1);
	EQ(t_getopt(s, SOL_SOCKET, SO_SNDBUF), 60000);
	EQ(t_getopt(s, SOL_SOCKET, SO_RCVBUF), 80000);
	EQ(t_getopt(s, SOL_SOCKET, SO_PRIORITY), 0);	/* this one is not */
	EQ(t_getopt(s, SOL_SOCKET, SO_ACCEPTCONN), 0);
	EQ(t_getopt(s, IPPROTO_TCP, TCP_NODELAY), 1);
	EQ(t_getopt(s, IPPROTO_TCP, TCP_KEEPIDLE), 77);
	EQ(t_getopt(s, IPPROTO_IP, IP_TTL), 33);
	OK(getsockopt(s, SOL_SOCKET, SO_LINGER, &got, &len));
	EQ(got.l_onoff, 1);
	EQ(got.l_linger, 7);
}

/* Several listeners of different ports and addresses do not mix. */
CASE(many_listeners)
{
	enum { N = 50 };
	int l[N], c;

	for (int i = 0; i < N; i++)
		l[i] = t_listen(t_sfam, LOOP + i % 5, 0, 4);
	for (int i = N - 1; i >= 0; i--) {
		c = t_connect(t_cfam, LOOP + i % 5, t_port(l[i]));
		EQ(ntohs(t_peer(t_accept(l[i])).sin_port), t_port(c));
	}
}

/* A listener of one address is preferred to the wildcard one of that port. */
CASE(specific_listener_wins)
{
	int any = t_sock(t_sfam), one = t_sock(t_sfam), s;
	struct sockaddr_in a = t_addr(t_sfam, INADDR_ANY, 0);

	t_opt(any, SOL_SOCKET, SO_REUSEPORT, 1);
	t_opt(one, SOL_SOCKET, SO_REUSEPORT, 1);
	OK(bind(any, SA(&a), sizeof(a)));
	a = t_addr(t_sfam, LOOP, t_port(any));
	OK(bind(one, SA(&a), sizeof(a)));
	OK(listen(any, 4));
	OK(listen(one, 4));
	t_connect(t_cfam, LOOP, t_port(any));
	s = t_accept(one);
	close(s);
	t_connect(t_cfam, LOOP + 1, t_port(any));
	s = t_accept(any);
	EQ(ntohl(t_name(s).sin_addr.s_addr), LOOP + 1);
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
