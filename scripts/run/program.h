/* SPDX-License-Identifier: GPL-2.0 */
/* program.c: what a program's file says before it is run. */
#ifndef NEWINET_PROGRAM_H
#define NEWINET_PROGRAM_H

#include <stddef.h>

/* As env(1) exits. */
enum { PROGRAM_RUNS = 0, PROGRAM_CANNOT = 126, PROGRAM_NOT_FOUND = 127 };

extern char program_why[];	/* the reason for the last refusal */

/* Note why not, and return the status. */
__attribute__((format(printf, 2, 3)))
int program_refuse(int status, const char *fmt, ...);

/* Where execvp() would find the program: fills *path, or says why not. */
int program_find(const char *name, char *path, size_t size);

/*
 * Will the library see the IPv4 stream sockets of what this file runs?  A file
 * that cannot be read is given the benefit of the doubt.
 */
int program_check(const char *program);

/* Is @text one of the words that colons and spaces separate (LD_PRELOAD)? */
int program_among(const char *words, const char *text);

#endif
