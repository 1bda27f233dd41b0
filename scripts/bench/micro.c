// SPDX-License-Identifier: GPL-2.0
/*
 * One measurement between two network namespaces joined by veth.
 *
 *	micro FAMILY ROW [NUMBER [SIZE]]
 *
 * FAMILY: inet, newinet or unix. ROW and NUMBER: see the table below. SIZE: of
 * a message of pingpong, of a write of bulk. Prints one line of figures. Whether
 * the clock is real or virtual is the caller's choice. MICRO_SECONDS in the
 * environment: SIGALRM ends it after so many.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "micro.h"

static const struct {
	const char *name;
	void (*run)(long number);
	long number;
} rows[] = {
	/* us: mean; times */
	{ "socket", row_socket, 2000 },
	/* us: mean, median, 99th percentile; times */
	{ "pingpong", row_pingpong, 2000 },
	{ "connect", row_connect, 400 },
	/* MB/s; streams */
	{ "bulk", row_bulk, 1 },
	{ "sendfile", row_sendfile, 1 },
	/* see idle.c; connections */
	{ "idle", row_idle, 10000 },
	/* us of an ACK: a block that grows, holes; segments in flight */
	{ "sack", row_sack, 1000 },
	/* Mbit/s; seconds */
	{ "goodput", row_goodput, 20 },
	/* nothing: holds a connection until it is killed */
	{ "own", row_own, 0 },
};

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
	const char *limit = getenv("MICRO_SECONDS");
	size_t i;

	if (limit)
		alarm(atoi(limit));
	if (argc < 3 || argc > 5)
		errx(2, "usage: micro inet|newinet|unix ROW [NUMBER [SIZE]]");
	if (!strcmp(argv[1], "inet"))
		family = AF_INET;
	else if (!strcmp(argv[1], "unix"))
		family = AF_UNIX;
	else
		family = newinet_family();
	if (argc > 4)
		message = write_size = atol(argv[4]);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(argv[2], rows[i].name)) {
			rows[i].run(argc > 3 ? atol(argv[3]) : rows[i].number);
			return 0;
		}
	errx(2, "no row %s", argv[2]);
}
