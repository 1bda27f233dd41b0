// SPDX-License-Identifier: GPL-2.0
/*
 * Readiness: the exact set of events in every state a program can bring a
 * socket into, asked through poll, select and epoll, which must agree; and
 * that each change wakes a poll that sleeps. How epoll delivers (edges, one
 * shot, exclusive) is in api_epoll.c.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 400
 */
#define _GNU_SOURCE
#include "t.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#define IN	(POLLIN | POLLRDNORM)
#define OUT	(POLLOUT | POLLWRNORM)
#define ALL	(IN | OUT | POLLPRI | POLLRDBAND | POLLWRBAND | POLLMSG | \
		 POLLRDHUP)

static unsigned int by_epoll(int fd)
{
	struct epoll_event ev = { .events = ALL }, got = { 0 };
	int ep = OK(epoll_create1(EPOLL_CLOEXEC));

	OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	OK(epoll_wait(ep, &got, 1, 0));
	close(ep);
	return got.events;
}

static unsigned int by_select(int fd)
{
	struct timeval tv = { 0 };
	fd_set r, w, x;

	FD_ZERO(&r);
	FD_SET(fd, &r);
	w = r;
	x = r;
	OK(select(fd + 1, &r, &w, &x, &tv));
	return (FD_ISSET(fd, &r) ? POLLIN : 0) |
	       (FD_ISSET(fd, &w) ? POLLOUT : 0) |
	       (FD_ISSET(fd, &x) ? POLLPRI : 0);
}

/* What select has to say where poll says this. */
static unsigned int as_select(unsigned int ev)
{
	return (ev & (IN | POLLRDBAND | POLLHUP | POLLERR) ? POLLIN : 0) |
	       (ev & (OUT | POLLWRBAND | POLLERR) ? POLLOUT : 0) |
	       (ev & POLLPRI);
}

static void state(int line, const char *what, int fd, unsigned int want)
{
	uint64_t end = t_ms() + T_LONG / 4;
	unsigned int ev;

	/* packets are on their way: give the state time to come about */
	while ((ev = t_poll(fd, ALL, 0)) != want && t_ms() < end)
		t_sleep(5);
	t_events(__FILE__, line, what, ev, want);
	if (ev != want)
		t_end();
	t_events(__FILE__, line, "by epoll", by_epoll(fd), want);
	t_events(__FILE__, line, "by select", by_select(fd), as_select(want));
	/* what is asked for is what comes, HUP and ERR come always */
	t_events(__FILE__, line, "asking nothing", t_poll(fd, 0, 0),
		 want & (POLLHUP | POLLERR));
	t_events(__FILE__, line, "asking POLLRDHUP", t_poll(fd, POLLRDHUP, 0),
		 want & (POLLHUP | POLLERR | POLLRDHUP));
}
#define STATE(fd, want) state(__LINE__, #fd, fd, want)

CASE_F(fresh, T_NO_MIX)
{
	STATE(t_sock(t_fam), OUT | POLLHUP);
}

CASE_F(bound, T_NO_MIX)
{
	STATE(t_bound(t_fam, LOOP, 0), OUT | POLLHUP);
}

CASE(listening)
{
	int l = t_listen(t_sfam, LOOP, 0, 4), s;

	STATE(l, 0);
	t_connect(t_cfam, LOOP, t_port(l));
	STATE(l, IN);
	t_connect(t_cfam, LOOP, t_port(l));
	STATE(l, IN);
	s = t_accept(l);
	STATE(l, IN);
	STATE(s, OUT);
	t_accept(l);
	STATE(l, 0);
}

CASE_F(listening_ended, T_NO_MIX)
{
	int l = t_listen(t_fam, LOOP, 0, 4);

	OK(shutdown(l, SHUT_RD));
	STATE(l, OUT | POLLHUP);
}

CASE(connecting)
{
	struct t_sink k;
	int c;

	t_sink(&k);
	c = t_connect_nb(t_cfam, LOOP, k.port);
	STATE(c, 0);
	OK(shutdown(c, SHUT_WR));	/* gives up; the error waits */
	STATE(c, OUT | POLLHUP | POLLERR);
	ERRNO(t_so_error(c), ECONNRESET);
	STATE(c, OUT | POLLHUP);
}

CASE(refused)
{
	int b = t_bound(t_sfam, LOOP, 0);
	int c = t_connect_nb(t_cfam, LOOP, t_port(b));

	STATE(c, IN | OUT | POLLRDHUP | POLLERR | POLLHUP);
	ERRNO(t_so_error(c), ECONNREFUSED);
	STATE(c, IN | OUT | POLLRDHUP | POLLHUP);
}

CASE(connected)
{
	int c, s;

	t_pair(&c, &s);
	STATE(c, OUT);
	STATE(s, OUT);
}

CASE(data_waiting)
{
	char b[4];
	int c, s;

	t_pair(&c, &s);
	OK(send(c, "ab", 2, 0));
	STATE(s, IN | OUT);
	RET(recv(s, b, 1, 0), 1);
	STATE(s, IN | OUT);
	RET(recv(s, b, 1, MSG_PEEK), 1);
	STATE(s, IN | OUT);
	RET(recv(s, b, 1, 0), 1);
	STATE(s, OUT);
	OK(send(s, "z", 1, 0));
	STATE(c, IN | OUT);
}

static void peer_half_closed(int a, int b)
{
	char buf[4];

	OK(send(a, "x", 1, 0));
	OK(shutdown(a, SHUT_WR));
	STATE(a, OUT);
	STATE(b, IN | OUT | POLLRDHUP);
	RET(recv(b, buf, 4, 0), 1);
	STATE(b, IN | OUT | POLLRDHUP);
	RET(recv(b, buf, 4, 0), 0);
	STATE(b, IN | OUT | POLLRDHUP);
	OK(shutdown(b, SHUT_WR));
	STATE(a, IN | OUT | POLLRDHUP | POLLHUP);
	STATE(b, IN | OUT | POLLRDHUP | POLLHUP);
}

CASE(half_closed_by_client)
{
	int c, s;

	t_pair(&c, &s);
	peer_half_closed(c, s);
}

CASE(half_closed_by_server)
{
	int c, s;

	t_pair(&c, &s);
	peer_half_closed(s, c);
}

CASE(peer_closed)
{
	int c, s;

	t_pair(&c, &s);
	close(s);
	STATE(c, IN | OUT | POLLRDHUP);
	t_pair(&c, &s);
	close(c);
	STATE(s, IN | OUT | POLLRDHUP);
}

CASE(own_shutdowns)
{
	int c, s;

	t_pair(&c, &s);
	OK(shutdown(c, SHUT_RD));
	STATE(c, IN | OUT | POLLRDHUP);
	STATE(s, OUT);
	t_pair(&c, &s);
	OK(shutdown(c, SHUT_WR));
	STATE(c, OUT);
	OK(shutdown(c, SHUT_RD));
	STATE(c, IN | OUT | POLLRDHUP | POLLHUP);
	STATE(s, IN | OUT | POLLRDHUP);
	t_pair(&c, &s);
	OK(shutdown(s, SHUT_RDWR));
	STATE(s, IN | OUT | POLLRDHUP | POLLHUP);
}

static void was_reset(int a, int b)
{
	t_reset_on_close(a);
	close(a);
	STATE(b, IN | OUT | POLLRDHUP | POLLERR | POLLHUP);
	ERRNO(t_so_error(b), ECONNRESET);
	STATE(b, IN | OUT | POLLRDHUP | POLLHUP);
}

CASE(reset_by_client)
{
	int c, s;

	t_pair(&c, &s);
	was_reset(c, s);
}

CASE(reset_by_server)
{
	int c, s;

	t_pair(&c, &s);
	was_reset(s, c);
}

CASE(reset_before_accept)
{
	int l = t_listen(t_sfam, LOOP, 0, 4), c;

	c = t_connect(t_cfam, LOOP, t_port(l));
	STATE(l, IN);
	t_reset_on_close(c);
	close(c);
	STATE(l, IN);		/* it stays to be accepted */
	STATE(t_accept(l), IN | OUT | POLLRDHUP | POLLERR | POLLHUP);
	STATE(l, 0);
}

static void buffer_full(int a, int b)
{
	size_t n = t_fill(a);

	STATE(a, 0);
	STATE(b, IN | OUT);
	t_drain(b, n);
	STATE(a, OUT);
	STATE(b, OUT);
	t_fill(a);
	STATE(a, 0);
	/* who has said that nothing more will be sent is always writable */
	OK(shutdown(a, SHUT_WR));
	STATE(a, OUT);
}

CASE(buffer_full_client)
{
	int c, s;

	t_pair_small(&c, &s, 8192);
	buffer_full(c, s);
}

CASE(buffer_full_server)
{
	int c, s;

	t_pair_small(&c, &s, 8192);
	buffer_full(s, c);
}

/* A full send buffer hides nothing of the other direction. */
CASE(buffer_full_and_readable)
{
	char b[4];
	int c, s;

	t_pair_small(&c, &s, 8192);
	t_fill(c);
	OK(send(s, "x", 1, 0));
	STATE(c, IN);
	RET(recv(c, b, 1, 0), 1);
	STATE(c, 0);
	OK(shutdown(s, SHUT_WR));
	STATE(c, IN | POLLRDHUP);
}

/* ---- what wakes a poll that sleeps --------------------------------- */

struct sleeper {
	int fd;
	short events;
};

static long sleep_in_poll(void *arg)
{
	struct sleeper *p = arg;

	return t_poll(p->fd, p->events, T_LONG);
}

static struct t_bg *asleep(int fd, short events)
{
	struct sleeper *p = malloc(sizeof(*p));
	struct t_bg *b = malloc(sizeof(*b));

	*p = (struct sleeper){ fd, events };
	t_bg(b, sleep_in_poll, p);
	t_bg_blocked(b);
	return b;
}

CASE(woken_by_data)
{
	struct t_bg *b;
	int c, s;

	t_pair(&c, &s);
	b = asleep(s, POLLIN);
	OK(send(c, "x", 1, 0));
	EVENTS(t_bg_join(b), POLLIN);
	b = asleep(c, POLLIN);
	OK(send(s, "x", 1, 0));
	EVENTS(t_bg_join(b), POLLIN);
}

CASE(woken_by_connection)
{
	int l = t_listen(t_sfam, LOOP, 0, 4);
	struct t_bg *b = asleep(l, POLLIN);

	t_connect(t_cfam, LOOP, t_port(l));
	EVENTS(t_bg_join(b), POLLIN);
}

CASE(woken_by_eof)
{
	struct t_bg *b;
	int c, s;

	t_pair(&c, &s);
	b = asleep(c, POLLIN);
	OK(shutdown(s, SHUT_WR));
	EVENTS(t_bg_join(b), POLLIN);
	t_pair(&c, &s);
	b = asleep(s, POLLRDHUP);
	close(c);
	EVENTS(t_bg_join(b), POLLRDHUP);
}

CASE(woken_by_reset)
{
	struct t_bg *b;
	int c, s;

	t_pair(&c, &s);
	b = asleep(c, POLLIN);
	t_reset_on_close(s);
	close(s);
	EVENTS(t_bg_join(b), POLLIN | POLLERR | POLLHUP);
	/* nothing asked for: HUP and ERR wake as well */
	t_pair(&c, &s);
	b = asleep(s, 0);
	t_reset_on_close(c);
	close(c);
	TRUE(t_bg_join(b) & POLLHUP);
}

CASE(woken_by_room)
{
	struct t_bg *b;
	size_t n;
	int c, s;

	t_pair_small(&c, &s, 8192);
	n = t_fill(c);
	b = asleep(c, POLLOUT);
	t_drain(s, n);
	EVENTS(t_bg_join(b), POLLOUT);
}

CASE(woken_by_handshake)
{
	struct t_sink k;
	struct t_bg *b;
	int c;

	t_sink(&k);
	c = t_connect_nb(t_cfam, LOOP, k.port);
	b = asleep(c, POLLOUT);
	t_sink_open(&k);
	EVENTS(t_bg_join(b), POLLOUT);
}

CASE(woken_by_own_shutdown)
{
	int l = t_listen(t_fam, LOOP, 0, 1), c, s;
	struct t_bg *b;

	t_pair(&c, &s);
	b = asleep(c, POLLIN);
	OK(shutdown(c, SHUT_RD));
	EVENTS(t_bg_join(b), POLLIN);
	b = asleep(l, POLLIN);
	OK(shutdown(l, SHUT_RD));
	EVENTS(t_bg_join(b), POLLHUP);
}

CASE(not_woken_for_nothing)
{
	int c, s;

	t_pair(&c, &s);
	EQ(t_poll(c, POLLIN | POLLPRI | POLLRDHUP, T_SHORT), 0);
	OK(send(s, "x", 1, 0));
	EQ(t_poll(c, POLLPRI | POLLRDHUP, T_SHORT), 0);
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
