#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What make demo runs in the machine, from insmod to rmmod; and that the part
# with curl fails when it is the kernel's TCP that fetches the page, when there
# is no module, and when the packets are not those of a whole connection.
# module: none
# kernels: stock
# timeout: 240
# needs: nginx-light curl tcpdump iproute2 python3 gcc libc6-dev make
# shellcheck disable=SC2016
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"
demo=$NEWINET_SRC/scripts/demo

# says STATUS TEXT COMMAND...: does it end so, and say this?
says() {
	local want=$1 text=$2 status=0 said
	shift 2
	said=$("$@" 2>&1) || status=$?
	printf 'status %s\n%s\n' "$status" "$said"
	((status == want)) && [[ $said == *"$text"* ]]
}

# packets [SED-EXPRESSION]: of a connection, with something changed.
packets() {
	sed "${1:-}" >"$net_tmp/packets" <<-'END'
		1.00 IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 7, win 64240, options [mss 1460,sackOK], length 0
		1.01 IP 10.0.0.2.80 > 10.0.0.1.4000: Flags [S.], seq 9, ack 8, win 65160, options [mss 1460], length 0
		1.02 IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [.], ack 1, win 502, length 0
		1.03 IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [P.], seq 1:74, ack 1, win 502, length 73: HTTP: GET / HTTP/1.1
		1.04 IP 10.0.0.2.80 > 10.0.0.1.4000: Flags [P.], seq 1:242, ack 74, win 509, length 241: HTTP: HTTP/1.1 200 OK
		1.05 IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [F.], seq 74, ack 242, win 502, length 0
		1.06 IP 10.0.0.2.80 > 10.0.0.1.4000: Flags [F.], seq 242, ack 75, win 509, length 0
		1.07 IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [.], ack 243, win 502, length 0
	END
	"$demo/packets" 10.0.0.1=one 10.0.0.2=two <"$net_tmp/packets"
}

check 'packets: a whole connection' says 0 'GET / HTTP/1.1' packets
check 'packets: a SYN is missing' says 1 'missing: the SYN' packets '1d'
check 'packets: no answer' says 1 'missing: an answer' packets '5s/length 241/length 0/'
check "packets: the client's FIN is missing" says 1 "missing: the client's FIN" packets '6d'
check "packets: the server's FIN is missing" says 1 "missing: the server's FIN" packets '7d'
check 'packets: a reset' says 1 'a close without a reset' packets '8s/\[\.\]/[R]/'
check 'packets: a line without sense' says 1 'sense: ' packets '3s/Flags/flags/'
check 'packets: none' says 1 'packets: none' packets 'd'

check 'without the module' says 1 'the module is not loaded' "$demo/curl-over-newinet"
status=0
"$demo/in-vm" "$NEWINET_KO" >"$net_tmp/out" 2>&1 || status=$?
cat "$net_tmp/out"
check 'the demonstration works' test "$status" = 0
check 'the create path was shown' grep -q '^all 8 steps are in both' "$net_tmp/out"
check 'NEWTCP had the socket' grep -Eq '^ +NEWTCP +[0-9]+ +1 +newinet$' "$net_tmp/out"
check 'the packets were shown' grep -Eq -- '---->  SYN  .* mss 1460, SACK' "$net_tmp/out"
check 'the module is gone' test ! -e /sys/module/newinet

insmod "$NEWINET_KO"
check "over the kernel's TCP it fails, and says why" \
	says 1 "NOT SO: curl's side has no socket in the kernel's TCP" \
	env NEWINET_RUN=env "$demo/curl-over-newinet"
finish
