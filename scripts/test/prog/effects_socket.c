// SPDX-License-Identifier: GPL-2.0
/*
 * Every option of SOL_SOCKET in Linux 6.12's headers, by its effect; effects.h
 * says how.
 */
#include "effects.h"

#include <linux/filter.h>
#include <linux/tcp.h>

#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif
#define SO_PASSPIDFD_ 76
#define SO_PEERPIDFD_ 77

static void mark(const struct row *r)
{
	life(r, F_MARK);
}

static void priority(const struct row *r)
{
	life(r, F_PRIORITY);
}

/* An active reset by close(2). */
static void linger(const struct row *r)
{
	int seen = capture(F_NONE);
	struct pair p = make_pair(r, true, false);

	close(p.c);
	say_wire(seen, F_DF);
}

static void keepalive(const struct row *r)
{
	int seen = capture(F_NONE);
	uint8_t packet[2048];
	struct pair p = make_pair(r, true, false);

	set(p.c, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	find_packet(seen, 0, 2, packet, sizeof(packet));
	pause_ms(1500);
	say("probe %s", find_packet(seen, 0, 2, packet, sizeof(packet)) ? "yes" : "no");
}

static void urgent(const struct row *r)
{
	struct pair p = make_pair(r, false, true);
	char buf[16];

	must(send(p.c, "ab", 2, MSG_OOB) == 2, "send");
	events(p.s, POLLIN, 1000);
	say("read %ld", (long)recv(p.s, buf, sizeof(buf), MSG_DONTWAIT));
}

static void send_room(const struct row *r)
{
	struct pair p = make_pair(r, true, false);
	int small = get(p.c, SOL_SOCKET, SO_SNDBUF);
	long room = fill(p.c);

	say("SO_SNDBUF %d, room %s", small, room < 400000 ? "small" : "large");
}

static void receive_room(const struct row *r)
{
	int seen = capture(F_NONE);
	struct pair p = make_pair(r, false, true);

	say("SO_RCVBUF %d, ", get(p.s, SOL_SOCKET, SO_RCVBUF));
	fill(p.c);
	pause_ms(300);
	say("waits %s", get(p.s, SOL_SOCKET, SO_RCVBUF) < 20000 ? "little" : "much");
	close(seen);
}

static void low_water(const struct row *r)
{
	struct pair p = make_pair(r, false, true);

	send(p.c, "x", 1, 0);
	say("after 1: %x, ", events(p.s, POLLIN, 200));
	send(p.c, "123456789", 9, 0);
	say("after 10: %x", events(p.s, POLLIN, 2000));
}

static void receive_timeout(const struct row *r)
{
	struct pair p = make_pair(r, true, false);
	double begin = now();
	char c;
	long n = recv(p.c, &c, 1, 0);

	say("recv %s after %d tenths", err_name(n), (int)((now() - begin) * 10));
}

static void send_timeout(const struct row *r)
{
	struct pair p = make_pair(r, true, false);
	static char big[16 << 20];
	double begin;
	long n;

	fill(p.c);
	begin = now();
	n = send(p.c, big, sizeof(big), MSG_NOSIGNAL);
	if (n > 0)
		n = send(p.c, big, sizeof(big), MSG_NOSIGNAL);
	say("send %s, %s", err_name(n), now() - begin >= .15 ? "waited" : "at once");
}

/* Bound to a device that leads nowhere: nothing arrives. */
static void to_device(const struct row *r)
{
	int l = sock(), c = sock();
	struct sockaddr_in a = addr(INADDR_LOOPBACK, PORT);

	listen_on(l);
	must(!apply(r, c), "set");
	set(c, IPPROTO_TCP, TCP_SYNCNT, 1);
	fcntl(c, F_SETFL, O_NONBLOCK);
	say("connect %s, ", err_name(connect(c, (void *)&a, sizeof(a))));
	say("index %d", get(c, SOL_SOCKET, SO_BINDTOIFINDEX));
}

/* A filter that lets nothing, or everything, through. */
static void try_filter(const struct row *r, struct pair *p, int keep)
{
	struct sock_filter code = { BPF_RET | BPF_K, 0, 0, keep };
	struct sock_fprog prog = { 1, &code };
	char buf[8];

	say("attach %s, ", err_name(setsockopt(p->s, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
					      sizeof(prog))));
	send(p->c, "abc", 3, 0);
	events(p->s, POLLIN, 100);
	say("read %ld; ", (long)recv(p->s, buf, sizeof(buf), MSG_DONTWAIT));
	(void)r;
}

static void filter(const struct row *r)
{
	struct pair p = make_pair(r, false, false);
	char buf[8];

	try_filter(r, &p, 0);
	say("detach %s, ", err_name(set(p.s, SOL_SOCKET, SO_DETACH_FILTER, 0)));
	events(p.s, POLLIN, 3000);
	say("then %ld; ", (long)recv(p.s, buf, sizeof(buf), MSG_DONTWAIT));
	try_filter(r, &p, 0xffff);
	say("lock %s, ", err_name(set(p.s, SOL_SOCKET, SO_LOCK_FILTER, 1)));
	say("detach %s", err_name(set(p.s, SOL_SOCKET, SO_DETACH_FILTER, 0)));
}

static void filter_bpf(const struct row *r)
{
	struct pair p = make_pair(r, false, false);
	struct bpf_insn code[] = {
		{ BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0 },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2,
			     .insns = (uintptr_t)code, .license = (uintptr_t)"GPL" };
	int prog = syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));

	must(prog >= 0, "program");
	say("attach %s, ", err_name(setsockopt(p.s, r->level, r->opt, &prog, sizeof(prog))));
	send(p.c, "abc", 3, 0);
	say("event %x", events(p.s, POLLIN, 100));
}

/* The control messages that come with data, by level and type. */
static void say_cmsg(int fd, int flags)
{
	char data[100], control[512];
	struct iovec v = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	long n = recvmsg(fd, &m, flags);

	say("recvmsg %s", n < 0 ? err_name(n) : "ok");
	if (n < 0)
		return;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		struct sock_extended_err *e = (void *)CMSG_DATA(c);
		long long first;

		memcpy(&first, CMSG_DATA(c), sizeof(first));
		if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR)
			say(" (error %d/%d/%d/%d of %d bytes)", e->ee_origin, e->ee_errno,
			    e->ee_info, e->ee_data, (int)c->cmsg_len);
		else
			say(" (%d/%d, %d bytes, %s)", c->cmsg_level, c->cmsg_type,
			    (int)c->cmsg_len, first > 1000000000 ? "time" : "0");
	}
}

static void stamp(const struct row *r)
{
	struct pair p = make_pair(r, false, true);

	pause_ms(100);		/* the kernel turns its clock on by and by */
	send(p.c, "abc", 3, 0);
	events(p.s, POLLIN, 1000);
	say_cmsg(p.s, 0);
	/* What is put together keeps the time of the last; none without being asked. */
	send(p.c, "abc", 3, 0);
	send(p.c, "def", 3, 0);
	events(p.s, POLLIN, 1000);
	say("; ");
	say_cmsg(p.s, MSG_PEEK);
	must(!set(p.s, r->level, r->opt, 0), "clear");
	say("; ");
	say_cmsg(p.s, 0);
}

static void say_queue(int fd)
{
	while (events(fd, POLLERR, 200) & POLLERR) {
		say("; ");
		say_cmsg(fd, MSG_ERRQUEUE | MSG_DONTWAIT);
	}
}

/* Stamps of what was sent, of all kinds; the byte that each is of. */
static void stamp_sent(const struct row *r)
{
	struct pair p = make_pair(r, false, false);
	int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED |
		    SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_SOFTWARE |
		    SOF_TIMESTAMPING_OPT_TSONLY;
	static char big[200000];
	char buf[4096];

	send(p.c, "1234567", 7, 0);
	pause_ms(100);
	must(!set(p.c, r->level, r->opt, flags), "set");
	send(p.c, "abc", 3, 0);
	say_queue(p.c);
	say("; counted");
	must(!set(p.c, r->level, r->opt, flags | SOF_TIMESTAMPING_OPT_ID), "set");
	send(p.c, "abc", 3, 0);
	say_queue(p.c);
	say("; many");
	must(send(p.c, big, sizeof(big), MSG_DONTWAIT) > 0, "send");
	while (events(p.s, POLLIN, 50) & POLLIN)
		if (recv(p.s, buf, sizeof(buf), 0) <= 0)
			break;
	set(p.c, r->level, r->opt, 0);
	send(p.c, "abc", 3, 0);
	say_queue(p.c);
}

/* With the whole packet, as the error queue gives it unless told otherwise. */
static void error_queue(const struct row *r)
{
	struct pair p = make_pair(r, true, false);
	int flags = SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_SOFTWARE;

	say("empty: ");
	say_cmsg(p.c, MSG_ERRQUEUE);
	must(!set(p.c, SOL_SOCKET, SO_TIMESTAMPING, flags), "set");
	send(p.c, "abc", 3, 0);
	pause_ms(100);
	say(", events %x %x", events(p.c, POLLIN | POLLPRI, 100), events(p.c, 0, 0));
	say_queue(p.c);
}

static void sizes(const struct row *r)
{
	struct pair p = make_pair(r, false, false);
	unsigned int m[16] = { 0 };
	socklen_t len = sizeof(m);

	send(p.c, "abc", 3, 0);
	events(p.s, POLLIN, 1000);
	must(!getsockopt(p.s, r->level, r->opt, m, &len), "get");
	say("%d bytes, received %s, receive buffer %u, send %u, fwd %s, queued %u, backlog %u, drops %u",
	    len, m[0] ? "some" : "none", m[1], m[3], m[4] ? "some" : "none", m[5], m[7], m[8]);
}

static void as_number(const struct row *r)
{
	struct pair p = make_pair(r, false, false);

	say("closed %d, listener %d, connected %d", get(sock(), r->level, r->opt),
	    get(p.l, r->level, r->opt), get(p.s, r->level, r->opt));
}

/* It is what it was set to, an accepted socket has it from its listener, or not. */
static void inherited(const struct row *r)
{
	struct pair p = make_pair(r, false, true);

	say("listener %d, accepted %d", get(p.l, r->level, r->opt), get(p.s, r->level, r->opt));
}

static void unique(const struct row *r)
{
	int one = sock(), two = sock();
	unsigned long long a = 0, b = 0;
	socklen_t len = sizeof(a);

	must(!getsockopt(one, r->level, r->opt, &a, &len), "get");
	must(!getsockopt(two, r->level, r->opt, &b, &len), "get");
	say("%s, %s", a ? "not 0" : "0", a == b ? "same" : "different");
}

static void credentials(const struct row *r)
{
	struct pair p = make_pair(r, false, false);
	int v[3] = { 77, 77, 77 };
	socklen_t len = sizeof(v);

	say("%s ", err_name(getsockopt(p.s, r->level, r->opt, v, &len)));
	say("%d %d %d", v[0], v[1], v[2]);
}

/* Credentials, labels, marks: do they come with a stream's data? */
static void with_data(const struct row *r)
{
	struct pair p = make_pair(r, false, true);

	send(p.c, "abc", 3, 0);
	events(p.s, POLLIN, 1000);
	say_cmsg(p.s, 0);
}

static void reserve(const struct row *r)
{
	struct pair p = make_pair(r, false, false);

	say("set %s, ", err_name(apply(r, p.s)));
	say("has %d", get(p.s, r->level, r->opt));
	send(p.c, "abc", 3, 0);
	say(", event %x", events(p.s, POLLIN, 1000));
}

/* Locked buffers do not grow. */
static void buffer_lock(const struct row *r)
{
	struct pair p = make_pair(r, false, true);
	static char buf[65536];
	int before = get(p.s, SOL_SOCKET, SO_RCVBUF);

	for (int i = 0; i < 200; i++) {
		send(p.c, buf, sizeof(buf), MSG_DONTWAIT);
		events(p.s, POLLIN, 50);
		while (recv(p.s, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
	}
	say("receive buffer %s", get(p.s, SOL_SOCKET, SO_RCVBUF) == before ? "stays" : "grew");
}

static void dont_route(const struct row *r)
{
	int c = sock();
	struct sockaddr_in a = addr(0x0a090909, 9);

	must(!system("ip link add d0 type dummy && ip address add 10.8.0.1/24 dev d0 &&"
		     "ip link set d0 up && ip route add 10.9.0.0/16 via 10.8.0.2"), "route");
	must(!apply(r, c), "set");
	fcntl(c, F_SETFL, O_NONBLOCK);
	say("connect %s", err_name(connect(c, (void *)&a, sizeof(a))));
}

/* A second socket on the port of a connection that is in TIME-WAIT. */
static void reuse(const struct row *r)
{
	struct pair p = make_pair(r, false, false);
	struct sockaddr_in a = addr(INADDR_ANY, PORT);
	int again = sock();

	close(p.l);
	close(p.s);
	events(p.c, POLLIN, 500);
	close(p.c);
	say("without %s, ", err_name(bind(again, (void *)&a, sizeof(a))));
	again = sock();
	apply(r, again);
	say("with %s", err_name(bind(again, (void *)&a, sizeof(a))));
}

static void reuse_port(const struct row *r)
{
	struct sockaddr_in a = addr(INADDR_ANY, PORT);

	for (int i = 0; i < 3; i++) {
		int fd = sock();

		if (i < 2)
			apply(r, fd);
		say("%s ", err_name(bind(fd, (void *)&a, sizeof(a)) ?: listen(fd, 1)));
	}
}

/* Does what selects among listeners select? */
static void reuse_select(const struct row *r)
{
	struct sockaddr_in a = addr(INADDR_ANY, PORT);
	struct sock_filter code = { BPF_RET | BPF_K, 0, 0, 1 };
	struct sock_fprog prog = { 1, &code };
	int l[2], got[2] = { 0, 0 };

	for (int i = 0; i < 2; i++) {
		l[i] = sock();
		set(l[i], SOL_SOCKET, SO_REUSEPORT, 1);
		if (r->val && !i)
			say("attach %s, ", err_name(setsockopt(l[i], r->level, r->opt, &prog,
							      sizeof(prog))));
		must(!bind(l[i], (void *)&a, sizeof(a)), "bind");
		must(!listen(l[i], 40), "listen");
	}
	if (!r->val)
		say("attach %s, ", err_name(setsockopt(l[0], r->level, r->opt, &prog,
						      sizeof(prog))));
	for (int i = 0; i < 20; i++)
		connect_to(sock());
	for (int i = 0; i < 2; i++) {
		fcntl(l[i], F_SETFL, O_NONBLOCK);
		while (accept(l[i], NULL, NULL) >= 0)
			got[i]++;
	}
	say("%s; ", got[0] == 0 && got[1] == 20 ? "selects" : "spreads");
	say("detach %s", err_name(set(l[0], SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0)));
}

static void tx_time(const struct row *r)
{
	struct pair p = make_pair(r, true, false);
	uint64_t at = 1;
	char control[CMSG_SPACE(8)] = "";
	struct iovec v = { "abc", 3 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	long n;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SO_TXTIME;
	c->cmsg_len = CMSG_LEN(8);
	memcpy(CMSG_DATA(c), &at, 8);
	n = sendmsg(p.c, &m, 0);
	say("send %s, arrives %x", err_name(n), events(p.s, POLLIN, 500));
}

static void zero_copy(const struct row *r)
{
	struct pair p = make_pair(r, false, false);
	static char big[20000];
	long n;

	say("set %s, ", err_name(apply(r, p.c)));
	n = send(p.c, big, sizeof(big), MSG_ZEROCOPY);
	say("sent %ld, ", n);
	say("notice %x", events(p.c, 0, 200) & POLLERR);
}

static void paced(const struct row *r)
{
	struct pair p = make_pair(r, true, false);

	say("rate %d", get(p.c, r->level, r->opt));
}

/* Where the next look begins. */
static void peek_offset(const struct row *r)
{
	struct pair p = make_pair(r, false, true);
	char c[16];

	say("accepted %d, ", get(p.s, r->level, r->opt));
	must(!apply(r, p.s), "set");
	send(p.c, "abcdefgh", 8, 0);
	events(p.s, POLLIN, 500);
	for (int i = 0; i < 3; i++) {
		long n = recv(p.s, c, 2, i == 2 ? 0 : MSG_PEEK);

		say("'%.*s' now %d; ", n > 0 ? (int)n : 0, c, get(p.s, r->level, r->opt));
	}
}

#define S(name, val, probe) { #name, SOL_SOCKET, name, val, probe, NULL, 0 }
#define N(name, nr, val, probe) { #name, SOL_SOCKET, nr, val, probe, NULL, 0 }
#define D(name, nr, data, probe) { #name, SOL_SOCKET, nr, 0, probe, &data, sizeof(data) }

static const struct linger reset = { 1, 0 };
static const struct timeval tenths = { 0, 300000 };
static const int64_t tenths64[2] = { 0, 300000 };
static const struct sock_txtime txtime = { CLOCK_MONOTONIC, 0 };
static const struct sock_filter pass = { BPF_RET | BPF_K, 0, 0, 0xffff };
static const struct sock_fprog pass_all = { 1, (struct sock_filter *)&pass };
static const char lo[] = "lo";

static const struct row rows[] = {
	S(SO_DEBUG, 1, inherited),
	S(SO_REUSEADDR, 1, reuse),
	S(SO_TYPE, 1, as_number),
	S(SO_ERROR, 1, as_number),
	S(SO_DONTROUTE, 1, dont_route),
	S(SO_BROADCAST, 1, inherited),
	S(SO_SNDBUF, 2000, send_room),
	S(SO_RCVBUF, 3000, receive_room),
	S(SO_SNDBUFFORCE, 2000, send_room),
	S(SO_RCVBUFFORCE, 3000, receive_room),
	S(SO_KEEPALIVE, 1, keepalive),
	S(SO_OOBINLINE, 1, urgent),
	S(SO_NO_CHECK, 1, with_data),
	S(SO_PRIORITY, 3, priority),
	D(SO_LINGER, SO_LINGER, reset, linger),
	S(SO_BSDCOMPAT, 1, with_data),
	S(SO_REUSEPORT, 1, reuse_port),
	S(SO_PASSCRED, 1, with_data),
	S(SO_PEERCRED, 1, credentials),
	S(SO_RCVLOWAT, 10, low_water),
	S(SO_SNDLOWAT, 10, as_number),
	D(SO_RCVTIMEO_OLD, 20, tenths, receive_timeout),
	D(SO_SNDTIMEO_OLD, 21, tenths, send_timeout),
	D(SO_BINDTODEVICE, SO_BINDTODEVICE, lo, to_device),
	D(SO_ATTACH_FILTER, SO_ATTACH_FILTER, pass_all, filter),
	S(SO_DETACH_FILTER, 0, NULL),
	S(SO_PEERNAME, 0, NULL),
	S(SO_TIMESTAMP_OLD, 1, stamp),
	S(SO_ACCEPTCONN, 1, as_number),
	S(SO_PEERSEC, 1, credentials),
	S(SO_PASSSEC, 1, with_data),
	S(SO_TIMESTAMPNS_OLD, 1, stamp),
	S(SO_MARK, 5, mark),
	S(SO_TIMESTAMPING_OLD, SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE, stamp),
	{ "SO_TIMESTAMPING_OLD sending", SOL_SOCKET, SO_TIMESTAMPING_OLD, 0, stamp_sent, NULL, 0 },
	S(SO_PROTOCOL, 1, as_number),
	S(SO_DOMAIN, 1, as_number),
	S(SO_RXQ_OVFL, 1, with_data),
	S(SO_WIFI_STATUS, 1, with_data),
	S(SO_NOFCS, 1, with_data),
	S(SO_PEEK_OFF, 2, peek_offset),
	S(SO_LOCK_FILTER, 1, NULL),
	S(SO_SECURITY_AUTHENTICATION, 1, NULL),
	S(SO_SECURITY_ENCRYPTION_TRANSPORT, 1, NULL),
	S(SO_SECURITY_ENCRYPTION_NETWORK, 1, NULL),
	S(SO_SELECT_ERR_QUEUE, 1, error_queue),
	S(SO_BUSY_POLL, 10, reserve),
	S(SO_MAX_PACING_RATE, 1000000, paced),
	S(SO_BPF_EXTENSIONS, 1, as_number),
	S(SO_INCOMING_CPU, 1, inherited),
	S(SO_ATTACH_BPF, 0, filter_bpf),
	S(SO_ATTACH_REUSEPORT_CBPF, 0, reuse_select),
	{ "SO_ATTACH_REUSEPORT_CBPF before bind", SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, 1,
	  reuse_select, NULL, 0 },
	S(SO_ATTACH_REUSEPORT_EBPF, 0, NULL),
	S(SO_CNX_ADVICE, 1, reserve),
	S(SO_MEMINFO, 0, sizes),
	S(SO_INCOMING_NAPI_ID, 1, as_number),
	S(SO_COOKIE, 1, unique),
	S(SO_PEERGROUPS, 1, credentials),
	S(SO_ZEROCOPY, 1, zero_copy),
	D(SO_TXTIME, SO_TXTIME, txtime, tx_time),
	S(SO_BINDTOIFINDEX, 1, to_device),
	S(SO_TIMESTAMP_NEW, 1, stamp),
	S(SO_TIMESTAMPNS_NEW, 1, stamp),
	S(SO_TIMESTAMPING_NEW, SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE, stamp),
	{ "SO_TIMESTAMPING_NEW sending", SOL_SOCKET, SO_TIMESTAMPING_NEW, 0, stamp_sent, NULL, 0 },
	D(SO_RCVTIMEO_NEW, 66, tenths64, receive_timeout),
	D(SO_SNDTIMEO_NEW, 67, tenths64, send_timeout),
	S(SO_DETACH_REUSEPORT_BPF, 1, NULL),
	S(SO_PREFER_BUSY_POLL, 1, reserve),
	S(SO_BUSY_POLL_BUDGET, 16, reserve),
	S(SO_NETNS_COOKIE, 1, unique),
	S(SO_BUF_LOCK, 2, buffer_lock),
	S(SO_RESERVE_MEM, 100000, reserve),
	S(SO_TXREHASH, 0, inherited),
	N(SO_RCVMARK, SO_RCVMARK, 1, with_data),
	N(SO_PASSPIDFD, SO_PASSPIDFD_, 1, NULL),
	N(SO_PEERPIDFD, SO_PEERPIDFD_, 1, NULL),
	N(SO_DEVMEM_LINEAR, 78, 1, NULL),
	N(SO_DEVMEM_DMABUF, 79, 1, NULL),
	N(SO_DEVMEM_DONTNEED, 80, 1, NULL),
};

int main(int argc, char **argv)
{
	return run_rows(rows, COUNT(rows), argc, argv);
}
