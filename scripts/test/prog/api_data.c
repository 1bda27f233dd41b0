// SPDX-License-Identifier: GPL-2.0
/*
 * Sending and receiving, call by call: flags, timeouts, signals, vectors,
 * partial transfers and bad input. Long transfers are in api_stream.c.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 400
 */
#define _GNU_SOURCE
#include "t.h"

#include <limits.h>
#include <linux/net_tstamp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SCM_TS_OPT_ID		/* 6.13 */
#define SCM_TS_OPT_ID	81
#endif

/* n bytes are there to be read, all of them */
static void wait_bytes(int fd, int n)
{
	char b[4096];
	uint64_t end = t_ms() + T_LONG;

	NEED(n <= (int)sizeof(b));
	while (recv(fd, b, n, MSG_PEEK | MSG_DONTWAIT) != n && t_ms() < end)
		t_sleep(1);
}

static void give(int from, int to, const char *text)
{
	RET(send(from, text, strlen(text), MSG_NOSIGNAL), (long)strlen(text));
	wait_bytes(to, strlen(text));
}

static void got(int line, const char *call, const char *b, const char *want)
{
	if (memcmp(b, want, strlen(want)))
		t_fail(__FILE__, line, "%s got \"%.*s\", expected \"%s\"", call,
		       (int)strlen(want), b, want);
}
#define GOT(b, want) got(__LINE__, #b, b, want)

CASE(send_recv)
{
	char b[16] = "";
	int c, s;

	t_pair(&c, &s);
	RET(send(c, "hello", 5, 0), 5);
	RET(recv(s, b, 5, MSG_WAITALL), 5);
	GOT(b, "hello");
	RET(send(s, "there", 5, 0), 5);
	RET(recv(c, b, 5, MSG_WAITALL), 5);
	GOT(b, "there");
}

CASE(read_write)
{
	char b[16] = "";
	int c, s;

	t_pair(&c, &s);
	RET(write(c, "hello", 5), 5);
	wait_bytes(s, 5);
	RET(read(s, b, sizeof(b)), 5);
	GOT(b, "hello");
	RET(write(s, "x", 1), 1);
	RET(read(c, b, 16), 1);
}

CASE(recv_takes_what_is_there)
{
	char b[16] = "";
	int c, s;

	t_pair(&c, &s);
	give(c, s, "abcdef");
	RET(recv(s, b, 4, 0), 4);
	GOT(b, "abcd");
	RET(recv(s, b, sizeof(b), 0), 2);
	GOT(b, "ef");
	/* no boundaries: two sends come as one */
	RET(send(c, "12", 2, 0), 2);
	give(c, s, "34");
	wait_bytes(s, 4);
	RET(recv(s, b, sizeof(b), 0), 4);
	GOT(b, "1234");
}

CASE(readv_writev)
{
	char x[4], y[2], z[10];
	struct iovec out[4] = { { "ab", 2 }, { "", 0 }, { "cdef", 4 },
				{ "g", 1 } };
	volatile int below = -1, above = IOV_MAX + 1;
	struct iovec in[4] = { { x, 4 }, { NULL, 0 }, { y, 2 }, { z, 10 } };
	int c, s;

	t_pair(&c, &s);
	RET(writev(c, out, 4), 7);
	wait_bytes(s, 7);
	RET(readv(s, in, 4), 7);
	GOT(x, "abcd");
	GOT(y, "ef");
	GOT(z, "g");
	ERR(writev(c, out, below), EINVAL);
	ERR(readv(s, in, below), EINVAL);
	ERR(writev(c, out, above), EINVAL);
	RET(writev(c, out, 0), 0);
}

CASE(widest_vector)
{
	static char a[IOV_MAX][8], b[IOV_MAX][8];
	struct iovec out[IOV_MAX], in[IOV_MAX];
	struct msghdr m = { .msg_iov = in, .msg_iovlen = IOV_MAX };
	int c, s;

	for (int i = 0; i < IOV_MAX; i++) {
		memset(a[i], 'A' + i % 26, 8);
		out[i] = (struct iovec){ a[i], 8 };
		in[i] = (struct iovec){ b[IOV_MAX - 1 - i], 8 };
	}
	t_pair(&c, &s);
	RET(writev(c, out, IOV_MAX), 8 * IOV_MAX);
	RET(recvmsg(s, &m, MSG_WAITALL), 8 * IOV_MAX);
	for (int i = 0; i < IOV_MAX; i++)
		NEED(!memcmp(a[i], b[IOV_MAX - 1 - i], 8));
}

CASE(sendmsg_recvmsg)
{
	char x[3], y[8], ctl[64];
	struct sockaddr_in a;
	struct iovec out[2] = { { "abc", 3 }, { "de", 2 } };
	struct iovec in[2] = { { x, 3 }, { y, 8 } };
	struct msghdr m = { .msg_iov = out, .msg_iovlen = 2 };
	int c, s;

	t_pair(&c, &s);
	RET(sendmsg(c, &m, 0), 5);
	wait_bytes(s, 5);
	m = (struct msghdr){ .msg_iov = in, .msg_iovlen = 2, .msg_name = &a,
			     .msg_namelen = sizeof(a), .msg_control = ctl,
			     .msg_controllen = sizeof(ctl), .msg_flags = -1 };
	RET(recvmsg(s, &m, 0), 5);
	GOT(x, "abc");
	GOT(y, "de");
	EQ(m.msg_namelen, 0);		/* a stream tells no address */
	EQ(m.msg_controllen, 0);
	EQ(m.msg_flags, 0);
	ERR(sendmsg(c, NULL, 0), EFAULT);
	ERR(recvmsg(s, (void *)8, 0), EFAULT);
	m = (struct msghdr){ .msg_iov = out, .msg_iovlen = IOV_MAX + 1 };
	ERR(sendmsg(c, &m, 0), EMSGSIZE);
}

CASE(control_data)
{
	union {
		struct cmsghdr h;
		char b[CMSG_SPACE(sizeof(int))];
	} u = { .h = { .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct iovec out = { "abc", 3 };
	struct msghdr m = { .msg_iov = &out, .msg_iovlen = 1,
			    .msg_control = &u, .msg_controllen = sizeof(u) };
	int c, s;

	t_pair(&c, &s);
	u.h.cmsg_level = SOL_SOCKET;
	u.h.cmsg_type = 9999;
	ERR(sendmsg(c, &m, 0), EINVAL);
	u.h.cmsg_len = 3;		/* shorter than its own header */
	ERR(sendmsg(c, &m, 0), EINVAL);
	u.h.cmsg_len = CMSG_LEN(sizeof(int));
	u.h.cmsg_type = SCM_TS_OPT_ID;	/* not for streams, where there is such a thing */
	*(int *)CMSG_DATA(&u.h) = 7;
	t_opt(c, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_OPT_ID);
	ERR(sendmsg(c, &m, 0), EINVAL);
	u.h.cmsg_level = 4242;		/* of no concern: left alone */
	RET(sendmsg(c, &m, 0), 3);
	/* What is wrong with the socket is told first. */
	u.h.cmsg_level = SOL_SOCKET;
	RET(shutdown(c, SHUT_WR), 0);
	ERR(sendmsg(c, &m, MSG_NOSIGNAL), EPIPE);
	ERR(sendmsg(t_sock(t_cfam), &m, MSG_NOSIGNAL), EPIPE);
}

CASE(dontwait)
{
	char b[4];
	int c, s;

	t_pair(&c, &s);
	ERR(recv(s, b, 1, MSG_DONTWAIT), EAGAIN);
	t_nonblock(s, true);
	ERR(recv(s, b, 1, 0), EAGAIN);
	ERR(read(s, b, 1), EAGAIN);
	ERR(recv(s, b, 1, MSG_WAITALL), EAGAIN);
	give(c, s, "x");
	RET(recv(s, b, 4, MSG_WAITALL), 1);	/* not waiting wins */
}

CASE(peek)
{
	char b[16] = "", d[16] = "";
	struct iovec v[2] = { { b, 2 }, { d, 8 } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
	int c, s;

	t_pair(&c, &s);
	ERR(recv(s, b, 1, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	give(c, s, "abcdef");
	for (int i = 1; i <= 6; i++) {
		RET(recv(s, b, i, MSG_PEEK), i);
		TRUE(!memcmp(b, "abcdef", i));
	}
	RET(recvmsg(s, &m, MSG_PEEK), 6);
	GOT(d, "cdef");
	RET(recv(s, b, 2, 0), 2);
	give(c, s, "cdef");		/* the peek sees across segments */
	wait_bytes(s, 8);
	RET(recv(s, b, sizeof(b), MSG_PEEK), 8);
	GOT(b, "cdefcdef");
	RET(recv(s, b, sizeof(b), 0), 8);
	ERR(recv(s, b, 1, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	close(c);
	t_wait_hup(s);
	RET(recv(s, b, 1, MSG_PEEK), 0);
	RET(recv(s, b, 1, 0), 0);
}

static long send_in_parts(void *arg)
{
	int fd = *(int *)arg;

	for (int i = 0; i < 10; i++) {
		t_sleep(10);
		if (send(fd, "0123456789", 10, 0) != 10)
			return -1;
	}
	return 0;
}

CASE(waitall)
{
	char b[128];
	struct t_bg bg;
	int c, s;

	t_pair(&c, &s);
	t_bg(&bg, send_in_parts, &c);
	RET(recv(s, b, 100, MSG_WAITALL), 100);
	for (int i = 0; i < 100; i++)
		EQ(b[i], '0' + i % 10);
	RET(t_bg_join(&bg), 0);
	/* MSG_PEEK with it waits for all as well, and takes nothing */
	t_bg(&bg, send_in_parts, &c);
	RET(recv(s, b, 100, MSG_WAITALL | MSG_PEEK), 100);
	RET(recv(s, b, 100, 0), 100);
	RET(t_bg_join(&bg), 0);
}

CASE(waitall_cut_short)
{
	struct timeval tv = { .tv_usec = 200000 };
	char b[16];
	int c, s;

	t_pair(&c, &s);
	give(c, s, "abc");
	t_signals_start(0);
	RET(recv(s, b, 10, MSG_WAITALL), 3);	/* by a signal */
	t_signals_stop();
	OK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	give(c, s, "de");
	RET(recv(s, b, 10, MSG_WAITALL), 2);	/* by the time limit */
	give(c, s, "f");
	close(c);
	RET(recv(s, b, 10, MSG_WAITALL), 1);	/* by the end */
	RET(recv(s, b, 10, MSG_WAITALL), 0);
}

CASE(receive_timeout)
{
	struct timeval tv = { .tv_usec = 200000 };
	uint64_t t0;
	char b[4];
	int c, s;

	t_pair(&c, &s);
	OK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	t0 = t_ms();
	ERR(recv(s, b, 1, 0), EAGAIN);
	TRUE(t_ms() - t0 >= T_WAITED(200));
	t0 = t_ms();
	ERR(read(s, b, 1), EAGAIN);
	TRUE(t_ms() - t0 >= T_WAITED(200));
	give(c, s, "x");
	RET(recv(s, b, 4, 0), 1);
	/* with a limit a signal is EINTR also under SA_RESTART */
	tv = (struct timeval){ .tv_sec = 50 };
	OK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	t_signals_start(SA_RESTART);
	ERR(recv(s, b, 1, 0), EINTR);
	t_signals_stop();
}

CASE(send_timeout)
{
	static char big[1 << 20];
	struct timeval tv = { .tv_usec = 200000 };
	uint64_t t0;
	ssize_t n;
	int c, s;

	t_pair_small(&c, &s, 8192);
	OK(setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	n = send(c, big, sizeof(big), 0);	/* part of it, then the limit */
	TRUE(n > 0 && n < (ssize_t)sizeof(big));
	ERR(t_send_on(c, NULL), EAGAIN);
	t0 = t_ms();
	ERR(t_send_on(c, NULL), EAGAIN);
	TRUE(t_ms() - t0 >= T_WAITED(200));
	tv = (struct timeval){ .tv_sec = 50 };
	OK(setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	t_signals_start(SA_RESTART);
	ERR(t_send_on(c, NULL), EINTR);
	t_signals_stop();
}

CASE(nonblocking_send_partial)
{
	static char big[4 << 20];
	size_t n;
	int c, s;

	t_pair_small(&c, &s, 8192);
	t_nonblock(c, true);
	n = OK(send(c, big, sizeof(big), 0));
	TRUE(n > 0 && n < sizeof(big));
	n += t_fill(c);
	ERR(t_send_on(c, &n), EAGAIN);
	close(c);
	EQ(t_drain(s, n), n);
	RET(recv(s, big, 1, 0), 0);
}

CASE(recv_interrupted)
{
	char b[4];
	int c, s;

	t_pair(&c, &s);
	t_signals_start(0);
	ERR(recv(s, b, 1, 0), EINTR);
	ERR(read(s, b, 1), EINTR);
	t_signals_stop();
}

static long send_later(void *arg)
{
	t_signals_await();
	return send(*(int *)arg, "z", 1, 0);
}

CASE(recv_restarted)
{
	struct t_bg bg;
	char b[4];
	int c, s;

	t_pair(&c, &s);
	t_bg(&bg, send_later, &c);
	t_signals_start(SA_RESTART);
	RET(recv(s, b, 4, 0), 1);
	t_signals_stop();
	TRUE(t_signals > 0);
	RET(t_bg_join(&bg), 1);
}

CASE(send_interrupted)
{
	static char big[1 << 20];
	ssize_t n;
	int c, s;

	t_pair_small(&c, &s, 8192);
	t_signals_start_after(300, 0);
	n = send(c, big, sizeof(big), 0);	/* with data moved: how much */
	TRUE(n > 0 && n < (ssize_t)sizeof(big));
	t_signals_stop();
	t_fill(c);
	t_signals_start(0);
	ERR(t_send_on(c, NULL), EINTR);		/* without */
	t_signals_stop();
}

static int sigpipes;
static void on_sigpipe(int sig)
{
	(void)sig;
	sigpipes++;
}

CASE(sigpipe)
{
	struct sigaction sa = { .sa_handler = on_sigpipe };
	int c, s;

	sigaction(SIGPIPE, &sa, NULL);
	t_pair(&c, &s);
	RET(shutdown(c, SHUT_WR), 0);
	ERR(send(c, "x", 1, MSG_NOSIGNAL), EPIPE);
	EQ(sigpipes, 0);
	ERR(send(c, "x", 1, 0), EPIPE);
	EQ(sigpipes, 1);
	ERR(write(c, "x", 1), EPIPE);
	EQ(sigpipes, 2);
	/* what a peer's reset leaves is EPIPE too, after ECONNRESET */
	t_pair(&c, &s);
	t_reset_on_close(s);
	close(s);
	t_wait_hup(c);
	sigpipes = 0;
	ERR(write(c, "x", 1), ECONNRESET);
	EQ(sigpipes, 0);
	ERR(write(c, "x", 1), EPIPE);
	EQ(sigpipes, 1);
}

CASE(sigpipe_kills)
{
	int c, s, st;
	pid_t pid;

	t_pair(&c, &s);
	OK(shutdown(c, SHUT_WR));
	pid = OK(fork());
	if (!pid) {
		signal(SIGPIPE, SIG_DFL);
		if (send(c, "x", 1, MSG_NOSIGNAL) != -1)
			_exit(1);
		if (write(c, "x", 1))
			_exit(2);
		_exit(3);
	}
	waitpid(pid, &st, 0);
	TRUE(WIFSIGNALED(st) && WTERMSIG(st) == SIGPIPE);
}

CASE(zero_length)
{
	char b[4];
	int c, s;

	t_pair(&c, &s);
	RET(send(c, NULL, 0, 0), 0);
	RET(write(c, NULL, 0), 0);
	RET(read(s, b, 0), 0);			/* read(0) never waits */
	ERR(recv(s, b, 0, MSG_DONTWAIT), EAGAIN);	/* recv(0) does */
	give(c, s, "x");
	RET(recv(s, b, 0, 0), 0);
	RET(recv(s, b, 4, 0), 1);		/* and took nothing */
	close(c);
	t_wait_hup(s);
	RET(recv(s, b, 0, 0), 0);
}

CASE_F(unconnected, T_NO_MIX)
{
	struct sockaddr_in a = t_addr(t_fam, LOOP, 9);
	int f = t_sock(t_fam), l = t_listen(t_fam, LOOP, 0, 1);
	int b = t_bound(t_fam, LOOP, 0);
	char buf[4];

	ERR(recv(f, buf, 1, 0), ENOTCONN);
	ERR(recv(f, buf, 1, MSG_DONTWAIT), ENOTCONN);
	ERR(recv(b, buf, 1, 0), ENOTCONN);
	ERR(recv(l, buf, 1, 0), ENOTCONN);
	ERR(read(l, buf, 1), ENOTCONN);
	ERR(send(f, buf, 1, MSG_NOSIGNAL), EPIPE);
	ERR(send(b, buf, 1, MSG_NOSIGNAL), EPIPE);
	ERR(send(l, buf, 1, MSG_NOSIGNAL), EPIPE);
	ERR(write(f, buf, 1), EPIPE);
	ERR(sendto(f, buf, 1, MSG_NOSIGNAL, SA(&a), sizeof(a)), EPIPE);
}

CASE(address_of_sendto)
{
	struct sockaddr_in a = t_addr(t_cfam, LOOP + 9, 9), from;
	socklen_t len = sizeof(from);
	char b[4];
	int c, s;

	/* on a connected stream it is not looked at, only copied in */
	t_pair(&c, &s);
	RET(sendto(c, "a", 1, 0, SA(&a), sizeof(a)), 1);
	RET(sendto(c, "b", 1, 0, SA(&a), 3), 1);
	a.sin_family = AF_UNIX;
	RET(sendto(c, "c", 1, 0, SA(&a), sizeof(a)), 1);
	ERR(sendto(c, "d", 1, 0, (void *)8, 16), EFAULT);
	ERR(sendto(c, "d", 1, 0, SA(&a), -1), EINVAL);
	wait_bytes(s, 3);
	RET(recvfrom(s, b, 4, 0, SA(&from), &len), 3);
	EQ(len, 0);
	GOT(b, "abc");
}

/* Two pages, the second out of bounds; returns the first byte of that. */
static char *guarded(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	/* Far from the end of the address space: no length reaches across it. */
	char *p = mmap((void *)(1UL << 40), 2 * page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(p != MAP_FAILED);
	OK(mprotect(p + page, page, PROT_NONE));
	memset(p, 'g', page);
	return p + page;
}

CASE(bad_buffer_sent)
{
	char *end = guarded(), b[300];
	struct iovec v[2] = { { "good", 4 }, { end, 10 } };
	int c, s;

	t_pair(&c, &s);
	ERR(send(c, (void *)8, 10, 0), EFAULT);
	ERR(send(c, (void *)-4096L, 10, 0), EFAULT);
	ERR(send(c, end - 100, 200, 0), EFAULT);
	/* the stream is in step: only whole pieces before the fault count */
	RET(send(c, "ok", 2, 0), 2);
	wait_bytes(s, 2);
	RET(recv(s, b, sizeof(b), 0), 2);
	GOT(b, "ok");
	ERR(writev(c, v, 2), EFAULT);
	RET(send(c, "ok", 2, 0), 2);
	wait_bytes(s, 2);
	RET(recv(s, b, sizeof(b), 0), 2);
	GOT(b, "ok");
}

CASE(bad_buffer_received)
{
	char *end = guarded(), b[300], text[201];
	int c, s;

	t_pair(&c, &s);
	for (int i = 0; i < 200; i++)
		text[i] = 'a' + i % 26;
	text[200] = 0;
	give(c, s, text);
	ERR(recv(s, (void *)8, 10, 0), EFAULT);
	ERR(recv(s, (void *)-4096L, 10, 0), EFAULT);
	ERR(recv(s, end, 10, MSG_PEEK), EFAULT);
	ERR(recv(s, end - 100, 200, 0), EFAULT);
	/* a failed copy takes nothing from the stream */
	RET(recv(s, b, sizeof(b), 0), 200);
	TRUE(!memcmp(b, text, 200));
}

/* Where the buffer goes bad after much good data, that data counts. */
CASE(bad_buffer_late)
{
	size_t len = 1 << 20, bad = 1 << 20;
	char *p = mmap(NULL, len + bad, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t n;
	int c, s;

	NEED(p != MAP_FAILED);
	OK(mprotect(p + len, bad, PROT_NONE));
	t_pair(&c, &s);
	t_nonblock(c, true);
	n = OK(send(c, p, len + bad, 0));
	TRUE(n > 0 && n <= (ssize_t)len);
	OK(shutdown(c, SHUT_WR));
	EQ(t_drain(s, n), n);
	RET(recv(s, p, 1, 0), 0);
}

/* A length that no buffer can have: only what is there and fits counts. */
CASE(absurd_length)
{
	char *end = guarded();
	volatile size_t huge = -1;
	int c, s;

	t_pair(&c, &s);
	ERR(send(c, end - 4, huge, MSG_DONTWAIT), EFAULT);
	ERR(recv(s, end - 4, huge, MSG_DONTWAIT), EAGAIN);
	give(c, s, "abcd");
	RET(recv(s, end - 4, huge, MSG_DONTWAIT), 4);
	GOT((end - 4), "abcd");
}

CASE(two_readers_share_the_stream)
{
	char b[8];
	int c, s, st;
	pid_t pid;

	t_pair(&c, &s);
	give(c, s, "1234");
	pid = OK(fork());
	if (!pid) {
		RET(recv(s, b, 2, 0), 2);
		GOT(b, "12");
		t_end();
	}
	waitpid(pid, &st, 0);
	EQ(st, 0);
	RET(recv(s, b, 2, 0), 2);
	GOT(b, "34");
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
