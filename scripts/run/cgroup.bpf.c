// SPDX-License-Identifier: GPL-2.0
/*
 * What makes socket() of a cgroup's processes open newinet's sockets, whatever
 * they are written in: an answer to update_socket_protocol(), the hook that the
 * kernel has before it creates a socket for socket() or io_uring (since 6.6,
 * made for MPTCP).  Built by clang for the kernel's BPF machine, loaded by
 * hook.c.  It reads no kernel structure, so one build serves every kernel.
 *
 * It is attached for the whole system and asks for each stream socket whether
 * the caller is in a cgroup of the map or below one.  0 means "not mine": the
 * kernel asks the next program on the hook, and then itself.
 *
 * Context: process.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "cgroup.bpf.h"

#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_TYPE_MASK 0xf
#define IPPROTO_TCP 6
#define IPPROTO_MPTCP 262	/* a TCP for who is no peer of it: Go's listeners */
#define NO_STREAM_PROTOCOL 255	/* socket() fails, as without IPv6: EPROTONOSUPPORT */

#define DEEPEST 64	/* levels of cgroups that are looked at */

/* Cgroup id -> protocol and flags.  Ids are never used again. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u32);
} newinet_cgroups SEC(".maps");

/* The arguments are update_socket_protocol()'s: family, type, protocol. */
SEC("fmod_ret/update_socket_protocol")
int newinet_socket(__u64 *args)
{
	int family = args[0], type = args[1], protocol = args[2], level;
	__u32 *found, served = 0;
	__u64 id;

	if ((family != AF_INET && family != AF_INET6) ||
	    (type & SOCK_TYPE_MASK) != SOCK_STREAM ||
	    (protocol && protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP))
		return 0;

	/* From the root down (it has level 0 and cannot be in the map): the nearest counts. */
	for (level = 1; level <= DEEPEST; level++) {
		id = bpf_get_current_ancestor_cgroup_id(level);
		if (!id)
			break;
		found = bpf_map_lookup_elem(&newinet_cgroups, &id);
		if (found)
			served = *found;
	}
	if (family == AF_INET)
		return served & CGROUP_PROTOCOL;
	return served & CGROUP_NO_IPV6 ? NO_STREAM_PROTOCOL : 0;
}

char _license[] SEC("license") = "GPL";
