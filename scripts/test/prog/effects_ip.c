// SPDX-License-Identifier: GPL-2.0
/*
 * Every option of SOL_IP in Linux 6.12's headers, by its effect on a stream;
 * effects.h says how.
 */
#include "effects.h"

#include <linux/tcp.h>

static void tos(const struct row *r)
{
	life(r, F_TOS);
}

static void ttl(const struct row *r)
{
	life(r, F_TTL);
}

static void fragment(const struct row *r)
{
	life(r, F_DF);
}

static void options(const struct row *r)
{
	int seen = capture(F_OPTIONS);
	struct pair p = make_pair(r, true, false);

	send(p.c, "hello", 5, 0);
	say("mss %d; ", get(p.c, IPPROTO_TCP, TCP_MAXSEG));
	say_wire(seen, F_OPTIONS);
}

/* What is put aside of the SYN; IP_PKTOPTIONS tells it. */
static void of_the_syn(const struct row *r)
{
	struct pair p = make_pair(r, false, true);
	char control[512];
	socklen_t len = sizeof(control);
	int ret = getsockopt(p.s, SOL_IP, IP_PKTOPTIONS, control, &len);
	struct msghdr m = { .msg_control = control, .msg_controllen = ret ? 0 : len };

	say("%s:", err_name(ret));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		say(" %d/%d %d", c->cmsg_level, c->cmsg_type, *(int *)CMSG_DATA(c));
}

/* Nothing of it comes with a stream's data. */
static void with_data(const struct row *r)
{
	struct pair p = make_pair(r, false, true);
	char data[10], control[256];
	struct iovec v = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };

	send(p.c, "abc", 3, 0);
	events(p.s, POLLIN, 500);
	say("recvmsg %ld, control %zu", (long)recvmsg(p.s, &m, 0), (size_t)m.msg_controllen);
}

static void mtu(const struct row *r)
{
	struct pair p = make_pair(r, false, false);

	say("connected %d", get(p.c, r->level, r->opt));
}

/* With errors asked for, one that comes later is told at once. */
static void errors(const struct row *r)
{
	int c = sock();
	struct sockaddr_in a = addr(0x0a090002, PORT);
	char data[100], control[512];
	struct iovec v = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	long n;

	must(!system("ip route add unreachable 10.9.0.0/16"), "route");
	must(!apply(r, c), "set");
	say("connect %s, ", err_name(connect(c, (void *)&a, sizeof(a))));
	n = recvmsg(c, &m, MSG_ERRQUEUE);
	say("queue %s", err_name(n));
}

static void foreign(const struct row *r)
{
	struct sockaddr_in a = addr(0x0a090002, PORT);
	int fd = sock();

	say("without %s, ", err_name(bind(sock(), (void *)&a, sizeof(a))));
	must(!apply(r, fd), "set");
	say("with %s", err_name(bind(fd, (void *)&a, sizeof(a))));
}

/* Segments that have come too far are dropped. */
static void min_ttl(const struct row *r)
{
	struct pair p = make_pair(r, false, false);

	must(!apply(r, p.s), "set");
	must(!set(p.c, SOL_IP, IP_TTL, 50), "ttl");
	send(p.c, "abc", 3, 0);
	say("far: event %x, ", events(p.s, POLLIN, 100));
	must(!set(p.c, SOL_IP, IP_TTL, 255), "ttl");
	say("near: %x", events(p.s, POLLIN, 2000));
}

static void no_port(const struct row *r)
{
	struct sockaddr_in a = addr(INADDR_LOOPBACK, 0);
	socklen_t len = sizeof(a);
	int fd = sock(), l = sock();

	listen_on(l);
	must(!apply(r, fd), "set");
	must(!bind(fd, (void *)&a, sizeof(a)), "bind");
	getsockname(fd, (void *)&a, &len);
	say("bound: port %s, ", a.sin_port ? "some" : "0");
	must(!connect_to(fd), "connect");
	getsockname(fd, (void *)&a, &len);
	say("connected: %s", a.sin_port ? "some" : "0");
}

static void port_range(const struct row *r)
{
	for (int i = 0; i < 2; i++) {
		struct sockaddr_in a = addr(INADDR_LOOPBACK, 0);
		socklen_t len = sizeof(a);
		int fd = sock(), port;

		if (!i)
			listen_on(sock());
		must(!apply(r, fd), "set");
		must(!(i ? bind(fd, (void *)&a, sizeof(a)) : connect_to(fd)), "bind or connect");
		getsockname(fd, (void *)&a, &len);
		port = ntohs(a.sin_port);
		say("%s; ", port >= 40000 && port <= 40009 ? "within" : "outside");
	}
}

static void inherited(const struct row *r)
{
	struct pair p = make_pair(r, false, true);

	say("listener %d, accepted %d", get(p.l, r->level, r->opt), get(p.s, r->level, r->opt));
}

/* IP_UNICAST_IF leads datagrams; a stream goes as its route says. */
static void unicast_if(const struct row *r)
{
	struct pair p = make_pair(r, true, false);

	send(p.c, "abc", 3, 0);
	say("event %x, %x", events(p.s, POLLIN, 500), get(p.c, r->level, r->opt));
}

/* Redirected by netfilter: where did the client mean to go? */
static void original(const struct row *r)
{
	struct sockaddr_in a = addr(INADDR_LOOPBACK, 8888), was = { 0 };
	socklen_t len = sizeof(was);
	int l = sock(), c = sock(), s;

	must(!system("nft 'add table ip t; add chain ip t o { type nat hook output priority -100; };"
		     "add rule ip t o tcp dport 8888 redirect to :7777'"), "nft");
	listen_on(l);
	must(!connect(c, (void *)&a, sizeof(a)), "connect");
	s = accept(l, NULL, NULL);
	say("%s ", err_name(getsockopt(s, r->level, r->opt, &was, &len)));
	say("%d bytes, %s family, port %d, address %x; ", len,
	    was.sin_family == fam ? "its" : "another", ntohs(was.sin_port),
	    ntohl(was.sin_addr.s_addr));
	len = 8;
	say("short %s, ", err_name(getsockopt(s, r->level, r->opt, &was, &len)));
	len = sizeof(was);
	say("listener %s", err_name(getsockopt(l, r->level, r->opt, &was, &len)));
}

#define I(name, val, probe) { #name, SOL_IP, name, val, probe, NULL, 0 }
#define M(name, data, probe) { #name, SOL_IP, name, 0, probe, &data, sizeof(data) }
#define J(name, nr, val, probe) { #name, SOL_IP, nr, val, probe, NULL, 0 }

static const unsigned char record_route[] = { 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
static const struct ip_mreqn member = { .imr_multiaddr = { 0x010203e9 }, .imr_ifindex = 1 };
static const struct ip_mreq_source of_source = { { 0x010203e9 }, { 0x0100007f }, { 0x0200007f } };
static const struct group_req group = { 1, { AF_INET, "\0\0\xe9\3\2\1", 0 } };

static const struct row rows[] = {
	I(IP_TOS, 0x28, tos),
	I(IP_TTL, 33, ttl),
	I(IP_HDRINCL, 1, NULL),
	M(IP_OPTIONS, record_route, options),
	I(IP_ROUTER_ALERT, 1, NULL),
	I(IP_RECVOPTS, 1, with_data),
	I(IP_RETOPTS, 1, with_data),
	I(IP_PKTINFO, 1, of_the_syn),
	I(IP_PKTOPTIONS, 1, of_the_syn),
	I(IP_MTU_DISCOVER, 0, fragment),
	{ "IP_MTU_DISCOVER probe", SOL_IP, IP_MTU_DISCOVER, 3, fragment, NULL, 0 },
	I(IP_RECVERR, 1, errors),
	I(IP_RECVTTL, 1, of_the_syn),
	I(IP_RECVTOS, 1, of_the_syn),
	I(IP_MTU, 1000, mtu),
	I(IP_FREEBIND, 1, foreign),
	I(IP_IPSEC_POLICY, 1, NULL),
	I(IP_XFRM_POLICY, 1, NULL),
	I(IP_PASSSEC, 1, with_data),
	I(IP_TRANSPARENT, 1, foreign),
	I(IP_ORIGDSTADDR, 1, with_data),
	I(IP_MINTTL, 100, min_ttl),
	I(IP_NODEFRAG, 1, NULL),
	I(IP_CHECKSUM, 1, with_data),
	I(IP_BIND_ADDRESS_NO_PORT, 1, no_port),
	I(IP_RECVFRAGSIZE, 1, NULL),
	J(IP_RECVERR_RFC4884, 26, 1, inherited),
	I(IP_MULTICAST_IF, 1, NULL),
	I(IP_MULTICAST_TTL, 5, NULL),
	I(IP_MULTICAST_LOOP, 0, inherited),
	M(IP_ADD_MEMBERSHIP, member, NULL),
	M(IP_DROP_MEMBERSHIP, member, NULL),
	M(IP_UNBLOCK_SOURCE, of_source, NULL),
	M(IP_BLOCK_SOURCE, of_source, NULL),
	M(IP_ADD_SOURCE_MEMBERSHIP, of_source, NULL),
	M(IP_DROP_SOURCE_MEMBERSHIP, of_source, NULL),
	I(IP_MSFILTER, 0, NULL),
	M(MCAST_JOIN_GROUP, group, NULL),
	M(MCAST_LEAVE_GROUP, group, NULL),
	I(MCAST_BLOCK_SOURCE, 0, NULL),
	I(MCAST_UNBLOCK_SOURCE, 0, NULL),
	I(MCAST_JOIN_SOURCE_GROUP, 0, NULL),
	I(MCAST_LEAVE_SOURCE_GROUP, 0, NULL),
	I(MCAST_MSFILTER, 0, NULL),
	I(IP_MULTICAST_ALL, 0, inherited),
	{ "IP_UNICAST_IF", SOL_IP, IP_UNICAST_IF, 1 << 24, unicast_if, NULL, 0 },
	J(IP_LOCAL_PORT_RANGE, 51, 40009 << 16 | 40000, port_range),
	J(IP_PROTOCOL, 52, 1, NULL),
	J(SO_ORIGINAL_DST, 80, 1, original),
};

int main(int argc, char **argv)
{
	return run_rows(rows, COUNT(rows), argc, argv);
}
