#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs the wire cases on a family and prints TAP.

Each case is a process of its own in a network namespace of its own, watched by a timer;
a case that fails, dies or hangs is one "not ok". Needs root and /dev/net/tun.
"""
import argparse
import encodings.ascii     # noqa: F401  loaded here, not in the middle of a case
import importlib
import os
import re
import select
import signal
import stat
import subprocess
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# pylint: disable=wrong-import-position
import env  # noqa: E402
import nsock  # noqa: E402
import play  # noqa: E402
import script  # noqa: E402
from packet import Fail, Skip, ensure  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = {re.sub(r'^cases_|\.(py|pkt)$', '', name): name for name in sorted(os.listdir(HERE))
         if re.match(r'cases_.*\.py$|.*\.pkt$', name)}
HEAD = re.compile(r'^# (test|families|jobs): (\w+)$', re.M)
SKIPPED = 77


def load(groups, verbose):
    for group in groups:
        if FILES[group].endswith('.pkt'):
            for case in script.parse(f'{HERE}/{group}.pkt'):
                add_script(group, case, verbose)
        else:
            importlib.import_module(f'cases_{group}')


def heads(test):
    """The groups whose files' first lines say that they are of this test, and what else
    they say there of how it is run."""
    groups, said = [], {}
    for group, name in FILES.items():
        with open(f'{HERE}/{name}', encoding='utf-8') as file:
            found = dict(HEAD.findall(file.read(2000)))
        if found.get('test') == test:
            groups.append(group)
            said.update(found)
    return groups, said


def add_script(group, case, verbose):
    """A case of a script, registered like one in Python, with what its marks say."""
    def func(e):
        if e.name == 'inet' and case.kernels and env.kernel_name() not in case.kernels:
            raise Skip(f'as AF_INET of {" and ".join(case.kernels)} does it')
        not_yet = case.not_yet and e.name == 'newinet'
        try:
            play.play(e, case)
        except Fail as why:
            first = str(why).splitlines()[0]
            if not_yet:
                raise Skip(f'not yet: {why if verbose else first}') from why
            if not case.fails or case.fails not in first:
                raise
        else:
            ensure(not not_yet, "passes: take its mark '# newinet: not yet' away")
            ensure(not case.fails, f'does not fail, which it must: {case.fails}')
    func.__name__, func.__module__ = case.name, group
    func.script = case
    env.case(group)(func)


def run_case(name, family, args):
    """In the child: run one case, return its exit status; stdout is the report."""
    func, _ = env.CASES[name]
    script_case = getattr(func, 'script', None)
    e = env.Env(family, nsock.family_number(family))
    status = 1
    try:
        e.start()
        if args.record:
            play.record(e, script_case)
            return 0
        func(e)
        status = 0
    except Skip as why:
        print(why)
        status = SKIPPED
    except Fail as why:
        last = traceback.extract_tb(why.__traceback__)
        here = [f for f in last if f.filename.endswith(f'{func.__module__}.py')]
        where = '' if script_case else \
            f' (line {here[-1].lineno if here else "?"} of {func.__module__}.py)'
        print(f'{why}{where}')
    except Exception:       # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
    if status == 1 and not script_case or args.verbose:
        for tun in e.tuns:
            print('\n'.join(tun.trace))
    try:
        e.finish()
    except (Fail, OSError) as why:
        print(f'while ending: {why}')
        status = 1
    return status


def prepare():
    """Have /dev/net/tun, and all code in memory: no case is to wait for a disk."""
    nsock.libc.mlockall(1)
    if os.path.exists('/dev/net/tun'):
        return
    subprocess.run(['modprobe', 'tun'], check=False)
    if not os.path.exists('/dev/net/tun'):
        os.makedirs('/dev/net', exist_ok=True)
        os.mknod('/dev/net/tun', 0o600 | stat.S_IFCHR, os.makedev(10, 200))


class Job:
    """A case under way."""

    def __init__(self, number, family, name, args):
        self.number, self.out, self.late = number, b'', False
        self.plain = args.record
        self.name = f'{family} {name}'
        rd, wr = os.pipe()
        sys.stdout.flush()
        self.begin = time.monotonic()
        self.deadline = self.begin + env.CASES[name][1] * args.patience
        self.pid = os.fork()
        if not self.pid:
            os.close(rd)
            os.dup2(wr, 1)
            os.dup2(wr, 2)
            status = run_case(name, family, args)
            sys.stdout.flush()
            os._exit(status)
        os.close(wr)
        self.fd = rd

    def read(self):
        """More of the report; False at its end."""
        part = os.read(self.fd, 65536)
        self.out += part
        return bool(part)

    def kill(self):
        self.late = True
        os.kill(self.pid, signal.SIGKILL)

    def finish(self, failed):
        """Print the TAP line; a case that failed is added to failed."""
        os.close(self.fd)
        end = time.monotonic() + 5
        pid = status = 0
        while not pid and time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if not pid:
                time.sleep(0.005)
        took = time.monotonic() - self.begin
        text = self.out.decode(errors='replace').strip()
        code = os.waitstatus_to_exitcode(status) if pid else None
        if not pid or self.late:
            text = f'timed out after {took:.1f} s\n{text}'
        elif code and code < 0:
            text = f'killed by signal {-code}\n{text}'
        good = bool(pid) and not self.late and code in (0, SKIPPED)
        if self.plain:
            print(f'{text}\n')
            return
        if code == SKIPPED and good:
            print(f'ok {self.number} - {self.name} # SKIP {text}')
        else:
            print(f'{"ok" if good else "not ok"} {self.number} - {self.name} # {took:.2f} s')
            if text:
                print('  ' + text.replace('\n', '\n  '))
        sys.stdout.flush()
        if not good:
            failed.append(self.name)


def run_all(todo, args):
    """Run (family, case) pairs, args.jobs at a time; the names of those that failed."""
    todo = [(i, *pair) for i, pair in enumerate(todo, 1)]
    jobs, failed = {}, []
    while todo or jobs:
        while todo and len(jobs) < args.jobs:
            job = Job(*todo.pop(0), args)
            jobs[job.fd] = job
        poller = select.poll()
        for fd in jobs:
            poller.register(fd, select.POLLIN)
        wait = max(0, min(j.deadline for j in jobs.values()) - time.monotonic())
        ready = [fd for fd, _ in poller.poll(wait * 1000 + 1)]
        for fd in ready:
            if not jobs[fd].read():
                jobs.pop(fd).finish(failed)
        for fd, job in list(jobs.items()):
            if time.monotonic() >= job.deadline and fd not in ready:
                job.kill()
                jobs.pop(fd).finish(failed)
    return failed


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument('--family', choices=('inet', 'newinet', 'both'),
                    help='both: inet, the oracle, first (inet, or what the test says)')
    ap.add_argument('--test', help='the groups whose files say that they are of this test')
    ap.add_argument('--group', action='append', choices=FILES)
    ap.add_argument('--jobs', type=int, help='cases at a time (1, or what the test says)')
    ap.add_argument('--patience', type=float, default=1.0, help='factor for the watchdogs')
    ap.add_argument('--list', action='store_true')
    ap.add_argument('--record', action='store_true',
                    help='print scripts with what the family sends as their > lines')
    ap.add_argument('-v', '--verbose', action='store_true', help='packets of good cases too')
    ap.add_argument('case', nargs='*', help='group/name, or part of it')
    args = ap.parse_args()
    said = {}
    if args.test:
        args.group, said = heads(args.test)
    usual = 'newinet' if os.environ.get('NEWINET_ORACLE') == 'no' else 'both'
    args.family = args.family or said.get('families', usual if args.test else 'inet')
    args.jobs = args.jobs or int(said.get('jobs', 1))
    load(FILES if args.group is None else args.group, args.verbose)
    # One file may take from another, whose cases come along.
    names = [n for n in env.CASES
             if (args.group is None or n.split('/')[0] in args.group) and
             (not args.case or any(c in n for c in args.case))]
    if args.list:
        print('\n'.join(names))
        return 0
    if not names:
        ap.error('no such case')
    prepare()
    families = ('inet', 'newinet') if args.family == 'both' else (args.family,)
    todo = [(fam, name) for fam in families for name in names]
    if not args.record:
        print(f'TAP version 13\n1..{len(todo)}')
    failed = run_all(todo, args)
    if args.record:
        return 0
    print(f'# {len(todo) - len(failed)} of {len(todo)} good')
    if failed:
        print('# failed: ' + ', '.join(failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
