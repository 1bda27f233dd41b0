// SPDX-License-Identifier: GPL-2.0
/*
 * Time, sysctls, signals, and calls in a second thread, for the test programs
 * here: t.h has what each does.
 */
#define _GNU_SOURCE
#include "t.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

volatile int t_signals;

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

void t_signals_await(void)
{
	for (int i = 0; t_signals < 3 && i < 1000; i++)
		t_sleep(10);
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
