#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two TCPs in one namespace: one owner per port, talking to each other. prog/api_coexist.c has the cases.
# cpus: 1
# timeout: 300
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"

status=0
oracle api_coexist "$@" || status=1
exit "$status"
