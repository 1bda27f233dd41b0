// SPDX-License-Identifier: GPL-2.0
/*
 * What an ACK with SACK blocks costs a sender with so many segments in flight:
 * the peer is this program, on a tun device, and the time of an ACK is that of
 * its write(2), which runs the whole receive path. The first segment is lost.
 * Of the others a growing block is SACKed, up to the middle; then
 *
 *	grow	that block grows by one segment with each ACK
 *	holes	every other segment is SACKed, the last three in the blocks
 *
 * The size of a write says what is behind a buffer of the sender's: with that
 * of a segment one, with 64 KiB as many as it takes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "micro.h"

#define MSS	1000
#define ACKS	100
#define PEER	"10.79.0.2"

struct packet {
	struct iphdr ip;
	struct tcphdr tcp;
	uint8_t options[40];
} __attribute__((packed));

static int tun;
static uint16_t port;	/* the sender's, network order */
static uint32_t isn;	/* its first byte */

static void run(const char *command)
{
	if (system(command))
		errx(1, "%s", command);
}

static void open_tun(void)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	if (unshare(CLONE_NEWNET))
		err(1, "unshare");
	tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	strcpy(r.ifr_name, "tun0");
	if (tun < 0 || ioctl(tun, TUNSETIFF, &r))
		err(1, "tun0");
	run("ip link set tun0 up txqueuelen 10000 && ip addr add 10.79.0.1/24 dev tun0 && "
	    "ip route change 10.79.0.0/24 dev tun0 initcwnd 200000");
}

static uint16_t sum(const void *p, size_t n, uint32_t s)
{
	const uint16_t *w = p;

	for (; n > 1; n -= 2)
		s += *w++;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* Of all below @ack; @len bytes of options, a multiple of 4. */
static void prepare(struct packet *p, uint32_t ack, int syn, const void *options, size_t len)
{
	size_t tcp = sizeof(p->tcp) + len;
	uint32_t s = htons(IPPROTO_TCP) + htons(tcp);

	memset(p, 0, sizeof(*p));
	p->ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP,
		.tot_len = htons(sizeof(p->ip) + tcp) };
	p->ip.saddr = inet_addr(PEER);
	p->ip.daddr = inet_addr("10.79.0.1");
	p->ip.check = ~sum(&p->ip, sizeof(p->ip), 0);
	p->tcp.source = htons(80);
	p->tcp.dest = port;
	p->tcp.seq = htonl(1000 + !syn);
	p->tcp.ack_seq = htonl(ack);
	p->tcp.doff = tcp / 4;
	p->tcp.syn = syn;
	p->tcp.ack = 1;
	p->tcp.window = htons(65535);
	if (len)
		memcpy(p->options, options, len);
	s = sum(&p->ip.saddr, 8, s);
	p->tcp.check = ~sum(&p->tcp, tcp, s);
}

static double give(const struct packet *p)
{
	size_t len = ntohs(p->ip.tot_len);
	double start = now_us();

	if (write(tun, p, len) != (ssize_t)len)
		err(1, "tun");
	return now_us() - start;
}

/* An ACK of nothing, with blocks of segments [from, to). */
static double sack(const long (*blocks)[2], int n)
{
	uint8_t o[40] = { TCPOPT_NOP, TCPOPT_NOP, TCPOPT_SACK, 2 + 8 * n };
	struct packet p;
	int i;

	for (i = 0; i < 2 * n; i++) {
		uint32_t v = htonl(isn + blocks[i / 2][i % 2] * MSS);

		memcpy(o + 4 + 4 * i, &v, 4);
	}
	prepare(&p, isn, 0, o, 4 + 8 * n);
	return give(&p);
}

/* What the sender sends is thrown away; its SYN is answered. */
static void drain(void)
{
	static uint8_t buf[65536];
	const struct packet *in = (const void *)buf;
	static const uint8_t o[] = { TCPOPT_MAXSEG, 4, MSS >> 8, MSS & 255, TCPOPT_NOP, TCPOPT_NOP,
		TCPOPT_SACK_PERMITTED, 2, TCPOPT_NOP, TCPOPT_WINDOW, 3, 14 };
	struct packet p;

	while (read(tun, buf, sizeof(buf)) > 0) {
		if (in->ip.version != 4 || in->ip.protocol != IPPROTO_TCP || !in->tcp.syn)
			continue;
		port = in->tcp.source;
		isn = ntohl(in->tcp.seq) + 1;
		prepare(&p, isn, 1, o, sizeof(o));
		give(&p);
	}
}

static int connected(void)
{
	struct sockaddr_in to = { .sin_family = family, .sin_port = htons(80) };
	int fd = new_socket(), one = 1, room = 1 << 30;
	struct packet p;

	to.sin_addr.s_addr = inet_addr(PEER);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)) || errno != EINPROGRESS)
		err(1, "connect");
	while (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		drain();
	/* The window of a SYN is not scaled: say it again. */
	prepare(&p, isn, 0, NULL, 0);
	give(&p);
	return fd;
}

static void expect_in_flight(int fd, uint32_t n)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		err(1, "TCP_INFO");
	if (info.tcpi_unacked < n)
		errx(1, "%u segments in flight, not %u: state %u, window %u, lost %u",
		     info.tcpi_unacked, n, info.tcpi_ca_state, info.tcpi_snd_cwnd,
		     info.tcpi_lost);
}

void row_sack(long n)
{
	static const struct linger reset = { .l_onoff = 1 };
	double grow = 0, holes = 0;
	long sent = 0, i, at;
	char *data;
	int fd;

	data = calloc(1, write_size);
	open_tun();
	fd = connected();
	while (sent < n * MSS) {
		long len = n * MSS - sent < (long)write_size ? n * MSS - sent : (long)write_size;
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno != EAGAIN)
			err(1, "write");
		sent += put > 0 ? put : 0;
		drain();
	}
	expect_in_flight(fd, n);

	/* Ten steps to the middle, one by one, and with a hole between each. */
	for (i = 1, at = 1; i <= 10; i++) {
		at = 1 + (n / 2 - ACKS / 2) * i / 10;
		if (at > 1)
			sack((const long [][2]){ { 1, at } }, 1);
		drain();
	}
	for (i = 0; i < ACKS / 4; i++) {
		grow += sack((const long [][2]){ { 1, ++at } }, 1);
		drain();
	}
	for (i = 0; i < ACKS / 4; i++) {
		at += 2;
		holes += sack((const long [][2]){ { at, at + 1 }, { at - 2, at - 1 },
						  { at - 4, at - 3 } }, 3);
		drain();
	}
	printf("%.3f %.3f\n", grow / (ACKS / 4), holes / (ACKS / 4));
	/* Nobody acknowledges the rest: it would fill the memory of the next round. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}
