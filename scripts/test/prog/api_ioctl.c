// SPDX-License-Identifier: GPL-2.0
/*
 * The ioctls that count queued bytes, and SO_BINDTODEVICE: a socket bound to a
 * device sends and receives there alone, and leaves its port on the other
 * devices to whoever binds there. The second device is a tun one, so that the
 * test reads what the socket sends.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 300
 * modules: tun
 */
#define _GNU_SOURCE
#include "t.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int count(int fd, unsigned long req)
{
	int n = -5;

	OK(ioctl(fd, req, &n));
	return n;
}

static void settles(int line, int fd, unsigned long req, int want)
{
	uint64_t end = t_ms() + T_LONG;

	while (count(fd, req) != want && t_ms() < end)
		t_sleep(2);
	if (count(fd, req) != want)
		t_fail(__FILE__, line, "%d bytes, expected %d",
		       count(fd, req), want);
}
#define SETTLES(fd, req, want) settles(__LINE__, fd, req, want)

CASE_F(counts_without_connection, T_NO_MIX)
{
	int fd = t_sock(t_fam), l = t_listen(t_fam, LOOP, 0, 1), n;

	EQ(count(fd, FIONREAD), 0);
	EQ(count(fd, SIOCOUTQ), 0);
	ERR(ioctl(l, FIONREAD, &n), EINVAL);
	ERR(ioctl(l, SIOCOUTQ, &n), EINVAL);
}

static void queued(int a, int b)
{
	char buf[64];

	EQ(count(b, FIONREAD), 0);
	OK(send(a, "0123456789", 10, 0));
	SETTLES(b, FIONREAD, 10);
	EQ(count(b, SIOCINQ), 10);
	SETTLES(a, SIOCOUTQ, 0);	/* acknowledged, though not read */
	RET(recv(b, buf, 3, 0), 3);
	EQ(count(b, FIONREAD), 7);
	RET(recv(b, buf, 7, MSG_PEEK), 7);
	EQ(count(b, FIONREAD), 7);
	OK(send(a, "x", 1, 0));
	SETTLES(b, FIONREAD, 8);
	OK(shutdown(a, SHUT_WR));
	t_wait_hup(b);
	EQ(count(b, FIONREAD), 8);	/* the FIN is not a byte */
	RET(recv(b, buf, 64, 0), 8);
	EQ(count(b, FIONREAD), 0);
}

CASE(bytes_to_read_client)
{
	int c, s;

	t_pair(&c, &s);
	queued(s, c);
}

CASE(bytes_to_read_server)
{
	int c, s;

	t_pair(&c, &s);
	queued(c, s);
}

CASE(bytes_not_acknowledged)
{
	uint64_t end = t_ms() + T_LONG;
	int c, s, in, out;
	size_t n;

	t_pair_small(&c, &s, 8192);
	n = t_fill(c);
	do {		/* what is on its way is counted at neither end, or both */
		t_sleep(5);
		out = count(c, SIOCOUTQ);
		in = count(s, FIONREAD);
	} while ((size_t)in + out != n && t_ms() < end);
	TRUE(in > 0 && out > 0);
	EQ(in + out, n);
	t_drain(s, n);
	SETTLES(c, SIOCOUTQ, 0);
	EQ(count(s, FIONREAD), 0);
}

CASE(bad_ioctl)
{
	int c, s;

	t_pair(&c, &s);
	ERR(ioctl(c, FIONREAD, NULL), EFAULT);
	ERR(ioctl(c, FIONREAD, (void *)8), EFAULT);
	ERR(ioctl(c, SIOCOUTQ, (void *)8), EFAULT);
	ERR(ioctl(c, 0x89df, &s), ENOTTY);
	ERR(ioctl(c, 0xdeadbeef, &s), ENOTTY);
}

CASE(nonblocking_by_ioctl)
{
	int c, s, on = 1, off = 0;
	char b;

	t_pair(&c, &s);
	OK(ioctl(s, FIONBIO, &on));
	EQ(!!(fcntl(s, F_GETFL) & O_NONBLOCK), 1);
	ERR(recv(s, &b, 1, 0), EAGAIN);
	OK(ioctl(s, FIONBIO, &off));
	EQ(fcntl(s, F_GETFL) & O_NONBLOCK, 0);
}

/* ---- devices ------------------------------------------------------- */

#define TUN_IP		0x0a090901	/* 10.9.9.1/24 is ours */
#define FAR_IP		0x0a090902

/* A namespace with a tun device t0 of 10.9.9.1/24; returns its other side. */
static int tun(void)
{
	struct ifreq r = { .ifr_name = "t0" };
	struct sockaddr_in a = t_addr(AF_INET, TUN_IP, 0);
	int fd, ctl;

	t_own_netns();
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		t_skip("no tun device: %s", t_errname(errno));
	r.ifr_flags = IFF_TUN | IFF_NO_PI;
	OK(ioctl(fd, TUNSETIFF, &r));
	ctl = OK(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	memcpy(&r.ifr_addr, &a, sizeof(a));
	OK(ioctl(ctl, SIOCSIFADDR, &r));
	a.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&r.ifr_netmask, &a, sizeof(a));
	OK(ioctl(ctl, SIOCSIFNETMASK, &r));
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	OK(ioctl(ctl, SIOCSIFFLAGS, &r));
	close(ctl);
	return fd;
}

static int bind_dev(int fd, const char *name)
{
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, strlen(name));
}

/* Comes a SYN for this port out of the device in this time? */
static bool syn_seen(int tun_fd, uint16_t port, int ms)
{
	uint64_t end = t_ms() + ms, now;
	unsigned char p[2048];

	while ((now = t_ms()) < end) {
		struct iphdr *ip = (void *)p;
		struct tcphdr *th;

		t_poll(tun_fd, POLLIN, end - now);
		if (read(tun_fd, p, sizeof(p)) < 40 || ip->version != 4 ||
		    ip->protocol != IPPROTO_TCP)
			continue;
		th = (void *)(p + ip->ihl * 4);
		if (th->syn && !th->ack && ntohs(th->dest) == port)
			return true;
	}
	return false;
}

CASE_F(device_option, T_NO_MIX)
{
	char name[IFNAMSIZ + 4] = "";
	socklen_t len = sizeof(name);
	int fd = t_sock(t_fam);

	OK(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	EQ(len, 0);
	ERR(bind_dev(fd, "nonesuch0"), ENODEV);
	OK(bind_dev(fd, "lo"));
	len = sizeof(name);
	OK(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	EQ(len, 3);
	TRUE(!strcmp(name, "lo"));
	len = 2;
	ERR(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len), EINVAL);
	ERR(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, (void *)8, 3), EFAULT);
	OK(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0));
	len = sizeof(name);
	OK(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	EQ(len, 0);
}

static int dev_listener(const char *dev, uint32_t ip, uint16_t port)
{
	struct sockaddr_in a = t_addr(t_sfam, ip, port);
	int l = t_sock(t_sfam);

	OK(bind_dev(l, dev));
	OK(bind(l, SA(&a), sizeof(a)));
	OK(listen(l, 4));
	return l;
}

CASE(device_of_listener)
{
	struct sockaddr_in a;
	int t, l, m, c;
	uint16_t port;

	t = tun();
	l = dev_listener("t0", INADDR_ANY, 0);
	port = t_port(l);
	a = t_addr(t_cfam, LOOP, port);
	ERR(connect(t_sock(t_cfam), SA(&a), sizeof(a)), ECONNREFUSED);
	/* the port on lo is another's to take, and nobody's without a device */
	a = t_addr(t_sfam, INADDR_ANY, port);
	ERR(bind(t_sock(t_sfam), SA(&a), sizeof(a)), EADDRINUSE);
	m = dev_listener("lo", INADDR_ANY, port);
	c = t_connect(t_cfam, LOOP, port);
	EQ(ntohs(t_peer(t_accept(m)).sin_port), t_port(c));
	t_nonblock(l, true);
	ERR(accept(l, NULL, NULL), EAGAIN);
	close(t);
}

CASE(device_lo_at_both_ends)
{
	int l = dev_listener("lo", LOOP, 0), c = t_sock(t_cfam), s;
	struct sockaddr_in a = t_addr(t_cfam, LOOP, t_port(l));
	char b, name[IFNAMSIZ] = "";
	socklen_t len = sizeof(name);

	OK(bind_dev(c, "lo"));
	OK(connect(c, SA(&a), sizeof(a)));
	s = t_accept(l);
	OK(send(c, "x", 1, 0));
	RET(recv(s, &b, 1, 0), 1);
	OK(send(s, "y", 1, 0));
	RET(recv(c, &b, 1, 0), 1);
	OK(getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	TRUE(!strcmp(name, "lo"));	/* the child's device is its parent's */
}

CASE_F(device_of_client, T_NO_MIX)
{
	struct sockaddr_in a;
	int t = tun(), fd;

	/* by its route */
	t_connect_nb(t_fam, FAR_IP, 1001);
	TRUE(syn_seen(t, 1001, T_LONG));
	/* by its device, also to where the route would lead elsewhere */
	fd = t_sock_nb(t_fam);
	OK(bind_dev(fd, "t0"));
	a = t_addr(t_fam, 0xc0000201, 1002);
	ERR(connect(fd, SA(&a), sizeof(a)), EINPROGRESS);
	TRUE(syn_seen(t, 1002, T_LONG));
	/* never by another one than its own */
	fd = t_sock_nb(t_fam);
	OK(bind_dev(fd, "lo"));
	a = t_addr(t_fam, FAR_IP, 1003);
	if (connect(fd, SA(&a), sizeof(a)) == -1)
		TRUE(errno == EINPROGRESS || errno == ENETUNREACH ||
		     errno == EINVAL);
	TRUE(!syn_seen(t, 1003, T_SHORT));
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
