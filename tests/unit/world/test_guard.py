import asyncio
from dataclasses import dataclass, field

import pytest

from seamproof.boundaries.tls import TlsFailure
from seamproof.core.errors import SafetyError
from seamproof.world import sockets
from seamproof.world.guard import Guard, Watched
from seamproof.world.sockets import Peer, Sockets

OURS = "seamproof_1234"


@dataclass
class Startup:
    database: str


@dataclass
class Boundary:
    seen: list = field(default_factory=list)
    tls_failure: TlsFailure | None = None

    asked: list = field(default_factory=list)

    def startups(self, since=0):
        self.asked.append(since)
        return tuple(self.seen[since:])


class Launch:
    name = "replica 0 of the service"


class Process:
    launch = Launch()

    def members(self):
        return []

    def log_tail(self, lines):
        return ("the last line",)


@pytest.fixture
def peers(monkeypatch):
    found = []
    monkeypatch.setattr(sockets, "of_family", lambda members: Sockets((), tuple(found)))
    return found


GUARD = Guard(("127.0.0.1", 50000), frozenset({40001, 40002}))


def watched(*databases, before=0):
    return Watched(Process(), Boundary([Startup(each) for each in databases]), OURS, before)


def test_our_database_through_its_proxy_is_right(peers):
    peers.append(Peer(1, "app", "127.0.0.1", 40001))
    peers.append(Peer(1, "app", "127.0.0.1", 8125))
    peers.append(Peer(1, "app", "93.184.216.34", 443))
    GUARD.check(watched(OURS, OURS))


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("10.0.0.3", 5432, "a PostgreSQL server"),
        ("127.0.0.1", 5432, "a PostgreSQL server"),
        ("10.0.0.3", 40001, ""),
        ("::1", 3306, "a MySQL server"),
        ("127.0.0.1", 50000, "the server behind its proxy"),
        ("::1", 50000, "the server behind its proxy"),
    ],
)
def test_another_database_is_refused(peers, host, port, words):
    peers.append(Peer(7, "app", host, port))
    if not words:
        GUARD.check(watched(OURS))
        return
    with pytest.raises(SafetyError, match=words) as caught:
        GUARD.check(watched(OURS))
    assert "pid 7" in caught.value.details[0]


def test_a_startup_for_another_database_is_refused(peers):
    with pytest.raises(SafetyError, match="'production'"):
        GUARD.check(watched(OURS, "production"))


def test_startups_that_were_right_are_not_looked_at_again(peers):
    subject = watched("production", OURS, OURS, before=1)
    GUARD.check_startups(subject)
    GUARD.check_startups(subject)
    assert subject.boundary.asked == [1, 3]
    subject.boundary.seen.append(Startup("production"))
    for _ in range(2):
        with pytest.raises(SafetyError, match="'production'"):
            GUARD.check_startups(subject)


def test_startups_of_an_earlier_process_do_not_count(peers):
    GUARD.check(watched("production", OURS, before=1))
    assert not watched(OURS, before=1).startups()


def _require(subject, asked, monkeypatch, on_ask=lambda path: None):
    async def get(host, port, path, *, limit):
        asked.append(path)
        on_ask(path)

    monkeypatch.setattr("seamproof.world.guard.probe.get", get)
    monkeypatch.setattr("seamproof.world.guard._PATIENCE", 0.2)
    asyncio.run(GUARD.require(subject, 8000, ["/health", "/openapi.json"]))


def test_a_service_that_connects_late_is_asked(peers, monkeypatch):
    subject, asked = watched(), []

    def connect(path):
        if path == "/openapi.json":
            subject.boundary.seen.append(Startup(OURS))

    _require(subject, asked, monkeypatch, connect)
    assert asked == ["/health", "/openapi.json"]


def test_a_service_that_never_connects_is_refused(peers, monkeypatch):
    with pytest.raises(SafetyError) as caught:
        _require(watched(), [], monkeypatch)
    assert "has not connected" in caught.value.problem
    assert "service.ready" in caught.value.hint
    assert caught.value.exit_code == 4


def test_a_service_that_went_away_because_of_tls_is_told_so(peers, monkeypatch):
    subject = watched()
    subject.boundary.tls_failure = TlsFailure(declined=True)
    with pytest.raises(SafetyError) as caught:
        _require(subject, [], monkeypatch)
    assert "database.tls = true" in caught.value.hint


def test_a_service_that_has_connected_is_not_asked(peers, monkeypatch):
    asked = []
    _require(watched(OURS), asked, monkeypatch)
    assert asked == []
