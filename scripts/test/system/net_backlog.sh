#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A sender behind its own slow device (20 Mbit/s by tbf): what waits in the device's
# queue stays little, and the line is full nevertheless. The kernel's TCP is measured
# first and sets the bound.
# clock: virtual
# timeout: 200
# needs: iproute2
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

backlog() {
	tc -n "$ns_a" -s -j qdisc show dev veth0 |
		python3 -c 'import json, sys; print(max(q["backlog"] for q in json.load(sys.stdin)))'
}

# upload FAMILY: the usual backlog (the median), in bytes, and the milliseconds that it took.
upload() {
	local job began end
	tc -n "$ns_a" qdisc replace dev veth0 root handle 1: tbf rate 20mbit burst 10k limit 10m
	began=$(date +%s%N)
	"$NEWINET_BIN/net_xfer" --client "$1@$ns_a" --server "inet@$ns_b" --addr "$addr_b" \
		--up 6M --down 1K >"$net_tmp/xfer" 2>&1 &
	job=$!
	while kill -0 "$job" 2>/dev/null; do
		backlog
		sleep 0.02
	done >"$net_tmp/samples"
	wait "$job" || { cat "$net_tmp/xfer"; return 1; }
	end=$(date +%s%N)
	tc -n "$ns_a" qdisc del dev veth0 root
	sort -n "$net_tmp/samples" | awk -v ms=$(((end - began) / 1000000)) \
		'{ v[NR] = $1 } END { print v[int((NR + 1) / 2)], ms }' >"$net_tmp/measured"
}

# middle FAMILY: of three uploads the middle backlog and the middle time; where slow
# start ends depends on a tick of the clock.
middle() {
	local n
	for n in 1 2 3; do
		upload "$1" || return
		cat "$net_tmp/measured"
	done >"$net_tmp/three"
	echo "$(cut -d ' ' -f 1 "$net_tmp/three" | sort -n | sed -n 2p)" \
		"$(cut -d ' ' -f 2 "$net_tmp/three" | sort -n | sed -n 2p)"
}

as_little() {
	local inet=() newinet=()
	read -ra inet < <(middle inet)
	read -ra newinet < <(middle newinet)
	echo "backlog ${newinet[0]} of ${inet[0]} bytes, ${newinet[1]} of ${inet[1]} ms"
	((inet[0] > 1000 && newinet[0] <= inet[0] * 5 / 4 &&
		newinet[1] <= inet[1] * 11 / 10 + 500))
}

net_pair
netem "$ns_b" delay 20ms
check 'little waits below the sender' as_little
sed -n 's/^backlog/# &/p' "$net_tmp/check"
finish
