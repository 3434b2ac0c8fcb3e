import errno
import os
import socket
import subprocess
import sys

import psutil
import pytest

from seamproof.world import sockdiag, sockets, tcpsockets, unixsockets
from seamproof.world.guard import Guard

CONNECT = """
import socket, sys
if sys.argv[1] == "unix":
    client = socket.socket(socket.AF_UNIX)
    client.connect(sys.argv[2])
else:
    client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
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


def refuse(query):
    raise OSError("a sandbox")


@pytest.fixture(params=["the kernel tells", "psutil tells"])
def told(request, monkeypatch):
    if request.param == "psutil tells":
        monkeypatch.setattr(sockdiag, "dump", refuse)


@pytest.mark.usefixtures("told")
def test_a_connection_by_tcp_is_seen():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (peer,) = peers_of("127.0.0.1", port, server)
    assert (peer.host, peer.port) == ("127.0.0.1", port)
    assert peer.place == f"127.0.0.1:{port}"


@pytest.mark.usefixtures("told")
def test_a_connection_by_tcp_over_ipv6_is_seen():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        (peer,) = peers_of("::1", port, server)
    assert (peer.host, peer.port) == ("::1", port)


@pytest.mark.usefixtures("told")
def test_an_address_mapped_into_ipv6_is_the_one_that_it_stands_for():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (peer,) = peers_of("::ffff:127.0.0.1", port, server)
    assert peer.host == "127.0.0.1"


@pytest.mark.skipif(tcpsockets.table() is None, reason="the kernel does not tell of TCP sockets")
def test_a_connection_that_is_not_answered_yet_is_seen():
    with socket.socket() as server, socket.socket() as first, socket.socket() as second:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        first.connect(server.getsockname())
        second.setblocking(False)
        assert second.connect_ex(server.getsockname()) == errno.EINPROGRESS
        inodes = {os.fstat(second.fileno()).st_ino}
        (found,) = tcpsockets.of_process(psutil.Process(), inodes, tcpsockets.table())
        assert found.peer == server.getsockname()


@pytest.mark.usefixtures("told")
def test_what_listens_is_no_peer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            found = sockets.of_family([psutil.Process(os.getpid())])
    assert ("127.0.0.1", port) in found.listening
    made = [each for each in found.peers if each.host == "127.0.0.1" and each.port == port]
    assert len(made) == 1


@pytest.mark.skipif(not unixsockets.table(), reason="the kernel does not tell of Unix sockets")
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
