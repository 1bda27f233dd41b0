// SPDX-License-Identifier: GPL-2.0
/*
 * Small BPF programs that refuse TCP traffic, written down as instructions and
 * loaded with bpf(2), so that no compiler is needed.
 *
 *	net_bpf attach CGROUP KIND [PORT]	KIND: ingress egress (packets),
 *	net_bpf detach CGROUP KIND		create bind connect source (sockets)
 *	net_bpf pin FILE xdp PORT		for ip link set ... pinned FILE
 *	net_bpf pin FILE lookup PORT		attached to this network namespace until FILE
 *						is removed
 *
 * With PORT, ingress, egress, xdp and lookup drop what goes to that port, bind and
 * connect refuse that port; without, everything. create refuses AF_INET stream
 * sockets, as the program sees them, and lets others pass. source binds what connects
 * to 10.77.0.9 and PORT.
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "net_common.h"

#define SOURCE		"10.77.0.9"

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = c, .dst_reg = d, .src_reg = s, .off = o, .imm = i })
#define SET(r, v)	INSN(BPF_ALU64 | BPF_MOV | BPF_K, r, 0, 0, v)
#define COPY(r, s)	INSN(BPF_ALU64 | BPF_MOV | BPF_X, r, s, 0, 0)
#define ADD(r, v)	INSN(BPF_ALU64 | BPF_ADD | BPF_K, r, 0, 0, v)
#define STORE(r, o, v)	INSN(BPF_ST | BPF_MEM | BPF_W, r, 0, o, v)
#define LOAD(r, s, o)	INSN(BPF_LDX | BPF_MEM | BPF_W, r, s, o, 0)
#define LOAD16(r, s, o)	INSN(BPF_LDX | BPF_MEM | BPF_H, r, s, o, 0)
#define CALL(f)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define UNLESS_EQ(r, v, skip) INSN(BPF_JMP | BPF_JNE | BPF_K, r, 0, skip, v)
#define IF_GREATER(r, s, skip) INSN(BPF_JMP | BPF_JGT | BPF_X, r, s, skip, 0)
#define EXIT()		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

struct kind {
	const char *name;
	int type, attach;
};

static const struct kind kinds[] = {
	{ "ingress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS },
	{ "egress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS },
	{ "create", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE },
	{ "bind", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND },
	{ "connect", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
	{ "source", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
	{ "xdp", BPF_PROG_TYPE_XDP, BPF_XDP },
	{ "lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP },
};

static const struct kind *find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	die("%s: no such kind", name);
}

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* Binds to SOURCE and the port, on the stack; refuses what that fails for. */
static int write_bind(struct bpf_insn *p, int port)
{
	const struct sockaddr_in a = address(AF_INET, SOURCE, port);
	__u32 words[sizeof(a) / 4];
	int n = 0;

	memcpy(words, &a, sizeof(a));
	for (size_t i = 0; i < sizeof(a) / 4; i++)
		p[n++] = STORE(10, 4 * (int)i - (int)sizeof(a), (int)words[i]);
	p[n++] = COPY(2, 10);
	p[n++] = ADD(2, -(int)sizeof(a));
	p[n++] = SET(3, sizeof(a));
	p[n++] = CALL(BPF_FUNC_bind);
	p[n++] = UNLESS_EQ(0, 0, 2);
	p[n++] = SET(0, 1);
	p[n++] = EXIT();
	p[n++] = SET(0, 0);
	p[n++] = EXIT();
	return n;
}

/* Verdicts of cgroup programs: 0 refuses, 1 allows. */
static int write_program(struct bpf_insn *p, const struct kind *k, int port)
{
	bool unconditional;
	int n = 0;

	switch (k->type) {
	case BPF_PROG_TYPE_CGROUP_SKB:
		if (port) {
			/*
			 * The packet begins with its IP header, of 20 bytes; the
			 * rest may be in pages. One that is too short passes.
			 */
			p[n++] = SET(2, 22);
			p[n++] = COPY(3, 10);
			p[n++] = ADD(3, -8);
			p[n++] = SET(4, 2);
			p[n++] = CALL(BPF_FUNC_skb_load_bytes);
			p[n++] = UNLESS_EQ(0, 0, 4);
			p[n++] = LOAD16(2, 10, -8);
			p[n++] = UNLESS_EQ(2, htons(port), 2);
		}
		break;
	case BPF_PROG_TYPE_CGROUP_SOCK:
		p[n++] = LOAD(2, 1, offsetof(struct bpf_sock, family));
		p[n++] = UNLESS_EQ(2, AF_INET, 4);
		p[n++] = LOAD(2, 1, offsetof(struct bpf_sock, type));
		p[n++] = UNLESS_EQ(2, SOCK_STREAM, 2);
		break;
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
		if (port) {
			p[n++] = LOAD(2, 1, offsetof(struct bpf_sock_addr, user_port));
			p[n++] = UNLESS_EQ(2, htons(port), 2);
		}
		break;
	case BPF_PROG_TYPE_SK_LOOKUP:
		p[n++] = LOAD(2, 1, offsetof(struct bpf_sk_lookup, local_port));
		p[n++] = UNLESS_EQ(2, port, 2);
		break;
	case BPF_PROG_TYPE_XDP:
		p[n++] = LOAD(2, 1, offsetof(struct xdp_md, data));
		p[n++] = LOAD(3, 1, offsetof(struct xdp_md, data_end));
		p[n++] = COPY(4, 2);
		p[n++] = ADD(4, 14 + 20 + 4);
		p[n++] = IF_GREATER(4, 3, 4);
		p[n++] = LOAD16(4, 2, 14 + 22);
		p[n++] = UNLESS_EQ(4, htons(port), 2);
		p[n++] = SET(0, XDP_DROP);
		p[n++] = EXIT();
		p[n++] = SET(0, XDP_PASS);
		p[n++] = EXIT();
		return n;
	}
	unconditional = !n;
	p[n++] = SET(0, 0);
	p[n++] = EXIT();
	/* The verifier refuses what cannot be reached. */
	if (unconditional)
		return n;
	p[n++] = SET(0, 1);
	p[n++] = EXIT();
	return n;
}

static int load(const struct kind *k, int port)
{
	static char log[65536];
	struct bpf_insn p[32];
	union bpf_attr attr = {
		.prog_type = k->type,
		.insns = (uintptr_t)p,
		.license = (uintptr_t)"GPL",
		.expected_attach_type = k->attach,
		.log_level = 1,
		.log_buf = (uintptr_t)log,
		.log_size = sizeof(log),
	};
	int fd;

	attr.insn_cnt = !strcmp(k->name, "source") ? write_bind(p, port) :
						     write_program(p, k, port);
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		die("BPF_PROG_LOAD %s: %s\n%s", k->name, strerror(errno), log);
	return fd;
}

/* A link of a program to this network namespace. */
static int link_here(int program)
{
	union bpf_attr attr = {
		.link_create.prog_fd = program,
		.link_create.target_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC),
		.link_create.attach_type = BPF_SK_LOOKUP,
	};
	int fd = bpf(BPF_LINK_CREATE, &attr);

	if (fd < 0)
		die("BPF_LINK_CREATE: %s", strerror(errno));
	return fd;
}

int main(int argc, char **argv)
{
	union bpf_attr attr = { 0 };
	const struct kind *k;
	int port, pin, fd;

	if (argc < 4)
		die("usage: see the top of net_bpf.c");
	pin = !strcmp(argv[1], "pin");
	k = find(argv[3]);
	port = argc > 4 ? atoi(argv[4]) : 0;
	if (pin) {
		fd = load(k, port);
		if (k->attach == BPF_SK_LOOKUP)
			fd = link_here(fd);
		attr.pathname = (uintptr_t)argv[2];
		attr.bpf_fd = fd;
		if (bpf(BPF_OBJ_PIN, &attr))
			die("BPF_OBJ_PIN %s: %s", argv[2], strerror(errno));
		return 0;
	}
	attr.attach_type = k->attach;
	attr.target_fd = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if ((int)attr.target_fd < 0)
		die("%s: %s", argv[2], strerror(errno));
	if (!strcmp(argv[1], "attach")) {
		attr.attach_bpf_fd = load(k, port);
		if (bpf(BPF_PROG_ATTACH, &attr))
			die("BPF_PROG_ATTACH %s: %s", k->name, strerror(errno));
	} else if (bpf(BPF_PROG_DETACH, &attr)) {
		die("BPF_PROG_DETACH %s: %s", k->name, strerror(errno));
	}
	return 0;
}
