#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The second door, socket(AF_INET, SOCK_STREAM, IPPROTO_NEWINET): who may use
# it and by which number, then the socket API through it. What AF_INET answers
# to the same programs is asked by the tests that are named for them.
# kernels: stock 6.1-s390x
# cpus: 1
# timeout: 400
# needs: util-linux kmod
# module: none
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

call=$NEWINET_BIN/net_call
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# opens EXPECTED [COMMAND...]: what socket() says, to whom the command makes us.
opens() {
	local said
	said=$("${@:2}" "$call" door socket || true)
	echo "socket: $said"
	[[ $said == "$1" ]]
}

# refused PARAMETER TEXT: the module does not load so, and the kernel says why.
refused() {
	local before
	before=$(dmesg | wc -l)
	if insmod "$NEWINET_KO" "$1"; then
		rmmod newinet
		return 1
	fi
	dmesg | tail -n "+$((before + 1))" | tee /dev/stderr | grep -q "$2"
}

parameters() {
	check 'a number that TCP has' refused protocol=6 'protocol 6 is taken'
	check 'a number that SCTP has' refused protocol=132 'protocol 132 is taken'
	check 'a number that MPTCP has' refused protocol=262 'protocol 262 is taken'
	check 'a number that there is not' refused protocol=100000 'not between'
	check 'a negative number' refused protocol=-1 'not between'
	check 'no module: no such protocol' opens socket=EPROTONOSUPPORT

	insmod "$NEWINET_KO" protocol=0
	check 'protocol=0: the door is shut' opens socket=EPROTONOSUPPORT
	rmmod newinet
	insmod "$NEWINET_KO" protocol=254
	check 'protocol=254: it opens by that number' opens socket=0
	rmmod newinet

	insmod "$NEWINET_KO" access=admin
	check 'access=admin: root may' opens socket=0
	check 'access=admin: others may not' opens socket=EPERM "${nobody[@]}"
	check 'a socket that was refused is gone' wait_for 5 rmmod newinet
}

status=0
parameters
insmod "$NEWINET_KO"
oracle api_door handed_on the_kernels_stay || status=1
for program in api_door api_bind api_close api_connect api_coexist api_data api_epoll api_file \
	api_ioctl api_listen api_names api_poll api_sockopt api_splice api_stream; do
	variant "door $program" "$program" --family door || status=1
done
for program in api_close api_stream; do
	variant "door $program, to inet" "$program" --family door --peer inet || status=1
	variant "door $program, from inet" "$program" --family door --peer inet --reverse || status=1
done
check 'every program ended well' test "$status" = 0
check 'rmmod succeeds' wait_for 10 rmmod newinet
finish
