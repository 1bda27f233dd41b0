#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# sendfile(2) and splice(2), every byte checked. prog/api_splice.c has the cases.
# cpus: 1
# timeout: 400
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"

status=0
oracle api_splice "$@" || status=1
mixed api_splice "$@" || status=1
exit "$status"
