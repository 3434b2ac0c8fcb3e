"""Every table emptied and filled again with what the base holds, as test suites often do it.

Costs what is stored. The journal is emptied with them, so that an undo finds nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import AsyncConnection, sql

from seamproof.core.catalog import Catalog
from seamproof.core.protocols import Address
from seamproof.database.postgres import journal
from seamproof.database.postgres.session import connect

_SEQUENCES = """
SELECT schemaname, sequencename, coalesce(last_value, start_value), last_value IS NOT NULL
  FROM pg_sequences ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Refill:
    """What the base holds, in this process's memory."""

    admin: Address
    tables: tuple[str, ...]
    contents: dict[str, bytes]
    sequences: tuple[tuple[str, str, int, bool], ...]

    @classmethod
    async def of(cls, admin: Address, catalog: Catalog) -> Refill:
        """Read everything that is stored now."""
        contents: dict[str, bytes] = {}
        async with await connect(admin) as connection:
            for table in catalog.tables:
                query = sql.SQL("COPY {} TO STDOUT").format(_identifier(table))
                content = bytearray()
                async with connection.cursor().copy(query) as copy:
                    async for block in copy:
                        content += block
                if content:
                    contents[table] = bytes(content)
            sequences = await (await connection.execute(_SEQUENCES)).fetchall()
        return cls(admin, tuple(catalog.tables), contents, tuple(sequences))

    async def run(self) -> None:
        """Bring it back, in one transaction."""
        async with await connect(self.admin) as connection, connection.transaction():
            names = sql.SQL(", ").join(map(_identifier, self.tables))
            await connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))
            for table, content in self.contents.items():
                await _fill(connection, table, content)
            for schema, name, last, called in self.sequences:
                sequence = sql.Identifier(schema, name).as_string(connection)
                await connection.execute("SELECT setval(%s, %s, %s)", (sequence, last, called))
            await connection.execute(journal.FORGET.encode())


async def _fill(
    connection: AsyncConnection[tuple[object, ...]], table: str, content: bytes
) -> None:
    query = sql.SQL("COPY {} FROM STDIN").format(_identifier(table))
    async with connection.cursor().copy(query) as copy:
        await copy.write(content)


def _identifier(table: str) -> sql.Identifier:
    schema, _, name = table.rpartition(".")
    return sql.Identifier(schema, name) if schema else sql.Identifier(name)
