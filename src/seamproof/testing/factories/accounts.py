"""How a made row signs in: as a configured identity does whose row is in the same table.

The name that an identity signs in by stands in a column of its row, and what is made of its
password in another. A row that is made takes over the second, so that it has the same password, and
signs in by what it has in the first. That holds for hashes with their salt in them, as all usual
ones are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from psycopg import sql

from seamproof.config.identities import IdentityConfig
from seamproof.core.catalog import Table
from seamproof.core.errors import ConfigurationError
from seamproof.testing.factories.drafting import Source
from seamproof.testing.factories.inserting import Connection, identifier, quoted
from seamproof.testing.factories.made import Made
from seamproof.testing.factories.wording import secret

if TYPE_CHECKING:
    from seamproof.testing.engine import Engine
    from seamproof.testing.rows import Sessions

_TEXTUAL = ("text", "character varying", "citext")


HINT = (
    "a made row signs in with the password of a configured identity, whose stored form it has "
    "taken over; where the service keeps it otherwise, write [testing.sign_in]"
)
"""What to do where a service does not let a made row in."""
_MODELS: WeakKeyDictionary[Engine, dict[str, Model]] = WeakKeyDictionary()
"""By world and table, whom made rows sign in like."""


@dataclass(frozen=True, slots=True)
class Model:
    """Somebody who signs in, and the row."""

    identity: IdentityConfig
    sent: str
    """The name that is sent."""
    column: str
    """Where the row has it."""
    row: Mapping[str, Any]


def source(engine: Engine, sessions: Sessions) -> Source:
    """The database of a world, as factories need it."""
    premises = engine.premises

    @cache
    def model(name: str) -> Model | None:
        return _model(engine, sessions.connection, premises.catalog.tables[name])

    def password(table: Table, column: str) -> str | None:
        found = model(table.name)
        held = found.row.get(column) if found is not None else None
        return held if isinstance(held, str) else None

    return Source(
        premises.catalog, lambda: sessions.connection, premises.conductor.stored, password
    )


def identity(engine: Engine, row: Made) -> IdentityConfig:
    """How a made row signs in. Raises ConfigurationError where nothing says it."""
    from seamproof.testing.rows import Sessions

    name = Made.table_of(row)
    known = _MODELS.setdefault(engine, {})
    if name not in known:
        sessions = Sessions(engine)
        try:
            model = _model(engine, sessions.connection, engine.premises.catalog.tables[name])
        finally:
            sessions.close()
        if model is not None:
            known[name] = model
    found = known.get(name)
    if found is None:
        raise ConfigurationError(
            f"nothing says how a row of {name} signs in: what the identities send to sign in is in "
            "no row of that table",
            hint='write [testing.sign_in]: operation = "POST /login", '
            'body = { email = "{row.email}", password = "…" }',
        )
    return _renamed(found.identity, found.sent, row[found.column])


def _model(engine: Engine, connection: Connection, table: Table) -> Model | None:
    """The first identity that is found in a table by what it sends."""
    columns = [each for each in table.columns if each.type.startswith(_TEXTUAL)]
    names = [each.name for each in columns if not secret(each.name)]
    if not names:
        return None
    for each in engine.premises.identities.identities.values():
        for sent in _sent(each):
            conditions = [sql.SQL("{}::text = %s").format(quoted(name)) for name in names]
            query = sql.SQL("SELECT * FROM {} WHERE {} LIMIT 1").format(
                identifier(table.name), sql.SQL(" OR ").join(conditions)
            )
            row = connection.execute(query, [sent] * len(names)).fetchone()
            if row is not None:
                column = next(name for name in names if row[name] == sent)
                return Model(each, sent, column, row)
    return None


def _sent(identity: IdentityConfig) -> Iterator[str]:
    """The texts that somebody signs in by."""
    if identity.login is not None:
        yield from _texts(identity.login.body)
        yield from _texts(identity.login.form)
    elif identity.basic is not None:
        yield identity.basic.username
    elif identity.oauth2 is not None and identity.oauth2.username is not None:
        yield identity.oauth2.username


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if not secret(str(name)):
                yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _renamed(identity: IdentityConfig, sent: str, name: str) -> IdentityConfig:
    """The same for somebody with another name. It has its account already."""
    data = identity.model_dump(by_alias=True, exclude_unset=True)
    data.pop("register", None)
    for way in ("login", "basic", "oauth2"):
        if way in data:
            data[way] = _replaced(data[way], sent, name)
    return IdentityConfig.model_validate(data)


def _replaced(value: Any, sent: str, name: str) -> Any:
    if isinstance(value, str):
        return name if value == sent else value
    if isinstance(value, Mapping):
        return {
            key: each if secret(str(key)) else _replaced(each, sent, name)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_replaced(each, sent, name) for each in value]
    return value
