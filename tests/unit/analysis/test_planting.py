"""Where a canary can stand in a row, and what is written there."""

from __future__ import annotations

import json

import pytest

from seamproof.analysis.places import Place, form_of, inside
from seamproof.analysis.planting import edits, planted
from seamproof.core.canaries import Form, sighted
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.history import Row


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("text", Form.WORD),
        ("character varying(12)", Form.WORD),
        ("character varying(11)", None),
        ("uuid", Form.UUID),
        ("bigint", Form.NUMBER),
        ("integer", None),
        ("numeric", Form.NUMBER),
        ("numeric(15,0)", Form.NUMBER),
        ("numeric(16,2)", None),
        ("timestamp without time zone", Form.MOMENT),
        ("timestamp(3) with time zone", Form.MOMENT),
        ("timestamp(0) with time zone", None),
        ("date", None),
        ("double precision", None),
        ("jsonb", None),
    ],
)
def test_what_a_column_takes(kind: str, form: Form | None) -> None:
    assert form_of(Column("it", kind)) is form


def test_the_texts_inside_of_json() -> None:
    value = '{"a": {"b": ["x", 1, "y"]}, "c": "", "d": null}'
    places = inside(Column("it", "jsonb"), value)
    assert [(each.path, each.text, each.inner) for each in places] == [
        (("a", "b", 0), "x", "a.b"),
        (("a", "b", 2), "y", "a.b"),
    ]
    first, second = places
    assert first.made("t", "1") != second.made("t", "1")
    both = second.written(first.written(None, "one"), "two")
    assert json.loads(both) == {"a": {"b": ["one", 1, "two"]}, "c": "", "d": None}
    assert len(inside(Column("it", "text"), value)) == len(places)
    assert inside(Column("it", "character varying(9)"), value) == ()
    assert inside(Column("it", "text"), "[no json") == ()


KINDS = {
    "id": "uuid",
    "owner_id": "uuid",
    "voucher": "uuid",
    "serial": "bigint",
    "taken_at": "timestamp with time zone",
    "expires_at": "timestamp with time zone",
    "balance": "numeric",
    "checked": "bigint",
    "details": "jsonb",
    "title": "text",
}
TABLE = Table(
    "things",
    tuple(Column(name, kind) for name, kind in KINDS.items()),
    ("id",),
    uniques=(("checked",),),
    foreign_keys=(ForeignKey(("owner_id",), "users", ("id",)),),
)
ROW: Row = {
    "id": "6fa459ea-ee8a-4ca4-894e-db77e160355e",
    "owner_id": "6fa459ea-ee8a-4ca4-894e-db77e160355f",
    "voucher": "6fa459ea-ee8a-4ca4-894e-db77e1603550",
    "serial": "17",
    "taken_at": "2026-01-02 03:04:05+00",
    "expires_at": "2036-01-02 03:04:05+00",
    "balance": "3.50",
    "checked": "5",
    "details": '{"colour": "light blue", "state": "new", "page": "https://a.example"}',
    "title": "a thing",
}


def places(row: Row, *, read: bool) -> list[Place]:
    found = planted(Catalog({"things": TABLE}), [("things", row)], read=read)
    return [place for each in found for place in each.places]


def test_a_text_comes_first() -> None:
    assert [each.column for each in places(ROW, read=True)] == ["title"]


def test_a_row_without_one_takes_the_others_where_it_is_only_read() -> None:
    plain = {**ROW, "title": None}
    assert places(plain, read=False) == []
    assert [each.column for each in places(plain, read=True)] == ["voucher", "taken_at"]
    plain |= {"voucher": None, "taken_at": None}
    assert [(e.column, e.inner) for e in places(plain, read=True)] == [
        ("serial", ""),
        ("details", "colour"),
    ]
    plain |= {"serial": None, "details": '{"state": "new"}'}
    assert places(plain, read=True) == [], "keys, references, limits and amounts stay"


def test_they_are_written_as_their_columns_take_them() -> None:
    catalog = Catalog({"things": TABLE})
    found = planted(catalog, [("things", {**ROW, "title": None, "voucher": None})], read=True)
    (edit,) = edits(catalog, found)
    assert edit.old == {"id": ROW["id"]}
    assert set(edit.new or {}) == {"taken_at", "serial"}
    assert {one for text in (edit.new or {}).values() for one in sighted(text or "")} == set(
        found[0].canaries
    )
    assert found[0].sorts
    assert not found[0].words
