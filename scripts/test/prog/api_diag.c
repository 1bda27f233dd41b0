// SPDX-License-Identifier: GPL-2.0
/*
 * Who else learns of a socket: those that listen on NETLINK_SOCK_DIAG for the kernel's
 * sockets to be destroyed. Of AF_INET's they are told what tcp_diag knows of them;
 * nothing of newinet's may be shown to it, for which it would be a struct tcp_sock.
 *
 * families: each
 * cpus: 1
 * modules: nf_conntrack
 */
#define _GNU_SOURCE
#include "t.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <unistd.h>

#ifndef SO_ORIGINAL_DST
#define SO_ORIGINAL_DST 80
#endif

/* A listener that everybody may open. */
static int listener(void)
{
	struct sockaddr_nl group = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1 << (SKNLGRP_INET_TCP_DESTROY - 1),
	};
	int fd = OK(socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG));

	OK(bind(fd, SA(&group), sizeof(group)));
	return fd;
}

static bool told(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[8192];

	if (poll(&p, 1, ms) != 1)
		return false;
	return recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0;
}

CASE(destroyed)
{
	int nl, c, s;

	t_own_netns();
	nl = listener();
	t_pair(&c, &s);
	close(s);
	close(c);
	TRUE(told(nl, t_newinet ? 500 : 5000) == !t_newinet);
}

/* Conntrack answers for a socket's addresses; what it is asked with is shown to nobody. */
CASE(original_destination)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	int nl, fd;

	t_own_netns();
	nl = listener();
	fd = t_sock(t_fam);
	for (int i = 0; i < 20; i++)
		ERR(getsockopt(fd, SOL_IP, SO_ORIGINAL_DST, &sa, &len), ENOENT);
	TRUE(!told(nl, 500));
	close(fd);
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
