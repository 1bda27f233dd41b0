// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a connection as both programs see it: shutdown() in every
 * direction and state, close(), SO_LINGER, resets, TIME-WAIT's hold on a
 * port, and what happens to calls that sleep in another thread.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 400
 */
#define _GNU_SOURCE
#include "t.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void linger(int fd, int on, int seconds)
{
	struct linger l = { on, seconds };

	OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

static void say(int from, int to)
{
	char b = 0;

	RET(send(from, "m", 1, MSG_NOSIGNAL), 1);
	RET(recv(to, &b, 1, 0), 1);
	EQ(b, 'm');
}

static void at_end(int fd)
{
	char b;

	RET(recv(fd, &b, 1, 0), 0);
	RET(recv(fd, &b, 1, 0), 0);
}

/* shutdown(WR) by one end, then by the other; both ways round */
static void half_close(int a, int b)
{
	RET(shutdown(a, SHUT_WR), 0);
	at_end(b);
	ERR(send(a, "x", 1, MSG_NOSIGNAL), EPIPE);
	for (int i = 0; i < 3; i++)
		say(b, a);		/* the other direction lives */
	RET(shutdown(a, SHUT_WR), 0);	/* again: nothing new */
	RET(shutdown(b, SHUT_WR), 0);
	at_end(a);
	ERR(send(b, "x", 1, MSG_NOSIGNAL), EPIPE);
	at_end(b);
}

CASE(half_close_by_client)
{
	int c, s;

	t_pair(&c, &s);
	half_close(c, s);
}

CASE(half_close_by_server)
{
	int c, s;

	t_pair(&c, &s);
	half_close(s, c);
}

CASE(data_before_fin)
{
	char b[8];
	int c, s;

	t_pair(&c, &s);
	RET(send(c, "last", 4, 0), 4);
	RET(shutdown(c, SHUT_WR), 0);
	t_wait_hup(s);
	RET(recv(s, b, 2, 0), 2);
	RET(recv(s, b, 8, 0), 2);
	at_end(s);
}

/* SHUT_RD is local: the peer learns nothing, and what it sends still comes. */
static void read_shutdown(int a, int b)
{
	char buf[8];

	RET(send(b, "old", 3, 0), 3);
	t_poll(a, POLLIN, T_LONG);
	RET(shutdown(a, SHUT_RD), 0);
	RET(recv(a, buf, 8, 0), 3);
	at_end(a);
	RET(send(b, "new", 3, MSG_NOSIGNAL), 3);
	for (int i = 0; i < 400 && recv(a, buf, 8, MSG_PEEK) != 3; i++)
		t_sleep(50);
	RET(recv(a, buf, 8, 0), 3);
	at_end(a);
	say(a, b);
	RET(shutdown(a, SHUT_RD), 0);
	EQ(t_poll(b, POLLIN | POLLRDHUP, T_SHORT), 0);
}

CASE(shutdown_read_client)
{
	int c, s;

	t_pair(&c, &s);
	read_shutdown(c, s);
}

CASE(shutdown_read_server)
{
	int c, s;

	t_pair(&c, &s);
	read_shutdown(s, c);
}

CASE(shutdown_both)
{
	int c, s;

	t_pair(&c, &s);
	RET(shutdown(c, SHUT_RDWR), 0);
	ERR(send(c, "x", 1, MSG_NOSIGNAL), EPIPE);
	at_end(c);
	at_end(s);
	/* nobody will read what the peer sends now: it is told by a reset */
	RET(send(s, "x", 1, MSG_NOSIGNAL), 1);
	EQ(t_poll(s, 0, T_LONG), POLLHUP | POLLERR);
	ERRNO(t_so_error(s), EPIPE);
	ERR(shutdown(s, SHUT_RDWR), ENOTCONN);
	ERRNO(t_so_error(c), ECONNRESET);
}

CASE(shutdown_both_at_both_ends)
{
	int c, s;

	t_pair(&c, &s);
	RET(shutdown(c, SHUT_RDWR), 0);
	t_wait_hup(s);
	RET(shutdown(s, SHUT_RDWR), 0);
	at_end(s);
	EQ(t_poll(c, 0, T_LONG), POLLHUP);
	ERRNO(t_so_error(c), 0);
	ERRNO(t_so_error(s), 0);
}

/* When both FINs are acknowledged there is no connection left to shut down. */
CASE(shutdown_when_over)
{
	int c, s;

	t_pair(&c, &s);
	RET(shutdown(c, SHUT_WR), 0);
	t_wait_hup(s);
	RET(shutdown(s, SHUT_WR), 0);
	EQ(t_poll(c, 0, T_LONG), POLLHUP);
	EQ(t_poll(s, 0, T_LONG), POLLHUP);
	ERR(shutdown(c, SHUT_WR), ENOTCONN);
	ERR(shutdown(s, SHUT_RDWR), ENOTCONN);
	at_end(c);
	at_end(s);
}

CASE_F(shutdown_unconnected, T_NO_MIX)
{
	int fd = t_sock(t_fam), b = t_bound(t_fam, LOOP, 0);

	for (int how = SHUT_RD; how <= SHUT_RDWR; how++) {
		ERR(shutdown(fd, how), ENOTCONN);
		ERR(shutdown(b, how), ENOTCONN);
	}
}

CASE(shutdown_bad)
{
	int c, s;

	t_pair(&c, &s);
	ERR(shutdown(c, 3), EINVAL);
	ERR(shutdown(c, -1), EINVAL);
	ERR(shutdown(c, 0x7fffffff), EINVAL);
	ERR(shutdown(t_sock(t_fam), 3), EINVAL);
	ERR(shutdown(-1, SHUT_RD), EBADF);
	say(c, s);
	say(s, c);
}

CASE(shutdown_listener)
{
	int l = t_listen(t_sfam, LOOP, 0, 4), c, s;
	uint16_t port = t_port(l);
	struct sockaddr_in a = t_addr(t_cfam, LOOP, port);

	RET(shutdown(l, SHUT_WR), 0);		/* no effect */
	c = t_connect(t_cfam, LOOP, port);
	s = t_accept(l);
	RET(shutdown(l, SHUT_RD), 0);		/* the end of listening */
	ERR(accept(l, NULL, NULL), EINVAL);
	EQ(t_getopt(l, SOL_SOCKET, SO_ACCEPTCONN), 0);
	ERR(connect(t_sock(t_cfam), SA(&a), sizeof(a)), ECONNREFUSED);
	say(c, s);
	ERR(shutdown(l, SHUT_RD), ENOTCONN);
}

CASE(shutdown_bound_listener_and_listen_again)
{
	int l = t_bound(t_sfam, LOOP, 0), c;
	uint16_t port = t_port(l);

	/* asked for by number, the port stays with the socket */
	OK(close(l));
	l = t_listen(t_sfam, LOOP, port, 4);
	RET(shutdown(l, SHUT_RDWR), 0);
	RET(listen(l, 4), 0);
	EQ(t_port(l), port);
	c = t_connect(t_cfam, LOOP, port);
	say(c, t_accept(l));
}

/* An orderly close by one end; the other may still write, once. */
static void orderly_close(int a, int b)
{
	RET(close(a), 0);
	at_end(b);
	RET(send(b, "x", 1, MSG_NOSIGNAL), 1);	/* answered by a reset */
	EQ(t_poll(b, 0, T_LONG), POLLHUP | POLLERR);
	ERR(send(b, "x", 1, MSG_NOSIGNAL), EPIPE);
	ERRNO(t_so_error(b), 0);
	at_end(b);
}

CASE(close_by_client)
{
	int c, s;

	t_pair(&c, &s);
	orderly_close(c, s);
}

CASE(close_by_server)
{
	int c, s;

	t_pair(&c, &s);
	orderly_close(s, c);
}

/* A reset in CLOSE-WAIT is EPIPE in SO_ERROR, not ECONNRESET. */
CASE(reset_after_eof)
{
	int c, s;

	t_pair(&c, &s);
	close(s);
	at_end(c);
	RET(send(c, "x", 1, MSG_NOSIGNAL), 1);
	EQ(t_poll(c, 0, T_LONG), POLLHUP | POLLERR);
	ERRNO(t_so_error(c), EPIPE);
	ERRNO(t_so_error(c), 0);
}

/* Nothing is lost when close() comes right after a send that filled buffers. */
CASE(close_delivers_everything)
{
	size_t n;
	char b;
	int c, s;

	t_pair_small(&c, &s, 8192);
	n = t_fill(c);
	close(c);
	t_drain(s, n);
	RET(recv(s, &b, 1, 0), 0);
}

CASE(exit_delivers_everything)
{
	static char big[300000];
	int c, s, st;
	pid_t pid;

	t_pair(&c, &s);
	pid = OK(fork());
	if (!pid) {
		close(s);
		t_send_all(c, big, sizeof(big));
		_exit(0);
	}
	close(c);
	t_drain(s, sizeof(big));
	at_end(s);
	waitpid(pid, &st, 0);
	EQ(st, 0);
}

CASE(killed_program_closes)
{
	pid_t pid;
	int c, s;

	t_pair(&c, &s);
	pid = OK(fork());
	if (!pid) {
		pause();
		_exit(0);
	}
	close(c);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	at_end(s);
}

static void unread_data(int a, int b)
{
	char buf;

	RET(send(b, "never read", 10, 0), 10);
	EQ(t_poll(a, POLLIN, T_LONG), POLLIN);
	close(a);
	ERR(recv(b, &buf, 1, 0), ECONNRESET);
	at_end(b);
	ERR(send(b, "x", 1, MSG_NOSIGNAL), EPIPE);
}

CASE(close_with_unread_data_client)
{
	int c, s;

	t_pair(&c, &s);
	unread_data(c, s);
}

CASE(close_with_unread_data_server)
{
	int c, s;

	t_pair(&c, &s);
	unread_data(s, c);
}

/* What came before a reset can still be read; then comes the error. */
CASE(data_before_reset)
{
	char b[8];
	int c, s;

	t_pair(&c, &s);
	RET(send(c, "abc", 3, 0), 3);
	EQ(t_poll(s, POLLIN, T_LONG), POLLIN);
	t_reset_on_close(c);
	close(c);
	t_wait_hup(s);
	RET(recv(s, b, 8, 0), 3);
	ERR(recv(s, b, 8, 0), ECONNRESET);
	at_end(s);
}

CASE(reset_taken_by_so_error)
{
	char b;
	int c, s;

	t_pair(&c, &s);
	t_reset_on_close(c);
	close(c);
	t_wait_hup(s);
	ERRNO(t_so_error(s), ECONNRESET);
	ERRNO(t_so_error(s), 0);
	RET(recv(s, &b, 1, 0), 0);
	ERR(send(s, &b, 1, MSG_NOSIGNAL), EPIPE);
	ERR(shutdown(s, SHUT_WR), ENOTCONN);
}

CASE(linger_zero_resets)
{
	char b;
	int c, s;

	t_pair(&c, &s);
	linger(s, 1, 0);
	close(s);
	ERR(recv(c, &b, 1, 0), ECONNRESET);
	/* and drops what was not sent yet */
	t_pair_small(&c, &s, 8192);
	t_fill(c);
	linger(c, 1, 0);
	close(c);
	t_wait_hup(s);
	for (int i = 0; i < 10000 && recv(s, &b, 1, 0) == 1; i++)
		;
	EQ(t_poll(s, 0, 0) & POLLHUP, POLLHUP);
}

/* No TIME-WAIT after a reset: the port is free. */
CASE(linger_zero_frees_the_port)
{
	int c, s;
	uint16_t cp;

	t_own_netns();		/* no older connection may share the port */
	t_pair(&c, &s);
	cp = t_port(c);
	linger(c, 1, 0);
	close(c);
	t_wait_hup(s);
	close(t_bound(t_cfam, LOOP, cp));
}

CASE(linger_off)
{
	size_t n;
	int c, s;

	t_pair_small(&c, &s, 8192);
	n = t_fill(c);
	linger(c, 0, 40);	/* off: the seconds mean nothing */
	close(c);
	t_drain(s, n);
	at_end(s);
}

struct drainer {
	int fd;
	size_t n;
	uint64_t began;
};

static long drain_later(void *arg)
{
	struct drainer *d = arg;

	t_sleep(400);
	d->began = t_ms();
	t_drain(d->fd, d->n);
	return recv(d->fd, &(char){ 0 }, 1, 0);
}

/* close() waits for the peer to have taken everything. */
static void linger_waits(bool nonblocking)
{
	struct drainer d;
	struct t_bg b;
	uint64_t closed;
	int c, s;

	t_pair_small(&c, &s, 8192);
	d.n = t_fill(c);
	d.fd = s;
	linger(c, 1, 50);
	t_nonblock(c, nonblocking);
	t_bg(&b, drain_later, &d);
	RET(close(c), 0);
	closed = t_ms();
	RET(t_bg_join(&b), 0);
	TRUE(closed >= d.began);
	TRUE(closed - d.began < 45000);
}

CASE(linger_waits_until_acknowledged)
{
	linger_waits(false);
}

CASE(linger_waits_on_nonblocking_too)
{
	linger_waits(true);
}

/* The time is up: close() returns, the data goes on in the background. */
CASE(linger_time_up)
{
	uint64_t t0;
	size_t n;
	int c, s;

	t_pair_small(&c, &s, 8192);
	n = t_fill(c);
	linger(c, 1, 1);
	t0 = t_ms();
	RET(close(c), 0);
	TRUE(t_ms() - t0 >= T_WAITED(1000));
	t_drain(s, n);
	at_end(s);
}

/* The port of the end that closed first is held for TIME-WAIT. */
static void time_wait_of_listener(bool reuse_before)
{
	int l = t_sock(t_sfam), c, s, fd;
	struct sockaddr_in a = t_addr(t_sfam, LOOP, 0);

	t_opt(l, SOL_SOCKET, SO_REUSEADDR, reuse_before);
	OK(bind(l, SA(&a), sizeof(a)));
	OK(listen(l, 2));
	a.sin_port = t_name(l).sin_port;
	c = t_connect(t_cfam, LOOP, t_port(l));
	s = t_accept(l);
	close(s);		/* the active close */
	at_end(c);
	close(c);
	close(l);
	fd = t_sock(t_sfam);
	ERR(bind(fd, SA(&a), sizeof(a)), EADDRINUSE);
	t_opt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!reuse_before) {
		/* both sides must have asked for it */
		ERR(bind(fd, SA(&a), sizeof(a)), EADDRINUSE);
		return;
	}
	RET(bind(fd, SA(&a), sizeof(a)), 0);
	RET(listen(fd, 2), 0);
	c = t_connect(t_cfam, LOOP, ntohs(a.sin_port));
	say(c, t_accept(fd));
}

CASE(time_wait_holds_the_port)
{
	time_wait_of_listener(false);
}

CASE(time_wait_and_reuseaddr)
{
	time_wait_of_listener(true);
}

CASE(time_wait_of_client)
{
	struct sockaddr_in a;
	int c, s, fd;

	t_pair(&c, &s);
	a = t_addr(t_cfam, LOOP, t_port(c));
	close(c);
	at_end(s);
	close(s);
	t_sleep(100);
	fd = t_sock(t_cfam);
	ERR(bind(fd, SA(&a), sizeof(a)), EADDRINUSE);
}

/* The end that closed second waits for one acknowledgment only. */
CASE(no_time_wait_for_the_passive_end)
{
	int c, s, fd, n = 0;
	struct sockaddr_in a;

	t_pair(&c, &s);
	a = t_addr(t_sfam, LOOP, t_port(s));
	close(c);
	at_end(s);
	close(s);
	fd = t_sock(t_sfam);
	while (bind(fd, SA(&a), sizeof(a)) < 0 && n++ < 400)
		t_sleep(50);
	EQ(ntohs(a.sin_port), t_port(fd));
}

CASE(listener_close_resets_the_queued)
{
	int l = t_listen(t_sfam, LOOP, 0, 4), c[3];
	char b;

	for (int i = 0; i < 3; i++)
		c[i] = t_connect(t_cfam, LOOP, t_port(l));
	RET(send(c[0], "x", 1, 0), 1);
	close(l);
	for (int i = 0; i < 3; i++)
		ERR(recv(c[i], &b, 1, 0), ECONNRESET);
}

static long do_recv(void *arg)
{
	char b;

	return recv(*(int *)arg, &b, 1, 0);
}

static long do_accept(void *arg)
{
	return accept(*(int *)arg, NULL, NULL);
}

static long do_send(void *arg)
{
	return t_send_on(*(int *)arg, NULL);
}

CASE(shutdown_wakes_recv)
{
	struct t_bg b;
	int c, s;

	for (int how = SHUT_RD; how <= SHUT_RDWR; how += 2) {
		t_pair(&c, &s);
		t_bg(&b, do_recv, &c);
		t_bg_blocked(&b);
		RET(shutdown(c, how), 0);
		RET(t_bg_join(&b), 0);
	}
}

CASE(shutdown_wakes_accept)
{
	int l = t_listen(t_fam, LOOP, 0, 1);
	struct t_bg b;

	t_bg(&b, do_accept, &l);
	t_bg_blocked(&b);
	RET(shutdown(l, SHUT_RD), 0);
	ERR(t_bg_join(&b), EINVAL);
}

CASE(shutdown_wakes_send)
{
	struct t_bg b;
	int c, s;

	t_pair_small(&c, &s, 8192);
	t_fill(c);
	t_bg(&b, do_send, &c);
	t_bg_blocked(&b);
	RET(shutdown(c, SHUT_WR), 0);
	ERR(t_bg_join(&b), EPIPE);
}

CASE(peer_wakes_recv)
{
	struct t_bg b;
	int c, s;

	t_pair(&c, &s);
	t_bg(&b, do_recv, &c);
	t_bg_blocked(&b);
	close(s);
	RET(t_bg_join(&b), 0);

	t_pair(&c, &s);
	t_bg(&b, do_recv, &s);
	t_bg_blocked(&b);
	t_reset_on_close(c);
	close(c);
	ERR(t_bg_join(&b), ECONNRESET);
}

CASE(peer_reset_wakes_send)
{
	struct t_bg b;
	int c, s;

	t_pair_small(&c, &s, 8192);
	t_fill(c);
	t_bg(&b, do_send, &c);
	t_bg_blocked(&b);
	close(s);		/* with data unread: RST */
	ERR(t_bg_join(&b), ECONNRESET);
}

/*
 * close() of a descriptor does not wake the call that sleeps on its file: the
 * call holds the socket, which ends when the call does.
 */
CASE(close_leaves_recv_asleep)
{
	struct t_bg b;
	int c, s;

	t_pair(&c, &s);
	t_bg(&b, do_recv, &c);
	t_bg_blocked(&b);
	OK(close(c));
	EQ(t_poll(s, POLLIN | POLLRDHUP, T_SHORT), 0);	/* no FIN yet */
	EQ(b.done, 0);
	RET(send(s, "x", 1, 0), 1);
	RET(t_bg_join(&b), 1);
	at_end(s);
}

CASE(close_leaves_accept_asleep)
{
	int l = t_listen(t_sfam, LOOP, 0, 1), c;
	uint16_t port = t_port(l);
	struct sockaddr_in a = t_addr(t_cfam, LOOP, port);
	struct t_bg b;
	long s;

	t_bg(&b, do_accept, &l);
	t_bg_blocked(&b);
	OK(close(l));
	t_sleep(100);
	EQ(b.done, 0);
	c = t_connect(t_cfam, LOOP, port);
	s = OK(t_bg_join(&b));
	say(c, s);
	/* the listener went with the call */
	ERR(connect(t_sock(t_cfam), SA(&a), sizeof(a)), ECONNREFUSED);
}

/* Both ends close at once, many times: every one ends well. */
CASE(crossing_closes)
{
	int c, s;

	for (int i = 0; i < 50; i++) {
		t_pair(&c, &s);
		if (!OK(fork())) {
			close(c);
			shutdown(s, SHUT_WR);
			_exit(0);
		}
		close(s);
		RET(shutdown(c, SHUT_WR), 0);
		at_end(c);
		wait(NULL);
		close(c);
	}
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
