# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by what measures: the namespaces nb-a (10.77.0.1) and nb-b (10.77.0.2)
# joined by veth, as micro.h has them.

pair_up() {
	local ns n=0
	for ns in nb-a nb-b; do
		ip netns add $ns
		ip -n $ns link set lo up
	done
	ip -n nb-a link add v0 type veth peer name v0 netns nb-b
	for ns in nb-a nb-b; do
		n=$((n + 1))
		ip -n $ns addr add 10.77.0.$n/24 dev v0
		ip -n $ns link set v0 up
	done
	# Until both have said all that a new device says.
	sleep 2
	ip netns exec nb-a ping -q -c 1 -W 5 10.77.0.2 >/dev/null
}

pair_down() {
	local ns pid
	for ns in nb-a nb-b nb-r; do
		for pid in $(ip netns pids $ns 2>/dev/null); do
			kill -9 "$pid" 2>/dev/null || :
		done
		ip netns del $ns 2>/dev/null || :
	done
}
