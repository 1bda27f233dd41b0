// SPDX-License-Identifier: GPL-2.0
/*
 * Another program on the hook that newinet-run --cgroup uses: it makes the
 * stream sockets of processes named "answers" MPTCP's.  As programs for this
 * hook are mostly written, it answers for everybody, with what was asked for.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2
#define SOCK_STREAM 1
#define SOCK_TYPE_MASK 0xf
#define IPPROTO_MPTCP_ 262

SEC("fmod_ret/update_socket_protocol")
int answers(__u64 *args)
{
	static const char name[] = "answers";
	char comm[16] = {};
	unsigned int i;

	if (args[0] != AF_INET || (args[1] & SOCK_TYPE_MASK) != SOCK_STREAM)
		return args[2];
	bpf_get_current_comm(comm, sizeof(comm));
	for (i = 0; i < sizeof(name); i++)
		if (comm[i] != name[i])
			return args[2];
	return IPPROTO_MPTCP_;
}

char _license[] SEC("license") = "GPL";
