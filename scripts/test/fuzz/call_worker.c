// SPDX-License-Identifier: GPL-2.0
/*
 * One process of the call fuzzer: threads that share their descriptors, each making a
 * sequence of calls that follows from seed, round, process and thread alone; a pacemaker
 * that sends them signals, so that nobody sleeps for long.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "call.h"

_Atomic int slots[SLOTS];

static struct thread threads[THREADS];

static const struct op {
	const char *name;
	void (*run)(struct thread *t);
	int weight;
} ops[] = {
	{ "socket", op_socket, 60 }, { "pair", op_pair, 60 }, { "bind", op_bind, 50 },
	{ "connect", op_connect, 80 }, { "listen", op_listen, 40 },
	{ "accept", op_accept, 60 }, { "shutdown", op_shutdown, 20 },
	{ "close", op_close, 40 }, { "send", op_send, 90 }, { "recv", op_recv, 90 },
	{ "sendmsg", op_sendmsg, 40 }, { "recvmsg", op_recvmsg, 40 }, { "mmsg", op_mmsg, 20 },
	{ "name", op_name, 10 }, { "setsockopt", op_setsockopt, 120 },
	{ "getsockopt", op_getsockopt, 60 }, { "ioctl", op_ioctl, 20 },
	{ "splice", op_splice, 25 }, { "sendfile", op_sendfile, 15 },
	{ "epoll", op_epoll, 30 }, { "poll", op_poll, 20 }, { "dup", op_dup, 15 },
	{ "fcntl", op_fcntl, 15 }, { "rights", op_rights, 15 }, { "fork", op_fork, 2 },
	{ "uring", op_uring, 40 }, { "netns", op_netns, 2 }, { "device", op_device, 6 },
	{ "route", op_route, 6 }, { "sysctl", op_sysctl, 12 },
};

int slot_get(struct rng *r)
{
	return atomic_load(&slots[below(r, SLOTS)]);
}

void slot_put(struct rng *r, int fd)
{
	int old;

	if (fd < 0)
		return;
	old = atomic_exchange(&slots[below(r, SLOTS)], fd);
	if (old >= 0)
		close(old);
}

long done(long result)
{
	atomic_fetch_add_explicit(&tally->calls, 1, memory_order_relaxed);
	if (result < 0)
		atomic_fetch_add_explicit(&tally->failed, 1, memory_order_relaxed);
	return result;
}

static void nothing(int sig)
{
	(void)sig;
}

/* The n-th allocation or copy of what follows fails. */
static void arm(struct thread *t, int n)
{
	char text[16];

	if (t->fail_nth < 0)
		return;
	snprintf(text, sizeof(text), "%d", n);
	while (pwrite(t->fail_nth, text, strlen(text), 0) < 0 && !n && errno == EFAULT)
		;
}

static void disarm(struct thread *t)
{
	char text[16] = "1";

	if (t->fail_nth < 0)
		return;
	if (pread(t->fail_nth, text, sizeof(text) - 1, 0) > 0 && !atoi(text))
		atomic_fetch_add(&tally->faults, 1);
	arm(t, 0);
}

static void one(struct thread *t)
{
	static int total;
	int at, i = 0;
	bool faulty;

	if (!total)
		for (i = 0; i < (int)ARRAY_SIZE(ops); i++)
			total += ops[i].weight;
	/* Of itself alone, whatever the calls before have drawn. */
	t->rng = rng_make(fuzz_seed, (uint64_t)fuzz_round << 48 | (uint64_t)t->worker << 40 |
			  (uint64_t)t->number << 36 | t->ops++);
	at = below(&t->rng, total);
	for (i = 0; at >= ops[i].weight; i++)
		at -= ops[i].weight;
	faulty = chance(&t->rng, 10) && ops[i].run != op_fork;
	if (faulty)
		arm(t, 1 + below(&t->rng, chance(&t->rng, 70) ? 12 : 60));
	atomic_fetch_add_explicit(&tally->by_op[i], 1, memory_order_relaxed);
	ops[i].run(t);
	if (faulty)
		disarm(t);
}

static void *thread_run(void *arg)
{
	struct thread *t = arg;

	t->tid = syscall(SYS_gettid);
	t->fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	for (;;)
		one(t);
	return NULL;
}

/* A few megabytes are all there is for this process: memory runs short in earnest. */
static void live_in_little(struct rng *r, int number)
{
	char path[100], text[40];
	int fd;

	snprintf(path, sizeof(path), "/sys/fs/cgroup/fuzz%d", number % 8);
	mkdir(path, 0755);
	strcat(path, "/memory.max");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	snprintf(text, sizeof(text), "%d", (6 + (int)below(r, 20)) << 20);
	if (write(fd, text, strlen(text)) < 0)
		text[0] = 0;
	close(fd);
	snprintf(path, sizeof(path), "/sys/fs/cgroup/fuzz%d/cgroup.procs", number % 8);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, "0", 1) < 0)
		text[0] = 0;
	close(fd);
}

void worker_run(int number)
{
	struct rng r = rng_make(fuzz_seed, (uint64_t)fuzz_round << 48 | (uint64_t)number << 40 |
				15ull << 36);
	struct sigaction act = { .sa_handler = nothing };
	struct rlimit files = { 300 + below(&r, 300), 600 };
	pthread_t id;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGUSR1, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	setrlimit(RLIMIT_NOFILE, &files);
	if (chance(&r, 30))
		live_in_little(&r, number);
	if (chance(&r, 60) && !unshare(CLONE_NEWNET)) {
		atomic_fetch_add(&tally->namespaces, 1);
		net_up(&r);
	}
	for (int i = 0; i < SLOTS; i++)
		atomic_store(&slots[i], -1);
	for (int i = 0; i < THREADS; i++) {
		struct thread *t = &threads[i];

		t->worker = number;
		t->number = i;
		t->buf = mmap(NULL, BUF, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (t->buf == MAP_FAILED || pthread_create(&id, NULL, thread_run, t))
			_exit(1);
	}
	for (;;) {
		usleep(1000 + below(&r, 20000));
		syscall(SYS_tgkill, getpid(), threads[below(&r, THREADS)].tid, SIGUSR1);
	}
}
