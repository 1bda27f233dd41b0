# SPDX-License-Identifier: GPL-2.0
"""An NFQUEUE whose packets wait until the test gives a verdict, over nfnetlink alone."""
import os
import socket
import struct
import subprocess

from packet import ensure

NFNL_SUBSYS_QUEUE = 3
MSG_PACKET, MSG_VERDICT, MSG_CONFIG = 0, 1, 2
CFG_CMD, CFG_PARAMS = 1, 2
CMD_BIND = 1
COPY_META = 1
ATTR_PACKET_HDR, ATTR_VERDICT_HDR = 1, 2
ACCEPT = 1
NLM_F_REQUEST, NLM_F_ACK = 1, 4
NLMSG_ERROR = 2


def _attr(kind, data):
    return struct.pack('=HH', 4 + len(data), kind) + data + bytes(-len(data) % 4)


def nft(rules):
    """Rules for the namespace of the case."""
    done = subprocess.run(['nft', '-f', '-'], input=rules, text=True, capture_output=True,
                          check=False)
    ensure(done.returncode == 0, f'nft: {done.stderr}')


class Queue:
    """One queue; open it before the rules that send packets there."""

    def __init__(self, number=0):
        self.number = number
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)   # NETLINK_NETFILTER
        self.sock.bind((0, 0))
        self.sock.settimeout(5)
        self._config(_attr(CFG_CMD, struct.pack('!BxH', CMD_BIND, socket.AF_INET)))
        self._config(_attr(CFG_PARAMS, struct.pack('!IB', 0, COPY_META)))

    def _send(self, kind, body, flags):
        body = struct.pack('!BBH', 0, 0, self.number) + body
        head = struct.pack('=IHHII', 16 + len(body), NFNL_SUBSYS_QUEUE << 8 | kind,
                           NLM_F_REQUEST | flags, 1, 0)
        self.sock.send(head + body)

    def _config(self, body):
        self._send(MSG_CONFIG, body, NLM_F_ACK)
        reply = self.sock.recv(65536)
        kind = struct.unpack_from('=H', reply, 4)[0]
        error = struct.unpack_from('=i', reply, 16)[0]
        ensure(kind == NLMSG_ERROR and error == 0, f'NFQUEUE: {os.strerror(-error)}')

    def get(self):
        """The number of the next packet that waits."""
        reply = self.sock.recv(65536)
        pos = 20
        while pos < len(reply):
            size, kind = struct.unpack_from('=HH', reply, pos)
            if kind & 0x3fff == ATTR_PACKET_HDR:
                return struct.unpack_from('!I', reply, pos + 4)[0]
            pos += size + 3 & ~3
        raise OSError('no packet in the message of the queue')

    def accept(self, packet):
        """Let a packet go on."""
        self._send(MSG_VERDICT, _attr(ATTR_VERDICT_HDR, struct.pack('!II', ACCEPT, packet)), 0)
