// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes that pass without a copy to the program: sendfile(2), splice(2) and
 * vmsplice(2) into a socket, splice(2) out of it. Every byte is checked.
 *
 * families: each mixed
 * cpus: 1
 * timeout: 400
 */
#define _GNU_SOURCE
#include "t.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILE_BYTES	(3 * 1024 * 1024 + 777)

/* The byte at a position of the file: no period that a misplaced page hits. */
static unsigned char pat(size_t pos)
{
	uint32_t x = (uint32_t)pos * 2654435761u;

	return x >> 24 ^ x >> 13;
}

static int a_file(size_t bytes)
{
	int fd = OK(memfd_create("splice", 0));
	unsigned char *p;
	size_t i;

	OK(ftruncate(fd, bytes));
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	NEED(p != MAP_FAILED);
	for (i = 0; i < bytes; i++)
		p[i] = pat(i);
	munmap(p, bytes);
	return fd;
}

/* A thread that reads to the end; what comes must be the file from @pos on. */
struct reader {
	int fd;
	size_t pos, got, bad;
};

static long read_all(void *arg)
{
	struct reader *r = arg;
	unsigned char buf[7001];
	ssize_t n, i;

	while ((n = recv(r->fd, buf, sizeof(buf), 0)) > 0) {
		for (i = 0; i < n; i++)
			r->bad += buf[i] != pat(r->pos + r->got + i);
		r->got += n;
	}
	return n;
}

static void sendfile_all(int s, int file, off_t *off, size_t bytes)
{
	off_t end = *off + bytes;

	while (*off < end)
		NEED(sendfile(s, file, off, end - *off) > 0);
}

static void finish(int c, struct reader *r, struct t_bg *bg, size_t want)
{
	OK(shutdown(c, SHUT_WR));
	EQ(t_bg_join(bg), 0);
	EQ(r->got, want);
	EQ(r->bad, 0);
}

CASE(whole_file)
{
	int c, s, file = a_file(FILE_BYTES);
	struct reader r = { 0 };
	struct t_bg bg;
	off_t off = 0;

	t_pair(&c, &s);
	r.fd = s;
	t_bg(&bg, read_all, &r);
	sendfile_all(c, file, &off, FILE_BYTES);
	RET(sendfile(c, file, &off, 1), 0);	/* at the end of the file */
	finish(c, &r, &bg, FILE_BYTES);
}

CASE(odd_pieces)
{
	int c, s, file = a_file(FILE_BYTES);
	struct reader r = { .pos = 1234 };
	off_t off = 1234;
	struct t_bg bg;
	size_t n, sent = 0;

	t_pair(&c, &s);
	r.fd = s;
	t_bg(&bg, read_all, &r);
	for (n = 1; sent + n < 400000; n = n * 5 / 3 + 1) {
		sendfile_all(c, file, &off, n);
		sent += n;
	}
	finish(c, &r, &bg, sent);
}

/* A web server's answer: head, file, and a tail, copied and not, in order. */
CASE(between_copies)
{
	int c, s, file = a_file(FILE_BYTES), round;
	unsigned char buf[300];
	struct reader r = { 0 };
	struct t_bg bg;
	size_t pos = 0, i;
	off_t off;

	t_pair(&c, &s);
	r.fd = s;
	t_bg(&bg, read_all, &r);
	for (round = 0; round < 40; round++) {
		for (i = 0; i < sizeof(buf); i++)
			buf[i] = pat(pos + i);
		RET(send(c, buf, sizeof(buf), round & 1 ? MSG_MORE : 0), sizeof(buf));
		off = pos + sizeof(buf);
		sendfile_all(c, file, &off, 10 + 997 * round);
		pos = off;
	}
	finish(c, &r, &bg, pos);
}

CASE(small_buffers)
{
	int c, s, file = a_file(400000);
	struct reader r = { 0 };
	struct t_bg bg;
	off_t off = 0;

	t_pair_small(&c, &s, 4096);
	r.fd = s;
	t_bg(&bg, read_all, &r);
	sendfile_all(c, file, &off, 400000);
	finish(c, &r, &bg, 400000);
}

CASE(nonblocking)
{
	int c, s, file = a_file(FILE_BYTES);
	struct reader r = { 0 };
	struct t_bg bg;
	size_t sent = 0;
	off_t off = 0;
	ssize_t n;

	t_pair_small(&c, &s, 16384);
	t_nonblock(c, true);
	while ((n = sendfile(c, file, &off, FILE_BYTES - off)) > 0)
		sent += n;
	EQ(n, -1);
	ERRNO(errno, EAGAIN);
	TRUE(sent > 0 && sent < FILE_BYTES && (size_t)off == sent);
	r.fd = s;
	t_bg(&bg, read_all, &r);
	t_nonblock(c, false);
	sendfile_all(c, file, &off, FILE_BYTES - off);
	finish(c, &r, &bg, FILE_BYTES);
}

CASE(splice_in_and_out)
{
	int c, s, in[2], out[2], file = a_file(FILE_BYTES);
	size_t moved = 0, bad = 0, want = 500000;
	unsigned char buf[4096];
	loff_t off = 0;
	ssize_t n, m, i;

	t_pair(&c, &s);
	OK(pipe(in));
	OK(pipe(out));
	while (moved < want) {
		n = OK(splice(file, &off, in[1], NULL, 30000, SPLICE_F_MORE));
		for (m = 0; m < n;)
			m += OK(splice(in[0], NULL, c, NULL, n - m, 0));
		while (n) {
			m = OK(splice(s, NULL, out[1], NULL, n < 4096 ? n : 4096, 0));
			NEED(m > 0);
			RET(read(out[0], buf, m), m);
			for (i = 0; i < m; i++)
				bad += buf[i] != pat(moved + i);
			moved += m;
			n -= m;
		}
	}
	EQ(bad, 0);
}

/* The program's own pages; they are the peer's before it writes them again. */
CASE(vmspliced)
{
	size_t page = sysconf(_SC_PAGESIZE), i, bad = 0;
	unsigned char *p = aligned_alloc(page, 4 * page), *q = malloc(4 * page);
	struct iovec iov = { p, 4 * page };
	int c, s, pipes[2];

	NEED(p && q);
	for (i = 0; i < 4 * page; i++)
		p[i] = pat(i);
	t_pair(&c, &s);
	OK(pipe(pipes));
	RET(vmsplice(pipes[1], &iov, 1, 0), 4 * page);
	RET(splice(pipes[0], NULL, c, NULL, 4 * page, 0), 4 * page);
	RET(recv(s, q, 4 * page, MSG_WAITALL), 4 * page);
	memset(p, 0, 4 * page);
	for (i = 0; i < 4 * page; i++)
		bad += q[i] != pat(i);
	EQ(bad, 0);
	free(p);
	free(q);
}

CASE(after_shutdown)
{
	int c, s, file = a_file(1000);
	off_t off = 0;

	signal(SIGPIPE, SIG_IGN);
	t_pair(&c, &s);
	OK(shutdown(c, SHUT_WR));
	ERR(sendfile(c, file, &off, 1000), EPIPE);
	EQ(off, 0);
}

CASE_F(unconnected, T_NO_MIX)
{
	int file = a_file(1000);
	off_t off = 0;

	signal(SIGPIPE, SIG_IGN);
	ERR(sendfile(t_sock(t_fam), file, &off, 1000), EPIPE);
}

CASE(reset_meanwhile)
{
	int c, s, file = a_file(FILE_BYTES);
	off_t off = 0;

	signal(SIGPIPE, SIG_IGN);
	t_pair(&c, &s);
	t_reset_on_close(s);
	close(s);
	t_wait_hup(c);
	ERR(sendfile(c, file, &off, 1000), ECONNRESET);
	ERR(sendfile(c, file, &off, 1000), EPIPE);
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
