#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# getsockname() and getpeername() in every state. prog/api_names.c has the cases.
# cpus: 1
# timeout: 300
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"

status=0
oracle api_names "$@" || status=1
mixed api_names "$@" || status=1
exit "$status"
