#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Databases: redis and PostgreSQL under load, each with a replica that must end with the
same data, also after its connection was cut; memcached.
root: programs
kernels: stock
full: 6.1
timeout: 900
"""
import glob
import os
import shutil
import signal
import sys
import threading

sys.path.insert(0, os.environ['NEWINET_LIB'])
# pylint: disable=wrong-import-position
import programs  # noqa: E402


def redis_server(on, port, *more):
    return on.serve('redis-server', '--bind', on.addr, '--port', str(port), '--dir',
                    on.folder(f'redis{port}'), '--save', '', '--protected-mode', 'no',
                    '--enable-debug-command', 'yes', '--repl-diskless-sync-delay', '0',
                    *more)


@programs.plan(programs.NEWINET, programs.SERVER)
def redis(on):
    """redis and its replica have the same data, also after the connection was cut"""
    def cli(port, *args):
        return on.run('redis-cli', '-h', on.addr, '-p', str(port), *args).strip()

    def load():
        said = on.run('redis-benchmark', '-h', on.addr, '-p', '6379', '-q', '-n', '1500',
                      '-c', '12', '-P', '3', '-d', '900', '-r', '400', '-t', 'set,lpush,hset')
        assert 'rror' not in said, said

    def equal():
        digests = [cli(port, 'DEBUG', 'DIGEST') for port in (6379, 6380)]
        return digests[0] == digests[1] and digests[0].strip('0')

    def field(section, name):
        for line in cli(6379, 'INFO', section).splitlines():
            if line.startswith(f'{name}:'):
                return line.split(':', 1)[1].strip()
        return ''
    main = redis_server(on, 6379)
    on.wait_port(6379)
    load()
    big = os.urandom(1 << 21)
    on.run('redis-cli', '-h', on.addr, '-p', '6379', '-x', 'SET', 'big', data=big)
    replica = redis_server(on, 6380, '--replicaof', on.addr, '6379')
    on.wait_port(6380)
    load()
    programs.wait_for(lambda: 'state=online' in field('replication', 'slave0'))
    assert cli(6379, 'WAIT', '1', '60000') == '1'
    programs.wait_for(equal)
    full, part = (int(field('stats', name)) for name in ('sync_full', 'sync_partial_ok'))
    cli(6379, 'CLIENT', 'KILL', 'TYPE', 'replica')
    load()
    programs.wait_for(lambda: int(field('stats', 'sync_partial_ok')) > part)
    assert int(field('stats', 'sync_full')) == full
    assert cli(6379, 'WAIT', '1', '60000') == '1'
    programs.wait_for(equal)
    said = on.run('redis-cli', '-h', on.addr, '-p', '6380', 'GET', 'big', raw=True)
    assert said == big + b'\n', len(said)
    on.stop(replica)
    on.stop(main)


@programs.plan(programs.NEWINET, programs.CGROUP)
def memcached(on):
    """memcached gives back what it was given, from many connections"""
    server = on.serve('memcached', '-u', 'root', '-l', on.addr, '-p', '11211', '-m', '64',
                      '-t', '2')
    on.wait_port(11211)
    wrong = []

    def client(number):
        values = {f'k{number}-{i}': os.urandom(size)
                  for i, size in enumerate((1, 100, 1400, 9000, 65536, 500000))}
        with on.connect(11211) as sock, sock.makefile('rwb') as file:
            for key, value in values.items():
                file.write(f'set {key} 0 0 {len(value)}\r\n'.encode() + value + b'\r\n')
                file.flush()
                if file.readline() != b'STORED\r\n':
                    wrong.append(f'{key} not stored')
            file.write(f'get {" ".join(values)}\r\n'.encode())
            file.flush()
            for _ in values:
                _, key, _, size = file.readline().decode().split()
                if file.read(int(size) + 2)[:-2] != values[key]:
                    wrong.append(f'{key} is another')
            if file.readline() != b'END\r\n':
                wrong.append('no END')
    threads = [threading.Thread(target=client, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong
    on.stop(server)


class Cluster:
    """A PostgreSQL server on a port; the template is made with the root."""

    bin = sorted(glob.glob('/usr/lib/postgresql/*/bin'))[-1]
    settings = ('fsync=off', 'unix_socket_directories=', 'max_connections=20',
                'shared_buffers=16MB', 'autovacuum=off', 'wal_keep_size=64MB',
                'log_min_messages=warning', 'huge_pages=off',
                'wal_retrieve_retry_interval=200ms')

    def __init__(self, on, port):
        self.on, self.port = on, port
        self.data = on.path(f'data{port}')
        self.server = None

    def start(self):
        said = sum((['-c', each] for each in self.settings), [])
        self.server = self.on.serve(
            f'{self.bin}/postgres', '-D', self.data, '-p', str(self.port), '-c',
            f'listen_addresses={self.on.addr}', *said, user='postgres')
        programs.wait_for(lambda: self.run('pg_isready', status=None).count('accepting'))

    def run(self, program, *args, **more):
        return self.on.run(f'{self.bin}/{program}', '-h', self.on.addr, '-p',
                           str(self.port), '-U', 'postgres', *args, **more)

    def ask(self, query):
        return self.run('psql', '-XqAt', '-c', query, 'postgres').strip()

    def stop(self):
        self.on.stop(self.server, signal.SIGINT, (0,))


# Of every table of pgbench: the rows, in an order that both servers agree on.
SUMS = ';'.join(f"select md5(string_agg(t::text, ',' order by t::text)) from pgbench_{name} t"
                for name in ('accounts', 'branches', 'tellers', 'history'))


@programs.plan(programs.NEWINET, programs.SERVER)
def postgresql(on):
    """PostgreSQL and its streaming standby have the same data after pgbench"""
    main = Cluster(on, 5432)
    shutil.copytree('/srv/postgres/data', main.data)
    os.system(f'chown -R postgres:postgres {main.data}')
    with open(f'{main.data}/pg_hba.conf', 'w', encoding='ascii') as file:
        file.write('host all all 0.0.0.0/0 trust\nhost replication all 0.0.0.0/0 trust\n')
    main.start()
    main.run('pgbench', '-i', '-q', 'postgres')
    standby = Cluster(on, 5433)
    on.folder('data5433', 'postgres')
    os.chmod(standby.data, 0o700)
    main.run('pg_basebackup', '-D', standby.data, '-R', '-X', 'stream', '-c', 'fast',
             side='server', user='postgres')
    standby.start()
    said = main.run('pgbench', '-c', '4', '-j', '2', '-t', '40', '-n', 'postgres')
    assert 'actually processed: 160/160' in said, said
    # Cut, and more meanwhile: the standby catches up.
    main.ask('select pg_terminate_backend(pid) from pg_stat_replication')
    main.run('pgbench', '-c', '2', '-t', '10', '-n', '-S', 'postgres')
    main.run('pgbench', '-c', '2', '-t', '10', '-n', '-C', 'postgres')
    place = main.ask('select pg_current_wal_lsn()')
    programs.wait_for(lambda: standby.ask(
        f"select pg_last_wal_replay_lsn() >= '{place}'") == 't')
    sums = main.ask(SUMS)
    assert len(sums.split()) == 4 and sums == standby.ask(SUMS), sums
    assert main.ask('select count(*) from pgbench_history') == '180'
    # A result of two megabytes.
    assert len(main.ask('select repeat(md5(i::text), 30) from generate_series(1,2000) i')) \
        == 2000 * 961 - 1
    standby.stop()
    main.stop()


programs.main(redis, memcached, postgresql)
