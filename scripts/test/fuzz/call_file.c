// SPDX-License-Identifier: GPL-2.0
/*
 * The call fuzzer's other ways to a socket: splice, tee, sendfile, epoll, poll, select,
 * dup, fork, passing on in a message, fcntl and io_uring.
 */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "call.h"

void op_splice(struct thread *t)
{
	struct rng *r = &t->rng;
	unsigned int flags = SPLICE_F_NONBLOCK | (rnd(r) & (SPLICE_F_MOVE | SPLICE_F_MORE));
	int n = some_size(r, BUF), a[2], b[2];
	struct iovec part = { t->buf, n };

	if (pipe2(a, O_NONBLOCK | O_CLOEXEC))
		return;
	if (chance(r, 50)) {
		done(splice(slot_get(r), NULL, a[1], NULL, n, flags));
		done(splice(a[0], NULL, slot_get(r), NULL, n, flags));
	} else {
		done(vmsplice(a[1], &part, 1, SPLICE_F_NONBLOCK));
		if (chance(r, 50) && !pipe2(b, O_NONBLOCK | O_CLOEXEC)) {
			done(tee(a[0], b[1], n, SPLICE_F_NONBLOCK));
			done(splice(b[0], NULL, slot_get(r), NULL, n, flags));
			close(b[0]);
			close(b[1]);
		}
		done(splice(a[0], NULL, slot_get(r), NULL, n, flags));
	}
	close(a[0]);
	close(a[1]);
}

void op_sendfile(struct thread *t)
{
	struct rng *r = &t->rng;
	int file = memfd_create("f", MFD_CLOEXEC), n = some_size(r, BUF);
	off_t at = below(r, n + 1);

	if (file < 0)
		return;
	if (write(file, t->buf, n) == n)
		done(sendfile(slot_get(r), file, &at, n));
	close(file);
}

void op_epoll(struct thread *t)
{
	struct rng *r = &t->rng;
	static _Atomic int shared;	/* 0: none yet */
	struct epoll_event event = {
		.events = chance(r, 60) ? EPOLLIN | EPOLLOUT | EPOLLET : edge32(r),
	}, got[8];
	int ep = atomic_load(&shared);

	if (!ep) {
		ep = epoll_create1(EPOLL_CLOEXEC);
		if (ep < 0)
			return;
		atomic_store(&shared, ep);
	}
	switch (below(r, 6)) {
	case 0: case 1:
		done(epoll_ctl(ep, EPOLL_CTL_ADD, slot_get(r), &event));
		break;
	case 2:
		done(epoll_ctl(ep, EPOLL_CTL_MOD, slot_get(r), &event));
		break;
	case 3:
		done(epoll_ctl(ep, EPOLL_CTL_DEL, slot_get(r), NULL));
		break;
	default:
		done(epoll_wait(ep, got, 8, below(r, 4)));
	}
}

void op_poll(struct thread *t)
{
	struct rng *r = &t->rng;
	struct pollfd fds[8];
	int n = 1 + below(r, 8);

	for (int i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = slot_get(r), .events = rnd(r) };
	if (chance(r, 70)) {
		done(poll(fds, n, below(r, 5)));
	} else {
		struct timeval tv = { 0, below(r, 5000) };
		fd_set set;

		FD_ZERO(&set);
		for (int i = 0; i < n; i++)
			if (fds[i].fd >= 0 && fds[i].fd < FD_SETSIZE)
				FD_SET(fds[i].fd, &set);
		done(select(FD_SETSIZE, &set, NULL, NULL, &tv));
	}
}

void op_dup(struct thread *t)
{
	struct rng *r = &t->rng;

	slot_put(r, done(fcntl(slot_get(r), F_DUPFD_CLOEXEC, 3)));
}

void op_fcntl(struct thread *t)
{
	struct rng *r = &t->rng;
	struct stat st;
	void *at;

	switch (below(r, 5)) {
	case 0:
		done(fcntl(slot_get(r), F_SETFL, chance(r, 70) ? O_NONBLOCK : rnd(r) & (O_ASYNC | O_NONBLOCK)));
		break;
	case 1:
		done(fcntl(slot_get(r), F_SETOWN, chance(r, 50) ? getpid() : -getpid()));
		break;
	case 2:
		done(fcntl(slot_get(r), F_SETSIG, SIGUSR1));
		break;
	case 3:
		done(fstat(slot_get(r), &st));
		break;
	default:
		at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, slot_get(r), 0);
		if (at != MAP_FAILED)
			munmap(at, 4096);
	}
}

/* Descriptors in a message: received, or left behind in a pair that is closed. */
void op_rights(struct thread *t)
{
	struct rng *r = &t->rng;
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { t->buf, 1 };
	struct msghdr msg = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int pair[2], fd = slot_get(r);

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
		return;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (done(sendmsg(pair[0], &msg, MSG_NOSIGNAL)) == 1 && chance(r, 60)) {
		msg.msg_controllen = sizeof(control);
		if (done(recvmsg(pair[1], &msg, MSG_CMSG_CLOEXEC)) == 1 && CMSG_FIRSTHDR(&msg)) {
			memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
			slot_put(r, fd);
		}
	}
	close(pair[0]);
	close(pair[1]);
}

/* A child with all that is open, which ends by itself or is killed. */
void op_fork(struct thread *t)
{
	struct rng *r = &t->rng;
	pid_t pid = done(fork());

	if (pid < 0)
		return;
	if (!pid) {
		alarm(3);
		for (int i = below(r, 6); i > 0; i--)
			switch (below(r, 5)) {
			case 0: op_send(t); break;
			case 1: op_recv(t); break;
			case 2: op_close(t); break;
			case 3: op_connect(t); break;
			default: op_shutdown(t);
			}
		_exit(0);
	}
	if (chance(r, 50))
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* --- io_uring, by its system calls */
struct ring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	void *map;
	size_t map_size, sqes_size;
	char buf[4096];
	char control[256];
	struct sockaddr_in addr;
	socklen_t addr_len;
	struct iovec part;
	struct msghdr msg;
	struct __kernel_timespec limit;
};

static struct ring *ring_open(void)
{
	struct io_uring_params p = { .flags = 0 };
	struct ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return NULL;
	ring->fd = syscall(SYS_io_uring_setup, 16, &p);
	if (ring->fd < 0)
		goto out;
	ring->map_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	if (p.sq_off.array + p.sq_entries * 4 > ring->map_size)
		ring->map_size = p.sq_off.array + p.sq_entries * 4;
	ring->sqes_size = p.sq_entries * sizeof(struct io_uring_sqe);
	ring->map = mmap(NULL, ring->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			 IORING_OFF_SQ_RING);
	ring->sqes = mmap(NULL, ring->sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			  IORING_OFF_SQES);
	if (ring->map == MAP_FAILED || ring->sqes == MAP_FAILED) {
		close(ring->fd);
		goto out;
	}
	ring->sq_tail = ring->map + p.sq_off.tail;
	ring->sq_mask = ring->map + p.sq_off.ring_mask;
	ring->sq_array = ring->map + p.sq_off.array;
	ring->cq_head = ring->map + p.cq_off.head;
	ring->cq_tail = ring->map + p.cq_off.tail;
	ring->cq_mask = ring->map + p.cq_off.ring_mask;
	ring->cqes = ring->map + p.cq_off.cqes;
	return ring;
out:
	free(ring);
	return NULL;
}

/* What is under way still writes into the buffers: they are not given back. */
void ring_close(struct thread *t)
{
	if (!t->ring)
		return;
	munmap(t->ring->map, t->ring->map_size);
	munmap(t->ring->sqes, t->ring->sqes_size);
	close(t->ring->fd);
	t->ring = NULL;
}

static void fill_sqe(struct thread *t, struct io_uring_sqe *sqe)
{
	static const uint8_t ops[] = {
		IORING_OP_SOCKET, IORING_OP_ACCEPT, IORING_OP_CONNECT, IORING_OP_SEND,
		IORING_OP_RECV, IORING_OP_SENDMSG, IORING_OP_RECVMSG, IORING_OP_SEND_ZC,
		IORING_OP_SENDMSG_ZC, IORING_OP_POLL_ADD, IORING_OP_CLOSE, IORING_OP_SHUTDOWN,
		IORING_OP_READ, IORING_OP_WRITE, IORING_OP_ASYNC_CANCEL, IORING_OP_SPLICE,
		IORING_OP_LINK_TIMEOUT, IORING_OP_EPOLL_CTL,
	};
	struct rng *r = &t->rng;
	struct ring *ring = t->ring;
	int op = ops[below(r, ARRAY_SIZE(ops))];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = op;
	sqe->fd = slot_get(r);
	sqe->user_data = op;
	if (chance(r, 15))
		sqe->flags = chance(r, 50) ? IOSQE_ASYNC : IOSQE_IO_LINK;
	sqe->addr = (uintptr_t)ring->buf;
	sqe->len = some_size(r, sizeof(ring->buf));
	if (chance(r, 20))
		sqe->msg_flags = 1 << below(r, 31);
	ring->addr = some_address(r);
	ring->part = (struct iovec){ ring->buf, sqe->len };
	ring->msg = (struct msghdr){ .msg_iov = &ring->part, .msg_iovlen = 1 };
	switch (op) {
	case IORING_OP_SOCKET:
		sqe->fd = chance(r, 80) ? newinet_family : AF_INET;
		sqe->off = SOCK_STREAM;
		sqe->len = 0;
		sqe->addr = 0;
		sqe->msg_flags = 0;
		break;
	case IORING_OP_ACCEPT:
		ring->addr_len = sizeof(ring->addr);
		sqe->addr = sqe->addr2 = sqe->len = 0;
		sqe->accept_flags = SOCK_NONBLOCK;
		if (chance(r, 30))
			sqe->ioprio = IORING_ACCEPT_MULTISHOT;
		break;
	case IORING_OP_CONNECT:
		sqe->addr = (uintptr_t)&ring->addr;
		sqe->off = sizeof(ring->addr);
		sqe->len = sqe->msg_flags = 0;
		break;
	case IORING_OP_SENDMSG: case IORING_OP_RECVMSG: case IORING_OP_SENDMSG_ZC:
		sqe->addr = (uintptr_t)&ring->msg;
		sqe->len = 1;
		break;
	case IORING_OP_POLL_ADD:
		sqe->addr = 0;
		sqe->len = chance(r, 40) ? IORING_POLL_ADD_MULTI : 0;
		sqe->poll32_events = POLLIN | (rnd(r) & POLLOUT);
		break;
	case IORING_OP_CLOSE: case IORING_OP_SHUTDOWN:
		sqe->addr = 0;
		sqe->len = op == IORING_OP_SHUTDOWN ? below(r, 3) : 0;
		sqe->msg_flags = 0;
		if (op == IORING_OP_CLOSE)
			sqe->fd = atomic_exchange(&slots[below(r, SLOTS)], -1);
		break;
	case IORING_OP_ASYNC_CANCEL:
		sqe->addr = ops[below(r, ARRAY_SIZE(ops))];
		sqe->len = 0;
		sqe->cancel_flags = chance(r, 50) ? IORING_ASYNC_CANCEL_ANY : IORING_ASYNC_CANCEL_ALL;
		break;
	case IORING_OP_LINK_TIMEOUT:
		ring->limit = (struct __kernel_timespec){ 0, below(r, 5000000) };
		sqe->addr = (uintptr_t)&ring->limit;
		sqe->len = 1;
		sqe->msg_flags = 0;
		break;
	}
}

void op_uring(struct thread *t)
{
	struct rng *r = &t->rng;
	int n = 1 + below(r, 6);
	unsigned int tail;

	if (t->ring && chance(r, 5))
		ring_close(t);
	if (!t->ring)
		t->ring = ring_open();
	if (!t->ring)
		return;
	tail = *t->ring->sq_tail;
	for (int i = 0; i < n; i++) {
		unsigned int at = tail & *t->ring->sq_mask;

		fill_sqe(t, &t->ring->sqes[at]);
		t->ring->sq_array[at] = at;
		tail++;
	}
	__atomic_store_n(t->ring->sq_tail, tail, __ATOMIC_RELEASE);
	done(syscall(SYS_io_uring_enter, t->ring->fd, n, chance(r, 30), IORING_ENTER_GETEVENTS,
		     NULL, 0));
	while (*t->ring->cq_head != __atomic_load_n(t->ring->cq_tail, __ATOMIC_ACQUIRE)) {
		struct io_uring_cqe *cqe = &t->ring->cqes[*t->ring->cq_head & *t->ring->cq_mask];

		if ((cqe->user_data == IORING_OP_SOCKET || cqe->user_data == IORING_OP_ACCEPT) &&
		    cqe->res > 2)
			slot_put(r, cqe->res);
		__atomic_store_n(t->ring->cq_head, *t->ring->cq_head + 1, __ATOMIC_RELEASE);
	}
}
