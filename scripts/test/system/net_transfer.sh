#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Streams between AF_NEWINET and the kernel's TCP, every byte checked at both
# ends: over lo, over veth, over tun devices, and over devices that lack one
# offload after another, where a capture shows what really was on the wire.
# clock: real
# timeout: 300
# needs: iproute2 ethtool tcpdump python3
# shellcheck disable=SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/net.sh
. "$NEWINET_LIB/net.sh"

size=16M small=4M
[[ $NEWINET_KERNEL != @(debug|*-arm64) ]] || size=2M small=512K
xfer=$NEWINET_BIN/net_xfer

# AF_INET by itself comes first: what it cannot do here, nobody is asked to.
pairings='inet inet
newinet inet
inet newinet
newinet newinet'
[[ $NEWINET_KERNEL != debug ]] || pairings=$'newinet inet\ninet newinet'

# pairings_over WHERE CLIENT-NS SERVER-NS ADDRESS OPTION...
pairings_over() {
	local where=$1 a=$2 b=$3 addr=$4 client server
	shift 4
	while read -r client server; do
		check "$where: $client to $server and back" "$xfer" --client "$client@$a" \
			--server "$server@$b" --addr "$addr" "$@"
	done <<<"$pairings"
}

over_tun() {
	local pid
	modprobe -q tun || true
	mkdir -p /dev/net
	[[ -e /dev/net/tun ]] || mknod /dev/net/tun c 10 200
	"$NEWINET_BIN/net_forward" "$ns_a" tun0 "$ns_b" tun0 "$net_tmp/tun" &
	pid=$!
	wait_for 20 test -e "$net_tmp/tun" || fail 'the tun devices'
	ip -n "$ns_a" addr add 10.78.0.1 peer 10.78.0.2 dev tun0
	ip -n "$ns_b" addr add 10.78.0.2 peer 10.78.0.1 dev tun0
	# Room for a window's worth of small packets.
	ip -n "$ns_a" link set tun0 up txqueuelen 5000
	ip -n "$ns_b" link set tun0 up txqueuelen 5000
	pairings_over tun "$ns_a" "$ns_b" 10.78.0.2 --up "$small" --down "$small"
	kill "$pid"
	wait "$pid" || true
}

# What tcpdump wrote, judged: no frame over the MTU where the device segments
# nothing, no wrong checksum where it sums nothing.
make_judge() {
	cat >"$net_tmp/judge.py" <<-'END'
		import struct, sys
		def folded(data):
		    if len(data) % 2:
		        data += b'\0'
		    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
		    while total >> 16:
		        total = (total & 0xffff) + (total >> 16)
		    return total
		name, port = sys.argv[1], int(sys.argv[2])
		with open(name, 'rb') as file:
		    raw = file.read()
		order = '<' if raw[:4] in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1') else '>'
		at, seen, payload, large, bad = 24, 0, 0, 0, 0
		while at + 16 <= len(raw):
		    kept, length = struct.unpack(order + '2I', raw[at + 8:at + 16])
		    frame = raw[at + 16:at + 16 + kept]
		    at += 16 + kept
		    if frame[12:14] != b'\x08\0' or frame[23] != 6:
		        continue
		    total = struct.unpack('!H', frame[16:18])[0]
		    ip = frame[14:14 + total]
		    header = (ip[0] & 15) * 4
		    segment = ip[header:]
		    if port not in struct.unpack('!2H', segment[:4]):
		        continue
		    seen += 1
		    payload += len(segment) - (segment[12] >> 4) * 4
		    large += total > 1500
		    if kept < length:
		        sys.exit('a frame was cut')
		    pseudo = ip[12:20] + struct.pack('!2H', 6, len(segment))
		    bad += folded(ip[:header]) != 0xffff or folded(pseudo + segment) != 0xffff
		print(f'{seen} packets, {payload} bytes, {large} over the MTU, {bad} bad checksums')
		sys.exit(seen < 100 or payload < 1 << 19 or large > 0 or bad > 0)
	END
}

# captured CLIENT SERVER PORT: a transfer, seen from outside at both devices.
captured() {
	local name pid pids=() status=0
	for name in "$ns_a" "$ns_b"; do
		# Only what leaves: what enters may have been merged.
		nsenter "--net=/run/netns/$name" tcpdump -i veth0 -Q out -s 0 -B 32768 -w "$net_tmp/$name.pcap" \
			--immediate-mode -U "tcp port $3" 2>"$net_tmp/$name.log" &
		pids+=($!)
	done
	for name in "$ns_a" "$ns_b"; do
		wait_for 60 grep -q 'listening on' "$net_tmp/$name.log" || return 1
	done
	"$xfer" --client "$1@$ns_a" --server "$2@$ns_b" --addr "$addr_b" --port "$3" \
		--up 544K --down 544K || status=1
	pause 0.5
	kill "${pids[@]}"
	for pid in "${pids[@]}"; do wait "$pid" || true; done
	for name in "$ns_a" "$ns_b"; do
		python3 "$net_tmp/judge.py" "$net_tmp/$name.pcap" "$3" || status=1
		rm -f "$net_tmp/$name.pcap"
	done
	return "$status"
}

devices_without() {
	local without port=7710 client server ns
	make_judge
	while read -r without; do
		# The debug kernel: with all of them and with none.
		[[ $NEWINET_KERNEL != debug || $without == *gso* ]] || continue
		for ns in "$ns_a" "$ns_b"; do
			# shellcheck disable=SC2086
			nsenter "--net=/run/netns/$ns" ethtool -K veth0 tso on sg on tx on >/dev/null
			# shellcheck disable=SC2086
			nsenter "--net=/run/netns/$ns" ethtool -K veth0 $without >/dev/null
		done
		if [[ $without == 'tso off gso off tx off' ]]; then
			while read -r client server; do
				check "$without: $client to $server: what is on the wire" \
					captured "$client" "$server" "$port"
				port=$((port + 1))
			done <<<"$pairings"
		else
			pairings_over "$without" "$ns_a" "$ns_b" "$addr_b" \
				--up "$small" --down "$small"
		fi
	done <<-'END'
		tso off
		sg off
		tx off
		tso off gso off tx off
	END
	for ns in "$ns_a" "$ns_b"; do
		nsenter "--net=/run/netns/$ns" ethtool -K veth0 tso on gso on sg on tx on >/dev/null
	done
}

net_pair
pairings_over lo "$ns_a" "$ns_a" 127.0.0.1 --up "$size" --down "$size"
pairings_over veth "$ns_a" "$ns_b" "$addr_b" --up "$size" --down "$size"
pairings_over 'veth, odd pieces' "$ns_a" "$ns_b" "$addr_b" --up 999999 --down 1000003 --chunk 997
pairings_over 'veth, 20 connections' "$ns_a" "$ns_b" "$addr_b" --up 70001 --down 3 --pairs 20
over_tun
devices_without
finish
