// SPDX-License-Identifier: GPL-2.0
/*
 * The rows of bulk transfer: one or more streams at once, each by writes of one
 * size or by sendfile() from a file in memory. Every stream has its process at
 * either end. They connect and warm up first; the time is from the moment that
 * all may go until the last byte has been received.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>

#include "micro.h"

#define TOTAL		((write_size < 8192 ? 16L : 64L) << 20)
#define WARM		(4L << 20)
#define FILE_SIZE	(16L << 20)
#define READ_SIZE	(128 << 10)

size_t write_size = 128 << 10;
static long streams;

/* Receives the warm-up and says so, then the rest, and says so. */
static void sink(int lfd, long n)
{
	static char buf[READ_SIZE];

	while (n--) {
		long parts[] = { WARM, TOTAL / streams };
		int fd = accept(lfd, NULL, NULL), i;

		if (fd < 0)
			err(1, "accept");
		if (fork())
			continue;
		for (i = 0; i < 2; i++) {
			while (parts[i]) {
				size_t most = parts[i] < READ_SIZE ? parts[i] : READ_SIZE;
				ssize_t got = recv(fd, buf, most, 0);

				if (got <= 0)
					err(1, "recv");
				parts[i] -= got;
			}
			send_all(fd, buf, 1);
		}
		exit(0);
	}
	while (wait(NULL) > 0)
		;
	exit(0);
}

static void send_part(int fd, long left, int file)
{
	static char buf[READ_SIZE];
	off_t from = 0;

	while (left) {
		size_t most = file < 0 ? write_size : (size_t)(FILE_SIZE - from);
		ssize_t n;

		if (left < (long)most)
			most = left;
		n = file < 0 ? send(fd, buf, most, 0) : sendfile(fd, file, &from, most);
		if (n <= 0)
			err(1, "send");
		left -= n;
		if (from == FILE_SIZE)
			from = 0;
	}
}

static void source(int file, int ready, int go)
{
	int fd = connect_there(PORT);
	char c = 0;

	send_part(fd, WARM, file);
	if (!recv_all(fd, &c, 1) || write(ready, &c, 1) != 1 || read(go, &c, 1) < 0)
		errx(1, "no warm-up");
	send_part(fd, TOTAL / streams, file);
	if (!recv_all(fd, &c, 1))
		errx(1, "not all was received");
	exit(0);
}

static void bulk(int file)
{
	int ready[2], go[2], status;
	double start;
	char c;
	long i;

	serve(sink, streams);
	if (pipe(ready) || pipe(go))
		err(1, "pipe");
	for (i = 0; i < streams; i++)
		if (!fork()) {
			close(go[1]);
			source(file, ready[1], go[0]);
		}
	for (i = 0; i < streams; i++)
		if (read(ready[0], &c, 1) != 1)
			err(1, "read");
	MARK_BEGIN();
	start = now_us();
	close(go[1]);
	while (wait(&status) > 0)
		if (status)
			errx(1, "a stream failed");
	printf("%.3f\n", TOTAL / (now_us() - start));
	for (i = 0; i < TOTAL; i += 1 << 20)
		MARK_EACH();
	MARK_END();
}

void row_bulk(long n)
{
	streams = n;
	bulk(-1);
}

void row_sendfile(long n)
{
	int file = memfd_create("newinet-bench", 0);
	static char block[1 << 20];
	long i;

	streams = n;
	for (i = 0; i < FILE_SIZE; i += sizeof(block))
		if (write(file, block, sizeof(block)) != sizeof(block))
			err(1, "a file in memory");
	bulk(file);
}
