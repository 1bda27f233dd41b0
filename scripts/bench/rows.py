# SPDX-License-Identifier: GPL-2.0
"""The rows of the benchmark: the job that in-vm runs for each, what is read from its
output, and the bounds. A bound is on AF_NEWINET's figure over AF_INET's in the same boot,
except where the row says against what; every figure is the mean over the rounds."""
import collections
import fnmatch

# kind: 'pair' (ratio of AF_NEWINET to AF_INET), 'self' (the figure is a ratio already,
# AF_NEWINET's is judged), 'kernel' (AF_INET's figure over that without the module).
# better: 'less' or 'more'. first, goal: bounds, None where there is none. unix: the bound
# on AF_NEWINET's figure over AF_UNIX's.
Row = collections.namedtuple(
    'Row', 'key title unit job column kind better first goal unix')


def row(key, title, unit, job, column, bounds=(None, None), kind='pair', better='less',
        unix=None):
    """A row, with what most have."""
    return Row(key, title, unit, job, column, kind, better, *bounds, unix)


# Of goodput with loss, by the round trip: long enough for many losses.
SECONDS = {20: 40, 100: 120}


def _rows():
    yield row('socket', 'socket() + close()', 'us', 'socket', 'mean', (1.00, 0.88))
    for size, name in (1, '1 B'), (1024, '1 KiB'), (65536, '64 KiB'):
        for column, bounds in (('mean', (1.05, 0.80)), ('p50', (None, None)),
                               ('p99', (1.05, 0.80))):
            yield row(f'pingpong-{size}-{column}', f'ping-pong, {name}, {column}', 'us',
                      f'pingpong-{size}', column, bounds)
    yield row('connect', 'connect, 1 byte each way, close', 'us', 'connect', 'mean',
              (1.10, 0.60))
    for streams, name in (1, 'one stream'), (8, 'eight streams'):
        for size, writes in (1024, '1 KiB'), (16384, '16 KiB'), (131072, '128 KiB'):
            yield row(f'bulk-{streams}-{size}', f'bulk, {name}, {writes} writes', 'MB/s',
                      f'bulk-{streams}-{size}', 'rate', (0.90, 1.10), better='more',
                      unix=1.00)
        yield row(f'sendfile-{streams}', f'bulk, {name}, sendfile', 'MB/s',
                  f'sendfile-{streams}', 'rate', (0.90, 1.10), better='more', unix=1.00)
    for count in 10000, 100000:
        yield row(f'memory-{count}', f'memory of a connection, {count:,} idle', 'bytes',
                  f'idle-{count}', 'memory', (1.00, 0.60))
    for count in 10000, 100000:
        yield row(f'beside-{count}', f'ping-pong beside {count:,} idle / none', '',
                  f'idle-{count}', 'beside', (1.10, 1.02), kind='self')
    for rtt in 20, 100:
        for loss in 0, 1, 5:
            yield row(f'goodput-{rtt}-{loss}', f'goodput, {rtt} ms, {loss} % loss', 'Mbit/s',
                      f'goodput-{rtt}-{loss}-{SECONDS[rtt] if loss else 20}', 'rate',
                      (0.90, 1.05) if loss else (None, None), better='more')
    for size, of in (1000, 'one a buffer'), (65536, 'super-packets'):
        for count in 100, 1000, 10000, 100000:
            for column, what in ('grow', 'a block grows'), ('holes', 'holes'):
                yield row(f'sack-{count}-{size}-{column}',
                          f'ACK with SACK, {count:,} in flight, {of}, {what}', 'us',
                          f'sack-{count}-{size}', column, (1.00, 1.00))
    for state, name, bounds in (('idle', 'newinet loaded, idle', (1.00, 1.00)),
                                ('used', 'newinet in use', (1.03, 1.01))):
        yield row(f'kernel-{state}', f'AF_INET ping-pong, {name} / absent', 'us', 'kernel',
                  state, bounds, kind='kernel')
    yield row('nginx-close', 'nginx, a connection each request', 'req/s', 'nginx-close',
              'rate', (0.90, 1.30), better='more')
    yield row('nginx-keep', 'nginx, keep-alive', 'req/s', 'nginx-keep', 'rate', (0.90, 1.15),
              better='more')


ROWS = list(_rows())
KINDS = {each.job.split('-')[0] for each in ROWS}
COLUMNS = {'socket': ['mean'], 'pingpong': ['mean', 'p50', 'p99'],
           'sack': ['grow', 'holes'], 'connect': ['mean', 'p50', 'p99'], 'kernel': ['mean', 'p50', 'p99']}
QUICK_LEAVES_OUT = {'idle-100000', 'goodput-20-0-20', 'goodput-100-0-20', 'bulk-8-1024',
                    'bulk-8-16384', 'sendfile-8'}


def chosen(pattern, quick):
    """The rows that the pattern names, by key or the beginning of it."""
    found = [each for each in ROWS if not pattern or fnmatch.fnmatch(each.key, pattern)
             or each.key.startswith(pattern + '-')]
    if quick and not pattern:
        found = [each for each in found if each.job not in QUICK_LEAVES_OUT]
    return found


def lossy_rounds(rounds, quick):
    """Loss is drawn at random, so few runs say little."""
    return 3 if quick else max(rounds, 10)


def jobs(rows, rounds, quick):
    """What in-vm is to run: `JOB:ROUNDS`; the kernel's own first, last what leaves most
    behind."""
    names = list(dict.fromkeys(each.job for each in rows))
    names.sort(key=lambda name: (name != 'kernel') + (name == 'idle-100000'))
    lossy = [name for name in names if name.startswith('goodput') and '-0-' not in name]
    return [f'{name}:{lossy_rounds(rounds, quick) if name in lossy else rounds}'
            for name in names]


def parse(lines):
    """The figures in in-vm's output: {(job, family): {column: [one a round]}}, and
    {(job, family): {slab: [bytes, ...]}} for memory."""
    figures = collections.defaultdict(lambda: collections.defaultdict(list))
    slabs = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in lines:
        job, family, _, *rest = line.split()
        kind = job.split('-')[0]
        at = figures[job, family]
        if kind == 'idle':
            if rest[0] == 'memory':
                at['memory'].append(float(rest[1]))
            elif rest[0] == 'beside':
                at['beside'].append(float(rest[2]) / float(rest[1]))
            else:
                slabs[job, family][rest[1]].append(float(rest[2]))
            continue
        if kind == 'kernel':    # three states of one job
            figures['kernel', family][job.split('-')[1]].append(float(rest[0]))
            continue
        for column, value in zip(COLUMNS.get(kind, ['rate']), rest, strict=True):
            at[column].append(float(value))
    return figures, slabs
