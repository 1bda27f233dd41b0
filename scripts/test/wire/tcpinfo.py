# SPDX-License-Identifier: GPL-2.0
"""struct tcp_info of linux/tcp.h by the names of its fields, without tcpi_."""
import ctypes
import socket
import struct

from nsock import check, libc

FIELDS = (
    'B', 'state ca_state retransmits probes backoff options wscale flags',
    'I', 'rto ato snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent '
         'last_ack_sent last_data_recv last_ack_recv pmtu rcv_ssthresh rtt rttvar snd_ssthresh '
         'snd_cwnd advmss reordering rcv_rtt rcv_space total_retrans',
    'Q', 'pacing_rate max_pacing_rate bytes_acked bytes_received',
    'I', 'segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out',
    'Q', 'delivery_rate busy_time rwnd_limited sndbuf_limited',
    'I', 'delivered delivered_ce',
    'Q', 'bytes_sent bytes_retrans',
    'I', 'dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash')
SHORT = {'snd_cwnd': 'cwnd', 'snd_ssthresh': 'ssthresh'}
NAMES = [SHORT.get(name, name) for names in FIELDS[1::2] for name in names.split()]
FORM = '=' + ''.join(form * len(names.split()) for form, names in zip(FIELDS[::2], FIELDS[1::2]))
SIZE = struct.calcsize(FORM)
VALUES = {'ca_state': ['Open', 'Disorder', 'CWR', 'Recovery', 'Loss'],
          'state': ['', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2',
                    'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'CLOSING']}


def tcp_info(sock):
    """All fields that this kernel has, states by their names."""
    buf = ctypes.create_string_buffer(SIZE)
    size = ctypes.c_uint32(SIZE)
    check(libc.getsockopt(sock.fd, socket.IPPROTO_TCP, socket.TCP_INFO, buf,
                          ctypes.byref(size)), 'TCP_INFO')
    out = dict(zip(NAMES, struct.unpack(FORM, buf.raw)))
    for name, words in VALUES.items():
        out[name] = words[out[name]]
    return out


def info(sock, name):
    """One field."""
    return tcp_info(sock)[name]
