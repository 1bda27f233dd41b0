# SPDX-License-Identifier: GPL-2.0
"""Routes and addresses by rtnetlink, without starting a program: where the clock is
virtual, waiting for a file server would let it run away in the middle of a case.
"""
import os
import socket
import struct

RTM_NEWADDR, RTM_NEWROUTE = 20, 24
NLM_REQUEST, NLM_ACK, NLM_EXCL, NLM_CREATE = 0x1, 0x4, 0x200, 0x400
RTA_DST, RTA_OIF, RTA_PRIORITY, RTA_METRICS = 1, 4, 6, 8
RTAX_MTU, RTAX_ADVMSS = 2, 8
IFA_ADDRESS, IFA_LOCAL = 1, 2
TABLE_MAIN, PROTO_BOOT, SCOPE_LINK, TYPE_UNICAST = 254, 3, 253, 1


def _attr(kind, body):
    return struct.pack('=HH', 4 + len(body), kind) + body + bytes(-len(body) % 4)


def _num(kind, value):
    return _attr(kind, struct.pack('=I', value))


def _request(kind, body):
    flags = NLM_REQUEST | NLM_ACK | NLM_EXCL | NLM_CREATE
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.send(struct.pack('=IHHII', 16 + len(body), kind, flags, 1, 0) + body)
        err = struct.unpack('=i', s.recv(4096)[16:20])[0]
    if err:
        raise OSError(-err, f'rtnetlink request {kind}: {os.strerror(-err)}')


def add_addr(addr, plen, dev):
    body = struct.pack('=BBBBI', socket.AF_INET, plen, 0, 0, socket.if_nametoindex(dev))
    raw = socket.inet_aton(addr)
    _request(RTM_NEWADDR, body + _attr(IFA_LOCAL, raw) + _attr(IFA_ADDRESS, raw))


def add_route(dst, plen, dev, metric=0, advmss=0, mtu=0):
    body = struct.pack('=BBBBBBBBI', socket.AF_INET, plen, 0, 0, TABLE_MAIN, PROTO_BOOT,
                       SCOPE_LINK, TYPE_UNICAST, 0)
    body += _attr(RTA_DST, socket.inet_aton(dst)) + _num(RTA_OIF, socket.if_nametoindex(dev))
    if metric:
        body += _num(RTA_PRIORITY, metric)
    metrics = (_num(RTAX_ADVMSS, advmss) if advmss else b'') + \
        (_num(RTAX_MTU, mtu) if mtu else b'')
    if metrics:
        body += _attr(RTA_METRICS, metrics)
    _request(RTM_NEWROUTE, body)
