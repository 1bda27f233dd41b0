# SPDX-License-Identifier: GPL-2.0
"""Routes and addresses by rtnetlink, without starting a program: where the clock is
virtual, waiting for a file server would let it run away in the middle of a case.
"""
import os
import socket
import struct

RTM_SETLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_GETROUTE = 19, 20, 24, 26
IFLA_GSO_MAX_SEGS = 40
NLM_REQUEST, NLM_ACK, NLM_EXCL, NLM_CREATE = 0x1, 0x4, 0x200, 0x400
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_METRICS = 1, 4, 5, 6, 8
RTAX_LOCK, RTAX_MTU, RTAX_WINDOW, RTAX_RTT, RTAX_RTTVAR = 1, 2, 3, 4, 5
RTAX_SSTHRESH, RTAX_CWND, RTAX_ADVMSS, RTAX_REORDERING = 6, 7, 8, 9
RTAX_HOPLIMIT, RTAX_INITCWND, RTAX_FEATURES, RTAX_RTO_MIN = 10, 11, 12, 13
RTAX_INITRWND, RTAX_QUICKACK, RTAX_CC_ALGO = 14, 15, 16
IFA_ADDRESS, IFA_LOCAL = 1, 2
TABLE_MAIN, PROTO_BOOT, SCOPE_LINK, SCOPE_UNIVERSE, TYPE_UNICAST = 254, 3, 253, 0, 1
TABLE_LOCAL, PROTO_KERNEL, SCOPE_HOST, TYPE_LOCAL = 255, 2, 254, 2
NLM_REPLACE = 0x100
RTA_PREFSRC = 7


def _attr(kind, body):
    return struct.pack('=HH', 4 + len(body), kind) + body + bytes(-len(body) % 4)


def _num(kind, value):
    return _attr(kind, struct.pack('=I', value))


def _request(kind, body, how=NLM_EXCL):
    flags = NLM_REQUEST | NLM_ACK | NLM_CREATE | how
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.send(struct.pack('=IHHII', 16 + len(body), kind, flags, 1, 0) + body)
        err = struct.unpack('=i', s.recv(4096)[16:20])[0]
    if err:
        raise OSError(-err, f'rtnetlink request {kind}: {os.strerror(-err)}')


def gso_max_segs(dev, count):
    """The most segments of a super-packet that this device is given."""
    body = struct.pack('=BxHiII', socket.AF_UNSPEC, 0, socket.if_nametoindex(dev), 0, 0)
    _request(RTM_SETLINK, body + _num(IFLA_GSO_MAX_SEGS, count))


def add_addr(addr, plen, dev):
    body = struct.pack('=BBBBI', socket.AF_INET, plen, 0, 0, socket.if_nametoindex(dev))
    raw = socket.inet_aton(addr)
    _request(RTM_NEWADDR, body + _attr(IFA_LOCAL, raw) + _attr(IFA_ADDRESS, raw))


def metrics(values, lock=0):
    """RTA_METRICS of {RTAX_...: value}; lock has a bit for each that is locked."""
    values = dict(values)
    if lock:
        values[RTAX_LOCK] = lock
    body = b''.join(_attr(kind, val.encode() + b'\0') if isinstance(val, str) else
                    _num(kind, val) for kind, val in values.items())
    return _attr(RTA_METRICS, body) if body else b''


def host_route(dst, dev, values=None, lock=0):
    """A route to one address by dev, with these metrics; replaces the one before."""
    body = struct.pack('=BBBBBBBBI', socket.AF_INET, 32, 0, 0, TABLE_MAIN, PROTO_BOOT,
                       SCOPE_LINK, TYPE_UNICAST, 0)
    body += _attr(RTA_DST, socket.inet_aton(dst)) + _num(RTA_OIF, socket.if_nametoindex(dev))
    _request(RTM_NEWROUTE, body + metrics(values or {}, lock), NLM_REPLACE)


def loopback_route(values=None, lock=0):
    """The route to 127.0.0.1, with these metrics."""
    body = struct.pack('=BBBBBBBBI', socket.AF_INET, 32, 0, 0, TABLE_LOCAL, PROTO_KERNEL,
                       SCOPE_HOST, TYPE_LOCAL, 0)
    addr = socket.inet_aton('127.0.0.1')
    body += _attr(RTA_DST, addr) + _num(RTA_OIF, socket.if_nametoindex('lo')) + \
        _attr(RTA_PREFSRC, addr)
    _request(RTM_NEWROUTE, body + metrics(values or {}, lock), NLM_REPLACE)


def add_route(dst, plen, dev, metric=0, advmss=0, mtu=0, via=None):
    body = struct.pack('=BBBBBBBBI', socket.AF_INET, plen, 0, 0, TABLE_MAIN, PROTO_BOOT,
                       SCOPE_UNIVERSE if via else SCOPE_LINK, TYPE_UNICAST, 0)
    body += _attr(RTA_DST, socket.inet_aton(dst)) + _num(RTA_OIF, socket.if_nametoindex(dev))
    if via:
        body += _attr(RTA_GATEWAY, socket.inet_aton(via))
    if metric:
        body += _num(RTA_PRIORITY, metric)
    values = ((RTAX_ADVMSS, advmss), (RTAX_MTU, mtu))
    _request(RTM_NEWROUTE, body + metrics({k: v for k, v in values if v}))


def gateway_of(dst):
    """The gateway by which packets to dst go now, or None."""
    body = struct.pack('=BBBBBBBBI', socket.AF_INET, 32, 0, 0, 0, 0, 0, 0, 0) + \
        _attr(RTA_DST, socket.inet_aton(dst))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.send(struct.pack('=IHHII', 16 + len(body), RTM_GETROUTE, NLM_REQUEST, 1, 0) + body)
        reply = s.recv(4096)
    at = 16 + 12
    while at + 4 <= len(reply):
        size, kind = struct.unpack_from('=HH', reply, at)
        if kind == RTA_GATEWAY:
            return socket.inet_ntoa(reply[at + 4:at + 8])
        at += max(4, (size + 3) & ~3)
    return None
