#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Connections that have something to send while they wait for accept(2): a listener that
# was shut down for writing before listen(2), as AF_INET takes it, closes each of its
# connections at once. Their FINs are stuck in the device's queue, are due again
# meanwhile, and leave before the program accepts.
# clock: virtual
# timeout: 120
# needs: iproute2
# modules: sch_netem sch_tbf
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

call=$NEWINET_BIN/net_call
port=7000

# waiting FAMILY: six connections, all accepted after their FINs were stuck for ten seconds.
waiting() {
	local pids=() status=0 i server
	port=$((port + 1))
	rm -f "$net_tmp"/up "$net_tmp"/go "$net_tmp"/client.*
	"$call" "$1@$ns_b" socket shutdown reuse "bind:0.0.0.0:$port" listen "ready:$net_tmp/up" \
		"wait:$net_tmp/go" accept close accept close accept close accept close accept \
		close accept close patience:100 accept >"$net_tmp/server" &
	server=$!
	wait_for 20 test -e "$net_tmp/up" || return 1
	# Their third packets come long after the SYN-ACKs: the queue is shut by then.
	netem "$ns_a" delay 900ms
	for i in 1 2 3 4 5 6; do
		"$call" "inet@$ns_a" socket "connect:$addr_b:$port" patience:60000 recv \
			>"$net_tmp/client.$i" &
		pids+=($!)
	done
	for i in 1 2 3 4 5 6; do
		wait_for 20 grep -q connect=0 "$net_tmp/client.$i" || status=1
	done
	tc -n "$ns_b" qdisc replace dev veth0 root tbf rate 8bit burst 100 limit 100000
	pause 10
	tc -n "$ns_b" qdisc del dev veth0 root
	netem "$ns_a"
	pause 1
	touch "$net_tmp/go"
	wait "${pids[@]}" || status=1
	wait "$server" || status=1
	cat "$net_tmp/server" "$net_tmp"/client.*
	[[ $(<"$net_tmp/server") == "socket=0 shutdown=ENOTCONN reuse=0 bind=0 listen=0$(
		printf ' accept=0 close=0%.0s' 1 2 3 4 5 6) accept=timeout" ]] || status=1
	for i in 1 2 3 4 5 6; do
		[[ $(<"$net_tmp/client.$i") == 'socket=0 connect=0 recv=end' ]] || status=1
	done
	return "$status"
}

net_pair
for family in $families; do
	check "$family: connections that send before they are accepted" waiting "$family"
done
finish
