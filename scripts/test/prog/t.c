// SPDX-License-Identifier: GPL-2.0
/*
 * The engine of the family-agnostic test programs: every file *.c here that
 * has a main() is one program, built with
 *
 *	gcc -O2 -Wall -Wextra -o $NEWINET_BIN/<name> <name>.c t.c t_*.c -pthread
 *
 * and run as
 *
 *	<name> --family inet|newinet|door [--peer inet [--reverse]] [--here]
 *	       [--list] [case ...]
 *
 * It prints TAP and exits 0 only if all cases pass. Each case runs in a child
 * of its own, in a process group of its own, under a time limit
 * (T_TIMEOUT seconds, default 60), so a hang or a crash is one failed case.
 * As root the program first enters a new network namespace and brings up lo,
 * so that ports, sysctls and counters are its own; --here stays outside.
 */
#define _GNU_SOURCE
#include "t.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

int t_fam, t_cfam, t_sfam;
bool t_newinet;

static struct t_case *first, **last = &first;
static int report = -1;		/* pipe to the parent: what went wrong */
static int failures;

enum { END_OK = 0, END_FAILED = 1, END_SKIPPED = 77 };

void t_register(struct t_case *c)
{
	*last = c;
	last = &c->next;
}

bool t_kernel_at_least(int major, int minor)
{
	struct utsname u;
	int a = 0, b = 0;

	uname(&u);
	sscanf(u.release, "%d.%d", &a, &b);
	return a > major || (a == major && b >= minor);
}

/* ---- expectations -------------------------------------------------- */

const char *t_errname(int e)
{
	const char *n = e ? strerrorname_np(e) : "0";

	return n ? n : "E?";
}

void t_fail(const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	char buf[600];
	va_list ap;
	int n;

	if (failures++ > 12)
		return;
	n = snprintf(buf, sizeof(buf), "%s%s:%d ", failures > 1 ? "; " : "",
		     base ? base + 1 : file, line);
	va_start(ap, fmt);
	n += vsnprintf(buf + n, sizeof(buf) - n, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(buf) - 1)
		n = sizeof(buf) - 1;
	for (char *p = buf; *p; p++)
		if (*p == '\n')
			*p = ' ';
	if (write(report, buf, n) != n)
		_exit(END_FAILED);
}

void t_skip(const char *fmt, ...)
{
	char buf[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (failures)
		_exit(END_FAILED);
	if (write(report, buf, strlen(buf)) < 0)
		_exit(END_FAILED);
	_exit(END_SKIPPED);
}

void t_end(void)
{
	_exit(failures ? END_FAILED : END_OK);
}

static void show(char *buf, size_t n, long got, int err)
{
	if (got == -1)
		snprintf(buf, n, "-1 %s", t_errname(err));
	else
		snprintf(buf, n, "%ld", got);
}

long t_ret(const char *file, int line, const char *what, long got, int err,
	   long want)
{
	char s[40];

	if (got != want) {
		show(s, sizeof(s), got, err);
		t_fail(file, line, "%s = %s, expected %ld", what, s, want);
	}
	return got;
}

long t_ok(const char *file, int line, const char *what, long got, int err)
{
	if (got < 0) {
		t_fail(file, line, "%s = %ld %s, expected success", what, got,
		       t_errname(err));
		t_end();
	}
	return got;
}

void t_err(const char *file, int line, const char *what, long got, int err,
	   int want)
{
	char s[40];

	if (got != -1 || err != want) {
		show(s, sizeof(s), got, err);
		t_fail(file, line, "%s = %s, expected -1 %s", what, s,
		       t_errname(want));
	}
}

void t_eq(const char *file, int line, const char *what, long got, long want)
{
	if (got != want)
		t_fail(file, line, "%s = %ld, expected %ld", what, got, want);
}

void t_errno_eq(const char *file, int line, const char *what, int got,
		int want)
{
	if (got != want)
		t_fail(file, line, "%s = %s, expected %s", what,
		       t_errname(got), t_errname(want));
}

static void event_names(char *buf, unsigned int ev)
{
	static const struct { unsigned int bit; const char *name; } t[] = {
		{ POLLIN, "IN" }, { POLLPRI, "PRI" }, { POLLOUT, "OUT" },
		{ POLLERR, "ERR" }, { POLLHUP, "HUP" }, { POLLNVAL, "NVAL" },
		{ POLLRDNORM, "RDNORM" }, { POLLRDBAND, "RDBAND" },
		{ POLLWRNORM, "WRNORM" }, { POLLWRBAND, "WRBAND" },
		{ POLLMSG, "MSG" }, { POLLRDHUP, "RDHUP" },
	};

	buf[0] = 0;
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		if (ev & t[i].bit) {
			strcat(buf, buf[0] ? "|" : "");
			strcat(buf, t[i].name);
			ev &= ~t[i].bit;
		}
	if (ev)
		sprintf(buf + strlen(buf), "|%#x", ev);
	if (!buf[0])
		strcpy(buf, "none");
}

void t_events(const char *file, int line, const char *what, unsigned int got,
	      unsigned int want)
{
	char g[128], w[128];

	if (got == want)
		return;
	event_names(g, got);
	event_names(w, want);
	t_fail(file, line, "%s = %s, expected %s", what, g, w);
}

/* ---- running the cases --------------------------------------------- */

/* A parameter of the module, or what it is by default. */
static int parameter(const char *name, int n)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/newinet/parameters/%s", name);
	f = fopen(path, "re");
	if (f) {
		if (fscanf(f, "%d", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

static int family_number(const char *s)
{
	if (!strcmp(s, "inet"))
		return AF_INET;
	if (!strcmp(s, "newinet"))
		return parameter("family", AF_NEWINET);
	if (!strcmp(s, "door"))
		return T_DOOR(parameter("protocol", IPPROTO_NEWINET));
	fprintf(stderr, "unknown family %s\n", s);
	exit(2);
}

void t_own_netns(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd;

	if (unshare(CLONE_NEWNET) < 0) {
		printf("# staying in this network namespace: %s\n",
		       t_errname(errno));
		return;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0) {
		perror("lo up");
		exit(2);
	}
	close(fd);
}

static void run_child(struct t_case *c, int fd, const sigset_t *old)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, old, NULL);
	signal(SIGPIPE, SIG_IGN);	/* the cases about SIGPIPE undo this */
	report = fd;
	c->fn();
	t_end();
}

/* Wait for one child; a status, or -1 when the time is up. */
static int wait_child(pid_t pid, const sigset_t *chld, int seconds)
{
	uint64_t end = t_ms() + seconds * 1000ull;
	struct timespec tick = { .tv_nsec = 200000000 };
	int st;

	for (;;) {
		if (waitpid(pid, &st, WNOHANG) == pid)
			return st;
		if (t_ms() >= end)
			return -1;
		sigtimedwait(chld, NULL, &tick);
	}
}

static bool run_case(struct t_case *c, int n, int seconds)
{
	char msg[8192];
	ssize_t len;
	sigset_t chld, old;
	int p[2], st;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC | O_NONBLOCK) < 0)
		exit(2);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		exit(2);
	if (!pid)
		run_child(c, p[1], &old);
	setpgid(pid, pid);
	st = wait_child(pid, &chld, seconds);
	kill(-pid, SIGKILL);
	if (st == -1)
		wait_child(pid, &chld, 5);
	sigprocmask(SIG_SETMASK, &old, NULL);
	len = read(p[0], msg, sizeof(msg) - 1);
	msg[len > 0 ? len : 0] = 0;
	close(p[0]);
	close(p[1]);

	if (st != -1 && WIFEXITED(st) && WEXITSTATUS(st) == END_SKIPPED) {
		printf("ok %d - %s # SKIP %s\n", n, c->name, msg);
		return true;
	}
	if (st == 0) {
		printf("ok %d - %s\n", n, c->name);
		return true;
	}
	printf("not ok %d - %s # %s", n, c->name, msg);
	if (st == -1)
		printf("%sstill running after %d s", msg[0] ? "; " : "",
		       seconds);
	else if (WIFSIGNALED(st))
		printf("%skilled by SIG%s", msg[0] ? "; " : "",
		       sigabbrev_np(WTERMSIG(st)));
	printf("\n");
	return false;
}

static const char *not_here(const struct t_case *c)
{
	if ((c->flags & T_ONLY_NEWINET) && !t_newinet)
		return "for newinet only";
	if ((c->flags & T_ONLY_INET) && t_newinet)
		return "for inet only";
	if ((c->flags & T_NO_MIX) && t_cfam != t_sfam)
		return "nothing of the peer in it";
	return NULL;
}

static bool wanted(const struct t_case *c, char **names, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], c->name))
			return true;
	return !n;
}

static void __attribute__((noreturn)) usage(const char *prog)
{
	fprintf(stderr, "usage: %s --family inet|newinet|door [--peer inet [--reverse]] [--here] [--list] [case ...]\n",
		prog);
	exit(2);
}

static int run_all(char **names, int n_names)
{
	const char *limit = getenv("T_TIMEOUT");
	int n = 0, bad = 0, seconds = limit ? atoi(limit) : 60;

	for (struct t_case *c = first; c; c = c->next) {
		const char *why;

		if (!wanted(c, names, n_names))
			continue;
		why = not_here(c);
		n++;
		if (why)
			printf("ok %d - %s # SKIP %s\n", n, c->name, why);
		else if (!run_case(c, n, seconds))
			bad++;
		fflush(stdout);
	}
	printf("1..%d\n", n);
	if (!n || (n_names && n < n_names)) {
		printf("# no such case\n");
		return 2;
	}
	if (bad)
		printf("# %d of %d failed\n", bad, n);
	return !!bad;
}

int t_main(int argc, char **argv)
{
	const char *family = NULL, *peer = NULL;
	bool reverse = false, here = false;
	int i;

	for (i = 1; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--family") && i + 1 < argc) {
			family = argv[++i];
		} else if (!strcmp(argv[i], "--peer") && i + 1 < argc) {
			peer = argv[++i];
		} else if (!strcmp(argv[i], "--reverse")) {
			reverse = true;
		} else if (!strcmp(argv[i], "--here")) {
			here = true;
		} else if (!strcmp(argv[i], "--list")) {
			for (struct t_case *c = first; c; c = c->next)
				printf("%s\n", c->name);
			return 0;
		} else {
			usage(argv[0]);
		}
	}
	if (!family)
		usage(argv[0]);
	t_fam = family_number(family);
	t_newinet = t_fam != AF_INET;
	t_cfam = t_fam;
	t_sfam = t_fam;
	if (peer)
		*(reverse ? &t_cfam : &t_sfam) = family_number(peer);
	if (!here)
		t_own_netns();
	return run_all(argv + i, argc - i);
}
