#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# socket(): types, protocols, flags and refusals. prog/api_create.c has the cases.
# timeout: 300
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=../lib/oracle.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/oracle.sh"

export T_OWN_MACHINE=1
status=0
oracle api_create "$@" || status=1
exit "$status"
