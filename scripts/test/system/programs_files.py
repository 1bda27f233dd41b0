#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What carries files: OpenSSH with scp and forwarding, rsync's daemon, git's, vsftpd with
data connections of both kinds. What arrives is compared.
root: programs
kernels: stock
full: 6.1
timeout: 900
"""
import filecmp
import os
import socket
import sys

sys.path.insert(0, os.environ['NEWINET_LIB'])
# pylint: disable=wrong-import-position
import programs  # noqa: E402

SSHD = '''
Port 2222
AddressFamily inet
ListenAddress {addr}
HostKey {dir}/host
AuthorizedKeysFile {dir}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
UseDNS no
Subsystem sftp internal-sftp
'''
RSYNCD = '''
use chroot = no
[files]
path = {dir}/served
read only = no
uid = root
gid = root
'''
VSFTPD = '''
listen=YES
listen_address={addr}
listen_port=2121
anonymous_enable=YES
anon_root={dir}/ftp
anon_upload_enable=YES
write_enable=YES
local_enable=NO
connect_from_port_20=YES
secure_chroot_dir={dir}/empty
no_anon_password=YES
'''


def ssh(on):
    """OpenSSH: commands, scp, forwarding in both directions and by SOCKS"""
    for name in 'host', 'user':
        on.run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', on.path(name))
    os.makedirs('/run/sshd', exist_ok=True)
    server = on.serve('/usr/sbin/sshd', '-D', '-e', '-f', on.write('sshd.conf', SSHD))
    echo = on.serve('socat', f'TCP4-LISTEN:7000,bind={on.addr},reuseaddr,fork', 'EXEC:cat')
    on.wait_port(2222, 7000)
    config = on.write('ssh.conf', 'Host there\nHostName {addr}\nPort 2222\nUser root\n'
                      'IdentityFile {dir}/user\nStrictHostKeyChecking no\n'
                      'UserKnownHostsFile /dev/null\nLogLevel ERROR\nAddressFamily inet\n'
                      'ExitOnForwardFailure yes\n')
    data = os.urandom(1 << 20)
    said = on.run('ssh', '-F', config, 'there', 'sha256sum', data=data)
    assert said.split()[0] == programs.sha256(data), said
    on.noise('file', 1 << 21)
    on.run('scp', '-q', '-F', config, on.path('file'), f'there:{on.path("there")}')
    on.run('scp', '-q', '-F', config, f'there:{on.path("there")}', on.path('back'))
    assert filecmp.cmp(on.path('file'), on.path('back'), False)

    forward = on.start('ssh', '-F', config, '-N', '-L', f'{on.addr}:7001:{on.addr}:7000',
                       '-R', f'7002:{on.addr}:7000', '-D', f'{on.addr}:7003', 'there')
    on.wait_port(7001, 7002, 7003)
    for port in 7001, 7002:
        assert there_and_back(on, port, data) == programs.sha256(data), port
    with on.connect(7003) as sock, sock.makefile('rwb') as file:
        for said, wanted in ((b'\5\1\0', b'\5\0'),
                             (b'\5\1\0\1' + socket.inet_aton(on.addr) + b'\x1b\x58',
                              b'\5\0\0\1')):
            file.write(said)
            file.flush()
            assert file.read(len(wanted)) == wanted
        file.read(6)
        file.write(b'hello')
        file.flush()
        assert file.read(5) == b'hello'
    on.stop(forward)
    on.stop(echo, status=None)
    on.stop(server, status=None)


def there_and_back(on, port, data):
    """The sum of what an echo server makes of the data, which half-closes after it."""
    return programs.sha256(on.run(
        'socat', '-t60', '-', f'TCP4:{on.addr}:{port}', data=data, raw=True))


def rsync(on):
    """rsync's daemon takes a tree, its changes, and gives it back"""
    for i in range(20):
        on.noise(f'tree/{i % 4}/{i}', 1000 + i * 9000)
    os.mkdir(on.path('served'))
    server = on.serve('rsync', '--daemon', '--no-detach', '--address', on.addr, '--port',
                      '8730', '--config', on.write('rsyncd.conf', RSYNCD),
                      '--log-file', on.path('rsyncd.log'))
    on.wait_port(8730)
    url = f'rsync://{on.addr}:8730/files/'
    on.run('rsync', '-a', on.path('tree') + '/', url)
    on.noise('tree/2/6', 300000)
    with open(on.path('tree/3/19'), 'r+b') as file:
        file.seek(80000)
        file.write(b'changed')
    os.unlink(on.path('tree/0/0'))
    on.run('rsync', '-a', '--delete', '--checksum', '--no-whole-file',
           on.path('tree') + '/', url)
    on.run('rsync', '-az', url, on.path('back') + '/')
    on.run('diff', '-r', on.path('tree'), on.path('served'))
    on.run('diff', '-r', on.path('tree'), on.path('back'))
    on.stop(server, status=None)


def git(on):
    """git's daemon: clone, push, and what another clone then has"""
    def run(*args, where='work'):
        return on.run('git', '-C', on.path(where), *args).strip()
    on.write('home/.gitconfig', '[user]\nname = x\nemail = x@localhost\n'
             '[init]\ndefaultBranch = main\n[safe]\ndirectory = *\n')
    os.environ['HOME'] = on.path('home')
    programs.environment.cache_clear()
    os.makedirs(on.path('served'))
    run('init', '-q', '--bare', 'one.git', where='served')
    server = on.serve('/usr/lib/git-core/git-daemon', '--reuseaddr', f'--listen={on.addr}',
                      '--port=9418', f'--base-path={on.path("served")}', '--export-all',
                      '--enable=receive-pack')
    on.wait_port(9418)
    url = f'git://{on.addr}/one.git'
    run('clone', '-q', url, 'work', where='.')
    for i in range(15):
        on.noise(f'work/file{i}', 40000)
    run('add', '.')
    run('commit', '-qm', 'one')
    run('push', '-q', 'origin', 'HEAD:main')
    run('clone', '-q', '-b', 'main', url, 'other', where='.')
    assert run('rev-parse', 'HEAD', where='other') == run('rev-parse', 'HEAD')
    run('fsck', '--strict', where='other')
    on.noise('other/file3', 50000)
    run('commit', '-qam', 'two', where='other')
    run('push', '-q', where='other')
    run('pull', '-q', 'origin', 'main')
    assert filecmp.cmp(on.path('work/file3'), on.path('other/file3'), False)
    on.stop(server, status=None)


@programs.plan(programs.NEWINET, programs.CLIENT)
def ftp(on):
    """vsftpd with curl: up and down, data connections from either side"""
    for name in 'ftp/in', 'empty':
        os.makedirs(on.path(name))
    os.chmod(on.path('ftp/in'), 0o777)
    on.noise('ftp/file', 1 << 20)
    on.noise('up', 300000)
    server = on.serve('vsftpd', on.write('vsftpd.conf', VSFTPD))
    on.wait_port(2121)
    for number, how in enumerate((['--ftp-pasv'], ['--ftp-pasv', '--disable-epsv'],
                                  ['--ftp-port', '-'], ['--ftp-port', '-', '--disable-eprt'])):
        curl = ['curl', '-sS', '--noproxy', '*', '-m', '100', *how]
        on.run(*curl, '-o', on.path('got'), on.url(2121, 'file', 'ftp'))
        assert filecmp.cmp(on.path('got'), on.path('ftp/file'), False), how
        on.run(*curl, '-T', on.path('up'), on.url(2121, f'in/{number}', 'ftp'))
        assert filecmp.cmp(on.path('up'), on.path(f'ftp/in/{number}'), False), how
        assert 'file' in on.run(*curl, on.url(2121, '', 'ftp')), how
    on.stop(server, status=None)


programs.main(ssh, rsync, git, ftp)
