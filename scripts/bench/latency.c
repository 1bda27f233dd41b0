// SPDX-License-Identifier: GPL-2.0
/*
 * The rows that take the time of one thing done again and again: opening a
 * socket, a round trip of one message, a connection from connect() to close(). And one
 * that only holds a connection, for others to be measured beside.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "micro.h"

void row_socket(long n)
{
	double start;
	long i;

	for (i = 0; i < n; i++)
		close(new_socket());
	MARK_BEGIN();
	start = now_us();
	for (i = 0; i < n; i++) {
		int fd = socket(family, SOCK_STREAM, 0);

		if (fd < 0)
			err(1, "socket");
		close(fd);
		MARK_EACH();
	}
	printf("%.3f\n", (now_us() - start) / n);
	MARK_END();
}

void row_pingpong(long n)
{
	double *t = calloc(n, sizeof(*t));
	long i;
	int fd;

	serve(echo, 1);
	fd = connect_there(PORT);
	for (i = 0; i < 200; i++)
		round_trip(fd);
	MARK_BEGIN();
	for (i = 0; i < n; i++) {
		double start = now_us();

		round_trip(fd);
		t[i] = now_us() - start;
		MARK_EACH();
	}
	MARK_END();
	close(fd);
	report(t, n);
}

void row_connect(long n)
{
	double *t = calloc(n, sizeof(*t));
	long i, warm = 300;

	serve(echo, n + warm);
	for (i = -warm; i < n; i++) {
		double start = now_us();
		int fd;

		if (!i)
			MARK_BEGIN();
		fd = connect_there(PORT);
		round_trip(fd);
		close(fd);
		if (i >= 0)
			t[i] = now_us() - start;
		MARK_EACH();
	}
	MARK_END();
	report(t, n);
}

void row_own(long unused)
{
	(void)unused;
	serve(echo, 1);
	round_trip(connect_there(PORT));
	for (;;)
		pause();
}
