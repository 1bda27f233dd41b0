// SPDX-License-Identifier: GPL-2.0
/*
 * One TCP connection between two families, with a known stream of bytes each
 * way; each end checks every byte it gets, and that there are as many as were
 * sent and then the end of the stream. A process for each end, a thread for
 * each direction.
 *
 *	net_xfer --client FAMILY[@NETNS] --server FAMILY[@NETNS]|echo --addr IP
 *		 [--port N] [--up BYTES] [--down BYTES] [--chunk BYTES]
 *		 [--client-dev NAME] [--server-dev NAME] [--nodelay]
 *		 [--pairs N] [--limit SECONDS] [--endless]
 *		 [--sha256 both|received] [--same] [--gate FILE] [--until FILE]
 *
 * --up is client to server. Without --port the server takes any. --pairs: so
 * many connections, one after another. --sha256: the digests of what was sent
 * and of what arrived. --same: the same bytes in both directions. --gate: each
 * end, when connected, creates FILE.client or FILE.server, and waits for
 * FILE.go. --until: what --up and --down say is sent over and over, until FILE
 * exists. --endless: sends until an error, prints the error's name and how much
 * arrived by then.
 * --server echo: there is one already, which sends back what it gets.
 * Exit status 0: all is as it should be; --endless: both ends ended.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "net_common.h"

#define SEED_UP		0x1234567ull
#define SEED_DOWN	0xfedcba9876543210ull

struct end {
	const char *name;
	char family[16];
	const char *netns, *dev;
	uint64_t send, receive;		/* how much is to be */
	uint64_t seed_out, seed_in;
	uint64_t sent, received;	/* how much was */
	int send_err, recv_err;		/* --endless */
	int fd;
	bool bad;
};

static const char *ip = "127.0.0.1", *gate, *until;
static int port, pairs = 1, limit = 600;
static size_t chunk = 65536;
static bool digest_sent, digest_received, endless, nodelay;
static struct end client = {
	.name = "client", .seed_out = SEED_UP, .seed_in = SEED_DOWN,
};
static struct end server = {
	.name = "server", .seed_out = SEED_DOWN, .seed_in = SEED_UP,
};

static void wrong(struct end *e, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s (%s): %s\n", e->name, e->family, text);
	e->bad = true;
}

/* sha256sum, fed through a pipe; its output goes to ours, after a title. */
static FILE *digest_start(struct end *e, const char *what)
{
	char command[200];
	FILE *f;

	snprintf(command, sizeof(command),
		 "sha256sum | sed 's/ .*//; s/^/sha256 %s %s %s: /'", e->name, e->family, what);
	f = popen(command, "we");
	if (!f)
		die("popen: %s", strerror(errno));
	return f;
}

static void digest_end(FILE *f)
{
	if (f && pclose(f))
		die("sha256sum failed");
}

static void *sender(void *arg)
{
	struct end *e = arg;
	FILE *sum = digest_sent && e->send ? digest_start(e, "sent") : NULL;
	char *buf = malloc(chunk);
	size_t have = 0, off = 0;
	uint64_t piece = e->send;

	for (;;) {
		ssize_t n;

		if (e->sent == e->send && until && e->send && access(until, F_OK))
			e->send += piece;
		if (e->sent == e->send)
			break;

		if (off == have) {
			have = e->send - e->sent < chunk ? e->send - e->sent : chunk;
			off = 0;
			pattern_fill(buf, e->seed_out, e->sent, have);
			if (sum && fwrite(buf, 1, have, sum) != have)
				die("sha256sum's pipe");
		}
		n = send(e->fd, buf + off, have - off, MSG_NOSIGNAL);
		if (n < 0) {
			e->send_err = errno;
			if (!endless)
				wrong(e, "send after %llu: %s", (unsigned long long)e->sent,
				      strerror(errno));
			break;
		}
		off += n;
		e->sent += n;
	}
	if (!endless && shutdown(e->fd, SHUT_WR))
		wrong(e, "shutdown: %s", strerror(errno));
	digest_end(sum);
	free(buf);
	return NULL;
}

static bool right_bytes(struct end *e, const char *buf, char *want, size_t n)
{
	pattern_fill(want, e->seed_in, e->received, n);
	if (!memcmp(buf, want, n))
		return true;
	for (size_t i = 0; i < n; i++) {
		if (buf[i] != want[i]) {
			wrong(e, "byte %llu is %02x, was sent as %02x",
			      (unsigned long long)(e->received + i),
			      (unsigned char)buf[i], (unsigned char)want[i]);
			break;
		}
	}
	return false;
}

static void *receiver(void *arg)
{
	struct end *e = arg;
	FILE *sum = digest_received && e->receive ? digest_start(e, "received") : NULL;
	char *buf = malloc(chunk), *want = malloc(chunk);

	/* Where page allocations are made to fail, recv() is to find pages. */
	memset(buf, 0xff, chunk);
	for (;;) {
		ssize_t n = recv(e->fd, buf, chunk, 0);

		if (n < 0) {
			e->recv_err = errno;
			if (!endless)
				wrong(e, "recv after %llu: %s", (unsigned long long)e->received,
				      strerror(errno));
			break;
		}
		if (!n)
			break;
		/* A digest of them says the same. */
		if (sum) {
			if (fwrite(buf, 1, n, sum) != (size_t)n)
				die("sha256sum's pipe");
		} else if (!right_bytes(e, buf, want, n)) {
			break;
		}
		e->received += n;
	}
	if (!endless && !until && !e->bad && e->received != e->receive)
		wrong(e, "%llu bytes arrived of %llu", (unsigned long long)e->received,
		      (unsigned long long)e->receive);
	digest_end(sum);
	free(buf);
	free(want);
	return NULL;
}

static void pass_gate(struct end *e)
{
	char name[300];

	snprintf(name, sizeof(name), "%s.%s", gate, e->name);
	close(open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	snprintf(name, sizeof(name), "%s.go", gate);
	while (access(name, F_OK))
		sleep_ms(10);
}

static void transfer(struct end *e)
{
	pthread_t in;
	int one = 1;

	if (gate)
		pass_gate(e);

	if (nodelay && setsockopt(e->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		die("TCP_NODELAY: %s", strerror(errno));
	if (pthread_create(&in, NULL, receiver, e))
		die("pthread_create");
	sender(e);
	pthread_join(in, NULL);
	close(e->fd);
	printf("%s %s: sent %llu received %llu", e->name, e->family,
	       (unsigned long long)e->sent, (unsigned long long)e->received);
	if (endless)
		printf(" send %s recv %s", err_name(e->send_err), err_name(e->recv_err));
	putchar('\n');
	fflush(stdout);
}

static int make_socket(struct end *e)
{
	int fd, one = 1;

	fd = socket(family_of(e->family), SOCK_STREAM | SOCK_CLOEXEC,
		    protocol_of(e->family));
	if (fd < 0)
		die("%s: socket(%s): %s", e->name, e->family, strerror(errno));
	if (e->dev && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, e->dev, strlen(e->dev) + 1))
		die("%s: SO_BINDTODEVICE %s: %s", e->name, e->dev, strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		die("%s: SO_REUSEADDR: %s", e->name, strerror(errno));
	return fd;
}

static void prepare(struct end *e)
{
	alarm(limit);
	if (e->netns)
		enter_netns(e->netns);
}

static void reset_counts(struct end *e)
{
	e->sent = e->received = 0;
	e->send_err = e->recv_err = 0;
}

static int run_server(int ready)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	int lfd;

	prepare(&server);
	a = address(family_of(server.family), ip, port);
	lfd = make_socket(&server);
	if (bind(lfd, SA(&a), sizeof(a)))
		die("server: bind %s:%d: %s", ip, port, strerror(errno));
	if (listen(lfd, 5))
		die("server: listen: %s", strerror(errno));
	if (getsockname(lfd, SA(&a), &len))
		die("server: getsockname: %s", strerror(errno));
	port = ntohs(a.sin_port);
	if (write(ready, &port, sizeof(port)) != sizeof(port))
		die("server: nobody waits");
	for (int i = 0; i < pairs; i++) {
		reset_counts(&server);
		server.fd = accept4(lfd, NULL, NULL, SOCK_CLOEXEC);
		if (server.fd < 0)
			die("server: accept: %s", strerror(errno));
		transfer(&server);
	}
	close(lfd);
	return server.bad;
}

static int run_client(void)
{
	struct sockaddr_in a;

	prepare(&client);
	a = address(family_of(client.family), ip, port);
	for (int i = 0; i < pairs; i++) {
		reset_counts(&client);
		client.fd = make_socket(&client);
		if (connect(client.fd, SA(&a), sizeof(a)))
			die("client: connect %s:%d: %s", ip, port, strerror(errno));
		transfer(&client);
	}
	return client.bad;
}

static void parse_end(struct end *e, char *text)
{
	char *at = strchr(text, '@');

	if (at) {
		*at = 0;
		e->netns = at + 1;
	}
	snprintf(e->family, sizeof(e->family), "%s", text);
}

static uint64_t number(const char *text)
{
	char *rest;
	uint64_t n = strtoull(text, &rest, 10);

	if (*rest == 'K')
		n <<= 10;
	else if (*rest == 'M')
		n <<= 20;
	else if (*rest == 'G')
		n <<= 30;
	else if (*rest)
		die("%s: not a number", text);
	return n;
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "client", 1, 0, 'c' }, { "server", 1, 0, 's' }, { "addr", 1, 0, 'a' },
		{ "port", 1, 0, 'p' }, { "up", 1, 0, 'u' }, { "down", 1, 0, 'd' },
		{ "chunk", 1, 0, 'k' }, { "client-dev", 1, 0, 'C' },
		{ "server-dev", 1, 0, 'S' }, { "pairs", 1, 0, 'n' }, { "limit", 1, 0, 'l' },
		{ "sha256", 1, 0, 'x' }, { "same", 0, 0, 'm' },
		{ "gate", 1, 0, 'g' }, { "until", 1, 0, 'U' }, { "endless", 0, 0, 'e' }, { "nodelay", 0, 0, 'D' },
		{ 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 'c': parse_end(&client, optarg); break;
		case 's': parse_end(&server, optarg); break;
		case 'a': ip = optarg; break;
		case 'p': port = atoi(optarg); break;
		case 'u': client.send = number(optarg); break;
		case 'd': server.send = number(optarg); break;
		case 'k': chunk = number(optarg); break;
		case 'C': client.dev = optarg; break;
		case 'S': server.dev = optarg; break;
		case 'n': pairs = atoi(optarg); break;
		case 'l': limit = atoi(optarg); break;
		case 'x':
			digest_received = true;
			digest_sent = !strcmp(optarg, "both");
			break;
		case 'm': server.seed_out = client.seed_in = SEED_UP; break;
		case 'g': gate = optarg; break;
		case 'U': until = optarg; break;
		case 'e': endless = true; break;
		case 'D': nodelay = true; break;
		default: die("usage: see the top of net_xfer.c");
		}
	}
	if (!client.family[0] || !server.family[0] || optind != argc)
		die("usage: see the top of net_xfer.c");
	if (endless) {
		client.send = client.send ?: UINT64_MAX;
		server.send = server.send ?: UINT64_MAX;
	}
	client.receive = server.send;
	server.receive = client.send;
	if (!strcmp(server.family, "echo")) {
		client.receive = client.send;
		client.seed_in = client.seed_out;
	}
}

static int result(pid_t pid, const char *name)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		die("waitpid: %s", strerror(errno));
	if (WIFSIGNALED(status)) {
		fprintf(stderr, "%s: ended by signal %d%s\n", name, WTERMSIG(status),
			WTERMSIG(status) == SIGALRM ? " (its time was up)" : "");
		return 1;
	}
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	pid_t server_pid, client_pid;
	int ready[2], status;

	parse(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(server.family, "echo"))
		return run_client();
	if (pipe2(ready, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	server_pid = fork();
	if (!server_pid)
		exit(run_server(ready[1]));
	close(ready[1]);
	if (read(ready[0], &port, sizeof(port)) != sizeof(port)) {
		result(server_pid, "server");
		return 1;
	}
	client_pid = fork();
	if (!client_pid)
		exit(run_client());
	status = result(client_pid, "client");
	if (status == 2)	/* there never was a connection */
		kill(server_pid, SIGKILL);
	return result(server_pid, "server") | status ? 1 : 0;
}
