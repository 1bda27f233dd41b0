// SPDX-License-Identifier: GPL-2.0
/*
 * What every row needs: namespaces, sockets, the clock, an echo server and
 * the statistics of a row of figures. micro.h documents the functions.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "micro.h"

#define LARGEST	(64 << 10)

int family;
size_t message = 1;
static char buffer[LARGEST];

double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

void enter(const char *name)
{
	char path[64];
	int fd;

	if (family == AF_UNIX)
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
}

static socklen_t address(struct sockaddr_storage *a, int port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)a;
	struct sockaddr_un *un = (struct sockaddr_un *)a;

	memset(a, 0, sizeof(*a));
	if (family == AF_UNIX) {
		un->sun_family = AF_UNIX;
		/* An abstract name: nothing of the file system is in the way. */
		snprintf(un->sun_path + 1, sizeof(un->sun_path) - 1,
			 "newinet-bench-%d", port);
		return sizeof(*un);
	}
	in->sin_family = family;
	in->sin_port = htons(port);
	in->sin_addr.s_addr = inet_addr("10.77.0.2");
	return sizeof(*in);
}

int new_socket(void)
{
	int fd = socket(family, SOCK_STREAM, 0), one = 1;

	if (fd < 0)
		err(1, "socket");
	if (family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

int listen_here(int port, int backlog)
{
	struct sockaddr_storage a;
	socklen_t len = address(&a, port);
	int fd = new_socket(), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, len) || listen(fd, backlog))
		err(1, "listen");
	return fd;
}

void connect_fd(int fd, int port)
{
	struct sockaddr_storage a;
	socklen_t len = address(&a, port);

	if (connect(fd, (struct sockaddr *)&a, len))
		err(1, "connect");
}

int connect_there(int port)
{
	int fd = new_socket();

	connect_fd(fd, port);
	return fd;
}

void send_all(int fd, const void *buf, size_t n)
{
	while (n) {
		ssize_t done = send(fd, buf, n, 0);

		if (done < 0)
			err(1, "send");
		buf += done;
		n -= done;
	}
}

size_t recv_all(int fd, void *buf, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t done = recv(fd, buf + got, n - got, 0);

		if (done < 0)
			err(1, "recv");
		if (!done && got)
			errx(1, "the connection ended inside a message");
		if (!done)
			return 0;
		got += done;
	}
	return got;
}

pid_t serve(void (*what)(int lfd, long arg), long arg)
{
	int ready[2];
	char c = 0;
	pid_t pid;

	if (pipe(ready))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		int fd;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		enter("nb-b");
		fd = listen_here(PORT, 128);
		if (write(ready[1], &c, 1) != 1)
			err(1, "write");
		what(fd, arg);
		exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		errx(1, "the server did not start");
	close(ready[0]);
	enter("nb-a");
	return pid;
}

void echo(int lfd, long connections)
{
	while (connections--) {
		int fd = accept(lfd, NULL, NULL);

		if (fd < 0)
			err(1, "accept");
		while (recv_all(fd, buffer, message))
			send_all(fd, buffer, message);
		close(fd);
	}
	exit(0);
}

void round_trip(int fd)
{
	send_all(fd, buffer, message);
	if (!recv_all(fd, buffer, message))
		errx(1, "the server hung up");
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void report(double *t, int n)
{
	double sum = 0;
	int i;

	for (i = 0; i < n; i++)
		sum += t[i];
	qsort(t, n, sizeof(*t), by_value);
	printf("%.3f %.3f %.3f\n", sum / n, t[n / 2], t[n * 99 / 100]);
}
