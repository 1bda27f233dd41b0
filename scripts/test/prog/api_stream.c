// SPDX-License-Identifier: GPL-2.0
/*
 * Long transfers whose every byte is checked: both directions at once, chunks
 * of any size, blocking and non-blocking, many small writes, small buffers,
 * slow readers, and several threads on one socket.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 400
 */
#define _GNU_SOURCE
#include "t.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1u << 20)

/* One direction of a connection: what is to come at each position is known. */
struct dir {
	int fd;
	uint32_t seed;		/* of the pattern */
	size_t total, done;
	uint32_t rnd;		/* of the chunk sizes */
	size_t max_chunk;
};

/* The byte at a position: no period that a misplaced piece could hit. */
static unsigned char pat(uint32_t seed, size_t pos)
{
	uint32_t x = seed + (uint32_t)pos * 2654435761u;

	return x >> 24 ^ x >> 13;
}

static uint32_t rnd(uint32_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return *s;
}

static size_t chunk(struct dir *d)
{
	size_t n = 1 + rnd(&d->rnd) % d->max_chunk;

	if (rnd(&d->rnd) % 4 == 0)	/* often a small one */
		n = 1 + n % 100;
	return n < d->total - d->done ? n : d->total - d->done;
}

/* One send or recv; 1: progress, 0: would block, -1: failed */
static int step_out(struct dir *d, int flags)
{
	unsigned char *buf = malloc(d->max_chunk);
	size_t n = chunk(d);
	ssize_t r;

	for (size_t i = 0; i < n; i++)
		buf[i] = pat(d->seed, d->done + i);
	r = send(d->fd, buf, n, MSG_NOSIGNAL | flags);
	free(buf);
	if (r > 0) {
		d->done += r;
		return 1;
	}
	if (r < 0 && errno == EAGAIN)
		return 0;
	FAIL("send = %zd %s after %zu", r, t_errname(errno), d->done);
	return -1;
}

static int step_in(struct dir *d, int flags)
{
	unsigned char *buf = malloc(d->max_chunk);
	size_t n = chunk(d);
	ssize_t r = recv(d->fd, buf, n, flags);
	int ret = 1;

	if (r < 0 && errno == EAGAIN) {
		ret = 0;
	} else if (r <= 0) {
		FAIL("recv = %zd %s after %zu of %zu", r,
		     r ? t_errname(errno) : "EOF", d->done, d->total);
		ret = -1;
	}
	for (ssize_t i = 0; ret == 1 && i < r; i++)
		if (buf[i] != pat(d->seed, d->done + i)) {
			FAIL("byte %zu is %#x, expected %#x", d->done + i,
			     buf[i], pat(d->seed, d->done + i));
			ret = -1;
		}
	free(buf);
	if (ret == 1)
		d->done += r;
	return ret;
}

static long send_all(void *arg)
{
	struct dir *d = arg;

	while (d->done < d->total)
		if (step_out(d, 0) < 0)
			return -1;
	shutdown(d->fd, SHUT_WR);
	return 0;
}

static long recv_all(void *arg)
{
	struct dir *d = arg;
	char b;

	while (d->done < d->total)
		if (step_in(d, 0) < 0)
			return -1;
	RET(recv(d->fd, &b, 1, 0), 0);
	return 0;
}

static struct dir dir(int fd, uint32_t seed, size_t total, size_t max_chunk)
{
	return (struct dir){ .fd = fd, .seed = seed * 7919, .total = total,
			     .rnd = (uint32_t)(seed * 31 + fd + 1),
			     .max_chunk = max_chunk };
}

/* Four threads: each end sends and receives at the same time. */
static void full_duplex(int c, int s, size_t total, size_t max_chunk)
{
	struct dir d[4] = {
		dir(c, 1, total, max_chunk), dir(s, 1, total, max_chunk),
		dir(s, 2, total, max_chunk), dir(c, 2, total, max_chunk),
	};
	struct t_bg b[4];

	t_bg(&b[0], send_all, &d[0]);
	t_bg(&b[1], recv_all, &d[1]);
	t_bg(&b[2], send_all, &d[2]);
	t_bg(&b[3], recv_all, &d[3]);
	for (int i = 0; i < 4; i++) {
		RET(t_bg_join(&b[i]), 0);
		EQ(d[i].done, total);
	}
}

CASE(eight_mib_both_ways)
{
	int c, s;

	t_pair(&c, &s);
	full_duplex(c, s, 8 * MIB, 100000);
}

CASE(both_ways_small_buffers)
{
	int c, s;

	t_pair_small(&c, &s, 4096);
	full_duplex(c, s, MIB / 2, 20000);
}

CASE(both_ways_small_chunks)
{
	int c, s;

	t_pair(&c, &s);
	full_duplex(c, s, MIB / 4, 1500);
}

/* One thread, both ends non-blocking, whatever poll says can go next. */
CASE(one_thread_poll)
{
	int c, s, left = 4;
	size_t n = 2 * MIB;
	struct dir d[4];

	t_pair(&c, &s);
	t_nonblock(c, true);
	t_nonblock(s, true);
	d[0] = dir(c, 3, n, 70000);
	d[1] = dir(s, 3, n, 70000);
	d[2] = dir(s, 4, n, 70000);
	d[3] = dir(c, 4, n, 70000);
	while (left) {
		struct pollfd p[2] = { { .fd = c }, { .fd = s } };

		for (int i = 0; i < 4; i++)
			if (d[i].done < d[i].total)
				p[d[i].fd == s].events |= i % 2 ? POLLIN
								: POLLOUT;
		NEED(poll(p, 2, T_LONG) > 0);
		left = 0;
		for (int i = 0; i < 4; i++) {
			short ev = p[d[i].fd == s].revents;
			int r = 0;

			if (d[i].done == d[i].total)
				continue;
			if (i % 2 && (ev & POLLIN))
				r = step_in(&d[i], 0);
			else if (i % 2 == 0 && (ev & POLLOUT))
				r = step_out(&d[i], 0);
			NEED(r >= 0);
			left += d[i].done < d[i].total;
		}
	}
}

/* All that fits is in flight before the reader starts, many times over. */
CASE(reader_starts_late)
{
	int c, s;
	struct dir out, in;

	t_pair_small(&c, &s, 65536);
	out = dir(c, 5, 4 * MIB, 30000);
	in = dir(s, 5, 4 * MIB, 30000);
	while (in.done < in.total) {
		while (out.done < out.total && step_out(&out, MSG_DONTWAIT) > 0)
			;
		in.total = out.done;
		while (in.done < in.total)
			NEED(step_in(&in, 0) > 0);
		in.total = out.total;
	}
}

CASE(many_tiny_writes)
{
	int c, s, on = 1;
	struct dir out, in;
	struct t_bg b;

	t_pair(&c, &s);
	OK(setsockopt(c, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof(on)));
	out = dir(c, 6, 6000, 7);
	in = dir(s, 6, 6000, 5000);
	t_bg(&b, send_all, &out);
	RET(recv_all(&in), 0);
	RET(t_bg_join(&b), 0);
}

/* The same under Nagle, with answers in between. */
CASE(ping_pong)
{
	unsigned char a[32], b[32];
	int c, s;

	t_pair(&c, &s);
	for (int i = 0; i < 300; i++) {
		int n = 1 + i % 32;

		for (int k = 0; k < n; k++)
			a[k] = pat(i, k);
		RET(send(c, a, n, 0), n);
		RET(recv(s, b, n, MSG_WAITALL), n);
		NEED(!memcmp(a, b, n));
		RET(send(s, b, n, 0), n);
		memset(b, 0, n);
		RET(recv(c, b, n, MSG_WAITALL), n);
		NEED(!memcmp(a, b, n));
	}
}

CASE(waitall_past_the_buffer)
{
	size_t n = MIB;
	unsigned char *buf = malloc(n);
	struct dir out;
	struct t_bg b;
	int c, s;

	t_pair_small(&c, &s, 16384);
	out = dir(c, 7, n, 50000);
	t_bg(&b, send_all, &out);
	RET(recv(s, buf, n, MSG_WAITALL), (long)n);
	for (size_t i = 0; i < n; i++)
		if (buf[i] != pat(out.seed, i)) {
			FAIL("byte %zu is wrong", i);
			break;
		}
	RET(t_bg_join(&b), 0);
}

/* One blocking call moves it all, however small the buffers are. */
CASE(one_large_send)
{
	size_t n = 2 * MIB;
	unsigned char *buf = malloc(n);
	struct dir in;
	struct t_bg b;
	int c, s;

	t_pair_small(&c, &s, 16384);
	in = dir(s, 8, n, 50000);
	for (size_t i = 0; i < n; i++)
		buf[i] = pat(in.seed, i);
	t_bg(&b, recv_all, &in);
	RET(send(c, buf, n, 0), (long)n);
	OK(shutdown(c, SHUT_WR));
	RET(t_bg_join(&b), 0);
}

CASE(large_vectors)
{
	enum { N = 1024, LEN = 1024 };
	static unsigned char buf[N][LEN];
	struct iovec v[N];
	struct dir in;
	struct t_bg b;
	int c, s;

	t_pair(&c, &s);
	in = dir(s, 9, N * LEN, 50000);
	for (size_t i = 0; i < N * LEN; i++)
		buf[i / LEN][i % LEN] = pat(in.seed, i);
	for (int i = 0; i < N; i++)
		v[i] = (struct iovec){ buf[i], LEN };
	t_bg(&b, recv_all, &in);
	RET(writev(c, v, N), N * LEN);
	OK(shutdown(c, SHUT_WR));
	RET(t_bg_join(&b), 0);
}

/*
 * Whole records of several writers: every call's bytes stay together, as long
 * as the call need not wait for room (which this much never has to).
 */
CASE(writers_do_not_interleave)
{
	enum { W = 4, RECS = 20, LEN = 1000 };
	static unsigned char rec[LEN];
	int c, s, seen[W] = { 0 };

	t_pair_small(&c, &s, 212992);
	for (int w = 0; w < W; w++)
		if (!OK(fork())) {
			memset(rec, 'A' + w, LEN);
			for (int i = 0; i < RECS; i++)
				RET(send(c, rec, LEN, 0), LEN);
			t_end();
		}
	close(c);
	for (int i = 0; i < W * RECS; i++) {
		RET(recv(s, rec, LEN, MSG_WAITALL), LEN);
		for (int k = 1; k < LEN; k++)
			NEED(rec[k] == rec[0]);
		seen[(rec[0] - 'A') % W]++;
	}
	for (int w = 0; w < W; w++)
		EQ(seen[w], RECS);
	RET(recv(s, rec, 1, 0), 0);
}

/* A peek far into the queue, then the same bytes for real. */
CASE(peek_over_many_segments)
{
	size_t n = 40000;
	unsigned char *a = malloc(n), *b = malloc(n);
	struct dir out;
	int c, s;
	uint64_t end;

	t_pair(&c, &s);
	out = dir(c, 10, n, 700);
	while (out.done < n)
		NEED(step_out(&out, 0) > 0);
	end = t_ms() + T_LONG;
	while (recv(s, a, n, MSG_PEEK | MSG_DONTWAIT) != (long)n &&
	       t_ms() < end)
		t_sleep(5);
	RET(recv(s, b, n, MSG_WAITALL), (long)n);
	NEED(!memcmp(a, b, n));
	for (size_t i = 0; i < n; i++)
		if (b[i] != pat(out.seed, i)) {
			FAIL("byte %zu is wrong", i);
			break;
		}
}

CASE(fifty_connections)
{
	enum { N = 50 };
	int c[N], s[N];
	struct dir out, in;

	for (int i = 0; i < N; i++)
		t_pair(&c[i], &s[i]);
	for (int i = 0; i < N; i++) {
		out = dir(c[i], i, 20000, 20000);
		while (out.done < out.total)
			NEED(step_out(&out, 0) > 0);
	}
	for (int i = N - 1; i >= 0; i--) {
		in = dir(s[i], i, 20000, 20000);
		while (in.done < in.total)
			NEED(step_in(&in, 0) > 0);
	}
}

/* Each recv() of several threads is one piece of the stream, without a hole. */
struct pieces {
	struct t_bg bg;
	int fd;
	size_t got;
};

#define PERIOD 251u	/* of the bytes: no hole is likely to be a multiple */

static long read_pieces(void *arg)
{
	enum { ROOM = 256 << 10 };
	struct pieces *p = arg;
	unsigned char *buf = malloc(ROOM);
	ssize_t n;

	while ((n = recv(p->fd, buf, ROOM, 0)) > 0) {
		for (ssize_t i = 1; i < n; i++)
			if (buf[i] != (buf[i - 1] + 1) % PERIOD) {
				FAIL("%zd bytes: %u at %zd, after %u", n, buf[i], i, buf[i - 1]);
				break;
			}
		p->got += n;
	}
	free(buf);
	return n;
}

CASE(readers_get_whole_pieces)
{
	enum { READERS = 3 };
	unsigned char out[16 * PERIOD];
	struct pieces p[READERS];
	size_t sent = 0, got = 0;
	int c, s;

	t_pair(&c, &s);
	for (int i = 0; i < READERS; i++) {
		p[i] = (struct pieces){ .fd = s };
		t_bg(&p[i].bg, read_pieces, &p[i]);
	}
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i % PERIOD;
	for (; sent < 8 * MIB; sent += sizeof(out))
		if (RET(send(c, out, sizeof(out), MSG_NOSIGNAL), (long)sizeof(out)) < 0)
			break;
	close(c);
	for (int i = 0; i < READERS; i++) {
		EQ(t_bg_join(&p[i].bg), 0);
		got += p[i].got;
	}
	EQ(got, sent);
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
