"""The Unix sockets that processes have connected to: libpq's default is one, where no host is set.

The kernel alone knows the other end of such a connection. Linux tells it; elsewhere nothing is
told, and the guard relies on what passes the proxies.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Collection
from dataclasses import dataclass

from seamproof.world import sockdiag

# linux/unix_diag.h
_SHOW_NAME_AND_PEER = 0x1 | 0x4
_NAME = 0
_PEER = 2

_QUERY = struct.Struct("=BBHIIIII")
_ENTRY = struct.Struct("=BBBBIII")
_ATTRIBUTE = struct.Struct("=HH")


@dataclass(frozen=True, slots=True)
class UnixSocket:
    """One end of a connection, or what listens."""

    name: str
    """The path; empty for an end that was given none."""
    peer: int | None
    """The inode of the other end."""


def table() -> dict[int, UnixSocket]:
    """Every Unix socket by its inode; empty where the kernel does not tell."""
    query = _QUERY.pack(socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, _SHOW_NAME_AND_PEER, 0, 0)
    try:
        return dict(_read(entry) for entry in sockdiag.dump(query) if len(entry) >= _ENTRY.size)
    except OSError:
        return {}


def connected(inodes: Collection[int], known: dict[int, UnixSocket]) -> tuple[str, ...]:
    """The paths that the sockets of these inodes have connected to, as far as they are known."""
    found: set[str] = set()
    for inode in inodes:
        own = known.get(inode)
        # The end that accepted has the name of the listener; the end that connected has none.
        if own is not None and not own.name and own.peer is not None:
            peer = known.get(own.peer)
            if peer is not None and peer.name:
                found.add(peer.name)
    return tuple(sorted(found))


def _read(entry: bytes) -> tuple[int, UnixSocket]:
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
        offset += sockdiag.aligned(length)
    return inode, UnixSocket(name, peer)
