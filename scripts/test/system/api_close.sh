#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shutdown, close, SO_LINGER, resets, TIME-WAIT. prog/api_close.c has the cases.
# cpus: 1
# timeout: 400
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"

status=0
oracle api_close "$@" || status=1
mixed api_close "$@" || status=1
exit "$status"
