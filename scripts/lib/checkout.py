# SPDX-License-Identifier: GPL-2.0
"""What the tests, the fuzzers and the benchmarks do alike on the host: where things are,
the kernels of scripts/vm/list, Debian's packages, and the module for a kernel."""
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VM = os.path.join(TOP, 'scripts', 'vm')
# kernel -> what usually runs on it, by patterns of tests' names; debug is built from source.
with open(os.path.join(VM, 'list'), encoding='utf-8') as _list:
    USUAL = {_words[0]: _words[2:] for _words in map(str.split, _list)
             if _words and _words[0][0].isdigit()}
# Debian's name of each architecture -> its compiler.
with open(os.path.join(VM, 'arches'), encoding='utf-8') as _list:
    COMPILERS = {_words[0]: 'gcc' if _words[2] == '-' else f'{_words[2]}-gcc'
                 for _words in map(str.split, _list) if _words and _words[0] != '#'}
FOREIGN = [_name for _name in USUAL if '-' in _name]     # of another architecture
STOCK = [_name for _name in USUAL if _name not in FOREIGN]
UNIT = ['debug', 'debug-s390x']     # that have KUnit
KERNELS = [*STOCK, UNIT[0], *FOREIGN, *UNIT[1:]]
# make's own variables would change the builds under it.
ENVIRONMENT = {_name: _value for _name, _value in os.environ.items()
               if not _name.startswith(('MAKE', 'MFLAGS'))}


def output_of(*command):
    """A command's output; the end, with all it said, if it fails."""
    done = subprocess.run(command, check=False, text=True, env=ENVIRONMENT, cwd=TOP,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(f'{done.stdout}{done.stderr}\n{" ".join(command)}: status {done.returncode}')
    return done.stdout


def last_line(*command):
    """The last line that a command prints; what it says goes to our stderr."""
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=TOP, text=True)
    return done.stdout.strip().splitlines()[-1]


def install(names):
    """Debian's packages that are not there yet; a name may be an array of packages.sh."""
    subprocess.run(['bash', '-c', f'. {VM}/packages.sh; need_packages {" ".join(names)}'],
                   check=True)


def arrays(*names):
    """Lists that packages.sh names, for install()."""
    return [f'"${{{name}[@]}}"' for name in names]
