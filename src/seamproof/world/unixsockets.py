"""The Unix sockets that processes have connected to: libpq's default is one, where no host is set.

The kernel alone knows the other end of such a connection. Linux tells by sock_diag(7) over netlink;
elsewhere nothing is told, and the guard relies on what passes the proxies.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass

# linux/netlink.h, linux/sock_diag.h, linux/unix_diag.h
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x1 | 0x300
_DONE = 3
_ERROR = 2
_SHOW_NAME_AND_PEER = 0x1 | 0x4
_NAME = 0
_PEER = 2

_HEADER = struct.Struct("=IHHII")
_QUERY = struct.Struct("=BBHIIIII")
_ENTRY = struct.Struct("=BBBBIII")
_ATTRIBUTE = struct.Struct("=HH")
_LIMIT = 2.0

_INODE = re.compile(r"socket:\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class _Socket:
    name: str
    peer: int | None


def connected(pid: int) -> tuple[str, ...]:
    """The paths of the Unix sockets that a process has connected to, as far as they are known."""
    if sys.platform != "linux":
        return ()
    inodes = set(_inodes(pid))
    if not inodes:
        return ()
    try:
        known = _dump()
    except OSError:  # a sandbox without netlink
        return ()
    found: set[str] = set()
    for inode in inodes:
        own = known.get(inode)
        # The end that accepted has the name of the listener; the end that connected has none.
        if own is not None and not own.name and own.peer is not None:
            peer = known.get(own.peer)
            if peer is not None and peer.name:
                found.add(peer.name)
    return tuple(sorted(found))


def _inodes(pid: int) -> Iterator[int]:
    folder = f"/proc/{pid}/fd"
    try:
        descriptors = os.listdir(folder)  # noqa: PTH208 - hot, and only names are needed
    except OSError:
        return
    for each in descriptors:
        try:
            match = _INODE.fullmatch(os.readlink(f"{folder}/{each}"))  # noqa: PTH115
        except OSError:
            continue
        if match is not None:
            yield int(match[1])


def _dump() -> dict[int, _Socket]:
    """Every Unix socket by its inode. Raises OSError."""
    query = _QUERY.pack(socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, _SHOW_NAME_AND_PEER, 0, 0)
    header = _HEADER.pack(_HEADER.size + len(query), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0)
    found: dict[int, _Socket] = {}
    netlink = getattr(socket, "AF_NETLINK")  # noqa: B009 - absent on other systems
    with socket.socket(netlink, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as channel:
        channel.settimeout(_LIMIT)
        channel.send(header + query)
        while True:
            data = channel.recv(1 << 17)
            offset = 0
            while offset + _HEADER.size <= len(data):
                length, kind, *_ = _HEADER.unpack_from(data, offset)
                if kind == _DONE or length < _HEADER.size:
                    return found
                if kind == _ERROR:
                    raise OSError("the kernel does not tell of Unix sockets")
                _read(data[offset + _HEADER.size : offset + length], found)
                offset += _aligned(length)


def _read(entry: bytes, found: dict[int, _Socket]) -> None:
    if len(entry) < _ENTRY.size:
        return
    inode: int = _ENTRY.unpack_from(entry)[4]
    name, peer, offset = "", None, _ENTRY.size
    while offset + _ATTRIBUTE.size <= len(entry):
        length, kind = _ATTRIBUTE.unpack_from(entry, offset)
        if length < _ATTRIBUTE.size:
            break
        value = entry[offset + _ATTRIBUTE.size : offset + length]
        if kind == _NAME:
            name = value.rstrip(b"\0").decode(errors="replace")
        elif kind == _PEER and len(value) >= 4:
            peer = int.from_bytes(value[:4], sys.byteorder)
        offset += _aligned(length)
    found[inode] = _Socket(name, peer)


def _aligned(length: int) -> int:
    return (length + 3) & ~3
