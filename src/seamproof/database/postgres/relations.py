"""The tables that are watched, as the database's own catalog describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.history import Row
from seamproof.database.postgres import rowtext
from seamproof.database.postgres.session import Connection, run

OURS = "seamproof_journal"
"""The schema in which our journal is."""
_LONGEST = 20_000
"""Characters of a trigger's function that are read."""

_LOAD = f"""
SELECT c.oid::int8, n.nspname, c.relname, c.relkind = 'r',
  (SELECT coalesce(json_agg(json_build_object(
       'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
       'nullable', NOT a.attnotnull, 'default', pg_get_expr(d.adbin, d.adrelid),
       'generated', a.attgenerated, 'identity', a.attidentity <> '',
       'values', (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)
                    FROM pg_enum e WHERE e.enumtypid = a.atttypid))
       ORDER BY a.attnum), '[]')
     FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT coalesce(json_agg(json_build_object(
       'kind', k.contype, 'columns', names.own, 'schema', rn.nspname, 'table', r.relname,
       'referenced', names.other, 'name', k.conname,
       'condition', CASE k.contype WHEN 'c' THEN pg_get_expr(k.conbin, k.conrelid) END)
       ORDER BY k.conname), '[]')
     FROM pg_constraint k
     LEFT JOIN pg_class r ON r.oid = k.confrelid
     LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
     CROSS JOIN LATERAL (SELECT
       (SELECT json_agg(a.attname ORDER BY u.nth) FROM unnest(k.conkey) WITH ORDINALITY u(num, nth)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num),
       (SELECT json_agg(a.attname ORDER BY u.nth) FROM unnest(k.confkey) WITH ORDINALITY u(num, nth)
          JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num)) names(own, other)
    WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'c')),
  (SELECT coalesce(json_agg(json_build_object('name', found.name, 'columns', found.columns)),
                   '[]') FROM (
     SELECT i.indexrelid::regclass::text AS name, (SELECT json_agg(a.attname ORDER BY u.nth)
               FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(num, nth)
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.num
              WHERE u.nth <= i.indnkeyatts) AS columns
       FROM pg_index i
      WHERE i.indrelid = c.oid AND i.indisunique AND NOT i.indisprimary
        AND i.indpred IS NULL AND i.indexprs IS NULL
      ORDER BY i.indexrelid) found),
  (SELECT coalesce(json_agg(t.tgname ORDER BY t.tgname), '[]') FROM pg_trigger t
     JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgrelid = c.oid AND t.tgenabled IN ('A', 'R')
      AND p.pronamespace IS DISTINCT FROM to_regnamespace('{OURS}')::oid),
  (SELECT coalesce(json_agg(left(p.prosrc, {_LONGEST}) ORDER BY t.tgname), '[]') FROM pg_trigger t
     JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
      AND p.pronamespace IS DISTINCT FROM to_regnamespace('{OURS}')::oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '{OURS}')
ORDER BY n.nspname, c.relname
"""


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """One table: how it is written in SQL, and what an undo must know of it."""

    oid: int
    sql: str
    """Its name, qualified and quoted."""
    table: Table
    stores_rows: bool
    """False for the parent of partitions."""
    virtual: frozenset[str] = frozenset()
    """Generated columns that are computed when they are read (PostgreSQL 18)."""
    stubborn: tuple[str, ...] = ()
    """The service's triggers that fire in replica role also, quoted."""

    @property
    def row(self) -> str:
        """An expression for the text of row `t`, the same that our trigger prints.

        A virtual column is null in a trigger and computed in a query, so it is left out of both.
        """
        if not self.virtual:
            return "(t.*)::text"
        parts = (
            "NULL" if column.name in self.virtual else f"t.{quoted(column.name)}"
            for column in self.table.columns
        )
        return f"ROW({', '.join(parts)})::text"

    @property
    def insertable(self) -> tuple[str, ...]:
        """The quoted names of the columns that an INSERT may set."""
        return tuple(quoted(column.name) for column in self.table.columns if not column.generated)

    def named(self, values: list[str | None]) -> dict[str, str | None]:
        """A printed row's fields by column, without those that are computed when read."""
        pairs = zip(self.table.columns, values, strict=False)
        return {column.name: value for column, value in pairs if column.name not in self.virtual}


def quoted(name: str) -> str:
    """An identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def display(schema: str, name: str, first_schema: str) -> str:
    """A table's name as everywhere in seamproof: qualified where not in the first schema."""
    return name if schema == first_schema else f"{schema}.{name}"


async def load(connection: Connection, first_schema: str) -> dict[int, Relation]:
    """Every table that the service could write, by oid. The parents of partitions are included."""
    cursor = await run(connection, _LOAD)
    return {row[0]: _relation(first_schema, row) for row in await cursor.fetchall()}


def _relation(first_schema: str, row: tuple[Any, ...]) -> Relation:
    oid, schema, name, stores_rows, columns, constraints, unique_indexes, *triggers = row
    stubborn, bodies = triggers
    keys = {kind: [c for c in constraints if c["kind"] == kind] for kind in ("p", "f", "c")}
    named = {c["name"]: tuple(c["columns"] or ()) for c in (*unique_indexes, *constraints)}
    table = Table(
        name=display(schema, name, first_schema),
        columns=tuple(
            Column(
                name=column["name"],
                type=column["type"],
                nullable=column["nullable"],
                default=None if column["generated"] else column["default"],
                generated=bool(column["generated"]),
                identity=column["identity"],
                values=tuple(column["values"] or ()),
            )
            for column in columns
        ),
        primary_key=tuple(keys["p"][0]["columns"]) if keys["p"] else (),
        uniques=tuple(tuple(index["columns"]) for index in unique_indexes),
        foreign_keys=tuple(
            ForeignKey(
                tuple(key["columns"]),
                display(key["schema"], key["table"], first_schema),
                tuple(key["referenced"]),
            )
            for key in keys["f"]
        ),
        constraints=named,
        conditions=tuple(key["condition"] for key in keys["c"]),
        triggers=tuple(bodies),
    )
    return Relation(
        oid=oid,
        sql=f"{quoted(schema)}.{quoted(name)}",
        table=table,
        stores_rows=stores_rows,
        virtual=frozenset(c["name"] for c in columns if c["generated"] == "v"),
        stubborn=tuple(quoted(trigger) for trigger in stubborn),
    )


def catalog(relations: dict[int, Relation]) -> Catalog:
    """The same as the rest of seamproof knows it."""
    return Catalog({relation.table.name: relation.table for relation in relations.values()})


def row(relation: Relation | None, text: str | None) -> Row | None:
    """A journaled row by column, or by number where its table is gone."""
    if text is None:
        return None
    values = rowtext.fields(text)
    if relation is None:
        return {str(number): value for number, value in enumerate(values, 1)}
    return relation.named(values)
