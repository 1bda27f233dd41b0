// SPDX-License-Identifier: GPL-2.0
/*
 * The library that newinet-run preloads: socket() opens a program's IPv4
 * stream sockets by newinet's protocol number.  All else about such a socket
 * is AF_INET's, so nothing needs translation, whoever gets hold of it.
 *
 * A program that is run with an environment of its caller's making keeps the
 * library (keep.c).  With -v, what stays with the kernel's TCP is said.
 *
 * Nothing here allocates or locks, and errno is left as the call stood for
 * leaves it, so the wrappers may be used wherever that call may.
 */
#define _GNU_SOURCE
#include "preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#if __has_include("newinet.h")
#include "newinet.h"
#endif

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef IPPROTO_NEWINET
#define IPPROTO_NEWINET 253
#endif

#define SOCK_TYPE_BITS 0xf	/* the rest of socket()'s type are flags */

static int (*real_socket)(int domain, int type, int protocol);
static int known;
struct preload preload;

void *preload_real(void **slot, const char *name)
{
	void *fn = __atomic_load_n(slot, __ATOMIC_RELAXED);

	if (fn)
		return fn;
	fn = dlsym(RTLD_NEXT, name);
	if (!fn)	/* a C library without it: nothing to call */
		abort();
	/* Two threads that do so store the same value. */
	__atomic_store_n(slot, fn, __ATOMIC_RELAXED);
	return fn;
}

/* strtol() of a new C library goes by a name that others, such as musl, do not have. */
static int number_of(const char *s)
{
	int n = 0;

	while (*s >= '0' && *s <= '9' && n < 65536)
		n = 10 * n + *s++ - '0';
	return *s ? 0 : n;
}

/*
 * Normally the constructor's work; a library whose own constructor opens a
 * socket may come first.
 */
void preload_learn(void)
{
	const char *number;
	Dl_info self;
	int n;

	if (__atomic_load_n(&known, __ATOMIC_ACQUIRE))
		return;
	number = getenv("NEWINET_PROTOCOL");
	n = number ? number_of(number) : 0;
	preload.protocol = n > 0 && n < 65536 ? n : IPPROTO_NEWINET;
	preload.fall_back = getenv("NEWINET_FALLBACK") != NULL;
	preload.verbose = getenv("NEWINET_VERBOSE") != NULL;
	preload.cleared = getenv("NEWINET_CLEARED") != NULL;
	if (fstat(STDERR_FILENO, &preload.err))
		preload.verbose = 0;	/* closed: nobody listens */
	if (dladdr(&known, &self) && self.dli_fname)
		snprintf(preload.library, sizeof(preload.library), "%s",
			 self.dli_fname);
	__atomic_store_n(&known, 1, __ATOMIC_RELEASE);
}

__attribute__((constructor)) static void start(void)
{
	preload_learn();
	preload_real((void **)&real_socket, "socket");
}

/*
 * Is it where messages go? What it was at the start, or what a shell has made of it since;
 * not what the program opened where it was closed.
 */
static int is_stderr(void)
{
	struct stat now;

	if (fstat(STDERR_FILENO, &now))
		return 0;
	if (now.st_dev == preload.err.st_dev && now.st_ino == preload.err.st_ino)
		return 1;
	if (S_ISREG(now.st_mode))
		return !now.st_size || fcntl(STDERR_FILENO, F_GETFL) & O_APPEND;
	return S_ISCHR(now.st_mode) || S_ISFIFO(now.st_mode);
}

void preload_say(const char *fmt, ...)
{
	int saved = errno, n;
	char line[1024];
	va_list ap;

	if (!is_stderr()) {
		errno = saved;
		return;
	}
	/* Some programs write over their arguments. */
	n = snprintf(line, sizeof(line), "newinet-run: %.64s[%d]: ",
		     program_invocation_short_name, (int)getpid());
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	n = strlen(line);
	line[n++] = '\n';
	n = write(STDERR_FILENO, line, n);
	errno = saved;
}

/* A stream socket that is not ours to open: with -v, say so once. */
static void stays(int domain, int type)
{
	static int said;

	if (preload.verbose && domain == AF_INET6 &&
	    (type & SOCK_TYPE_BITS) == SOCK_STREAM &&
	    !__atomic_exchange_n(&said, 1, __ATOMIC_RELAXED))
		preload_say("an IPv6 stream socket stays with the kernel's TCP");
}

EXPORT int socket(int domain, int type, int protocol)
{
	int saved = errno, fd;

	preload_learn();
	preload_real((void **)&real_socket, "socket");
	if (domain != AF_INET || (type & SOCK_TYPE_BITS) != SOCK_STREAM ||
	    (protocol != 0 && protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP)) {
		stays(domain, type);
		return real_socket(domain, type, protocol);
	}

	fd = real_socket(domain, type, preload.protocol);
	if (fd < 0 && preload.fall_back &&
	    (errno == EPROTONOSUPPORT || errno == EPERM || errno == EACCES)) {
		if (preload.verbose)
			preload_say("a stream socket stays with the kernel's TCP: %s",
				    strerror(errno));
		errno = saved;
		fd = real_socket(domain, type, protocol);
	}
	return fd;
}
