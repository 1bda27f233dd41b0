// SPDX-License-Identifier: GPL-2.0
/*
 * A program that is run with an environment of its caller's making (execve(),
 * posix_spawn(), or exec after clearenv()) keeps the library: what newinet-run
 * has put into the environment is put there again.  "newinet-run --cleared"
 * leaves such an environment alone.  With -v, a program that the library
 * cannot be in is named.
 *
 * The new environment is built on the stack: between vfork() and exec there is
 * nothing else.  execv() and its like do not come through execve() in the C
 * library, so all of them are here.
 */
#define _GNU_SOURCE
#include "preload.h"
#include "program.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 100000		/* variables; more than that is left alone */
#define LINK_ORDER "verify_asan_link_order=0"

/* The variables that are put back, as newinet-exec sets them. */
enum { PRELOAD, ASAN, PROTOCOL, FALLBACK, VERBOSE, ADDED };

/* Room for an environment: VLA(s) of the wrapper, filled by with_library(). */
struct room {
	char **env;
	char *preload, *asan;
	char protocol[40];
};

static const char *value_of(char *const env[], const char *name)
{
	size_t n = strlen(name);

	for (; env && *env; env++)
		if (!strncmp(*env, name, n) && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

static size_t count(char *const list[])
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* Bytes for "NAME=ours:theirs". */
static size_t line_size(char *const env[], const char *name, const char *ours)
{
	const char *theirs = value_of(env, name);

	return strlen(name) + strlen(ours) + (theirs ? strlen(theirs) : 0) + 3;
}

/* Does the environment need us, and can it be helped? */
static int wanted(char *const env[])
{
	const char *theirs;

	preload_learn();
	if (preload.cleared || !preload.library[0] || count(env) > MOST)
		return 0;
	theirs = value_of(env, "LD_PRELOAD");
	return !theirs || !program_among(theirs, preload.library);
}

static char *join(char *line, char *const env[], const char *name, const char *ours)
{
	const char *theirs = value_of(env, name);

	sprintf(line, "%s=%s%s%s", name, ours, theirs && *theirs ? ":" : "",
		theirs ? theirs : "");
	return line;
}

static void put(char **env, size_t *n, char *line)
{
	size_t len = strchr(line, '=') - line + 1, i;

	for (i = 0; i < *n; i++) {
		if (!strncmp(env[i], line, len)) {
			env[i] = line;
			return;
		}
	}
	env[(*n)++] = line;
}

static char **with_library(char *const env[], struct room *room)
{
	size_t n = count(env);

	/* None at all (NULL) is an empty one. */
	if (n)
		memcpy(room->env, env, n * sizeof(*env));
	put(room->env, &n, join(room->preload, env, "LD_PRELOAD", preload.library));
	put(room->env, &n, join(room->asan, env, "ASAN_OPTIONS", LINK_ORDER));
	sprintf(room->protocol, "NEWINET_PROTOCOL=%d", preload.protocol);
	put(room->env, &n, room->protocol);
	if (preload.fall_back)
		put(room->env, &n, "NEWINET_FALLBACK=1");
	if (preload.verbose)
		put(room->env, &n, "NEWINET_VERBOSE=1");
	room->env[n] = NULL;
	return room->env;
}

/* With -v: a program that we cannot be in is named before it runs. */
static void name_strangers(const char *path, int search)
{
	char found[PATH_MAX];

	preload_learn();
	if (!preload.verbose || !path)
		return;
	if (search) {
		if (program_find(path, found, sizeof(found)))
			return;
		path = found;
	}
	if (access(path, X_OK))
		return;
	if (program_check(path))
		preload_say("%s; its sockets stay with the kernel's TCP",
			    program_why);
	else if (access(preload.library, R_OK))
		preload_say("%s is not there (another root?); the sockets of %s stay with the kernel's TCP",
			    preload.library, path);
}

/* One that goes by a descriptor, of itself or of a folder. */
static void name_opened(int fd, const char *path)
{
	char opened[PATH_MAX];

	preload_learn();
	if (preload.verbose && snprintf(opened, sizeof(opened), "/proc/self/fd/%d%s%s", fd,
					*path ? "/" : "", path) < PATH_MAX)
		name_strangers(opened, 0);
}

/*
 * A statement expression, so that what is on the stack lives until the call
 * that it is for has been made.
 */
#define KEEPING(env, name, call)					\
	(__extension__({						\
		int help_ = wanted(env);				\
		char *list_[help_ ? count(env) + ADDED + 1 : 1];	\
		char preload_[help_ ? line_size(env, "LD_PRELOAD", preload.library) : 1]; \
		char asan_[help_ ? line_size(env, "ASAN_OPTIONS", LINK_ORDER) : 1]; \
		struct room room_ = {					\
			.env = list_, .preload = preload_, .asan = asan_, \
		};							\
		char *const *name = help_ ? with_library(env, &room_) : (env); \
		call;							\
	}))

/* Where posix_spawn() gives a descriptor for the process (glibc 2.39). */
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 39)
#define HAS_PIDFD_SPAWN
#endif
#endif
#ifdef HAS_PIDFD_SPAWN
#define PIDFD_SPAWN(with) with(pidfd_spawn) with(pidfd_spawnp)
#else
#define PIDFD_SPAWN(with)
#endif

/* What is behind ours: looked up at the start, since a child may have no lock to take. */
#define EACH(with)							\
	with(execve) with(execvpe) with(fexecve) with(execveat)		\
	with(posix_spawn) with(posix_spawnp) with(clearenv) PIDFD_SPAWN(with)
#define SLOT(name) void *name;
#define LOOK_UP(name) real.name = dlsym(RTLD_NEXT, #name);

static struct { EACH(SLOT) } real;

__attribute__((constructor)) static void look_up(void)
{
	EACH(LOOK_UP)
	/* What is not there is nothing that the program asked for. */
	dlerror();
}

#define REAL(type, name) ((type)preload_real(&real.name, #name))

typedef int (*exec_fn)(const char *path, char *const argv[], char *const env[]);
typedef int (*fexec_fn)(int fd, char *const argv[], char *const env[]);
typedef int (*execat_fn)(int dir, const char *path, char *const argv[],
			 char *const env[], int flags);
typedef int (*spawn_fn)(pid_t *pid, const char *path,
			const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attr, char *const argv[],
			char *const env[]);

EXPORT int execve(const char *path, char *const argv[], char *const env[])
{
	name_strangers(path, 0);
	return KEEPING(env, with, REAL(exec_fn, execve)(path, argv, with));
}

EXPORT int execvpe(const char *file, char *const argv[], char *const env[])
{
	name_strangers(file, 1);
	return KEEPING(env, with, REAL(exec_fn, execvpe)(file, argv, with));
}

EXPORT int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

EXPORT int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

EXPORT int fexecve(int fd, char *const argv[], char *const env[])
{
	name_opened(fd, "");
	return KEEPING(env, with, REAL(fexec_fn, fexecve)(fd, argv, with));
}

EXPORT int execveat(int dir, const char *path, char *const argv[], char *const env[],
		    int flags)
{
	if (*path == '/' || (dir == AT_FDCWD && *path))
		name_strangers(path, 0);
	else
		name_opened(dir, path);
	return KEEPING(env, with,
		       REAL(execat_fn, execveat)(dir, path, argv, with, flags));
}

EXPORT int posix_spawn(pid_t *pid, const char *path,
		       const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	name_strangers(path, 0);
	return KEEPING(env, with,
		       REAL(spawn_fn, posix_spawn)(pid, path, actions, attr, argv, with));
}

EXPORT int posix_spawnp(pid_t *pid, const char *file,
			const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	name_strangers(file, 1);
	return KEEPING(env, with,
		       REAL(spawn_fn, posix_spawnp)(pid, file, actions, attr, argv, with));
}

#ifdef HAS_PIDFD_SPAWN
EXPORT int pidfd_spawn(int *pidfd, const char *path,
		       const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	if (!real.pidfd_spawn)
		return ENOSYS;
	name_strangers(path, 0);
	return KEEPING(env, with,
		       REAL(spawn_fn, pidfd_spawn)(pidfd, path, actions, attr, argv, with));
}

EXPORT int pidfd_spawnp(int *pidfd, const char *file,
			const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	if (!real.pidfd_spawnp)
		return ENOSYS;
	name_strangers(file, 1);
	return KEEPING(env, with,
		       REAL(spawn_fn, pidfd_spawnp)(pidfd, file, actions, attr, argv, with));
}
#endif

/*
 * system() and popen() read environ where no wrapper sees it, so what this
 * takes away is put back at once. unsetenv("LD_PRELOAD") is a decision.
 */
EXPORT int clearenv(void)
{
	static char library[PATH_MAX + 16], protocol[40];
	static char asan[] = "ASAN_OPTIONS=" LINK_ORDER;
	static char fall_back[] = "NEWINET_FALLBACK=1", verbose[] = "NEWINET_VERBOSE=1";
	int err = REAL(int (*)(void), clearenv)();

	preload_learn();
	if (err || preload.cleared || !preload.library[0])
		return err;
	snprintf(library, sizeof(library), "LD_PRELOAD=%s", preload.library);
	snprintf(protocol, sizeof(protocol), "NEWINET_PROTOCOL=%d", preload.protocol);
	putenv(library);
	putenv(asan);
	putenv(protocol);
	if (preload.fall_back)
		putenv(fall_back);
	if (preload.verbose)
		putenv(verbose);
	return 0;
}

/* The arguments of execl() and its like, from the first to the NULL, as a list. */
#define LISTED(arg, ap, argv)						\
	va_list ap;							\
	size_t n_ = 1, i_;						\
	va_start(ap, arg);						\
	while (va_arg(ap, char *))					\
		n_++;							\
	va_end(ap);							\
	char *argv[n_ + 1];						\
	argv[0] = (char *)arg;						\
	va_start(ap, arg);						\
	for (i_ = 1; i_ <= n_; i_++)					\
		argv[i_] = va_arg(ap, char *)

EXPORT int execl(const char *path, const char *arg, ...)
{
	LISTED(arg, ap, argv);
	va_end(ap);
	return execve(path, argv, environ);
}

EXPORT int execlp(const char *file, const char *arg, ...)
{
	LISTED(arg, ap, argv);
	va_end(ap);
	return execvpe(file, argv, environ);
}

EXPORT int execle(const char *path, const char *arg, ...)
{
	LISTED(arg, ap, argv);
	char *const *env = va_arg(ap, char *const *);

	va_end(ap);
	return execve(path, argv, env);
}
