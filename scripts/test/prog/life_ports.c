// SPDX-License-Identifier: GPL-2.0
/*
 * Ports that come and go on two CPUs at the same time: one port that several threads bind
 * and give back, and outgoing connections whose range of ports grows and shrinks.
 *
 *	life_ports FAMILY SECONDS
 *
 * In a namespace of its own, in which what is left would be noticed. Fails if nothing was
 * bound or connected. What it looks for is in the kernel's log.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <net/if.h>

#include "net_common.h"

#define RANGE "/proc/sys/net/ipv4/ip_local_port_range"

static int family;
static atomic_int stop;
static atomic_ulong binds, connections, ranges;

static void *binds_one(void *arg)
{
	struct sockaddr_in a = address(family, "127.0.0.1", 7000);

	(void)arg;
	while (!stop) {
		int fd = socket(family, SOCK_STREAM, 0);

		if (fd < 0)
			die("socket: %s", strerror(errno));
		if (!bind(fd, SA(&a), sizeof(a)))
			binds++;
		close(fd);
	}
	return NULL;
}

/* More connections to one place at the same time than the narrow range has ports. */
static void *connects(void *arg)
{
	enum { MANY = 300 };
	struct sockaddr_in a = address(family, "127.0.0.2", 9);
	int fds[MANY], n;

	(void)arg;
	while (!stop) {
		for (n = 0; n < MANY && !stop; n++) {
			fds[n] = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
			if (fds[n] < 0)
				die("socket: %s", strerror(errno));
			if (!connect(fds[n], SA(&a), sizeof(a)) || errno == EINPROGRESS ||
			    errno == ECONNREFUSED)
				connections++;
		}
		while (n--)
			close(fds[n]);
	}
	return NULL;
}

static void *narrows(void *arg)
{
	static const char * const ranges_of[] = { "20000 20063", "20000 24095", "20000 20200" };
	int fd = open(RANGE, O_WRONLY | O_CLOEXEC);
	unsigned int turn = 0;

	(void)arg;
	if (fd < 0)
		die(RANGE ": %s", strerror(errno));
	while (!stop) {
		const char *each = ranges_of[turn++ % 3];

		if (pwrite(fd, each, strlen(each), 0) != (ssize_t)strlen(each))
			die(RANGE " <- %s: %s", each, strerror(errno));
		ranges++;
		usleep(turn * 37 % 2000);
	}
	close(fd);
	return NULL;
}

static void lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		die("lo: %s", strerror(errno));
	close(fd);
}

/* One that takes hardly any: the connections stay half open, and hold their ports. */
static void listen_at_2(void)
{
	struct sockaddr_in a = address(family, "127.0.0.2", 9);
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, SA(&a), sizeof(a)) || listen(fd, 1))
		die("listener: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	static void *(*const what[])(void *) = { binds_one, binds_one, connects, connects, narrows };
	pthread_t threads[5];

	if (argc != 3)
		die("usage: life_ports FAMILY SECONDS");
	family = family_of(argv[1]);
	if (unshare(CLONE_NEWNET))
		die("unshare: %s", strerror(errno));
	lo_up();
	listen_at_2();
	for (unsigned int i = 0; i < 5; i++)
		if (pthread_create(&threads[i], NULL, what[i], NULL))
			die("pthread_create");
	sleep(atoi(argv[2]));
	stop = 1;
	for (unsigned int i = 0; i < 5; i++)
		pthread_join(threads[i], NULL);
	printf("%lu binds, %lu connections, %lu ranges\n", binds, connections, ranges);
	return !(binds && connections && ranges);
}
