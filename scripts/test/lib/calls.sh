# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Sourced after net.sh by tests whose ends are programs of net_call's: servers until they
# are ended, clients that tell in a line what became of their connection.

call=$NEWINET_BIN/net_call
net_servers=()

same() {
	echo "expected: $1"
	echo "was:      $2"
	[[ $1 == "$2" ]]
}

# server NAMESPACE FAMILY CALL...: until end_servers; it is ready when this returns.
server() {
	rm -f "$net_tmp/up"
	"$call" "$2@$1" socket reuse "${@:3}" "ready:$net_tmp/up" serve >"$net_tmp/server" 2>&1 &
	net_servers+=($!)
	wait_for 20 test -e "$net_tmp/up" || { cat "$net_tmp/server"; return 1; }
}

end_servers() {
	kill "${net_servers[@]}" 2>/dev/null || true
	wait "${net_servers[@]}" 2>/dev/null || true
	net_servers=()
}

# client NAMESPACE FAMILY CALL...: what becomes of a connection, within "patience"
# milliseconds: long, unless it is silence that is waited for.
client() {
	"$call" "$2@$1" socket "patience:${patience:-20000}" "${@:3}" stop send:10 \
		"patience:${patience:-20000}" recv |
		sed 's/socket=0 //'
}
