// SPDX-License-Identifier: GPL-2.0
/*
 * The segment fuzzer's program: sockets that listen and connect, read and write in
 * random portions with pauses, change their options, and end in every way. Every byte
 * read is compared with what the peer has at that place. A clean connection reads and
 * writes without delay until both ends have said all.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "seg.h"

#define SOCKS	20

struct sock {
	int fd, family;
	uint32_t id;
	int64_t got, put, length;	/* bytes read, written, to be written */
	uint64_t pause;			/* ms: nothing before then */
	bool connecting, ended, eof, lazy, failed;
};

struct app {
	struct rng rng;
	int number, nsocks;
	struct sock socks[SOCKS];
};

static int listeners[LISTENERS], listener_family[LISTENERS];

static int some_family(struct rng *r)
{
	return fuzz.family ?: chance(r, 70) ? newinet_number() : AF_INET;
}

struct app *app_make(int number)
{
	struct app *a = calloc(1, sizeof(*a));

	if (!a)
		die("no memory");
	a->number = number;
	a->rng = rng_make(fuzz.seed, 1000 + number);
	return a;
}

void app_listen(void)
{
	struct rng r = rng_make(fuzz.seed, 999);

	for (int i = 0; i < LISTENERS; i++) {
		int family = fuzz.family ?: i ? newinet_number() : AF_INET;
		struct sockaddr_in at = address(family, "0.0.0.0", LISTEN_PORT + i);
		int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		int size = 1 << (11 + below(&r, 12));

		if (fd < 0)
			die("socket: %s", strerror(errno));
		if (chance(&r, 30))
			setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		if (bind(fd, SA(&at), sizeof(at)) || listen(fd, i == 3 ? 3 : 256))
			die("listener: %s", strerror(errno));
		listeners[i] = fd;
		listener_family[i] = family;
	}
}

static void sock_close(struct app *a, struct sock *k)
{
	struct share *share = &fuzz.share[k->id];

	/* Said before it is so: close() sends the FIN. */
	if (!k->ended)
		atomic_store(&share->fin, k->put);
	close(k->fd);
	atomic_fetch_sub(&share->open, 1);
	*k = a->socks[--a->nsocks];
}

static struct sock *sock_add(struct app *a, int fd, int family, uint32_t id)
{
	struct sock *k = &a->socks[a->nsocks++];
	struct share *share = &fuzz.share[id];
	struct rng *r = &a->rng;

	*k = (struct sock){ .fd = fd, .family = family, .id = id };
	k->length = chance(r, 20) ? 0 : some_size(r, 400000);
	k->lazy = chance(r, 25);
	if (is_clean(id)) {
		k->length = some_size(r, 100000);
		k->lazy = false;
	}
	atomic_store(&share->attempted, 0);
	atomic_store(&share->fin, -1);
	atomic_store(&share->read, 0);
	atomic_store(&share->family, family);
	atomic_fetch_add(&share->open, 1);
	return k;
}

static void do_accept(struct app *a)
{
	int i = below(&a->rng, LISTENERS);
	struct sockaddr_in from = { 0 };
	socklen_t len = sizeof(from);
	int fd = accept4(listeners[i], SA(&from), &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	uint32_t id;

	if (fd < 0)
		return;
	id = id_of(ntohl(from.sin_addr.s_addr), ntohs(from.sin_port));
	if (id == IDS) {
		/* From the flood. */
		close(fd);
		return;
	}
	atomic_fetch_add(&fuzz.accepted, 1);
	sock_add(a, fd, listener_family[i], id);
}

static void set_option(struct rng *r, int fd, bool mild)
{
	static const struct {
		int level, name;
	} options[] = {
		{ SOL_SOCKET, SO_RCVBUF }, { SOL_SOCKET, SO_SNDBUF }, { SOL_SOCKET, SO_RCVLOWAT },
		{ SOL_SOCKET, SO_KEEPALIVE }, { SOL_SOCKET, SO_PRIORITY }, { SOL_SOCKET, SO_MARK },
		{ IPPROTO_TCP, TCP_NODELAY }, { IPPROTO_TCP, TCP_CORK }, { IPPROTO_TCP, TCP_QUICKACK },
		{ IPPROTO_TCP, TCP_MAXSEG }, { IPPROTO_TCP, TCP_WINDOW_CLAMP },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT }, { IPPROTO_TCP, TCP_KEEPIDLE },
		{ IPPROTO_TCP, TCP_KEEPINTVL }, { IPPROTO_TCP, TCP_KEEPCNT },
		{ IPPROTO_TCP, TCP_LINGER2 }, { IPPROTO_TCP, TCP_SYNCNT },
		{ IPPROTO_IP, IP_TOS }, { IPPROTO_IP, IP_TTL }, { IPPROTO_IP, IP_MTU_DISCOVER },
		{ IPPROTO_IP, IP_RECVERR },
	};
	int i = below(r, ARRAY_SIZE(options));
	int value = chance(r, 50) ? edge32(r) : 1u << below(r, 20);

	if (mild)
		return;
	if (options[i].level == IPPROTO_IP && options[i].name == IP_TTL)
		return;
	if (chance(r, 10))
		setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, chance(r, 50) ? "reno" : "cubic", 5);
	else
		setsockopt(fd, options[i].level, options[i].name, &value, sizeof(value));
}

static void do_connect(struct app *a, uint32_t id)
{
	int family = some_family(&a->rng), fd;
	struct sockaddr_in to = { .sin_family = family };
	struct sock *k;

	if (id >= IDS)
		return;
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	to.sin_addr.s_addr = htonl(addr_of(id));
	to.sin_port = htons(port_of(id));
	k = sock_add(a, fd, family, id);
	for (int i = below(&a->rng, 3); i > 0; i--)
		set_option(&a->rng, fd, is_clean(id));
	k->connecting = true;
	if (connect(fd, SA(&to), sizeof(to)) && errno != EINPROGRESS)
		sock_close(a, k);
}

/* --- reading */
static void complain(struct sock *k, const char *what, const char *buf, const char *want, int n)
{
	int i = 0;

	while (i < n && buf[i] == want[i])
		i++;
	finding(NULL, "connection %u: %s %jd is %02x, the peer's stream has %02x there (and %d more)",
		k->id, what, (intmax_t)k->got + i, buf[i] & 0xff, want[i] & 0xff, n - i - 1);
}

static void compare(struct sock *k, const char *buf, int n, bool peek)
{
	static __thread char want[1 << 17];

	/*
	 * The kernel's TCP takes what a peer sends beyond its FIN for the bytes that follow,
	 * if both came out of order: there the stream says nothing.
	 */
	if (k->family == AF_INET && atomic_load(&fuzz.share[k->id].nfins))
		return;
	pattern_fill(want, peer_stream(k->id), k->got, n);
	if (memcmp(buf, want, n))
		complain(k, peek ? "byte peeked at" : "byte read at", buf, want, n);
}

/* The end of the stream, or an error that ended it. */
static void ended(struct sock *k, int err)
{
	struct share *share = &fuzz.share[k->id];
	int n = atomic_load(&share->nfins);
	bool found = false;

	k->eof = true;
	if (err) {
		if (is_clean(k->id) && !atomic_load(&fuzz.stop))
			finding(NULL, "a clean connection, %u, failed: %s", k->id, err_name(err));
		return;
	}
	for (int i = 0; i < n && i < FINS; i++)
		found |= atomic_load(&share->fins[i]) == k->got + 1;
	/*
	 * After an error, which another call may have been told, it just ends. The kernel's
	 * TCP moves a FIN to the end of what came behind it.
	 */
	if (!found && n <= FINS && !k->failed && (!n || k->family != AF_INET))
		finding(NULL, "connection %u of family %d: the stream ended at %jd, no FIN was there (%d others: %jd)",
			k->id, k->family, (intmax_t)k->got, n, (intmax_t)atomic_load(&share->fins[0]) - 1);
	if (is_clean(k->id))
		atomic_store(&share->done, 1);
}

static void do_read(struct app *a, struct sock *k)
{
	static __thread char buf[1 << 17];
	struct rng *r = &a->rng;
	int size = is_clean(k->id) ? sizeof(buf) : some_size(r, sizeof(buf));
	int flags = 0;
	ssize_t n;

	if (!is_clean(k->id) && chance(r, 10))
		flags = chance(r, 70) ? MSG_PEEK : MSG_TRUNC;
	n = recv(k->fd, buf, size, flags);
	atomic_fetch_add(&fuzz.calls, 1);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			ended(k, errno);
		return;
	}
	if (n == 0) {
		ended(k, 0);
		return;
	}
	if (flags != MSG_TRUNC)
		compare(k, buf, n, flags == MSG_PEEK);
	if (flags == MSG_PEEK)
		return;
	k->got += n;
	atomic_store(&fuzz.share[k->id].read, k->got);
	atomic_fetch_add(&fuzz.bytes_read, n);
}

/* --- writing */
static void do_write(struct app *a, struct sock *k)
{
	static __thread char buf[1 << 17];
	struct rng *r = &a->rng;
	int64_t left = k->length - k->put;
	int n = some_size(r, sizeof(buf)), flags = MSG_NOSIGNAL;
	ssize_t done;

	if (n > left)
		n = left;
	if (!n)
		return;
	pattern_fill(buf, app_stream(k->id), k->put, n);
	atomic_store(&fuzz.share[k->id].attempted, k->put + n);
	if (!is_clean(k->id) && chance(r, 20))
		flags |= MSG_MORE;
	if (chance(r, 20)) {
		int cut = below(r, n);
		struct iovec parts[2] = { { buf, cut }, { buf + cut, n - cut } };
		struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };

		done = sendmsg(k->fd, &msg, flags);
	} else {
		done = send(k->fd, buf, n, flags);
	}
	atomic_fetch_add(&fuzz.calls, 1);
	if (done > 0) {
		k->put += done;
		atomic_fetch_add(&fuzz.bytes_written, done);
	} else if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS && errno != ENOMEM) {
		k->length = k->put;
		k->failed = true;
	}
}

static void do_shutdown(struct app *a, struct sock *k, int how)
{
	(void)a;
	if (how != SHUT_RD) {
		if (!k->ended)
			atomic_store(&fuzz.share[k->id].fin, k->put);
		k->ended = true;
		k->length = k->put;
	}
	shutdown(k->fd, how);
	/* From here on an end of stream need not be the peer's. */
	if (how != SHUT_WR)
		k->eof = true;
}

static void do_ask(struct sock *k)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	struct pollfd p = { .fd = k->fd, .events = POLLIN | POLLOUT };
	int value;

	getsockopt(k->fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	len = sizeof(value);
	if (!getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &value, &len) && value)
		k->failed = true;
	ioctl(k->fd, SIOCINQ, &value);
	ioctl(k->fd, SIOCOUTQ, &value);
	poll(&p, 1, 0);
}

static void clean_step(struct app *a, struct sock *k)
{
	if (!k->eof)
		do_read(a, k);
	if (k->put < k->length)
		do_write(a, k);
	else if (!k->ended)
		do_shutdown(a, k, SHUT_WR);
	if (k->eof && k->ended)
		sock_close(a, k);
}

static void foul_step(struct app *a, struct sock *k)
{
	struct rng *r = &a->rng;
	int what = below(r, 1000);

	if (what < 400) {
		if (!k->eof)
			do_read(a, k);
		else if (chance(r, 20))
			sock_close(a, k);
	} else if (what < 800) {
		do_write(a, k);
		if (k->put >= k->length && !k->ended && chance(r, 10))
			do_shutdown(a, k, SHUT_WR);
	} else if (what < 880) {
		set_option(r, k->fd, false);
	} else if (what < 930) {
		do_ask(k);
	} else if (what < 970) {
		k->pause = now_ms() + below(r, k->lazy ? 2000 : 60);
	} else if (what < 978) {
		do_shutdown(a, k, below(r, 3));
	} else if (what < 984) {
		struct linger linger = { 1, 0 };

		if (chance(r, 50))
			setsockopt(k->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		sock_close(a, k);
	} else if (what < 986) {
		struct sockaddr_in none = { .sin_family = AF_UNSPEC };

		/* The stream ends here, and the socket is as new: it goes. */
		atomic_store(&fuzz.share[k->id].fin, k->put);
		k->ended = true;
		connect(k->fd, SA(&none), sizeof(none));
		sock_close(a, k);
	}
}

/* One call or so of the program's. */
void app_step(struct app *a)
{
	struct rng *r = &a->rng;
	struct sock *k;

	if (a->nsocks < SOCKS) {
		bool calm = atomic_load(&fuzz.calm);

		if (chance(r, 15))
			do_accept(a);
		if (!calm && a->nsocks < SOCKS * 3 / 4 && chance(r, a->nsocks < 6 ? 30 : 2))
			do_connect(a, atomic_fetch_add(&fuzz.next_id, 1));
		if (calm && atomic_load(&fuzz.wanted) > 0 && !a->number) {
			atomic_fetch_sub(&fuzz.wanted, 1);
			do_connect(a, clean_id());
		}
	}
	if (!a->nsocks)
		return;
	k = &a->socks[below(r, a->nsocks)];
	if (k->connecting) {
		struct pollfd p = { .fd = k->fd, .events = POLLOUT };

		if (poll(&p, 1, 0) == 1)
			k->connecting = false;
		else if (!is_clean(k->id) && chance(r, 1))
			sock_close(a, k);
		return;
	}
	if (is_clean(k->id))
		clean_step(a, k);
	else if (atomic_load(&fuzz.calm))
		sock_close(a, k);
	else if (!k->pause || now_ms() >= k->pause)
		foul_step(a, k);
}

void app_close_all(struct app *a)
{
	while (a->nsocks)
		sock_close(a, &a->socks[0]);
	for (int i = 0; !a->number && i < LISTENERS; i++)
		close(listeners[i]);
}
