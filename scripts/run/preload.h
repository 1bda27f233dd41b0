/* SPDX-License-Identifier: GPL-2.0 */
/* The preload library's two files: preload.c (sockets), keep.c (exec). */
#ifndef NEWINET_PRELOAD_H
#define NEWINET_PRELOAD_H

#include <limits.h>
#include <sys/stat.h>

#define EXPORT __attribute__((visibility("default")))

/* What newinet-run said in the environment; set once, then read alone. */
extern struct preload {
	int protocol;
	int fall_back;		/* the kernel's TCP where ours is refused */
	int verbose;		/* say what stays with the kernel's TCP */
	int cleared;		/* a cleared environment loses the library */
	char library[PATH_MAX];	/* where we are */
	struct stat err;	/* standard error, as it was */
} preload;

void preload_learn(void);

/* The C library's function of that name, looked up once into *slot. */
void *preload_real(void **slot, const char *name);

__attribute__((format(printf, 1, 2)))
void preload_say(const char *fmt, ...);

#endif
