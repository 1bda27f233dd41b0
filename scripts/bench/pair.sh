# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by what measures: the namespaces nb-a (10.77.0.1) and nb-b (10.77.0.2)
# joined by veth, as micro.h has them. netpair.sh is copied beside it.

# shellcheck source-path=SCRIPTDIR source=../lib/netpair.sh
. "$(dirname "${BASH_SOURCE[0]}")/netpair.sh"

pair_up() {
	netpair_up nb-a nb-b v0
	# Until both have said all that a new device says.
	sleep 2
	ip netns exec nb-a ping -q -c 1 -W 5 10.77.0.2 >/dev/null
}

pair_down() { netpair_down nb-a nb-b nb-r; }
