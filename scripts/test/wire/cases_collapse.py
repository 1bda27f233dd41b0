# SPDX-License-Identifier: GPL-2.0
# test: wire_collapse
# kernels: debug
# clock: virtual
# timeout: 240
# needs: python3
"""Wire cases for a receive buffer that runs full while the kernel has no memory: where the
debug kernel makes allocations of one place fail.
"""
import os
import socket

from cases_receive import pour
from env import case
from packet import Skip, ensure, pattern


class NoMemory:
    """No allocation succeeds in what one function of the module calls (the debug kernel)."""

    folder = '/sys/kernel/debug/failslab'
    most = 1000000

    def __init__(self, function):
        if not os.path.exists(self.folder):
            raise Skip('this kernel injects no faults')
        with open('/proc/kallsyms', encoding='ascii') as file:
            text = [line.split() for line in file if line.endswith('[newinet]\n')]
        start = [int(line[0], 16) for line in text if line[2] == function]
        ensure(len(start) == 1, f'{len(start)} functions {function}')
        self.range = start[0], min(at for line in text if (at := int(line[0], 16)) > start[0])

    def set(self, name, value):
        with open(f'{self.folder}/{name}', 'w', encoding='ascii') as file:
            file.write(str(value))

    def __enter__(self):
        for name, value in (('verbose', 0), ('task-filter', 'N'), ('interval', 1),
                            ('stacktrace-depth', 32), ('times', self.most),
                            ('require-start', hex(self.range[0])),
                            ('require-end', hex(self.range[1])), ('probability', 100)):
            self.set(name, value)
        return self

    def count(self):
        """How many have failed."""
        with open(f'{self.folder}/times', encoding='ascii') as file:
            return self.most - int(file.read())

    def __exit__(self, *_):
        self.set('probability', 0)


@case('collapse', timeout=60)
def without_memory(e):
    """Without memory to copy it together what was acknowledged is kept, the window closes,
    and opens when it has been read; what was refused is taken then."""
    if e.name == 'inet':
        raise Skip('the place that fails is in the module')
    for part in (100, 10):
        s, f = e.active(setup=lambda s: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536))
        size = f.edge // part * part
        with NoMemory('newtcp_make_room') as faults:
            for off in range(0, size, part):
                f.send('A', pattern(part, off), seq=f.at(off))
            last = f.collect(0.3)[-1]
        acked = last.rack - 1
        print(f'# {part}: {acked} of {size} bytes, {faults.count()} faults; {last.text()}')
        ensure(faults.count() and acked < size, f'{acked} of {size}, {faults.count()} faults')
        ensure(not last.win, f'the window stays open: {last.text()}')
        ensure(s.recv_exact(acked) == pattern(acked), 'stream')
        f.wait_for(lambda p: p.win, 1, 'the window stays shut')
        f.edge = 0
        ensure(pour(f, size - acked, part, start=acked) == size, 'refused again')
        ensure(s.recv_exact(size - acked) == pattern(size - acked, acked), 'the rest')
        f.forget()
