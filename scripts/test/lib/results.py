# SPDX-License-Identifier: GPL-2.0
"""Results of a test run: what a test printed (TAP, KTAP) turned into counts, one line
for each test as it ends, and the totals. A skipped result counts as neither."""
import re
import sys
import threading

TAP = re.compile(r'^(not ok|ok)\b\s*\d*\s*-?\s*(.*)$')
PLAN = re.compile(r'^1\.\.(\d+)')
SKIP = re.compile(r'#\s*SKIP\b', re.IGNORECASE)


def parse_tap(text, status):
    """(passed, failed, skipped, names of failures) of a test's output and exit status.

    Without a TAP line the exit status alone counts. A non-zero status, a plan that was
    not kept, or nothing at all but skips of a test that failed, is a failure too.
    """
    passed = skipped = 0
    failures = []
    plan = None
    for line in text.splitlines():
        match = TAP.match(line)
        if match:
            if match[1] == 'ok' and SKIP.search(line):
                skipped += 1
            elif match[1] == 'ok':
                passed += 1
            else:
                failures.append(match[2].strip() or '?')
            continue
        match = PLAN.match(line)
        if match:
            # A test may run several programs: their plans add up.
            plan = (plan or 0) + int(match[1])
    seen = passed + skipped + len(failures)
    if not seen and plan is None:
        return (1, 0, 0, []) if status == 0 else (0, 1, 0, [f'exit status {status}'])
    if plan is not None and plan != seen:
        failures.append(f'{plan} results planned, {seen} seen')
    if status != 0 and not failures:
        failures.append(f'exit status {status}')
    return passed, len(failures), skipped, failures


class Results:
    """Thread-safe totals; prints a line for each test and the output of a failed one."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []
        self.lock = threading.Lock()

    def add(self, name, seconds, counts, output=''):
        passed, failed, skipped, which = counts
        with self.lock:
            self.passed += passed
            self.failed += failed
            self.skipped += skipped
            word = 'FAIL' if failed else 'ok  ' if passed else 'skip'
            detail = f'{passed} passed'
            detail += f', {failed} failed' if failed else ''
            detail += f', {skipped} skipped' if skipped else ''
            print(f'{word} {seconds:6.1f}s  {name}  ({detail})', flush=True)
            if failed:
                self.failures += [f'{name}: {each}' for each in which]
                for line in output.rstrip('\n').splitlines():
                    print(f'    | {line}')
                sys.stdout.flush()

    def finish(self):
        """The totals, last line by itself; the exit status."""
        if self.failures:
            print('\nfailed:')
            for each in self.failures:
                print(f'  {each}')
        if self.skipped:
            print(f'{self.skipped} skipped')
        print(f'{self.passed} passed, {self.failed} failed', flush=True)
        return 0 if self.passed and not self.failed else 1
