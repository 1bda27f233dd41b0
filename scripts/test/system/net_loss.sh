#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Streams over a veth pair that loses, reorders, duplicates and corrupts
# packets, one by one (gso_max_segs 1: none of many segments reaches netem):
# every byte arrives, in both directions between AF_NEWINET and the kernel's TCP.
# clock: real
# timeout: 400
# needs: iproute2
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

size=64M small=4M
[[ $NEWINET_KERNEL != debug ]] || size=2M small=2M

# What netem says it did to the packets that left: proof that there was trouble.
trouble() {
	tc -n "$1" -s qdisc show dev veth0 | tr '\n' ' '
}

# bad_wire SENDER RECEIVER BYTES NETEM-OPTION...: one stream, the sender in a.
bad_wire() {
	local sender=$1 receiver=$2 bytes=$3 began=$SECONDS
	shift 3
	# Options of before would stay otherwise.
	netem "$ns_a"
	netem "$ns_b"
	netem "$ns_a" limit 20000 "$@"
	netem "$ns_b" limit 20000 "$@"
	"$NEWINET_BIN/net_xfer" --client "$sender@$ns_a" --server "$receiver@$ns_b" \
		--addr "$addr_b" --up "$bytes" --down 100K || return 1
	echo "$((SECONDS - began)) s; $(trouble "$ns_a")"
	[[ $1 != loss || $(trouble "$ns_a") != *'(dropped 0,'* ]]
}

under() {
	local what=$1
	shift
	[[ $families != inet* ]] ||
		check "$what: the kernel alone" bad_wire inet inet "$small" "$@"
	check "$what: newinet sends" bad_wire newinet inet "$size" "$@"
	sed -n 's/^\([0-9]* s;.*\)/# \1/p' "$net_tmp/check"
	check "$what: newinet receives" bad_wire inet newinet "$size" "$@"
	sed -n 's/^\([0-9]* s;.*\)/# \1/p' "$net_tmp/check"
	[[ $NEWINET_KERNEL == debug ]] ||
		check "$what: newinet alone" bad_wire newinet newinet "$small" "$@"
}

net_pair
for ns in "$ns_a" "$ns_b"; do
	ip -n "$ns" link set veth0 gso_max_segs 1
done
under '1 % lost' loss 1%
under '5 % reordered' delay 2ms reorder 95%
under '1 % duplicated' duplicate 1%
under '1 % corrupted' corrupt 1%
finish
