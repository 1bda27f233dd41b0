#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Long transfers whose every byte is checked. prog/api_stream.c has the cases.
# cpus: 1
# timeout: 400
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"

status=0
oracle api_stream "$@" || status=1
mixed api_stream "$@" || status=1
exit "$status"
