// SPDX-License-Identifier: GPL-2.0
/*
 * What an accepted socket has from its listener: each member of the kernel's
 * sock that a copy of it would share is set on the listener, looked at on the
 * child, changed there, and let go in both orders. Whether anything was freed
 * twice or never, the kernel of the debug build says.
 *
 * families: each
 * cpus: 1
 * timeout: 120
 */
#define _GNU_SOURCE
#include "t.h"

#include <linux/bpf.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

/* A listener, its child, and the client: the child is made by the time it is back. */
struct trio {
	int lsk, child, client;
};

static struct trio accepted(int lsk)
{
	struct trio t = { .lsk = lsk };

	t.client = t_connect(t_cfam, LOOP, t_port(lsk));
	t.child = t_accept(lsk);
	return t;
}

static void close_child_first(struct trio t)
{
	close(t.child);
	close(t.client);
	close(t.lsk);
}

static void close_listener_first(struct trio t)
{
	close(t.lsk);
	close(t.client);
	close(t.child);
}

static struct group_req group(const char *last)
{
	struct group_req g = { .gr_interface = 1 };
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_addr.s_addr = htonl(0xe0000000 | (unsigned char)*last);
	memcpy(&g.gr_group, &a, sizeof(a));
	return g;
}

CASE(membership_of_datagrams)
{
	struct ip_mreq m = { .imr_interface.s_addr = htonl(LOOP) };
	int l = t_listen(t_sfam, LOOP, 0, 5), val = 4;
	struct trio t;

	m.imr_multiaddr.s_addr = htonl(0xe0000064);
	ERR(setsockopt(l, SOL_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)), EPROTO);
	ERR(setsockopt(l, SOL_IP, IP_ADD_MEMBERSHIP, &m, 0), EPROTO);
	ERR(setsockopt(l, SOL_IP, IP_DROP_MEMBERSHIP, &m, sizeof(m)), EPROTO);
	ERR(setsockopt(l, SOL_IP, IP_MULTICAST_TTL, &val, sizeof(val)), EINVAL);
	ERR(setsockopt(l, SOL_IP, IP_MULTICAST_IF, &m, sizeof(m)), EINVAL);
	t = accepted(l);
	ERR(setsockopt(t.child, SOL_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)), EPROTO);
	close_child_first(t);
}

/* The protocol-independent options are let through: the groups are the listener's. */
CASE(multicast_list)
{
	struct group_req a = group("a"), b = group("b");

	for (int turn = 0; turn < 2; turn++) {
		struct trio t = { .lsk = t_listen(t_sfam, LOOP, 0, 5) };

		RET(setsockopt(t.lsk, SOL_IP, MCAST_JOIN_GROUP, &a, sizeof(a)), 0);
		t = accepted(t.lsk);
		ERR(setsockopt(t.child, SOL_IP, MCAST_LEAVE_GROUP, &a, sizeof(a)),
		    EADDRNOTAVAIL);
		RET(setsockopt(t.child, SOL_IP, MCAST_JOIN_GROUP, &b, sizeof(b)), 0);
		ERR(setsockopt(t.lsk, SOL_IP, MCAST_LEAVE_GROUP, &b, sizeof(b)),
		    EADDRNOTAVAIL);
		if (turn) {
			close_listener_first(t);
			continue;
		}
		close(t.child);
		RET(setsockopt(t.lsk, SOL_IP, MCAST_LEAVE_GROUP, &a, sizeof(a)), 0);
		close(t.lsk);
	}
}

CASE(ip_options)
{
	static const unsigned char nops[4] = { 1, 1, 1, 0 };
	unsigned char got[40];

	for (int turn = 0; turn < 2; turn++) {
		socklen_t len = sizeof(got);
		struct trio t = { .lsk = t_listen(t_sfam, LOOP, 0, 5) };

		if (setsockopt(t.lsk, SOL_IP, IP_OPTIONS, nops, sizeof(nops)))
			t_skip("IP_OPTIONS are refused");
		t = accepted(t.lsk);
		RET(getsockopt(t.child, SOL_IP, IP_OPTIONS, got, &len), 0);
		EQ(len, 0);
		setsockopt(t.child, SOL_IP, IP_OPTIONS, nops, sizeof(nops));
		(turn ? close_listener_first : close_child_first)(t);
	}
}

static uint64_t cookie(int fd)
{
	uint64_t val = 0;
	socklen_t len = sizeof(val);

	OK(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &val, &len));
	return val;
}

CASE(cookie_of_its_own)
{
	int l = t_listen(t_sfam, LOOP, 0, 5);
	uint64_t parent = cookie(l);
	struct trio t = accepted(l);

	TRUE(parent);
	TRUE(cookie(t.child));
	TRUE(cookie(t.child) != parent);
	TRUE(cookie(l) == parent);
	close_child_first(t);
}

static int filter_length(int fd)
{
	socklen_t len = 0;

	OK(getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &len));
	return len;
}

CASE(filter)
{
	struct sock_filter all[] = { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
				     BPF_STMT(BPF_RET | BPF_K, 0xffffffff) };
	struct sock_fprog prog = { .len = 2, .filter = all };

	for (int turn = 0; turn < 2; turn++) {
		struct trio t = { .lsk = t_listen(t_sfam, LOOP, 0, 5) };

		RET(setsockopt(t.lsk, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), 0);
		t = accepted(t.lsk);
		EQ(filter_length(t.child), 2);
		RET(setsockopt(turn ? t.lsk : t.child, SOL_SOCKET, SO_DETACH_FILTER, &turn, sizeof(turn)), 0);
		EQ(filter_length(t.child), turn ? 2 : 0);
		EQ(filter_length(t.lsk), turn ? 0 : 2);
		(turn ? close_child_first : close_listener_first)(t);
	}
}

CASE(peer_credentials)
{
	struct trio t = accepted(t_listen(t_sfam, LOOP, 0, 5));
	struct ucred of[2] = {};

	for (int i = 0; i < 2; i++) {
		socklen_t len = sizeof(of[i]);

		RET(getsockopt(i ? t.child : t.lsk, SOL_SOCKET, SO_PEERCRED, &of[i], &len), 0);
		EQ(of[i].pid, 0);
		EQ((int)of[i].uid, -1);
		EQ((int)of[i].gid, -1);
	}
	close_child_first(t);
}

CASE(error_queue)
{
	struct trio t = { .lsk = t_listen(t_sfam, LOOP, 0, 5) };
	struct msghdr msg = {};
	char space[256];

	t_opt(t.lsk, SOL_IP, IP_RECVERR, 1);
	t = accepted(t.lsk);
	EQ(t_getopt(t.child, SOL_IP, IP_RECVERR), 1);
	msg.msg_control = space;
	msg.msg_controllen = sizeof(space);
	ERR(recvmsg(t.child, &msg, MSG_ERRQUEUE | MSG_DONTWAIT), EAGAIN);
	t_opt(t.child, SOL_IP, IP_RECVERR, 0);
	close_listener_first(t);
}

/* A listener that was a connection once: its routes and pages are its own. */
CASE(after_a_connection)
{
	char big[20000] = {};
	struct sockaddr_in none = { .sin_family = AF_UNSPEC };
	struct trio first = accepted(t_listen(t_sfam, LOOP, 0, 5)), t;
	int fd = first.child;

	t_send_all(fd, big, sizeof(big));
	t_drain(first.client, sizeof(big));
	t_send_all(first.client, big, sizeof(big));
	t_drain(fd, sizeof(big));
	RET(connect(fd, SA(&none), sizeof(none)), 0);
	RET(listen(fd, 5), 0);
	for (int i = 0; i < 2; i++) {
		t = accepted(fd);
		t_send_all(t.child, big, sizeof(big));
		t_drain(t.client, sizeof(big));
		close(t.child);
		close(t.client);
	}
	close(fd);
	close(first.lsk);
	close(first.client);
}

/* Time stamps of packets are counted for the whole machine. */
CASE(time_stamps)
{
	struct trio t = { .lsk = t_listen(t_sfam, LOOP, 0, 5) };

	t_opt(t.lsk, SOL_SOCKET, SO_TIMESTAMP, 1);
	t = accepted(t.lsk);
	EQ(t_getopt(t.child, SOL_SOCKET, SO_TIMESTAMP), 1);
	t_opt(t.lsk, SOL_SOCKET, SO_TIMESTAMP, 0);
	EQ(t_getopt(t.child, SOL_SOCKET, SO_TIMESTAMP), 1);
	close_listener_first(t);
}

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* The description of "int", which a map of socket storage needs. */
static int int_type(void)
{
	static const struct {
		struct { uint16_t magic; uint8_t version, flags; uint32_t hdr_len;
			 uint32_t type_off, type_len, str_off, str_len; } head;
		uint32_t type[4];
		char str[5];
	} btf = {
		{ 0xeb9f, 1, 0, 24, 0, 16, 16, 5 },
		{ 1, 1 << 24, 4, 0x01000020 }, "\0int",
	};
	union bpf_attr attr = { .btf = (uintptr_t)&btf, .btf_size = 24 + 16 + 5 };

	return bpf(BPF_BTF_LOAD, &attr);
}

static int storage_map(int btf)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_SK_STORAGE, .key_size = 4, .value_size = 4,
		.map_flags = BPF_F_NO_PREALLOC | BPF_F_CLONE,
		.btf_fd = btf, .btf_key_type_id = 1, .btf_value_type_id = 1,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

static int stored(int map, int fd)
{
	int val = -1;
	union bpf_attr attr = { .map_fd = map, .key = (uintptr_t)&fd, .value = (uintptr_t)&val };

	return bpf(BPF_MAP_LOOKUP_ELEM, &attr) ? -1 : val;
}

static void store(int map, int fd, int val)
{
	union bpf_attr attr = { .map_fd = map, .key = (uintptr_t)&fd, .value = (uintptr_t)&val };

	RET(bpf(BPF_MAP_UPDATE_ELEM, &attr), 0);
}

CASE(bpf_storage)
{
	int map = OK(storage_map(OK(int_type())));

	for (int turn = 0; turn < 2; turn++) {
		struct trio t = { .lsk = t_listen(t_sfam, LOOP, 0, 5) };

		store(map, t.lsk, 7);
		t = accepted(t.lsk);
		EQ(stored(map, t.child), 7);
		store(map, t.child, 8);
		EQ(stored(map, t.lsk), 7);
		(turn ? close_listener_first : close_child_first)(t);
	}
	close(map);
}

/* Plain values: set on the listener, found on the child. */
static const struct {
	const char *name;
	int level, opt, set, want;
} values[] = {
	{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1, 1 },
	{ "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 1, 1 },
	{ "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, 5, 5 },
	{ "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, 30000, 60000 },
	{ "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, 40000, 80000 },
	{ "SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, 3, 0 },
	{ "SO_MARK", SOL_SOCKET, SO_MARK, 77, 77 },
	{ "SO_DONTROUTE", SOL_SOCKET, SO_DONTROUTE, 1, 1 },
	{ "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 1, 1 },
	{ "SO_DEBUG", SOL_SOCKET, SO_DEBUG, 1, 1 },
	{ "SO_MAX_PACING_RATE", SOL_SOCKET, SO_MAX_PACING_RATE, 1000000, 1000000 },
	{ "IP_TOS", SOL_IP, IP_TOS, 0x10, 0x10 },
	{ "IP_TTL", SOL_IP, IP_TTL, 33, 33 },
	{ "IP_MINTTL", SOL_IP, IP_MINTTL, 2, 2 },
	{ "IP_MTU_DISCOVER", SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_DO },
	{ "IP_RECVERR", SOL_IP, IP_RECVERR, 1, 1 },
	{ "IP_FREEBIND", SOL_IP, IP_FREEBIND, 1, 1 },
	{ "IP_PKTINFO", SOL_IP, IP_PKTINFO, 1, 1 },
	{ "TCP_NODELAY", SOL_TCP, TCP_NODELAY, 1, 1 },
	{ "TCP_KEEPIDLE", SOL_TCP, TCP_KEEPIDLE, 11, 11 },
	{ "TCP_KEEPINTVL", SOL_TCP, TCP_KEEPINTVL, 12, 12 },
	{ "TCP_KEEPCNT", SOL_TCP, TCP_KEEPCNT, 4, 4 },
	{ "TCP_SYNCNT", SOL_TCP, TCP_SYNCNT, 4, 4 },
	{ "TCP_LINGER2", SOL_TCP, TCP_LINGER2, 9, 9 },
	{ "TCP_USER_TIMEOUT", SOL_TCP, TCP_USER_TIMEOUT, 5000, 5000 },
	{ "TCP_WINDOW_CLAMP", SOL_TCP, TCP_WINDOW_CLAMP, 5000, 5000 },
};

CASE(values_inherited)
{
	int l = t_listen(t_sfam, LOOP, 0, 5);
	struct trio t;

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (setsockopt(l, values[i].level, values[i].opt, &values[i].set, sizeof(int)))
			FAIL("%s: %s", values[i].name, t_errname(errno));
	t = accepted(l);
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		int got = t_getopt(t.child, values[i].level, values[i].opt);

		if (got != values[i].want)
			FAIL("%s of the child is %d, not %d", values[i].name, got, values[i].want);
	}
	close_child_first(t);
}

int main(int argc, char **argv)
{
	return t_main(argc, argv);
}
