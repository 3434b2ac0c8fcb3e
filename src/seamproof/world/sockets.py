"""Whom a process family is connected to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from seamproof.world import tcpsockets, unixsockets
from seamproof.world.descriptors import socket_inodes


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
    # Before the tables: what is connected in between is in them, and not the other way round.
    held = [(process, socket_inodes(process.pid)) for process in members]
    tcp, unix = tcpsockets.table(), unixsockets.table()
    for process, inodes in held:
        try:
            connections = tcpsockets.of_process(process, inodes, tcp)
            program = process.name()
        except psutil.Error:
            continue
        paths = unixsockets.connected(inodes, unix)
        by_path += [Peer(process.pid, program, path) for path in paths]
        for each in connections:
            if each.peer is None:
                listening.add((plain(each.host), each.port))
            else:
                host, port = each.peer
                peers.append((each.port, Peer(process.pid, program, plain(host), port)))
    accepted = {port for _, port in listening}
    # A connection whose own end is a port that the family listens on was made by the other side.
    made = tuple(dict.fromkeys(peer for local, peer in peers if local not in accepted))
    return Sockets(tuple(sorted(listening)), (*made, *by_path))


def plain(host: str) -> str:
    """An address as IPv4 where it is one mapped into IPv6 (RFC 4291, section 2.5.5.2)."""
    return host.removeprefix("::ffff:")
