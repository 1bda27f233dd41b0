// SPDX-License-Identifier: GPL-2.0
/*
 * What a program's file says before it is run: whether the preload library
 * would be in it, and whether it opens its sockets where the library sees
 * them.  Shared by newinet-exec and the library, which may be between vfork()
 * and exec: nothing here allocates or locks.
 */
#define _GNU_SOURCE
#include "program.h"

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
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define INTERPRETERS_MAX 5	/* nested #! lines, as the kernel allows */
#define NOTE_GO_BUILD_ID 4

extern const ElfW(Ehdr) __ehdr_start	/* our own ELF header */
	__attribute__((visibility("hidden")));

char program_why[PATH_MAX + 512];

int program_refuse(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(program_why, sizeof(program_why), fmt, ap);
	va_end(ap);
	return status;
}

/*
 * Would running this file change our privileges, so that ld.so ignores us? We need not be
 * able to read it.
 */
static int gains_privilege(const char *path)
{
	struct statvfs fs;
	struct stat st;

	if (stat(path, &st) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
	    (!statvfs(path, &fs) && fs.f_flag & ST_NOSUID))
		return 0;
	if (st.st_mode & S_ISUID && st.st_uid != getuid())
		return 1;
	if (st.st_mode & S_ISGID && st.st_mode & S_IXGRP && st.st_gid != getgid())
		return 1;
	return getuid() != 0 &&
	       getxattr(path, "security.capability", NULL, 0) > 0;
}

/* What Go's linker leaves in every program: some are built without the note. */
static int has_go_section(int fd, const ElfW(Ehdr) *eh)
{
	static const char wanted[] = ".go.buildinfo";
	char name[sizeof(wanted)];
	ElfW(Shdr) names, sh;
	int i;

	if (pread(fd, &names, sizeof(names), eh->e_shoff +
		  (off_t)eh->e_shstrndx * eh->e_shentsize) != (ssize_t)sizeof(names))
		return 0;
	for (i = 0; i < eh->e_shnum; i++) {
		if (pread(fd, &sh, sizeof(sh), eh->e_shoff +
			  (off_t)i * eh->e_shentsize) != (ssize_t)sizeof(sh))
			break;
		if (pread(fd, name, sizeof(name), names.sh_offset + sh.sh_name) ==
		    (ssize_t)sizeof(name) && !memcmp(name, wanted, sizeof(name)))
			return 1;
	}
	return 0;
}

/* Does a segment of notes hold the one that Go's linker writes? */
static int has_go_note(int fd, const ElfW(Phdr) *ph)
{
	char notes[4096];
	ssize_t n = pread(fd, notes, ph->p_filesz < sizeof(notes) ?
			  ph->p_filesz : sizeof(notes), ph->p_offset);
	size_t at = 0, left = n > 0 ? (size_t)n : 0;
	ElfW(Nhdr) nh;

	while (left - at >= sizeof(nh)) {
		memcpy(&nh, notes + at, sizeof(nh));
		at += sizeof(nh);
		if (nh.n_namesz > left - at || nh.n_descsz > left - at)
			break;
		if (nh.n_type == NOTE_GO_BUILD_ID && nh.n_namesz >= 2 &&
		    !memcmp(notes + at, "Go", 2))
			return 1;
		at += ((nh.n_namesz + 3ul) & ~3ul) + ((nh.n_descsz + 3ul) & ~3ul);
		if (at > left)
			break;
	}
	return 0;
}

/*
 * Only a file of our own kind that names a dynamic linker can be entered; and
 * one that Go's linker made calls the kernel itself.
 */
static int check_elf(int fd, const char *path)
{
	int i, dynamic = 0, go = 0;
	ElfW(Ehdr) eh;
	ElfW(Phdr) ph;

	if (pread(fd, &eh, sizeof(eh), 0) != (ssize_t)sizeof(eh) ||
	    eh.e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] ||
	    eh.e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] ||
	    eh.e_machine != __ehdr_start.e_machine)
		return program_refuse(PROGRAM_CANNOT, "%s is built for another machine (or word size) than the preload library, which cannot enter it",
				      path);

	for (i = 0; i < eh.e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), eh.e_phoff +
			  (off_t)i * eh.e_phentsize) != (ssize_t)sizeof(ph))
			break;
		dynamic |= ph.p_type == PT_INTERP;
		go |= ph.p_type == PT_NOTE && has_go_note(fd, &ph);
	}
	if (!dynamic)
		return program_refuse(PROGRAM_CANNOT, "%s is statically linked: no library can be preloaded into it",
				      path);
	if (go || has_go_section(fd, &eh))
		return program_refuse(PROGRAM_CANNOT, "%s is a Go program: it opens sockets past the C library, where no preloaded library sees it",
				      path);
	return PROGRAM_RUNS;
}

int program_find(const char *name, char *path, size_t size)
{
	const char *dirs = getenv("PATH"), *end;
	int status = PROGRAM_NOT_FOUND, reason = ENOENT;
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
				return PROGRAM_RUNS;
			status = PROGRAM_CANNOT;
			reason = S_ISDIR(st.st_mode) ? EISDIR : EACCES;
		} else if (!dirs && errno != ENOENT) {
			status = PROGRAM_CANNOT;
			reason = errno;
		}
		dirs = end && *end ? end + 1 : NULL;
	} while (dirs);
	return program_refuse(status, "%s: %s", name, strerror(reason));
}

/* "env [-S] [-x] [NAME=VALUE] program ..." in a #! line: the program, or NULL */
static char *env_target(char *args)
{
	char *rest, *word = strtok_r(args, " \t", &rest);

	while (word && (*word == '-' || strchr(word, '=')))
		word = strtok_r(NULL, " \t", &rest);
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
	if (args && program_find(args, env_path, sizeof(env_path)) == PROGRAM_RUNS)
		snprintf(path, size, "%s", env_path);
	return 1;
}

/* A file that is neither ELF nor a script has the benefit of the doubt. */
int program_check(const char *program)
{
	char path[PATH_MAX], line[256];
	int depth, fd, status;
	ssize_t n;

	snprintf(path, sizeof(path), "%s", program);
	for (depth = 0; depth <= INTERPRETERS_MAX; depth++) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : pread(fd, line, sizeof(line) - 1, 0);
		line[n > 0 ? n : 0] = '\0';

		if (n > 2 && line[0] == '#' && line[1] == '!') {
			close(fd);
			if (!interpreter(line + 2, path, sizeof(path)))
				return PROGRAM_RUNS;
			continue;
		}

		status = PROGRAM_RUNS;
		if (gains_privilege(path))
			status = program_refuse(PROGRAM_CANNOT, "%s changes its privileges when run (set-user-ID, set-group-ID or file capabilities): the dynamic linker ignores preloaded libraries there",
					path);
		else if (n >= SELFMAG && !memcmp(line, ELFMAG, SELFMAG))
			status = check_elf(fd, path);
		if (fd >= 0)
			close(fd);
		return status;
	}
	return PROGRAM_RUNS;	/* too deep: the kernel will say ELOOP */
}

int program_among(const char *words, const char *text)
{
	size_t n = strlen(text), len;

	for (; *words; words += len + !!words[len]) {
		len = strcspn(words, ": ");
		if (len == n && !memcmp(words, text, n))
			return 1;
	}
	return 0;
}
