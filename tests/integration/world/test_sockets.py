import os
import socket
import subprocess
import sys

import psutil
import pytest

from seamproof.world import sockets, unixsockets
from seamproof.world.guard import Guard

CONNECT = """
import socket, sys
if sys.argv[1] == "unix":
    client = socket.socket(socket.AF_UNIX)
    client.connect(sys.argv[2])
else:
    client = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
print("connected", flush=True)
sys.stdin.read()
"""


def peers_of(kind, where, server):
    child = subprocess.Popen(
        [sys.executable, "-c", CONNECT, kind, str(where)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child, server.accept()[0]:
        assert child.stdout.readline() == "connected\n"
        found = sockets.of_family([psutil.Process(child.pid)])
        child.stdin.close()
        child.wait()
    return [each for each in found.peers if each.pid == child.pid]


def test_a_connection_by_tcp_is_seen():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (peer,) = peers_of("tcp", port, server)
    assert (peer.host, peer.port) == ("127.0.0.1", port)
    assert peer.place == f"127.0.0.1:{port}"


def test_what_listens_is_no_peer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            found = sockets.of_family([psutil.Process(os.getpid())])
    assert ("127.0.0.1", port) in found.listening
    made = [each for each in found.peers if each.host == "127.0.0.1" and each.port == port]
    assert len(made) == 1


def netlink_works():
    try:
        return bool(unixsockets._dump())
    except (OSError, AttributeError):
        return False


@pytest.mark.skipif(not netlink_works(), reason="the kernel does not tell of Unix sockets")
def test_a_connection_by_a_unix_socket_is_seen(tmp_path):
    path = tmp_path / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        (peer,) = peers_of("unix", path, server)
    assert peer.place == str(path)
    assert Guard(("127.0.0.1", 1), frozenset()).foreign(peer) == "a PostgreSQL server by its socket"


def test_other_unix_sockets_are_no_databases():
    for path in ("/run/app.sock", "/tmp/.X11-unix/X0", "/run/systemd/journal/stdout", "\0abstract"):
        assert not Guard(("h", 1), frozenset()).foreign(sockets.Peer(1, "app", path))
