// SPDX-License-Identifier: GPL-2.0
/*
 * Each socket call with each single allocation and each copy from or to user
 * space failing in turn (/proc/thread-self/fail-nth; needs a kernel with fault
 * injection). A call either does its work or says so with a clean errno; after
 * a failure the same call, undisturbed, succeeds, and no byte is lost.
 *
 *	life_fail FAMILY PEER-FAMILY STEP...	STEP: see the table; without, all
 *
 * Prints one line of TAP for each step, with the number of points that failed
 * and what came of it.
 */
#define _GNU_SOURCE
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/time.h>

#include "net_common.h"

#define MAX_POINTS	400
#define BYTES		60000

static int family, peer_family;
static int l = -1, c = -1, s = -1;	/* listener, client, accepted */
static struct sockaddr_in at;
static char out[BYTES], in[BYTES];
static int fail_nth, number;
static char why[200];

static void wrong(const char *fmt, ...)
{
	va_list ap;

	if (why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
}

static void arm(int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", n);
	/* What disarms may itself be what fails; only once. */
	while (pwrite(fail_nth, text, strlen(text), 0) < 0)
		if (n || errno != EFAULT)
			die("fail-nth: %s", strerror(errno));
}

/* True if the failure has happened in the call; not if it is in this read. */
static bool disarm(void)
{
	char text[16] = "1";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0 && errno != EFAULT)
		die("fail-nth: %s", strerror(errno));
	arm(0);
	return atoi(text) == 0;
}

static void must(bool good, const char *what)
{
	if (!good)
		wrong("%s, undisturbed: %s", what, strerrorname_np(errno) ?: "?");
}

static int new_socket(int fam)
{
	struct timeval limit = { .tv_sec = 20 };
	int fd = socket(fam, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return fd;
}

static void new_listener(int fam)
{
	socklen_t len = sizeof(at);

	l = new_socket(fam);
	at = address(fam, "127.0.0.1", 0);
	if (bind(l, SA(&at), sizeof(at)) || listen(l, 8) || getsockname(l, SA(&at), &len))
		die("listener: %s", strerror(errno));
}

static int do_connect(void)
{
	struct sockaddr_in to = at;

	to.sin_family = family;
	return connect(c, SA(&to), sizeof(to));
}

/* @c is ours, @s the peer's, accepted. */
static void setup_pair(void)
{
	new_listener(peer_family);
	c = new_socket(family);
	if (do_connect())
		die("connect: %s", strerror(errno));
	s = accept(l, NULL, NULL);
	if (s < 0)
		die("accept: %s", strerror(errno));
}

/* What is left after @n of the stream is sent by @from; @to must get it all. */
static void complete(int from, int to, long n)
{
	size_t got = 0;

	if (n < 0)
		n = 0;
	while (n < BYTES) {
		ssize_t r = send(from, out + n, BYTES - n, MSG_NOSIGNAL);

		if (r < 0) {
			wrong("send after %ld, undisturbed: %s", n, err_name(errno));
			return;
		}
		n += r;
	}
	memset(in, 0, sizeof(in));
	while (got < BYTES) {
		ssize_t r = recv(to, in + got, BYTES - got, 0);

		if (r <= 0) {
			wrong("recv after %zu: %s", got, r ? err_name(errno) : "end");
			return;
		}
		got += r;
	}
	if (memcmp(in, out, BYTES))
		wrong("the bytes are not the same");
}

/* --- steps: what to prepare, the call under test, what must hold after */
static void setup_none(void)
{
}

static long call_socket(void)
{
	c = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return c;
}

static void after_socket(long r)
{
	if (r < 0)
		c = new_socket(family);
}

static void setup_socket(void)
{
	c = new_socket(family);
	at = address(family, "127.0.0.1", 0);
}

static long call_bind(void)
{
	return bind(c, SA(&at), sizeof(at));
}

static void after_bind(long r)
{
	if (r)
		must(!call_bind(), "bind");
	must(!listen(c, 1), "listen");
}

static void setup_bound(void)
{
	setup_socket();
	if (call_bind())
		die("bind: %s", strerror(errno));
}

static long call_listen(void)
{
	return listen(c, 8);
}

static void after_listen(long r)
{
	if (r)
		must(!call_listen(), "listen");
}

static void setup_connect(void)
{
	new_listener(peer_family);
	c = new_socket(family);
}

static long call_connect(void)
{
	return do_connect();
}

static void after_connect(long r)
{
	if (r) {
		close(c);
		c = new_socket(family);
		must(!do_connect(), "connect");
	}
	s = accept(l, NULL, NULL);
	must(s >= 0, "accept");
	if (s >= 0)
		complete(c, s, 0);
}

/* Here the family under test accepts. */
static void setup_accept(void)
{
	new_listener(family);
	c = new_socket(peer_family);
	at.sin_family = peer_family;
	if (connect(c, SA(&at), sizeof(at)))
		die("connect: %s", strerror(errno));
}

static long call_accept(void)
{
	s = accept(l, NULL, NULL);
	return s;
}

static void after_accept(long r)
{
	if (r < 0)
		s = accept(l, NULL, NULL);
	must(s >= 0, "accept");
	if (s >= 0)
		complete(c, s, 0);
}

static long call_send(void)
{
	return send(c, out, BYTES, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void after_send(long r)
{
	complete(c, s, r);
}

static int file = -1;

static void setup_sendfile(void)
{
	setup_pair();
	if (file >= 0)
		return;
	file = memfd_create("stream", MFD_CLOEXEC);
	if (file < 0 || write(file, out, BYTES) != BYTES)
		die("memfd: %s", strerror(errno));
}

static long call_sendfile(void)
{
	off_t off = 0;

	return sendfile(c, file, &off, BYTES);
}

static void setup_receive(void)
{
	setup_pair();
	if (send(s, out, 30000, MSG_NOSIGNAL) != 30000)
		die("send: %s", strerror(errno));
}

static long call_recv(void)
{
	memset(in, 0, sizeof(in));
	return recv(c, in, 30000, MSG_WAITALL);
}

static void after_recv(long r)
{
	if (r < 0)
		r = 0;
	while (r < 30000) {
		ssize_t n = recv(c, in + r, 30000 - r, 0);

		if (n <= 0) {
			wrong("recv after %ld: %s", r, n ? err_name(errno) : "end");
			return;
		}
		r += n;
	}
	if (memcmp(in, out, 30000))
		wrong("the bytes are not the same");
	complete(c, s, 0);
}

static long call_options(void)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int one = 1;

	if (setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    setsockopt(c, IPPROTO_TCP, TCP_CONGESTION, "reno", 4) ||
	    getsockopt(c, IPPROTO_TCP, TCP_INFO, &info, &len))
		return -1;
	return 0;
}

static void after_options(long r)
{
	if (r)
		must(!call_options(), "the options");
	complete(c, s, 0);
}

static long call_shutdown(void)
{
	return shutdown(c, SHUT_RDWR);
}

static long call_close(void)
{
	int r = close(c);

	c = -1;
	return r;
}

static void after_nothing(long r)
{
	(void)r;
}

static const struct step {
	const char *name;
	void (*setup)(void);
	long (*call)(void);
	void (*after)(long r);
	const char *errnos;	/* apart from the usual ones */
	bool points;		/* it allocates something */
} steps[] = {
	{ "socket", setup_none, call_socket, after_socket, "ENFILE", true },
	/* Linux says these where its port table cannot grow. */
	{ "bind", setup_socket, call_bind, after_bind, "EADDRINUSE", false },
	{ "listen", setup_bound, call_listen, after_listen, "EADDRINUSE", false },
	{ "connect", setup_connect, call_connect, after_connect, "EADDRNOTAVAIL", true },
	{ "accept", setup_accept, call_accept, after_accept, "ENFILE", true },
	{ "send", setup_pair, call_send, after_send, "EAGAIN", true },
	{ "sendfile", setup_sendfile, call_sendfile, after_send, "EAGAIN", true },
	{ "recv", setup_receive, call_recv, after_recv, "", false },
	{ "options", setup_pair, call_options, after_options, "", true },
	{ "shutdown", setup_pair, call_shutdown, after_nothing, "", false },
	{ "close", setup_pair, call_close, after_nothing, "", false },
};

static void close_all(void)
{
	close(s);
	close(c);
	close(l);
	l = c = s = -1;
}

static bool run(const struct step *step)
{
	int n, failed = 0, passed = 0;
	char seen[200] = "";

	why[0] = 0;
	for (n = 1; n <= MAX_POINTS && !why[0]; n++) {
		bool happened;
		int err;
		long r;

		step->setup();
		errno = 0;
		arm(n);
		r = step->call();
		err = errno;
		happened = disarm();
		if (!happened && r < 0)
			wrong("failed with nothing injected: %s", err_name(err));
		if (r < 0) {
			const char *name = err_name(err);

			failed++;
			if (!strstr("ENOMEM ENOBUFS EFAULT", name) &&
			    !strstr(step->errnos, name))
				wrong("point %d: %s", n, name);
			if (!strstr(seen, name))
				strcat(strcat(seen, " "), name);
		} else if (happened) {
			passed++;
		}
		step->after(r);
		if (why[0])
			snprintf(why + strlen(why), sizeof(why) - strlen(why),
				 " (point %d, the call returned %ld %s)", n, r, err_name(err));
		close_all();
		if (!happened)
			break;
	}
	if (n > MAX_POINTS)
		wrong("no end after %d points", MAX_POINTS);
	if (step->points && n == 1)
		wrong("no allocation failed");
	number++;
	printf("%sok %d - %s\n", why[0] ? "not " : "", number, step->name);
	if (why[0])
		printf("# %s\n", why);
	else
		printf("# %d points: %d failed the call (%s), %d did not\n", n - 1, failed,
		       seen[0] ? seen + 1 : "", passed);
	fflush(stdout);
	return !why[0];
}

int main(int argc, char **argv)
{
	bool good = true;

	if (argc < 3)
		die("usage: see the top of life_fail.c");
	family = family_of(argv[1]);
	peer_family = family_of(argv[2]);
	signal(SIGPIPE, SIG_IGN);
	alarm(600);
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		die("/proc/thread-self/fail-nth: %s", strerror(errno));
	pattern_fill(out, 7, 0, BYTES);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		bool wanted = argc == 3;

		for (int a = 3; a < argc; a++)
			wanted |= !strcmp(argv[a], steps[i].name);
		if (wanted)
			good &= run(&steps[i]);
	}
	return !good;
}
