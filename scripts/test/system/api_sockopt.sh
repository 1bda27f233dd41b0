#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Socket options: values, ranges, bad input. prog/api_sockopt.c has the cases.
# cpus: 1
# timeout: 300
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"

status=0
oracle api_sockopt "$@" || status=1
mixed api_sockopt "$@" || status=1
exit "$status"
