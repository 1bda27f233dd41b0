# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2016,SC2317
#
# Sourced by the programs_*.sh and run_*.sh tests: what net.sh has, and programs
# started in its namespaces over the kernel's TCP ("kernel") or under newinet-run
# ("newinet"). With FAMILY=inet everything runs over the kernel's TCP, which
# needs no module.

src=${NEWINET_SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)}
newinet_run=$src/scripts/run/newinet-run
family=${FAMILY:-newinet}

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$src/scripts/test/lib/net.sh"

tmp=$net_tmp
pids=()
cleanup()
{
	local pid

	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	net_cleanup
}
trap cleanup EXIT

# The pair, and in each namespace a process by which to see into it.
declare -A inhabitant
make_namespaces()
{
	local ns

	net_pair
	for ns in "$ns_a" "$ns_b"; do
		nsenter "--net=/run/netns/$ns" sleep infinity &
		inhabitant[$ns]=$!
		pids+=($!)
	done
}

# start STACK NAMESPACE COMMAND...: becomes the command, over that TCP.
start()
{
	local stack=$1 ns=$2
	shift 2
	[[ $stack == kernel ]] || set -- "$newinet_run" "$@"
	exec nsenter "--net=/run/netns/$ns" "$@"
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
	local remote port n=0

	printf -v port %04X "$2"
	while read -r _ _ remote _; do
		[[ $remote != *":$port" ]] || n=$((n + 1))
	done <"/proc/${inhabitant[$1]}/net/tcp"
	echo "$n"
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

# The same for a process that listens, by what its descriptors are.
server_stack_is()
{
	local number=6

	[[ $1 == kernel ]] || number=$(</sys/module/newinet/parameters/protocol)
	/usr/bin/env python3 "$src/scripts/run/check/listening.py" "$2" "$number"
}
