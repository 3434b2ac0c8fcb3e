"""Values that the column of a field cannot hold, where the document allows them.

The service is to refuse them with a 4xx of its own: what the database refuses ends as a 500.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from seamproof.analysis.landing import Landing, column_of
from seamproof.analysis.refusals import ComplaintKind
from seamproof.analysis.refusals.conditions import meaning
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import Act
from seamproof.core.model import Json, Step
from seamproof.core.probe import Probe, Source
from seamproof.plan.generation.judging import Judge
from seamproof.plan.generation.keywords import is_number
from seamproof.plan.probing.schema import Wrong, forbidden, longer
from seamproof.plan.probing.spots import Spot, with_value

_LENGTH = re.compile(r"^(?:character varying|character|varchar|char|bpchar)\((\d+)\)$")
_NUMERIC = re.compile(r"^numeric\((\d+),(-?\d+)\)$")
_INTEGERS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_NO_SUCH = {"smallint": 32_766, "integer": 2_147_483_646, "bigint": 9_000_000_000_000_000}
"""Keys that no row has."""
_NO_UUID = "5e000000-0000-4000-8000-00000000face"
_MALFORMED = {
    "uuid": "not-a-uuid",
    "date": "2021-02-30",
    "timestamp without time zone": "2021-02-30T25:61:00Z",
    "timestamp with time zone": "2021-02-30T25:61:00Z",
    "inet": "999.1.1.1",
}
_LONGEST = 20_000


def probes(
    act: Step, spots: Iterable[Spot], judge: Judge, catalog: Catalog, landing: Landing
) -> Iterator[Probe]:
    """An invalid request for each constraint of a field's column that the document leaves out."""
    for spot in spots:
        known = landing.get(spot.name)
        if known is None or isinstance(spot.value, dict | list):
            continue
        table, column = catalog.tables[known[0]], column_of(catalog, *known)
        if column is None:
            continue
        for wrong in _wrong(spot, table, column):
            if not forbidden(spot, wrong.value, judge):
                yield Probe(
                    Act(with_value(act, spot, wrong.value)),
                    Source.CATALOG,
                    wrong.constraint,
                    spot.name,
                    f"{table.name}.{column.name} {wrong.says}",
                )


def _wrong(spot: Spot, table: Table, column: Column) -> Iterator[Wrong]:
    if key := next((k for k in table.foreign_keys if k.columns == (column.name,)), None):
        yield from _foreign(column, key.references, spot.value)
    elif length := _LENGTH.match(column.type):
        yield from _longer(int(length[1]), spot)
    elif column.values:
        shown = ", ".join(column.values[:6])
        yield Wrong("enum", "none-of-these", f"is one of {shown}")
    elif column.type in _INTEGERS:
        yield Wrong("range", _INTEGERS[column.type], f"is {_a(column.type)}")
    elif numeric := _NUMERIC.match(column.type):
        digits = int(numeric[1]) - int(numeric[2])
        yield Wrong("range", _alike(10**digits, spot.value), f"is {_a(column.type)}")
    elif column.type in _MALFORMED:
        yield Wrong("format", _MALFORMED[column.type], f"is {_a(column.type)}")
    for condition in table.conditions:
        if re.search(rf"\b{re.escape(column.name)}\b", condition):
            yield from _refused(condition, column, spot.value)
    if not column.nullable and not spot.written:
        yield Wrong("not null", None, "is NOT NULL")


def _foreign(column: Column, references: str, sent: Json) -> Iterator[Wrong]:
    says = f"names a row of {references}"
    if column.type in _NO_SUCH:
        yield Wrong("foreign key", _alike(_NO_SUCH[column.type], sent), says)
    elif column.type == "uuid":
        yield Wrong("foreign key", _NO_UUID, says)
    elif isinstance(sent, str):
        length = _LENGTH.match(column.type)
        yield Wrong("foreign key", "NOSUCHKEY"[: int(length[1])] if length else "NOSUCHKEY", says)


def _longer(length: int, spot: Spot) -> Iterator[Wrong]:
    if length > _LONGEST or (spot.kinds and "string" not in spot.kinds):
        return
    text = spot.value if isinstance(spot.value, str) and "{" not in spot.value else ""
    yield Wrong("length", longer(text, length), f"has {length} characters")


def _refused(condition: str, column: Column, sent: Json) -> Iterator[Wrong]:
    """What a CHECK refuses, where its meaning is plain."""
    found = meaning(condition, column.name)
    if found is None:
        return
    kind, wanted = found
    says = f"has CHECK {condition}"
    if kind is ComplaintKind.CHOICE:
        yield Wrong("check", "none-of-these", says)
    elif not is_number(wanted):
        return
    elif kind is ComplaintKind.TOO_SMALL:
        yield Wrong("check", _alike(wanted - 1, sent), says)
    elif kind is ComplaintKind.TOO_LARGE:
        yield Wrong("check", _alike(wanted + 1, sent), says)
    elif kind is ComplaintKind.TOO_LONG and wanted < _LONGEST:
        yield Wrong("check", "x" * (wanted + 1), says)
    elif kind is ComplaintKind.TOO_SHORT and wanted > 0:
        yield Wrong("check", "x" * (wanted - 1), says)


def _alike(number: float, sent: Json) -> Json:
    """A number, as a text where the act sends one."""
    return str(number) if isinstance(sent, str) else number


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
