# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2016,SC2317
#
# Sourced by the programs_*.sh and run_*.sh tests: results, two network
# namespaces joined by a veth pair, and programs started in them over the
# kernel's TCP ("kernel") or under newinet-run ("newinet"). With FAMILY=inet
# everything runs over the kernel's TCP, which needs no module.

src=${NEWINET_SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)}
newinet_run=$src/scripts/run/newinet-run
family=${FAMILY:-newinet}
tmp=$(mktemp -d /tmp/newinet-test.XXXXXX)
chmod 755 "$tmp"
ns_a=nia$$ ns_b=nib$$
addr_a=10.77.0.1 addr_b=10.77.0.2

count=0 failed=0
ok()
{
	count=$((count + 1))
	printf 'ok %d - %s\n' "$count" "$1"
}

not_ok()
{
	count=$((count + 1)) failed=$((failed + 1))
	printf 'not ok %d - %s\n' "$count" "$1"
}

# check NAME COMMAND...: one result; what the command said only if it failed.
check()
{
	local name=$1
	shift
	if "$@" >"$tmp/check.out" 2>&1; then
		ok "$name"
	else
		not_ok "$name"
		sed 's/^/# /' "$tmp/check.out"
	fi
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.2
	done
}

pids=()
cleanup()
{
	local pid

	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	ip netns del "$ns_a" 2>/dev/null || true
	ip netns del "$ns_b" 2>/dev/null || true
	rm -rf "$tmp"
}
trap cleanup EXIT

finish()
{
	printf '1..%d\n' "$count"
	((count && !failed))
	exit
}

make_namespaces()
{
	local ns

	for ns in "$ns_a" "$ns_b"; do
		ip netns add "$ns"
		ip -n "$ns" link set lo up
	done
	ip -n "$ns_a" link add veth0 type veth peer name veth0 netns "$ns_b"
	ip -n "$ns_a" addr add "$addr_a/24" dev veth0
	ip -n "$ns_b" addr add "$addr_b/24" dev veth0
	ip -n "$ns_a" link set veth0 up
	ip -n "$ns_b" link set veth0 up
}

# start STACK NAMESPACE COMMAND...: becomes the command, over that TCP.
start()
{
	local stack=$1 ns=$2
	shift 2
	[[ $stack == kernel ]] || set -- "$newinet_run" "$@"
	exec ip netns exec "$ns" "$@"
}

# The same, and wait for it; never for ever.
over()
{
	(trap - EXIT; start "$1" "$2" timeout 60 "${@:3}")
}

# The pairs of stacks, server and client: the kernel with itself comes first,
# as the proof that the steps are right.
pairs()
{
	echo kernel kernel
	[[ $family == inet ]] ||
		printf '%s\n' 'kernel newinet' 'newinet kernel' 'newinet newinet'
}

# in_kernel NAMESPACE PORT: how many sockets (in any state) of the kernel's
# TCP have the remote port: clients of a server on it.
in_kernel()
{
	ip netns exec "$1" awk -v port="$(printf ':%04X' "$2")" \
		'substr($3, 9) == port { n++ } END { print n + 0 }' /proc/net/tcp
}

# Was the client that just talked to PORT on the stack that it should be?
client_stack_is()
{
	local found

	found=$(in_kernel "$2" "$3")
	echo "the kernel has $found client sockets for port $3"
	if [[ $1 == kernel ]]; then
		((found > 0))
	else
		((found == 0))
	fi
}

family_number()
{
	cat /sys/module/newinet/parameters/family 2>/dev/null ||
		sed -n 's/^#define AF_NEWINET[[:space:]]*//p' \
			"$src/module/uapi/newinet.h"
}

# The same for a process that listens, by what its descriptors are.
server_stack_is()
{
	local number=2

	[[ $1 == kernel ]] || number=$(family_number)
	/usr/bin/env python3 "$src/scripts/run/check/listening.py" "$2" "$number"
}
