# SPDX-License-Identifier: GPL-2.0
"""The system suite, as root in a virtual machine, on each kernel that a test names. A test is
- an executable scripts/test/system/*.sh or *.py,
- a program scripts/test/prog/*.c that says for which families it is run:
    families: each              AF_INET, whose TCP is the oracle, then AF_NEWINET
    families: each mixed        and then one end of each (lib/family-run)
- the files scripts/test/wire/cases_*.py and *.pkt that say one name of a test:
    test: NAME                  (wire/run.py, wire/HOWTO)

The first lines of a test may say, in comments:
    kernels: 6.12 stock debug   which kernels; stock: all but debug (all)
    clock: virtual|real         virtual time, on one CPU, or real time (real)
    cpus: 1|2                   in real time; on the debug kernel always two (2)
    net: user[,OPTION...]       eth0 with a way out; options of QEMU's -netdev user
    timeout: N                  wall-clock seconds (120; three times that on debug and
                                on other architectures)
    needs: PACKAGE...           Debian packages
    root: NAME                  runs in that root of scripts/vm/roots (this machine's own)
    boot: WORDS                 more for the kernel's command line
    modules: NAME...            are loaded first, where the kernel has them apart
    module: none                the test loads the module itself, or does not want it
    full: yes                   takes long: only with --full, or when named
    full: 6.1                   ... on these kernels: or when they are named
It finds FUZZ_SEED (that of the host, or one for this run), NEWINET_SRC, NEWINET_BIN (programs
made of scripts/test/prog), NEWINET_KO, NEWINET_LIB, NEWINET_KERNEL and NEWINET_CLOCK in its
environment; and NEWINET_ORACLE=no on the debug kernel of a usual run: there AF_NEWINET alone
runs what the stock kernel of the same version runs with AF_INET first.

One boot runs many tests (guest-run); a test that takes the machine down, or makes the
kernel complain, has failed, and the rest go on in a new one.
"""
import fnmatch
import glob
import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time

import common
import results

DIRECTIVE = re.compile(
    r'^[#\s*/]*(kernels|clock|cpus|net|timeout|needs|root|boot|module|modules|full|families|test):'
    r'\s*(.*?)\s*$')
VALUES = {'kernels': [*common.KERNELS, 'stock'], 'full': [*common.KERNELS, 'yes'],
          'clock': ['virtual', 'real'], 'cpus': ['1', '2'], 'module': ['none']}
# What is known to run on other architectures: on each, and on some.
ON_FOREIGN = ['api_*', 'wire_*', 'net_transfer']
ON_ARCH = {'arm64': ['life_module', 'life_netns', 'net_device', 'net_loss']}
# Of the kernel's complaints, what no broken processor explains.
OWN_FAULTS = [r'KASAN:', r'UBSAN:', r'WARNING:', r'refcount_t:', r'\bBUG [^ ]+ \(',
              r'list_(add|del) corruption']
machines = set()        # those that run, for whoever has to stop them
# About how long one machine should be in use: long where it takes long to boot and to
# look for leaks, else short, so that none is left over at the end.
BATCH_SECONDS = {**dict.fromkeys(common.STOCK, 120), 'debug': 480,
                 **dict.fromkeys(common.FOREIGN, 240)}
FUZZ_SEED = os.environ.get('FUZZ_SEED') or str(random.SystemRandom().randrange(1 << 40))
BOOT_SECONDS = 300      # until its first test starts, with another one beside it


def directives(path):
    """What the first lines of a test say of it."""
    found = (DIRECTIVE.match(line) for line in common.read(path).splitlines()[:30])
    said = {match[1]: match[2] for match in found if match}
    for name, allowed in VALUES.items():
        for word in said.get(name, '').split():
            assert word in allowed, f'{path}: {name}: {word}'
    return said


class Test:
    """One test: its command, and what it says of itself."""

    def __init__(self, name, said, *command):
        self.name, self.command = name, command
        self.kernels = said.get('kernels', 'stock debug').split()
        if 'stock' in self.kernels:
            self.kernels += common.STOCK
        if 'kernels' not in said:
            self.kernels += [kernel for kernel in common.FOREIGN if matches(
                self.name, ON_FOREIGN + ON_ARCH.get(common.arch(kernel), []))]
        self.clock = said.get('clock', 'real')
        self.cpus = said.get('cpus', '2')
        self.net = said.get('net', '')
        self.timeout = int(said.get('timeout', '120'))
        self.needs = said.get('needs', '').split()
        self.root = said.get('root', '')
        self.boot = said.get('boot', '')
        self.module = said.get('module', '')
        self.modules = said.get('modules', '').split()
        self.full = said.get('full', '').split()
        if self.root:       # of this machine's architecture
            self.kernels = [name for name in self.kernels if name not in common.FOREIGN]

    def machine(self, kernel):
        """The kind of machine that it runs in: clock, number of CPUs, root, kernel's options."""
        if self.clock == 'virtual':
            return 'virtual', '1', self.root, self.boot
        return 'real', self.cpus if kernel != 'debug' else '2', self.root, self.boot

    def limit(self, kernel):
        return self.timeout * (3 if kernel == 'debug' or kernel in common.FOREIGN else 1)


def matches(name, patterns):
    return any(fnmatch.fnmatch(name, each) for each in patterns)


def stem(path):
    return os.path.basename(path).rsplit('.', 1)[0]


def every():
    """All tests that there are, by name."""
    found = []
    for path in glob.glob(f'{common.TEST}/system/*.*'):
        said = directives(path)
        if os.access(path, os.X_OK):
            found.append(Test(stem(path), said, path))
        else:
            assert not said, f'{path} is not executable'
    for path in glob.glob(f'{common.TEST}/prog/*.c'):
        said = directives(path)
        if 'families' in said:
            found.append(Test(stem(path), said, f'{common.TEST}/lib/family-run', stem(path),
                              *said['families'].split()))
    wire = {}
    for path in glob.glob(f'{common.TEST}/wire/cases_*.py') + glob.glob(f'{common.TEST}/wire/*.pkt'):
        said = directives(path)
        wire.setdefault(said['test'], {}).update(said)
    found += [Test(name, said, f'{common.TEST}/wire/run.py', '--test', name)
              for name, said in wire.items()]
    assert len({test.name for test in found}) == len(found), 'two tests of one name'
    return sorted(found, key=lambda test: test.name)


def find(patterns, kernels, full):
    """The tests that these patterns name, or the usual ones, or all, on these kernels, or
    what usually runs on each (scripts/vm/list)."""
    tests = every()
    if not (patterns or kernels or full):
        for test in tests:
            test.kernels = [name for name in test.kernels
                            if matches(test.name, common.USUAL.get(name, ['*']))
                            and name not in test.full]
    return [test for test in tests
            if matches(test.name, patterns) or not patterns and (full or 'yes' not in test.full)]


class Durations:
    """How long each test took last time, in whatever checkout, to spread them well."""

    def __init__(self):
        self.path = f'{os.path.dirname(common.cache())}/durations.json'
        self.values = json.loads(common.read(self.path) or '{}')

    def get(self, kernel, test):
        guess = min(test.timeout / 8, 80) * (2 if kernel == 'debug' else 1)
        return self.values.get(f'{kernel}/{test.name}', guess)

    def set(self, kernel, test, seconds):
        self.values[f'{kernel}/{test.name}'] = round(seconds, 1)

    def save(self):
        with open(self.path, 'w', encoding='utf-8') as file:
            json.dump(self.values, file, indent=1, sort_keys=True)


def impossible(console):
    """What a crash shows that no processor can have done, if anything:
    - EFLAGS: bit 1 is always set; 3, 5, 15 and all from 22 on never are. QEMU's TCG loses
      them, rarely, when it takes an interrupt; nothing the guest executes can.
    - int3 in the kernel proper, where memory has none: a translation that was not thrown
      away when the kernel rewrote a jump (see hold_hooks() in guest-run).
    Where the kernel found another fault as well, that one is the module's."""
    if re.search('|'.join(OWN_FAULTS), console):
        return None
    for flags in re.findall(r'EFLAGS: ([0-9a-f]{8})', console):
        if int(flags, 16) & 0xffc0802a != 2:
            return f'EFLAGS {flags} do not exist'
    crash = re.search(r'\bint3: .*\n(?:.*\n)*?.*RIP: 0010:(\S+)\s*\n.*'
                      r'Code: [0-9a-f ]*([0-9a-f]{2}) <', console)
    if crash and crash[2] != 'cc':
        return f'int3 at {crash[1]}, where {crash[2]} stands'
    return None


class Batch:
    """Some tests for one kernel and one kind of machine: as many boots as it takes."""

    def __init__(self, suite, kernel, machine, tests):
        self.suite, self.kernel, self.tests = suite, kernel, tests
        self.clock, self.cpus, self.root, self.words = machine
        self.broken = 0
        self.seconds = sum(suite.durations.get(kernel, test) for test in tests)

    def label(self, test):
        return f'system/{self.kernel}/{test.name}'

    def run(self):
        pending = list(self.tests)
        barren = 0
        while pending:
            with tempfile.TemporaryDirectory(prefix='newinet-test.') as out:
                left = self.boot(out, pending)
            barren = barren + 1 if left == pending else 0
            pending = left
            if barren == 2:
                for test in pending:
                    self.suite.results.add(self.label(test), 0, (0, 1, 0, ['no boot']))
                return

    def boot(self, out, tests):
        """One machine; the tests that are still to be run when it has ended."""
        job = {'kernel': self.kernel, 'clock': self.clock, 'src': common.TOP,
               'ko': self.suite.modules[self.kernel],
               'bin': common.programs_of(common.arch(self.kernel)),
               'splats': common.splats(),
               'tests': [{'number': i, 'name': test.name, 'command': test.command,
                          'module': test.module, 'modules': test.modules,
                          'limit': test.limit(self.kernel) if self.clock == 'real'
                          else 10 ** 7}
                         for i, test in enumerate(tests)]}
        with open(f'{out}/tests.json', 'w', encoding='utf-8') as file:
            json.dump(job, file)
        # Without the build's and git's part: the checkout, for the guest's memory.
        subprocess.run(['tar', '-C', common.TOP, '--exclude=./.git', '--exclude=*.o',
                        '--exclude=*.ko', '-cf', f'{out}/src.tar', '.'], check=True)
        args = [f'{common.VM}/vm', '--kernel', self.kernel, '--out', out,
                '--timeout', '20000']
        args += ['--root', self.suite.roots[self.root]] if self.root else []
        args += ['--append', self.words] if self.words else []
        args += ['--icount'] if self.clock == 'virtual' else ['--smp', self.cpus]
        # 'user', and what the tests want besides.
        net = dict.fromkeys(part for test in tests for part in test.net.split(',') if part)
        args += ['--net', ','.join(net)] if net else []
        if self.kernel == 'debug' and not self.suite.thorough:
            args += ['--env', 'NEWINET_ORACLE=no']
        args += ['--env', f'FUZZ_SEED={FUZZ_SEED}', '--', f'{common.TEST}/lib/guest-run']
        with open(f'{out}/vm.log', 'w', encoding='utf-8') as log:
            machine = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=subprocess.STDOUT, cwd=common.TOP)
            machines.add(machine)
            done, late = self.watch(machine, out, tests)
            status = machine.wait()
            machines.discard(machine)
        running = self.unfinished(out)
        left = [test for i, test in enumerate(tests) if i not in done and i != running]
        broken = impossible(common.read(f'{out}/console.log'))
        if broken and self.broken < 2:
            self.broken += 1
            print(f'{self.kernel}: the emulated processor broke ({broken}); '
                  'what it ran last is run again', flush=True)
            left += [tests[running]] if running is not None else []
        elif running is not None:
            why = 'time was up' if late else 'the machine went down'
            self.report(out, running, tests[running], 1, self.limit_of(tests[running])
                        if late else 0, f'not ok - {why}\n', machine_log=True)
        elif status and all(end['fit'] for end in done.values()):
            text = common.read(f'{out}/vm.log')
            names = ', '.join(tests[i].name for i in sorted(done)) or 'no test had run'
            if done or late:
                self.suite.results.add(
                    f'system/{self.kernel}/machine', 0,
                    (0, 1, 0, [f'status {status} after: {names}']), text)
            else:
                print(text, flush=True)
        return left

    def limit_of(self, test):
        return test.limit(self.kernel)

    def watch(self, machine, out, tests):
        """Reports tests as they end. A machine whose test does not is killed, soon in
        virtual time, where the guest cannot know, later in real time, where it does."""
        done, since, offset = {}, time.monotonic(), 0
        current = None
        while True:
            ended = machine.poll() is not None
            text = common.read(f'{out}/events')
            lines = text[offset:].split('\n')
            offset = len(text) - len(lines[-1])
            for line in lines[:-1]:
                event = json.loads(line)
                test = tests[event['number']]
                now = time.monotonic()
                if event['what'] == 'start':
                    current = test
                else:
                    # Not fit: the machine has more to say than the test knows.
                    self.report(out, event['number'], test,
                                event['status'] or int(not event['fit']), now - since)
                    done[event['number']] = event
                    current = None
                since = now
            if ended:
                return done, False
            if current:
                limit = self.limit_of(current) + (120 if self.clock == 'real' else 0)
            else:
                limit = BOOT_SECONDS
            if time.monotonic() - since > limit:
                machine.send_signal(signal.SIGTERM)
                machine.wait()
                return done, True
            time.sleep(0.3)

    @staticmethod
    def unfinished(out):
        running = None
        for line in common.read(f'{out}/events').splitlines():
            event = json.loads(line)
            running = event['number'] if event['what'] == 'start' else None
        return running

    def report(self, out, number, test, status, seconds, more='', machine_log=False):
        text = common.read(f'{out}/{number}.log') + more
        counts = results.parse_tap(text, status)
        if counts[1]:
            kernel_log = common.read(f'{out}/vm.log') if machine_log else \
                common.read(f'{out}/{number}.kmsg')
            text += f'--- kernel\n{kernel_log}'
            self.suite.keep(out, self.label(test), number)
        self.suite.results.add(self.label(test), seconds, counts, text)
        if not counts[1]:
            self.suite.durations.set(self.kernel, test, seconds)


class System:
    """modules: kernel -> newinet.ko; roots: name -> where it is; thorough: not the usual
    run."""

    def __init__(self, total, modules, roots, logs, thorough):
        self.results, self.modules, self.logs = total, modules, logs
        self.roots, self.thorough = roots, thorough
        self.durations = Durations()

    def keep(self, out, label, number):
        """The logs of a failed test stay until the next run."""
        where = os.path.join(self.logs, label.replace('/', '-'))
        os.makedirs(where, exist_ok=True)
        for name in ('console.log', 'vm.log', f'{number}.log', f'{number}.kmsg'):
            if os.path.exists(f'{out}/{name}'):
                shutil.copy(f'{out}/{name}', where)

    def batches(self, tests, kernels):
        """Longest first, each about as long as a boot is worth."""
        if any(test.name.startswith('fuzz_') for test in tests):
            print(f'FUZZ_SEED={FUZZ_SEED} gives the fuzzers of this run again', flush=True)
        found = []
        for kernel in kernels:
            for machine in sorted({test.machine(kernel) for test in tests}):
                group = [test for test in tests
                         if kernel in test.kernels and test.machine(kernel) == machine]
                group.sort(key=lambda test, kernel=kernel:
                           -self.durations.get(kernel, test))
                total = sum(self.durations.get(kernel, test) for test in group)
                count = max(1, round(total / BATCH_SECONDS[kernel]))
                shares = [[] for _ in range(count)]
                for test in group:
                    min(shares, key=lambda share, kernel=kernel: sum(
                        self.durations.get(kernel, each) for each in share)).append(test)
                found += [Batch(self, kernel, machine, share) for share in shares if share]
        return sorted(found, key=lambda batch: -batch.seconds)
