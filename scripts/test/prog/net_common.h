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

/* A parameter of the module, or what it is by default. */
static inline int module_parameter(const char *name, int number)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/newinet/parameters/%s", name);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%d", &number) != 1)
			die("no number in parameters/%s", name);
		fclose(f);
	}
	return number;
}

/* As a family counts newinet's second door, AF_INET with a protocol, as well. */
static inline int family_of(const char *name)
{
	if (!strcmp(name, "inet") || !strcmp(name, "door"))
		return AF_INET;
	if (!strcmp(name, "newinet"))
		return module_parameter("family", AF_NEWINET);
	die("%s: neither inet nor newinet nor door", name);
}

static inline int protocol_of(const char *name)
{
	if (strcmp(name, "door"))
		return 0;
	/* Where it is shut, by the number that it would have. */
	return module_parameter("protocol", 0) ?: IPPROTO_NEWINET;
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
