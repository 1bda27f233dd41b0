/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The call fuzzer's parts: call_main.c (rounds, processes, what must hold after each),
 * call_worker.c (threads, their shared descriptors, the choice of calls), call_sock.c
 * (the socket calls), call_opt.c (options, control messages, ioctls), call_file.c (what
 * files can do: splice, epoll, fork, passing on, io_uring), call_net.c (namespaces,
 * devices, routes, sysctls), call_stream.c (streams of which every byte is checked).
 */
#ifndef NEWINET_CALL_H
#define NEWINET_CALL_H

#include "fuzz.h"

#define SLOTS		48	/* descriptors that the threads of a process share */
#define THREADS		6
#define PORTS		12	/* few, so that they meet */
#define FIRST_PORT	7000

/* Seen by all processes. */
struct tally {
	_Atomic uint64_t calls, failed, bytes, streams, faults, namespaces, findings;
	_Atomic uint64_t by_op[64];
};

struct thread {
	struct rng rng;			/* of the call that it is in */
	int worker, number, tid;
	uint64_t ops;
	int fail_nth;			/* -1: this kernel has no such thing */
	struct ring *ring;
	char *buf;			/* BUF bytes that anything may overwrite */
};

#define BUF	(1 << 16)

extern struct tally *tally;
extern uint64_t fuzz_seed;
extern int fuzz_round, newinet_family;
extern bool fuzz_root_net;
extern _Atomic int slots[SLOTS];

__attribute__((format(printf, 1, 2)))
void finding(const char *fmt, ...);

/* call_worker.c */
int slot_get(struct rng *r);		/* somebody's descriptor, or -1 */
void slot_put(struct rng *r, int fd);	/* into a slot; what was there is closed */
long done(long result);			/* counts a call */
__attribute__((noreturn)) void worker_run(int number);

/* call_sock.c, call_opt.c, call_file.c, call_net.c: one call, or a few */
void op_socket(struct thread *t);
void op_bind(struct thread *t);
void op_connect(struct thread *t);
void op_listen(struct thread *t);
void op_accept(struct thread *t);
void op_shutdown(struct thread *t);
void op_close(struct thread *t);
void op_send(struct thread *t);
void op_recv(struct thread *t);
void op_sendmsg(struct thread *t);
void op_recvmsg(struct thread *t);
void op_mmsg(struct thread *t);
void op_name(struct thread *t);
void op_pair(struct thread *t);
void op_setsockopt(struct thread *t);
void op_getsockopt(struct thread *t);
void op_ioctl(struct thread *t);
int some_cmsgs(struct rng *r, char *buf, int size);
void op_splice(struct thread *t);
void op_sendfile(struct thread *t);
void op_epoll(struct thread *t);
void op_poll(struct thread *t);
void op_dup(struct thread *t);
void op_fcntl(struct thread *t);
void op_rights(struct thread *t);
void op_fork(struct thread *t);
void op_uring(struct thread *t);
void ring_close(struct thread *t);
void op_netns(struct thread *t);
void op_device(struct thread *t);
void op_route(struct thread *t);
void op_sysctl(struct thread *t);
void net_up(struct rng *r);

/* call_stream.c */
__attribute__((noreturn)) void stream_run(int number);

static inline struct sockaddr_in some_address(struct rng *r)
{
	static const uint32_t hosts[] = {
		0x7f000001, 0x7f000001, 0x7f000001, 0x7f000002, 0, 0x0a090001, 0x0a090002,
		0x0a090003, 0xe0000001, 0xffffffff,
	};
	struct sockaddr_in a = {
		.sin_family = chance(r, 80) ? newinet_family : chance(r, 60) ? AF_INET : (int)rnd(r),
		.sin_port = htons(chance(r, 90) ? FIRST_PORT + below(r, PORTS) : below(r, 65536)),
		.sin_addr.s_addr = htonl(hosts[below(r, ARRAY_SIZE(hosts))]),
	};

	return a;
}

#endif
