"""The TCP sockets of processes: what they listen on, and the connections that stand.

Linux names sockets by inodes, and a process's descriptors say which are its own. Where the kernel
does not tell so, and for a process in another network namespace, psutil is asked, which is slow.
"""

from __future__ import annotations

import functools
import os
import socket
import struct
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import psutil

from seamproof.world import sockdiag

# include/net/tcp_states.h
_ESTABLISHED = 1
_SYN_SENT = 2
_LISTEN = 10
_STATES = 1 << _ESTABLISHED | 1 << _SYN_SENT | 1 << _LISTEN
_OPEN = frozenset({psutil.CONN_ESTABLISHED, psutil.CONN_SYN_SENT})

# linux/inet_diag.h: inet_diag_req_v2, inet_diag_msg
_QUERY = struct.Struct("=BBBBI48x")
_STATE = struct.Struct("=xB")
_PORTS = struct.Struct("!HH")
_ADDRESSES = struct.Struct("16s16s")
_INODE = struct.Struct("=I")
_PORTS_AT, _ADDRESSES_AT, _INODE_AT, _LENGTH = 4, 8, 68, 72
_ADDRESS_LENGTHS = {socket.AF_INET: 4, socket.AF_INET6: 16}


@dataclass(frozen=True, slots=True)
class TcpSocket:
    """A socket that listens, or one end of a connection that stands or is being made."""

    host: str
    """Its own address."""
    port: int
    peer: tuple[str, int] | None = None
    """The other end; None for one that listens."""


Table = dict[int, tuple[socket.AddressFamily, bytes]]
"""What the kernel says of the TCP sockets of this network namespace, by their inodes."""


def table() -> Table | None:
    """Every TCP socket that listens or is connected; None where the kernel does not tell."""
    found: Table = {}
    try:
        for family in _ADDRESS_LENGTHS:
            query = _QUERY.pack(family, socket.IPPROTO_TCP, 0, 0, _STATES)
            for entry in sockdiag.dump(query):
                if len(entry) >= _LENGTH:
                    found[_INODE.unpack_from(entry, _INODE_AT)[0]] = family, entry
    except OSError:
        return None
    return found


def of_process(
    process: psutil.Process, inodes: Collection[int], known: Table | None
) -> Iterable[TcpSocket]:
    """The TCP sockets of a process, which holds sockets of these inodes. Raises psutil.Error."""
    if known is None or _namespace(process.pid) != _own_namespace():
        return _told(process)
    return [_read(*known[inode]) for inode in inodes if inode in known]


def _read(family: socket.AddressFamily, entry: bytes) -> TcpSocket:
    length = _ADDRESS_LENGTHS[family]
    port, peer_port = _PORTS.unpack_from(entry, _PORTS_AT)
    own, peer = _ADDRESSES.unpack_from(entry, _ADDRESSES_AT)
    host = socket.inet_ntop(family, own[:length])
    if _STATE.unpack_from(entry)[0] == _LISTEN:
        return TcpSocket(host, port)
    return TcpSocket(host, port, (socket.inet_ntop(family, peer[:length]), peer_port))


def _told(process: psutil.Process) -> list[TcpSocket]:
    found: list[TcpSocket] = []
    for each in process.net_connections("tcp"):
        if each.status == psutil.CONN_LISTEN:
            found.append(TcpSocket(each.laddr.ip, each.laddr.port))
        elif each.status in _OPEN and each.raddr:
            peer = (each.raddr.ip, each.raddr.port)
            found.append(TcpSocket(each.laddr.ip, each.laddr.port, peer))
    return found


def _namespace(pid: int | str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/net")  # noqa: PTH115 - hot
    except OSError:
        return ""


@functools.cache
def _own_namespace() -> str:
    return _namespace("self")
