#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Web servers and what fetches from them: nginx and haproxy are told new configurations
and replaced by new binaries while requests go on, none of which may fail; TLS, HTTP/2,
reuseport.
root: programs
kernels: 6.1 6.12 7.3
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


def certificate(on):
    on.run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
           'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650', '-subj', '/CN=newinet',
           '-addext', f'subjectAltName=IP:{on.addr}', '-keyout', on.path('key.pem'),
           '-out', on.path('cert.pem'))


def start_nginx(on, *listen):
    """nginx with these listening sockets, and a file of 256 KiB to fetch."""
    if any('ssl' in each for each in listen):
        certificate(on)
    else:
        on.write('cert.pem', ''), on.write('key.pem', '')
    on.noise('www/file', 1 << 18)
    on.write('www/small', 'hello')
    config = NGINX.replace('LISTEN', '; '.join(f'listen {{addr}}:{each}' for each in listen))
    if not any('ssl' in each for each in listen):
        config = '\n'.join(line for line in config.splitlines()
                           if 'ssl_certificate' not in line)
    path = on.write('nginx.conf', config)
    server = on.serve('nginx', '-c', path, '-e', on.path('nginx.log'))
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


programs.main(nginx_reload)
