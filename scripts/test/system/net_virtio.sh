#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Over virtio-net to a TCP that is neither AF_NEWINET nor Linux's: the one in
# QEMU's user-mode network, which hands the stream to cat on the host and
# brings back what that says.
# clock: real
# net: user,guestfwd=tcp:10.0.2.100:7-cmd:cat
# timeout: 120
# needs: iproute2
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

size=8M
[[ $NEWINET_KERNEL != debug ]] || size=2M

echoed() {
	local family=$1
	shift
	"$NEWINET_BIN/net_xfer" --client "$family" --server echo --addr 10.0.2.100 --port 7 \
		--limit 60 "$@"
}

# Eight at a time.
side_by_side() {
	local pids=() pid status=0 i
	for i in 1 2 3 4 5 6 7 8; do
		echoed "$1" --up "${i}00K" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid" || status=1; done
	return "$status"
}

# The whole way out and back was by the device, not by some short cut.
over_the_device() {
	local before after
	before=$(</sys/class/net/eth0/statistics/tx_bytes)
	echoed "$1" --up 500000 || return 1
	after=$(</sys/class/net/eth0/statistics/tx_bytes)
	echo "$((after - before)) bytes left by eth0"
	((after - before > 500000 && after - before < 1000000))
}

# 10.0.2.2 is the host's 127.0.0.1; nobody listens on port 1 there.
no_listener() {
	local said
	said=$("$NEWINET_BIN/net_call" "$1" socket patience:10000 connect:10.0.2.2:1)
	echo "$said"
	[[ $said == 'socket=0 connect=ECONNREFUSED' ]]
}

# For busy polling (SO_BUSY_POLL) and for what spreads sockets over queues.
knows_napi() {
	local said
	said=$("$NEWINET_BIN/net_call" "$1" socket connect:10.0.2.100:7 send:1 recv napi)
	echo "$said"
	[[ $said == 'socket=0 connect=0 send=0 recv=byte napi=known' ]]
}

for family in $families; do
	check "$family: $size there and back" echoed "$family" --up "$size"
	check "$family: a byte, ten times" echoed "$family" --up 1 --pairs 10
	check "$family: odd pieces" echoed "$family" --up 300001 --chunk 613 --nodelay
	check "$family: eight at a time" side_by_side "$family"
	check "$family: over the device" over_the_device "$family"
	check "$family: the device's queue is known" knows_napi "$family"
	check "$family: refused where nobody listens" no_listener "$family"
done
finish
