#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Programs of other languages: Java, with threads, a selector and HTTP, by the library and
by the kernel's hook; Go, whose programs no library can enter, by the hook.
root: langs
kernels: stock
full: yes
timeout: 900
"""
import os
import sys

sys.path.insert(0, os.environ['NEWINET_LIB'])
# pylint: disable=wrong-import-position
import programs  # noqa: E402


BIN = f'{os.environ["NEWINET_BIN"]}/langs'
WELL = 'all is well\n'


@programs.plan(programs.NEWINET, programs.CGROUP)
def java(on):
    """Java: a thread for each connection, a selector, HTTP"""
    # It compiles nothing: each method runs a few times.
    said = on.run('java', '-Xint', '-Xshare:auto', '-XX:+UseSerialGC',
                  '-Djava.net.preferIPv4Stack=true', '-cp', BIN, 'Net')
    assert said == WELL, said


@programs.plan(programs.CGROUP)
def go_static(on):
    """Go, linked statically: connections, a listener of a descriptor, HTTP"""
    assert on.run(f'{BIN}/net-static') == WELL


@programs.plan(programs.CGROUP)
def go_dynamic(on):
    """Go, linked with the C library"""
    assert on.run(f'{BIN}/net-dynamic') == WELL


programs.main(java, go_static, go_dynamic)
