// SPDX-License-Identifier: GPL-2.0
/*
 * newinet-exec LIBRARY [-v] [-f] PROGRAM [ARG...]: what newinet-run becomes.
 * It asks the kernel for the family, looks at the program for what would
 * keep the library out of it, sets the environment and runs the program.
 * Exit status as env(1): 125 our own failure, 126 the program cannot be run
 * this way, 127 not found; and 1 where the family cannot be opened.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#if __has_include("newinet.h")
#include "newinet.h"
#endif

#ifndef AF_NEWINET
#define AF_NEWINET 19
#endif

#define FAMILY_FILE "/sys/module/newinet/parameters/family"
#define INTERPRETERS_MAX 5	/* nested #! lines, as the kernel allows */

enum { RUN = 0, NO_FAMILY = 1, FAILED = 125, CANNOT = 126, NOT_FOUND = 127 };

extern const ElfW(Ehdr) __ehdr_start;	/* this program's own ELF header */

static char why[PATH_MAX + 512];	/* the reason for the last refusal */

__attribute__((format(printf, 2, 3)))
static int refuse(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return status;
}

/* The number that the loaded module uses, or 0. */
static int loaded_family(void)
{
	FILE *f = fopen(FAMILY_FILE, "re");
	int number = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%d", &number) != 1)
		number = 0;
	fclose(f);
	return number;
}

/*
 * Open a socket of the family, which loads an installed module.  A module
 * that was loaded just now may use another number than the one asked for.
 */
static int probe_family(int *family)
{
	int number = loaded_family();
	int fd, err;

	*family = number ? number : AF_NEWINET;
	fd = socket(*family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	err = errno;
	if (fd < 0 && err == EAFNOSUPPORT && !number) {
		number = loaded_family();
		if (number && number != *family) {
			*family = number;
			fd = socket(number, SOCK_STREAM | SOCK_CLOEXEC, 0);
			err = errno;
		}
	}
	if (fd >= 0) {
		close(fd);
		return RUN;
	}

	switch (err) {
	case EAFNOSUPPORT:
		return refuse(NO_FAMILY, "the newinet module is not loaded (address family %d is unknown to the kernel); load it with: modprobe newinet",
			      *family);
	case EPERM:
	case EACCES:
		return refuse(NO_FAMILY, "you may not open AF_NEWINET sockets here (%s); the module's access= and group= parameters, or a security policy, say who may: see newinet(7)",
			      strerror(err));
	default:
		return refuse(NO_FAMILY, "cannot open an AF_NEWINET socket: %s",
			      strerror(err));
	}
}

/* Would running this file change our privileges, so that ld.so ignores us? */
static int gains_privilege(int fd, const struct stat *st)
{
	struct statvfs fs;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
	    (!fstatvfs(fd, &fs) && fs.f_flag & ST_NOSUID))
		return 0;
	if (st->st_mode & S_ISUID && st->st_uid != getuid())
		return 1;
	if (st->st_mode & S_ISGID && st->st_mode & S_IXGRP &&
	    st->st_gid != getgid())
		return 1;
	return getuid() != 0 &&
	       fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

/* Does the ELF file name a dynamic linker?  Only one of our own kind can. */
static int check_elf(int fd, const char *path)
{
	ElfW(Ehdr) eh;
	ElfW(Phdr) ph;
	int i;

	if (pread(fd, &eh, sizeof(eh), 0) != (ssize_t)sizeof(eh) ||
	    eh.e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] ||
	    eh.e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] ||
	    eh.e_machine != __ehdr_start.e_machine)
		return refuse(CANNOT, "%s is built for another machine (or word size) than the preload library, which cannot enter it",
			      path);

	for (i = 0; i < eh.e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), eh.e_phoff +
			  (off_t)i * eh.e_phentsize) != (ssize_t)sizeof(ph))
			break;
		if (ph.p_type == PT_INTERP)
			return RUN;
	}
	return refuse(CANNOT, "%s is statically linked: no library can be preloaded into it",
		      path);
}

/*
 * Where execvp() would find the program.  Fills *path, or returns the status
 * to exit with.
 */
static int find_program(const char *name, char *path, size_t size)
{
	const char *dirs = getenv("PATH"), *end;
	int status = NOT_FOUND, reason = ENOENT;
	struct stat st;

	if (strchr(name, '/'))
		dirs = NULL;
	else if (!dirs)
		dirs = "/bin:/usr/bin";

	do {
		end = dirs ? strchrnul(dirs, ':') : NULL;
		if (!dirs)
			snprintf(path, size, "%s", name);
		else if (end == dirs)
			snprintf(path, size, "./%s", name);
		else
			snprintf(path, size, "%.*s/%s", (int)(end - dirs), dirs,
				 name);

		if (*name && !stat(path, &st)) {
			if (S_ISREG(st.st_mode) && !access(path, X_OK))
				return RUN;
			status = CANNOT;
			reason = S_ISDIR(st.st_mode) ? EISDIR : EACCES;
		} else if (!dirs && errno != ENOENT) {
			status = CANNOT;
			reason = errno;
		}
		dirs = end && *end ? end + 1 : NULL;
	} while (dirs);
	return refuse(status, "%s: %s", name, strerror(reason));
}

/* "env [-S] [-x] [NAME=VALUE] program ..." in a #! line: the program, or NULL */
static char *env_target(char *args)
{
	char *word = strtok(args, " \t");

	while (word && (*word == '-' || strchr(word, '=')))
		word = strtok(NULL, " \t");
	return word;
}

/*
 * The interpreter that a #! line names, in place of the script at *path.
 * Returns 0 where the line says nothing that can be looked at.
 */
static int interpreter(char *line, char *path, size_t size)
{
	char *end, *args, *base;
	char env_path[PATH_MAX];

	line += strspn(line, " \t");
	line[strcspn(line, "\n")] = '\0';
	end = line + strcspn(line, " \t");
	args = *end ? end + 1 : end;
	*end = '\0';
	if (!*line)
		return 0;
	snprintf(path, size, "%s", line);

	base = strrchr(line, '/');
	if (strcmp(base ? base + 1 : line, "env"))
		return 1;
	args = env_target(args);
	if (args && find_program(args, env_path, sizeof(env_path)) == RUN)
		snprintf(path, size, "%s", env_path);
	return 1;
}

/*
 * Can the library be preloaded into what this file runs?  A file that cannot
 * be read, or that is neither ELF nor a script, is given the benefit of the
 * doubt: the kernel decides about it.
 */
static int check_program(const char *program)
{
	char path[PATH_MAX], line[256];
	int depth, fd, status;
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof(path), "%s", program);
	for (depth = 0; depth <= INTERPRETERS_MAX; depth++) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return RUN;
		n = pread(fd, line, sizeof(line) - 1, 0);
		line[n > 0 ? n : 0] = '\0';

		if (n > 2 && line[0] == '#' && line[1] == '!') {
			close(fd);
			if (!interpreter(line + 2, path, sizeof(path)))
				return RUN;
			continue;
		}

		status = RUN;
		if (!fstat(fd, &st) && gains_privilege(fd, &st))
			status = refuse(CANNOT, "%s changes its privileges when run (set-user-ID, set-group-ID or file capabilities): the dynamic linker ignores preloaded libraries there",
					path);
		else if (n >= SELFMAG && !memcmp(line, ELFMAG, SELFMAG))
			status = check_elf(fd, path);
		close(fd);
		return status;
	}
	return RUN;	/* too deep: the kernel will say ELOOP */
}

/* LD_PRELOAD with the library in front, unless it is there already. */
static int set_environment(const char *library, int family, int fall_back)
{
	const char *before = getenv("LD_PRELOAD");
	char number[16], *preload;

	snprintf(number, sizeof(number), "%d", family);
	if (setenv("NEWINET_FAMILY", number, 1))
		return -1;
	if (fall_back ? setenv("NEWINET_FALLBACK", "1", 1) :
	    unsetenv("NEWINET_FALLBACK"))
		return -1;
	if (!before || !*before)
		return setenv("LD_PRELOAD", library, 1);
	if (strstr(before, library))
		return 0;
	if (asprintf(&preload, "%s:%s", library, before) < 0)
		return -1;
	return setenv("LD_PRELOAD", preload, 1);
}

int main(int argc, char **argv)
{
	int fall_back = 0, verbose = 0, family = 0, i, status;
	char path[PATH_MAX];
	const char *library;

	if (argc < 3)
		return FAILED;
	library = argv[1];
	for (i = 2; argv[i] && argv[i][0] == '-'; i++) {
		fall_back |= !strcmp(argv[i], "-f");
		verbose |= !strcmp(argv[i], "-v");
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
	}
	if (!argv[i])
		return FAILED;

	status = find_program(argv[i], path, sizeof(path));
	if (status) {
		fprintf(stderr, "newinet-run: %s\n", why);
		return status;
	}

	status = check_program(path);
	if (!status)
		status = probe_family(&family);
	if (status && !fall_back) {
		fprintf(stderr, "newinet-run: %s\n", why);
		return status;
	}
	if (!status && set_environment(library, family, fall_back)) {
		fprintf(stderr, "newinet-run: %s\n", strerror(errno));
		return FAILED;
	}
	if (verbose && status)
		fprintf(stderr, "newinet-run: %s\nnewinet-run: falling back to the kernel's TCP\n",
			why);
	else if (verbose)
		fprintf(stderr, "newinet-run: AF_NEWINET is family %d; preloading %s\n",
			family, library);

	execvp(argv[i], argv + i);
	status = errno == ENOENT ? NOT_FOUND : CANNOT;
	fprintf(stderr, "newinet-run: %s: %s\n", argv[i], strerror(errno));
	return status;
}
