# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by tests and benchmarks: two network namespaces joined by a veth pair.
#
#   netpair_up A B DEVICE       A has 10.77.0.1 and B 10.77.0.2, on a DEVICE each
#   netpair_down NAMESPACE...   with the processes in them; none need be there

netpair_up() {
	local device=$3 ns n=0
	for ns in "$1" "$2"; do
		ip netns add "$ns"
		ip -n "$ns" link set lo up
	done
	ip -n "$1" link add "$device" type veth peer name "$device" netns "$2"
	for ns in "$1" "$2"; do
		n=$((n + 1))
		ip -n "$ns" addr add 10.77.0.$n/24 dev "$device"
	done
	ip -n "$1" link set "$device" up
	ip -n "$2" link set "$device" up
}

netpair_down() {
	local ns pid
	for ns; do
		for pid in $(ip netns pids "$ns" 2>/dev/null); do
			kill -9 "$pid" 2>/dev/null || :
		done
		ip netns del "$ns" 2>/dev/null || :
	done
}
