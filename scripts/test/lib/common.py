# SPDX-License-Identifier: GPL-2.0
"""What the suites share: where things are, how a command is run, and the build of the
module and of the test programs."""
import hashlib
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../lib'))
# pylint: disable=wrong-import-position
from checkout import (COMPILERS, FOREIGN, KERNELS, STOCK, TOP, UNIT, USUAL, VM,     # noqa: E402
                      arrays, install, last_line)

TEST = os.path.join(TOP, 'scripts/test')


def arch(kernel_name):
    """What Debian calls the architecture of one of these kernels."""
    return kernel_name.partition('-')[2] or 'amd64'


def run(*args, **more):
    """(status, output, seconds) of a command, both streams in one."""
    begin = time.monotonic()
    done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, cwd=TOP, **more)
    return (done.returncode, done.stdout.decode(errors='replace'),
            time.monotonic() - begin)


def kernel(name):
    """Whether it is in the cache, fetched or built if need be."""
    return subprocess.run([f'{VM}/kernels', 'get', name], stdout=subprocess.DEVNULL,
                          check=False, cwd=TOP).returncode == 0


def cache():
    path = last_line(f'{VM}/kernels', 'cache')
    # One place for each checkout, as scripts/vm/build has it.
    tag = hashlib.sha256((TOP + '\n').encode()).hexdigest()[:8]
    path = os.path.join(path, 'build', f'{os.path.basename(TOP)}-{tag}')
    os.makedirs(path, exist_ok=True)
    return path


def with_packages(*names):
    """Installs lists that packages.sh names."""
    install(arrays(*names))


def read(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read()
    except OSError:
        return ''


def splats():
    return read(f'{VM}/splats').splitlines()


def build_module(name, clean=False):
    """(status, output, seconds, directory with newinet.ko). clean: no checker has a word."""
    status, output, seconds = run(f'{TEST}/lib/clean-build' if clean else f'{VM}/build', name)
    where = output.strip().splitlines()[-1] if status == 0 else ''
    return status, output, seconds, where


def programs_of(architecture):
    """Where an architecture's test programs are."""
    return f'{cache()}/prog' + ('' if architecture == 'amd64' else f'-{architecture}')


def build_programs(architecture='amd64', roots=()):
    """Compiles scripts/test/prog: every .c with a main(), with t.c and t_*.c; warnings are errors;
    newinet-run; and for tests in the root langs, what that compiles.
    Yields (program, status, output, seconds); a program that is up to date, nothing."""
    source = f'{TEST}/prog'
    out = programs_of(architecture)
    compiler = COMPILERS[architecture]
    os.makedirs(out, exist_ok=True)
    names = sorted(os.listdir(source)) if os.path.isdir(source) else []
    engine = [f'{source}/{name}' for name in names if re.match(r't(_\w+)?\.c$', name)]
    shared = [f'{source}/{name}' for name in names if name.endswith('.h')] + engine
    shared.append(f'{TOP}/module/uapi/newinet.h')
    for name in names:
        path, target = f'{source}/{name}', f'{out}/{name[:-2]}'
        if not name.endswith('.c') or not re.search(r'^(int )?main\(', read(path), re.M):
            continue
        newest = max(os.path.getmtime(each) for each in [path, *shared]
                     if os.path.exists(each))
        if os.path.exists(target) and os.path.getmtime(target) > newest:
            continue
        yield (name, *run(compiler, '-O2', '-Wall', '-Wextra', '-Werror', f'-I{TOP}', '-o', target,
                          path, *engine, '-pthread'))
    # newinet-run's own parts and test programs; in a machine it takes a minute.
    make = ['make', '-s', f'CC={compiler}']
    os.makedirs(f'{out}/run', exist_ok=True)
    yield ('newinet-run', *run(*make, '-C', f'{TOP}/scripts/run', f'O={out}/run',
                               'all', 'check-programs'))
    if architecture == 'amd64':
        yield ('newinet-run', *run(f'{TOP}/scripts/run/newinet-run', '--fallback', 'true'))
        if 'langs' in roots:
            yield ('langs', *run(f'{VM}/roots', 'run', 'langs', f'{TEST}/langs/build',
                                 f'{out}/langs'))
    os.makedirs(f'{out}/fuzz', exist_ok=True)
    yield ('fuzz', *run(*make, '-C', f'{TEST}/fuzz', f'O={out}/fuzz'))
