# SPDX-License-Identifier: GPL-2.0
"""What the tests of real programs share (system tests in Python that say `root: programs`).

A scenario is a function of a Stage: it starts servers, runs clients and raises when what
arrives is not what was sent. main() plays each of them in a network namespace of its own,
first with the kernel's TCP on both sides, as the proof that its steps are right, then
under newinet-run (or newinet-run --cgroup); and tells from /proc/net whose the sockets were all the while.

    def fetch(on):
        '''a page is fetched'''
        on.serve('nginx', '-c', on.write('nginx.conf', CONFIG))
        on.wait_port(80)
        assert on.run('curl', on.url(80)) == 'hello'

    programs.main(fetch)

The test's own sockets (on.connect()) are those of the client's side.
"""
import ctypes
import functools
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

SOURCE = os.environ['NEWINET_SRC']
RUN = '/usr/local/bin/newinet-run'
WAIT = 120              # seconds for what must come; an emulated machine is slow
KERNEL = ('kernel', 'kernel')
NEWINET = ('newinet', 'newinet')
# By the kernel's hook (Linux 6.6 and later): for programs that no library can enter.
CGROUP = ('cgroup', 'cgroup')
# One side alone.
SERVER, CLIENT = ('newinet', 'kernel'), ('kernel', 'newinet')
KERNEL_VERSION = tuple(map(int, os.uname().release.split('.')[:2]))
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def install():
    """newinet-run as it is installed, of what the runner has built, where every user
    can read it."""
    parts = f'{os.environ["NEWINET_BIN"]}/run'
    os.makedirs('/usr/local/lib/newinet', exist_ok=True)
    for name in ('libnewinet-preload.so', 'newinet-exec', 'newinet-cgroup'):
        if os.path.exists(f'{parts}/{name}'):
            shutil.copy(f'{parts}/{name}', '/usr/local/lib/newinet/')
    shutil.copy(f'{SOURCE}/scripts/run/newinet-run', RUN)


@functools.lru_cache(None)
def environment(stack):
    """What newinet-run makes of our environment: it costs two programs each time."""
    if stack != 'newinet':
        return dict(os.environ)
    said = subprocess.run([RUN, 'env', '-0'], check=True, stdout=subprocess.PIPE).stdout
    return dict(part.split('=', 1) for part in said.decode().split('\0') if part)


def setns(name):
    """Moves this thread; the threads and processes that it starts are there too."""
    fd = os.open(f'/run/netns/{name}', os.O_RDONLY)
    try:
        if libc.setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), 'setns')
    finally:
        os.close(fd)


def wait_for(what, seconds=WAIT, every=0.1):
    """Until it returns something true, which is returned."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f'{what} for {seconds} s')
        time.sleep(every)


def sha256(path_or_bytes):
    data = path_or_bytes
    if isinstance(data, str):
        with open(data, 'rb') as file:
            return hashlib.file_digest(file, 'sha256').hexdigest()
    return hashlib.sha256(data).hexdigest()


class Witness(threading.Thread):
    """Sees, all the while, whose sockets the namespace has that it is made in: those of
    the kernel's TCP by their lines in /proc/net/tcp and tcp6, where a closed one stays for
    a minute, those of newinet by their number in /proc/net/protocols."""

    def __init__(self):
        super().__init__(daemon=True)
        self.kernel, self.newinet = set(), 0
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.2):
            self.look()
        self.look()

    def look(self):
        try:
            for name in ('tcp', 'tcp6'):
                with open(f'/proc/thread-self/net/{name}', encoding='ascii') as file:
                    for line in file.readlines()[1:]:
                        ends = line.split()[1:3]
                        self.kernel.add(' '.join(f'{end[:-5]}:{int(end[-4:], 16)}'
                                                 for end in ends))
            with open('/proc/thread-self/net/protocols', encoding='ascii') as file:
                for line in file:
                    if line.startswith('NEWTCP '):
                        self.newinet = max(self.newinet, int(line.split()[2]))
        except (OSError, ValueError):
            pass

    def verdict(self, stack, where):
        """What is wrong with it, or nothing."""
        self.over.set()
        self.join()
        if stack == 'kernel':
            if self.newinet or not self.kernel:
                return [f'{where}: {self.newinet} of newinet, {len(self.kernel)} of the kernel']
        # A short client may pass unseen; the server's kernel has seen whom it talked to.
        elif self.kernel or not self.newinet and where == 'server':
            return [f'{where}: {self.newinet} of newinet; of the kernel: '
                    f'{sorted(self.kernel)[:5]}']
        return []


class Stage:
    """One play of one scenario: namespaces, a folder, and who runs there."""

    def __init__(self, server, client):
        self.stacks = {'server': server, 'client': client}
        self.dir = tempfile.mkdtemp(prefix='newinet-programs.')
        os.chmod(self.dir, 0o755)
        self.processes, self.logs, self.count = [], 0, 0
        self.spaces = ['programs-c']
        self.addr = '127.0.0.1'
        subprocess.run('ip netns add programs-c; ip -n programs-c link set lo up',
                       shell=True, check=True)
        if server != client:
            # Each side in a namespace of its own, so that it is told apart.
            self.addr = '10.77.0.2'
            self.spaces.append('programs-s')
            subprocess.run('''ip netns add programs-s; ip -n programs-s link set lo up
                ip -n programs-c link add veth0 type veth peer name veth0 netns programs-s
                ip -n programs-c addr add 10.77.0.1/24 dev veth0
                ip -n programs-s addr add 10.77.0.2/24 dev veth0
                ip -n programs-c link set veth0 up; ip -n programs-s link set veth0 up''',
                           shell=True, check=True)
        for name in self.spaces:
            setns(name)
            # What is left to a peer that was killed ends soon.
            for key, value in (('tcp_orphan_retries', '3'),):
                with open(f'/proc/sys/net/ipv4/{key}', 'w', encoding='ascii') as file:
                    file.write(value)
        self.witnesses = []
        for side, name in zip(('server', 'client'), reversed(self.spaces)):
            setns(name)
            self.witnesses.append((side, Witness()))
        setns('programs-c')

    # --- programs
    def _start(self, side, args, user=None, env=None, **more):
        self.logs += 1
        stem = os.path.basename(args[0])
        with open(f'{self.dir}/{self.logs}-{stem}.log', 'w', encoding='utf-8') as log:
            if user:
                args = ['setpriv', '--reuid', user, '--regid', user, '--clear-groups',
                        *args]
            more.setdefault('stdout', log)
            if self.stacks[side] == 'cgroup':
                args = [RUN, '--cgroup', *args]
            process = subprocess.Popen(
                args, stdin=more.pop('stdin', subprocess.DEVNULL), stderr=log, cwd=self.dir,
                env={**environment(self.stacks[side]), **(env or {})},
                start_new_session=True, **more)
        process.log = log.name
        self.processes.append(process)
        return process

    def serve(self, *args, **more):
        """Starts a program on the server's side: user=, env=, and Popen's."""
        if len(self.spaces) > 1:
            setns('programs-s')
        try:
            return self._start('server', list(args), **more)
        finally:
            setns('programs-c')

    def start(self, *args, **more):
        """Starts one on the client's side."""
        return self._start('client', list(args), **more)

    def run(self, *args, timeout=WAIT, status=0, side='client', data=None, raw=False, **more):
        """Runs one to its end and returns what it printed; its status must be that."""
        stdin = subprocess.PIPE if data is not None else subprocess.DEVNULL
        start = self.start if side == 'client' else self.serve
        process = start(*args, stdin=stdin, stdout=subprocess.PIPE, **more)
        out, _ = process.communicate(data, timeout=timeout)
        if status is not None and process.returncode != status:
            raise AssertionError(f'{" ".join(args)}: status {process.returncode}\n'
                                 f'{out.decode(errors="replace")[-2000:]}{self.said(process)}')
        return out if raw else out.decode(errors='replace')

    @staticmethod
    def said(process):
        """What it has said so far, but for what its caller reads itself."""
        with open(process.log, encoding='utf-8', errors='replace') as file:
            return file.read()

    def stop(self, process, how=signal.SIGTERM, status=(0, -signal.SIGTERM)):
        """Tells it to end, and waits until it has."""
        process.send_signal(how)
        process.wait(WAIT)
        if status is not None and process.returncode not in status:
            raise AssertionError(f'{process.args}: status {process.returncode}\n'
                                 f'{self.said(process)[-2000:]}')

    # --- addresses and sockets
    def url(self, port, path='', scheme='http'):
        return f'{scheme}://{self.addr}:{port}/{path}'

    def socket(self):
        number = 0
        if self.stacks['client'] != 'kernel':
            with open('/sys/module/newinet/parameters/protocol', encoding='ascii') as file:
                number = int(file.read())
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM, number)

    def connect(self, port, timeout=WAIT):
        sock = self.socket()
        sock.settimeout(timeout)
        try:
            sock.connect((self.addr, port))
        except BaseException:
            sock.close()
            raise
        return sock

    def wait_port(self, *ports):
        """Until somebody listens there."""
        def open_now(port):
            try:
                self.connect(port).close()
            except OSError:
                return False
            return True
        for port in ports:
            wait_for(functools.partial(open_now, port))

    # --- files
    def path(self, name):
        return f'{self.dir}/{name}'

    def write(self, name, text, mode=0o644):
        """A file in the folder; its path. {dir} and {addr} stand for what they are."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(text, str):
            text = text.replace('{dir}', self.dir).replace('{addr}', self.addr).encode()
        with open(path, 'wb') as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def noise(self, name, size):
        """A file of that many bytes that nobody can guess."""
        return self.write(name, os.urandom(size))

    def folder(self, name, user=None):
        path = self.path(name)
        os.makedirs(path, exist_ok=True)
        if user:
            shutil.chown(path, user, user)
        return path

    # --- the end
    def whose(self):
        """Raises if a socket was not of the stack that it should be of."""
        wrong = []
        for side, witness in self.witnesses:
            wrong += witness.verdict(self.stacks[side], side)
        if wrong:
            raise AssertionError('; '.join(wrong))

    def show(self):
        """The logs, for a play that failed."""
        for name in sorted(os.listdir(self.dir)):
            if name.endswith('.log'):
                with open(self.path(name), encoding='utf-8', errors='replace') as file:
                    text = file.read()[-3000:]
                if text:
                    print(f'# --- {name}\n' + '\n'.join(
                        f'# {line}' for line in text.splitlines()))

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        setns_host()
        for name in self.spaces:
            found = subprocess.run(['ip', 'netns', 'pids', name], check=False,
                                   stdout=subprocess.PIPE, text=True).stdout.split()
            for pid in found:
                if int(pid) != os.getpid():
                    try:
                        os.kill(int(pid), signal.SIGKILL)
                    except ProcessLookupError:
                        pass
        for process in self.processes:
            process.wait()
        for name in self.spaces:
            subprocess.run(['ip', 'netns', 'del', name], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)


HOST = os.open('/proc/self/ns/net', os.O_RDONLY)


def setns_host():
    libc.setns(HOST, CLONE_NEWNET)


def certificate(on):
    """cert.pem and key.pem in the folder, for the server's address."""
    on.run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
           'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650', '-subj', '/CN=newinet',
           '-addext', f'subjectAltName=IP:{on.addr}', '-keyout', on.path('key.pem'),
           '-out', on.path('cert.pem'))


class Load:
    """Asks for something over and over from a few threads while something else happens;
    a call that raises is a failure."""

    def __init__(self, call, threads=3):
        self.call, self.done, self.failures = call, 0, []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True)
                        for _ in range(threads)]

    def run(self):
        while not self.over.is_set():
            try:
                self.call()
                self.done += 1
            except Exception as error:  # pylint: disable=broad-except
                self.failures.append(repr(error))

    def wait_more(self, count):
        """Until so many more calls have been made: whatever was told has been seen."""
        goal = self.done + count
        wait_for(lambda: self.done >= goal or self.failures)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(WAIT)
        if kind is None and (self.failures or not self.done):
            raise AssertionError(f'{self.done} calls, {len(self.failures)} failed: '
                                 f'{self.failures[:3]}')


def play(number, scenario, server, client):
    """One scenario on one pair of stacks; whether it went well."""
    who = server if server == client else f'{server} server, {client} client'
    name = f'{who}: {scenario.__doc__.strip().splitlines()[0]}'
    begin = time.monotonic()
    stage = Stage(server, client)
    try:
        scenario(stage)
        stage.whose()
        good = True
    except Exception:  # pylint: disable=broad-except
        good = False
        for line in traceback.format_exc().splitlines():
            print(f'# {line}')
        stage.show()
    finally:
        stage.close()
    print(f'{"" if good else "not "}ok {number} - {name} ({time.monotonic() - begin:.0f} s)',
          flush=True)
    return good


def plan(*pairs):
    """Marks a scenario: which pairs of stacks play it after the kernel's with itself."""
    def mark(scenario):
        scenario.pairs = pairs
        return scenario
    return mark


def main(*scenarios):
    install()
    wanted = sys.argv[1:]
    count, failed = 0, 0
    for scenario in scenarios:
        if wanted and scenario.__name__ not in wanted:
            continue
        pairs = [KERNEL]
        if os.environ.get('FAMILY') != 'inet':
            pairs += getattr(scenario, 'pairs', [NEWINET])
        if KERNEL_VERSION < (6, 6):
            pairs = [each for each in pairs if each != CGROUP]
        for server, client in pairs:
            count += 1
            if not play(count, scenario, server, client):
                failed += 1
                if (server, client) == KERNEL:
                    break       # it may not judge
    print(f'1..{count}')
    sys.exit(1 if failed or not count else 0)
