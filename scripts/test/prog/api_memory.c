// SPDX-License-Identifier: GPL-2.0
/*
 * When the memory of all sockets together is at its limit (net.ipv4.tcp_mem), each still
 * gets on: a little can be written, and arrives.
 *
 * families: each
 * cpus: 1
 * timeout: 300
 */
#define _GNU_SOURCE
#include "t.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAIRS 400
#define LEAST (256 << 10)	/* what any pair takes when there is memory */

/* All that goes into a connection that nobody reads. */
static size_t fill(int fd)
{
	static char block[64 << 10];
	size_t sum = 0;

	do {
		ssize_t n;

		while ((n = send(fd, block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
			sum += n;
	} while (t_poll(fd, POLLOUT, 50) & POLLOUT);
	return sum;
}

CASE(a_line_at_the_limit)
{
	struct rlimit files = { 2 * PAIRS + 100, 2 * PAIRS + 100 };
	static int fds[PAIRS][2];
	int c, s, n = 0;
	char b[100];

	OK(setrlimit(RLIMIT_NOFILE, &files));
	do {
		t_pair(&fds[n][0], &fds[n][1]);
	} while (fill(fds[n][0]) >= LEAST && ++n < PAIRS);
	NEED(n > 3 && n < PAIRS);

	t_pair(&c, &s);
	t_opt(c, SOL_SOCKET, SO_SNDBUF, 64 << 10);
	for (int i = 0; i < 20; i++) {
		uint64_t end = t_ms() + 5000;
		ssize_t sent;

		memset(b, i, sizeof(b));
		do
			sent = send(c, b, sizeof(b), MSG_DONTWAIT);
		while (sent < 0 && (t_poll(c, POLLOUT, 100), t_ms() < end));
		EQ(sent, sizeof(b));
		EVENTS(t_poll(s, POLLIN, 5000), POLLIN);
		RET(recv(s, b, sizeof(b), MSG_DONTWAIT), (long)sizeof(b));
		EQ(b[0], i);
	}
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
