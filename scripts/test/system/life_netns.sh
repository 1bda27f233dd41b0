#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Network namespaces that go while connections of theirs are busy: everything
# in them is freed as soon as AF_INET's would be, nobody else notices, and the
# module can be unloaded. A veth device of the namespace shows when it is
# really gone: its other end vanishes with it.
# clock: real
# timeout: 300
# needs: iproute2
# module: none
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

xfer=$NEWINET_BIN/net_xfer
call=$NEWINET_BIN/net_call
ko=$net_tmp/newinet.ko
cp "$NEWINET_KO" "$ko"
# Sockets with unsent data may take a few retransmissions to give up; what is
# measured here takes less than this by far.
patience=20
[[ $NEWINET_KERNEL != debug ]] || patience=60

# kill_in NETNS: all its processes.
kill_in() {
	local pid
	for pid in $(ip netns pids "$1"); do kill -9 "$pid" 2>/dev/null || true; done
}

no_witness() { [[ ! -e /sys/class/net/witness ]]; }

# make_inner: a namespace, tied to this one by the pair of devices that tells.
make_inner() {
	ip netns add "inner$$"
	ip -n "inner$$" link set lo up
	ip link add witness type veth peer name inside netns "inner$$"
	ip -n "inner$$" link set inside up
	ip link set witness up
}

# really_gone BEGAN: and how long it took.
really_gone() {
	wait_for "$patience" no_witness || {
		echo "still there after $patience s"
		[[ ! -d /sys/module/newinet ]] || cat /sys/module/newinet/refcnt
		return 1
	}
	echo "gone after $((SECONDS - $1)) s"
}

unloads() {
	[[ -d /sys/module/newinet ]] || return 0
	wait_for "$patience" rmmod newinet || {
		echo "references: $(</sys/module/newinet/refcnt)"
		return 1
	}
}

# Both ends inside: connections at work, listeners with connections that nobody
# accepted, TIME-WAIT, and a bound socket.
both_inside() {
	local one=$1 other=$2 status=0 began i pids
	make_inner
	nsenter "--net=/run/netns/inner$$" "$xfer" --client "$one" --server "$other" --endless --port 7001 \
		>/dev/null 2>&1 &
	nsenter "--net=/run/netns/inner$$" "$xfer" --client "$other" --server "$one" --endless --port 7002 \
		>/dev/null 2>&1 &
	nsenter "--net=/run/netns/inner$$" "$xfer" --client "$one" --server "$other" --up 1000 --pairs 5 \
		--port 7003 || status=1
	rm -f "$net_tmp/up"
	nsenter "--net=/run/netns/inner$$" "$call" "$one" socket reuse bind:127.0.0.1:7004 listen \
		"ready:$net_tmp/up" sleep:60000 >/dev/null &
	wait_for 20 test -e "$net_tmp/up" || status=1
	for i in 1 2 3; do
		nsenter "--net=/run/netns/inner$$" "$call" "$other" socket connect:127.0.0.1:7004 send:5000 \
			"ready:$net_tmp/c$i" sleep:60000 >/dev/null &
		wait_for 20 test -e "$net_tmp/c$i" || status=1
	done
	rm -f "$net_tmp"/c?
	pause 0.5
	began=$SECONDS
	mapfile -t pids < <(ip netns pids "inner$$")
	((${#pids[@]} >= 8)) || status=1
	# Its processes keep a namespace without a name alive.
	ip netns del "inner$$"
	kill -9 "${pids[@]}"
	really_gone "$began" || status=1
	return "$status"
}

# One end inside, the other across the veth pair: the outer end meets silence,
# goes on without a peer, and ends when its process does.
across() {
	local one=$1 other=$2 status=0 began outer
	make_inner
	ip -n "inner$$" addr add 10.81.0.1/24 dev inside
	ip addr add 10.81.0.2/24 dev witness
	rm -f "$net_tmp"/gate.*
	"$xfer" --client "$one@inner$$" --server "$other" --addr 10.81.0.2 --endless \
		--gate "$net_tmp/gate" >"$net_tmp/outer" 2>&1 &
	outer=$!
	wait_for 20 test -e "$net_tmp/gate.client" -a -e "$net_tmp/gate.server" || status=1
	touch "$net_tmp/gate.go"
	pause 1
	children "$outer"
	((${#net_children[@]} == 2)) || status=1
	began=$SECONDS
	kill_in "inner$$"
	ip netns del "inner$$"
	really_gone "$began" || status=1
	children "$outer"
	kill -9 "${net_children[@]}" || true
	wait "$outer" || true
	return "$status"
}

# A namespace that has only ever been looked at, and one whose sockets were
# closed in good order a moment ago.
in_order() {
	local status=0 began
	make_inner
	nsenter "--net=/run/netns/inner$$" "$xfer" --client "$1" --server "$2" --up 100K --down 100K || status=1
	began=$SECONDS
	ip netns del "inner$$"
	really_gone "$began" || status=1
	return "$status"
}

# The cache of our sockets is empty. Its free objects are only counted as such
# once the processors' own slabs were given back.
nothing_left() {
	local line
	echo 1 >/sys/kernel/slab/NEWTCP/shrink 2>/dev/null || true
	line=$(grep -E '^NEWTCP ' /proc/slabinfo) || { echo 'no such cache'; return 1; }
	echo "$line"
	[[ $(awk '{ print $2 }' <<<"$line") == 0 ]]
}

net_pair
netem "$ns_a" rate 30mbit limit 2000
pairs=('inet inet' 'newinet inet' 'inet newinet' 'newinet newinet')
[[ $NEWINET_KERNEL != debug ]] || pairs=('newinet newinet')
for pair in "${pairs[@]}"; do
	# shellcheck disable=SC2086
	set -- $pair
	if [[ $pair == *newinet* && ! -d /sys/module/newinet ]]; then
		insmod "$ko"
		# The kernel's TCP between two others, all the while.
		"$xfer" --client "inet@$ns_a" --server "inet@$ns_b" --addr "$addr_b" \
			--up 40M --limit 250 --port 7600 >"$net_tmp/bystander" 2>&1 &
		bystander=$!
	fi
	check "$1 to $2: closed in good order" in_order "$1" "$2"
	check "$1 to $2: across" across "$1" "$2"
done
netem "$ns_a"
check "the kernel's transfer next door" wait "$bystander"
for pair in "${pairs[@]}"; do
	# Each goes both ways.
	[[ $pair != 'inet newinet' ]] || continue
	# shellcheck disable=SC2086
	set -- $pair
	check "$1 to $2: both ends inside" both_inside "$1" "$2"
done
check 'no socket of ours is left' wait_for "$patience" nothing_left
check 'the module goes' unloads
finish
