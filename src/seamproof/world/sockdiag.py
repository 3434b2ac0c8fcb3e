"""What the kernel tells of the sockets of this network namespace: sock_diag(7) over netlink(7).

It names each by its inode, and is asked only for what is wanted: /proc/net/tcp lists also the
thousands that have ended on a busy machine, and takes twenty times as long.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

# linux/netlink.h, linux/sock_diag.h
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x1 | 0x300
_DONE = 3
_ERROR = 2

_HEADER = struct.Struct("=IHHII")
_BUFFER = 1 << 17
_LIMIT = 2.0


def dump(query: bytes) -> Iterator[bytes]:
    """The kernel's answers to one query, each the part behind its header.

    Raises OSError where it does not tell: another system, a sandbox.
    """
    netlink = getattr(socket, "AF_NETLINK", None)  # absent on other systems
    if netlink is None:
        raise OSError("there is no netlink")
    header = _HEADER.pack(_HEADER.size + len(query), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0)
    with socket.socket(netlink, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as channel:
        channel.settimeout(_LIMIT)
        channel.send(header + query)
        while True:
            data = channel.recv(_BUFFER)
            offset = 0
            while offset + _HEADER.size <= len(data):
                length, kind, *_ = _HEADER.unpack_from(data, offset)
                if kind == _DONE or length < _HEADER.size:
                    return
                if kind == _ERROR:
                    raise OSError("the kernel does not tell of these sockets")
                yield data[offset + _HEADER.size : offset + length]
                offset += aligned(length)


def aligned(length: int) -> int:
    """The length with the padding that netlink puts behind it."""
    return (length + 3) & ~3
