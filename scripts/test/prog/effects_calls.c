// SPDX-License-Identifier: GPL-2.0
/*
 * Flags of send, recv, sendmmsg, recvmmsg and accept, control messages that are
 * sent, ioctls, signals, splice, epoll and io_uring, by their effect; effects.h
 * says how.
 */
#include "effects.h"

#include <linux/io_uring.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>

static char buf[200000];

/* ---- flags ---------------------------------------------------------- */

/* A flag that send(2) takes: what it says, what arrives, at once or not. */
static void sending(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	long n;

	n = send(p.c, "abcde", 5, r->val | MSG_NOSIGNAL);
	say("%s %ld, ", err_name(n), n);
	say("event %x, ", events(p.s, POLLIN | POLLPRI, 100));
	n = recv(p.s, buf, 100, MSG_DONTWAIT);
	say("read %ld, ", n);
	n = send(p.c, "fg", 2, MSG_NOSIGNAL);
	events(p.s, POLLIN, 100);
	say("then %ld", (long)recv(p.s, buf, 100, MSG_DONTWAIT));
}

/* A flag that recv(2) takes. */
static void receiving(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	struct iovec v = { buf, 3 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	long n;

	send(p.c, "abcde", 5, 0);
	events(p.s, POLLIN, 500);
	strcpy(buf, "???");
	n = recvmsg(p.s, &m, r->val | MSG_DONTWAIT);
	say("%s %ld '%.3s' flags %x, ", err_name(n), n, buf, m.msg_flags);
	strcpy(buf, "???");
	n = recv(p.s, buf, 100, MSG_DONTWAIT);
	say("then %ld '%.*s'", n, n > 0 ? (int)n : 3, buf);
}

static void *late(void *fd)
{
	pause_ms(100);
	send((int)(long)fd, "fghij", 5, 0);
	return NULL;
}

static void wait_all(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	long n;

	send(p.c, "abcde", 5, 0);
	if (!fork()) {
		late((void *)(long)p.c);
		_exit(0);
	}
	n = recv(p.s, buf, 10, r->val);
	say("%s %ld", err_name(n), n);
}

static void no_signal(const struct row *r)
{
	int got;

	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (!pid) {
			struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET,
						  .opt = SO_KEEPALIVE }, 0, 0);

			signal(SIGPIPE, SIG_DFL);
			shutdown(p.c, SHUT_WR);
			_exit(send(p.c, "a", 1, i ? r->val : 0) < 0 ? errno : 0);
		}
		waitpid(pid, &got, 0);
		say("%s %d, ", i ? "with" : "without",
		    WIFSIGNALED(got) ? -WTERMSIG(got) : WEXITSTATUS(got));
	}
}

static void accept_flags(const struct row *r)
{
	int l = sock(), s;

	listen_on(l);
	must(!connect_to(sock()), "connect");
	s = accept4(l, NULL, NULL, r->val);
	say("%s, %x %x, ", err_name(s), s < 0 ? 0 : fcntl(s, F_GETFL), s < 0 ? 0 : fcntl(s, F_GETFD));
	s = accept4(l, NULL, NULL, SOCK_NONBLOCK | 0x4000);
	say("unknown flag %s", err_name(s));
}

static void many(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	struct iovec v[3] = { { "ab", 2 }, { "cde", 3 }, { "f", 1 } };
	struct iovec w[3] = { { buf, 2 }, { buf + 2, 2 }, { buf + 4, 20 } };
	struct mmsghdr m[3] = { 0 };
	struct timespec t = { 1, 0 };
	int n;

	for (int i = 0; i < 3; i++)
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1 };
	n = sendmmsg(p.c, m, 3, r->val);
	say("sent %d: %u %u %u, ", n, m[0].msg_len, m[1].msg_len, m[2].msg_len);
	events(p.s, POLLIN, 500);
	pause_ms(20);
	for (int i = 0; i < 3; i++)
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &w[i], .msg_iovlen = 1 };
	n = recvmmsg(p.s, m, 3, MSG_WAITFORONE, &t);
	say("received %d: %u %u %u '%.6s'", n, m[0].msg_len, m[1].msg_len, m[2].msg_len, buf);
}

/* ---- control messages ----------------------------------------------- */

static void control(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	int seen = capture(F_MARK);
	char c[CMSG_SPACE(8)] = "";
	struct iovec v = { "abc", 3 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = c,
			    .msg_controllen = sizeof(c) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	long n;

	h->cmsg_level = r->level == -2 ? SOL_IP : r->level == -3 ? IPPROTO_TCP : SOL_SOCKET;
	h->cmsg_type = r->opt;
	h->cmsg_len = CMSG_LEN(r->len ?: 4);
	memcpy(CMSG_DATA(h), &r->val, 4);
	n = sendmsg(p.c, &m, 0);
	say("%s, ", err_name(n));
	say("event %x; ", events(p.s, POLLIN, 100));
	say_wire(seen, F_MARK);
	say("error event %x", events(p.c, 0, 100));
}

/* ---- ioctls, signals ------------------------------------------------ */

static void number(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	int v = -1, ret;

	ret = ioctl(sock(), r->val, &v);
	say("closed %s %d, ", err_name(ret), v);
	ret = ioctl(p.l, r->val, &v);
	say("listener %s %d, ", err_name(ret), v);
	send(p.c, buf, 1000, 0);
	events(p.s, POLLIN, 500);
	ret = ioctl(p.s, r->val, &v);
	say("reader %s %d, ", err_name(ret), v);
	pause_ms(300);
	ret = ioctl(p.c, r->val, &v);
	say("writer %s %d, ", err_name(ret), v);
	shutdown(p.c, SHUT_WR);
	events(p.s, POLLRDHUP, 500);
	ret = ioctl(p.s, r->val, &v);
	say("at the end %s %d", err_name(ret), v);
}

/* The buffers are full: what waits, and what of it was not sent. */
static void full(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	int v = -1, all = 0;

	fill(p.c);
	pause_ms(300);
	must(!ioctl(p.c, r->val, &v), "ioctl");
	must(!ioctl(p.c, SIOCOUTQ, &all), "ioctl");
	say("%s, %s", v > 100000 ? "much" : "little", v <= all ? "of all" : "more than all");
}

static void stamp_of(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	struct timespec t = { 0, 0 };
	int ret;

	ret = ioctl(p.s, r->val, &t);
	say("%s, ", err_name(ret));
	pause_ms(100);
	send(p.c, "abc", 3, 0);
	recv(p.s, buf, 10, 0);
	ret = ioctl(p.s, r->val, &t);
	say("then %s %s", err_name(ret), t.tv_sec ? "time" : "0");
}

static volatile sig_atomic_t signals, last_code, last_fd, last_band;

static void on_signal(int nr, siginfo_t *i, void *context)
{
	(void)nr;
	(void)context;
	signals++;
	last_code = i->si_code;
	last_fd = i->si_fd;
	last_band = i->si_band;
}

static void say_signals(const char *when, int fd)
{
	pause_ms(50);
	say("%s: %s code %d band %x%s; ", when, signals ? "some" : "none", last_code, last_band,
	    last_code > 0 && last_fd != fd ? " of another" : "");
	signals = 0;
	last_code = 0;
	last_band = 0;
}

/* SIGIO, or a signal of one's own, when data, room, a connection, the end come. */
static void asynchronous(const struct row *r)
{
	struct sigaction a = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
	int on = 1, pid = getpid(), l = sock(), s, c = sock();

	sigaction(SIGIO, &a, NULL);
	sigaction(SIGUSR1, &a, NULL);
	sigaction(SIGURG, &a, NULL);
	listen_on(l);
	if (r->val == FIOASYNC) {
		must(!ioctl(l, FIOASYNC, &on) && !ioctl(l, SIOCSPGRP, &pid), "ioctl");
	} else {
		must(!fcntl(l, F_SETOWN, pid) && !fcntl(l, F_SETSIG, SIGUSR1) &&
		     !fcntl(l, F_SETFL, O_ASYNC), "fcntl");
	}
	must(!connect_to(c), "connect");
	say_signals("listener", l);
	s = accept(l, NULL, NULL);
	must(!fcntl(s, F_SETOWN, pid) && !fcntl(s, F_SETSIG, r->val == FIOASYNC ? 0 : SIGUSR1) &&
	     !fcntl(s, F_SETFL, O_ASYNC), "fcntl");
	say_signals("accepted", s);
	send(c, "abc", 3, 0);
	say_signals("data", s);
	fill(s);
	say_signals("full", s);
	for (int i = 0; i < 50; i++)
		if (recv(c, buf, sizeof(buf), MSG_DONTWAIT) <= 0)
			pause_ms(10);
	say_signals("room", s);
	shutdown(c, SHUT_WR);
	say_signals("end", s);
	set(c, SOL_SOCKET, SO_LINGER, 0);
	setsockopt(c, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	close(c);
	say_signals("reset", s);
}

/* ---- events --------------------------------------------------------- */

static void say_state(const char *when, int fd)
{
	int events_now = events(fd, 0xffff & ~POLLNVAL, 50);

	say("%s %x error %d; ", when, events_now, get(fd, SOL_SOCKET, SO_ERROR));
	say("%x read %s; ", events(fd, 0xffff & ~POLLNVAL, 0),
	    err_name(recv(fd, buf, 10, MSG_DONTWAIT)));
	say("write %s; ", err_name(send(fd, "a", 1, MSG_DONTWAIT | MSG_NOSIGNAL)));
}

/* After a reset, a refusal, a shutdown: events, the error once, reads and writes. */
static void after_errors(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	int c = sock();
	struct sockaddr_in a = addr(INADDR_LOOPBACK, PORT + 1);

	(void)r;
	say_state("fresh", sock());
	say_state("listener", p.l);
	setsockopt(p.c, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	close(p.c);
	say_state("reset", p.s);
	fcntl(c, F_SETFL, O_NONBLOCK);
	connect(c, (void *)&a, sizeof(a));
	say_state("refused", c);
	p.c = sock();
	connect_to(p.c);
	p.s = accept(p.l, NULL, NULL);
	shutdown(p.s, SHUT_RD);
	say_state("no reading", p.s);
	shutdown(p.s, SHUT_WR);
	say_state("no writing", p.s);
	say_state("its peer", p.c);
}

static void epolls(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	struct epoll_event e = { .events = r->val | EPOLLIN };
	int ep = epoll_create1(0), n;

	say("add %s; ", err_name(epoll_ctl(ep, EPOLL_CTL_ADD, p.s, &e)));
	for (int i = 0; i < 2; i++) {
		send(p.c, "abc", 3, 0);
		pause_ms(30);
		for (int j = 0; j < 2; j++) {
			n = epoll_wait(ep, &e, 1, 0);
			say("%d %x; ", n, n > 0 ? e.events : 0);
		}
	}
	recv(p.s, buf, 1, 0);
	n = epoll_wait(ep, &e, 1, 0);
	say("read 1: %d; ", n);
	shutdown(p.c, SHUT_WR);
	pause_ms(30);
	n = epoll_wait(ep, &e, 1, 0);
	say("end: %d %x", n, n > 0 ? e.events : 0);
}

/* ---- splice --------------------------------------------------------- */

static void splices(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	double begin = now();
	int q[2];
	long n;

	must(!pipe(q), "pipe");
	setsockopt(p.s, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0, 300000 },
		   sizeof(struct timeval));
	n = splice(p.s, NULL, q[1], NULL, 100, r->val | SPLICE_F_NONBLOCK);
	say("empty %s %s, ", err_name(n), now() - begin > .2 ? "after a while" : "at once");
	must(write(q[1], "abcde", 5) == 5, "write");
	n = splice(q[0], NULL, p.c, NULL, 5, r->val);
	say("out %s %ld, ", err_name(n), n);
	say("event %x, ", events(p.s, POLLIN, 100));
	send(p.c, "fgh", 3, 0);
	events(p.s, POLLIN, 500);
	pause_ms(30);
	n = splice(p.s, NULL, q[1], NULL, 100, r->val);
	say("in %s %ld, ", err_name(n), n);
	shutdown(p.c, SHUT_WR);
	events(p.s, POLLRDHUP, 500);
	n = splice(p.s, NULL, q[1], NULL, 100, r->val);
	say("end %s %ld, ", err_name(n), n);
	fcntl(p.c, F_SETFL, O_NONBLOCK);
	n = splice(p.c, NULL, q[1], NULL, 100, r->val);
	say("not blocking %s", err_name(n));
}

/* ---- io_uring ------------------------------------------------------- */

struct ring {
	int fd;
	struct io_uring_params p;
	char *rings;
	struct io_uring_sqe *sqes;
};

static void ring_open(struct ring *g)
{
	size_t size;

	memset(g, 0, sizeof(*g));
	g->fd = syscall(SYS_io_uring_setup, 8, &g->p);
	must(g->fd >= 0, "io_uring");
	size = g->p.cq_off.cqes + g->p.cq_entries * sizeof(struct io_uring_cqe);
	if (size < g->p.sq_off.array + g->p.sq_entries * 4)
		size = g->p.sq_off.array + g->p.sq_entries * 4;
	g->rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, g->fd,
			IORING_OFF_SQ_RING);
	g->sqes = mmap(NULL, g->p.sq_entries * sizeof(*g->sqes), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, g->fd, IORING_OFF_SQES);
	must(g->rings != MAP_FAILED && g->sqes != MAP_FAILED, "rings");
}

/* Submit one entry and say its completions, until no more are to come. */
static void ring_do(struct ring *g, const struct io_uring_sqe *sqe)
{
	unsigned int *tail = (void *)(g->rings + g->p.sq_off.tail);
	unsigned int *array = (void *)(g->rings + g->p.sq_off.array);
	unsigned int *head = (void *)(g->rings + g->p.cq_off.head);
	unsigned int mask = *(unsigned int *)(g->rings + g->p.cq_off.ring_mask);
	unsigned int slot = *tail & *(unsigned int *)(g->rings + g->p.sq_off.ring_mask);
	struct io_uring_cqe *cqes = (void *)(g->rings + g->p.cq_off.cqes), *c;
	int submit = 1;

	g->sqes[slot] = *sqe;
	array[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	do {
		must(syscall(SYS_io_uring_enter, g->fd, submit, 1, IORING_ENTER_GETEVENTS, NULL,
			     0) == submit, "enter");
		submit = 0;
		c = &cqes[*head & mask];
		say("%d flags %x, ", c->res, c->flags);
		__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	} while (c->flags & IORING_CQE_F_MORE);
}

static void uring(const struct row *r)
{
	struct pair p = make_pair(&(struct row){ .level = SOL_SOCKET, .opt = SO_KEEPALIVE }, 0, 0);
	struct iovec v = { buf, 20000 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct io_uring_sqe e = { .opcode = r->val, .fd = p.c };
	struct ring g;

	ring_open(&g);
	e.addr = (uintptr_t)buf;
	e.len = 20000;
	if (r->val == IORING_OP_SENDMSG || r->val == IORING_OP_SENDMSG_ZC) {
		e.addr = (uintptr_t)&m;
		e.len = 1;
	}
	if (r->val == IORING_OP_RECV) {
		send(p.c, buf, 100, 0);
		events(p.s, POLLIN, 500);
		e.fd = p.s;
		e.len = 40;
	}
	ring_do(&g, &e);
	if (e.fd == p.s)
		ring_do(&g, &e);
	else
		say("received %ld", (long)recv(p.s, buf, 20000, MSG_WAITALL));
}

/* ---- modules -------------------------------------------------------- */

/* What the kernel asks modprobe for when an ordinary user names what is not there. */
static void modules(const struct row *r)
{
	static const char helper[] = "/tmp/effects-modprobe", asked[] = "/tmp/effects-asked";
	char was[200] = "", line[200], *number;
	FILE *f = fopen("/proc/sys/kernel/modprobe", "r+");
	int fd = sock();

	must(f && fgets(was, sizeof(was), f), "modprobe");
	must(!system("printf '#!/bin/sh\\necho \"$3\" >>/tmp/effects-asked\\n' "
		     ">/tmp/effects-modprobe; chmod 755 /tmp/effects-modprobe; "
		     ">/tmp/effects-asked; chmod 666 /tmp/effects-asked"), "helper");
	rewind(f);
	must(fputs(helper, f) >= 0 && !fflush(f), "modprobe");
	if (!fork()) {
		must(!setgid(65534) && !setuid(65534), "nobody");
		setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nonesuch", 8);
		setsockopt(fd, IPPROTO_TCP, TCP_ULP, "nonesuch", 8);
		setsockopt(fd, SOL_IP, 12345, "nonesuch", 8);
		socket(fam, SOCK_STREAM, 222);
		_exit(0);
	}
	wait(NULL);
	rewind(f);
	fputs(was, f);
	fclose(f);
	(void)r;

	f = fopen(asked, "r");
	must(f, "asked");
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		number = strncmp(line, "net-pf-", 7) ? NULL : strchr(line + 7, '-');
		say("%s%s; ", number ? "net-pf-N" : line, number ?: "");
	}
	fclose(f);
}

#define F(name, val, probe) { #name, -1, 0, val, probe, NULL, 0 }
#define C(name, level, type, val, len) { name, level, type, val, control, NULL, len }
#define MSG_FASTOPEN_ 0x20000000

static const struct row rows[] = {
	{ "MSG_OOB sending", -1, 0, MSG_OOB, sending, NULL, 0 },
	{ "MSG_DONTROUTE", -1, 0, MSG_DONTROUTE, sending, NULL, 0 },
	{ "MSG_DONTWAIT", -1, 0, MSG_DONTWAIT, sending, NULL, 0 },
	{ "MSG_EOR", -1, 0, MSG_EOR, sending, NULL, 0 },
	{ "MSG_CONFIRM", -1, 0, MSG_CONFIRM, sending, NULL, 0 },
	{ "MSG_MORE", -1, 0, MSG_MORE, sending, NULL, 0 },
	{ "MSG_BATCH", -1, 0, MSG_BATCH, sending, NULL, 0 },
	{ "MSG_ZEROCOPY unasked", -1, 0, MSG_ZEROCOPY, sending, NULL, 0 },
	{ "MSG_FASTOPEN", -1, 0, MSG_FASTOPEN_, sending, NULL, 0 },
	{ "MSG_PROBE", -1, 0, 0x10, sending, NULL, 0 },
	{ "MSG_SYN", -1, 0, 0x400, sending, NULL, 0 },
	F(MSG_OOB, MSG_OOB, receiving),
	F(MSG_PEEK, MSG_PEEK, receiving),
	F(MSG_TRUNC, MSG_TRUNC, receiving),
	{ "MSG_TRUNC | MSG_PEEK", -1, 0, MSG_TRUNC | MSG_PEEK, receiving, NULL, 0 },
	F(MSG_ERRQUEUE, MSG_ERRQUEUE, receiving),
	F(MSG_WAITALL, MSG_WAITALL, wait_all),
	{ "MSG_WAITALL | MSG_PEEK", -1, 0, MSG_WAITALL | MSG_PEEK, wait_all, NULL, 0 },
	F(MSG_CTRUNC, MSG_CTRUNC, receiving),
	F(MSG_CMSG_CLOEXEC, MSG_CMSG_CLOEXEC, receiving),
	F(MSG_WAITFORONE, MSG_WAITFORONE, receiving),
	F(MSG_NOSIGNAL, MSG_NOSIGNAL, no_signal),
	F(SOCK_NONBLOCK, SOCK_NONBLOCK | SOCK_CLOEXEC, accept_flags),
	F(sendmmsg, 0, many),
	{ "sendmmsg MSG_MORE", -1, 0, MSG_MORE, many, NULL, 0 },
	C("control SO_MARK", -1, SO_MARK, 5, 4),
	C("control SO_TIMESTAMPING", -1, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_ACK, 4),
	C("control SO_TIMESTAMPING wrong", -1, SO_TIMESTAMPING, SOF_TIMESTAMPING_SOFTWARE, 4),
	C("control SCM_TXTIME", -1, SO_TXTIME, 0, 8),
	C("control SCM_RIGHTS", -1, SCM_RIGHTS, 1, 4),
	C("control SCM_CREDENTIALS", -1, 2, 0, 12),
	C("control SO_PRIORITY", -1, SO_PRIORITY, 3, 4),
	C("control unknown", -1, 99, 0, 4),
	C("control IP_TOS", -2, IP_TOS, 0x20, 4),
	C("control IP_TTL", -2, IP_TTL, 9, 4),
	C("control IP_PKTINFO", -2, IP_PKTINFO, 0, 12),
	C("control TCP_INQ", -3, TCP_INQ, 0, 4),
	F(SIOCINQ, SIOCINQ, number),
	F(SIOCOUTQ, SIOCOUTQ, number),
	F(SIOCOUTQNSD, SIOCOUTQNSD, number),
	{ "SIOCOUTQNSD full", -1, 0, SIOCOUTQNSD, full, NULL, 0 },
	F(SIOCATMARK, SIOCATMARK, number),
	F(SIOCGSTAMP, SIOCGSTAMP_OLD, stamp_of),
	F(SIOCGSTAMPNS, SIOCGSTAMPNS_OLD, stamp_of),
	F(FIOGETOWN, SIOCGPGRP, number),
	F(FIOASYNC, FIOASYNC, asynchronous),
	F(O_ASYNC, O_ASYNC, asynchronous),
	F(poll, 0, after_errors),
	F(EPOLLIN, EPOLLIN, epolls),
	F(EPOLLET, EPOLLET, epolls),
	F(EPOLLONESHOT, EPOLLONESHOT, epolls),
	F(EPOLLEXCLUSIVE, EPOLLEXCLUSIVE, epolls),
	F(SPLICE_F_MOVE, SPLICE_F_MOVE, splices),
	F(SPLICE_F_MORE, SPLICE_F_MORE, splices),
	F(modprobe, 0, modules),
	F(IORING_OP_SEND, IORING_OP_SEND, uring),
	F(IORING_OP_SENDMSG, IORING_OP_SENDMSG, uring),
	F(IORING_OP_SEND_ZC, IORING_OP_SEND_ZC, uring),
	F(IORING_OP_SENDMSG_ZC, IORING_OP_SENDMSG_ZC, uring),
	F(IORING_OP_RECV, IORING_OP_RECV, uring),
};

int main(int argc, char **argv)
{
	return run_rows(rows, COUNT(rows), argc, argv);
}
