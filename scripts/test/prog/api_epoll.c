// SPDX-License-Identifier: GPL-2.0
/*
 * How epoll delivers what api_poll.c checks the content of: level and edge
 * triggered, one shot, exclusive, and an epoll set that outlives its sockets.
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
#include <unistd.h>

static int watch(int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };
	int ep = OK(epoll_create1(EPOLL_CLOEXEC));

	OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	return ep;
}

static void change(int ep, int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	OK(epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev));
}

static unsigned int next(int ep, int ms)
{
	struct epoll_event ev = { 0 };

	return OK(epoll_wait(ep, &ev, 1, ms)) ? ev.events : 0;
}
#define COMES(ep, want) EVENTS(next(ep, T_LONG), want)
#define QUIET(ep) EVENTS(next(ep, T_SHORT / 3), 0)

/* n bytes are there to be read; sees it without an epoll set taking part */
static void arrived(int fd, int n)
{
	char b[256];
	uint64_t end = t_ms() + T_LONG;

	while (recv(fd, b, n, MSG_PEEK | MSG_DONTWAIT) != n && t_ms() < end)
		t_sleep(1);
}

CASE(level)
{
	char b[4];
	int c, s, ep;

	t_pair(&c, &s);
	ep = watch(s, EPOLLIN | EPOLLRDHUP);
	QUIET(ep);
	OK(send(c, "ab", 2, 0));
	for (int i = 0; i < 3; i++)
		COMES(ep, EPOLLIN);		/* as long as it is so */
	RET(recv(s, b, 1, 0), 1);
	COMES(ep, EPOLLIN);
	arrived(s, 1);
	RET(recv(s, b, 4, 0), 1);
	QUIET(ep);
	OK(shutdown(c, SHUT_WR));
	COMES(ep, EPOLLIN | EPOLLRDHUP);
	COMES(ep, EPOLLIN | EPOLLRDHUP);
}

CASE(edge_in)
{
	char b[16];
	int c, s, ep;

	t_pair(&c, &s);
	ep = watch(s, EPOLLIN | EPOLLET);
	QUIET(ep);
	OK(send(c, "abcd", 4, 0));
	COMES(ep, EPOLLIN);
	QUIET(ep);			/* once, although all is unread */
	RET(recv(s, b, 2, 0), 2);
	QUIET(ep);			/* reading part is no new event */
	OK(send(c, "ef", 2, 0));
	COMES(ep, EPOLLIN);		/* more data is */
	QUIET(ep);
	RET(recv(s, b, 16, 0), 4);
	OK(send(c, "g", 1, 0));
	COMES(ep, EPOLLIN);
	QUIET(ep);
}

CASE(edge_hup)
{
	int c, s, ep;

	t_pair(&c, &s);
	ep = watch(s, EPOLLIN | EPOLLRDHUP | EPOLLET);
	OK(shutdown(c, SHUT_WR));
	COMES(ep, EPOLLIN | EPOLLRDHUP);
	QUIET(ep);
	t_pair(&c, &s);
	ep = watch(s, EPOLLIN | EPOLLRDHUP | EPOLLET);
	t_reset_on_close(c);
	close(c);
	COMES(ep, EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
	QUIET(ep);
}

CASE(edge_out)
{
	size_t n;
	int c, s, ep;

	t_pair_small(&c, &s, 8192);
	ep = watch(c, EPOLLOUT | EPOLLET);
	COMES(ep, EPOLLOUT);		/* what holds when it is added */
	QUIET(ep);
	n = t_fill(c);
	while (next(ep, 0))		/* room came back during the filling */
		;
	QUIET(ep);
	t_drain(s, n);
	COMES(ep, EPOLLOUT);
}

/* Edge triggered on both directions: a write event does not repeat a read. */
CASE(edge_both)
{
	char b[4];
	int c, s, ep;

	t_pair(&c, &s);
	ep = watch(s, EPOLLIN | EPOLLOUT | EPOLLET);
	COMES(ep, EPOLLOUT);
	QUIET(ep);
	OK(send(c, "x", 1, 0));
	COMES(ep, EPOLLIN | EPOLLOUT);
	QUIET(ep);
	RET(recv(s, b, 4, 0), 1);
	QUIET(ep);
}

CASE(edge_connect)
{
	struct t_sink k;
	int c, ep;

	t_sink(&k);
	c = t_connect_nb(t_cfam, LOOP, k.port);
	ep = watch(c, EPOLLIN | EPOLLOUT | EPOLLET);
	QUIET(ep);
	t_sink_open(&k);
	COMES(ep, EPOLLOUT);
	QUIET(ep);
}

CASE(edge_listen)
{
	int l = t_listen(t_sfam, LOOP, 0, 8), ep = watch(l, EPOLLIN | EPOLLET);

	for (int i = 0; i < 3; i++) {
		t_connect(t_cfam, LOOP, t_port(l));
		COMES(ep, EPOLLIN);	/* each connection anew */
		QUIET(ep);
	}
}

CASE(edge_rearmed_by_mod)
{
	int c, s, ep;

	t_pair(&c, &s);
	ep = watch(s, EPOLLIN | EPOLLET);
	OK(send(c, "x", 1, 0));
	COMES(ep, EPOLLIN);
	QUIET(ep);
	change(ep, s, EPOLLIN | EPOLLET);
	COMES(ep, EPOLLIN);
	QUIET(ep);
}

CASE(one_shot)
{
	char b[4];
	int c, s, ep;

	t_pair(&c, &s);
	ep = watch(s, EPOLLIN | EPOLLONESHOT);
	OK(send(c, "x", 1, 0));
	COMES(ep, EPOLLIN);
	QUIET(ep);
	OK(send(c, "y", 1, 0));
	arrived(s, 2);
	QUIET(ep);			/* silent until asked again */
	change(ep, s, EPOLLIN | EPOLLONESHOT);
	COMES(ep, EPOLLIN);
	QUIET(ep);
	RET(recv(s, b, 4, 0), 2);
	change(ep, s, EPOLLIN | EPOLLONESHOT);
	QUIET(ep);
	close(c);
	COMES(ep, EPOLLIN);
	QUIET(ep);
}

static long wait_in_epoll(void *arg)
{
	return next(*(int *)arg, T_LONG);
}

/*
 * Sleepers in several epoll sets on one listener: with EPOLLEXCLUSIVE one
 * connection wakes one of them, without it all.
 */
static void sleepers(unsigned int flag, int want)
{
	enum { N = 3 };
	int l = t_listen(t_sfam, LOOP, 0, 8), ep[N], woken = 0;
	uint64_t end = t_ms() + T_LONG;
	struct t_bg b[N];

	for (int i = 0; i < N; i++) {
		ep[i] = watch(l, EPOLLIN | flag);
		t_bg(&b[i], wait_in_epoll, &ep[i]);
		t_bg_blocked(&b[i]);
	}
	t_connect(t_cfam, LOOP, t_port(l));
	while (woken < want && t_ms() < end) {
		woken = 0;
		for (int i = 0; i < N; i++)
			woken += b[i].done;
		t_sleep(5);
	}
	EQ(woken, want);
	t_sleep(T_SHORT);
	woken = 0;
	for (int i = 0; i < N; i++)
		woken += b[i].done;
	EQ(woken, want);
}

CASE(exclusive_wakes_one)
{
	sleepers(EPOLLEXCLUSIVE, 1);
}

CASE(shared_wakes_all)
{
	sleepers(0, 3);
}

CASE_F(exclusive_arguments, T_NO_MIX)
{
	int l = t_listen(t_fam, LOOP, 0, 8);
	int ep = watch(l, EPOLLIN | EPOLLEXCLUSIVE);
	struct epoll_event ev = { .events = EPOLLIN };

	ERR(epoll_ctl(ep, EPOLL_CTL_MOD, l, &ev), EINVAL);
	OK(epoll_ctl(ep, EPOLL_CTL_DEL, l, NULL));
	ev.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
	ERR(epoll_ctl(ep, EPOLL_CTL_ADD, l, &ev), EINVAL);
}

CASE(closed_socket_leaves_the_set)
{
	int c, s, ep;

	t_pair(&c, &s);
	ep = watch(s, EPOLLIN);
	OK(send(c, "x", 1, 0));
	COMES(ep, EPOLLIN);
	OK(close(s));
	QUIET(ep);
}

CASE(duplicate_keeps_it_in)
{
	int c, s, d, ep;

	t_pair(&c, &s);
	ep = watch(s, EPOLLIN);
	d = OK(dup(s));
	OK(close(s));
	OK(send(c, "x", 1, 0));
	COMES(ep, EPOLLIN);
	OK(close(d));
	QUIET(ep);
}

/* An epoll set in an epoll set, in poll. */
CASE(nested)
{
	int c, s, in, out;

	t_pair(&c, &s);
	in = watch(s, EPOLLIN);
	out = watch(in, EPOLLIN);
	QUIET(out);
	OK(send(c, "x", 1, 0));
	COMES(out, EPOLLIN);
	EQ(t_poll(out, POLLIN, 0), POLLIN);
	COMES(in, EPOLLIN);
}

/* One set, many sockets, one event: the right one. */
CASE(right_one_of_many)
{
	enum { N = 40 };
	int c[N], s[N], ep;

	t_pair(&c[0], &s[0]);
	ep = watch(s[0], EPOLLIN | EPOLLET);
	for (int i = 1; i < N; i++) {
		struct epoll_event ev = { .events = EPOLLIN | EPOLLET };

		t_pair(&c[i], &s[i]);
		ev.data.fd = s[i];
		OK(epoll_ctl(ep, EPOLL_CTL_ADD, s[i], &ev));
	}
	for (int i = 0; i < N; i++) {
		int k = i * 17 % N;
		struct epoll_event got[4];

		OK(send(c[k], "x", 1, 0));
		RET(epoll_wait(ep, got, 4, T_LONG), 1);
		EQ(got[0].data.fd, s[k]);
		EVENTS(got[0].events, EPOLLIN);
	}
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
