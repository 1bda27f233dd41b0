/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every test program in this folder shares: registering cases, expecting
 * values (printed with their errno names), and making sockets of the family
 * under test. t.c explains how a program is built and run; t_socket.c and t_time.c
 * have the rest of the code.
 */
#ifndef NEWINET_TEST_T_H
#define NEWINET_TEST_T_H

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "module/uapi/newinet.h"

/* A case that says where it does not apply; there it is printed as a skip. */
#define T_ONLY_NEWINET	1	/* what AF_INET has and AF_NEWINET refuses */
#define T_ONLY_INET	2
#define T_NO_MIX	4	/* one socket alone: nothing changes with a peer */

struct t_case {
	const char *name;
	void (*fn)(void);
	unsigned int flags;
	struct t_case *next;
};

void t_register(struct t_case *c);
int t_main(int argc, char **argv);

#define CASE_F(n, fl)							\
	static void n(void);						\
	static struct t_case t_case_##n = { #n, n, fl, NULL };		\
	__attribute__((constructor)) static void t_reg_##n(void)	\
	{								\
		t_register(&t_case_##n);				\
	}								\
	static void n(void)
#define CASE(n) CASE_F(n, 0)

/*
 * The families of this run. t_fam is the family under test; t_cfam connects
 * and t_sfam listens: both are t_fam unless --peer inet puts the kernel's TCP
 * at the listening end (with --reverse at the connecting end).
 */
extern int t_fam, t_cfam, t_sfam;
extern bool t_newinet;	/* what is under test is newinet, by either door */

/*
 * As a family counts newinet's second door as well, AF_INET with a protocol
 * number of its own: what goes into an address, and the protocol for socket().
 */
#define T_DOOR(protocol)	(AF_INET | (protocol) << 8)
#define T_AF(fam)		((fam) & 0xff)
#define T_PROTO(fam)		((fam) >> 8)
/* the family whose addresses it refuses */
#define T_OTHER(fam)		(T_AF(fam) == AF_INET ? AF_NEWINET : AF_INET)
bool t_kernel_at_least(int major, int minor);

/* Expectations. A failed one is noted and the case goes on, except where said. */
void t_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void t_skip(const char *fmt, ...)	/* ends the case */
	__attribute__((format(printf, 1, 2), noreturn));
void t_end(void) __attribute__((noreturn));	/* ends the case */
long t_ret(const char *file, int line, const char *what, long got, int err,
	   long want);
long t_ok(const char *file, int line, const char *what, long got, int err);
void t_err(const char *file, int line, const char *what, long got, int err,
	   int want);
void t_eq(const char *file, int line, const char *what, long got, long want);
void t_errno_eq(const char *file, int line, const char *what, int got,
		int want);
void t_events(const char *file, int line, const char *what, unsigned int got,
	      unsigned int want);
const char *t_errname(int e);

#define T_CALL_(fn, call, ...)						\
	({								\
		errno = 0;						\
		long r_ = (long)(call);					\
		fn(__FILE__, __LINE__, #call, r_, errno, ##__VA_ARGS__);\
	})
/* the call must return exactly this */
#define RET(call, want)	T_CALL_(t_ret, call, want)
/* the call must not return a negative value, or the case ends */
#define OK(call)	T_CALL_(t_ok, call)
/* the call must return -1 with this errno */
#define ERR(call, e)	T_CALL_(t_err, call, e)
/* two integers must be equal */
#define EQ(got, want)							\
	t_eq(__FILE__, __LINE__, #got, (long)(got), (long)(want))
/* an errno value (SO_ERROR, for one) must be this one; 0 is none */
#define ERRNO(got, want) t_errno_eq(__FILE__, __LINE__, #got, got, want)
/* a set of poll events must be exactly this */
#define EVENTS(got, want) t_events(__FILE__, __LINE__, #got, got, want)
#define TRUE(cond)							\
	do {								\
		if (!(cond))						\
			t_fail(__FILE__, __LINE__, "%s is false", #cond);\
	} while (0)
#define FAIL(...)	t_fail(__FILE__, __LINE__, __VA_ARGS__)
/* for a condition without which the rest of the case makes no sense */
#define NEED(cond)							\
	do {								\
		if (!(cond)) {						\
			t_fail(__FILE__, __LINE__, "needed: %s", #cond);\
			t_end();					\
		}							\
	} while (0)

/* Sockets and addresses; all of these end the case when they fail. */
#define LOOP	INADDR_LOOPBACK
#define SA(a)	((struct sockaddr *)(a))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

int t_sock(int fam);
int t_sock_nb(int fam);
struct sockaddr_in t_addr(int fam, uint32_t ip, uint16_t port);
struct sockaddr_in t_name(int fd);		/* getsockname */
struct sockaddr_in t_peer(int fd);		/* getpeername */
uint16_t t_port(int fd);
int t_bound(int fam, uint32_t ip, uint16_t port);
int t_listen(int fam, uint32_t ip, uint16_t port, int backlog);
int t_connect(int fam, uint32_t ip, uint16_t port);	/* blocking */
int t_connect_nb(int fam, uint32_t ip, uint16_t port);	/* EINPROGRESS */
int t_accept(int lfd);
/* a connected pair over lo: c connected (t_cfam), s was accepted (t_sfam) */
void t_pair(int *c, int *s);
/* the same with buffers this small on both sides, set before the handshake */
void t_pair_small(int *c, int *s, int bytes);
/*
 * A port at which connects hang in SYN-SENT: a listener of the peer's family
 * whose accept queue is full. t_sink_open() makes room, so that the next
 * retransmitted SYN (1 s) gets through.
 */
struct t_sink {
	int lfd, filler;
	uint16_t port;
};
void t_sink(struct t_sink *k);
int t_sink_open(struct t_sink *k);	/* returns the accepted fd */

void t_opt(int fd, int level, int opt, int val);
int t_getopt(int fd, int level, int opt);
int t_so_error(int fd);
void t_nonblock(int fd, bool on);
void t_reset_on_close(int fd);		/* SO_LINGER on, 0 s: close sends RST */
unsigned int t_poll(int fd, unsigned int events, int timeout_ms);
#define T_LONG	40000	/* ms: what must happen, on the slowest machine */
#define T_SHORT	300	/* ms: what must not happen */
size_t t_fill(int fd);			/* send until EAGAIN; returns bytes */
long t_send_on(int fd, size_t *sum);	/* send until it fails; returns that */
size_t t_drain(int fd, size_t n);	/* read exactly n bytes */
void t_send_all(int fd, const void *buf, size_t n);
/* wait for the peer's FIN or RST to have arrived (POLLRDHUP or POLLHUP) */
void t_wait_hup(int fd);
uint64_t t_ms(void);
/*
 * At least this has passed when a wait for so many ms is over: on a virtual
 * machine that lost ticks, the kernel's 200 ms were 174 by the clock.
 */
#define T_WAITED(ms)	((ms) / 2)
void t_sleep(int ms);
/* a namespace for this case alone, before it changes a sysctl */
void t_own_netns(void);
void t_write_sysctl(const char *path, const char *val);	/* under /proc/sys */
long t_read_sysctl(const char *path);

/* SIGALRM again and again until stopped, so that no call can miss it. */
extern volatile int t_signals;
void t_signals_start(int sa_flags);
void t_signals_stop(void);
/* until some have come, in another thread */
void t_signals_await(void);
/* the same, but the timer starts only after so many milliseconds */
void t_signals_start_after(int ms, int sa_flags);

/* A call in a second thread: its result, its errno, and whether it sleeps. */
struct t_bg {
	pthread_t th;
	long (*fn)(void *arg);
	void *arg;
	long ret;
	int err;
	int tid;
	volatile int done;
};
void t_bg(struct t_bg *b, long (*fn)(void *), void *arg);
void t_bg_blocked(struct t_bg *b);	/* wait until it sleeps in the kernel */
long t_bg_join(struct t_bg *b);

#endif
