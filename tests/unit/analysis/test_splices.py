"""The token rule: a payload is one value on the wire, or it became syntax."""

from __future__ import annotations

import pytest

from seamproof.analysis.splices import Payload, sightings
from seamproof.core.experiment import BoundaryKind, CrossingKey
from seamproof.core.history import Crossing, CrossingKind, Section

P = Payload.of("GET /things", "query name")
A, B = P.head, P.tail


def section(*statements: str, parameters: tuple[str, ...] = ()) -> Section:
    return Section(
        (),
        tuple(
            Crossing(CrossingKey(sql), CrossingKind.READ, sql, 0, 1, 0.0, parameters=parameters)
            for sql in statements
        ),
    )


def test_a_call_to_another_service_is_no_statement() -> None:
    shape = "GET http://a.example /{}"
    key = CrossingKey(shape, boundary=BoundaryKind.HTTP_OUT)
    url = f"GET http://a.example/{A}'{B}"
    call = Crossing(key, CrossingKind.CALL, url, 0, 1, 0.0)
    assert sightings(Section((), (call,))) == ()


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT 1 WHERE name = '{A}'{B}'",
        f"SELECT 1 WHERE name ILIKE '%{A}'{B}%'",
        f"SELECT 1 WHERE id = {A}'{B}",
        f"SELECT 1 ORDER BY {A}'{B} DESC",
        f"SELECT 1 WHERE name = '{A.upper()}'{B.upper()}'",
        f"SELECT 1 WHERE name = E'{A}\\\\'{B}'",
        f"SELECT 1 WHERE name = '{A}\\'{B}'",
        f'SELECT 1 ORDER BY "{A}"{B}"',
        f"SELECT /* {A}*/{B} */ 1",
        f"SELECT 1 -- {A}\n{B}",
        f"SELECT U&'{A}'{B}'",
    ],
)
def test_what_ended_its_token_is_torn(statement: str) -> None:
    (sighting,) = sightings(section(statement))
    assert sighting.torn


@pytest.mark.parametrize(
    ("statement", "group"),
    [
        (f"SELECT 1 WHERE name = '{A}''{B}'", "string"),
        (f"SELECT 1 WHERE name = E'{A}\\'{B}'", "escape"),
        (f"SELECT 1 WHERE name =  E'{A}\\\\\\'{B}'", "escape"),
        (f"SELECT 1 WHERE data = '{{\"a\": [\"{A}''{B}\"]}}'::jsonb", "string"),
        (f"SELECT 1 WHERE tags = ARRAY['x', '{A}''{B}']", "string"),
        (f"SELECT $q${A}'{B}$q$", "dollar"),
        (f"SELECT to_tsquery('''{A}''''{B}''')", "string"),
        (f"SELECT 1 /* {A}'{B} */", "comment"),
        (f"SELECT 1 -- {A}'{B}", "line"),
        (f'SELECT 1 ORDER BY "{A}\'{B}"', "name"),
        (f"SELECT 1 ORDER BY {A}{B}", "word"),
    ],
)
def test_what_stays_one_token_is_whole(statement: str, group: str) -> None:
    (sighting,) = sightings(section(statement))
    assert (sighting.torn, sighting.group) == (False, group)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 WHERE name = $1",
        f"SELECT 1 WHERE name ILIKE '%{A}%' AND name ILIKE '%{B}%'",
        f"SELECT 1 /*controller='{A}%27{B}'*/",
        f"SELECT 1 WHERE name IN ('{A}', '{B}')",
        f"SELECT 1 WHERE name = '{A}&#39;{B}'",
    ],
    ids=["bound", "words", "sqlcommenter", "split", "entities"],
)
def test_what_is_not_the_payload_any_more_is_not_judged(statement: str) -> None:
    assert sightings(section(statement, parameters=(P.text,))) == ()


def test_a_session_that_does_not_conform_reads_backslashes() -> None:
    statement = f"SELECT 1 WHERE name = '{A}\\'{B}'"
    off = "SET standard_conforming_strings = off"
    (sighting,) = sightings(section(off, statement))
    assert not sighting.torn


def test_a_payload_is_read_from_its_text() -> None:
    for ending in ("'", "\\'", '"', "*/", "%_"):
        payload = Payload(A, ending)
        assert Payload.parse(payload.text) == payload
    assert Payload.parse("anything") is None
    assert Payload.parse(f"{A}'{A}") is None
