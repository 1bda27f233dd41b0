// SPDX-License-Identifier: GPL-2.0
/*
 * An echo server and its clients, every call but socket(), bind() and listen()
 * by io_uring, which takes and fills in addresses itself: a multishot accept
 * and one with an address, connect, sends linked to the next receive, receives
 * into provided room, shutdown, close.  The ring is used without a library.
 *
 *	uring_echo CLIENTS BYTES
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENTRIES 64
#define CHUNK 16384
#define MAX_FD 256

struct done {
	uint64_t user_data;
	int res;
};

struct ring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	unsigned int to_submit;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static void ring_open(struct ring *g)
{
	struct io_uring_params p = { 0 };
	size_t size;
	char *rings;

	memset(g, 0, sizeof(*g));
	g->fd = syscall(SYS_io_uring_setup, ENTRIES, &p);
	must(g->fd >= 0, "io_uring_setup");
	must(p.features & IORING_FEAT_SINGLE_MMAP, "one mapping");
	size = p.cq_off.cqes + p.cq_entries * sizeof(*g->cqes);
	if (size < p.sq_off.array + p.sq_entries * sizeof(*g->sq_array))
		size = p.sq_off.array + p.sq_entries * sizeof(*g->sq_array);
	rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd, IORING_OFF_SQ_RING);
	g->sqes = mmap(NULL, p.sq_entries * sizeof(*g->sqes), PROT_READ | PROT_WRITE,
		       MAP_SHARED, g->fd, IORING_OFF_SQES);
	must(rings != MAP_FAILED && g->sqes != MAP_FAILED, "mmap");
	g->sq_tail = (void *)(rings + p.sq_off.tail);
	g->sq_mask = (void *)(rings + p.sq_off.ring_mask);
	g->sq_array = (void *)(rings + p.sq_off.array);
	g->cq_head = (void *)(rings + p.cq_off.head);
	g->cq_tail = (void *)(rings + p.cq_off.tail);
	g->cq_mask = (void *)(rings + p.cq_off.ring_mask);
	g->cqes = (void *)(rings + p.cq_off.cqes);
}

/* What is to be done with this descriptor: the completion says which by user_data. */
static struct io_uring_sqe *ask(struct ring *g, int op, int fd, const void *addr,
				unsigned int len)
{
	unsigned int slot = *g->sq_tail & *g->sq_mask;
	struct io_uring_sqe *e = &g->sqes[slot];

	must(g->to_submit < ENTRIES, "room in the ring");
	memset(e, 0, sizeof(*e));
	e->opcode = op;
	e->fd = fd;
	e->addr = (uintptr_t)addr;
	e->len = len;
	e->user_data = (uint64_t)op << 32 | fd;
	g->sq_array[slot] = slot;
	__atomic_store_n(g->sq_tail, *g->sq_tail + 1, __ATOMIC_RELEASE);
	g->to_submit++;
	return e;
}

/* The next completion; what was asked for goes to the kernel first. */
static struct done next(struct ring *g)
{
	const struct io_uring_cqe *cqe;
	struct done c;

	while (g->to_submit || *g->cq_head == __atomic_load_n(g->cq_tail, __ATOMIC_ACQUIRE)) {
		int n = syscall(SYS_io_uring_enter, g->fd, g->to_submit, 1,
				IORING_ENTER_GETEVENTS, NULL, 0);

		must(n >= 0 || errno == EINTR, "io_uring_enter");
		g->to_submit -= n > 0 ? n : 0;
	}
	cqe = &g->cqes[*g->cq_head & *g->cq_mask];
	c = (struct done){ cqe->user_data, cqe->res };
	__atomic_store_n(g->cq_head, *g->cq_head + 1, __ATOMIC_RELEASE);
	return c;
}

static void good(const struct done *c, const char *what)
{
	errno = -c->res;
	must(c->res >= 0, what);
}

/* Every byte by where it is and whose, so that no mix-up goes unseen. */
static unsigned char byte_at(int client, unsigned int i)
{
	return i * 7 + (i >> 8) * 13 + client * 31;
}

/* ---- the server ----------------------------------------------------- */

static char room[MAX_FD][CHUNK];
static int left_to_send[MAX_FD], sent_so_far[MAX_FD];

static void serve_one(struct ring *g, const struct done *c, int *open_now)
{
	int op = c->user_data >> 32, fd = (uint32_t)c->user_data;

	switch (op) {
	case IORING_OP_RECV:
		good(c, "recv");
		if (!c->res) {
			ask(g, IORING_OP_SHUTDOWN, fd, NULL, SHUT_WR);
			return;
		}
		left_to_send[fd] = c->res;
		sent_so_far[fd] = 0;
		break;
	case IORING_OP_SEND:
		good(c, "send");
		left_to_send[fd] -= c->res;
		sent_so_far[fd] += c->res;
		break;
	case IORING_OP_SHUTDOWN:
		good(c, "shutdown");
		ask(g, IORING_OP_CLOSE, fd, NULL, 0);
		return;
	case IORING_OP_CLOSE:
		good(c, "close");
		(*open_now)--;
		return;
	}
	if (left_to_send[fd])
		ask(g, IORING_OP_SEND, fd, room[fd] + sent_so_far[fd], left_to_send[fd]);
	else
		ask(g, IORING_OP_RECV, fd, room[fd], CHUNK);
}

static void serve(int listener, int clients)
{
	struct sockaddr_in peer = { 0 };
	socklen_t size = sizeof(peer);
	int open_now = 0, seen = 0;
	struct io_uring_sqe *e;
	struct done c;
	struct ring g;

	ring_open(&g);
	/* The first with its address, the others by one request. */
	e = ask(&g, IORING_OP_ACCEPT, listener, &peer, 0);
	e->addr2 = (uintptr_t)&size;
	while (seen < clients || open_now) {
		c = next(&g);
		if (c.user_data >> 32 != IORING_OP_ACCEPT) {
			serve_one(&g, &c, &open_now);
			continue;
		}
		good(&c, "accept");
		must(c.res < MAX_FD, "few descriptors");
		if (!seen) {
			must(size == sizeof(peer) && peer.sin_family == AF_INET &&
			     peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK) && peer.sin_port,
			     "the accepted one's address");
			e = ask(&g, IORING_OP_ACCEPT, listener, NULL, 0);
			e->ioprio = IORING_ACCEPT_MULTISHOT;
		}
		seen++;
		open_now++;
		ask(&g, IORING_OP_RECV, c.res, room[c.res], CHUNK);
	}
}

/* ---- the clients ---------------------------------------------------- */

static struct {
	char *out, *in;
	unsigned int sent, received;
	int number, over;
} client_of[MAX_FD];

static void client_one(struct ring *g, const struct done *c, unsigned int bytes,
		       int *running)
{
	int op = c->user_data >> 32, fd = (uint32_t)c->user_data;
	unsigned int i;

	good(c, op == IORING_OP_CONNECT ? "connect" : op == IORING_OP_SEND ? "send" : "recv");
	if (op == IORING_OP_SEND)
		client_of[fd].sent += c->res;
	if (op == IORING_OP_CONNECT || op == IORING_OP_SEND) {
		if (client_of[fd].sent < bytes)
			ask(g, IORING_OP_SEND, fd, client_of[fd].out + client_of[fd].sent,
			    bytes - client_of[fd].sent);
		else
			ask(g, IORING_OP_SHUTDOWN, fd, NULL, SHUT_WR);
	}
	if (op == IORING_OP_RECV) {
		client_of[fd].received += c->res;
		if (!c->res) {
			must(client_of[fd].received == bytes, "all of it back");
			for (i = 0; i < bytes; i++)
				must((unsigned char)client_of[fd].in[i] ==
				     byte_at(client_of[fd].number, i), "the same bytes back");
			(*running)--;
			return;
		}
	}
	if (op == IORING_OP_CONNECT || op == IORING_OP_RECV)
		ask(g, IORING_OP_RECV, fd, client_of[fd].in + client_of[fd].received,
		    bytes - client_of[fd].received + 1);
}

static void ask_all(const struct sockaddr_in *to, int clients, unsigned int bytes)
{
	struct done c;
	int i, fd, running = clients;
	unsigned int b;
	struct ring g;

	ring_open(&g);
	for (i = 0; i < clients; i++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		must(fd >= 0 && fd < MAX_FD, "socket");
		client_of[fd].number = i;
		client_of[fd].out = malloc(bytes);
		client_of[fd].in = malloc(bytes + 1);
		must(client_of[fd].out && client_of[fd].in, "malloc");
		for (b = 0; b < bytes; b++)
			client_of[fd].out[b] = byte_at(i, b);
		/* Where others have the length, this has it in off. */
		ask(&g, IORING_OP_CONNECT, fd, to, 0)->off = sizeof(*to);
	}
	while (running) {
		c = next(&g);
		client_one(&g, &c, bytes, &running);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(addr);
	int clients, listener, status;
	pid_t server;

	must(argc == 3, "uring_echo CLIENTS BYTES");
	clients = atoi(argv[1]);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	must(listener >= 0 && !bind(listener, (struct sockaddr *)&addr, size) &&
	     !listen(listener, clients) &&
	     !getsockname(listener, (struct sockaddr *)&addr, &size), "listen");
	server = fork();
	if (!server) {
		serve(listener, clients);
		return 0;
	}
	close(listener);
	ask_all(&addr, clients, atoi(argv[2]));
	must(waitpid(server, &status, 0) == server && !status, "the server's end");
	printf("%d clients, %s bytes each\n", clients, argv[2]);
	return 0;
}
