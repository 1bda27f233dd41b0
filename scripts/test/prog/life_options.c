// SPDX-License-Identifier: GPL-2.0
/*
 * A listener whose options change on one CPU while connections to it are
 * finished on another: every child is a copy of the listener as it is just then.
 * And listeners that join a group (SO_REUSEPORT) and leave it, and programs that
 * choose among them, while they are chosen from.
 *
 *	life_options FAMILY SECONDS
 *
 * Prints how many changes and how many connections there were; fails if there
 * were none of either, or if a child is not usable. What it looks for beyond
 * that is in the kernel's log.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "net_common.h"

static int family, lsk;
static atomic_int stop;
static atomic_ulong changes, connections;

static void set_int(int level, int opt, int val)
{
	setsockopt(lsk, level, opt, &val, sizeof(val));
}

/*
 * This holds a lock of the listener. A child of the kernel's TCP is at times born
 * with a copy that is held for ever (6.12), so that one is not asked.
 */
static void look_at_peer(void)
{
	socklen_t len = sizeof(struct ucred);
	struct ucred who;

	if (family != AF_INET)
		getsockopt(lsk, SOL_SOCKET, SO_PEERCRED, &who, &len);
}

static void change(bool odd)
{
	static const unsigned char nops[4] = { 1, 1, 1, 0 };
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffffffff);
	struct sock_fprog prog = { .len = 1, .filter = &all };

	setsockopt(lsk, SOL_TCP, TCP_CONGESTION, odd ? "reno" : "cubic", odd ? 4 : 5);
	look_at_peer();
	setsockopt(lsk, SOL_SOCKET, odd ? SO_ATTACH_FILTER : SO_DETACH_FILTER, &prog,
		   sizeof(prog));
	setsockopt(lsk, SOL_TCP, TCP_CONGESTION, odd ? "cubic" : "reno", odd ? 5 : 4);
	look_at_peer();
	setsockopt(lsk, SOL_IP, IP_OPTIONS, nops, odd ? sizeof(nops) : 0);
	/*
	 * Off when a filter goes: a copy whose filter is gone meanwhile is dropped by
	 * sk_clone_lock(), which then gives back a time stamp that it never took (6.12).
	 */
	set_int(SOL_SOCKET, SO_TIMESTAMP, !odd);
	set_int(SOL_SOCKET, SO_KEEPALIVE, odd);
	set_int(SOL_SOCKET, SO_RCVBUF, odd ? 20000 : 200000);
	set_int(SOL_TCP, TCP_WINDOW_CLAMP, odd ? 3000 : 100000);
	set_int(SOL_TCP, TCP_MAXSEG, odd ? 100 : 1400);
	set_int(SOL_TCP, TCP_CORK, odd);
	set_int(SOL_TCP, TCP_USER_TIMEOUT, odd ? 1000000 : 0);
	changes++;
}

static void *changer(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; !stop; i++)
		change(i & 1);
	return NULL;
}

static int in_group(struct sockaddr_in *a)
{
	int on = 1, fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(*a);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) ||
	    bind(fd, SA(a), sizeof(*a)) || listen(fd, 4) || getsockname(fd, SA(a), &len))
		die("group: %s", strerror(errno));
	return fd;
}

/* One stays, a second comes and goes; what they are asked for is tried and dropped. */
static void *grouper(void *arg)
{
	struct sockaddr_in a = address(family, "127.0.0.1", 0);
	struct sock_filter pick = BPF_STMT(BPF_RET | BPF_K, 1);
	struct sock_fprog prog = { .len = 1, .filter = &pick };
	struct linger reset = { 1, 0 };
	int first = in_group(&a), second, c, s, none = 0;

	(void)arg;
	for (unsigned int i = 0; !stop; i++) {
		second = in_group(&a);
		if (i % 3)
			setsockopt(second, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog,
				   sizeof(prog));
		else
			setsockopt(first, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &none,
				   sizeof(none));
		for (int j = 0; j < 4; j++) {
			c = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
			setsockopt(c, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
			connect(c, SA(&a), sizeof(a));
			if (j == 2)
				close(second);
			close(c);
		}
		while ((s = accept(first, NULL, NULL)) >= 0)
			close(s);
	}
	close(first);
	return NULL;
}

static void connect_once(void)
{
	struct sockaddr_in a = address(family, "127.0.0.1", 0);
	struct linger reset = { 1, 0 };
	struct timeval limit = { 10, 0 };
	struct ucred who;
	socklen_t len = sizeof(a);
	char buf[3000];
	int c, s;

	c = socket(family, SOCK_STREAM, 0);
	if (getsockname(lsk, SA(&a), &len) || c < 0 || connect(c, SA(&a), sizeof(a)))
		die("connect: %s", strerror(errno));
	s = accept(lsk, NULL, NULL);
	if (s < 0)
		die("accept: %s", strerror(errno));
	len = sizeof(who);
	getsockopt(s, SOL_SOCKET, SO_PEERCRED, &who, &len);
	setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	memset(buf, 'x', sizeof(buf));
	if (send(s, buf, sizeof(buf), 0) != sizeof(buf) || shutdown(s, SHUT_WR) ||
	    recv(c, buf, sizeof(buf), MSG_WAITALL) != sizeof(buf))
		die("transfer: %s", strerror(errno));
	setsockopt(c, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(c);
	close(s);
	connections++;
}

int main(int argc, char **argv)
{
	uint64_t end;
	pthread_t thread, group;

	if (argc != 3)
		die("usage: life_options FAMILY SECONDS");
	family = family_of(argv[1]);
	lsk = socket(family, SOCK_STREAM, 0);
	if (lsk < 0 || listen(lsk, 64))
		die("listener: %s", strerror(errno));
	if (pthread_create(&thread, NULL, changer, NULL) ||
	    pthread_create(&group, NULL, grouper, NULL))
		die("pthread_create");
	end = now_ms() + atoi(argv[2]) * 1000ull;
	while (now_ms() < end)
		connect_once();
	stop = 1;
	pthread_join(thread, NULL);
	pthread_join(group, NULL);
	printf("%lu changes, %lu connections\n", changes, connections);
	return !(changes && connections);
}
