// SPDX-License-Identifier: GPL-2.0
/*
 * A wire between two tun devices, each in a namespace of its own: what one
 * sends, the other receives. Both are made here, and vanish with the process.
 *
 *	net_forward NETNS NAME NETNS NAME READY
 *
 * READY is a file, created once both devices exist.
 */
#define _GNU_SOURCE
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "net_common.h"

static int make_tun(const char *netns, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd;

	enter_netns(netns);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		die("/dev/net/tun: %s", strerror(errno));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr))
		die("TUNSETIFF %s: %s", name, strerror(errno));
	return fd;
}

int main(int argc, char **argv)
{
	struct pollfd p[2];
	char packet[65536];

	if (argc != 6)
		die("usage: net_forward NETNS NAME NETNS NAME READY");
	for (int i = 0; i < 2; i++)
		p[i] = (struct pollfd){
			.fd = make_tun(argv[1 + 2 * i], argv[2 + 2 * i]),
			.events = POLLIN,
		};
	close(open(argv[5], O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	for (;;) {
		if (poll(p, 2, -1) < 0)
			die("poll: %s", strerror(errno));
		for (int i = 0; i < 2; i++) {
			for (int burst = 0; burst < 64; burst++) {
				ssize_t n = read(p[i].fd, packet, sizeof(packet));

				if (n <= 0)
					break;
				/* One that the other side refuses is lost, as on any wire. */
				if (write(p[!i].fd, packet, n) < 0 && errno == EBADFD)
					return 0;
			}
		}
	}
}
