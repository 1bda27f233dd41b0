// SPDX-License-Identifier: GPL-2.0
/*
 * The call fuzzer's streams: connections between the two families, in a namespace of
 * their own, over which both ends send bytes that depend on their place. Every byte is
 * compared, every stream must come to its end in time, whatever the other processes do:
 * reset nothing here, lose nothing.
 */
#define _GNU_SOURCE
#include <linux/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "call.h"

#define PAIRS		3
#define PATIENCE	150	/* seconds: the machine may have other work */

struct end {
	int fd, number;
	uint64_t seed_out, seed_in, seed;
	int64_t out, in;		/* lengths */
	bool failed;
};

static int fail_nth(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

static void arm(int fd, int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", n);
	while (fd >= 0 && pwrite(fd, text, strlen(text), 0) < 0 && !n && errno == EFAULT)
		;
}

static bool passing(int err)
{
	return err == EINTR || err == ENOMEM || err == ENOBUFS || err == EFAULT;
}

static void set_something(struct rng *r, int fd)
{
	int size = 2000 << below(r, 8), flag = below(r, 2);

	switch (below(r, 6)) {
	case 0:
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		break;
	case 1:
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		break;
	case 2:
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &flag, sizeof(flag));
		break;
	case 3:
		setsockopt(fd, IPPROTO_TCP, TCP_CORK, &flag, sizeof(flag));
		break;
	case 4:
		setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, flag ? "reno" : "cubic", 5);
		break;
	default:
		setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &flag, sizeof(flag));
	}
}

static void complain(struct end *e, const char *what, int64_t at, int err)
{
	e->failed = true;
	finding("stream %d of round %d: %s at %jd: %s", e->number, fuzz_round, what, (intmax_t)at,
		err_name(err));
}

/* Through a pipe, whole: what is in it cannot be taken back. */
static ssize_t send_spliced(int fd, char *buf, int n)
{
	struct iovec part = { buf, n };
	ssize_t in, sent = 0;
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		return send(fd, buf, n, MSG_NOSIGNAL);
	in = vmsplice(p[1], &part, 1, SPLICE_F_NONBLOCK);
	while (in > 0 && sent < in) {
		ssize_t k = splice(p[0], NULL, fd, NULL, in - sent, SPLICE_F_MORE & -(in & 1));

		if (k <= 0 && !passing(errno))
			break;
		if (k > 0)
			sent += k;
	}
	close(p[0]);
	close(p[1]);
	return sent ?: in;
}

static void *writer(void *arg)
{
	struct end *e = arg;
	struct rng r = rng_make(e->seed, 1);
	int nth = fail_nth();
	int64_t at = 0;

	while (at < e->out) {
		int n = some_size(&r, chance(&r, 70) ? 8000 : BUF), how = below(&r, 10);
		/* Pages that were given to a pipe must not change: new ones each time. */
		char *buf = mmap(NULL, BUF, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0);
		ssize_t k;

		if (buf == MAP_FAILED)
			continue;
		if (n > e->out - at)
			n = e->out - at;
		pattern_fill(buf, e->seed_out, at, n);
		if (chance(&r, 5))
			set_something(&r, e->fd);
		if (how == 0) {
			k = send_spliced(e->fd, buf, n);
		} else {
			if (chance(&r, 10))
				arm(nth, 1 + below(&r, 20));
			k = send(e->fd, buf, n, MSG_NOSIGNAL | (chance(&r, 20) ? MSG_MORE : 0));
			if (k < 0 && passing(errno))
				k = 0;
			arm(nth, 0);
		}
		munmap(buf, BUF);
		if (k < 0) {
			complain(e, "send", at, errno);
			break;
		}
		at += k;
	}
	if (nth >= 0)
		close(nth);
	while (shutdown(e->fd, SHUT_WR) && passing(errno))
		;
	return NULL;
}

static void *reader(void *arg)
{
	static __thread char buf[BUF], want[BUF];
	struct end *e = arg;
	struct rng r = rng_make(e->seed, 2);
	int nth = fail_nth();
	int64_t at = 0;

	for (;;) {
		int n = some_size(&r, BUF), flags = chance(&r, 15) ? MSG_PEEK : 0, err;
		ssize_t k;

		if (chance(&r, 3))
			usleep(below(&r, 20000));
		if (chance(&r, 10))
			arm(nth, 1 + below(&r, 10));
		k = recv(e->fd, buf, n, flags);
		err = errno;
		arm(nth, 0);
		if (k < 0 && passing(err))
			continue;
		if (k < 0) {
			complain(e, "recv", at, err);
			break;
		}
		if (!k)
			break;
		pattern_fill(want, e->seed_in, at, k);
		if (memcmp(buf, want, k)) {
			complain(e, flags ? "byte peeked at is wrong" : "byte read is wrong", at, 0);
			break;
		}
		if (!flags) {
			at += k;
			atomic_fetch_add(&tally->bytes, k);
		}
	}
	if (at != e->in && !e->failed)
		complain(e, "the stream ended early", at, 0);
	if (nth >= 0)
		close(nth);
	return NULL;
}

static int open_pair(struct rng *r, int fds[2])
{
	int server = chance(r, 75) ? newinet_family : AF_INET;
	int client = server == AF_INET || chance(r, 75) ? newinet_family : AF_INET;
	struct timeval limit = { PATIENCE, 0 };
	struct sockaddr_in at = address(server, "127.0.0.1", 0);
	socklen_t len = sizeof(at);
	int l = socket(server, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fds[0] = socket(client, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[1] = -1;
	for (int i = 0; i < 3; i++)
		set_something(r, i & 1 ? l : fds[0]);
	if (bind(l, SA(&at), len) || listen(l, 4) || getsockname(l, SA(&at), &len))
		goto out;
	at.sin_family = client;
	if (connect(fds[0], SA(&at), sizeof(at)))
		goto out;
	fds[1] = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	for (int i = 0; i < 2; i++) {
		setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fds[i], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	}
out:
	close(l);
	if (fds[1] < 0)
		close(fds[0]);
	return fds[1];
}

static void *pair_run(void *arg)
{
	int number = (intptr_t)arg;
	struct rng r = rng_make(fuzz_seed, (uint64_t)fuzz_round << 48 | 1ull << 47 | number << 8);

	for (int i = 0;; i++) {
		struct end ends[2];
		pthread_t ids[4];
		int fds[2];

		if (open_pair(&r, fds) < 0) {
			/* Memory may be short for a moment; all the time it is not. */
			usleep(10000);
			continue;
		}
		for (int j = 0; j < 2; j++) {
			ends[j] = (struct end){ .fd = fds[j], .number = number, .seed = rnd(&r),
						.seed_out = rnd(&r),
						.out = some_size(&r, 1 << 18) };
		}
		for (int j = 0; j < 2; j++) {
			ends[j].seed_in = ends[!j].seed_out;
			ends[j].in = ends[!j].out;
		}
		for (int j = 0; j < 2; j++) {
			pthread_create(&ids[j * 2], NULL, writer, &ends[j]);
			pthread_create(&ids[j * 2 + 1], NULL, reader, &ends[j]);
		}
		for (int j = 0; j < 4; j++)
			pthread_join(ids[j], NULL);
		close(fds[0]);
		close(fds[1]);
		atomic_fetch_add(&tally->streams, 2);
	}
	return NULL;
}

void stream_run(int number)
{
	struct rng r = rng_make(fuzz_seed, number);
	pthread_t ids[PAIRS];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	if (unshare(CLONE_NEWNET))
		_exit(1);
	net_up(&r);
	for (int i = 0; i < PAIRS; i++)
		pthread_create(&ids[i], NULL, pair_run, (void *)(intptr_t)i);
	for (;;)
		pause();
}
