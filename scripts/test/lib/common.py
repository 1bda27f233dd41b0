# SPDX-License-Identifier: GPL-2.0
"""What the suites share: where things are, how a command is run, and the build of the
module and of the test programs."""
import hashlib
import os
import re
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
VM = os.path.join(TOP, 'scripts/vm')
TEST = os.path.join(TOP, 'scripts/test')
# Of scripts/vm/list: what usually runs on each, by patterns. debug is built from source.
with open(os.path.join(VM, 'list'), encoding='utf-8') as _list:
    USUAL = {_words[0]: _words[2:] for _words in map(str.split, _list)
             if _words and _words[0][0].isdigit()}
FOREIGN = [_name for _name in USUAL if '-' in _name]     # of another architecture
STOCK = [_name for _name in USUAL if _name not in FOREIGN]
KERNELS = [*STOCK, 'debug', *FOREIGN]


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


def last_line(*args):
    """The last line that a command prints; what it says goes to our stderr."""
    done = subprocess.run(args, stdout=subprocess.PIPE, check=True, cwd=TOP, text=True)
    return done.stdout.strip().splitlines()[-1]


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


def install(packages):
    names = ' '.join(packages)
    subprocess.run(['bash', '-c', f'. {VM}/packages.sh; need_packages {names}'], check=True)


def with_packages(*arrays):
    """Installs lists that packages.sh names."""
    install(f'"${{{name}[@]}}"' for name in arrays)


def read(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read()
    except OSError:
        return ''


def splats():
    return read(f'{VM}/splats').splitlines()


def build_module(name):
    """(status, output, seconds, directory with newinet.ko)."""
    status, output, seconds = run(f'{VM}/build', name)
    where = output.strip().splitlines()[-1] if status == 0 else ''
    return status, output, seconds, where


def programs_of(architecture):
    """Where an architecture's test programs are."""
    return f'{cache()}/prog' + ('' if architecture == 'amd64' else f'-{architecture}')


def build_programs(architecture='amd64', roots=()):
    """Compiles scripts/test/prog: every .c with a main(), with t.c; warnings are errors;
    newinet-run; and for tests in the root langs, what that compiles.
    Yields (program, status, output, seconds); a program that is up to date, nothing."""
    source = f'{TEST}/prog'
    out = programs_of(architecture)
    compiler = {'amd64': 'gcc', 'arm64': 'aarch64-linux-gnu-gcc'}[architecture]
    os.makedirs(out, exist_ok=True)
    names = sorted(os.listdir(source)) if os.path.isdir(source) else []
    shared = [f'{source}/{name}' for name in names if name.endswith('.h') or name == 't.c']
    shared.append(f'{TOP}/module/uapi/newinet.h')
    for name in names:
        path, target = f'{source}/{name}', f'{out}/{name[:-2]}'
        if not name.endswith('.c') or not re.search(r'^(int )?main\(', read(path), re.M):
            continue
        newest = max(os.path.getmtime(each) for each in [path, *shared]
                     if os.path.exists(each))
        if os.path.exists(target) and os.path.getmtime(target) > newest:
            continue
        args = [compiler, '-O2', '-Wall', '-Wextra', '-Werror', f'-I{TOP}', '-o', target, path]
        if name != 't.c' and 't.c' in names:
            args.append(f'{source}/t.c')
        yield (name, *run(*args, '-pthread'))
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
