#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# newinet-service, with a systemd that is the init of a container in the machine:
# its services are on newinet from their first socket, sandboxed or not, through
# reloads, restarts and crashes, instances of a template too; what is said where
# newinet cannot be had; and that nothing stays behind.
# kernels: 6.12 7.3
# cpus: 1
# root: programs
# timeout: 400
# shellcheck disable=SC2016,SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=programs_common.sh
. "$(dirname "${BASH_SOURCE[0]}")/programs_common.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/readme.sh
. "$NEWINET_LIB/readme.sh"

number=$(</sys/module/newinet/parameters/protocol)
units=/etc/systemd/system
group=/sys/fs/cgroup/container container='' init=''
# It does not end when it is asked to.
trap '[[ ! $init ]] || kill -9 "$init" 2>/dev/null || :; cleanup' EXIT

# As it is installed, from what the runner has built.
install_it()
{
	mkdir -p /usr/local/{bin,sbin,lib/newinet}
	cp "$NEWINET_BIN"/run/{newinet-cgroup,newinet-exec,libnewinet-preload.so} \
		/usr/local/lib/newinet/
	cp "$NEWINET_BIN/run/calls-static" /usr/local/bin/
	cp "$src/scripts/run/newinet-run" /usr/local/bin/
	cp "$src/scripts/run/newinet-service" /usr/local/sbin/
	cp "$src/scripts/run/check/listening.py" /usr/local/bin/
}

# What systemd would do that no service here needs, and that takes its time.
lean()
{
	local each

	for each in systemd-tmpfiles-setup-dev systemd-sysusers systemd-update-utmp \
		    systemd-journal-flush systemd-binfmt systemd-modules-load \
		    systemd-remount-fs kmod-static-nodes systemd-sysctl; do
		ln -sf /dev/null "$units/$each.service"
	done
}

make_units()
{
	# Its IPv6 socket would be the kernel's; redis does without.
	sed -i '/\[::\]/d' /etc/nginx/sites-available/default
	# An instance is named for the protocol that it must find.
	cat >"$units/check@.service" <<-'END'
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/usr/local/bin/calls-static %i create connect
	END
	cat >"$units/sandboxed.service" <<-END
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/usr/local/bin/calls-static $number is
		DynamicUser=yes
		PrivateUsers=yes
		PrivateTmp=yes
		PrivateDevices=yes
		ProtectSystem=strict
		ProtectHome=yes
		ProtectControlGroups=yes
		ProtectKernelTunables=yes
		ProtectProc=invisible
		NoNewPrivileges=yes
		CapabilityBoundingSet=
		RestrictNamespaces=yes
		RestrictAddressFamilies=AF_INET
		SystemCallFilter=@system-service
		MemoryDenyWriteExecute=yes
	END
	# Its control processes get a cgroup of their own, .control.
	cat >"$units/delegated.service" <<-END
		[Service]
		Delegate=yes
		ExecStart=sleep infinity
		ExecStartPost=/usr/local/bin/calls-static $number is
	END
	cat >"$units/activated.service" <<-'END'
		[Service]
		ExecStart=sleep infinity
	END
	ln -s delegated.service "$units/otherwise.service"
	cat >"$units/rooted.service" <<-'END'
		[Service]
		RootDirectory=/srv
		ExecStart=/bin/true
	END
	cat >"$units/each@.service" <<-'END'
		[Service]
		ExecStart=cat
		StandardInput=socket
	END
	cat >"$units/each.socket" <<-'END'
		[Socket]
		ListenStream=127.0.0.1:7778
		Accept=yes
	END
	cat >"$units/activated.socket" <<-'END'
		[Socket]
		ListenStream=127.0.0.1:7777
	END
}

# Below a cgroup of its own, which it takes for the root.
start_systemd()
{
	mkdir "$group"
	(trap - EXIT; echo 0 >"$group/cgroup.procs"
	 exec unshare -C -m -p -f bash -c 'umount -l /sys/fs/cgroup
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		mount -t proc proc /proc
		mount -t tmpfs -o mode=755 tmpfs /run
		mount -t tmpfs tmpfs /tmp
		exec env -i container=newinet PATH="$PATH" /lib/systemd/systemd \
			--unit=basic.target --show-status=0') >"$tmp/systemd" 2>&1 </dev/null &
	container=$!
	wait_for 60 eval 'init=$(pgrep -P "$container" -x systemd)'
	wait_for 120 inside test -S /run/systemd/private &&
		inside systemctl is-system-running --wait
}

inside()
{
	nsenter -t "$init" -m -p -C "$@"
}

# says STATUS TEXT COMMAND...
says()
{
	local status=0 want=$1 text=$2 said
	shift 2

	said=$("$@" 2>&1) || status=$?
	echo "status $status: $said"
	((status == want)) && [[ $said == *"$text"* ]]
}

# serves UNIT: does its main program listen on newinet alone?
serves()
{
	inside bash -c 'python3 /usr/local/bin/listening.py "$(systemctl show -p MainPID --value "$1")" "$2"' \
		- "$1" "$number"
}

# ping PROTOCOL: what redis answers to a client of this TCP.
ping()
{
	python3 - "$1" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, int(sys.argv[1]))
		s.connect(('127.0.0.1', 6379))
		s.sendall(b'PING\r\n')
		assert s.recv(100) == b'+PONG\r\n'
	END
}

fetch()
{
	curl -4 -sS --fail http://127.0.0.1/ | grep nginx
}

nothing_registered()
{
	[[ ! $(inside /usr/local/lib/newinet/newinet-cgroup list) && ! -e /sys/fs/bpf/newinet ]]
}

check_nothing_registered()
{
	check "$1: nothing is registered" eval \
		'inside /usr/local/lib/newinet/newinet-cgroup list; find /sys/fs/bpf
		inside journalctl | grep -a newinet-cgroup
		nothing_registered'
}

switch_on()
{
	check "before: the kernel's TCP" inside systemctl start check@6
	check "no such unit" says 1 'there is no nonesuch.service' \
		inside newinet-service nonesuch
	check "a unit that is no service" says 125 'is no service' \
		inside newinet-service activated.socket
	check "a pattern" says 125 "no unit's name" inside newinet-service 'check*'
	check "switched on" says 0 '' inside newinet-service check@ sandboxed \
		delegated.service nginx
	check "switched on, without IPv6" says 0 '' inside newinet-service --ipv4 redis-server
	check "sockets of systemd's own are named" \
		says 0 'activated.socket) stay with' inside newinet-service activated
	check "and those of one service for each connection" \
		says 0 'each.socket) stay with' inside newinet-service each@
	inside newinet-service --off each@
	check "for good is not until the next boot" \
		says 125 'is on newinet for good' inside newinet-service --runtime -f nginx
	check "a root of its own is named" says 0 'its root is /srv' \
		inside newinet-service rooted
	inside newinet-service --off rooted
	check "until the next boot" inside newinet-service --runtime check@254
	check "that is where it says" inside \
		test -e "/run/systemd/system/check@254.service.d/zz-newinet.conf"
	check "--status" says 0 'nginx.service: on newinet' \
		inside newinet-service --status
	check_nothing_registered "nothing runs yet"
}

services()
{
	check "an instance of a template" inside systemctl start "check@$number"
	check "a sandbox" inside systemctl start sandboxed
	check "a unit with delegated cgroups" inside systemctl start delegated
	check "redis starts" inside systemctl start redis-server
	check "redis is on newinet" serves redis-server
	check "nginx starts" inside systemctl start nginx
	check "nginx is on newinet" serves nginx
	check "--status knows" says 0 'nginx.service: on newinet; runs so now' \
		inside newinet-service --status nginx
	check "--status by another name" says 0 'otherwise.service: on newinet; runs so now' \
		inside newinet-service --status otherwise
	check "--status by the template" \
		says 0 "check@$number.service: on newinet by its template" \
		inside newinet-service --status "check@$number"
	check "an instance is not switched off alone" says 1 'by its template' \
		inside newinet-service --off "check@$number"
	check "a client of the kernel's TCP" ping 6
	check "a client of newinet" ping "$number"
	check "a page" fetch
	check "nginx reloads" inside systemctl reload nginx
	check "a page from the new processes" fetch
	check "nginx is on newinet still" serves nginx
	check "redis restarts" inside systemctl restart redis-server
	check "redis is on newinet again" serves redis-server
	inside systemctl kill -s KILL redis-server
	check "redis crashes, and systemd restarts it" wait_for 60 ping 6
	check "redis is on newinet after that" serves redis-server
	check "outside: the kernel's TCP" calls-static 6 is
}

# Off while it runs: at once, and nothing is left for when it stops.
switch_off()
{
	check "redis is switched off" says 0 'redis-server.service runs on' \
		inside newinet-service --off redis-server
	check "--status says so" says 1 'redis-server.service: not on newinet' \
		inside newinet-service --status redis-server
	check "off by another name" says 0 'delegated.service runs on' \
		inside newinet-service --off otherwise
	check "redis restarts on the kernel's TCP" inside systemctl restart redis-server
	check "redis is there" ping 6
	check "and is not on newinet" eval '! serves redis-server'
	check "all stop" inside systemctl stop redis-server nginx sandboxed delegated \
		'check@*'
	check_nothing_registered "all have stopped"
}

# The README's commands, by whoever has a service.
readme()
{
	readme_blocks 'sh service' "$src/README.md" >"$tmp/commands"
	cat "$tmp/commands"
	inside bash -e <"$tmp/commands" >"$tmp/said" 2>&1 || { cat "$tmp/said"; return 1; }
	cat "$tmp/said"
	grep 'nginx.service: on newinet; runs so now' "$tmp/said"
}

# Never silently on the kernel's TCP.
missing()
{
	wait_for 30 rmmod newinet
	check "no module: the service fails" says 1 '' inside systemctl start check@6
	check "and its journal says why" \
		says 0 'module is not loaded' inside journalctl -u check@6
	check "no module: no other is switched on" says 1 'module is not loaded' \
		inside newinet-service redis-server
	check "unless it may fall back" inside newinet-service --fallback check@
	inside systemctl reset-failed
	check "no module, --fallback: the kernel's TCP" inside systemctl start check@6
	inside systemctl stop check@6
	insmod "$NEWINET_KO"
	check "with the module again" inside systemctl start "check@$number"
}

# systemd is killed, and with it all that it looks after; it takes nothing back.
killed()
{
	kill -9 "$init"
	wait "$container" 2>/dev/null || :
	init=''
	check "systemd was killed: what it registered is there" test -e /sys/fs/bpf/newinet
	find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || :
	mkdir "$group"
	check "who comes next" /usr/local/lib/newinet/newinet-cgroup register "$group"
	check "has removed it" test "$(find /sys/fs/bpf/newinet -type f | wc -l)" = 1
	check "and goes" /usr/local/lib/newinet/newinet-cgroup unregister "$group"
	check "nothing is left" test ! -e /sys/fs/bpf/newinet
	check "--all is of --off alone" says 125 '--off' newinet-service --all nginx
	newinet-service --off --all
	check "no drop-in is left" eval '! find /etc/systemd -name "*newinet*" | grep .'
}

install_it
lean
make_units
check "systemd starts" start_systemd
switch_on
services
switch_off
check "the README's commands" readme
inside systemctl stop nginx
missing
killed
finish
