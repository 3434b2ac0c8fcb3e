"""Whom a process family is connected to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from seamproof.world.unixsockets import connected

_OPEN = frozenset({psutil.CONN_ESTABLISHED, psutil.CONN_SYN_SENT})


@dataclass(frozen=True, slots=True)
class Peer:
    """A connection that a process of the family made."""

    pid: int
    program: str
    host: str
    """An address, or the path of a Unix socket."""
    port: int = 0

    @property
    def place(self) -> str:
        """Where it leads to, as a person writes it."""
        return f"{self.host}:{self.port}" if self.port else self.host


@dataclass(frozen=True, slots=True)
class Sockets:
    """What a family listens on, and whom it has connected to."""

    listening: tuple[tuple[str, int], ...] = ()
    peers: tuple[Peer, ...] = ()


def of_family(members: Iterable[psutil.Process]) -> Sockets:
    """The sockets of some processes. One that ends meanwhile has none."""
    listening: set[tuple[str, int]] = set()
    peers: list[tuple[int, Peer]] = []
    by_path: list[Peer] = []
    for process in members:
        try:
            connections = process.net_connections("tcp")
            program = process.name()
        except psutil.Error:
            continue
        by_path += [Peer(process.pid, program, path) for path in connected(process.pid)]
        for each in connections:
            if each.status == psutil.CONN_LISTEN:
                listening.add((plain(each.laddr.ip), each.laddr.port))
            elif each.status in _OPEN and each.raddr:
                peer = Peer(process.pid, program, plain(each.raddr.ip), each.raddr.port)
                peers.append((each.laddr.port, peer))
    accepted = {port for _, port in listening}
    # A connection whose own end is a port that the family listens on was made by the other side.
    made = tuple(dict.fromkeys(peer for local, peer in peers if local not in accepted))
    return Sockets(tuple(sorted(listening)), (*made, *by_path))


def plain(host: str) -> str:
    """An address as IPv4 where it is one mapped into IPv6 (RFC 4291, section 2.5.5.2)."""
    return host.removeprefix("::ffff:")
