#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# curl and nginx as they are: over veth, each of them over the kernel's TCP and
# under newinet-run, in all four pairings; over lo (not on 6.1), both over the
# same. Fetching, keeping the connection, uploading, and nginx as a client of
# itself.
# kernels: stock
# timeout: 1500
# needs: nginx-light curl iproute2 python3
# shellcheck disable=SC2016,SC2317
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=programs_common.sh
. "$(dirname "${BASH_SOURCE[0]}")/programs_common.sh"

make_files()
{
	mkdir -p "$tmp/www"
	head -c 1048576 /dev/urandom >"$tmp/www/big"
	head -c 262144 /dev/urandom >"$tmp/upload"
	echo hello >"$tmp/www/small"
}

# config ADDRESS PORT
config()
{
	cat >"$tmp/nginx.conf" <<END
daemon off;
worker_processes 2;
user root;
pid $tmp/nginx.pid;
error_log $tmp/error.log;
events { worker_connections 64; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_timeout 30;
	client_body_temp_path $tmp/body;
	proxy_temp_path $tmp/proxy;
	fastcgi_temp_path $tmp/fastcgi;
	uwsgi_temp_path $tmp/uwsgi;
	scgi_temp_path $tmp/scgi;
	server {
		listen $1:$2;
		root $tmp/www;
		client_max_body_size 4m;
		location / { dav_methods PUT; }
		location /proxy/ { proxy_pass http://$1:$2/; }
	}
}
END
}

# fetch PATH OUTPUT [OPTION...], with the caller's $client $client_ns $url
fetch()
{
	over "$client" "$client_ns" curl -4 -sS --fail --noproxy '*' -m 40 \
		"${@:3}" -o "$2" "$url/$1"
}

same()
{
	local one two

	one=$(sha256sum <"$1")
	two=$(sha256sum <"$2")
	echo "$1 $one"
	echo "$2 $two"
	[[ $one == "$two" ]]
}

fetch_same()
{
	rm -f "$tmp/got"
	fetch "$1" "$tmp/got" && same "$tmp/got" "$tmp/www/$2"
}

# Two requests, the second on the connection of the first.
keep_alive()
{
	local connects

	connects=$(fetch small /dev/null -w '%{num_connects} ' \
		-o /dev/null "$url/big")
	echo "new connections per request: $connects"
	[[ $connects == '1 0 ' ]]
}

put()
{
	rm -f "$tmp/www/put"
	fetch put /dev/null -T "$tmp/upload" && same "$tmp/www/put" "$tmp/upload"
}

# Eight at once, on eight connections.
parallel()
{
	local i jobs=()

	for i in 1 2 3 4 5 6 7 8; do
		fetch big "$tmp/par$i" &
		jobs+=($!)
	done
	for i in "${jobs[@]}"; do
		wait "$i" || return 1
	done
	for i in 1 2 3 4 5 6 7 8; do
		same "$tmp/par$i" "$tmp/www/big" || return 1
	done
}

# Nobody listens: curl's status for ECONNREFUSED is 7.
refused()
{
	local status=0

	fetch small /dev/null || status=$?
	echo "curl's status: $status"
	((status == 7))
}

# one WHERE SERVER-STACK SERVER-NS ADDRESS CLIENT-STACK CLIENT-NS PORT
one()
{
	local server=$2 server_ns=$3 addr=$4 client=$5 client_ns=$6 port=$7
	local what="$1, $2 nginx, $5 curl" url="http://$4:$7" pid

	check "$what: a closed port is refused" refused
	config "$addr" "$port"
	: >"$tmp/error.log"
	(trap - EXIT; start "$server" "$server_ns" nginx -c "$tmp/nginx.conf" \
		-e "$tmp/error.log") >"$tmp/nginx.out" 2>&1 &
	pid=$!
	pids+=("$pid")
	if ! wait_for 60 fetch small /dev/null; then
		not_ok "$what: nginx answers"
		sed 's/^/# /' "$tmp/nginx.out" "$tmp/error.log"
		return
	fi
	check "$what: the server's stack" server_stack_is "$server" "$pid"
	check "$what: a small file" fetch_same small small
	check "$what: 1 MiB" fetch_same big big
	check "$what: the connection is kept" keep_alive
	check "$what: 256 KiB uploaded" put
	# Before nginx itself is a client in the same namespace.
	check "$what: the client's stack" \
		client_stack_is "$client" "$client_ns" "$port"
	check "$what: 1 MiB, nginx fetching from itself" fetch_same proxy/big big
	check "$what: eight at once" parallel
	kill -QUIT "$pid"
	check "$what: nginx ends when told" wait "$pid"
	check "$what: the port is closed again" refused
	check "$what: nothing in nginx's error log" \
		bash -c '! grep . "$1"' - "$tmp/error.log"
}

make_namespaces
make_files
port=8080
while read -r server client; do
	[[ ${NEWINET_KERNEL:-} == 6.1 || $server != "$client" ]] ||
		one lo "$server" "$ns_a" 127.0.0.1 "$client" "$ns_a" $((port++))
	one veth "$server" "$ns_b" "$addr_b" "$client" "$ns_a" $((port++))
done < <(pairs)
finish
