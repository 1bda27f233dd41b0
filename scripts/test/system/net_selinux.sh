#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Where SELinux is active, without a policy: what its hooks are given when connections are
# made, by either door, is what they can take. AF_INET first.
# kernels: stock
# full: 6.1 7.3
# clock: real
# cpus: 1
# boot: security=selinux
# needs: iproute2
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

# shellcheck source-path=SCRIPTDIR source=../lib/calls.sh
. "$NEWINET_LIB/calls.sh"

port=7000

active() {
	local lsm
	mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
	read -r lsm </sys/kernel/security/lsm
	echo "$lsm"
	[[ ,$lsm, == *,selinux,* ]]
}

# One is answered, the next refused.
connections() {
	local status=0
	port=$((port + 1))
	server "$ns_b" "$1" "bind:0.0.0.0:$port" listen || return 1
	same 'connect=0 send=0 recv=byte' \
		"$(client "$ns_a" "$2" "connect:$addr_b:$port")" || status=1
	end_servers
	same 'connect=ECONNREFUSED' "$(client "$ns_a" "$2" "connect:$addr_b:$port")" || status=1
	return "$status"
}

unbound() {
	same 'socket=0 bind=EAFNOSUPPORT' "$("$call" "newinet@$ns_b" socket bind:0.0.0.0:6999)"
}

check 'SELinux is active' active
net_pair
for family in inet door; do
	check "$family: connections" connections "$family" "$family"
done
check 'inet to the door' connections door inet
check 'the door to inet' connections inet door
# bind() is refused to AF_NEWINET's own addresses, policy or not; connect() is not.
check 'newinet to inet' connections inet newinet
check 'newinet to the door' connections door newinet
check 'newinet: bind() is refused' unbound
finish
