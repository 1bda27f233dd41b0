// SPDX-License-Identifier: GPL-2.0
/*
 * The rows of idle connections: what memory so many of them take, both ends
 * together and slab by slab, and a ping-pong beside them against the same
 * before. Ten ports of the server are used in turn, so that 100,000 fit.
 *
 * Prints `memory BYTES-PER-CONNECTION`, `slab NAME BYTES OBJECTS` (for one
 * connection) for whatever counts, and `beside BEFORE BESIDE` in us, means.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "micro.h"

#define PORTS	10
#define SLABS	512
#define TIMES	2000

struct slab {
	char name[48];
	double bytes, objects;
};

struct memory {
	struct slab slabs[SLABS];
	int n;
	double slab, percpu, vmalloc;	/* bytes */
};

static struct memory before, after;

static void read_memory(struct memory *m)
{
	double objects, size, per_slab, pages, slabs;
	char line[256], name[48];
	double kb;
	FILE *f;

	/* What RCU and the handshakes still hold gets free. */
	sleep(3);
	memset(m, 0, sizeof(*m));
	f = fopen("/proc/meminfo", "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Slab: %lf", &kb) == 1)
			m->slab = kb * 1024;
		if (sscanf(line, "Percpu: %lf", &kb) == 1)
			m->percpu = kb * 1024;
		if (sscanf(line, "VmallocUsed: %lf", &kb) == 1)
			m->vmalloc = kb * 1024;
	}
	if (!f || fclose(f))
		err(1, "/proc/meminfo");
	f = fopen("/proc/slabinfo", "r");
	while (f && fgets(line, sizeof(line), f))
		if (m->n < SLABS &&
		    sscanf(line, "%47s %lf %*f %lf %lf %lf : tunables %*s %*s %*s : slabdata %*s %lf",
			   name, &objects, &size, &per_slab, &pages, &slabs) == 6) {
			strcpy(m->slabs[m->n].name, name);
			m->slabs[m->n].bytes = slabs * pages * 4096;
			m->slabs[m->n++].objects = objects;
		}
	if (!f || fclose(f))
		err(1, "/proc/slabinfo");
}

static void print_memory(long n)
{
	int i, k;

	printf("memory %.1f\n", (after.slab - before.slab + after.percpu - before.percpu +
				 after.vmalloc - before.vmalloc) / n);
	printf("slab (per-cpu) %.1f 0\n", (after.percpu - before.percpu) / n);
	printf("slab (vmalloc) %.1f 0\n", (after.vmalloc - before.vmalloc) / n);
	for (i = 0; i < after.n; i++) {
		struct slab *s = &after.slabs[i];

		for (k = 0; k < before.n; k++)
			if (!strcmp(before.slabs[k].name, s->name)) {
				s->bytes -= before.slabs[k].bytes;
				s->objects -= before.slabs[k].objects;
			}
		if (s->bytes / n >= 4 || s->bytes / n <= -4)
			printf("slab %s %.1f %.2f\n", s->name, s->bytes / n, s->objects / n);
	}
}

static double mean_round_trip(int fd)
{
	double start;
	int i;

	for (i = 0; i < 200; i++)
		round_trip(fd);
	start = now_us();
	for (i = 0; i < TIMES; i++)
		round_trip(fd);
	return (now_us() - start) / TIMES;
}

/* Holds n connections, PORTS ports in turn; a byte to `to` at start and end. */
static pid_t hold(long n, int to)
{
	int lfd[PORTS];
	char c = 0;
	pid_t pid = fork();
	long i;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	enter("nb-b");
	for (i = 0; i < PORTS; i++)
		lfd[i] = listen_here(PORT + 1 + i, 4096);
	if (write(to, &c, 1) != 1)
		err(1, "write");
	for (i = 0; i < n; i++)
		if (accept(lfd[i % PORTS], NULL, NULL) < 0)
			err(1, "accept");
	if (write(to, &c, 1) != 1)
		err(1, "write");
	for (;;)
		pause();
}

void row_idle(long n)
{
	struct linger reset = { .l_onoff = 1 };
	struct rlimit many = { n + 1000, n + 1000 };
	int *fds = calloc(n + PORTS, sizeof(*fds));
	int fd, up[2];
	double alone;
	pid_t holder;
	char c;
	long i;

	if (setrlimit(RLIMIT_NOFILE, &many) || pipe(up))
		err(1, "so many files");
	memset(fds, 0xff, (n + PORTS) * sizeof(*fds));
	serve(echo, 1);
	fd = connect_there(PORT);
	alone = mean_round_trip(fd);

	holder = hold(n + PORTS, up[1]);
	if (read(up[0], &c, 1) != 1)
		errx(1, "no server");
	for (i = 0; i < PORTS; i++)
		fds[i] = connect_there(PORT + 1 + i % PORTS);
	read_memory(&before);
	for (; i < n + PORTS; i++) {
		/* What the last of so many cost is for the profiler. */
		if (i == n + PORTS - 1000)
			MARK_BEGIN();
		fds[i] = connect_there(PORT + 1 + i % PORTS);
		MARK_EACH();
	}
	MARK_END();
	if (read(up[0], &c, 1) != 1)
		errx(1, "the server failed");
	read_memory(&after);
	print_memory(n);
	printf("beside %.3f %.3f\n", alone, mean_round_trip(fd));
	fflush(stdout);

	/* With a reset there is no TIME-WAIT to count for the next family. */
	for (i = 0; i < n + PORTS; i++) {
		setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fds[i]);
	}
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	close(fd);
	sleep(2);
}
