/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the measuring programs of this folder share: the family under test, the
 * two network namespaces (the client in nb-a, the server in nb-b at 10.77.0.2),
 * sockets of the family, the clock, and the marks that scripts/bench/profile
 * looks for. common.c has the code; micro.c says how they are called.
 */
#ifndef NEWINET_BENCH_MICRO_H
#define NEWINET_BENCH_MICRO_H

#include <sys/socket.h>
#include <sys/types.h>

/*
 * Of the server; the next few are used too. Each TCP has its own, since a port
 * belongs to one of the two as long as its connections' TIME-WAIT.
 */
#define PORT	(7000 + 100 * (family != AF_INET))

extern int family;	/* AF_INET, AF_UNIX or AF_NEWINET's number */

double now_us(void);
void enter(const char *name);	/* a namespace; AF_UNIX needs none */
int new_socket(void);
int listen_here(int port, int backlog);
void connect_fd(int fd, int port);
int connect_there(int port);	/* a new socket, connected */
void send_all(int fd, const void *buf, size_t n);
/* Less than n bytes is an error, except that nothing at all returns 0. */
size_t recv_all(int fd, void *buf, size_t n);

/*
 * Forks a server in nb-b that calls what(listening socket, arg), which does
 * not return; the caller enters nb-a.
 */
pid_t serve(void (*what)(int lfd, long arg), long arg);
/* A server: each of so many connections, one by one, gets its bytes back. */
void echo(int lfd, long connections);
extern size_t message;	/* of how many bytes a message of echo is */
void round_trip(int fd);

/* Prints mean, median and 99th percentile of n figures, which get sorted. */
void report(double *t, int n);

void row_socket(long n);
void row_pingpong(long n);
void row_connect(long n);
void row_bulk(long streams);
void row_sendfile(long streams);
void row_idle(long connections);
void row_goodput(long seconds);
void row_sack(long n);
void row_own(long unused);
extern size_t write_size;	/* of bulk and sack */

/*
 * Instructions that do nothing: under QEMU the profiler's plugin counts between
 * MARK_BEGIN and MARK_END, and MARK_EACH says how often the work was done.
 */
#ifdef __x86_64__
#define MARK(n)	asm volatile(".byte 0x0f, 0x1f, 0x80\n\t.long 0x4e455700 + " #n ::: "memory")
#else
#define MARK(n)	do { } while (0)
#endif
#define MARK_BEGIN()	MARK(1)
#define MARK_END()	MARK(2)
#define MARK_EACH()	MARK(3)

#endif
