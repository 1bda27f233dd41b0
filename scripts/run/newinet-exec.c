// SPDX-License-Identifier: GPL-2.0
/*
 * newinet-exec LIBRARY [-v] [-f] [-c] PROGRAM [ARG...]: what newinet-run
 * becomes.  It asks the kernel whether AF_INET has our protocol, looks at the
 * program for what would keep the library out of it, sets the environment and
 * runs the program.
 * Exit status as env(1): 125 our own failure, 126 the program cannot be run
 * this way, 127 not found; and 1 where no such socket can be opened.
 */
#define _GNU_SOURCE
#include "door.h"
#include "program.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Put @text in front of what a variable holds, unless it is in there already. */
static int prefix(const char *name, const char *text, char separator)
{
	const char *before = getenv(name);
	char *both;

	if (!before || !*before)
		return setenv(name, text, 1);
	if (program_among(before, text))
		return 0;
	if (asprintf(&both, "%s%c%s", text, separator, before) < 0)
		return -1;
	return setenv(name, both, 1);
}

static int flag(const char *name, int on)
{
	return on ? setenv(name, "1", 1) : unsetenv(name);
}

static int set_environment(const char *library, int protocol)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", protocol);
	/* AddressSanitizer's runtime minds a library in front of it. */
	return setenv("NEWINET_PROTOCOL", number, 1) ||
	       prefix("ASAN_OPTIONS", "verify_asan_link_order=0", ':') ||
	       prefix("LD_PRELOAD", library, ':');
}

int main(int argc, char **argv)
{
	int fall_back = 0, verbose = 0, cleared = 0, protocol = 0, i, status;
	char path[PATH_MAX];
	const char *library;

	if (argc < 3)
		return FAILED;
	library = argv[1];
	for (i = 2; argv[i] && argv[i][0] == '-'; i++) {
		fall_back |= !strcmp(argv[i], "-f");
		verbose |= !strcmp(argv[i], "-v");
		cleared |= !strcmp(argv[i], "-c");
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
	}
	if (!argv[i])
		return FAILED;

	status = program_find(argv[i], path, sizeof(path));
	if (status) {
		fprintf(stderr, "newinet-run: %s\n", program_why);
		return status;
	}

	status = program_check(path);
	if (!status)
		status = door_probe(&protocol);
	if (status && !fall_back) {
		fprintf(stderr, "newinet-run: %s\n", program_why);
		if (status == PROGRAM_CANNOT)
			fprintf(stderr, "newinet-run: newinet-run --cgroup can run it (Linux 6.6 or later, as root)\n");
		return status;
	}
	if (!status && (flag("NEWINET_FALLBACK", fall_back) ||
			flag("NEWINET_VERBOSE", verbose) ||
			flag("NEWINET_CLEARED", cleared) ||
			set_environment(library, protocol))) {
		fprintf(stderr, "newinet-run: %s\n", strerror(errno));
		return FAILED;
	}
	if (verbose && status)
		fprintf(stderr, "newinet-run: %s\nnewinet-run: falling back to the kernel's TCP\n",
			program_why);
	else if (verbose)
		fprintf(stderr, "newinet-run: newinet is protocol %d of AF_INET; preloading %s\n",
			protocol, library);

	execvp(argv[i], argv + i);
	status = errno == ENOENT ? PROGRAM_NOT_FOUND : PROGRAM_CANNOT;
	fprintf(stderr, "newinet-run: %s: %s\n", argv[i], strerror(errno));
	return status;
}
