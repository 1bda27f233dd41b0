#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets on the wire: retransmission, SACK, congestion window, reassembly.
# Each case scripts the peer over a tun device, in a network namespace of its
# own; the kernel's TCP must pass before newinet is judged (FAMILY=inet: only
# that). Cases and their library: scripts/test/wire/.
# clock: virtual
# timeout: 240
# needs: python3
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
family=${FAMILY:-both}
[ "$family" = inet ] || family=both
exec python3 "$here/../wire/run.py" --family "$family" --group loss "$@"
