// SPDX-License-Identifier: GPL-2.0
/*
 * Random socket calls by many threads of many processes, in rounds. In a round processes
 * come and are killed, each of them with threads that call whatever there is on sockets
 * that they share (call_worker.c), beside streams of which every byte is checked
 * (call_stream.c), and attempts to unload the module. After each round all processes are
 * killed and their namespaces are gone: then no reference to the module may be left after
 * a bounded time, rmmod must succeed, and the module is loaded again.
 *
 *	call_fuzz [OPTION]...
 *	--seed N		as printed by a run before; without, a new one
 *	--seconds N		how long, at least one round (60)
 *	--round N		seconds of a round (15)
 *	--workers N		processes at a time (4)
 *	--ko FILE		the module, to unload it and load it again
 *	--patience N		seconds in which something more must be gone, until all is (30)
 *	--first N		begin with this round: with the same seed, the same calls
 *
 * A failure is replayed with the seed and the round it prints, same options: each thread
 * of each process then makes the same calls with the same arguments. What they meet is
 * another interleaving. A complaint of the kernel is for the machine to notice.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "call.h"

#define MAX_WORKERS	16

struct tally *tally;
uint64_t fuzz_seed;
int fuzz_round, newinet_family;

static const char *ko;
static int patience = 30, workers = 4;

void finding(const char *fmt, ...)
{
	char line[400];
	va_list ap;
	int n;

	n = snprintf(line, sizeof(line), "FINDING (calls, seed %ju, round %d): ",
		     (uintmax_t)fuzz_seed, fuzz_round);
	va_start(ap, fmt);
	n += vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	/* In one piece: processes share it. */
	if (write(STDOUT_FILENO, line, n) < 0)
		_exit(3);
	atomic_fetch_add(&tally->findings, 1);
}

static void file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		fd = dup(fd);
	close(fd);
}

static void file_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
}

static void file_show(const char *path, const char *word)
{
	char *line = NULL;
	size_t size = 0;
	FILE *f = fopen(path, "r");

	while (f && getline(&line, &size, f) > 0)
		if (strstr(line, word))
			printf("#  %s: %s", path, line);
	free(line);
	if (f)
		fclose(f);
}

/* --- the module */
static int references(void)
{
	char text[32];

	file_read("/sys/module/newinet/refcnt", text, sizeof(text));
	return *text ? atoi(text) : -1;
}

static bool unload(void)
{
	return !syscall(SYS_delete_module, "newinet", O_NONBLOCK);
}

/* Allocations of the module's own fail at random, where the kernel can do that. */
static void make_faulty(bool on)
{
	static const char *const which[] = { "failslab", "fail_page_alloc" };
	char path[100], start[40], size[40];
	uint64_t text;

	file_read("/sys/module/newinet/sections/.text", start, sizeof(start));
	text = strtoull(start, NULL, 16);
	/* Of its code and data; where allocations fail, there is no other module. */
	file_read("/sys/module/newinet/coresize", size, sizeof(size));
	for (int i = 0; i < 2; i++) {
		const struct {
			const char *name, *value;
		} words[] = {
			{ "probability", "0" }, { "verbose", "0" }, { "ignore-gfp-wait", "N" },
			{ "ignore-gfp-highmem", "N" }, { "min-order", "0" }, { "task-filter", "N" },
			{ "interval", "1" }, { "stacktrace-depth", "32" }, { "times", "-1" },
		};

		for (unsigned int j = 0; j < ARRAY_SIZE(words); j++) {
			snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", which[i], words[j].name);
			file_write(path, words[j].value);
		}
		if (!text || !on)
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/require-start", which[i]);
		file_write(path, start);
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/require-end", which[i]);
		snprintf(start, sizeof(start), "0x%jx", (uintmax_t)(text + strtoull(size, NULL, 10)));
		file_write(path, start);
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/probability", which[i]);
		file_write(path, "1");
	}
	file_write("/sys/kernel/debug/fail_usercopy/verbose", "0");
}

/* Without faults: what fails in the kernel's own part then is not cleaned up by it. */
static void load(bool faulty)
{
	int fd = open(ko, O_RDONLY | O_CLOEXEC);

	make_faulty(false);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		die("%s: %s", ko, strerror(errno));
	close(fd);
	newinet_family = newinet_number();
	make_faulty(faulty);
}

/*
 * What the kernel switches by rewriting its code, switched once: QEMU may keep what it
 * translates meanwhile, an int3, for good (see hold_hooks() in lib/guest-run).
 */
static void hold_keys(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1;
	char path[40];

	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IP, IP_MINTTL, &one, sizeof(one));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_TX_DELAY, &one, sizeof(one));
	for (int i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "/sys/fs/cgroup/fuzz%d", i);
		mkdir(path, 0755);
	}
}

/* --- a round */
static pid_t start(void (*run)(int), int number)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid)
		run(number);
	return pid;
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void look_around(struct rng *r)
{
	static const char *const files[] = {
		"/proc/net/protocols", "/proc/net/tcp", "/proc/net/sockstat", "/proc/net/netstat",
		"/proc/net/snmp", "/proc/net/ptype", "/proc/slabinfo", "/proc/net/unix",
	};
	static char text[1 << 16];

	file_read(files[below(r, ARRAY_SIZE(files))], text, sizeof(text));
}

/* Who still runs: something of a round's that cannot be killed, for one. */
static void show_processes(void)
{
	char path[64], name[64], stack[2000];

	for (int pid = getpid() + 1; pid < 32768; pid++) {
		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		file_read(path, name, sizeof(name));
		if (strncmp(name, "call_fuzz", 9))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stack", pid);
		file_read(path, stack, sizeof(stack));
		printf("#  process %d still there:\n%s", pid, stack);
	}
}

/*
 * All that is left of a round must go by itself. A busy machine takes its time over many
 * namespaces, so what counts is that there is no standstill.
 */
static void settle(void)
{
	uint64_t since = now_ms();
	int left = -1, now;

	/* The namespace that they shared. */
	if (unshare(CLONE_NEWNET))
		die("unshare: %s", strerror(errno));
	for (; (now = references()) > 0; usleep(100000)) {
		if (left < 0 || now < left) {
			left = now;
			since = now_ms();
		}
		if (now_ms() - since < patience * 1000ull)
			continue;
		finding("%d references to the module, for %d s", now, patience);
		file_show("/proc/net/protocols", "NEWTCP");
		file_show("/proc/slabinfo", "NEWTCP");
		file_show("/proc/slabinfo", "net_namespace");
		show_processes();
		return;
	}
	if (!ko)
		return;
	for (since = now_ms(); !unload(); usleep(100000))
		if (now_ms() - since > patience * 1000ull) {
			finding("rmmod: %s for %d s", strerror(errno), patience);
			return;
		}
	load(false);
}

static void one_round(int seconds)
{
	struct rng r = rng_make(fuzz_seed, (uint64_t)fuzz_round << 48 | 0xffff);
	uint64_t end = now_ms() + seconds * 1000;
	pid_t pids[MAX_WORKERS], streams;
	bool faulty = chance(&r, 50);
	int next = 0;

	make_faulty(faulty);
	net_up(&r);
	streams = start(stream_run, 200);
	for (int i = 0; i < workers; i++)
		pids[i] = start(worker_run, next++);
	while (now_ms() < end) {
		int i = below(&r, workers);

		usleep(1000 * (20 + below(&r, 400)));
		switch (below(&r, 5)) {
		case 0:
			if (next >= 120)
				break;
			reap(pids[i]);
			pids[i] = start(worker_run, next++);
			break;
		case 1:
			if (ko && unload())
				load(faulty);
			break;
		case 2:
			kill(pids[i], SIGSTOP);
			usleep(1000 * below(&r, 200));
			kill(pids[i], SIGCONT);
			break;
		default:
			look_around(&r);
		}
		/* Out of memory, for one. */
		if (waitpid(pids[i], NULL, WNOHANG) == pids[i])
			pids[i] = start(worker_run, next++ % 120);
	}
	for (int i = 0; i < workers; i++)
		reap(pids[i]);
	reap(streams);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	make_faulty(false);
}

static void say(void)
{
	printf("# calls seed %ju: %d rounds, %ju calls (%ju failed, %ju with a fault), %ju namespaces, %ju streams of %ju bytes checked, %ju findings\n",
	       (uintmax_t)fuzz_seed, fuzz_round, (uintmax_t)tally->calls,
	       (uintmax_t)tally->failed, (uintmax_t)tally->faults, (uintmax_t)tally->namespaces,
	       (uintmax_t)tally->streams, (uintmax_t)tally->bytes, (uintmax_t)tally->findings);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", 1, NULL, 's' }, { "seconds", 1, NULL, 't' }, { "round", 1, NULL, 'r' },
		{ "workers", 1, NULL, 'w' }, { "ko", 1, NULL, 'k' }, { "patience", 1, NULL, 'p' },
		{ "first", 1, NULL, 'f' }, { 0 },
	};
	int seconds = 60, round = 15, opt;
	const char *seed = NULL;
	uint64_t begin, said;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (opt) {
		case 's': seed = optarg; break;
		case 't': seconds = atoi(optarg); break;
		case 'r': round = atoi(optarg); break;
		case 'w': workers = atoi(optarg) % (MAX_WORKERS + 1); break;
		case 'k': ko = optarg; break;
		case 'p': patience = atoi(optarg); break;
		case 'f': fuzz_round = atoi(optarg); break;
		default: die("usage: see the top of call_main.c");
		}
	}
	fuzz_seed = seed_of(seed);
	printf("# seed %ju\n", (uintmax_t)fuzz_seed);
	fflush(stdout);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		die("no memory");
	newinet_family = newinet_number();
	hold_keys();
	if (unshare(CLONE_NEWNET))
		die("unshare: %s", strerror(errno));
	for (begin = said = now_ms(); now_ms() - begin < seconds * 1000ull; fuzz_round++) {
		one_round(round);
		settle();
		if (now_ms() - said > 50000) {
			said = now_ms();
			say();
		}
		if (atomic_load(&tally->findings))
			break;
	}
	say();
	if (!atomic_load(&tally->calls) || !atomic_load(&tally->streams))
		finding("nothing was called, or no stream arrived");
	if (!access("/proc/self/fail-nth", W_OK) && !atomic_load(&tally->faults))
		finding("no allocation failed");
	return !!atomic_load(&tally->findings);
}
