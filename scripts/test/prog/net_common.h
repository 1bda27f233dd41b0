/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs net_*.c and life_*.c share: families by name, namespaces,
 * addresses, time, and the stream of bytes whose every position is known.
 * They report by their output and exit status; the scripts judge.
 */
#ifndef NEWINET_TEST_NET_COMMON_H
#define NEWINET_TEST_NET_COMMON_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "module/uapi/newinet.h"

#define SA(a)	((struct sockaddr *)(a))

__attribute__((noreturn, format(printf, 1, 2)))
static inline void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(2);
}

static inline const char *err_name(int err)
{
	return err ? strerrorname_np(err) : "0";
}

static inline int newinet_number(void)
{
	FILE *f = fopen("/sys/module/newinet/parameters/family", "r");
	int family = AF_NEWINET;

	if (f) {
		if (fscanf(f, "%d", &family) != 1)
			die("no number in parameters/family");
		fclose(f);
	}
	return family;
}

static inline int family_of(const char *name)
{
	if (!strcmp(name, "inet"))
		return AF_INET;
	if (!strcmp(name, "newinet"))
		return newinet_number();
	die("%s: neither inet nor newinet", name);
}

static inline struct sockaddr_in address(int family, const char *ip, int port)
{
	struct sockaddr_in a = {
		.sin_family = family,
		.sin_port = htons(port),
	};

	if (inet_pton(AF_INET, ip, &a.sin_addr) != 1)
		die("%s: not an address", ip);
	return a;
}

/* Into a namespace of ip-netns(8). */
static inline void enter_netns(const char *name)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("netns %s: %s", name, strerror(errno));
	close(fd);
}

static inline uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

static inline void sleep_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000l };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

/* Eight bytes of the stream, beginning at 8 * i; no two alike. */
static inline uint64_t pattern_word(uint64_t seed, uint64_t i)
{
	uint64_t x = (i + 1) * 0x9e3779b97f4a7c15ull + seed;

	return x ^ x >> 29;
}

/* The bytes [pos, pos + len) of the stream @seed. */
static inline void pattern_fill(char *buf, uint64_t seed, uint64_t pos, size_t len)
{
	while (len) {
		uint64_t word = pattern_word(seed, pos / 8);
		size_t off = pos % 8, n = 8 - off < len ? 8 - off : len;

		memcpy(buf, (char *)&word + off, n);
		buf += n;
		pos += n;
		len -= n;
		for (; len >= 8; buf += 8, pos += 8, len -= 8) {
			word = pattern_word(seed, pos / 8);
			memcpy(buf, &word, 8);
		}
	}
}

#endif
