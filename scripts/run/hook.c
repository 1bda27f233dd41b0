// SPDX-License-Identifier: GPL-2.0
/*
 * Loads and attaches cgroup.bpf.c, and tells it which cgroups it serves.
 *
 * One program serves everybody: who comes looks for the one that is attached
 * (links have ids; that takes CAP_SYS_ADMIN, and without it each has its own),
 * and the kernel detaches it when the last descriptor and the last pin of the
 * link are gone.  So there is nothing to lock and nothing to count.  Two that
 * come at the same time may each attach one, which does no harm: the first to
 * answer is right.
 *
 * A pin is a file in the BPF file system, named for the cgroup's id; the id of a
 * cgroup that is gone is never used again, so a stale one is known.
 */
#define _GNU_SOURCE
#include "door.h"
#include "hook.h"
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FUNCTION "update_socket_protocol"
#define PROGRAM "newinet_socket"
#define MAP "newinet_cgroups"
#define BPF_FS "/sys/fs/bpf"
#define BPF_FS_MAGIC_ 0xcafe4a11
#define PINS BPF_FS "/newinet"
#define BTF_FILE "/sys/kernel/btf/vmlinux"

/* cgroup.bpf.o, which the linker puts in. */
extern const char _binary_cgroup_bpf_o_start[], _binary_cgroup_bpf_o_end[];

static int verbose;

void hook_verbose(void)
{
	verbose = 1;
}

static int say(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return verbose && level == LIBBPF_WARN ? vfprintf(stderr, fmt, ap) : 0;
}

static int open_map(__u32 id)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	int fd = bpf_map_get_fd_by_id(id);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) &&
	    info.key_size == sizeof(__u64) && info.value_size == sizeof(__u32) &&
	    !strcmp(info.name, MAP))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The map of the program that has @id, if it is ours. */
static int map_of(__u32 id)
{
	__u32 map = 0, size;
	struct bpf_prog_info info = { .nr_map_ids = 1, .map_ids = (uintptr_t)&map };
	int fd = bpf_prog_get_fd_by_id(id), found = -1;

	size = sizeof(info);
	if (fd < 0)
		return -1;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.nr_map_ids == 1 &&
	    !strcmp(info.name, PROGRAM))
		found = open_map(map);
	close(fd);
	return found;
}

int hook_next(struct hook *hook)
{
	struct bpf_link_info info;
	__u32 size;

	libbpf_set_print(say);
	while (!bpf_link_get_next_id(hook->id, &hook->id)) {
		hook->link = bpf_link_get_fd_by_id(hook->id);
		if (hook->link < 0)
			continue;
		memset(&info, 0, sizeof(info));
		size = sizeof(info);
		hook->map = -1;
		if (!bpf_obj_get_info_by_fd(hook->link, &info, &size) &&
		    info.type == BPF_LINK_TYPE_TRACING &&
		    info.tracing.attach_type == BPF_MODIFY_RETURN)
			hook->map = map_of(info.prog_id);
		if (hook->map >= 0)
			return 1;
		close(hook->link);
	}
	return 0;
}

void hook_close(struct hook *hook)
{
	close(hook->map);
	close(hook->link);
}

/* What the kernel lacks is said first: privilege would not help. */
static int refused(const char *what, int err)
{
	struct utsname un;

	uname(&un);
	if (access(BTF_FILE, R_OK))
		return program_refuse(FAILED, "this kernel (%s) does not describe itself to BPF programs (%s: %s; CONFIG_DEBUG_INFO_BTF), which --cgroup needs; without it, newinet-run serves dynamically linked programs",
				      un.release, BTF_FILE, strerror(errno));
	if (libbpf_find_vmlinux_btf_id(FUNCTION, BPF_MODIFY_RETURN) < 0)
		return program_refuse(FAILED, "this kernel (%s) has no hook in socket() (" FUNCTION ", since Linux 6.6), which --cgroup needs; without it, newinet-run serves dynamically linked programs",
				      un.release);
	if (err == EPERM || err == EACCES)
		return program_refuse(FAILED, "you may not %s the BPF program (%s): --cgroup needs CAP_BPF and CAP_PERFMON of the initial user namespace, as root has them",
				      what, strerror(err));
	if (err == E2BIG)
		return program_refuse(FAILED, "too many BPF programs are attached to " FUNCTION "() already");
	return program_refuse(FAILED, "cannot %s the BPF program: %s", what, strerror(err));
}

static int load(struct hook *hook)
{
	struct bpf_program *program;
	struct bpf_object *object;
	struct bpf_link *link;

	object = bpf_object__open_mem(_binary_cgroup_bpf_o_start, _binary_cgroup_bpf_o_end -
				      _binary_cgroup_bpf_o_start, NULL);
	if (!object || bpf_object__load(object))
		return refused("load", errno);
	program = bpf_object__find_program_by_name(object, PROGRAM);
	link = program ? bpf_program__attach(program) : NULL;
	if (!link)
		return refused("attach", errno);
	/* Both live as long as we do. */
	hook->link = bpf_link__fd(link);
	hook->map = bpf_object__find_map_fd_by_name(object, MAP);
	return PROGRAM_RUNS;
}

int hook_open(struct hook *hook)
{
	hook->id = 0;
	return hook_next(hook) ? PROGRAM_RUNS : load(hook);
}

int hook_add(const struct hook *hook, uint64_t id, uint32_t what)
{
	if (bpf_map_update_elem(hook->map, &id, &what, BPF_ANY))
		return program_refuse(FAILED, "cannot register the cgroup: %s",
				      errno == E2BIG ? "there are too many" : strerror(errno));
	return PROGRAM_RUNS;
}

void hook_remove(const struct hook *hook, uint64_t id)
{
	bpf_map_delete_elem(hook->map, &id);
}

/* Names in that file system have no dots. */
static void pin_path(char *path, size_t size, uint64_t id)
{
	snprintf(path, size, PINS "/%llu", (unsigned long long)id);
}

int hook_can_pin(void)
{
	struct statfs fs;

	if (statfs(BPF_FS, &fs) || fs.f_type != BPF_FS_MAGIC_)
		return program_refuse(FAILED, "the BPF file system is not mounted; mount it with: mount -t bpf bpf " BPF_FS);
	return PROGRAM_RUNS;
}

int hook_pin(const struct hook *hook, uint64_t id)
{
	int status = hook_can_pin(), tries = 0;
	char path[64];

	if (status)
		return status;
	pin_path(path, sizeof(path), id);
	do {
		if (mkdir(PINS, 0700) && errno != EEXIST)
			return program_refuse(FAILED, "%s: %s", PINS, strerror(errno));
		/* One of that name may be of another link. */
		unlink(path);
		if (!bpf_obj_pin(hook->link, path))
			return PROGRAM_RUNS;
		/* Who was the last one may have removed the folder since. */
	} while (errno == ENOENT && ++tries < 100);
	return program_refuse(FAILED, "%s: %s", path, strerror(errno));
}

void hook_unpin(uint64_t id)
{
	char path[64];

	pin_path(path, sizeof(path), id);
	unlink(path);
	rmdir(PINS);		/* where it was the last */
}

void hook_each(const struct hook *hook,
	       void (*each)(const struct hook *hook, uint64_t id, uint32_t what))
{
	__u64 id, next;
	__u32 what;
	int more = !bpf_map_get_next_key(hook->map, NULL, &next);

	while (more) {
		id = next;
		/* Before the one that it follows is removed. */
		more = !bpf_map_get_next_key(hook->map, &id, &next);
		if (!bpf_map_lookup_elem(hook->map, &id, &what))
			each(hook, id, what);
	}
}

/* Past the preload library, which may be in us as well. */
static int protocol_of(int asked)
{
	int fd = syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, asked), protocol = -1;
	socklen_t size = sizeof(protocol);

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size))
		protocol = -errno;
	close(fd);
	return protocol;
}

int hook_check(int protocol)
{
	static const int asked[] = { 0, IPPROTO_TCP };
	size_t i;
	int got;

	for (i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		got = protocol_of(asked[i]);
		if (got < 0)
			return program_refuse(NO_PROTOCOL, "cannot open a newinet socket in the cgroup: %s",
					      strerror(-got));
		if (got != protocol)
			return program_refuse(FAILED, "socket() gives protocol %d in the cgroup, not %d: another BPF program on " FUNCTION "() answers before ours (bpftool link)",
					      got, protocol);
	}
	return PROGRAM_RUNS;
}
