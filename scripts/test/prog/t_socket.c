// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets of the family under test and their peers, for the test programs here:
 * t.h has what each does.
 */
#define _GNU_SOURCE
#include "t.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int t_sock(int fam)
{
	return OK(socket(T_AF(fam), SOCK_STREAM | SOCK_CLOEXEC, T_PROTO(fam)));
}

int t_sock_nb(int fam)
{
	return OK(socket(T_AF(fam), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			 T_PROTO(fam)));
}

struct sockaddr_in t_addr(int fam, uint32_t ip, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = T_AF(fam),
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(ip),
	};
}

struct sockaddr_in t_name(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	memset(&a, 0xee, sizeof(a));
	OK(getsockname(fd, SA(&a), &len));
	return a;
}

struct sockaddr_in t_peer(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	memset(&a, 0xee, sizeof(a));
	OK(getpeername(fd, SA(&a), &len));
	return a;
}

uint16_t t_port(int fd)
{
	return ntohs(t_name(fd).sin_port);
}

int t_bound(int fam, uint32_t ip, uint16_t port)
{
	struct sockaddr_in a = t_addr(fam, ip, port);
	int fd = t_sock(fam);

	OK(bind(fd, SA(&a), sizeof(a)));
	return fd;
}

int t_listen(int fam, uint32_t ip, uint16_t port, int backlog)
{
	int fd = t_bound(fam, ip, port);

	OK(listen(fd, backlog));
	return fd;
}

int t_connect(int fam, uint32_t ip, uint16_t port)
{
	struct sockaddr_in a = t_addr(fam, ip, port);
	int fd = t_sock(fam);

	OK(connect(fd, SA(&a), sizeof(a)));
	return fd;
}

int t_connect_nb(int fam, uint32_t ip, uint16_t port)
{
	struct sockaddr_in a = t_addr(fam, ip, port);
	int fd = t_sock_nb(fam);

	ERR(connect(fd, SA(&a), sizeof(a)), EINPROGRESS);
	return fd;
}

int t_accept(int lfd)
{
	return OK(accept4(lfd, NULL, NULL, SOCK_CLOEXEC));
}

void t_pair(int *c, int *s)
{
	t_pair_small(c, s, 0);
}

void t_pair_small(int *c, int *s, int bytes)
{
	int l = t_sock(t_sfam);
	struct sockaddr_in a = t_addr(t_sfam, LOOP, 0);

	*c = t_sock(t_cfam);
	if (bytes) {
		t_opt(l, SOL_SOCKET, SO_RCVBUF, bytes);
		t_opt(l, SOL_SOCKET, SO_SNDBUF, bytes);
		t_opt(*c, SOL_SOCKET, SO_RCVBUF, bytes);
		t_opt(*c, SOL_SOCKET, SO_SNDBUF, bytes);
	}
	OK(bind(l, SA(&a), sizeof(a)));
	OK(listen(l, 1));
	a = t_addr(t_cfam, LOOP, t_port(l));
	OK(connect(*c, SA(&a), sizeof(a)));
	*s = t_accept(l);
	close(l);
}

void t_sink(struct t_sink *k)
{
	k->lfd = t_listen(t_sfam, LOOP, 0, 0);
	k->port = t_port(k->lfd);
	k->filler = t_connect(t_sfam, LOOP, k->port);
	/* the third packet has put it into the queue once it is acceptable */
	EQ(t_poll(k->lfd, POLLIN, T_LONG), POLLIN);
}

int t_sink_open(struct t_sink *k)
{
	return t_accept(k->lfd);
}

void t_opt(int fd, int level, int opt, int val)
{
	OK(setsockopt(fd, level, opt, &val, sizeof(val)));
}

int t_getopt(int fd, int level, int opt)
{
	int val = -12345;
	socklen_t len = sizeof(val);

	OK(getsockopt(fd, level, opt, &val, &len));
	return val;
}

int t_so_error(int fd)
{
	return t_getopt(fd, SOL_SOCKET, SO_ERROR);
}

void t_nonblock(int fd, bool on)
{
	int fl = OK(fcntl(fd, F_GETFL));

	OK(fcntl(fd, F_SETFL, on ? fl | O_NONBLOCK : fl & ~O_NONBLOCK));
}

void t_reset_on_close(int fd)
{
	struct linger l = { .l_onoff = 1 };

	OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

unsigned int t_poll(int fd, unsigned int events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	OK(poll(&p, 1, timeout_ms));
	return (unsigned short)p.revents;
}

size_t t_fill(int fd)
{
	static char buf[16384];
	size_t sum = 0;
	ssize_t n;
	int quiet = 0;

	/*
	 * Room comes back while the peer's kernel still takes data in, last
	 * when a probe fills the rest of its window: 200 ms and a round trip.
	 */
	while (quiet < 12) {
		n = send(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			sum += n;
			quiet = 0;
		} else if (n < 0 && errno == EAGAIN) {
			t_sleep(30);
			quiet++;
		} else {
			FAIL("filling: send = %zd %s", n, t_errname(errno));
			t_end();
		}
	}
	return sum;
}

/* On a slow machine a full buffer may still find room once or twice. */
long t_send_on(int fd, size_t *sum)
{
	static char big[1 << 20];
	ssize_t n;

	while ((n = send(fd, big, sizeof(big), MSG_NOSIGNAL)) > 0)
		if (sum)
			*sum += n;
	return n;
}

size_t t_drain(int fd, size_t want)
{
	static char buf[65536];
	size_t sum = 0;
	ssize_t n;

	while (sum < want) {
		size_t len = want - sum;

		n = recv(fd, buf, len < sizeof(buf) ? len : sizeof(buf), 0);
		if (n < 0 && errno == EAGAIN) {
			t_poll(fd, POLLIN, T_LONG);
			continue;
		}
		if (n <= 0) {
			FAIL("draining: recv = %zd %s after %zu of %zu", n,
			     n ? t_errname(errno) : "EOF", sum, want);
			t_end();
		}
		sum += n;
	}
	return sum;
}

void t_send_all(int fd, const void *buf, size_t n)
{
	const char *p = buf;

	while (n) {
		ssize_t r = OK(send(fd, p, n, MSG_NOSIGNAL));

		p += r;
		n -= r;
	}
}

void t_wait_hup(int fd)
{
	unsigned int ev = t_poll(fd, POLLRDHUP, T_LONG);

	if (!(ev & (POLLRDHUP | POLLHUP))) {
		FAIL("no FIN or RST came");
		t_end();
	}
}
