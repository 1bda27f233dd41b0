# SPDX-License-Identifier: GPL-2.0
"""The kunit suite: the unit tests, on the debug kernel, and on one of the other byte order
where that is asked for. Loading newinet_kunit.ko runs
them; the results are read from debugfs. Every suite that kunit/*.c names must have run,
and each of its cases is one test. In virtual time, on one CPU: nothing else on the host
makes a time-out of theirs come early."""
import glob
import os
import re
import tempfile
import time

import common

SUITE = re.compile(r'struct kunit_suite\s+\w+\s*=\s*\{[^}]*?\.name\s*=\s*"([^"]+)"', re.S)
CASE = re.compile(r'^ {4}(not ok|ok) \d+ (\S+)(.*)$')
GUEST = r'''
set -e
# The suites inject allocation failures into sleeping allocations, too.
echo N >/sys/kernel/debug/failslab/ignore-gfp-wait
echo 0 >/sys/kernel/debug/failslab/verbose
insmod "$1/newinet.ko"
insmod "$1/newinet_kunit.ko"
cp -r /sys/kernel/debug/kunit /out/kunit
rmmod newinet_kunit
rmmod newinet
'''


def wanted():
    """Suites by name, from the sources."""
    names = []
    for path in sorted(glob.glob(f'{common.TOP}/kunit/*.c')):
        names += SUITE.findall(common.read(path))
    return names


def run(total, directory, kernel='debug'):
    suites = wanted()
    prefix = 'kunit' if kernel == 'debug' else f'kunit/{kernel}'
    if not suites:
        total.add(prefix, 0, (0, 1, 0, ['no suite in kunit/*.c']))
        return
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix='newinet-kunit.') as out:
        status, text, seconds = common.run(
            f'{common.VM}/vm', '--kernel', kernel, '--icount', '--out', out,
            '--timeout', '900', '--',
            'bash', '-c', GUEST, 'kunit', directory)
        for name in suites:
            report(total, f'{prefix}/{name}', name, common.read(f'{out}/kunit/{name}/results'), text)
        if status:
            log = common.read(os.path.join(out, 'console.log'))[-8000:]
            total.add(f'{prefix}/machine', seconds,
                      (0, 1, 0, [f'status {status}']), f'{text}\n--- console\n{log}')
    return time.monotonic() - begin


def report(total, label, name, ktap, said):
    """One suite's KTAP: cases are indented by four blanks, parameters by eight."""
    passed = skipped = 0
    failures = []
    for line in ktap.splitlines():
        match = CASE.match(line)
        if not match:
            continue
        if '# SKIP' in match[3]:
            skipped += 1
        elif match[1] == 'ok':
            passed += 1
        else:
            failures.append(match[2])
    if not passed and not failures:
        failures.append('did not run')
        ktap = ktap or said
    elif not re.search(rf'^(not )?ok \d+ {re.escape(name)}', ktap, re.M):
        failures.append('did not end')
    total.add(label, 0, (passed, len(failures), skipped, failures), ktap)
