# SPDX-License-Identifier: GPL-2.0
"""What the benchmark and the profiler put together before they start: packages, the
measuring program, newinet-run's two halves, and the module for a kernel of scripts/vm."""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../lib'))
# pylint: disable=wrong-import-position
from checkout import STOCK as KERNELS, TOP, VM, install, output_of      # noqa: E402

SOURCES = ['micro', 'common', 'latency', 'bulk', 'idle', 'goodput', 'sack']


def programs(tmp, *scripts):
    """Into tmp: micro, newinet-exec, libnewinet-preload.so, and copies of these scripts,
    which may change in the checkout while they run."""
    for each in [*scripts, 'pair.sh', '../lib/netpair.sh']:
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


__all__ = ['KERNELS', 'VM', 'install']
