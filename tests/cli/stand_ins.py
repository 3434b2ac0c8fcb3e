"""What stands where a database should."""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def closed_port() -> int:
    """A port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def refusing_passwords() -> Iterator[int]:
    """A server that answers every startup as PostgreSQL answers a wrong password."""
    fields = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "u"\0\0'
    answer = b"E" + struct.pack("!i", len(fields) + 4) + fields

    def refuse(caller: socket.socket) -> None:
        while data := caller.recv(4096):
            # SSLRequest and GSSENCRequest are declined, a startup is refused.
            asks = struct.unpack("!ii", data[:8])[1] in (80877103, 80877104)
            caller.sendall(b"N" if asks else answer)
            if not asks:
                caller.close()
                return

    with socket.create_server(("127.0.0.1", 0)) as server, serving(server, refuse):
        yield server.getsockname()[1]


@contextmanager
def serving(server: socket.socket, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """Take every connection to a server and keep it, and `serve` one after the other."""
    callers: list[socket.socket] = []
    ended = threading.Event()

    def accept() -> None:
        while not ended.is_set():
            if select.select([server], [], [], 0.05)[0]:
                callers.append(server.accept()[0])
                serve(callers[-1])

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(5)
        for each in callers:
            each.close()
