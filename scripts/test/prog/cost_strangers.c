// SPDX-License-Identifier: GPL-2.0
/*
 * What one user's sockets may cost another one, in virtual time: the work that the
 * kernel does for others must not grow with what a stranger holds. Each case
 * compares with the same work while the stranger is not there.
 *
 * families: each
 * clock: virtual
 * timeout: 300
 * full: debug
 */
#define _GNU_SOURCE
#include "t.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool slow;	/* the debug kernel */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Connections a second of the kernel's TCP with itself, to this port. */
static double rate(uint16_t port)
{
	int l = t_listen(AF_INET, LOOP, port, 64), n = 200;
	double best = 0;

	for (int round = 0; round < 3; round++) {
		double begin = now();

		for (int i = 0; i < n; i++) {
			int c = t_connect(AF_INET, LOOP, port), s = t_accept(l);

			t_reset_on_close(c);
			close(c);
			close(s);
		}
		if (n / (now() - begin) > best)
			best = n / (now() - begin);
	}
	close(l);
	return best;
}

/* An ordinary user's listeners, all on one port, each on an address of its own. */
CASE_F(many_listeners, T_NO_MIX)
{
	enum { PORT = 20500 };
	int count = slow ? 500 : 5000;
	struct rlimit rl = { count + 100, count + 100 };
	/* by the low bits of the port alone, and by the port itself */
	static const uint16_t victims[] = { PORT + 512, PORT };
	double before[2], after[2];

	t_own_netns();
	OK(setrlimit(RLIMIT_NOFILE, &rl));
	for (int i = 0; i < 2; i++)
		before[i] = rate(victims[i]);
	for (int i = 0; i < count; i++)
		t_listen(t_fam, 0x7f010000 + i, PORT, 1);
	for (int i = 0; i < 2; i++) {
		after[i] = rate(victims[i]);
		printf("# kernel's TCP, port %d: %.0f connections/s, beside %d listeners %.0f\n",
		       victims[i], before[i], count, after[i]);
		fflush(stdout);
		TRUE(after[i] >= 0.95 * before[i]);
	}
}

/* Connections that end in TIME-WAIT here. */
static void time_waits(int count)
{
	int l = t_listen(t_fam, LOOP, 0, 64);
	char b;

	for (int i = 0; i < count; i++) {
		int c = t_connect(t_fam, LOOP, t_port(l)), s = t_accept(l);

		close(c);
		RET(recv(s, &b, 1, 0), 0);
		close(s);
	}
	close(l);
}

/* A process with a namespace full of TIME-WAIT entries, until it is killed. */
static pid_t holder(int count)
{
	int ready[2];
	pid_t pid;
	char b;

	OK(pipe(ready));
	pid = OK(fork());
	if (!pid) {
		t_own_netns();
		t_write_sysctl("net/ipv4/tcp_tw_reuse", "0");
		t_write_sysctl("net/ipv4/ip_local_port_range", "10000 60000");
		time_waits(count);
		OK(write(ready[1], "r", 1));
		pause();
		_exit(0);
	}
	close(ready[1]);
	RET(read(ready[0], &b, 1), 1);
	close(ready[0]);
	return pid;
}

#define TRACING "/sys/kernel/tracing/"

static void tracing(const char *name, const char *value)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), TRACING "%s", name);
	f = fopen(path, "w");
	if (!f || fputs(value, f) < 0 || fclose(f))
		t_skip("%s: %s", path, t_errname(errno));
}

/* Milliseconds that the kernel took to clean up the last namespace; -1: not yet. */
static double cleaned_up(void)
{
	FILE *f = fopen(TRACING "trace", "r");
	double ms = -1;
	char line[200];

	while (f && fgets(line, sizeof(line), f)) {
		char *us = strstr(line, " us |");

		if (!us || !strstr(us, "cleanup_net"))
			continue;
		while (us > line && !strchr(" \t", us[-1]))
			us--;
		ms = atof(us) / 1000;
	}
	if (f)
		fclose(f);
	return ms;
}

static double going(pid_t pid)
{
	double ms;

	tracing("trace", "");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 3000 && (ms = cleaned_up()) < 0; i++)
		t_sleep(10);
	NEED(ms >= 0);
	return ms;
}

/* A namespace goes; another one has newer entries, or has not. */
CASE_F(time_wait_elsewhere, T_NO_MIX)
{
	int count = slow ? 300 : 3000;
	double alone, beside;
	pid_t mine, other;

	mount("tracefs", TRACING, "tracefs", 0, NULL);
	tracing("current_tracer", "nop");
	tracing("set_ftrace_filter", "cleanup_net");
	tracing("current_tracer", "function_graph");
	alone = going(holder(count));
	/* What is newer stands in front, where all of them are on one list. */
	mine = holder(count);
	other = holder(count);
	beside = going(mine);
	going(other);
	tracing("current_tracer", "nop");
	tracing("set_ftrace_filter", "");
	printf("# a namespace with %d entries goes in %.0f ms, beside as many newer ones in %.0f ms\n",
	       count, alone, beside);
	fflush(stdout);
	TRUE(beside < 1.3 * alone + 10);
}

/* Microseconds that a bind() to a port takes; it succeeds or not. */
static double bind_cost(int port, int want)
{
	struct sockaddr_in a = t_addr(t_fam, 0, port);
	double best = 1;

	for (int round = 0; round < 5; round++) {
		double begin, took = 0;

		for (int i = 0; i < 20; i++) {
			int fd = t_sock(t_fam);

			t_opt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
			begin = now();
			if (want)
				ERR(bind(fd, (void *)&a, sizeof(a)), want);
			else
				OK(bind(fd, (void *)&a, sizeof(a)));
			took += now() - begin;
			close(fd);
		}
		if (took / 20 < best)
			best = took / 20;
	}
	return best * 1e6;
}

/* A server and its connections, or what is left of both in TIME-WAIT; its port. */
static int serve(int count, bool wait, int *fds)
{
	int l = t_sock(t_fam), port;
	struct sockaddr_in a = t_addr(t_fam, 0, 0);

	t_opt(l, SOL_SOCKET, SO_REUSEADDR, 1);
	OK(bind(l, (void *)&a, sizeof(a)));
	OK(listen(l, 64));
	port = t_port(l);
	for (int i = 0; i < count; i++) {
		fds[2 * i] = t_connect(t_fam, LOOP, port);
		fds[2 * i + 1] = t_accept(l);
		if (!wait)
			continue;
		close(fds[2 * i + 1]);
		close(fds[2 * i]);
	}
	if (wait)
		close(l);
	return port;
}

/* bind() to a port with many owners: connections and their listener, or TIME-WAIT. */
CASE_F(bind_beside_owners, T_NO_MIX)
{
	static int fds[2 * 3000];
	int count = slow ? 300 : 3000;
	struct rlimit rl = { 2 * count + 100, 2 * count + 100 };
	double few, many;

	t_own_netns();
	OK(setrlimit(RLIMIT_NOFILE, &rl));
	t_write_sysctl("net/ipv4/ip_local_port_range", "10000 60000");
	for (int wait = 0; wait < 2; wait++) {
		few = bind_cost(serve(count / 10, wait, fds), wait ? 0 : EADDRINUSE);
		for (int i = 0; !wait && i < 2 * (count / 10); i++)
			close(fds[i]);
		many = bind_cost(serve(count, wait, fds), wait ? 0 : EADDRINUSE);
		for (int i = 0; !wait && i < 2 * count; i++)
			close(fds[i]);
		printf("# bind() beside %d %s: %.1f us, beside %d: %.1f us\n", count / 10,
		       wait ? "TIME-WAIT entries" : "connections", few, count, many);
		fflush(stdout);
		/* The kernel's looks at each of them. */
		TRUE(t_fam == AF_INET || many < 1.5 * few + 3);
	}
}

int main(int argc, char **argv)
{
	const char *kernel = getenv("NEWINET_KERNEL");

	slow = kernel && !strcmp(kernel, "debug");
	return t_main(argc, argv);
}
