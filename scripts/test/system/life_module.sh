#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The module's life: rmmod is refused while there are sockets and succeeds at
# once when there are none, whatever TIME-WAIT entries and half-open handshakes
# are about; a hundred times while the kernel's TCP works on, unharmed. Then
# its parameters: the family's number, and who may open it.
# clock: real
# timeout: 300
# needs: iproute2 nftables
# module: none
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

call=$NEWINET_BIN/net_call
xfer=$NEWINET_BIN/net_xfer
params=/sys/module/newinet/parameters
# On a file system of the guest's: the host's is slow.
ko=$net_tmp/newinet.ko
cp "$NEWINET_KO" "$ko"
rounds=100
[[ $NEWINET_KERNEL != debug ]] || rounds=10

# rmmod's own complaint is looked for: that the module is in use.
busy() {
	local said
	if said=$(rmmod newinet 2>&1); then
		echo 'rmmod succeeded'
		return 1
	fi
	echo "$said"
	[[ $said == *'in use'* && -d /sys/module/newinet ]]
}

# Sockets that a program has just closed wait for RCU; nothing needs longer.
gone() {
	wait_for 20 rmmod newinet || {
		echo "references: $(</sys/module/newinet/refcnt)"
		return 1
	}
	[[ ! -d /sys/module/newinet ]]
}

# held CALL...: with a socket in this state rmmod is refused, and succeeds once
# it is closed.
held() {
	local pid status=0
	insmod "$ko"
	rm -f "$net_tmp"/step*
	in_a "$call" newinet "$@" "ready:$net_tmp/step1" "wait:$net_tmp/step2" >"$net_tmp/said" &
	pid=$!
	wait_for 20 test -e "$net_tmp/step1" || status=1
	cat "$net_tmp/said"
	grep -q 'socket=0' "$net_tmp/said" || status=1
	busy || status=1
	touch "$net_tmp/step2"
	wait "$pid" || status=1
	gone || status=1
	return "$status"
}

inet_server() {
	in_b "$call" inet socket reuse "bind:$addr_b:7000" listen "ready:$net_tmp/up" serve \
		>/dev/null &
	inet_pid=$!
	wait_for 20 test -e "$net_tmp/up" || fail 'the inet server'
}

# A socket of ours closes first: TIME-WAIT is ours. The port comes back to the
# kernel when the module goes.
with_time_wait() {
	local status=0 pid
	insmod "$ko"
	rm -f "$net_tmp"/step*
	in_a "$call" newinet socket reuse "bind:$addr_a:7200" listen "ready:$net_tmp/step1" \
		accept shutdown recv close >"$net_tmp/said" &
	pid=$!
	wait_for 20 test -e "$net_tmp/step1" || status=1
	in_b "$call" inet socket "connect:$addr_a:7200" recv shutdown close
	wait "$pid" || status=1
	grep -q 'accept=0 shutdown=0 recv=end' "$net_tmp/said" || status=1
	same_as 'socket=0 bind=EADDRINUSE' \
		"$(in_a "$call" inet socket "bind:$addr_a:7200")" || status=1
	gone || status=1
	same_as 'socket=0 bind=0 listen=0' \
		"$(in_a "$call" inet socket "bind:$addr_a:7200" listen)" || status=1
	return "$status"
}

# A close that the peer never answers with its own: however long FIN-WAIT-2 may
# last, what waits is not a socket.
with_fin_wait2() {
	local status=0 pid peer
	insmod "$ko"
	rm -f "$net_tmp"/step*
	in_a sysctl -qw net.ipv4.tcp_fin_timeout=100000
	in_a "$call" newinet socket reuse "bind:$addr_a:7400" listen "ready:$net_tmp/step1" \
		accept close >"$net_tmp/said" &
	pid=$!
	wait_for 20 test -e "$net_tmp/step1" || status=1
	in_b "$call" inet socket "connect:$addr_a:7400" recv "wait:$net_tmp/step2" >/dev/null &
	peer=$!
	wait "$pid" || status=1
	grep -q 'accept=0 close=0' "$net_tmp/said" || status=1
	gone || status=1
	touch "$net_tmp/step2"
	wait "$peer" || true
	in_a sysctl -qw net.ipv4.tcp_fin_timeout=60
	return "$status"
}

# Handshakes that never end, in a listener of ours: the peer's own firewall
# drops our SYN-ACKs.
with_half_open() {
	local status=0 pid i peers=()
	insmod "$ko"
	rm -f "$net_tmp"/step*
	in_b nft -f - <<-'END'
		table ip half {
			chain c { type filter hook input priority 0;
				tcp sport 7300 tcp flags & (syn | ack) == syn | ack counter drop; }
		}
	END
	in_a "$call" newinet socket reuse "bind:$addr_a:7300" listen "ready:$net_tmp/step1" \
		"wait:$net_tmp/step2" close >"$net_tmp/said" &
	pid=$!
	wait_for 20 test -e "$net_tmp/step1" || status=1
	for i in 1 2 3 4 5 6; do
		in_b "$call" inet socket patience:4000 "connect:$addr_a:7300" >"$net_tmp/peer$i" &
		peers+=($!)
	done
	wait_for 10 half_open_seen || status=1
	busy || status=1
	touch "$net_tmp/step2"
	wait "$pid" || status=1
	gone || status=1
	wait "${peers[@]}" || true
	in_b nft delete table ip half
	cat "$net_tmp"/peer*
	return "$status"
}
half_open_seen() {
	in_b nft list table ip half | grep -q 'packets \([6-9]\|[1-9][0-9]\)'
}

same_as() {
	echo "expected: $1"
	echo "was:      $2"
	[[ $1 == "$2" ]]
}

# In and out all the time, used each tenth time, under one long connection of
# the kernel's, at a pace that leaves the machine some time.
again_and_again() {
	local pid i status=0 began=$SECONDS least
	netem "$ns_a" rate 10mbit limit 2000
	rm -f "$net_tmp/stop"
	"$xfer" --client "inet@$ns_a" --server "inet@$ns_b" --addr "$addr_b" --up 256K --down 64K \
		--until "$net_tmp/stop" --limit 900 >"$net_tmp/kernel" 2>&1 &
	pid=$!
	for ((i = 0; i < rounds; i++)); do
		insmod "$ko" || { status=1; break; }
		if ((i % 10 == 0)); then
			"$xfer" --client newinet --server newinet --up 10K --down 10K --limit 20 ||
				status=1
		fi
		wait_for 5 rmmod newinet || { status=1; break; }
	done
	echo "$i rounds in $((SECONDS - began)) s"
	((i == rounds)) || status=1
	touch "$net_tmp/stop"
	wait "$pid" || status=1
	netem "$ns_a"
	# What is not numbers would end the shell below.
	all_arrived "$net_tmp/kernel" || return 1
	least=$(awk '{ print $4 }' "$net_tmp/kernel" | sort -n | head -n 1)
	((least > i * 1000)) || status=1
	return "$status"
}

# --- parameters
refused_load() {
	local said
	if said=$(insmod "$ko" "$@" 2>&1); then
		rmmod newinet
		echo "loaded with $*"
		return 1
	fi
	echo "$said"
	[[ ! -d /sys/module/newinet ]]
}

other_number() {
	local status=0
	insmod "$ko" family=42 2>&1 || insmod "$ko" family=12 || return 1
	echo "family $(<"$params/family")"
	[[ $(<"$params/family") != 19 ]] || status=1
	"$xfer" --client newinet --server newinet --up 10K --down 10K || status=1
	# The number it usually has is nobody's then.
	python3 - <<-'END' || status=1
		import errno, socket, sys
		try:
		    socket.socket(19, socket.SOCK_STREAM)
		except OSError as error:
		    sys.exit(error.errno != errno.EAFNOSUPPORT)
		sys.exit('19 is open')
	END
	# What is read-only stays.
	! (echo 19 >"$params/family") 2>/dev/null || status=1
	gone || status=1
	return "$status"
}

# as UID GID GROUPS COMMAND...: without any capability.
as() {
	setpriv --reuid "$1" --regid "$2" --groups "$3" --inh-caps=-all --bounding-set=-all "${@:4}"
}

can() { same_as "socket=$1" "$("${@:2}" "$call" newinet socket)"; }

access_rules() {
	local status=0
	insmod "$ko" || return 1
	same_as all "$(<"$params/access")" || status=1
	can 0 as 65534 65534 65534 || status=1
	echo admin >"$params/access"
	same_as admin "$(<"$params/access")" || status=1
	can EPERM as 65534 65534 65534 || status=1
	can 0 env || status=1
	# CAP_NET_ADMIN alone is enough; in a user namespace of one's own it is not,
	# for a network namespace that is not.
	can 0 setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+net_admin \
		--ambient-caps=-all,+net_admin || status=1
	can EPERM as 65534 65534 65534 unshare -U -r || status=1
	# Nor over a network namespace of that one's.
	can EPERM as 65534 65534 65534 unshare -U -r -n || status=1
	echo 7777 >"$params/group"
	echo group >"$params/access"
	can EPERM as 65534 65534 65534 || status=1
	can 0 as 65534 7777 65534 || status=1
	can 0 as 65534 65534 65534,7777 || status=1
	can EPERM as 65534 65534 65534 unshare -U -r -n || status=1
	can EPERM as 65534 65534 65534 unshare -U --map-group=7777 || status=1
	can 0 env || status=1
	# Refused, and nothing changed.
	! (echo everyone >"$params/access") 2>/dev/null || status=1
	! (echo -1 >"$params/group") 2>/dev/null || status=1
	same_as group "$(<"$params/access")" || status=1
	echo all >"$params/access"
	can 0 as 65534 65534 65534 || status=1
	gone || status=1
	return "$status"
}

access_at_load() {
	local status=0
	insmod "$ko" access=group group=7777 || return 1
	can EPERM as 65534 65534 65534 || status=1
	can 0 as 65534 7777 65534 || status=1
	gone || status=1
	return "$status"
}

net_pair
"$xfer" --client "inet@$ns_a" --server "inet@$ns_b" --addr "$addr_b" --up 1M --down 1M >/dev/null ||
	fail 'the kernel by itself'
check 'unused: loads and goes' bash -c "insmod $ko && rmmod newinet"
inet_server
check 'refused with a fresh socket' held socket
check 'refused with a bound socket' held socket "bind:$addr_a:7100"
check 'refused with a listener' held socket "bind:$addr_a:7100" listen
check 'refused with a connection' held socket "connect:$addr_b:7000" send:1000 recv
check 'refused with half a connection' held socket "connect:$addr_b:7000" shutdown recv
kill "$inet_pid"
check 'goes with connections in TIME-WAIT' with_time_wait
check 'goes with connections in FIN-WAIT-2' with_fin_wait2
check 'goes with half-open handshakes' with_half_open
check "$rounds times under the kernel's traffic" again_and_again
sed -n 's/^\([0-9]* rounds.*\|client inet.*\)/# \1/p' "$net_tmp/check"
check 'family= another number' other_number
check 'family=0 is refused' refused_load family=0
check 'family=2, the IPv4 one, is refused' refused_load family=2
check 'family=1000 is refused' refused_load family=1000
check 'access=nobody is refused' refused_load access=nobody
check 'access and group, changed while loaded' access_rules
check 'access and group, from the start' access_at_load
finish
