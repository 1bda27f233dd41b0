/* SPDX-License-Identifier: GPL-2.0 */
/* cgroup.c: cgroups (v2) as folders. All return 0, or -1 with errno. */
#ifndef NEWINET_CGROUP_H
#define NEWINET_CGROUP_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct cgroup {
	int fd;			/* the folder, -1: not open */
	uint64_t id;		/* as BPF programs see it; never used again */
	char path[PATH_MAX];
};

/* 0: cgroup v2 is mounted. */
int cgroup_mounted(void);

/* Where we are. ENOENT: no cgroup v2 is mounted, or ours is not in sight. */
int cgroup_own(struct cgroup *cg);
int cgroup_open(struct cgroup *cg, const char *path);

/* A new one below @parent, locked while any process has it open; and enter it. */
int cgroup_make(struct cgroup *cg, const struct cgroup *parent);
int cgroup_enter(const struct cgroup *cg);

/* Remove what cgroup_make() made below @parent and nobody looks after any more. */
void cgroup_sweep(const struct cgroup *parent);

/* Wait until no process is in it or below, and remove it. */
void cgroup_wait_and_remove(const struct cgroup *cg);

/* The path of the cgroup that has @id. ESTALE: it is gone. */
int cgroup_find(uint64_t id, char *path, size_t size);

#endif
