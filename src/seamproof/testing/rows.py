"""`db`: rows of the service's database as a test sees them, past the service.

    db.one("SELECT * FROM orders WHERE id = %s", 7)["total"]
    with db.changes() as changed: ...
    db.eventually(lambda: db.count("mails") == 1)

It is a session of its own with the rights of a superuser, so row-level security hides nothing. What
it writes is taken back after the test as what the service writes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from seamproof.core.history import Changes, RowChange
from seamproof.database.postgres.session import conninfo
from seamproof.run import private
from seamproof.testing.changed import Changed
from seamproof.testing.engine import rest
from seamproof.testing.values import Values

if TYPE_CHECKING:
    from seamproof.core.catalog import Catalog
    from seamproof.testing.engine import Engine
    from seamproof.world import World

T = TypeVar("T")
Row = dict[str, Any]

_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.1


class Sessions:
    """The connection that the tests of one process share. It is opened anew where it was ended."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: psycopg.Connection[Row] | None = None

    @property
    def connection(self) -> psycopg.Connection[Row]:
        """psycopg's own connection, in autocommit mode."""
        if self._connection is None or self._connection.closed:
            self._connection = self._open()
        return self._connection

    def _open(self) -> psycopg.Connection[Row]:
        path = ",".join(self._engine.config.database.search_path)
        options = f"-c search_path={path}" if path else None
        return psycopg.connect(
            conninfo(self._engine.admin, application_name="seamproof-tests"),
            options=options,
            autocommit=True,
            row_factory=dict_row,
        )

    def close(self) -> None:
        """End it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Db:
    """The rows of one test. Parameters of SQL are psycopg's: `%s`, or `%(name)s` with a mapping."""

    def __init__(
        self,
        engine: Engine,
        sessions: Sessions,
        ignored: Collection[str] = (),
        quiet: Callable[[World], Awaitable[None]] = rest,
    ) -> None:
        self._quiet = quiet
        self._engine = engine
        self._sessions = sessions
        self._ignored = frozenset(ignored)

    # Rows

    @property
    def connection(self) -> psycopg.Connection[Row]:
        """psycopg's own connection, for what is not here: COPY, transactions, notifications."""
        return self._sessions.connection

    @property
    def url(self) -> str:
        """Where the database is, past the SQL boundary: for a session of another library. What it
        commits is taken back after the test as well.
        """
        return self._engine.admin.url()

    def rows(self, query: str, /, *parameters: Any, **named: Any) -> list[Row]:
        """Every row of a query; of a table, `rows("orders")`, in the order of its key."""
        return self._run(query, parameters, named).fetchall()

    def one(self, query: str, /, *parameters: Any, **named: Any) -> Row:
        """The only row of a query or a table. Raises AssertionError where there is not just one."""
        found = self.rows(query, *parameters, **named)
        if len(found) != 1:
            raise AssertionError(f"expected one row, got {len(found)}: {query}")
        return found[0]

    def value(self, query: str, /, *parameters: Any, **named: Any) -> Any:
        """The first column of the only row."""
        return next(iter(self.one(query, *parameters, **named).values()))

    def count(self, table: str, /, **columns: Any) -> int:
        """How many rows a table has, with these values."""
        return int(self.value(*self._counting(table, columns)))

    def execute(self, query: str, /, *parameters: Any, **named: Any) -> int:
        """Run a statement, and return how many rows it wrote."""
        return max(0, self._run(query, parameters, named).rowcount)

    def _run(
        self, query: str, parameters: Sequence[Any], named: Mapping[str, Any]
    ) -> psycopg.Cursor[Row]:
        if parameters and named:
            raise TypeError("parameters are either in their order or by name")
        if not query.strip().count(" ") and query in self._catalog.tables:
            return self.connection.execute(self._whole(query))
        values: Any = named or parameters or None
        return self.connection.execute(query.encode(), values)

    def _whole(self, table: str) -> sql.Composed:
        key = sql.SQL(", ").join(map(sql.Identifier, self._catalog.key_of(table)))
        query = (
            "SELECT * FROM {} ORDER BY {}" if self._catalog.key_of(table) else "SELECT * FROM {}"
        )
        return sql.SQL(query).format(_identifier(table), key)

    def _counting(self, table: str, columns: Mapping[str, Any]) -> tuple[Any, ...]:
        if table not in self._catalog.tables:
            known = ", ".join(sorted(self._catalog.tables))
            raise LookupError(f"there is no table {table!r}; there are: {known}")
        conditions: list[sql.Composable] = [
            sql.SQL("{} IS NOT DISTINCT FROM %s").format(sql.Identifier(name)) for name in columns
        ] or [sql.SQL("true")]
        query = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(
            _identifier(table), sql.SQL(" AND ").join(conditions)
        )
        return query.as_string(self.connection), *columns.values()

    @cached_property
    def _catalog(self) -> Catalog:
        return self._engine.premises.catalog

    # What changed

    @contextmanager
    def changes(self, *, ignore: Collection[str] = ()) -> Iterator[Changed]:
        """What changes in the block, known at its end: rows inserted, updated and deleted.

        Tables in `ignore` are left out, and those of `testing.ignore`.
        """
        before = self._written()
        changed = Changed()
        yield changed
        hidden = self._ignored | frozenset(ignore)
        fresh = tuple(each for each in _later(self._written(), before) if each.table not in hidden)
        changed.settle(Changes(fresh), self._catalog, Values(self._catalog))

    @contextmanager
    def unchanged(self, *, ignore: Collection[str] = ()) -> Iterator[None]:
        """Nothing may change in the block. Raises AssertionError with what did."""
        with self.changes(ignore=ignore) as changed:
            yield
        if lines := changed.differences({}):
            raise AssertionError(
                "\n".join(["expected no change", *(f"  {each}" for each in lines)])
            )

    def _written(self) -> tuple[RowChange, ...]:
        """Every row written since the test began, once the service is at rest."""

        async def written(world: World) -> tuple[RowChange, ...]:
            await self._quiet(world)
            return (await self._engine.changes()).rows

        return self._engine.call(written)

    # In time

    def eventually(self, check: Callable[[], T], *, within: float = 5.0, message: str = "") -> T:
        """Wait until a function returns something true, or stops raising AssertionError.

        Returns what it returned. Raises AssertionError after `within` seconds. It is asked often at
        first and then less: no test sleeps longer than what it waits for takes.
        """
        __tracebackhide__ = True
        deadline, pause = time.monotonic() + within, _FIRST_PAUSE
        while True:
            failure: AssertionError | None = None
            try:
                found = check()
                if found or found is None:
                    return found
                last = f"it is {found!r}"
            except AssertionError as error:
                failure, last = error, str(error)
            if time.monotonic() >= deadline:
                what = message or "not as expected"
                raise AssertionError(f"{what} within {within:g} s: {last}") from failure
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    # Snapshots

    def snapshot(self, path: str | Path, *tables: str) -> Path:
        """Write the rows of these tables, or of all, to a JSON file that only its owner reads."""
        chosen = tables or tuple(sorted(self._catalog.tables))
        content = {each: self.rows(each) for each in chosen}
        target = Path(path)
        private.write(target, json.dumps(content, indent=1, default=str, sort_keys=True))
        return target


def _identifier(table: str) -> sql.Identifier:
    """A table's name as everywhere in seamproof: qualified by its schema, or in the first one."""
    schema, _, name = table.rpartition(".")
    return sql.Identifier(schema, name) if schema else sql.Identifier(name)


def _later(now: Sequence[RowChange], before: Sequence[RowChange]) -> Iterator[RowChange]:
    """What was written since: the journal has no order, and only grows while a test runs."""
    known: dict[str, int] = {}
    for each in before:
        known[repr(each)] = known.get(repr(each), 0) + 1
    for each in now:
        key = repr(each) if known else ""
        if known.get(key, 0):
            known[key] -= 1
        else:
            yield each
