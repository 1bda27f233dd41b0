// SPDX-License-Identifier: GPL-2.0
/*
 * Cgroups (v2) as folders: where we are, one of our own, its end.
 *
 * Who makes a cgroup holds a lock (flock) on its folder for as long as it looks
 * after it, so that one whose keeper was killed can be told and removed.
 */
#define _GNU_SOURCE
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CGROUP2_MAGIC_ 0x63677270
#define PREFIX "newinet-run-"
#define HANDLE_KERNFS 0xfe	/* FILEID_KERNFS: the id is the file handle */

/* Where cgroup v2 is mounted, and which of its folders is there. */
static int find_mount(char point[PATH_MAX], char root[PATH_MAX])
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *type;
	size_t size = 0;
	int found = 0;

	if (!f)
		return -1;
	while (!found && getline(&line, &size, f) > 0) {
		type = strstr(line, " - ");
		found = type && !strncmp(type + 3, "cgroup2 ", 8) &&
			sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) == 2;
	}
	free(line);
	fclose(f);
	if (!found)
		errno = ENOENT;
	return found ? 0 : -1;
}

/* The line of the one hierarchy that has no number and no controllers. */
static int own_name(char name[PATH_MAX])
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char *line = NULL;
	size_t size = 0;
	int found = 0;

	if (!f)
		return -1;
	while (!found && getline(&line, &size, f) > 0)
		found = sscanf(line, "0::%4095[^\n]", name) == 1;
	free(line);
	fclose(f);
	if (!found)
		errno = ENOENT;
	return found ? 0 : -1;
}

int cgroup_mounted(void)
{
	char point[PATH_MAX], root[PATH_MAX];

	return find_mount(point, root);
}

int cgroup_own(struct cgroup *cg)
{
	char point[PATH_MAX], root[PATH_MAX], name[PATH_MAX], path[2 * PATH_MAX];
	size_t n;

	if (find_mount(point, root) || own_name(name))
		return -1;
	n = strcmp(root, "/") ? strlen(root) : 0;
	if (strncmp(name, root, n) || strstr(name, "/..")) {
		errno = ENOENT;
		return -1;
	}
	snprintf(path, sizeof(path), "%s%s", point, name + n);
	return cgroup_open(cg, path);
}

/* A kernel of 64 bits has the whole id in the inode's number. */
static int open_folder(struct cgroup *cg)
{
	struct stat st;

	cg->fd = open(cg->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cg->fd < 0 || fstat(cg->fd, &st))
		return -1;
	cg->id = st.st_ino;
	return 0;
}

int cgroup_open(struct cgroup *cg, const char *path)
{
	size_t n = strlen(path);
	struct statfs fs;

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n >= sizeof(cg->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memmove(cg->path, path, n);	/* it may be there */
	cg->path[n] = '\0';
	if (open_folder(cg))
		return -1;
	/* Those of the first version have other ids. */
	if (fstatfs(cg->fd, &fs) || fs.f_type != CGROUP2_MAGIC_) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

int cgroup_make(struct cgroup *cg, const struct cgroup *parent)
{
	int i, n;

	for (i = 0; i < 100; i++) {
		n = snprintf(cg->path, sizeof(cg->path), "%s/" PREFIX "%d-%d",
			     parent->path, (int)getpid(), i);
		if (n >= (int)sizeof(cg->path)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (mkdir(cg->path, 0755)) {
			if (errno == EEXIST)
				continue;
			return -1;
		}
		/* Somebody's sweep may come in between. */
		if (!open_folder(cg) && !flock(cg->fd, LOCK_EX | LOCK_NB) &&
		    !faccessat(cg->fd, "cgroup.procs", F_OK, 0))
			return 0;
		if (cg->fd >= 0)
			close(cg->fd);
		rmdir(cg->path);
	}
	return -1;
}

int cgroup_enter(const struct cgroup *cg)
{
	int fd = openat(cg->fd, "cgroup.procs", O_WRONLY | O_CLOEXEC), err = -1;

	if (fd < 0)
		return -1;
	if (write(fd, "0", 1) == 1)
		err = 0;
	close(fd);
	return err;
}

/* 1, 0; -1: the cgroup is gone */
static int populated(int events)
{
	char text[256];
	ssize_t n = pread(events, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -1;
	text[n] = '\0';
	return strstr(text, "populated 1") != NULL;
}

/* To be read through; the descriptor stays as it is. */
static DIR *list_of(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (!list && fd >= 0)
		close(fd);
	return list;
}

/* What is below has no process either. */
static void remove_below(int dir)
{
	DIR *list = list_of(dir);
	struct dirent *each;
	int child;

	if (!list)
		return;
	while ((each = readdir(list))) {
		if (each->d_type != DT_DIR || each->d_name[0] == '.')
			continue;
		child = openat(dir, each->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (child < 0)
			continue;
		remove_below(child);
		close(child);
		unlinkat(dir, each->d_name, AT_REMOVEDIR);
	}
	closedir(list);
}

void cgroup_wait_and_remove(const struct cgroup *cg)
{
	int events = openat(cg->fd, "cgroup.events", O_RDONLY | O_CLOEXEC), now;
	struct pollfd poll_events = { .fd = events, .events = POLLPRI };

	while ((now = populated(events)) >= 0) {
		if (now) {
			poll(&poll_events, 1, -1);
			continue;
		}
		remove_below(cg->fd);
		if (!rmdir(cg->path) || errno != EBUSY)
			break;
		poll(NULL, 0, 10);	/* somebody has just come, or is going */
	}
	if (events >= 0)
		close(events);
}

/* One that nobody looks after, if it is empty. */
static void sweep(int parent, const char *name)
{
	int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), events;

	if (dir < 0)
		return;
	events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (events >= 0 && !flock(dir, LOCK_EX | LOCK_NB) && !populated(events)) {
		remove_below(dir);
		unlinkat(parent, name, AT_REMOVEDIR);
	}
	if (events >= 0)
		close(events);
	close(dir);
}

void cgroup_sweep(const struct cgroup *parent)
{
	DIR *list = list_of(parent->fd);
	struct dirent *each;

	if (!list)
		return;
	while ((each = readdir(list)))
		if (!strncmp(each->d_name, PREFIX, strlen(PREFIX)))
			sweep(parent->fd, each->d_name);
	closedir(list);
}

int cgroup_find(uint64_t id, char *path, size_t size)
{
	char point[PATH_MAX], root[PATH_MAX], link[64];
	struct {
		struct file_handle head;
		uint64_t id;
	} handle = { .head = { .handle_bytes = sizeof(id), .handle_type = HANDLE_KERNFS } };
	int mount, fd;
	ssize_t n;

	if (find_mount(point, root))
		return -1;
	mount = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mount < 0)
		return -1;
	memcpy(handle.head.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(mount, &handle.head, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(mount);
	if (fd < 0)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, size - 1);
	close(fd);
	path[n > 0 ? n : 0] = '\0';
	return n > 0 ? 0 : -1;
}
