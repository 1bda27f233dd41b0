#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Who listens for others and hands them a socket: xinetd, systemd-socket-activate, socat;
the programs that get it know nothing of it.
root: programs
kernels: stock
full: 6.1
timeout: 600
"""
import os
import sys

sys.path.insert(0, os.environ['NEWINET_LIB'])
# pylint: disable=wrong-import-position
import programs  # noqa: E402

XINETD = '''
defaults
{
	bind = {addr}
	log_type = FILE {dir}/xinetd.services.log
}
service cat
{
	type = UNLISTED
	port = 7001
	socket_type = stream
	protocol = tcp
	wait = no
	user = root
	server = /bin/cat
}
service whole
{
	type = UNLISTED
	port = 7002
	socket_type = stream
	protocol = tcp
	wait = yes
	user = root
	server = /usr/bin/python3
	server_args = {dir}/accepts.py
}
service forward
{
	type = UNLISTED
	port = 7003
	socket_type = stream
	protocol = tcp
	wait = no
	user = root
	redirect = {addr} 7001
}
service echo
{
	type = INTERNAL
	id = echo-stream
	socket_type = stream
	protocol = tcp
	user = root
	wait = no
}
'''
# With what it is given: a socket that listens, as descriptor 0 or by LISTEN_FDS.
ACCEPTS = '''
import os, socket, sys
fd = 3 if os.environ.get("LISTEN_FDS") == "1" else 0
listener = socket.socket(fileno=fd)
assert listener.family == socket.AF_INET, listener
assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
assert listener.getsockname()[1] > 0
for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
    sock, peer = listener.accept()
    assert sock.getpeername() == peer and peer[0]
    while True:
        data = sock.recv(65536)
        if not data:
            break
        sock.sendall(data)
    sock.close()
'''


def there_and_back(on, port, data):
    """Sends it, ends, and what has come back by the end must be the same."""
    said = on.run('socat', '-t60', '-', f'TCP4:{on.addr}:{port}', data=data, raw=True)
    assert said == data, f'port {port}: {len(said)} bytes of {len(data)}'


@programs.plan(programs.NEWINET, programs.SERVER, programs.CGROUP)
def xinetd(on):
    """xinetd: a socket for each connection, a listening one, forwarding, echo"""
    on.write('accepts.py', ACCEPTS)
    server = on.serve('xinetd', '-dontfork', '-stayalive', '-f',
                      on.write('xinetd.conf', XINETD), '-filelog', on.path('xinetd.log'))
    on.wait_port(7001, 7002, 7003, 7)
    data = os.urandom(300000)
    for port in 7001, 7002, 7002:
        there_and_back(on, port, data)
    # Forwarding ends with either direction.
    for port in 7003, 7:
        with on.connect(port) as sock, sock.makefile('rwb') as file:
            for i in range(0, 40000, 4000):
                file.write(data[i:i + 4000])
                file.flush()
                assert file.read(4000) == data[i:i + 4000], port
    on.stop(server, status=None)


def socket_activate(on):
    """systemd-socket-activate: a listening socket by LISTEN_FDS, and each connection"""
    data = os.urandom(200000)
    whole = on.serve('systemd-socket-activate', '-l', f'{on.addr}:7101', 'python3',
                     on.write('accepts.py', ACCEPTS), '2')
    each = on.serve('systemd-socket-activate', '-l', f'{on.addr}:7102', '--accept',
                    '--inetd', 'cat')
    # The first one waits for a connection to start its program: this one.
    programs.wait_for(lambda: 'Listening' in on.said(whole) and 'Listening' in on.said(each))
    for port in 7101, 7101, 7102, 7102:
        there_and_back(on, port, data)
    assert whole.wait(programs.WAIT) == 0, on.said(whole)
    on.stop(each, status=None)


@programs.plan(programs.NEWINET, programs.SERVER, programs.CLIENT)
def socat(on):
    """socat: a chain of three, half closed from either end"""
    data = os.urandom(1 << 20)
    listen = 'bind={addr},reuseaddr,fork'.format(addr=on.addr)
    servers = [on.serve('socat', f'TCP4-LISTEN:7203,{listen}', 'EXEC:cat'),
               on.serve('socat', '-t60', f'TCP4-LISTEN:7202,{listen}', f'TCP4:{on.addr}:7203'),
               on.serve('socat', '-t60', f'TCP4-LISTEN:7201,{listen},keepalive,nodelay',
                        f'TCP4:{on.addr}:7202,keepidle=10,keepcnt=3,keepintvl=3'),
               on.serve('socat', '-U', f'TCP4-LISTEN:7204,{listen}',
                        f'OPEN:{on.noise("file", 1 << 20)},rdonly')]
    on.wait_port(7203, 7202, 7201, 7204)
    there_and_back(on, 7201, data)
    with open(on.path('file'), 'rb') as file:
        assert on.run('socat', '-u', f'TCP4:{on.addr}:7204', '-', raw=True) == file.read()
    for server in servers:
        on.stop(server, status=None)


programs.main(xinetd, socket_activate, socat)
