#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# VRFs (Documentation/networking/vrf.rst): sockets bound to one, net.ipv4.tcp_l3mdev_accept,
# and the ports of one, which are others than those of the main table. AF_INET first;
# AF_NEWINET must behave the same, and where both take a port they find each other's.
# clock: real
# timeout: 120
# needs: iproute2
# modules: vrf
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

# shellcheck source-path=SCRIPTDIR source=../lib/calls.sh
. "$NEWINET_LIB/calls.sh"

port=7000

# b has veth0 (10.77.0.2) in the VRF, veth1 (10.79.0.2) in the main table; a has both.
vrf_up() {
	ip -n "$ns_a" link add veth1 type veth peer name veth1 netns "$ns_b"
	ip -n "$ns_a" addr add 10.79.0.1/24 dev veth1
	ip -n "$ns_b" addr add 10.79.0.2/24 dev veth1
	ip -n "$ns_a" link set veth1 up
	ip -n "$ns_b" link set veth1 up
	ip -n "$ns_b" link add vrf0 type vrf table 100
	ip -n "$ns_b" link set vrf0 up
	ip -n "$ns_b" link set veth0 master vrf0
}

# A listener in the VRF hears what comes in there; one outside, on the same port, the rest.
listeners() {
	local status=0
	port=$((port + 1))
	server "$ns_b" "$1" dev:vrf0 "bind:0.0.0.0:$port" listen || return 1
	same 'connect=0 send=0 recv=byte' \
		"$(client "$ns_a" "$1" "connect:$addr_b:$port")" || status=1
	same 'connect=ECONNREFUSED' \
		"$(client "$ns_a" "$1" "connect:10.79.0.2:$port")" || status=1
	server "$ns_b" "$2" "bind:0.0.0.0:$port" listen || status=1
	same 'connect=0 send=0 recv=byte' \
		"$(client "$ns_a" "$1" "connect:10.79.0.2:$port")" || status=1
	end_servers
	return "$status"
}

# A listener of no device hears a VRF only as tcp_l3mdev_accept says; its connection
# answers by the VRF's routes.
accept() {
	local status=0
	port=$((port + 1))
	server "$ns_b" "$1" "bind:0.0.0.0:$port" listen || return 1
	same 'connect=ECONNREFUSED' \
		"$(client "$ns_a" "$1" "connect:$addr_b:$port")" || status=1
	in_b sysctl -qw net.ipv4.tcp_l3mdev_accept=1
	same 'connect=0 send=0 recv=byte' \
		"$(client "$ns_a" "$1" "connect:$addr_b:$port")" || status=1
	in_b sysctl -qw net.ipv4.tcp_l3mdev_accept=0
	end_servers
	return "$status"
}

# A client in the VRF finds the peer by its table, one outside does not.
clients() {
	local status=0
	port=$((port + 1))
	server "$ns_a" "$1" "bind:0.0.0.0:$port" listen || return 1
	same 'dev=0 connect=0 send=0 recv=byte' \
		"$(client "$ns_b" "$1" dev:vrf0 "connect:$addr_a:$port")" || status=1
	same 'connect=ENETUNREACH' "$(client "$ns_b" "$1" "connect:$addr_a:$port")" || status=1
	end_servers
	return "$status"
}

# ports FAMILY OTHER: the port of a connection in the VRF is taken there, and free outside.
ports() {
	local status=0 pid local_port=$((30000 + port))
	port=$((port + 1))
	rm -f "$net_tmp/connected" "$net_tmp/end"
	server "$ns_a" inet "bind:0.0.0.0:$port" listen || return 1
	in_b sysctl -qw "net.ipv4.ip_local_port_range=$local_port $local_port"
	"$call" "$1@$ns_b" socket dev:vrf0 "connect:$addr_a:$port" "ready:$net_tmp/connected" \
		"wait:$net_tmp/end" >"$net_tmp/client" &
	pid=$!
	wait_for 20 test -e "$net_tmp/connected" || status=1
	same 'socket=0 dev=0 bind=EADDRINUSE' \
		"$("$call" "$2@$ns_b" socket dev:vrf0 "bind:0.0.0.0:$local_port")" || status=1
	same 'socket=0 bind=0' "$("$call" "$2@$ns_b" socket "bind:0.0.0.0:$local_port")" || status=1
	touch "$net_tmp/end"
	wait "$pid"
	same 'socket=0 dev=0 connect=0' "$(<"$net_tmp/client")" || status=1
	in_b sysctl -qw 'net.ipv4.ip_local_port_range=32768 60999'
	end_servers
	return "$status"
}

# intruders FAMILY OTHER: a port outside is no claim to that of a VRF, where another serves.
intruders() {
	local status=0
	port=$((port + 1))
	server "$ns_b" "$2" dev:vrf0 "bind:0.0.0.0:$port" listen || return 1
	same 'socket=0 bind=0 dev=0 listen=EADDRINUSE' \
		"$("$call" "$1@$ns_b" socket "bind:0.0.0.0:$port" dev:vrf0 listen)" || status=1
	end_servers
	return "$status"
}

# latecomers OTHER: nor is there one for who listens already, until it is back. AF_INET shares
# the VRF then.
latecomers() {
	local status=0 pid
	port=$((port + 1))
	rm -f "$net_tmp/late" "$net_tmp/end" "$net_tmp/back"
	server "$ns_b" "$1" dev:vrf0 "bind:0.0.0.0:$port" listen || return 1
	"$call" "newinet@$ns_b" socket "bind:0.0.0.0:$port" listen dev:vrf0 "ready:$net_tmp/late" \
		"wait:$net_tmp/end" dev: "ready:$net_tmp/back" accept >"$net_tmp/said" &
	pid=$!
	wait_for 20 test -e "$net_tmp/late" || status=1
	same 'connect=0 send=0 recv=byte' \
		"$(client "$ns_a" inet "connect:$addr_b:$port")" || status=1
	touch "$net_tmp/end"
	wait_for 20 test -e "$net_tmp/back" || status=1
	same 'socket=0 connect=0' "$("$call" "inet@$ns_a" socket "connect:10.79.0.2:$port")" || status=1
	wait "$pid"
	same 'socket=0 bind=0 listen=0 dev=0 dev=0 accept=0' "$(<"$net_tmp/said")" || status=1
	end_servers
	return "$status"
}

net_pair
vrf_up
for family in $families; do
	check "$family: a listener in a VRF, and one outside" listeners "$family" "$family"
	check "$family: tcp_l3mdev_accept" accept "$family"
	check "$family: a client in a VRF" clients "$family"
	check "$family: a port of a VRF" ports "$family" "$family"
	check "$family: intruders in a VRF" intruders "$family" "$family"
	check "newinet late in a VRF of $family's" latecomers "$family"
done
check 'newinet listens in a VRF, inet outside' listeners newinet inet
check 'inet listens in a VRF, newinet outside' listeners inet newinet
check 'newinet intrudes upon inet in a VRF' intruders newinet inet
check 'inet intrudes upon newinet in a VRF' intruders inet newinet
check 'newinet has a port of a VRF, inet asks for it' ports newinet inet
check 'inet has a port of a VRF, newinet asks for it' ports inet newinet
finish
