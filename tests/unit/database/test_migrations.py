"""What a project's files say of its migrations, and what of an SQL file can be sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from seamproof.core.errors import DatabaseError
from seamproof.database.migrations import detect, hint_for, sendable, way_up


def _files(root: Path, *names: str, text: str = "") -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _names(root: Path) -> list[str]:
    detection = detect(root)
    assert detection is not None
    return [each.name for each in detection.files]


def test_nothing_is_detected_where_nothing_shows_it(tmp_path: Path) -> None:
    _files(tmp_path, "app/main.py", "sql/queries.sql", "sql/001_first.sql")
    assert detect(tmp_path) is None, "a folder of queries is not a folder of migrations"


def test_alembic_is_named_with_its_file(tmp_path: Path) -> None:
    _files(tmp_path, "backend/alembic.ini", ".venv/lib/alembic.ini", "manage.py")
    found = detect(tmp_path)
    assert found is not None
    assert (found.tool, found.source) == ("Alembic", tmp_path / "backend" / "alembic.ini")
    assert found.folder == tmp_path / "backend"
    assert found.command == ("alembic", "upgrade", "heads")


def test_alembic_may_be_configured_in_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.alembic]\nscript_location = "migrations"\n')
    found = detect(tmp_path)
    assert found is not None
    assert found.source.name == "pyproject.toml"


def test_the_projects_own_environment_is_preferred(tmp_path: Path) -> None:
    _files(tmp_path, "alembic.ini", ".venv/bin/alembic")
    (tmp_path / ".venv/bin/alembic").chmod(0o755)
    found = detect(tmp_path)
    assert found is not None
    assert found.command[0] == str(tmp_path / ".venv/bin/alembic")


def test_django_is_told_from_another_manage_script(tmp_path: Path) -> None:
    _files(tmp_path, "manage.py", text="from flask_script import Manager")
    assert detect(tmp_path) is None
    _files(tmp_path, "manage.py", text='os.environ.setdefault("DJANGO_SETTINGS_MODULE", "s")')
    found = detect(tmp_path)
    assert found is not None
    assert found.tool == "Django"
    assert found.command == ("python", "manage.py", "migrate", "--noinput")


def test_flyways_names_are_ordered_by_number_and_repeatables_come_last(tmp_path: Path) -> None:
    names = ("V10__ten.sql", "V2__two.sql", "V2.1__more.sql", "R__views.sql", "U2__two.sql")
    _files(tmp_path, *(f"db/migrations/{each}" for each in names))
    assert _names(tmp_path) == ["V2__two.sql", "V2.1__more.sql", "V10__ten.sql", "R__views.sql"]


def test_numbered_names_are_ordered_and_ways_down_left_out(tmp_path: Path) -> None:
    names = ("10_b.up.sql", "9_a.up.sql", "9_a.down.sql", "20260101120000_c.sql", "011.sql")
    _files(tmp_path, *(f"migrations/{each}" for each in names))
    assert _names(tmp_path) == ["9_a.up.sql", "10_b.up.sql", "011.sql", "20260101120000_c.sql"]


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("-- +goose Up", "-- +goose Down"),
        ("-- migrate:up", "-- migrate:down"),
        ("-- +migrate Up notransaction", "-- +migrate Down"),
        ("-- Up Migration", "-- Down Migration"),
    ],
)
def test_only_the_way_up_is_kept_and_lines_keep_their_numbers(up: str, down: str) -> None:
    text = f"{up}\nCREATE TABLE a ();\n{down}\nDROP TABLE a;\n{up}\nCREATE TABLE b ();\n"
    kept = way_up(text).splitlines()
    assert [each.strip() for each in kept] == [
        up,
        "CREATE TABLE a ();",
        "",
        "",
        up,
        "CREATE TABLE b ();",
    ]


def test_a_file_without_sections_is_kept_whole() -> None:
    text = "-- brings the numbers up\nSELECT 1;\n-- down by one\n"
    assert way_up(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT 1;\n\\i other.sql\n", r"x.sql:2: the psql command \\i "),
        ("/* a\nb */\n\n  \\connect shop\n", r"x.sql:4: the psql command \\connect"),
        ("COPY a (b) FROM stdin;\n1\n\\.\n", r"x.sql:3: the psql command"),
        ("copy a\n from stdin;\n", r"x.sql:1: COPY … FROM STDIN|x.sql:1: COPY … FROM stdin"),
    ],
)
def test_what_only_psql_can_do_is_refused_by_line(text: str, said: str) -> None:
    with pytest.raises(DatabaseError, match=said) as caught:
        sendable(text, "x.sql")
    assert "psql" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "SELECT '\n\\i not a command\n';",
        "DO $body$\n\\d\n$body$;",
        "-- \\i other.sql\nSELECT 1;",
        "/*\n\\i other.sql\n*/ SELECT 1;",
        "SELECT '--', E'it''s';\nSELECT 2;",
    ],
)
def test_a_backslash_inside_text_is_no_command(text: str) -> None:
    assert sendable(text, "x.sql") == text


def test_what_pg_dump_writes_for_psql_alone_is_left_out() -> None:
    text = "\\restrict abc\nCREATE TABLE a ();\n\\unrestrict abc\n"
    assert sendable(text, "x.sql") == "\nCREATE TABLE a ();\n\n"


@pytest.mark.parametrize(
    ("output", "hint"),
    [
        ('ERROR:  extension "pgcrypto" is not available', "extensions"),
        ('permission denied to create extension "dblink"', "extensions"),
        ("permission denied to create role", "setup_sql"),
        ('connection to server at "10.0.0.1" failed: Connection refused', "env"),
    ],
)
def test_known_failures_have_a_hint(output: str, hint: str) -> None:
    assert hint in hint_for(output)


def test_an_unknown_failure_has_none() -> None:
    assert hint_for('relation "a" does not exist') == ""
