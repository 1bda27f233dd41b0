// SPDX-License-Identifier: GPL-2.0
/*
 * connect(): blocking, non-blocking, interrupted and resumed, timed out and
 * refused, and every bad argument.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 400
 */
#define _GNU_SOURCE
#include "t.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int try_connect(int fd, uint32_t ip, uint16_t port)
{
	struct sockaddr_in a = t_addr(t_cfam, ip, port);

	return connect(fd, SA(&a), sizeof(a));
}

/* A port at which nobody listens (any more). */
static uint16_t closed_port(void)
{
	int fd = t_listen(t_sfam, LOOP, 0, 1);
	uint16_t port = t_port(fd);

	OK(close(fd));
	return port;
}

static void exchange(int a, int b)
{
	char c = 0;

	/* Either may be non-blocking, and on a busy machine a packet takes its time. */
	RET(send(a, "x", 1, MSG_NOSIGNAL), 1);
	EQ(t_poll(b, POLLIN, T_LONG), POLLIN);
	RET(recv(b, &c, 1, 0), 1);
	EQ(c, 'x');
	RET(send(b, "y", 1, MSG_NOSIGNAL), 1);
	EQ(t_poll(a, POLLIN, T_LONG), POLLIN);
	RET(recv(a, &c, 1, 0), 1);
	EQ(c, 'y');
}

CASE(blocking)
{
	int l = t_listen(t_sfam, LOOP, 0, 1), c = t_sock(t_cfam), s;

	RET(try_connect(c, LOOP, t_port(l)), 0);
	EQ(ntohl(t_name(c).sin_addr.s_addr), LOOP);
	EQ(t_port(l), ntohs(t_peer(c).sin_port));
	s = t_accept(l);
	EQ(t_port(c), ntohs(t_peer(s).sin_port));
	ERRNO(t_so_error(c), 0);
	exchange(c, s);
	exchange(s, c);
}

/* The peer's program need not have accepted for connect and send to work. */
CASE(before_accept)
{
	int l = t_listen(t_sfam, LOOP, 0, 1);
	int c = t_connect(t_cfam, LOOP, t_port(l)), s;
	char buf[8] = "";

	RET(send(c, "early", 5, 0), 5);
	RET(shutdown(c, SHUT_WR), 0);
	s = t_accept(l);
	RET(recv(s, buf, 5, MSG_WAITALL), 5);
	TRUE(!memcmp(buf, "early", 5));
	RET(recv(s, buf, 1, 0), 0);
}

CASE(refused)
{
	int c = t_sock(t_cfam), l;
	uint16_t port = closed_port();

	ERR(try_connect(c, LOOP, port), ECONNREFUSED);
	ERRNO(t_so_error(c), 0);
	ERR(try_connect(c, LOOP, port), ECONNREFUSED);
	/* the socket is good for another try */
	l = t_listen(t_sfam, LOOP, 0, 1);
	RET(try_connect(c, LOOP, t_port(l)), 0);
	exchange(c, t_accept(l));
}

CASE(refused_port_zero)
{
	ERR(try_connect(t_sock(t_cfam), LOOP, 0), ECONNREFUSED);
}

/* Refused: a port that is bound and does not listen. */
CASE(refused_bound_only)
{
	int b = t_bound(t_sfam, LOOP, 0);

	ERR(try_connect(t_sock(t_cfam), LOOP, t_port(b)), ECONNREFUSED);
}

CASE(listener_of_another_address)
{
	int l = t_listen(t_sfam, LOOP + 1, 0, 1);

	ERR(try_connect(t_sock(t_cfam), LOOP, t_port(l)), ECONNREFUSED);
	RET(try_connect(t_sock(t_cfam), LOOP + 1, t_port(l)), 0);
}

CASE(to_wildcard_means_loopback)
{
	int l = t_listen(t_sfam, LOOP, 0, 1), c = t_sock(t_cfam);

	RET(try_connect(c, INADDR_ANY, t_port(l)), 0);
	EQ(ntohl(t_peer(c).sin_addr.s_addr), LOOP);
}

CASE_F(unreachable, T_NO_MIX)
{
	int c = t_sock(t_fam), nb = t_sock_nb(t_fam), l;

	ERR(try_connect(c, 0xc0000201, 80), ENETUNREACH);
	ERR(try_connect(nb, 0xc0000201, 80), ENETUNREACH);
	ERRNO(t_so_error(c), 0);
	EQ(t_port(c), 0);
	l = t_listen(t_fam, LOOP, 0, 1);
	RET(try_connect(c, LOOP, t_port(l)), 0);
}

CASE_F(broadcast_and_multicast, T_NO_MIX)
{
	ERR(try_connect(t_sock(t_fam), INADDR_BROADCAST, 80), ENETUNREACH);
	ERR(try_connect(t_sock(t_fam), 0x7fffffff, 80), ENETUNREACH);
	ERR(try_connect(t_sock(t_fam), 0xe0000001, 80), ENETUNREACH);
}

CASE_F(address_length, T_NO_MIX)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in a = t_addr(t_fam, LOOP, closed_port());
	int fd = t_sock(t_fam);

	memcpy(&ss, &a, sizeof(a));
	for (int len = 0; len < 16; len++)
		ERR(connect(fd, SA(&ss), len), EINVAL);
	ERR(connect(fd, SA(&ss), -1), EINVAL);
	ERR(connect(fd, SA(&ss), sizeof(ss) + 1), EINVAL);
	EQ(t_port(fd), 0);
	ERR(connect(fd, SA(&ss), sizeof(ss)), ECONNREFUSED);
}

CASE_F(address_family, T_NO_MIX)
{
	static const int bad[] = { AF_UNIX, AF_INET6, AF_PACKET, 0xffff };
	char big[28] = { 0 };
	int fd = t_sock(t_fam);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct sockaddr_in a = t_addr(bad[i], LOOP, 80);

		memcpy(big, &a, sizeof(a));
		ERR(connect(fd, SA(&a), sizeof(a)), EAFNOSUPPORT);
		ERR(connect(fd, SA(big), sizeof(big)), EAFNOSUPPORT);
		ERR(connect(fd, SA(&a), 8), EINVAL);
	}
}

CASE_F(other_family_refused, T_NO_MIX | T_ONLY_NEWINET)
{
	int l = t_listen(t_fam, LOOP, 0, 1), fd = t_sock(t_fam);
	struct sockaddr_in a = t_addr(T_OTHER(t_fam), LOOP, t_port(l));

	ERR(connect(fd, SA(&a), sizeof(a)), EAFNOSUPPORT);
}

CASE_F(bad_pointer, T_NO_MIX)
{
	int fd = t_sock(t_fam);

	ERR(connect(fd, NULL, 16), EFAULT);
	ERR(connect(fd, (void *)8, 16), EFAULT);
	ERR(connect(fd, (void *)-4096L, 16), EFAULT);
	ERR(connect(fd, NULL, 0), EINVAL);
	ERR(connect(-1, NULL, 0), EBADF);
}

CASE_F(on_listener, T_NO_MIX)
{
	int l = t_listen(t_fam, LOOP, 0, 1);
	int c;

	ERR(try_connect(l, LOOP, t_port(l)), EISCONN);
	EQ(t_getopt(l, SOL_SOCKET, SO_ACCEPTCONN), 1);
	c = t_connect(t_fam, LOOP, t_port(l));
	exchange(c, t_accept(l));
}

CASE(twice)
{
	int c, s, l = t_listen(t_sfam, LOOP, 0, 1);

	t_pair(&c, &s);
	ERR(try_connect(c, LOOP, t_port(l)), EISCONN);
	ERR(try_connect(c, LOOP, t_port(s)), EISCONN);
	exchange(c, s);
}

/* still EISCONN when both directions are closed, until the program says so */
CASE(after_close)
{
	int c, s, l = t_listen(t_sfam, LOOP, 0, 1);

	t_pair(&c, &s);
	close(s);
	t_wait_hup(c);
	RET(shutdown(c, SHUT_WR), 0);
	ERR(try_connect(c, LOOP, t_port(l)), EISCONN);
}

CASE(nonblocking)
{
	int l = t_listen(t_sfam, LOOP, 0, 1);
	int c = t_connect_nb(t_cfam, LOOP, t_port(l)), s;

	EQ(t_poll(c, POLLOUT, T_LONG), POLLOUT);
	ERRNO(t_so_error(c), 0);
	/* the first connect() after that reports success, the next EISCONN */
	RET(try_connect(c, LOOP, t_port(l)), 0);
	ERR(try_connect(c, LOOP, t_port(l)), EISCONN);
	s = t_accept(l);
	t_nonblock(c, false);
	exchange(c, s);
}

CASE(nonblocking_in_progress)
{
	struct t_sink k;
	char buf[4];
	int c;

	t_sink(&k);
	c = t_connect_nb(t_cfam, LOOP, k.port);
	ERR(try_connect(c, LOOP, k.port), EALREADY);
	ERR(try_connect(c, LOOP, k.port), EALREADY);
	ERRNO(t_so_error(c), 0);
	EQ(t_poll(c, POLLIN | POLLOUT, T_SHORT), 0);
	ERR(recv(c, buf, 1, 0), EAGAIN);
	ERR(send(c, buf, 1, MSG_NOSIGNAL), EAGAIN);
	t_sink_open(&k);
	EQ(t_poll(c, POLLOUT, T_LONG), POLLOUT);
	ERRNO(t_so_error(c), 0);
	exchange(c, t_accept(k.lfd));
}

CASE(nonblocking_refused)
{
	uint16_t port = closed_port();
	int c = t_connect_nb(t_cfam, LOOP, port), l;

	TRUE(t_poll(c, POLLOUT, T_LONG) & POLLERR);
	ERRNO(t_so_error(c), ECONNREFUSED);
	ERRNO(t_so_error(c), 0);
	/* the error is taken: connect() can only say that it did not happen */
	ERR(try_connect(c, LOOP, port), ECONNABORTED);
	ERR(try_connect(c, LOOP, port), EINPROGRESS);
	TRUE(t_poll(c, POLLOUT, T_LONG) & POLLERR);
	/* not taken: connect() hands it out */
	ERR(try_connect(c, LOOP, port), ECONNREFUSED);
	l = t_listen(t_sfam, LOOP, 0, 1);
	ERR(try_connect(c, LOOP, t_port(l)), EINPROGRESS);
	EQ(t_poll(c, POLLOUT, T_LONG), POLLOUT);
	ERRNO(t_so_error(c), 0);
}

/* read and write on a refused socket hand out the error as well, once */
CASE(refused_seen_by_send_and_recv)
{
	int c = t_connect_nb(t_cfam, LOOP, closed_port());
	char b;

	TRUE(t_poll(c, POLLOUT, T_LONG) & POLLERR);
	ERR(recv(c, &b, 1, 0), ECONNREFUSED);
	RET(recv(c, &b, 1, 0), 0);
	ERR(send(c, &b, 1, MSG_NOSIGNAL), EPIPE);

	c = t_connect_nb(t_cfam, LOOP, closed_port());
	TRUE(t_poll(c, POLLOUT, T_LONG) & POLLERR);
	ERR(send(c, &b, 1, MSG_NOSIGNAL), ECONNREFUSED);
	ERR(send(c, &b, 1, MSG_NOSIGNAL), EPIPE);
}

CASE(interrupted_and_resumed)
{
	int c = t_sock(t_cfam);
	struct t_sink k;

	t_sink(&k);
	t_signals_start(0);
	ERR(try_connect(c, LOOP, k.port), EINTR);
	t_signals_stop();
	TRUE(t_signals > 0);
	/* the handshake goes on: ask without waiting, then wait */
	t_nonblock(c, true);
	ERR(try_connect(c, LOOP, k.port), EALREADY);
	t_nonblock(c, false);
	t_sink_open(&k);
	RET(try_connect(c, LOOP, k.port), 0);
	ERR(try_connect(c, LOOP, k.port), EISCONN);
	exchange(c, t_accept(k.lfd));
}

static long open_sink_later(void *arg)
{
	t_signals_await();
	return t_sink_open(arg);
}

/* tcp_tw_reuse 2: on the loopback device the port of a wait is free again after a second. */
CASE_F(loopback_port_again, T_NO_MIX)
{
	int c, l, s;

	t_own_netns();
	t_write_sysctl("net/ipv4/ip_local_port_range", "41000 41000");
	l = t_listen(t_sfam, LOOP, 40000, 4);
	for (int i = 0; i < 2; i++) {
		if (i)
			t_sleep(2200);
		c = t_connect(t_cfam, LOOP, 40000);
		EQ(t_port(c), 41000);
		s = t_accept(l);
		/* The client waits. */
		OK(close(c));
		t_wait_hup(s);
		OK(close(s));
	}
}

CASE(interrupted_and_restarted)
{
	int c = t_sock(t_cfam);
	struct t_bg b;
	struct t_sink k;

	t_sink(&k);
	t_bg(&b, open_sink_later, &k);
	t_signals_start(SA_RESTART);
	RET(try_connect(c, LOOP, k.port), 0);
	t_signals_stop();
	TRUE(t_signals > 0);
	t_bg_join(&b);
	exchange(c, t_accept(k.lfd));
}

CASE(send_timeout_bounds_it)
{
	struct timeval tv = { .tv_usec = 200000 };
	int c = t_sock(t_cfam);
	uint64_t t0;
	struct t_sink k;

	t_sink(&k);
	OK(setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	t0 = t_ms();
	ERR(try_connect(c, LOOP, k.port), EINPROGRESS);
	TRUE(t_ms() - t0 >= T_WAITED(200));
	ERR(try_connect(c, LOOP, k.port), EALREADY);
	t_sink_open(&k);
	EQ(t_poll(c, POLLOUT, T_LONG), POLLOUT);
	ERRNO(t_so_error(c), 0);
}

/* With a send timeout a signal is reported even where SA_RESTART is asked. */
CASE(send_timeout_forbids_restart)
{
	struct timeval tv = { .tv_sec = 50 };
	int c = t_sock(t_cfam);
	struct t_sink k;

	t_sink(&k);
	OK(setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	t_signals_start(SA_RESTART);
	ERR(try_connect(c, LOOP, k.port), EINTR);
	t_signals_stop();
}

static long blocking_connect(void *arg)
{
	int *v = arg;

	return try_connect(v[0], LOOP, v[1]);
}

CASE(shutdown_ends_it)
{
	int v[2] = { t_sock(t_cfam) };
	struct t_bg b;
	struct t_sink k;
	int l;

	t_sink(&k);
	v[1] = k.port;
	t_bg(&b, blocking_connect, v);
	t_bg_blocked(&b);
	RET(shutdown(v[0], SHUT_RDWR), 0);
	ERR(t_bg_join(&b), ECONNRESET);
	/* and leaves a socket that can connect elsewhere */
	l = t_listen(t_sfam, LOOP, 0, 1);
	RET(try_connect(v[0], LOOP, t_port(l)), 0);
	exchange(v[0], t_accept(l));
}

CASE(close_while_connecting)
{
	struct t_sink k;
	int c, s;

	t_sink(&k);
	c = t_connect_nb(t_cfam, LOOP, k.port);
	OK(close(c));
	s = t_sink_open(&k);
	/* 1.3 s: the SYN would have been retransmitted by then */
	EQ(t_poll(k.lfd, POLLIN, 1300), 0);
	close(s);
}

CASE(a_hundred)
{
	int l = t_listen(t_sfam, LOOP, 0, 128), c[100], s;
	uint16_t port = t_port(l);

	for (int i = 0; i < 100; i++)
		c[i] = t_connect(t_cfam, LOOP, port);
	for (int i = 0; i < 100; i++) {
		s = t_accept(l);
		EQ(ntohs(t_peer(s).sin_port), t_port(c[i]));
		exchange(c[i], s);
		close(s);
		close(c[i]);
	}
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
