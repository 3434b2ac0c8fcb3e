"""The types of columns: their name and size, and what domains stand for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_TYPE = re.compile(
    r"^(?P<name>[^(\[]+?)(?:\((?P<sizes>[\d,\s]+)\))?(?P<rest>[a-z ]*)(?P<array>\[\])*$"
)

_DOMAINS = """
SELECT format_type(t.oid, NULL), format_type(t.typbasetype, t.typtypmod),
  (SELECT coalesce(array_agg(pg_get_expr(k.conbin, 0)), '{}') FROM pg_constraint k
    WHERE k.contypid = t.oid AND k.contype = 'c'),
  (SELECT coalesce(array_agg(e.enumlabel ORDER BY e.enumsortorder), '{}') FROM pg_enum e
    WHERE e.enumtypid = t.typbasetype)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'd' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type: `character varying`, its sizes, and whether it is an array of it."""

    name: str
    sizes: tuple[int, ...] = ()
    array: bool = False
    conditions: tuple[str, ...] = ()
    """Of a domain; the value in them is `VALUE`."""
    labels: tuple[str, ...] = ()
    """Of an enumeration below a domain."""

    @property
    def length(self) -> int | None:
        """The most characters of a text; None where any number is allowed."""
        textual = self.name in {"character varying", "character", "bit", "bit varying"}
        return self.sizes[0] if self.sizes and textual else None

    @property
    def json(self) -> bool:
        """Whether it holds any JSON value."""
        return self.name in {"json", "jsonb"} and not self.array


def plain(text: str) -> Kind:
    """A type as the catalog prints it, domains not looked up."""
    found = _TYPE.match(text)
    if found is None:
        return Kind(text)
    sizes = tuple(int(each) for each in found["sizes"].split(",")) if found["sizes"] else ()
    name = f"{found['name']}{found['rest'] or ''}".strip()
    return Kind(name, sizes, array=bool(found["array"]))


class Kinds:
    """The types of one database. Its domains are read when the first is met."""

    def __init__(self, connection: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connection = connection

    def of(self, text: str, labels: tuple[str, ...] = ()) -> Kind:
        """A column's type; of a domain, the type below it with its conditions."""
        kind = plain(text)
        if labels or kind.name in KNOWN:
            return kind
        below = self._domains.get(kind.name.rpartition(".")[2].strip('"'))
        if below is None:
            return kind
        inner = self.of(below.name)
        return Kind(
            inner.name,
            inner.sizes,
            inner.array or kind.array,
            (*inner.conditions, *below.conditions),
            below.labels,
        )

    @cached_property
    def _domains(self) -> dict[str, Kind]:
        from psycopg.rows import tuple_row

        with self._connection().cursor(row_factory=tuple_row) as cursor:
            rows = cursor.execute(_DOMAINS).fetchall()
        return {
            name.rpartition(".")[2].strip('"'): Kind(
                base, conditions=tuple(conditions), labels=tuple(labels)
            )
            for name, base, conditions, labels in rows
        }


_NUMBERS = "smallint,integer,bigint,numeric,real,double precision,money,oid,bit,bit varying"
_TEXTS = 'text,character varying,character,"char",name,citext,xml,tsvector,tsquery,ltree,hstore'
_TIMES = (
    "date,interval,timestamp without time zone,timestamp with time zone,time without time zone,"
    "time with time zone"
)
_OTHERS = (
    "boolean,uuid,json,jsonb,bytea,inet,cidr,macaddr,macaddr8,point,box,line,lseg,path,polygon,"
    "circle,int4range,int8range,numrange,tsrange,tstzrange,daterange"
)
KNOWN = frozenset(",".join((_NUMBERS, _TEXTS, _TIMES, _OTHERS)).split(","))
"""Types that are no domains."""
