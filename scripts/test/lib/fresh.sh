# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests that need a machine's whole userland to themselves: a
# root of scripts/vm/roots under an overlay, to which packages may be added. The
# layer stays in the cache, under a name and a sum of what it depends on, once
# the test is content with it; a test that was stopped begins anew.
#
#   fresh NAME ROOT KEY           sets up the layer, $fresh; once
#   fresh_run TREE COMMAND...     there, with TREE, a copy of the checkout, as /newinet;
#                                 $fresh_binds are directories of this machine to be seen
#   fresh_vm ARGUMENT...          scripts/vm/vm on that root
#   fresh_keep                    from now on the layer may be used again
#   fresh_above DIR               what comes now goes into another layer, in DIR

fresh_binds=()

fresh() {
	local base
	base=$(scripts/vm/roots get "$2")
	fresh=$(scripts/vm/kernels cache)/roots/$1-$(sha256sum <<<"$base $3" | cut -c 1-12)
	fresh_base=$base
	mkdir -p "${fresh%/*}"
	exec 9>"${fresh%/*}/.lock-$1"
	flock 9
	[[ -e $fresh/complete ]] || rm -rf "$fresh"
	# Those of other roots and packages, a week later.
	find "${fresh%/*}" -maxdepth 1 -name "$1-*" ! -path "$fresh" -mtime +7 -exec rm -rf {} +
	mkdir -p "$fresh"/{upper,work,root}
}

fresh_keep() { touch "$fresh/complete"; }

fresh_above() {
	fresh_base=$fresh/upper:$fresh_base
	fresh=$1
	mkdir -p "$fresh"/{upper,work,root}
}

# fresh_inside SCRIPT ARGUMENT...: with $root mounted; mounts and processes end with it.
fresh_inside() {
	# shellcheck disable=SC2016
	unshare --mount --pid --fork --kill-child --mount-proc bash -ec '
		base=$1 fresh=$2 root=$2/root script=$3; shift 3
		mount -t overlay -o "lowerdir=$base,upperdir=$fresh/upper,workdir=$fresh/work" \
			overlay "$root"
		eval "$script"' - "$fresh_base" "$fresh" "$@" 9>&- </dev/null
}

fresh_run() {
	# shellcheck disable=SC2016
	fresh_inside 'mount -t proc proc "$root/proc"
		mount --rbind /sys "$root/sys"
		mount --bind /dev "$root/dev"
		mkdir -p "$root/dev/shm"
		mount -t tmpfs shm "$root/dev/shm"
		mount -t tmpfs tmp "$root/tmp"
		cat /etc/resolv.conf >"$root/etc/resolv.conf"
		mkdir -p "$root/newinet"
		mount --bind "$1" "$root/newinet"
		shift
		for each in $1; do
			mkdir -p "$root$each"
			mount --bind "$each" "$root$each"
		done
		shift
		exec chroot "$root" env -i HOME=/root TERM=dumb LC_ALL=C \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c "cd /newinet; exec \"\$@\"" sh "$@"' \
		"$1" "${fresh_binds[*]}" "${@:2}"
}

fresh_vm() {
	# shellcheck disable=SC2016
	fresh_inside 'scripts/vm/vm --root "$root" "$@"' "$@"
}
