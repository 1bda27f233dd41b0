// SPDX-License-Identifier: GPL-2.0
/*
 * The engine of the family-agnostic test programs: every file *.c here that
 * has a main() is one program, built with
 *
 *	gcc -O2 -Wall -Wextra -o $NEWINET_BIN/<name> <name>.c t.c -pthread
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
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int t_fam, t_cfam, t_sfam;
bool t_newinet;
volatile int t_signals;

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

/* ---- sockets ------------------------------------------------------- */

int t_sock(int fam)
{
	return OK(socket(T_AF(fam), SOCK_STREAM | SOCK_CLOEXEC, T_PROTO(fam)));
}

int t_sock_nb(int fam)
{
	return OK(socket(T_AF(fam), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			 T_PROTO(fam)));
}

struct sockaddr_in t_addr(int fam, uint32_t ip, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = T_AF(fam),
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(ip),
	};
}

struct sockaddr_in t_name(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	memset(&a, 0xee, sizeof(a));
	OK(getsockname(fd, SA(&a), &len));
	return a;
}

struct sockaddr_in t_peer(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	memset(&a, 0xee, sizeof(a));
	OK(getpeername(fd, SA(&a), &len));
	return a;
}

uint16_t t_port(int fd)
{
	return ntohs(t_name(fd).sin_port);
}

int t_bound(int fam, uint32_t ip, uint16_t port)
{
	struct sockaddr_in a = t_addr(fam, ip, port);
	int fd = t_sock(fam);

	OK(bind(fd, SA(&a), sizeof(a)));
	return fd;
}

int t_listen(int fam, uint32_t ip, uint16_t port, int backlog)
{
	int fd = t_bound(fam, ip, port);

	OK(listen(fd, backlog));
	return fd;
}

int t_connect(int fam, uint32_t ip, uint16_t port)
{
	struct sockaddr_in a = t_addr(fam, ip, port);
	int fd = t_sock(fam);

	OK(connect(fd, SA(&a), sizeof(a)));
	return fd;
}

int t_connect_nb(int fam, uint32_t ip, uint16_t port)
{
	struct sockaddr_in a = t_addr(fam, ip, port);
	int fd = t_sock_nb(fam);

	ERR(connect(fd, SA(&a), sizeof(a)), EINPROGRESS);
	return fd;
}

int t_accept(int lfd)
{
	return OK(accept4(lfd, NULL, NULL, SOCK_CLOEXEC));
}

void t_pair(int *c, int *s)
{
	t_pair_small(c, s, 0);
}

void t_pair_small(int *c, int *s, int bytes)
{
	int l = t_sock(t_sfam);
	struct sockaddr_in a = t_addr(t_sfam, LOOP, 0);

	*c = t_sock(t_cfam);
	if (bytes) {
		t_opt(l, SOL_SOCKET, SO_RCVBUF, bytes);
		t_opt(l, SOL_SOCKET, SO_SNDBUF, bytes);
		t_opt(*c, SOL_SOCKET, SO_RCVBUF, bytes);
		t_opt(*c, SOL_SOCKET, SO_SNDBUF, bytes);
	}
	OK(bind(l, SA(&a), sizeof(a)));
	OK(listen(l, 1));
	a = t_addr(t_cfam, LOOP, t_port(l));
	OK(connect(*c, SA(&a), sizeof(a)));
	*s = t_accept(l);
	close(l);
}

void t_sink(struct t_sink *k)
{
	k->lfd = t_listen(t_sfam, LOOP, 0, 0);
	k->port = t_port(k->lfd);
	k->filler = t_connect(t_sfam, LOOP, k->port);
	/* the third packet has put it into the queue once it is acceptable */
	EQ(t_poll(k->lfd, POLLIN, T_LONG), POLLIN);
}

int t_sink_open(struct t_sink *k)
{
	return t_accept(k->lfd);
}

void t_opt(int fd, int level, int opt, int val)
{
	OK(setsockopt(fd, level, opt, &val, sizeof(val)));
}

int t_getopt(int fd, int level, int opt)
{
	int val = -12345;
	socklen_t len = sizeof(val);

	OK(getsockopt(fd, level, opt, &val, &len));
	return val;
}

int t_so_error(int fd)
{
	return t_getopt(fd, SOL_SOCKET, SO_ERROR);
}

void t_nonblock(int fd, bool on)
{
	int fl = OK(fcntl(fd, F_GETFL));

	OK(fcntl(fd, F_SETFL, on ? fl | O_NONBLOCK : fl & ~O_NONBLOCK));
}

void t_reset_on_close(int fd)
{
	struct linger l = { .l_onoff = 1 };

	OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

unsigned int t_poll(int fd, unsigned int events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	OK(poll(&p, 1, timeout_ms));
	return (unsigned short)p.revents;
}

size_t t_fill(int fd)
{
	static char buf[16384];
	size_t sum = 0;
	ssize_t n;
	int quiet = 0;

	/*
	 * Room comes back while the peer's kernel still takes data in, last
	 * when a probe fills the rest of its window: 200 ms and a round trip.
	 */
	while (quiet < 12) {
		n = send(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			sum += n;
			quiet = 0;
		} else if (n < 0 && errno == EAGAIN) {
			t_sleep(30);
			quiet++;
		} else {
			FAIL("filling: send = %zd %s", n, t_errname(errno));
			t_end();
		}
	}
	return sum;
}

/* On a slow machine a full buffer may still find room once or twice. */
long t_send_on(int fd, size_t *sum)
{
	static char big[1 << 20];
	ssize_t n;

	while ((n = send(fd, big, sizeof(big), MSG_NOSIGNAL)) > 0)
		if (sum)
			*sum += n;
	return n;
}

size_t t_drain(int fd, size_t want)
{
	static char buf[65536];
	size_t sum = 0;
	ssize_t n;

	while (sum < want) {
		size_t len = want - sum;

		n = recv(fd, buf, len < sizeof(buf) ? len : sizeof(buf), 0);
		if (n < 0 && errno == EAGAIN) {
			t_poll(fd, POLLIN, T_LONG);
			continue;
		}
		if (n <= 0) {
			FAIL("draining: recv = %zd %s after %zu of %zu", n,
			     n ? t_errname(errno) : "EOF", sum, want);
			t_end();
		}
		sum += n;
	}
	return sum;
}

void t_send_all(int fd, const void *buf, size_t n)
{
	const char *p = buf;

	while (n) {
		ssize_t r = OK(send(fd, p, n, MSG_NOSIGNAL));

		p += r;
		n -= r;
	}
}

void t_wait_hup(int fd)
{
	unsigned int ev = t_poll(fd, POLLRDHUP, T_LONG);

	if (!(ev & (POLLRDHUP | POLLHUP))) {
		FAIL("no FIN or RST came");
		t_end();
	}
}

/* ---- time, signals, threads ---------------------------------------- */

uint64_t t_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

void t_sleep(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000l };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

void t_write_sysctl(const char *path, const char *val)
{
	char name[200];
	int fd;

	snprintf(name, sizeof(name), "/proc/sys/%s", path);
	fd = OK(open(name, O_WRONLY | O_CLOEXEC));
	RET(write(fd, val, strlen(val)), (long)strlen(val));
	close(fd);
}

long t_read_sysctl(const char *path)
{
	char name[200], buf[64] = "";
	int fd;

	snprintf(name, sizeof(name), "/proc/sys/%s", path);
	fd = OK(open(name, O_RDONLY | O_CLOEXEC));
	OK(read(fd, buf, sizeof(buf) - 1));
	close(fd);
	return strtol(buf, NULL, 10);
}

static void on_signal(int sig)
{
	(void)sig;
	t_signals++;
}

void t_signals_start_after(int ms, int sa_flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = sa_flags };
	struct itimerval it = {
		.it_value = { ms / 1000, ms % 1000 * 1000 },
		.it_interval.tv_usec = 100000,
	};

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

void t_signals_start(int sa_flags)
{
	t_signals_start_after(100, sa_flags);
}

void t_signals_stop(void)
{
	struct itimerval it = { 0 };

	setitimer(ITIMER_REAL, &it, NULL);
}

static void *bg_main(void *p)
{
	struct t_bg *b = p;
	sigset_t set;

	/* signals are for the main thread */
	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	__atomic_store_n(&b->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	errno = 0;
	b->ret = b->fn(b->arg);
	b->err = errno;
	__atomic_store_n(&b->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

void t_bg(struct t_bg *b, long (*fn)(void *), void *arg)
{
	*b = (struct t_bg){ .fn = fn, .arg = arg };
	NEED(!pthread_create(&b->th, NULL, bg_main, b));
}

/* Asleep in three looks in a row, 20 ms apart, is taken for blocked. */
void t_bg_blocked(struct t_bg *b)
{
	char name[64], buf[256];
	int seen = 0;

	while (seen < 3 && !__atomic_load_n(&b->done, __ATOMIC_ACQUIRE)) {
		int tid = __atomic_load_n(&b->tid, __ATOMIC_ACQUIRE);
		char *p = NULL;
		int fd;

		t_sleep(20);
		snprintf(name, sizeof(name), "/proc/self/task/%d/stat", tid);
		fd = tid ? open(name, O_RDONLY | O_CLOEXEC) : -1;
		if (fd >= 0) {
			ssize_t n = read(fd, buf, sizeof(buf) - 1);

			buf[n > 0 ? n : 0] = 0;
			p = strrchr(buf, ')');
			close(fd);
		}
		seen = p && p[1] == ' ' && p[2] == 'S' ? seen + 1 : 0;
	}
	if (b->done)
		FAIL("did not block: returned %ld %s", b->ret,
		     t_errname(b->err));
}

long t_bg_join(struct t_bg *b)
{
	pthread_join(b->th, NULL);
	errno = b->err;
	return b->ret;
}
