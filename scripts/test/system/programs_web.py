#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Web servers and what fetches from them: nginx and haproxy are told new configurations
and replaced by new binaries while requests go on, none of which may fail; TLS, HTTP/2,
reuseport.
root: programs
kernels: stock
full: 6.1
timeout: 900
"""
import os
import signal
import ssl
import sys

sys.path.insert(0, os.environ['NEWINET_LIB'])
# pylint: disable=wrong-import-position
import programs  # noqa: E402

NGINX = '''
daemon off;
worker_processes 2;
user root;
pid {dir}/nginx.pid;
error_log {dir}/nginx.log;
events { worker_connections 128; }
http {
	access_log off;
	sendfile on;
	client_body_temp_path {dir}/body;
	proxy_temp_path {dir}/proxy;
	fastcgi_temp_path {dir}/fastcgi;
	uwsgi_temp_path {dir}/uwsgi;
	scgi_temp_path {dir}/scgi;
	server {
		LISTEN;
		ssl_certificate {dir}/cert.pem;
		ssl_certificate_key {dir}/key.pem;
		root {dir}/www;
		add_header X-Config ONE;
	}
}
'''
HAPROXY = '''
global
	stats socket {dir}/admin mode 600 level admin expose-fd listeners
	pidfile {dir}/haproxy.pid
	nbthread 2
defaults
	mode http
	# Idle connections to the server crash 2.6 as it ends, now and then.
	option http-server-close
	timeout connect 60s
	timeout client 60s
	timeout server 60s
frontend front
	bind {addr}:8000
	http-response set-header X-Config ONE
	default_backend back
backend back
	server nginx {addr}:8080
'''


def start_nginx(on, *listen, daemon='off'):
    """nginx with these listening sockets, and a file of 256 KiB to fetch."""
    if any('ssl' in each for each in listen):
        programs.certificate(on)
    else:
        on.write('cert.pem', ''), on.write('key.pem', '')
    on.noise('www/file', 1 << 18)
    on.write('www/small', 'hello')
    config = NGINX.replace('daemon off', f'daemon {daemon}').replace(
        'LISTEN', '; '.join(f'listen {{addr}}:{each}' for each in listen))
    if not any('ssl' in each for each in listen):
        config = '\n'.join(line for line in config.splitlines()
                           if 'ssl_certificate' not in line)
    path = on.write('nginx.conf', config)
    server = on.serve('/usr/sbin/nginx', '-c', path, '-e', on.path('nginx.log'))
    on.wait_port(*(int(each.split()[0]) for each in listen))
    return server, config


def get(on, port, path='file', context=None):
    """(configuration that answered, body), over a connection of its own."""
    with on.connect(port) as sock:
        if context:
            sock = context.wrap_socket(sock, server_hostname=on.addr)
        sock.sendall(f'GET /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'.encode())
        with sock.makefile('rb') as file:
            said = file.read()
        sock.close()
    head, _, body = said.partition(b'\r\n\r\n')
    lines = head.decode().split('\r\n')
    if lines[0] != 'HTTP/1.1 200 OK':
        raise AssertionError(f'{lines[0]!r}')
    fields = dict(line.lower().split(': ', 1) for line in lines[1:])
    return fields.get('x-config', '').upper(), body


def fetching(on, port, context=None):
    """The load: each answer whole."""
    with open(on.path('www/file'), 'rb') as file:
        wanted = file.read()

    def call():
        _, body = get(on, port, context=context)
        if body != wanted:
            raise AssertionError(f'{len(body)} bytes of {len(wanted)}, or others')
    return programs.Load(call)


def config_is(on, port, number):
    return lambda: get(on, port, 'small')[0] == number


@programs.plan(programs.NEWINET, programs.SERVER)
def nginx_reload(on):
    """nginx is told a new configuration while it serves"""
    server, config = start_nginx(on, '8080')
    with fetching(on, 8080) as load:
        load.wait_more(5)
        for number in 'TWO', 'THREE':
            on.write('nginx.conf', config.replace('ONE', number))
            server.send_signal(signal.SIGHUP)
            programs.wait_for(config_is(on, 8080, number))
            load.wait_more(5)
    on.stop(server, signal.SIGQUIT)


@programs.plan(programs.NEWINET, programs.SERVER, programs.CGROUP)
def nginx_upgrade(on):
    """nginx's binary is replaced by USR2 while it serves"""
    def pid_in(name):
        with open(on.path(name), encoding='ascii') as file:
            return int(file.read())
    # It does so as a daemon alone.
    server, config = start_nginx(on, '8080', daemon='on')
    assert server.wait(programs.WAIT) == 0
    old = pid_in('nginx.pid')
    with fetching(on, 8080) as load:
        load.wait_more(5)
        on.write('nginx.conf', config.replace('ONE', 'TWO'))
        os.kill(old, signal.SIGUSR2)
        programs.wait_for(lambda: os.path.exists(on.path('nginx.pid')) and
                          os.path.exists(on.path('nginx.pid.oldbin')))
        programs.wait_for(config_is(on, 8080, 'TWO'))
        os.kill(old, signal.SIGWINCH)
        load.wait_more(5)
        # Back, and then for good: the old one still has its listening socket.
        os.kill(old, signal.SIGHUP)
        load.wait_more(5)
        os.kill(old, signal.SIGQUIT)
        programs.wait_for(lambda: not os.path.exists(on.path('nginx.pid.oldbin')))
        load.wait_more(5)
    # Those that the old one began again had the old configuration, and may finish.
    programs.wait_for(config_is(on, 8080, 'TWO'))
    assert pid_in('nginx.pid') != old


@programs.plan(programs.NEWINET, programs.CLIENT)
def nginx_tls(on):
    """nginx: TLS and HTTP/2, by curl, wget and Python"""
    start_nginx(on, '8443 ssl http2')
    wanted = programs.sha256(on.path('www/file'))
    urls = [on.url(8443, 'file', 'https')] * 6
    said = on.run('curl', '-sS', '--fail', '--noproxy', '*', '--http2', '--parallel',
                  '--cacert', on.path('cert.pem'), '-w', '%{http_version} %{num_connects}\\n',
                  *sum((['-o', on.path(f'got{i}'), url] for i, url in enumerate(urls)), []))
    assert [line.split()[0] for line in said.splitlines()] == ['2'] * 6, said
    for i in range(6):
        assert programs.sha256(on.path(f'got{i}')) == wanted, i
    on.run('wget', '-q', '--no-proxy', '--ca-certificate', on.path('cert.pem'), '-O',
           on.path('wgot'), urls[0])
    assert programs.sha256(on.path('wgot')) == wanted
    context = ssl.create_default_context(cafile=on.path('cert.pem'))
    with fetching(on, 8443, context) as load:
        load.wait_more(6)


def nginx_reuseport(on):
    """nginx: a listening socket for each worker"""
    server, config = start_nginx(on, '8080 reuseport')
    on.write('nginx.conf', config.replace('ONE', '$pid'))
    server.send_signal(signal.SIGHUP)
    programs.wait_for(lambda: get(on, 8080, 'small')[0] != 'ONE')
    with fetching(on, 8080) as load:
        load.wait_more(10)
    workers = set()

    def both():
        workers.add(get(on, 8080, 'small')[0])
        return len(workers - {'ONE'}) == 2
    programs.wait_for(both, every=0)
    on.stop(server, signal.SIGQUIT)


def wget_mirror(on):
    """wget fetches a tree, and the rest of a file"""
    server, _ = start_nginx(on, '8080')
    names = [f'page{i}' for i in range(12)]
    for name in names:
        on.noise(f'www/{name}', 30000)
    on.write('www/index.html', ''.join(f'<a href="{name}">{name}</a>' for name in names))
    on.run('wget', '-q', '--no-proxy', '-r', '-l', '1', '-nH', '-P', on.path('mirror'),
           on.url(8080))
    for name in names:
        assert programs.sha256(on.path(f'mirror/{name}')) == \
            programs.sha256(on.path(f'www/{name}')), name
    with open(on.path('www/file'), 'rb') as file:
        on.write('file', file.read(100000))
    on.run('wget', '-q', '--no-proxy', '-c', on.url(8080, 'file'))
    assert programs.sha256(on.path('file')) == programs.sha256(on.path('www/file'))
    on.stop(server, signal.SIGQUIT)


@programs.plan(programs.NEWINET, programs.SERVER)
def haproxy_reload(on):
    """haproxy hands its sockets to its successor while it serves"""
    start_nginx(on, '8080')
    config = on.write('haproxy.cfg', HAPROXY)
    old = on.serve('haproxy', '-db', '-f', config)
    on.wait_port(8000)
    with fetching(on, 8000) as load:
        load.wait_more(5)
        for number in 'TWO', 'THREE':
            on.write('haproxy.cfg', HAPROXY.replace('ONE', number))
            new = on.serve('haproxy', '-db', '-f', config, '-x', on.path('admin'),
                           '-sf', str(old.pid))
            programs.wait_for(config_is(on, 8000, number))
            status = old.wait(programs.WAIT)
            assert status == 0, f'status {status}'
            load.wait_more(5)
            assert 'Failed to get' not in on.said(new), on.said(new)
            old = new
    on.stop(old, signal.SIGUSR1)


programs.main(nginx_reload, nginx_upgrade, nginx_tls, nginx_reuseport, wget_mirror,
              haproxy_reload)
