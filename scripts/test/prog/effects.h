/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs effects_*.c share: a table of options, flags and control
 * messages, each with a probe that tries it and says what came of it. Nothing is
 * judged here: scripts/test/system/api_effects.sh runs a table on both families
 * and compares what was said, line by line.
 *
 *	effects_X --family inet|newinet [NAME...]
 *
 * prints a line "NAME: what came of it" for each. Every probe has a process and
 * a network namespace of its own, and a time limit. What the wire shows is seen
 * by packet sockets on lo.
 */
#ifndef NEWINET_TEST_EFFECTS_H
#define NEWINET_TEST_EFFECTS_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT	7777		/* where the server of every probe listens */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct row {
	const char *name;
	int level, opt;
	int val;		/* what to set it to, or what .data holds */
	void (*probe)(const struct row *r);
	const void *data;
	int len;
};

static int fam;			/* the family under test */
static FILE *out;		/* what a probe says */

#define say(...) fprintf(out, __VA_ARGS__)

static inline const char *err_name(long ret)
{
	return ret < 0 ? strerrorname_np(errno) : "ok";
}

static inline void must(bool good, const char *what)
{
	if (good)
		return;
	say("[%s: %s]", what, strerrorname_np(errno) ?: "?");
	fflush(out);
	_exit(0);
}

/* ---- sockets -------------------------------------------------------- */

static inline int sock(void)
{
	int fd = socket(fam, SOCK_STREAM, 0);

	must(fd >= 0, "socket");
	return fd;
}

static inline struct sockaddr_in addr(uint32_t ip, int port)
{
	return (struct sockaddr_in){ .sin_family = fam, .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(ip) };
}

static inline int set(int fd, int level, int opt, int val)
{
	return setsockopt(fd, level, opt, &val, sizeof(val));
}

static inline int get(int fd, int level, int opt)
{
	int val = -1;
	socklen_t len = sizeof(val);

	return getsockopt(fd, level, opt, &val, &len) ? -errno : val;
}

/* The option of a row, on a socket. */
static inline int apply(const struct row *r, int fd)
{
	if (r->data)
		return setsockopt(fd, r->level, r->opt, r->data, r->len);
	return set(fd, r->level, r->opt, r->val);
}

static inline void listen_on(int fd)
{
	struct sockaddr_in a = addr(INADDR_ANY, PORT);

	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	must(!bind(fd, (void *)&a, sizeof(a)), "bind");
	must(!listen(fd, 8), "listen");
}

static inline int connect_to(int fd)
{
	struct sockaddr_in a = addr(INADDR_LOOPBACK, PORT);

	return connect(fd, (void *)&a, sizeof(a));
}

struct pair {
	int l, c, s;
};

/* A connection; the row's option is set before, on the ends that are named. */
static inline struct pair make_pair(const struct row *r, bool on_client, bool on_listener)
{
	struct pair p = { sock(), sock(), -1 };

	if (on_listener)
		must(!apply(r, p.l), "set on the listener");
	if (on_client)
		must(!apply(r, p.c), "set on the client");
	listen_on(p.l);
	must(!connect_to(p.c), "connect");
	p.s = accept(p.l, NULL, NULL);
	must(p.s >= 0, "accept");
	return p;
}

static inline unsigned int events(int fd, int want, int ms)
{
	struct pollfd p = { fd, want, 0 };

	poll(&p, 1, ms);
	return p.revents;
}

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static inline void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* Send until no more fits; how much did. */
static inline long fill(int fd)
{
	static char buf[4096];
	long sum = 0, n;

	for (;;) {
		n = send(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n <= 0)
			return sum;
		sum += n;
	}
}

static inline void say_option(const struct row *r)
{
	char buf[512];
	socklen_t len = sizeof(buf);
	int fd = sock();

	say("set %s, ", err_name(apply(r, fd)));
	say("get %s", err_name(getsockopt(sock(), r->level, r->opt, buf, &len)));
}

/* ---- the wire ------------------------------------------------------- */

/* What is seen of each packet that leaves on lo, by kind and direction. */
enum field { F_TOS, F_TTL, F_DF, F_WINDOW, F_MSS, F_MARK, F_PRIORITY, F_OPTIONS, F_NONE };

/* The packet is cut to BASE + this field of the skb: what else tells its value? */
#define BASE	34		/* the flags of TCP are the last byte of it */

static inline int field_filter(int offset)
{
	struct bpf_insn code[] = {
		{ BPF_LDX | BPF_W | BPF_MEM, 0, 1, offset, 0 },
		{ BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0, BASE },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 3,
			     .insns = (uintptr_t)code, .license = (uintptr_t)"GPL" };

	return syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
}

static inline int capture(enum field f)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, htons(ETH_P_ALL)), prog = 0;

	must(fd >= 0, "packet socket");
	if (f == F_MARK)
		prog = field_filter(offsetof(struct __sk_buff, mark));
	if (f == F_PRIORITY)
		prog = field_filter(offsetof(struct __sk_buff, priority));
	must(prog >= 0, "filter");
	if (prog)
		must(!setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)), "attach");
	return fd;
}

static inline int tcp_option(const uint8_t *tcp, int len, int kind)
{
	int end = (tcp[12] >> 4) * 4;

	for (int i = 20; i + 1 < end && i + 1 < len; i += tcp[i] < 2 ? 1 : tcp[i + 1] ?: 60)
		if (tcp[i] == kind)
			return tcp[i + 2] << 8 | tcp[i + 3];
	return 0;
}

static inline int field_of(enum field f, const uint8_t *ip, int n)
{
	switch (f) {
	case F_TOS:
		return ip[1];
	case F_TTL:
		return ip[8];
	case F_DF:
		return ip[6] >> 6 & 1;
	case F_OPTIONS:
		return (ip[0] & 15) * 4 - 20;
	case F_WINDOW:
		return ip[34] << 8 | ip[35];
	case F_MSS:
		return tcp_option(ip + 20, n - 20, 2);
	default:
		return n - BASE;	/* what the filter left */
	}
}

static const char *const kinds[] = { "SYN", "SYN-ACK", "ACK", "data", "FIN", "RST" };

static inline int kind_of(const uint8_t *ip)
{
	int flags = ip[(ip[0] & 15) * 4 + 13];
	int len = (ip[2] << 8 | ip[3]) - (ip[0] & 15) * 4 - (ip[(ip[0] & 15) * 4 + 12] >> 4) * 4;

	if (flags & 4)
		return 5;
	if (flags & 2)
		return flags & 16 ? 1 : 0;
	if (flags & 1)
		return 4;
	return len ? 3 : 2;
}

/* Did the server send it? */
static inline int side_of(const uint8_t *ip)
{
	const uint8_t *tcp = ip + (ip[0] & 15) * 4;

	return (tcp[0] << 8 | tcp[1]) == PORT;
}

/* For each kind of packet, from the client and from the server: the values seen. */
static inline void say_wire(int fd, enum field f)
{
	char seen[2][6][64] = { { "" } };
	struct sockaddr_ll from;
	uint8_t buf[65536];
	socklen_t len;
	long n;

	pause_ms(50);
	while (len = sizeof(from),
	       (n = recvfrom(fd, buf, sizeof(buf), 0, (void *)&from, &len)) > 0) {
		char one[16];
		int side, kind;

		if (from.sll_pkttype != PACKET_OUTGOING || buf[9] != IPPROTO_TCP ||
		    from.sll_protocol != htons(ETH_P_IP))
			continue;
		side = side_of(buf);
		kind = kind_of(buf);
		snprintf(one, sizeof(one), " %d", field_of(f, buf, n));
		if (!strstr(seen[side][kind], one) && strlen(seen[side][kind]) < 48)
			strcat(seen[side][kind], one);
	}
	for (int side = 0; side < 2; side++)
		for (int kind = 0; kind < 6; kind++)
			if (seen[side][kind][0])
				say("%s %s%s; ", side ? "server" : "client", kinds[kind],
				    seen[side][kind]);
}

/* The last packet of a kind from a side, whole; 0: there was none. */
static inline int find_packet(int fd, int side, int kind, uint8_t *buf, int room)
{
	struct sockaddr_ll from;
	uint8_t one[65536];
	socklen_t len;
	int found = 0;
	long n;

	pause_ms(20);
	while (len = sizeof(from),
	       (n = recvfrom(fd, one, sizeof(one), 0, (void *)&from, &len)) > 0) {
		if (from.sll_pkttype != PACKET_OUTGOING || one[9] != IPPROTO_TCP ||
		    from.sll_protocol != htons(ETH_P_IP) || n > room ||
		    side_of(one) != side || kind_of(one) != kind)
			continue;
		memcpy(buf, one, n);
		found = n;
	}
	return found;
}

static inline uint16_t tcp_sum(const uint8_t *ip, int n)
{
	uint32_t sum = IPPROTO_TCP + n - 20;

	for (int i = 12; i < n; i += 2)
		sum += ip[i] << 8 | (i + 1 < n ? ip[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Put a packet on lo once more. Its checksum was left to a device. */
static inline void send_packet(uint8_t *ip, int n)
{
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint16_t sum;

	must(fd >= 0, "raw socket");
	memcpy(&to.sin_addr, ip + 16, 4);
	ip[36] = 0;
	ip[37] = 0;
	sum = tcp_sum(ip, n);
	ip[36] = sum >> 8;
	ip[37] = sum;
	must(sendto(fd, ip, n, 0, (void *)&to, sizeof(to)) == n, "send a packet");
	close(fd);
}

/* A whole life, so that every kind of packet is seen; TIME-WAIT and RST too. */
static inline void life(const struct row *r, enum field f)
{
	int all = capture(F_NONE), seen = capture(f), n;
	struct pair p = make_pair(r, true, true);
	uint8_t packet[2048];
	char c[8];

	must(send(p.c, "hello", 5, 0) == 5 && send(p.s, "hello", 5, 0) == 5, "send");
	must(recv(p.c, c, 5, MSG_WAITALL) == 5 && recv(p.s, c, 5, MSG_WAITALL) == 5, "receive");
	shutdown(p.c, SHUT_WR);
	events(p.s, POLLRDHUP, 1000);
	close(p.s);
	events(p.c, POLLHUP, 1000);
	close(p.c);
	/* The server's FIN again: what answers is TIME-WAIT. */
	n = find_packet(all, 1, 4, packet, sizeof(packet));
	say_wire(seen, f);
	if (!n)
		return;
	say("TIME-WAIT: ");
	send_packet(packet, n);
	say_wire(seen, f);
	/* And as an ACK that no connection knows: the listener's reset. */
	memcpy(packet + 22, (uint8_t []){ PORT >> 8, PORT & 255 }, 2);
	packet[20] = 9;
	packet[33] = 16;
	say("listener: ");
	send_packet(packet, n);
	say_wire(seen, f);
}

/* ---- running -------------------------------------------------------- */

static inline void own_netns(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd;

	must(!unshare(CLONE_NEWNET), "namespace");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	must(!ioctl(fd, SIOCSIFFLAGS, &ifr), "lo");
	close(fd);
}

static inline void run_row(const struct row *r)
{
	int p[2];
	pid_t pid;
	char buf[4096];
	long n, sum = 0;

	if (pipe(p))
		exit(2);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(p[0]);
		out = fdopen(p[1], "w");
		setvbuf(out, NULL, _IONBF, 0);
		signal(SIGPIPE, SIG_IGN);
		alarm(40);
		own_netns();
		if (r->opt && r->level >= 0) {
			say_option(r);
			say(" | ");
		}
		if (r->probe)
			r->probe(r);
		_exit(0);
	}
	close(p[1]);
	while ((n = read(p[0], buf + sum, sizeof(buf) - 1 - sum)) > 0)
		sum += n;
	close(p[0]);
	buf[sum] = 0;
	waitpid(pid, &p[0], 0);
	printf("%s: %s%s\n", r->name, buf, WIFSIGNALED(p[0]) ? " (did not end)" : "");
}

static inline int family_of(const char *name)
{
	FILE *f = fopen("/sys/module/newinet/parameters/family", "re");
	int n = 19;

	if (f && fscanf(f, "%d", &n) != 1)
		n = 19;
	return strcmp(name, "inet") ? n : AF_INET;
}

static inline int run_rows(const struct row *rows, int count, int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "--family"))
		return 2;
	fam = family_of(argv[2]);
	for (int i = 0; i < count; i++) {
		bool wanted = argc == 3;

		for (int j = 3; j < argc; j++)
			wanted |= !strcmp(argv[j], rows[i].name);
		if (wanted)
			run_row(&rows[i]);
	}
	return 0;
}

#endif
