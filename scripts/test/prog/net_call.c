// SPDX-License-Identifier: GPL-2.0
/*
 * A few socket calls in a row, from the command line; one word is printed for
 * each: its name and "0" or the errno's name. So a script can compare, in
 * plain text, what the two families do in the same situation.
 *
 *	net_call FAMILY[@NETNS] CALL...
 *
 * socket bind:IP:PORT listen connect:IP:PORT dev:NAME reuse accept
 * send:BYTES recv shutdown close sleep:MS	as the names say; recv waits for
 *		a byte, the end or an error, connect and accept for their
 *		turn, 3 s at most, or as patience says; connection calls after accept use what it returned
 * napi		does the socket know which NAPI its segments come from: "known" or "0"
 * stop		end here if the last call failed
 * patience:MS	how long until connect, accept and recv say "timeout"
 * serve	accept for ever; give each connection its bytes back
 * ready:FILE	create FILE: a script knows how far we are
 * wait:FILE	until FILE exists
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdbool.h>

#include "net_common.h"

static int family, protocol, fd = -1, listener = -1, patience = 3000;

static const char *outcome(int failed)
{
	return failed ? err_name(errno) : "0";
}

static struct sockaddr_in parse(char *arg)
{
	char *colon = arg ? strrchr(arg, ':') : NULL;

	if (!colon)
		die("IP:PORT is missing");
	*colon = 0;
	return address(family, arg, atoi(colon + 1));
}

/* 0, 1 for an error in errno, -1 for time-out. */
static int wait_ready(int which, int events, int ms)
{
	struct pollfd p = { .fd = which, .events = events };

	return poll(&p, 1, ms) > 0 ? 0 : -1;
}

static const char *do_connect(char *arg)
{
	struct sockaddr_in a = parse(arg);
	int flags = fcntl(fd, F_GETFL), err = 0, res;
	socklen_t len = sizeof(err);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	res = connect(fd, SA(&a), sizeof(a));
	if (res && errno == EINPROGRESS) {
		if (wait_ready(fd, POLLOUT, patience))
			return "timeout";
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
			die("SO_ERROR: %s", strerror(errno));
	} else if (res) {
		err = errno;
	}
	fcntl(fd, F_SETFL, flags);
	return err_name(err);
}

static const char *do_accept(void)
{
	if (wait_ready(fd, POLLIN, patience))
		return "timeout";
	listener = fd;
	fd = accept(listener, NULL, NULL);
	return outcome(fd < 0);
}

static const char *do_send(long bytes)
{
	char buf[4096];
	uint64_t pos = 0;

	while (bytes > 0) {
		ssize_t n = bytes < (long)sizeof(buf) ? bytes : (long)sizeof(buf);

		pattern_fill(buf, 0, pos, n);
		n = send(fd, buf, n, MSG_NOSIGNAL);
		if (n < 0)
			return err_name(errno);
		pos += n;
		bytes -= n;
	}
	return "0";
}

static const char *do_recv(void)
{
	char byte;
	ssize_t n;

	if (wait_ready(fd, POLLIN, patience))
		return "timeout";
	n = recv(fd, &byte, 1, 0);
	return n > 0 ? "byte" : n ? err_name(errno) : "end";
}

static void echo(int s)
{
	char buf[65536];
	ssize_t n, m;

	while ((n = recv(s, buf, sizeof(buf), 0)) > 0) {
		for (ssize_t off = 0; off < n; off += m) {
			m = send(s, buf + off, n - off, MSG_NOSIGNAL);
			if (m < 0)
				_exit(0);
		}
	}
	_exit(0);
}

__attribute__((noreturn)) static void serve(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int s = accept(fd, NULL, NULL);

		if (s < 0) {
			if (errno == ECONNABORTED || errno == EINTR)
				continue;
			die("accept: %s", strerror(errno));
		}
		if (!fork()) {
			close(fd);
			echo(s);
		}
		close(s);
	}
}

static const char *option(int level, int name, const void *value, socklen_t len)
{
	return outcome(setsockopt(fd, level, name, value, len));
}

static const char *do_napi(void)
{
	unsigned int id = 0;
	socklen_t len = sizeof(id);

	if (getsockopt(fd, SOL_SOCKET, SO_INCOMING_NAPI_ID, &id, &len))
		return err_name(errno);
	return id ? "known" : "0";
}

static const char *call(const char *name, char *arg)
{
	struct sockaddr_in a;
	int one = 1;

	if (!strcmp(name, "socket")) {
		fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, protocol);
		return outcome(fd < 0);
	}
	if (!strcmp(name, "bind")) {
		a = parse(arg);
		return outcome(bind(fd, SA(&a), sizeof(a)));
	}
	if (!strcmp(name, "listen"))
		return outcome(listen(fd, 16));
	if (!strcmp(name, "connect"))
		return do_connect(arg);
	if (!strcmp(name, "accept"))
		return do_accept();
	if (!strcmp(name, "dev"))
		return option(SOL_SOCKET, SO_BINDTODEVICE, arg, strlen(arg) + 1);
	if (!strcmp(name, "reuse"))
		return option(SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!strcmp(name, "send"))
		return do_send(atoi(arg));
	if (!strcmp(name, "recv"))
		return do_recv();
	if (!strcmp(name, "napi"))
		return do_napi();
	if (!strcmp(name, "shutdown"))
		return outcome(shutdown(fd, SHUT_WR));
	if (!strcmp(name, "close")) {
		one = close(fd);
		fd = listener;
		listener = -1;
		return outcome(one);
	}
	die("%s: no such call", name);
}

int main(int argc, char **argv)
{
	const char *said = "0";
	bool first = true;
	char *arg;

	if (argc < 3)
		die("usage: see the top of net_call.c");
	arg = strchr(argv[1], '@');
	if (arg) {
		*arg = 0;
		enter_netns(arg + 1);
	}
	family = family_of(argv[1]);
	protocol = protocol_of(argv[1]);
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 2; i < argc; i++) {
		arg = strchr(argv[i], ':');
		if (arg)
			*arg++ = 0;
		if (!strcmp(argv[i], "serve")) {
			serve();
		} else if (!strcmp(argv[i], "stop")) {
			if (strcmp(said, "0"))
				break;
		} else if (!strcmp(argv[i], "sleep")) {
			sleep_ms(atoi(arg));
		} else if (!strcmp(argv[i], "patience")) {
			patience = atoi(arg);
		} else if (!strcmp(argv[i], "ready")) {
			close(open(arg, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
		} else if (!strcmp(argv[i], "wait")) {
			while (access(arg, F_OK))
				sleep_ms(10);
		} else {
			said = call(argv[i], arg);
			printf("%s%s=%s", first ? "" : " ", argv[i], said);
			first = false;
		}
	}
	putchar('\n');
	return 0;
}
