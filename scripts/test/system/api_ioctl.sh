#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Byte counts by ioctl, SO_BINDTODEVICE. prog/api_ioctl.c has the cases.
# cpus: 1
# timeout: 300
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"

modprobe -q tun 2>/dev/null || true
status=0
oracle api_ioctl "$@" || status=1
mixed api_ioctl "$@" || status=1
exit "$status"
