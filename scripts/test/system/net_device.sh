#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Devices: sockets bound to one (SO_BINDTODEVICE), and what becomes of
# connections when theirs goes down, comes up, loses its address or is deleted.
# AF_INET first; AF_NEWINET must behave the same, and the module must be
# unloadable after.
# clock: real
# timeout: 300
# needs: iproute2 tcpdump
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

# shellcheck source-path=SCRIPTDIR source=../lib/calls.sh
. "$NEWINET_LIB/calls.sh"

xfer=$NEWINET_BIN/net_xfer
port=7000

# A second pair of devices with addresses in another network; b answers at its
# addresses on both, since Linux's addresses belong to the host.
second_pair() {
	ip -n "$ns_a" link add veth1 type veth peer name veth1 netns "$ns_b"
	ip -n "$ns_a" addr add 10.79.0.1/24 dev veth1
	ip -n "$ns_b" addr add 10.79.0.2/24 dev veth1
	ip -n "$ns_a" link set veth1 up
	ip -n "$ns_b" link set veth1 up
}

packets() { ip netns exec "$1" cat "/sys/class/net/$2/statistics/tx_packets"; }

# flows DEVICE PACKETS: a's has sent more than so many and a few.
flows() { (($(packets "$ns_a" "$1") > $2 + 10)); }

# A client bound to a device sends there, whatever the routes say; one bound to
# a device that does not lead to the peer does not get through.
client_bound() {
	local before status=0 in1
	port=$((port + 1))
	server "$ns_b" "$1" "bind:0.0.0.0:$port" listen || return 1
	same 'dev=0 connect=0 send=0 recv=byte' \
		"$(client "$ns_a" "$1" dev:veth0 "connect:$addr_b:$port")" || status=1
	# 10.77.0.2 by way of veth1: b takes it, and answers by veth0's route.
	nsenter "--net=/run/netns/$ns_a" sysctl -qw net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.veth1.rp_filter=0
	ip -n "$ns_a" route add 10.80.0.0/24 dev veth0
	ip -n "$ns_a" route add 10.80.0.0/24 dev veth1 metric 200
	ip -n "$ns_b" addr add 10.80.0.2/24 dev veth1
	before=$(packets "$ns_a" veth1)
	same 'dev=0 connect=0 send=0 recv=byte' \
		"$(client "$ns_a" "$1" dev:veth1 "connect:10.80.0.2:$port")" || status=1
	in1=$(($(packets "$ns_a" veth1) - before))
	echo "$in1 packets on veth1"
	((in1 >= 4)) || status=1
	same 'dev=0 connect=timeout' \
		"$(patience=1500 client "$ns_a" "$1" dev:lo "connect:$addr_b:$port" | sed 's/=E.*/=timeout/')" ||
		status=1
	ip -n "$ns_a" route flush 10.80.0.0/24
	ip -n "$ns_b" addr del 10.80.0.2/24 dev veth1
	end_servers
	return "$status"
}

# Two listeners on one port, one bound to each device: what comes in there goes
# to it; one that is bound to lo gets neither.
listener_bound() {
	local status=0 said
	port=$((port + 1))
	server "$ns_b" "$1" dev:veth0 "bind:0.0.0.0:$port" listen || return 1
	same 'connect=0 send=0 recv=byte' \
		"$(client "$ns_a" "$1" "connect:$addr_b:$port")" || status=1
	same 'connect=ECONNREFUSED' \
		"$(client "$ns_a" "$1" "connect:10.79.0.2:$port")" || status=1
	server "$ns_b" "$2" dev:veth1 "bind:0.0.0.0:$port" listen || status=1
	same 'connect=0 send=0 recv=byte' \
		"$(client "$ns_a" "$1" "connect:10.79.0.2:$port")" || status=1
	# The third finds the port taken.
	said=$(in_b "$call" "$1" socket dev:veth1 "bind:0.0.0.0:$port")
	same 'socket=0 dev=0 bind=EADDRINUSE' "$said" || status=1
	end_servers
	return "$status"
}

# An address or device that is not there.
no_device() {
	same 'socket=0 dev=ENODEV bind=EADDRNOTAVAIL' \
		"$(in_a "$call" "$1" socket dev:veth7 bind:10.99.0.1:0)"
}

# interrupted CLIENT SERVER DOWN UP: the device goes and comes while data is
# under way; all of it arrives.
interrupted() {
	local pid status=0 before
	rm -f "$net_tmp"/gate.* "$net_tmp/until"
	"$xfer" --client "$1@$ns_a" --server "$2@$ns_b" --addr "$addr_b" --up 64K --down 64K \
		--gate "$net_tmp/gate" --until "$net_tmp/until" --limit 60 >"$net_tmp/said" 2>&1 &
	pid=$!
	wait_for 20 test -e "$net_tmp/gate.client" || status=1
	before=$(packets "$ns_a" veth0)
	touch "$net_tmp/gate.go"
	wait_for 20 flows veth0 "$before" || status=1
	$3
	pause 0.7
	$4
	pause 0.5
	touch "$net_tmp/until"
	wait "$pid" || status=1
	all_arrived "$net_tmp/said" || status=1
	return "$status"
}
link_down() { ip -n "$ns_b" link set veth0 down; }
link_up() { ip -n "$ns_b" link set veth0 up; }
own_link_down() { ip -n "$ns_a" link set veth0 down; }
own_link_up() { ip -n "$ns_a" link set veth0 up; }
address_del() { ip -n "$ns_a" addr del "$addr_a/24" dev veth0; }
address_add() { ip -n "$ns_a" addr add "$addr_a/24" dev veth0; }

# deleted CLIENT SERVER: the pair of devices goes for good, mid-transfer. The
# processes are killed after; what the sockets held of the device must be free:
# deletion waits for that, and says so if it takes long.
deleted() {
	local pid status=0 began before
	before=$(packets "$ns_a" veth1)
	"$xfer" --client "$1@$ns_a" --server "$2@$ns_b" --addr 10.79.0.2 --endless \
		--limit 60 >/dev/null 2>&1 &
	pid=$!
	wait_for 20 flows veth1 "$before" || status=1
	began=$SECONDS
	ip -n "$ns_a" link del veth1
	echo "$((SECONDS - began)) s to delete"
	((SECONDS - began < 8)) || status=1
	pause 0.5
	kill -0 "$pid" || { echo 'the transfer had ended before'; status=1; }
	# The connection lives on without a device, and sends nothing anywhere.
	children "$pid"
	kill -9 "${net_children[@]}" || status=1
	wait "$pid" || true
	return "$status"
}

# A listener and a connected, idle socket keep no device either.
idle_deleted() {
	local client_pid began status=0
	port=$((port + 1))
	rm -f "$net_tmp"/step*
	server "$ns_b" "$1" dev:veth1 "bind:10.79.0.2:$port" listen || return 1
	nsenter "--net=/run/netns/$ns_a" "$call" "$1" socket dev:veth1 "connect:10.79.0.2:$port" send:1 recv \
		"ready:$net_tmp/step1" "wait:$net_tmp/step2" send:10 patience:1000 recv \
		>"$net_tmp/said" &
	client_pid=$!
	wait_for 20 test -e "$net_tmp/step1" || status=1
	began=$SECONDS
	ip -n "$ns_a" link del veth1
	((SECONDS - began < 8)) || status=1
	touch "$net_tmp/step2"
	wait "$client_pid" || status=1
	same 'socket=0 dev=0 connect=0 send=0 recv=byte send=0 recv=timeout' "$(<"$net_tmp/said")" ||
		status=1
	end_servers
	return "$status"
}

net_pair
pairings='inet inet
newinet inet
inet newinet
newinet newinet'
[[ $NEWINET_KERNEL != debug ]] || pairings=$(for family in $families; do
	echo "$family $family"
done)
second_pair
for family in $families; do
	check "$family: a client bound to a device" client_bound "$family"
	check "$family: listeners bound to devices" listener_bound "$family" "$family"
	check "$family: no such device, no such address" no_device "$family"
done
check 'newinet listens on one device, inet on the other' listener_bound newinet inet
check 'inet listens on one device, newinet on the other' listener_bound inet newinet
while read -r one other; do
	check "$one to $other: the peer's device down and up" \
		interrupted "$one" "$other" link_down link_up
	check "$one to $other: the own device down and up" \
		interrupted "$one" "$other" own_link_down own_link_up
	check "$one to $other: the address removed and back" \
		interrupted "$one" "$other" address_del address_add
	check "$one to $other: the device deleted under traffic" deleted "$one" "$other"
	second_pair
done <<<"$pairings"
for family in $families; do
	check "$family: the device deleted under idle sockets" idle_deleted "$family"
	second_pair
done
finish
