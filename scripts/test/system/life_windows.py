#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Races whose windows are a few instructions wide, held open by probes (kunit/hold.c):
a RST meets a connection at the moment when it becomes a TIME-WAIT entry, or when it is made
of its request; a listener's memory becomes a connection under the eyes of a look-up; requests
and TIME-WAIT entries are made in the memory of former ones; the first owner of TCP's input
comes while the last one goes. Each reports whether the window was met: a race that was not is
none.

    kernels: 6.12
    clock: real
    timeout: 150
    needs: python3 binutils iproute2
    module: none
"""
import os
import re
import select
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ['NEWINET_SRC'], 'scripts/test/wire'))
# pylint: disable=wrong-import-position
import env  # noqa: E402
import nsock  # noqa: E402
from packet import Fail, ensure  # noqa: E402
import run  # noqa: E402

KO = os.environ['NEWINET_KO']
HOLD = os.path.join(os.path.dirname(KO), 'newinet_hold.ko')
REUSEPORT = 15
# as struct pt_regs has them
REGISTERS = 'r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi'.split()


def pin(cpu):
    """This thread alone."""
    os.sched_setaffinity(0, {cpu})


def until(what, seconds=10.0):
    """Wait for what() to be true; whether it was."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


def exchange(function, nth=0):
    """The nth compare-and-exchange of a function: parameters of the module that holds."""
    text = subprocess.run(['objdump', '-d', '--no-show-raw-insn', KO, f'--disassemble={function}'],
                          check=True, capture_output=True, text=True).stdout
    start = re.search(rf'^([0-9a-f]+) <{function}>:', text, re.M)
    places = re.findall(r'^\s*([0-9a-f]+):\s+lock cmpxchg %\w+,(?:0x([0-9a-f]+))?\(%(\w+)\)',
                        text, re.M)
    ensure(start and len(places) > nth, f'no place in {function}')
    at, disp, reg = places[nth]
    found = {'at': f'newinet:{function}+{int(at, 16) - int(start[1], 16):#x}'}
    if reg in REGISTERS:
        found.update(reg=REGISTERS.index(reg), disp=int(disp or '0', 16))
    return found


class Hold:
    """The module that holds, for the time of a with."""

    def __init__(self, **params):
        self.words = [f'{key}={val}' for key, val in params.items()]

    def __enter__(self):
        subprocess.run(['insmod', HOLD, *self.words], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run(['rmmod', 'newinet_hold'], check=True)

    @staticmethod
    def get(name):
        with open(f'/sys/module/newinet_hold/parameters/{name}', encoding='ascii') as file:
            return int(file.read())


def on_another_cpu(call):
    """Begin call() on CPU 0; the thread. The caller goes on on CPU 1."""
    def there():
        pin(0)
        call()
    thread = threading.Thread(target=there)
    pin(1)
    thread.start()
    return thread


def reset_at_birth(e):
    """What makes the entry is held behind newinet_hash_wait(), a RST comes meanwhile."""
    met = 0
    for _ in range(20):
        s, f = e.passive()
        s.close()
        fin = f.expect('FA')
        with Hold(at='newinet:newinet_hash_wait', leaving=1, us=300000) as hold:
            first = on_another_cpu(lambda f=f, fin=fin: f.send('A', ack=fin.end))
            ensure(until(lambda: hold.get('held')), 'no entry was made')
            rst = f.build('R')
            in_time = not hold.get('gone')
            # It waits for the socket that the other one holds.
            e.tun.inject(rst)
            first.join()
        f.collect(0.1)
        f.send('FA', ack=fin.end)
        p = f.next(1.0)
        ensure(p and 'R' in p.flags, f'the wait goes on: {p.text() if p else "silence"}')
        met += in_time
        if met == 5:
            return
    raise Fail(f'{met} of 20 came in time')


def past_the_handshake(e):
    """What has found the request is held, while another CPU makes the connection of it:
    it is for the connection, data and a RST that comes once alike."""
    lst = e.listener()
    for data in (b'early', b''):
        for _ in range(5):
            f, _ = e.half_open(lst)
            held = f.build('A' if data else 'R', data)
            third = f.build('A')
            with Hold(at='newinet:newtcp_req_rcv', us=300000) as hold:
                first = on_another_cpu(lambda held=held: e.tun.inject(held))
                ensure(until(lambda hold=hold: hold.get('held')), 'nobody came')
                e.tun.inject(third)
                in_time = not hold.get('gone')
                first.join()
            s = lst.wait_accept()
            if in_time:
                break
        ensure(in_time and s, 'no connection in time')
        ensure(s.poll(select.POLLIN, 1.0) & select.POLLIN, 'nothing came of it')
        try:
            got = s.recv()
        except ConnectionResetError:
            got = 'reset'
        ensure(got == (data or 'reset'), f'{got} after {data}')


def two_listeners(e):
    """Two listeners on one port, the second one with a half-open connection."""
    setup = {'setup': lambda s: s.setsockopt(1, REUSEPORT, 1)}
    stays = e.listener(**setup)
    f, _ = e.half_open(stays)
    goes = nsock.Sock(stays.family)
    goes.setsockopt(1, REUSEPORT, 1)
    goes.bind(stays.port).listen()
    return stays, goes, f


def memory_of_a_listener(e):
    """A look-up is held when it has chosen a listener, which closes; its memory becomes
    the child of another one on that port, held before it has a state of its own."""
    place = exchange('listener_on')
    for _ in range(40):
        pin(1)
        stays, goes, f = two_listeners(e)
        g = e.flow(lport=stays.port)
        with Hold(**place, us=2000000, until='newinet:newinet_lockdep_class',
                  until_us=200000) as hold:
            first = on_another_cpu(lambda g=g: g.send('S', opts=env.syn_opts()))
            ensure(until(lambda: hold.get('held')), 'nobody looks for a listener')
            goes.close()
            f.send('A')
            first.join()
            same = hold.get('met') and hold.get('same')
        ensure(stays.wait_accept(5.0), 'the child is lost')
        p = g.next(3.0) if same else None
        stays.close()
        if same:
            # The SYN was for whoever listens, and one listener was left.
            ensure(p and p.flags == 'SA', f'a SYN got {p.text() if p else "no answer"}')
            time.sleep(2.0)     # what was made of the wrong socket has a timer
            return
    raise Fail('the memory was never used again')


def born_without_references(e):
    """Nobody who comes upon it by chance may have it before it is whole."""
    with Hold(fresh=1) as hold:
        for _ in range(40):
            s, f = e.passive()
            s.close()
            f.send('A', ack=f.expect('FA').end)
            f.rst()
        born, early = hold.get('born'), hold.get('early')
    ensure(born >= 20, f'only {born} in memory that was used before')
    ensure(not early, f'{early} of {born} had references')


def first_and_last_owner(_):
    """Every connection is answered while owners go and come."""
    with Hold(**exchange('settle', 1), us=30, times=1 << 30) as hold:
        done = subprocess.run([f'{os.environ["NEWINET_BIN"]}/life_intake', 'newinet', '5'],
                              check=False, capture_output=True, text=True)
        held = hold.get('held')
    print(f'{held} held; {done.stdout}{done.stderr}')
    ensure(held > 100, f'only {held} times held')
    ensure(not done.returncode, 'connections were lost')


def in_child(case):
    """In a process and a namespace of its own; whether it went well."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    status = 1
    try:
        e = env.Env('newinet', nsock.family_number('newinet'))
        e.start()
        e.tun = e.net()
        case(e)
        e.finish()
        status = 0
    except Fail as why:
        print(f'# {why}')
    finally:
        sys.stdout.flush()
        os._exit(status)


def removed():
    """One try of rmmod."""
    with subprocess.Popen(['rmmod', 'newinet'], stderr=subprocess.PIPE) as remove:
        try:
            return not remove.wait(60)
        except subprocess.TimeoutExpired:
            print('# rmmod does not end')
            sys.stdout.flush()
            os._exit(1)         # nor would waiting for it


def unloaded():
    """The sockets go at once; then rmmod waits for the namespaces, and so for all their
    entries."""
    return until(removed, 20.0)


def main():
    run.prepare()
    subprocess.run(['insmod', KO], check=True)
    failed = 0
    cases = [first_and_last_owner, reset_at_birth, past_the_handshake, memory_of_a_listener,
             born_without_references]
    for number, case in enumerate(cases, 1):
        good = in_child(case)
        failed += not good
        print(f'{"ok" if good else "not ok"} {number} - {case.__name__}')
    good = unloaded()
    print(f'{"ok" if good else "not ok"} {len(cases) + 1} - nothing is left of them')
    print(f'1..{len(cases) + 1}')
    return failed or not good


if __name__ == '__main__':
    sys.exit(main())
