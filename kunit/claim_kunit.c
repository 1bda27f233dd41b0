// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of port claims (module/ports/) through bind and
 * listen on real sockets of both stacks. Between the stacks the rule is
 * exclusion, whatever the flags; within AF_NEWINET it is what the kernel's
 * TCP decides in the same situation, which is asked as the oracle.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/ip.h>
#include <net/sock.h>

#include "../module/ports/claim.h"
#include "../module/newinet.h"

#define TEST_PORT	20678
#define ANY		INADDR_ANY
#define LO1		INADDR_LOOPBACK
#define LO2		(INADDR_LOOPBACK + 1)

enum reuse { NONE, ADDR, PORT, BOTH, REUSE_MAX };

static const char * const reuse_names[] = {
	"no reuse", "SO_REUSEADDR", "SO_REUSEPORT", "both reuse flags"
};

static const u32 addrs[] = { ANY, LO1, LO2 };

/* One socket of a test: what it is bound to. */
struct spec {
	int family;
	u32 addr;
	enum reuse reuse;
	bool listens;
};

static int bind_to(struct socket *sock, int family, u32 addr, u16 port)
{
	struct sockaddr_in sin = {
		.sin_family = family,
		.sin_addr.s_addr = htonl(addr),
		.sin_port = htons(port),
	};

	return kernel_bind(sock, (struct sockaddr *)&sin, sizeof(sin));
}

/* A socket as in @s, or the error of the step that failed. */
static struct socket *open_spec(const struct spec *s, u16 port)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, s->family, SOCK_STREAM, 0, &sock);
	if (err)
		return ERR_PTR(err);
	if (s->reuse & ADDR)
		sock->sk->sk_reuse = SK_CAN_REUSE;
	if (s->reuse & PORT)
		sock->sk->sk_reuseport = 1;
	err = bind_to(sock, s->family, s->addr, port);
	if (!err && s->listens)
		err = kernel_listen(sock, 1);
	if (!err)
		return sock;
	sock_release(sock);
	return ERR_PTR(err);
}

static void close_spec(struct socket *sock)
{
	if (!IS_ERR(sock))
		sock_release(sock);
}

/* @second comes while @first is there: 0 or the error it gets. */
static int second_after(struct kunit *test, const struct spec *first,
			const struct spec *second)
{
	struct socket *a, *b;
	int err;

	a = open_spec(first, TEST_PORT);
	KUNIT_ASSERT_FALSE(test, IS_ERR(a));
	b = open_spec(second, TEST_PORT);
	err = PTR_ERR_OR_ZERO(b);
	close_spec(b);
	close_spec(a);
	return err;
}

static bool overlap(u32 a, u32 b)
{
	return a == ANY || b == ANY || a == b;
}

typedef void (*pair_check)(struct kunit *test, const struct spec *a,
			   const struct spec *b, const char *text);

/* Every pair of addresses, flags and "listens" for two families. */
static void check_pairs(struct kunit *test, int fam1, int fam2, pair_check check)
{
	char text[120];
	int i;

	for (i = 0; i < 3 * 3 * REUSE_MAX * REUSE_MAX * 4; i++) {
		struct spec a = {
			.family = fam1,
			.addr = addrs[i % 3],
			.reuse = i / 9 % REUSE_MAX,
			.listens = i / (9 * REUSE_MAX * REUSE_MAX) & 1,
		}, b = {
			.family = fam2,
			.addr = addrs[i / 3 % 3],
			.reuse = i / (9 * REUSE_MAX) % REUSE_MAX,
			.listens = i / (9 * REUSE_MAX * REUSE_MAX) & 2,
		};

		snprintf(text, sizeof(text), "%x %s%s, then %x %s%s", a.addr,
			 reuse_names[a.reuse], a.listens ? " listens" : "", b.addr,
			 reuse_names[b.reuse], b.listens ? " listens" : "");
		check(test, &a, &b, text);
	}
}

static void expect_exclusion(struct kunit *test, const struct spec *a,
			     const struct spec *b, const char *text)
{
	int want = overlap(a->addr, b->addr) ? -EADDRINUSE : 0;

	KUNIT_EXPECT_EQ_MSG(test, second_after(test, a, b), want, "%s", text);
}

static void expect_as_kernel(struct kunit *test, const struct spec *a,
			     const struct spec *b, const char *text)
{
	struct spec ka = *a, kb = *b;

	ka.family = AF_INET;
	kb.family = AF_INET;
	KUNIT_EXPECT_EQ_MSG(test, second_after(test, a, b),
			    second_after(test, &ka, &kb), "%s", text);
}

static void kernel_first_test(struct kunit *test)
{
	check_pairs(test, AF_INET, newinet_family, expect_exclusion);
}

static void kernel_second_test(struct kunit *test)
{
	check_pairs(test, newinet_family, AF_INET, expect_exclusion);
}

static void own_rules_test(struct kunit *test)
{
	check_pairs(test, newinet_family, newinet_family, expect_as_kernel);
}

/* An IPv6 socket that takes IPv4 too is in the way of ours, and ours of it. */
static void ipv6_wildcard_test(struct kunit *test)
{
	struct spec ours = { .family = newinet_family, .addr = LO1, .reuse = ADDR };
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(TEST_PORT),
	};
	struct socket *v6, *sock;

	if (sock_create_kern(&init_net, AF_INET6, SOCK_STREAM, 0, &v6))
		kunit_skip(test, "no IPv6");
	v6->sk->sk_reuse = SK_CAN_REUSE;

	sock = open_spec(&ours, TEST_PORT);
	KUNIT_EXPECT_FALSE(test, IS_ERR(sock));
	KUNIT_EXPECT_EQ(test, kernel_bind(v6, (struct sockaddr *)&sin6, sizeof(sin6)),
			-EADDRINUSE);
	close_spec(sock);
	KUNIT_EXPECT_EQ(test, kernel_bind(v6, (struct sockaddr *)&sin6, sizeof(sin6)),
			0);
	sock = open_spec(&ours, TEST_PORT);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(sock), -EADDRINUSE);
	close_spec(sock);
	sock_release(v6);
}

/* Three owners of one port: the last one out, and only he, frees it. */
static void shared_claim_test(struct kunit *test)
{
	struct spec ours = { .family = newinet_family, .addr = ANY, .reuse = ADDR };
	struct spec specific = { .family = newinet_family, .addr = LO1, .reuse = ADDR };
	struct spec kernel = { .family = AF_INET, .addr = LO1, .reuse = BOTH };
	struct socket *a, *b, *c, *k;

	/* The narrow one first: the wide claim must pass our own holder. */
	a = open_spec(&specific, TEST_PORT);
	b = open_spec(&ours, TEST_PORT);
	c = open_spec(&ours, TEST_PORT);
	KUNIT_EXPECT_FALSE(test, IS_ERR(a) || IS_ERR(b) || IS_ERR(c));

	k = open_spec(&kernel, TEST_PORT);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(k), -EADDRINUSE);
	close_spec(k);
	close_spec(b);
	k = open_spec(&kernel, TEST_PORT);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(k), -EADDRINUSE);
	close_spec(k);
	close_spec(c);
	k = open_spec(&kernel, TEST_PORT);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(k), -EADDRINUSE);
	close_spec(k);
	close_spec(a);
	k = open_spec(&kernel, TEST_PORT);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(k), 0);
	close_spec(k);
}

/* Two share a port; one listens; the other cannot. */
static void second_listener_test(struct kunit *test)
{
	const int families[] = { AF_INET, newinet_family };
	int i;

	for (i = 0; i < 2; i++) {
		struct spec s = { .family = families[i], .addr = ANY, .reuse = ADDR };
		struct socket *a = open_spec(&s, TEST_PORT);
		struct socket *b = open_spec(&s, TEST_PORT);

		KUNIT_ASSERT_FALSE(test, IS_ERR(a) || IS_ERR(b));
		KUNIT_EXPECT_EQ(test, kernel_listen(a, 1), 0);
		KUNIT_EXPECT_EQ(test, kernel_listen(b, 1), -EADDRINUSE);
		close_spec(a);
		KUNIT_EXPECT_EQ(test, kernel_listen(b, 1), 0);
		close_spec(b);
	}
}

static u16 port_of(struct socket *sock)
{
	struct sockaddr_in sin = { };

	if (kernel_getsockname(sock, (struct sockaddr *)&sin) < 0)
		return 0;
	return ntohs(sin.sin_port);
}

/* Port 0, by bind() and by listen() alone: chosen in the kernel's range. */
static void any_port_test(struct kunit *test)
{
	struct spec ours = { .family = newinet_family, .addr = ANY };
	struct spec kernel = { .family = AF_INET, .addr = ANY, .reuse = BOTH };
	struct socket *sock, *k;
	int low, high, i;
	u16 port;

	inet_get_local_port_range(&init_net, &low, &high);
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, newinet_family,
							  SOCK_STREAM, 0, &sock));
		KUNIT_EXPECT_EQ(test, (int)port_of(sock), 0);
		if (i)
			KUNIT_EXPECT_EQ(test, kernel_listen(sock, 1), 0);
		else
			KUNIT_EXPECT_EQ(test, 0, bind_to(sock, newinet_family, ANY, 0));
		port = port_of(sock);
		KUNIT_EXPECT_GE(test, (int)port, low);
		KUNIT_EXPECT_LE(test, (int)port, high);
		k = open_spec(&kernel, port);
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(k), -EADDRINUSE);
		close_spec(k);
		sock_release(sock);
		sock = open_spec(&ours, port);
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(sock), 0);
		close_spec(sock);
	}
}

struct bad_bind_case {
	const char *desc;
	int family;		/* 0 stands for the family itself */
	u32 addr;
	int len;
	int err;
};

static const struct bad_bind_case bad_bind_cases[] = {
	{ "good", 0, LO1, sizeof(struct sockaddr_in), 0 },
	{ "longer than needed", 0, LO1, sizeof(struct sockaddr_storage), 0 },
	{ "short", 0, LO1, sizeof(struct sockaddr_in) - 1, -EINVAL },
	{ "empty", 0, LO1, 0, -EINVAL },
	{ "foreign address", 0, 0xc0000201, sizeof(struct sockaddr_in), -EADDRNOTAVAIL },
	{ "IPv6 address", AF_INET6, LO1, sizeof(struct sockaddr_in), -EAFNOSUPPORT },
	{ "IPv4 address", AF_INET, LO1, sizeof(struct sockaddr_in), -EAFNOSUPPORT },
};

KUNIT_ARRAY_PARAM_DESC(bad_bind, bad_bind_cases, desc);

static void bad_bind_test(struct kunit *test)
{
	const struct bad_bind_case *c = test->param_value;
	struct sockaddr_storage ss = { };
	struct sockaddr_in *sin = (struct sockaddr_in *)&ss;
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, newinet_family,
						  SOCK_STREAM, 0, &sock));
	sin->sin_family = c->family ?: newinet_family;
	sin->sin_addr.s_addr = htonl(c->addr);
	sin->sin_port = htons(TEST_PORT);
	KUNIT_EXPECT_EQ(test, kernel_bind(sock, (struct sockaddr *)sin, c->len),
			c->err);
	/* Once bound it stays bound; never bound it has no port. */
	KUNIT_EXPECT_EQ(test, (int)port_of(sock), c->err ? 0 : TEST_PORT);
	KUNIT_EXPECT_EQ(test, bind_to(sock, newinet_family, LO1, TEST_PORT),
			c->err ? 0 : -EINVAL);
	sock_release(sock);
}

/* AF_UNSPEC is taken for ours, but for the wildcard address alone. */
static void unspec_test(struct kunit *test)
{
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, newinet_family,
						  SOCK_STREAM, 0, &sock));
	KUNIT_EXPECT_EQ(test, bind_to(sock, AF_UNSPEC, LO1, TEST_PORT),
			-EAFNOSUPPORT);
	KUNIT_EXPECT_EQ(test, bind_to(sock, AF_UNSPEC, ANY, TEST_PORT), 0);
	sock_release(sock);
}

static void sockname_test(struct kunit *test)
{
	struct spec ours = { .family = newinet_family, .addr = LO1 };
	struct socket *sock = open_spec(&ours, TEST_PORT);
	struct sockaddr_storage ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)&ss;
	static const u8 zero[sizeof(sin->sin_zero)];

	KUNIT_ASSERT_FALSE(test, IS_ERR(sock));
	memset(&ss, 0xff, sizeof(ss));
	KUNIT_EXPECT_EQ(test, kernel_getsockname(sock, (struct sockaddr *)&ss),
			(int)sizeof(*sin));
	KUNIT_EXPECT_EQ(test, (int)sin->sin_family, newinet_family);
	KUNIT_EXPECT_EQ(test, ntohl(sin->sin_addr.s_addr), LO1);
	KUNIT_EXPECT_EQ(test, (int)ntohs(sin->sin_port), TEST_PORT);
	KUNIT_EXPECT_EQ(test, memcmp(sin->sin_zero, zero, sizeof(zero)), 0);
	KUNIT_EXPECT_EQ(test, kernel_getpeername(sock, (struct sockaddr *)&ss),
			-ENOTCONN);
	sock_release(sock);
}

/* The port of a connection belongs to us as long as the connection lives. */
static void connect_test(struct kunit *test)
{
	struct spec server = { .family = AF_INET, .addr = LO1, .listens = true };
	struct spec kernel = { .family = AF_INET, .addr = LO1, .reuse = BOTH };
	struct sockaddr_in sin = {
		.sin_family = newinet_family,
		.sin_addr.s_addr = htonl(LO1),
		.sin_port = htons(TEST_PORT),
	};
	struct socket *listener, *k, *s[3];
	u16 ports[3];
	int i;

	listener = open_spec(&server, TEST_PORT);
	KUNIT_ASSERT_FALSE(test, IS_ERR(listener));
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, newinet_family,
							  SOCK_STREAM, 0, &s[i]));
		KUNIT_EXPECT_EQ(test, -EINPROGRESS,
				kernel_connect(s[i], (struct sockaddr *)&sin,
					       sizeof(sin), O_NONBLOCK));
		ports[i] = port_of(s[i]);
		k = open_spec(&kernel, ports[i]);
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(k), -EADDRINUSE);
		close_spec(k);
	}
	/* To one destination each connection has a port of its own. */
	KUNIT_EXPECT_NE(test, ports[0], ports[1]);
	KUNIT_EXPECT_NE(test, ports[1], ports[2]);
	KUNIT_EXPECT_NE(test, ports[0], ports[2]);
	for (i = 0; i < 3; i++)
		sock_release(s[i]);
	close_spec(listener);
}

#define MANY	200

/* How many ports so many connects get in turn that are ended at once. */
static int ports_of_many(struct kunit *test)
{
	struct sockaddr_in sin = {
		.sin_family = newinet_family,
		.sin_addr.s_addr = htonl(LO1),
		.sin_port = htons(TEST_PORT),
	};
	unsigned long *seen = bitmap_zalloc(1 << 16, GFP_KERNEL);
	struct socket *s;
	int i, ports;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (i = 0; i < MANY; i++) {
		if (sock_create_kern(&init_net, newinet_family, SOCK_STREAM, 0, &s))
			break;
		kernel_connect(s, (struct sockaddr *)&sin, sizeof(sin), O_NONBLOCK);
		__set_bit(port_of(s), seen);
		sock_release(s);
	}
	KUNIT_EXPECT_EQ(test, i, MANY);
	KUNIT_EXPECT_FALSE(test, test_bit(0, seen));
	ports = bitmap_weight(seen, 1 << 16);
	bitmap_free(seen);
	return ports;
}

/* The RST of a closed port leaves nothing at the peer: its client needs few. */
static void refused_test(struct kunit *test)
{
	KUNIT_EXPECT_LE(test, ports_of_many(test), MANY / 2);
}

/*
 * When the SYN is not answered, something may be left at the peer: many more
 * connects to the same place never get its port again.
 */
static void given_up_test(struct kunit *test)
{
	struct spec server = { .family = AF_INET, .addr = LO1, .listens = true };
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(LO1),
		.sin_port = htons(TEST_PORT),
	};
	struct socket *listener, *first;
	int i;

	listener = open_spec(&server, TEST_PORT);
	KUNIT_ASSERT_FALSE(test, IS_ERR(listener));
	/* One that is not accepted fills the queue: other SYNs are dropped. */
	KUNIT_EXPECT_EQ(test, 0, kernel_listen(listener, 0));
	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, AF_INET, SOCK_STREAM,
						  0, &first));
	KUNIT_EXPECT_EQ(test, 0, kernel_connect(first, (struct sockaddr *)&sin,
						sizeof(sin), 0));
	for (i = 0; i < 50 && !sk_acceptq_is_full(listener->sk); i++)
		msleep(20);
	KUNIT_EXPECT_TRUE(test, sk_acceptq_is_full(listener->sk));
	KUNIT_EXPECT_EQ(test, ports_of_many(test), MANY);
	sock_release(first);
	close_spec(listener);
}

/*
 * A TIME-WAIT entry of @family's on the port: its owner closes first. That is
 * a server, or a client that has bound the port with SO_REUSEADDR and never
 * listened, which leaves the kernel's bucket open to others who do so.
 */
static void make_time_wait(struct kunit *test, int family, u16 port, bool client)
{
	struct spec server = {
		.family = family, .addr = LO1, .reuse = ADDR, .listens = true
	};
	struct spec bound = { .family = family, .addr = LO1, .reuse = ADDR };
	u16 to = client ? TEST_PORT : port;
	struct sockaddr_in sin = {
		.sin_family = family,
		.sin_addr.s_addr = htonl(LO1),
		.sin_port = htons(to),
	};
	struct kvec vec = { .iov_base = &sin, .iov_len = 1 };
	struct socket *listener, *active, *child;
	struct msghdr msg = { };

	listener = open_spec(&server, to);
	KUNIT_ASSERT_FALSE(test, IS_ERR(listener));
	active = open_spec(&bound, client ? port : 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(active));
	KUNIT_ASSERT_EQ(test, 0, kernel_connect(active, (struct sockaddr *)&sin,
						sizeof(sin), 0));
	KUNIT_ASSERT_EQ(test, 0, kernel_accept(listener, &child, 0));
	if (client)
		swap(active, child);
	sock_release(child);
	KUNIT_EXPECT_EQ(test, 0, kernel_recvmsg(active, &msg, &vec, 1, 1, 0));
	sock_release(active);
	sock_release(listener);
}

/* @s is tried for a second: the last segments may be on their way yet. */
static struct socket *open_soon(const struct spec *s, u16 port)
{
	struct socket *sock;
	int i;

	for (i = 0; i < 50; i++) {
		sock = open_spec(s, port);
		if (PTR_ERR_OR_ZERO(sock) != -EADDRINUSE)
			break;
		msleep(20);
	}
	return sock;
}

/* An heir holds the port like its owner; without an owner there is none to hold. */
static void heir_test(struct kunit *test)
{
	struct spec ours = { .family = newinet_family, .addr = ANY };
	struct spec kernel = { .family = AF_INET, .addr = ANY };
	struct socket *owner, *heir, *k;

	owner = open_spec(&ours, TEST_PORT);
	KUNIT_ASSERT_FALSE(test, IS_ERR(owner));
	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, newinet_family,
						  SOCK_STREAM, 0, &heir));
	/* What lost its claim on another CPU has none to give. */
	KUNIT_EXPECT_FALSE(test, newinet_claim_share(&heir->sk->__sk_common,
						     &owner->sk->__sk_common));
	KUNIT_EXPECT_TRUE(test, newinet_claim_share(&owner->sk->__sk_common,
						    &heir->sk->__sk_common));
	inet_sk(heir->sk)->inet_num = TEST_PORT;
	sock_release(owner);
	k = open_spec(&kernel, TEST_PORT);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(k), -EADDRINUSE);
	close_spec(k);
	sock_release(heir);
	k = open_spec(&kernel, TEST_PORT);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(k), 0);
	close_spec(k);
}

struct time_wait_case {
	const char *desc;
	bool ours;
	bool client;
};

static const struct time_wait_case time_wait_cases[] = {
	{ "the kernel's server", false, false },
	{ "the kernel's client", false, true },
	{ "our server", true, false },
	{ "our client", true, true },
};

KUNIT_ARRAY_PARAM_DESC(time_wait, time_wait_cases, desc);

/*
 * SO_REUSEADDR overcomes TIME-WAIT in one's own stack and in the other one, but
 * then the port is its alone, whichever stack that is.
 */
static void time_wait_test(struct kunit *test)
{
	const struct time_wait_case *c = test->param_value;
	struct spec ours = { .family = newinet_family, .addr = LO1 };
	struct spec kernel = { .family = AF_INET };
	u16 port = TEST_PORT + 1 + (c - time_wait_cases);
	struct socket *sock, *k;
	int i;

	make_time_wait(test, c->ours ? newinet_family : AF_INET, port, c->client);
	ours.reuse = ADDR;
	sock = open_soon(&ours, port);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(sock), 0);
	for (i = 0; i < 2 * REUSE_MAX; i++) {
		kernel.addr = i & 1 ? ANY : LO1;
		kernel.reuse = i / 2;
		k = open_spec(&kernel, port);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(k), -EADDRINUSE,
				    "%s", reuse_names[kernel.reuse]);
		close_spec(k);
	}
	close_spec(sock);
	ours.reuse = NONE;
	sock = open_spec(&ours, port);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(sock), -EADDRINUSE);
	close_spec(sock);

	/* And the other way round. */
	for (i = 0; i < 2 * REUSE_MAX; i++) {
		kernel.addr = i & 1 ? ANY : LO1;
		kernel.reuse = i / 2;
		kernel.listens = true;
		k = open_spec(&kernel, port);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(k),
				    kernel.reuse & ADDR ? 0 : -EADDRINUSE,
				    "%s", reuse_names[kernel.reuse]);
		ours.reuse = BOTH;
		sock = open_spec(&ours, port);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(sock), IS_ERR(k) ? 0 : -EADDRINUSE,
				    "%s", reuse_names[kernel.reuse]);
		close_spec(sock);
		close_spec(k);
	}
}

#ifdef CONFIG_FAULT_INJECTION
/* The kernel's bind calls a missing bucket EADDRINUSE. */
static bool out_of_memory(int err)
{
	return err == -ENOMEM || err == -ENOBUFS || err == -ENFILE ||
	       err == -EADDRINUSE;
}

/* As in the create suite: each allocation of a bind fails in turn. */
static void no_memory_test(struct kunit *test)
{
	struct spec kernel = { .family = AF_INET, .addr = ANY };
	struct socket *sock, *k;
	int failures = 0, err;
	unsigned int n, left;

	for (n = 1; n < 100; n++) {
		KUNIT_ASSERT_EQ(test, 0, sock_create_kern(&init_net, newinet_family,
							  SOCK_STREAM, 0, &sock));
		current->fail_nth = n;
		err = bind_to(sock, newinet_family, ANY, TEST_PORT);
		left = current->fail_nth;
		current->fail_nth = 0;
		/* A debugging aid of the kernel's may do without its memory. */
		KUNIT_EXPECT_TRUE(test, !err || out_of_memory(err));
		KUNIT_EXPECT_EQ(test, (int)port_of(sock), err ? 0 : TEST_PORT);
		if (err) {
			failures++;
			/* Nothing is left in the kernel's table. */
			k = open_spec(&kernel, TEST_PORT);
			KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(k), 0);
			close_spec(k);
		}
		sock_release(sock);
		if (left)
			break;
	}
	if (!failures)
		kunit_skip(test, "failslab leaves GFP_KERNEL alone");
}
#else
static void no_memory_test(struct kunit *test)
{
	kunit_skip(test, "no fault injection in this kernel");
}
#endif

/* The loopback device has its address once it is up. */
static int suite_init(struct kunit_suite *suite)
{
	int err;

	rtnl_lock();
	err = dev_open(init_net.loopback_dev, NULL);
	rtnl_unlock();
	return err;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(kernel_first_test),
	KUNIT_CASE(kernel_second_test),
	KUNIT_CASE(own_rules_test),
	KUNIT_CASE(ipv6_wildcard_test),
	KUNIT_CASE(shared_claim_test),
	KUNIT_CASE(second_listener_test),
	KUNIT_CASE(any_port_test),
	KUNIT_CASE_PARAM(bad_bind_test, bad_bind_gen_params),
	KUNIT_CASE(unspec_test),
	KUNIT_CASE(sockname_test),
	KUNIT_CASE(connect_test),
	KUNIT_CASE(refused_test),
	KUNIT_CASE(given_up_test),
	KUNIT_CASE(heir_test),
	KUNIT_CASE_PARAM(time_wait_test, time_wait_gen_params),
	KUNIT_CASE(no_memory_test),
	{}
};

static struct kunit_suite suite = {
	.name		= "newinet_claim",
	.suite_init	= suite_init,
	.test_cases	= cases,
};

kunit_test_suite(suite);
