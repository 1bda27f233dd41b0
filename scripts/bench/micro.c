// SPDX-License-Identifier: GPL-2.0
/*
 * One measurement between two network namespaces joined by veth.
 *
 *	micro FAMILY ROW
 *
 * FAMILY: inet, newinet or unix. ROW: socket, pingpong, connect, bulk1, bulk8.
 * The server runs in namespace b (10.77.0.2), the client in a. Prints one line
 * of numbers: microseconds (mean and 99th percentile) or MB/s. Whether the
 * clock is real or virtual is the caller's choice.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNIX_PATH	"/tmp/newinet-bench.sock"
#define PORT		7007
#define ROUNDS		2000
#define CONNECTS	400
#define BULK_BYTES	(96L << 20)
#define BULK_WRITE	(128 << 10)

static int family;
static char buffer[BULK_WRITE];

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static void enter(const char *name)
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

static socklen_t address(struct sockaddr_storage *a)
{
	struct sockaddr_in *in = (struct sockaddr_in *)a;
	struct sockaddr_un *un = (struct sockaddr_un *)a;

	memset(a, 0, sizeof(*a));
	if (family == AF_UNIX) {
		un->sun_family = AF_UNIX;
		strcpy(un->sun_path, UNIX_PATH);
		return sizeof(*un);
	}
	in->sin_family = family;
	in->sin_port = htons(PORT);
	in->sin_addr.s_addr = inet_addr("10.77.0.2");
	return sizeof(*in);
}

static int new_socket(void)
{
	int fd = socket(family, SOCK_STREAM, 0), one = 1;

	if (fd < 0)
		err(1, "socket");
	if (family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int listen_here(void)
{
	struct sockaddr_storage a;
	socklen_t len = address(&a);
	int fd = new_socket(), one = 1;

	unlink(UNIX_PATH);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, len) || listen(fd, 128))
		err(1, "listen");
	return fd;
}

static int connect_there(void)
{
	struct sockaddr_storage a;
	socklen_t len = address(&a);
	int fd = new_socket();

	if (connect(fd, (struct sockaddr *)&a, len))
		err(1, "connect");
	return fd;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(double *t, int n)
{
	double sum = 0;
	int i;

	for (i = 0; i < n; i++)
		sum += t[i];
	qsort(t, n, sizeof(*t), by_value);
	printf("%.2f %.2f\n", sum / n, t[n * 99 / 100]);
}

/* The echoing side: every byte comes back, every connection until its end. */
static void echo(int lfd, int connections)
{
	char c;

	while (connections--) {
		int fd = accept(lfd, NULL, NULL);

		if (fd < 0)
			err(1, "accept");
		while (recv(fd, &c, 1, 0) == 1)
			if (send(fd, &c, 1, 0) != 1)
				err(1, "send");
		close(fd);
	}
	exit(0);
}

static pid_t serve(void (*what)(int, int), int n)
{
	int ready[2];
	char c = 0;
	pid_t pid;

	if (pipe(ready))
		err(1, "pipe");
	pid = fork();
	if (!pid) {
		int fd;

		enter("b");
		fd = listen_here();
		if (write(ready[1], &c, 1) != 1)
			err(1, "write");
		what(fd, n);
	}
	if (read(ready[0], &c, 1) != 1)
		errx(1, "the server did not start");
	enter("a");
	return pid;
}

static void round_trip(int fd)
{
	char c = 'x';

	if (send(fd, &c, 1, 0) != 1 || recv(fd, &c, 1, 0) != 1)
		err(1, "round trip");
}

static void row_socket(void)
{
	double start;
	int i;

	for (i = 0; i < 100; i++)
		close(new_socket());
	start = now_us();
	for (i = 0; i < ROUNDS; i++) {
		int fd = socket(family, SOCK_STREAM, 0);

		if (fd < 0)
			err(1, "socket");
		close(fd);
	}
	printf("%.2f\n", (now_us() - start) / ROUNDS);
}

static void row_pingpong(void)
{
	static double t[ROUNDS];
	int i, fd;

	serve(echo, 1);
	fd = connect_there();
	for (i = 0; i < 200; i++)
		round_trip(fd);
	for (i = 0; i < ROUNDS; i++) {
		double start = now_us();

		round_trip(fd);
		t[i] = now_us() - start;
	}
	close(fd);
	report(t, ROUNDS);
}

static void row_connect(void)
{
	static double t[CONNECTS];
	int i, warm = 300;

	serve(echo, CONNECTS + warm);
	for (i = -warm; i < CONNECTS; i++) {
		double start = now_us();
		int fd = connect_there();

		round_trip(fd);
		close(fd);
		if (i >= 0)
			t[i] = now_us() - start;
	}
	report(t, CONNECTS);
}

static void sink(int lfd, int streams)
{
	while (streams--) {
		int fd = accept(lfd, NULL, NULL);

		if (fd < 0)
			err(1, "accept");
		if (fork())
			continue;
		while (recv(fd, buffer, sizeof(buffer), 0) > 0)
			;
		exit(0);
	}
	while (wait(NULL) > 0)
		;
	exit(0);
}

static void row_bulk(int streams)
{
	pid_t server = serve(sink, streams);
	double start = now_us();
	int i;

	for (i = 0; i < streams; i++) {
		long left = BULK_BYTES / streams;
		int fd;

		if (fork())
			continue;
		fd = connect_there();
		while (left > 0) {
			ssize_t n = send(fd, buffer, sizeof(buffer), 0);

			if (n < 0)
				err(1, "send");
			left -= n;
		}
		exit(0);
	}
	waitpid(server, NULL, 0);
	printf("%.2f\n", BULK_BYTES / (now_us() - start));
	while (wait(NULL) > 0)
		;
}

static int newinet_family(void)
{
	FILE *f = fopen("/sys/module/newinet/parameters/family", "r");
	int n;

	if (!f || fscanf(f, "%d", &n) != 1)
		errx(1, "newinet is not loaded");
	fclose(f);
	return n;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: micro inet|newinet|unix ROW");
	if (!strcmp(argv[1], "inet"))
		family = AF_INET;
	else if (!strcmp(argv[1], "unix"))
		family = AF_UNIX;
	else
		family = newinet_family();

	if (!strcmp(argv[2], "socket"))
		row_socket();
	else if (!strcmp(argv[2], "pingpong"))
		row_pingpong();
	else if (!strcmp(argv[2], "connect"))
		row_connect();
	else if (!strcmp(argv[2], "bulk1"))
		row_bulk(1);
	else if (!strcmp(argv[2], "bulk8"))
		row_bulk(8);
	else
		errx(2, "no such row");
	return 0;
}
