# SPDX-License-Identifier: GPL-2.0
"""What the benchmark and the profiler put together before they start: packages, the
measuring program, newinet-run's two halves, and the module for a kernel of scripts/vm."""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
VM = os.path.join(TOP, 'scripts', 'vm')
with open(os.path.join(VM, 'list'), encoding='utf-8') as _list:
    KERNELS = [_line.split()[0] for _line in _list if _line[:1].isdigit()]
SOURCES = ['micro', 'common', 'latency', 'bulk', 'idle', 'goodput']
# make's own variables would change the builds under it.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.startswith(('MAKE', 'MFLAGS'))}


def output_of(*command):
    """A command's output; the end, with all it said, if it fails."""
    done = subprocess.run(command, check=False, text=True, env=ENVIRONMENT,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(f'{done.stdout}{done.stderr}\n{" ".join(command)}: status {done.returncode}')
    return done.stdout


def install(names):
    """Debian's packages that are not there yet."""
    subprocess.run(['bash', '-c', '. "$0"; need_packages "$@"', f'{VM}/packages.sh', *names],
                   check=True)


def programs(tmp, *scripts):
    """Into tmp: micro, newinet-exec, libnewinet-preload.so, and copies of these scripts,
    which may change in the checkout while they run."""
    for each in scripts:
        shutil.copy(f'{HERE}/{each}', tmp)
    output_of('gcc', '-O2', '-Wall', '-o', f'{tmp}/micro',
              *[f'{HERE}/{each}.c' for each in SOURCES])
    output_of('make', '-s', '-C', f'{TOP}/scripts/run', f'O={tmp}')


def module(kernel, tmp):
    """newinet.ko for this kernel into tmp, where no later build changes it."""
    built = output_of(f'{VM}/build', kernel).split()[-1]
    return shutil.copy(f'{built}/newinet.ko', tmp)


def release(kernel):
    """The kernel's full name."""
    directory = output_of(f'{VM}/kernels', 'get', kernel).split()[-1]
    with open(f'{directory}/release', encoding='ascii') as file:
        return file.read().strip()


def commit():
    """Of the checkout; + when the module has been changed since."""
    git = ['git', '-C', TOP, '-c', f'safe.directory={TOP}']
    done = [subprocess.run([*git, *words], check=False, text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL) for words in (
            ['rev-parse', '--short', 'HEAD'], ['status', '--porcelain', '--', 'module', 'Kbuild'])]
    if any(each.returncode for each in done):
        return 'of no known commit'
    return done[0].stdout.strip() + '+' * bool(done[1].stdout)
