// SPDX-License-Identifier: GPL-2.0
/*
 * Two ends of one event at the same time on two CPUs: a listener is closed
 * while handshakes with it begin, end and are given up.
 *
 *	life_race FAMILY PEER-FAMILY SECONDS
 *
 * Prints how many listeners and how many finished connections there were;
 * fails if there were none of either. What it looks for is in the kernel's log.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "net_common.h"

static int family, peer_family;
static atomic_int port, stop;
static atomic_ulong listeners, connections, refusals;

static void *listens(void *arg)
{
	unsigned int turn = 0;

	(void)arg;
	while (!stop) {
		struct sockaddr_in a = address(family, "127.0.0.1", 0);
		socklen_t len = sizeof(a);
		int s, fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

		if (fd < 0 || bind(fd, SA(&a), sizeof(a)) || listen(fd, 4) ||
		    getsockname(fd, SA(&a), &len))
			die("listener: %s", strerror(errno));
		port = ntohs(a.sin_port);
		/* Now at once, now later; now with, now without an accept. */
		usleep(turn * 37 % 3000);
		if (turn % 3 == 0) {
			s = accept(fd, NULL, NULL);
			if (s >= 0)
				close(s);
		}
		close(fd);
		listeners++;
		turn++;
	}
	return NULL;
}

static void *connects(void *arg)
{
	(void)arg;
	while (!stop) {
		struct sockaddr_in a = address(peer_family, "127.0.0.1", port);
		struct linger reset = { 1, 0 };
		int err = 0, fd = socket(peer_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		socklen_t len = sizeof(err);

		if (fd < 0)
			die("socket: %s", strerror(errno));
		if (connect(fd, SA(&a), sizeof(a)) && errno == EINPROGRESS) {
			poll(&p, 1, 20);
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
		}
		if (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
			connections++;
		else
			refusals++;
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[3];

	if (argc != 4)
		die("usage: life_race FAMILY PEER-FAMILY SECONDS");
	family = family_of(argv[1]);
	peer_family = family_of(argv[2]);
	for (int i = 0; i < 3; i++)
		if (pthread_create(&threads[i], NULL, i ? connects : listens, NULL))
			die("pthread_create");
	sleep_ms(atoi(argv[3]) * 1000);
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	printf("%lu listeners, %lu connections, %lu refusals\n", listeners, connections, refusals);
	return !(listeners && connections && refusals);
}
