/* SPDX-License-Identifier: GPL-2.0 */
/* What cgroup.bpf.c is told of a cgroup: a protocol, and flags. */
#ifndef NEWINET_CGROUP_BPF_H
#define NEWINET_CGROUP_BPF_H

#define CGROUP_PROTOCOL	0xffff
#define CGROUP_NO_IPV6	0x10000		/* IPv6 stream sockets are refused */

#endif
