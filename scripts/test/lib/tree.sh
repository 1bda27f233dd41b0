# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the static checks: the project's files by kind, TAP results, and
# the kernels to check with (NEWINET_KERNELS, from scripts/test/run).

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
cd "$top" || exit 1
# shellcheck disable=SC2034
read -ra kernels <<<"${NEWINET_KERNELS:-$(scripts/vm/kernels names | grep -vx debug | xargs)}"
tap_count=0 tap_failed=0

# result NAME STATUS [OUTPUT]
result() {
	tap_count=$((tap_count + 1))
	if (($2 == 0)); then
		printf 'ok %d - %s\n' $tap_count "$1"
	else
		tap_failed=$((tap_failed + 1))
		printf 'not ok %d - %s\n' $tap_count "$1"
		[[ ${3:-} ]] && printf '%s\n' "$3"
	fi
	return 0
}

finish() {
	printf '1..%d\n' $tap_count
	((tap_count && !tap_failed))
	exit
}

# Every file of the project: what git would track; outside git, all there is.
tree_files() {
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -co --exclude-standard
	else
		find . -type f -not -path './.git/*' -printf '%P\n'
	fi | while read -r name; do
		if [[ -f $name ]]; then echo "$name"; fi
	done | LC_ALL=C sort
}

kernel_c() { tree_files | grep -E '^(module|kunit)/.*\.[ch]$'; }

# first_line PATTERN: files whose first line matches.
first_line() {
	local name line
	tree_files | while read -r name; do
		IFS= read -r line <"$name" 2>/dev/null || :
		if [[ $line =~ $1 ]]; then echo "$name"; fi
	done
}
