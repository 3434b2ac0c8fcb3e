"""The Unix sockets that processes have connected to: libpq's default is one, where no host is set.

The kernel alone knows the other end of such a connection. Linux tells it; elsewhere nothing is
told, and the guard relies on what passes the proxies.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Collection

from seamproof.world import sockdiag

# linux/unix_diag.h
_SHOW_NAME_AND_PEER = 0x1 | 0x4
_NAME = 0
_PEER = 2

_QUERY = struct.Struct("=BBHIIIII")
_ENTRY = struct.Struct("=BBBBIII")
_ATTRIBUTE = struct.Struct("=HH")


Table = dict[int, bytes]
"""What the kernel says of the Unix sockets, by their inodes."""


def table() -> Table:
    """Every Unix socket; empty where the kernel does not tell."""
    query = _QUERY.pack(socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, _SHOW_NAME_AND_PEER, 0, 0)
    try:
        entries = (each for each in sockdiag.dump(query) if len(each) >= _ENTRY.size)
        return {_ENTRY.unpack_from(each)[4]: each for each in entries}
    except OSError:
        return {}


def connected(inodes: Collection[int], known: Table) -> tuple[str, ...]:
    """The paths that the sockets of these inodes have connected to, as far as they are known."""
    found: set[str] = set()
    for inode in inodes:
        if inode not in known:
            continue
        name, peer = _read(known[inode])
        # The end that accepted has the name of the listener; the end that connected has none.
        if not name and peer in known:
            found.add(_read(known[peer])[0])
    return tuple(sorted(found - {""}))


def _read(entry: bytes) -> tuple[str, int]:
    """Its path, empty where it was given none, and the inode of the other end, 0 where none is."""
    name, peer, offset = "", 0, _ENTRY.size
    while offset + _ATTRIBUTE.size <= len(entry):
        length, kind = _ATTRIBUTE.unpack_from(entry, offset)
        if length < _ATTRIBUTE.size:
            break
        value = entry[offset + _ATTRIBUTE.size : offset + length]
        if kind == _NAME:
            name = value.rstrip(b"\0").decode(errors="replace")
        elif kind == _PEER and len(value) >= 4:
            peer = int.from_bytes(value[:4], sys.byteorder)
        offset += sockdiag.aligned(length)
    return name, peer
