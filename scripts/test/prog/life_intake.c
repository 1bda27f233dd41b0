// SPDX-License-Identifier: GPL-2.0
/*
 * The last owner of the module's place in TCP's input goes on one CPU while the
 * first one comes on another: who has come must be found.
 *
 *	life_intake FAMILY SECONDS
 *
 * One thread opens a listener and connects to it by the kernel's TCP, the others bind
 * sockets and close them; between these nobody is bound. A connection leaves nothing:
 * both ends are reset. Prints how many were made and how many were not; fails if there
 * are any of these.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>

#include "net_common.h"

#define BINDERS	2

static int family;
static atomic_int stop;
static atomic_ulong binds, found, lost;

static int bound(struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	int fd = socket(family, SOCK_STREAM, 0);

	*a = address(family, "127.0.0.1", 0);
	if (fd < 0 || bind(fd, SA(a), sizeof(*a)) || getsockname(fd, SA(a), &len))
		die("bind: %s", strerror(errno));
	return fd;
}

static void *binds_all_the_time(void *arg)
{
	struct sockaddr_in a;

	(void)arg;
	while (!stop) {
		close(bound(&a));
		binds++;
	}
	return NULL;
}

static void *listens(void *arg)
{
	struct linger reset = { 1, 0 };
	struct sockaddr_in a;
	int fd, c;

	(void)arg;
	while (!stop) {
		fd = bound(&a);
		c = socket(AF_INET, SOCK_STREAM, 0);
		if (c < 0 || listen(fd, 1))
			die("listen: %s", strerror(errno));
		a.sin_family = AF_INET;
		if (!connect(c, SA(&a), sizeof(a)))
			found++;
		else
			lost++;
		setsockopt(c, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(c);
		close(fd);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[1 + BINDERS];

	if (argc != 3)
		die("usage: life_intake FAMILY SECONDS");
	family = family_of(argv[1]);
	for (int i = 0; i <= BINDERS; i++)
		if (pthread_create(&threads[i], NULL, i ? binds_all_the_time : listens, NULL))
			die("pthread_create");
	sleep_ms(atoi(argv[2]) * 1000);
	stop = 1;
	for (int i = 0; i <= BINDERS; i++)
		pthread_join(threads[i], NULL);
	printf("%lu binds, %lu connections, %lu lost\n", binds, found, lost);
	return lost || !found || !binds;
}
