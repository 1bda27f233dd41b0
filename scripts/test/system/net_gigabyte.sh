#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A gigabyte from AF_NEWINET to the kernel's TCP over veth, and one back: the
# SHA-256 of what was sent is that of what arrived. Most of the time goes into
# the digests, so the bytes are the same both ways and what was sent is summed
# in the first transfer alone.
# kernels: 6.12 7.3
# clock: real
# timeout: 500
# needs: iproute2
# full: yes
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

sent=''

# gigabyte OPTION...: newinet connects, the kernel's TCP listens.
gigabyte() {
	local out received began=$SECONDS
	out=$("$NEWINET_BIN/net_xfer" --client "newinet@$ns_a" --server "inet@$ns_b" \
		--addr "$addr_b" --chunk 256K --same "$@") || return 1
	echo "$out"
	echo "$((SECONDS - began)) s"
	sent=${sent:-$(sed -n 's/^sha256 .* sent: //p' <<<"$out")}
	received=$(sed -n 's/^sha256 .* received: //p' <<<"$out")
	[[ ${#sent} == 64 && $sent == "$received" ]]
}

net_pair
check 'the kernel alone' "$NEWINET_BIN/net_xfer" --client "inet@$ns_a" --server "inet@$ns_b" \
	--addr "$addr_b" --up 16M --down 16M
check 'a gigabyte from newinet to the kernel' gigabyte --up 1G --sha256 both
sed 's/^/# /' "$net_tmp/check"
check 'a gigabyte from the kernel to newinet' gigabyte --down 1G --sha256 received
sed 's/^/# /' "$net_tmp/check"
finish
