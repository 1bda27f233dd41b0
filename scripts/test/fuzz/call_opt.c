// SPDX-License-Identifier: GPL-2.0
/*
 * The call fuzzer's options, control messages and ioctls: all the numbers there are, with
 * values at the edges and lengths that do not fit.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <net/route.h>
#include <sys/ioctl.h>

#include "call.h"

static const char *const names[] = {
	"cubic", "reno", "dctcp", "bbr", "", "nosuch", "lo", "veth0", "dummy0", "tls",
};

static int some_level(struct rng *r)
{
	static const int levels[] = { SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP };

	return chance(r, 97) ? levels[below(r, 3)] : (int)below(r, 300);
}

static int some_option(struct rng *r, int level)
{
	/* Highest of the kernels' headers, and one more. */
	if (level == SOL_SOCKET)
		return below(r, 84);
	if (level == IPPROTO_TCP)
		return below(r, 48);
	return below(r, 100);
}

/* Those that want a struct of their own. */
static int some_struct(struct rng *r, int level, int option, char *value)
{
	static struct sock_filter code[] = {
		{ 0x06, 0, 0, 0xffffffff }, { 0x06, 0, 0, 40 }, { 0x06, 0, 0, 0 },
	};
	struct timeval tv = { chance(r, 90) ? 0 : below(r, 3), edge32(r) % 1100000 };
	struct linger linger = { below(r, 2), chance(r, 90) ? below(r, 2) : edge32(r) };
	struct sock_fprog prog = { 1, &code[below(r, 3)] };
	struct ip_mreqn mreq = { .imr_multiaddr.s_addr = htonl(0xe0000001 + below(r, 3)) };

	mreq.imr_address.s_addr = htonl(INADDR_LOOPBACK);
	if (level == SOL_SOCKET)
		switch (option) {
		case SO_LINGER:
			memcpy(value, &linger, sizeof(linger));
			return sizeof(linger);
		case SO_RCVTIMEO:
		case SO_SNDTIMEO:
			memcpy(value, &tv, sizeof(tv));
			return sizeof(tv);
		case SO_ATTACH_FILTER:
		case SO_ATTACH_REUSEPORT_CBPF:
			memcpy(value, &prog, sizeof(prog));
			return sizeof(prog);
		}
	if (level == IPPROTO_IP && option >= IP_MULTICAST_IF && option <= IP_DROP_SOURCE_MEMBERSHIP) {
		memcpy(value, &mreq, sizeof(mreq));
		return sizeof(mreq);
	}
	return 0;
}

void op_setsockopt(struct thread *t)
{
	struct rng *r = &t->rng;
	char value[300];
	int level = some_level(r), option = some_option(r, level), len, number = edge32(r);

	for (unsigned int i = 0; i < sizeof(value); i++)
		value[i] = rnd(r);
	len = some_struct(r, level, option, value);
	if (!len) {
		if (chance(r, 60))
			number = 1 << below(r, 20);
		/* What orphans would outlast the round by; see net_up(). */
		if (level == IPPROTO_TCP && option == TCP_LINGER2)
			number = (int)below(r, 5) - 1;
		if (level == IPPROTO_TCP && option == TCP_USER_TIMEOUT)
			number = below(r, 10000);
		memcpy(value, &number, sizeof(number));
		len = chance(r, 90) ? sizeof(number) : below(r, sizeof(value));
	}
	if (level == IPPROTO_TCP && (option == TCP_CONGESTION || option == TCP_ULP)) {
		strcpy(value, names[below(r, ARRAY_SIZE(names))]);
		len = strlen(value);
	}
	if (level == SOL_SOCKET && option == SO_BINDTODEVICE && chance(r, 80)) {
		strcpy(value, names[4 + below(r, 5)]);
		len = strlen(value) + 1;
	}
	done(setsockopt(slot_get(r), level, option, chance(r, 98) ? value : NULL,
			chance(r, 98) ? len : (int)edge32(r)));
}

void op_getsockopt(struct thread *t)
{
	struct rng *r = &t->rng;
	char value[600];
	socklen_t len = chance(r, 60) ? sizeof(value) : below(r, sizeof(value));
	int level = some_level(r);

	if (chance(r, 2))
		len = -(int)below(r, 3);
	done(getsockopt(slot_get(r), level, some_option(r, level), value, &len));
}

void op_ioctl(struct thread *t)
{
	static const unsigned long requests[] = {
		SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK, FIONBIO, FIOASYNC, FIONREAD,
		SIOCGSTAMP, SIOCGSTAMPNS, SIOCSPGRP, FIOSETOWN, SIOCGPGRP, FIOGETOWN,
		SIOCGIFADDR, SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFMTU, SIOCGIFINDEX, SIOCGARP,
		SIOCADDRT, SIOCDELRT, SIOCGIFNAME, SIOCGSKNS, 0x8940, 0x89f0,
	};
	struct rng *r = &t->rng;
	char arg[256];
	int number = chance(r, 50) ? below(r, 2) : edge32(r), fd;
	unsigned long request = requests[below(r, ARRAY_SIZE(requests))];

	memset(arg, 0, sizeof(arg));
	if (chance(r, 60))
		memcpy(arg, &number, sizeof(number));
	else
		strcpy(arg, names[6 + below(r, 3)]);
	if (request == SIOCGIFCONF)
		memset(arg, 0, sizeof(arg));
	fd = done(ioctl(slot_get(r), request, chance(r, 97) ? arg : NULL));
	if (request == SIOCGSKNS && fd > 2)
		close(fd);
}

/* Control messages one after another; how many bytes. */
int some_cmsgs(struct rng *r, char *buf, int size)
{
	static const int kinds[][2] = {
		{ SOL_SOCKET, SCM_RIGHTS }, { SOL_SOCKET, SCM_CREDENTIALS },
		{ SOL_SOCKET, SO_TIMESTAMPING }, { SOL_SOCKET, SO_MARK }, { SOL_SOCKET, 61 },
		{ SOL_SOCKET, 78 }, { IPPROTO_IP, IP_TTL }, { IPPROTO_IP, IP_TOS },
		{ IPPROTO_IP, IP_PKTINFO }, { IPPROTO_IP, IP_RETOPTS }, { IPPROTO_TCP, 37 },
		{ IPPROTO_IPV6, 50 },
	};
	int used = 0, n = below(r, 4);

	while (n--) {
		int kind = below(r, ARRAY_SIZE(kinds)), len = below(r, 5) * 4;
		struct cmsghdr *c = (struct cmsghdr *)(buf + used);

		if (used + (int)CMSG_SPACE(len) > size)
			break;
		c->cmsg_level = kinds[kind][0];
		c->cmsg_type = kinds[kind][1];
		c->cmsg_len = chance(r, 95) ? CMSG_LEN(len) : edge32(r);
		for (int i = 0; i < len; i++)
			CMSG_DATA(c)[i] = chance(r, 50) ? 0 : rnd(r);
		used += CMSG_SPACE(len);
	}
	return chance(r, 95) ? used : (int)below(r, size);
}
