/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hook.c: the BPF program on the kernel's socket(), and which cgroups it serves.
 * What returns an int: 0, or a status with the reason in program_why.
 */
#ifndef NEWINET_HOOK_H
#define NEWINET_HOOK_H

#include <stdint.h>

struct hook {
	int link;	/* while one is open anywhere, or pinned, the program is attached */
	int map;	/* cgroup id -> protocol and flags (cgroup.bpf.h) */
	uint32_t id;	/* the link's, for hook_next() */
};

void hook_verbose(void);

/*
 * The program that is attached already, after the one that *hook is: usually there
 * is one, or none. Returns 1, or 0 at the end (ENOENT) and for whoever may not look (EPERM).
 */
int hook_next(struct hook *hook);
void hook_close(struct hook *hook);

/* The first of these, or one that is loaded and attached now. */
int hook_open(struct hook *hook);

int hook_add(const struct hook *hook, uint64_t id, uint32_t what);
void hook_remove(const struct hook *hook, uint64_t id);

/* Keep it attached for @id beyond our end, where that can be; and no more. */
int hook_can_pin(void);
int hook_pin(const struct hook *hook, uint64_t id);
void hook_unpin(uint64_t id);

/* Calls @each for the cgroups served. It may remove the one that it is called for. */
void hook_each(const struct hook *hook,
	       void (*each)(const struct hook *hook, uint64_t id, uint32_t what));

/* Are we in a cgroup served? Opens sockets to see. */
int hook_check(int protocol);

#endif
