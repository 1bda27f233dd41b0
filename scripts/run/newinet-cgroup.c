// SPDX-License-Identifier: GPL-2.0
/*
 * newinet-cgroup: cgroups whose processes have their IPv4 stream sockets opened
 * as newinet ones, by the kernel itself (cgroup.bpf.c).
 *
 *   run [-v] [-f] [-4] [--] PROGRAM [ARG...]   what newinet-run --cgroup becomes
 *   register [-4] [CGROUP]             CGROUP (ours) from now on ...
 *   unregister [CGROUP]                ... and no more
 *   list                               those that there are: protocol, path
 *   check                              could one be registered?
 *
 * With -4 they are refused IPv6 stream sockets, so that programs which would
 * serve IPv4 by them open IPv4 ones.
 *
 * "run" makes a cgroup, goes there and becomes the program, which so has the
 * caller's process: status, signals and terminal need no help.  What must be
 * done at its end is done by a keeper, a process that stays outside, holds the
 * BPF program attached until the cgroup is empty, and removes both.  If it is
 * killed, the kernel detaches the program, unless others hold it as well; the next
 * run removes the folder.
 *
 * "register" holds the BPF program attached by a pin, and is for the manager
 * that makes and removes the cgroup: newinet-service has systemd call it.
 */
#define _GNU_SOURCE
#include "cgroup.bpf.h"
#include "cgroup.h"
#include "door.h"
#include "hook.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *who = "newinet-cgroup";

static int complain(int status)
{
	fprintf(stderr, "%s: %s\n", who, program_why);
	return status;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Whoever waits for the end of a pipe must not wait for the keeper. */
static void close_all_but(int keep[], size_t n)
{
	int from = STDERR_FILENO + 1, null = open("/dev/null", O_RDWR);
	size_t i;

	for (i = 0; null >= 0 && i <= STDERR_FILENO; i++)
		dup2(null, i);
	qsort(keep, n, sizeof(*keep), by_number);
	for (i = 0; i < n; i++) {
		if (keep[i] > from)
			close_range(from, keep[i] - 1, 0);
		if (keep[i] >= from)
			from = keep[i] + 1;
	}
	close_range(from, ~0u, 0);
}

/* What a keeper needs is where close_all_but() does not put /dev/null. */
static int above_stderr(int fd)
{
	return fd > STDERR_FILENO ? fd : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static void keep(const struct hook *hook, struct cgroup *cg, int gone)
{
	static const int deaf[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE,
				    SIGUSR1, SIGUSR2, SIGALRM };
	int fds[] = { hook->link, hook->map, cg->fd, gone };
	size_t i;
	char c;

	/* A manager that stops everything means the program: we end with it. */
	for (i = 0; i < sizeof(deaf) / sizeof(*deaf); i++)
		signal(deaf[i], SIG_IGN);
	setsid();
	prctl(PR_SET_NAME, "newinet-keeper");
	if (chdir("/"))
		return;
	close_all_but(fds, sizeof(fds) / sizeof(*fds));
	/* Until the program has been entered, or will not be. */
	while (read(gone, &c, 1) < 0 && errno == EINTR)
		;
	cgroup_wait_and_remove(cg);
	hook_remove(hook, cg->id);
}

/*
 * A child of nobody's, so that the program meets no child that it has not made. (Where
 * it is the first process of its PID namespace it does: nobody else takes orphans.)
 */
static int start_keeper(const struct hook *hook, struct cgroup *cg)
{
	int gone[2], status = 0, reaper = 0;
	pid_t pid;

	if (pipe2(gone, O_CLOEXEC))
		return -1;
	/* One that takes the orphans among its descendants is not to take this one. */
	if (!prctl(PR_GET_CHILD_SUBREAPER, &reaper) && reaper)
		prctl(PR_SET_CHILD_SUBREAPER, 0);
	pid = fork();
	if (!pid) {
		close(gone[1]);
		pid = fork();
		if (!pid)
			keep(hook, cg, gone[0]);
		_exit(pid < 0);
	}
	/* gone[1] stays open until exec, or exit. */
	close(gone[0]);
	if (pid < 0 || (waitpid(pid, &status, 0) == pid && status))
		status = -1;
	if (reaper)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (status)
		errno = EAGAIN;
	return status;
}

/* Remove what nobody would, where the keeper is not to be had. */
static int give_up(const struct hook *hook, const struct cgroup *cg, const char *what)
{
	int err = errno;

	hook_remove(hook, cg->id);
	rmdir(cg->path);
	return program_refuse(FAILED, "%s: %s", what, strerror(err));
}

/* What was registered by whoever came to no good end. */
static void forget_gone(const struct hook *hook, uint64_t id, uint32_t what)
{
	char path[PATH_MAX];

	(void)what;
	if (cgroup_find(id, path, sizeof(path)) && errno == ESTALE) {
		hook_unpin(id);
		hook_remove(hook, id);
	}
}

static int move(struct hook *hook, struct cgroup *parent, struct cgroup *cg, uint32_t flags)
{
	int protocol, status;

	status = hook_open(hook);
	if (!status)
		status = door_probe(&protocol);
	if (status)
		return status;
	if (cgroup_own(parent))
		return program_refuse(FAILED, "cannot find our cgroup: %s; --cgroup needs cgroup v2, which is mounted with: mount -t cgroup2 cgroup2 /sys/fs/cgroup",
				      strerror(errno));
	hook_each(hook, forget_gone);
	cgroup_sweep(parent);
	if (cgroup_make(cg, parent))
		return program_refuse(FAILED, "cannot make a cgroup in %s: %s; --cgroup needs to write there (in a container, that it is not mounted read-only)",
				      parent->path, strerror(errno));

	hook->link = above_stderr(hook->link);
	hook->map = above_stderr(hook->map);
	cg->fd = above_stderr(cg->fd);
	if (hook_add(hook, cg->id, protocol | flags)) {
		rmdir(cg->path);
		return FAILED;
	}
	if (start_keeper(hook, cg))
		return give_up(hook, cg, "cannot start the cgroup's keeper");
	/* From here on the keeper cleans up. */
	if (cgroup_enter(cg))
		return program_refuse(FAILED, "cannot enter %s: %s", cg->path, strerror(errno));
	status = hook_check(protocol);
	if (status) {
		hook_remove(hook, cg->id);
		cgroup_enter(parent);
	}
	return status;
}

static int run(int argc, char **argv)
{
	int fall_back = 0, verbose = 0, i, status;
	struct cgroup parent, cg;
	uint32_t flags = 0;
	char path[PATH_MAX];
	struct hook hook;

	for (i = 0; i < argc && argv[i][0] == '-'; i++) {
		fall_back |= !strcmp(argv[i], "-f");
		verbose |= !strcmp(argv[i], "-v");
		if (!strcmp(argv[i], "-4"))
			flags |= CGROUP_NO_IPV6;
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
	}
	if (i >= argc)
		return FAILED;
	who = "newinet-run";
	if (verbose)
		hook_verbose();

	status = program_find(argv[i], path, sizeof(path));
	if (status)
		return complain(status);
	status = move(&hook, &parent, &cg, flags);
	if (status && (verbose || !fall_back))
		complain(status);
	if (status && !fall_back)
		return status;
	if (verbose)
		fprintf(stderr, "%s: %s%s\n", who, status ? "falling back to the kernel's TCP" :
			"IPv4 stream sockets are newinet's in ", status ? "" : cg.path);
	if (verbose && !status && !(flags & CGROUP_NO_IPV6))
		fprintf(stderr, "%s: IPv6 stream sockets stay with the kernel's TCP (-4 refuses them)\n",
			who);

	execvp(argv[i], argv + i);
	status = errno == ENOENT ? PROGRAM_NOT_FOUND : PROGRAM_CANNOT;
	fprintf(stderr, "%s: %s: %s\n", who, argv[i], strerror(errno));
	return status;
}

/* The cgroup that is named, or ours. */
static int named(struct cgroup *cg, const char *path)
{
	static const char control[] = "/.control";	/* systemd's, of a unit with Delegate= */
	size_t n;

	if (path ? cgroup_open(cg, path) : cgroup_own(cg))
		return program_refuse(FAILED, "%s: %s", path ? path : "cannot find our cgroup",
				      errno == EINVAL ? "no cgroup (v2)" : strerror(errno));
	n = strlen(cg->path);
	if (path || n <= strlen(control) || strcmp(cg->path + n - strlen(control), control))
		return PROGRAM_RUNS;
	close(cg->fd);
	cg->path[n - strlen(control)] = '\0';
	if (cgroup_open(cg, cg->path))
		return program_refuse(FAILED, "%s: %s", cg->path, strerror(errno));
	return PROGRAM_RUNS;
}

static int enrol(const char *path, uint32_t flags)
{
	struct cgroup cg;
	struct hook hook;
	int protocol, status;

	status = named(&cg, path);
	if (!status)
		status = hook_open(&hook);
	if (!status)
		status = door_probe(&protocol);
	if (status)
		return complain(status);
	/* The root has none; in it is what cannot be moved. */
	if (faccessat(cg.fd, "cgroup.events", F_OK, 0)) {
		program_refuse(FAILED, "%s is the root of all cgroups, and cannot be registered",
			       cg.path);
		return complain(FAILED);
	}
	hook_each(&hook, forget_gone);
	status = hook_pin(&hook, cg.id);
	if (!status)
		status = hook_add(&hook, cg.id, protocol | flags);
	if (!status && !path)
		status = hook_check(protocol);
	if (!status)
		return status;
	hook_remove(&hook, cg.id);
	hook_unpin(cg.id);
	return complain(status);
}

static int dismiss(const char *path)
{
	struct hook hook = {};
	struct cgroup cg;
	int status = named(&cg, path);

	if (status)
		return complain(status);
	while (hook_next(&hook)) {
		hook_remove(&hook, cg.id);
		hook_each(&hook, forget_gone);
		hook_close(&hook);
	}
	hook_unpin(cg.id);
	return 0;
}

static void print(const struct hook *hook, uint64_t id, uint32_t what)
{
	char path[PATH_MAX];

	(void)hook;
	if (!cgroup_find(id, path, sizeof(path)))
		printf("%u %s\n", what & CGROUP_PROTOCOL, path);
}

static int list(void)
{
	struct hook hook = {};

	if (geteuid()) {
		program_refuse(FAILED, "only the superuser sees which cgroups are on newinet");
		return complain(FAILED);
	}
	while (hook_next(&hook)) {
		hook_each(&hook, print);
		hook_close(&hook);
	}
	if (errno != EPERM)
		return 0;
	program_refuse(FAILED, "which cgroups are on newinet takes CAP_SYS_ADMIN of the initial user namespace to see");
	return complain(FAILED);
}

static int check(void)
{
	struct hook hook;
	int protocol, status = hook_open(&hook);

	if (!status)
		status = door_probe(&protocol);
	if (!status)
		status = hook_can_pin();
	if (!status && cgroup_mounted())
		status = program_refuse(FAILED, "cgroup v2 is not mounted; mount it with: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
	return status ? complain(status) : 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	int v4 = argc > 2 && !strcmp(argv[2], "-4");

	if (!strcmp(verb, "run") && argc > 2)
		return run(argc - 2, argv + 2);
	if (!strcmp(verb, "register") && argc <= 3 + v4)
		return enrol(argv[2 + v4], v4 ? CGROUP_NO_IPV6 : 0);
	if (!strcmp(verb, "unregister") && argc <= 3)
		return dismiss(argv[2]);
	if (!strcmp(verb, "list") && argc == 2)
		return list();
	if (!strcmp(verb, "check") && argc == 2)
		return check();
	fprintf(stderr, "Usage: newinet-cgroup run [-v] [-f] [-4] [--] PROGRAM [ARG...]\n"
		"       newinet-cgroup register [-4] [CGROUP]\n"
		"       newinet-cgroup unregister [CGROUP]\n"
		"       newinet-cgroup list | check\n");
	return FAILED;
}
