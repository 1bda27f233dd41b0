#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets on the wire: when a connection that hears nothing is given up.
# Each case scripts the peer over a tun device, in a network namespace of its
# own, and judges newinet beside the kernel's TCP, which runs at the same time
# (FAMILY=inet: that alone). Cases and their library: scripts/test/wire/. Not on
# the debug kernel, whose round trips are long and uneven: so are its RTOs.
# kernels: stock
# clock: virtual
# timeout: 400
# needs: python3
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec python3 "$here/../wire/run.py" --family "${FAMILY:-newinet}" --jobs 60 --group timeout "$@"
