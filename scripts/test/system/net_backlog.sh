#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A sender behind its own slow device (tbf): what waits in the device's queue stays
# little, and the line is full nevertheless; what still waits there is not sent again,
# however long it takes. The kernel's TCP is measured first and sets the bounds.
# kernels: 6.12
# clock: virtual
# timeout: 300
# needs: iproute2
# full: yes
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

sysctl_a() {
	nsenter "--net=/run/netns/$ns_a" sysctl -qw "$1"
}

# What waits in the device's queue, and what has left it, in bytes.
backlog() {
	tc -n "$ns_a" -s qdisc show dev veth0 | sed -n 's/.*backlog \([0-9]*\)b.*/\1/p'
}

sent() {
	tc -n "$ns_a" -s qdisc show dev veth0 | sed -n 's/.*Sent \([0-9]*\) bytes.*/\1/p'
}

# upload FAMILY [RATE BYTES SLEEP]: the usual backlog (the median), in bytes, the milliseconds
# that it took, and the bytes that were sent.
upload() {
	local job began end bytes
	tc -n "$ns_a" qdisc replace dev veth0 root handle 1: \
		tbf rate "${2:-20mbit}" burst 10k limit 10m
	began=$(date +%s%N)
	"$NEWINET_BIN/net_xfer" --client "$1@$ns_a" --server "inet@$ns_b" --addr "$addr_b" \
		--up "${3:-6M}" --down 1K >"$net_tmp/xfer" 2>&1 &
	job=$!
	while kill -0 "$job" 2>/dev/null; do
		backlog
		sleep "${4:-0.02}"
	done >"$net_tmp/samples"
	wait "$job" || { cat "$net_tmp/xfer"; return 1; }
	end=$(date +%s%N)
	# The last words as well, or they would be waited for.
	until [[ $(backlog) == 0 ]]; do
		sleep 0.2
	done
	bytes=$(sent)
	tc -n "$ns_a" qdisc del dev veth0 root
	sort -n "$net_tmp/samples" |
		awk -v ms=$(((end - began) / 1000000)) -v sent="$bytes" \
			'{ v[NR] = $1 } END { print v[int((NR + 1) / 2)], ms, sent }' \
			>"$net_tmp/measured"
}

# middle FAMILY: of three uploads the middle backlog, the middle time and the largest
# backlog; where slow start ends, and how large packets are then, depends on a tick of
# the clock.
middle() {
	local n
	for n in 1 2 3; do
		upload "$1" || return
		cat "$net_tmp/measured"
	done >"$net_tmp/three"
	echo "$(cut -d ' ' -f 1 "$net_tmp/three" | sort -n | sed -n 2p)" \
		"$(cut -d ' ' -f 2 "$net_tmp/three" | sort -n | sed -n 2p)" \
		"$(cut -d ' ' -f 1 "$net_tmp/three" | sort -n | sed -n 3p)"
}

# No more than the kernel's TCP has: should it have had less, it is asked again.
as_little() {
	local inet=() newinet=() n
	read -ra inet < <(middle inet)
	read -ra newinet < <(middle newinet)
	for n in 1 2 3; do
		echo "backlog ${newinet[0]} of ${inet[2]} bytes, ${newinet[1]} of ${inet[1]} ms"
		((inet[0] > 1000)) || return
		((newinet[0] > inet[2] * 11 / 10 || newinet[1] > inet[1] * 6 / 5)) || return 0
		((n == 3)) || read -ra inet < <(middle inet)
	done
	return 1
}

# The administrator's bound rules where the rate allows more; AF_INET first.
bounded() {
	local family measured=() before=()
	for family in inet newinet; do
		upload "$family" || return
		read -ra before <"$net_tmp/measured"
		sysctl_a net.ipv4.tcp_limit_output_bytes=3000
		upload "$family" || return
		sysctl_a net.ipv4.tcp_limit_output_bytes=4194304
		read -ra measured <"$net_tmp/measured"
		echo "$family: backlog ${measured[0]}, was ${before[0]} bytes"
		((measured[0] * 4 / 3 < before[0])) || return
	done
}

# A round trip of seconds, all of it in the own device: the timer fires in vain.
not_again() {
	local inet=() newinet=()
	upload inet 24kbit 24K 0.5 || return
	read -ra inet <"$net_tmp/measured"
	rm "$net_tmp/measured"
	upload newinet 24kbit 24K 0.5 || return
	read -ra newinet <"$net_tmp/measured"
	echo "sent ${newinet[2]} of ${inet[2]} bytes"
	((inet[2] > 24000 && newinet[2] <= inet[2] + 2000))
}

net_pair
netem "$ns_b" delay 20ms
check 'little waits below the sender' as_little
sed -n 's/^backlog/# &/p' "$net_tmp/check"
check 'tcp_limit_output_bytes bounds it' bounded
sed -n 's/^[a-z]*: backlog/# &/p' "$net_tmp/check"
check 'what waits below is not sent again' not_again
sed -n 's/^sent/# &/p' "$net_tmp/check"
finish
