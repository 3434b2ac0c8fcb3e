"""What one client has of its own on a session that it shares."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from seamproof.wire.postgres.messages import bound_values
from seamproof.wire.postgres.sharing.control import words

_NO_SETTINGS: Final = frozenset({"user", "database", "options", "replication"})
_OPTION: Final = re.compile(r"(?:-c\s*|--)([\w.]+)=((?:\\.|[^\s\\])*)")
_SETS: Final = re.compile(r"(?:SET|RESET) (?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)")
_CONFIGURES: Final = re.compile(r"\bset_config\s*\(", re.IGNORECASE)
_OF_THE_SESSION: Final = re.compile(r"SELECT (?:\w+\.)?SET_CONFIG ?\(.*, ?FALSE ?\)$")
_LOCAL: Final = re.compile(r"SET LOCAL\b")
_PARAMETER: Final = re.compile(rb"\$(\d+)")


@dataclass(eq=False, slots=True)
class Client:
    """One client: where its transaction is, and what it has made of its session."""

    number: int
    inbox: deque[tuple[int, bytes]] = field(default_factory=deque)
    """Messages that wait for its turn: type, bytes."""
    parameters: dict[str, str] = field(default_factory=dict)
    """Of its StartupMessage."""
    prepared: dict[bytes, bytes] = field(default_factory=dict)
    """The SQL of its prepared statements, by the name that it gave them."""
    portals: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    """The SQL of its portals, and the Bind messages."""
    open: bool = False
    """Whether it has begun a transaction."""
    placed: bool = False
    """Whether its savepoint is set."""
    wrote: bool = False
    """Whether its transaction may have changed something."""
    lost: bool = False
    """Whether what its transaction wrote was rolled back with everything."""
    skipping: bool = False
    """Whether it was refused: what it sends up to Sync is ignored."""
    settings: tuple[bytes, ...] = ()
    """What it has set for its session, as it said it."""
    fresh: tuple[bytes, ...] = ()
    """The same within its transaction: a rollback takes it back."""
    local: bool = False
    """Whether its transaction has set something for itself alone."""

    @property
    def user(self) -> str:
        """Who it says that it is."""
        return self.parameters.get("user", "")

    def renamed(self, name: bytes) -> bytes:
        """The name that the server knows one of its prepared statements by."""
        return b"seamproof_%d_%s" % (self.number, name)

    def dress(self) -> bytes:
        """What makes the session its own: who it is, and what it has set."""
        given = [(k, v) for k, v in self.parameters.items() if k not in _NO_SETTINGS]
        options = _OPTION.findall(self.parameters.get("options", ""))
        given += [(name, re.sub(r"\\(.)", r"\1", value)) for name, value in options]
        configured = (
            f"SELECT set_config({_literal(name)}, {_literal(value)}, false)".encode()
            for name, value in given
            if not name.startswith("_pq_.")
        )
        user = '"' + self.user.replace('"', '""') + '"'
        first = b"RESET SESSION AUTHORIZATION; RESET ALL"
        authorized = f"SET SESSION AUTHORIZATION {user}".encode()
        return b"; ".join((first, *configured, authorized, *self.settings))

    def note(self, sql: bytes, bound: bytes = b"") -> None:
        """Take a statement that has succeeded: it may have set something."""
        said = words(sql)
        if said.startswith("RESET ALL"):
            self.settings, self.fresh, self.local = (), (), True
        elif _SETS.match(said) or _OF_THE_SESSION.match(said):
            self.fresh = (*self.fresh, _filled(sql, bound).strip(b"; \n"))
        elif _LOCAL.match(said) or _CONFIGURES.search(sql.decode("utf-8", "replace")):
            self.local = True

    def keep(self) -> None:
        """Its transaction is committed."""
        kept = tuple(each for each in self.settings if each not in self.fresh)
        self.settings, self.fresh = kept + self.fresh, ()

    def undo(self) -> None:
        """Its transaction is rolled back."""
        self.fresh = ()


def _filled(sql: bytes, bound: bytes) -> bytes:
    """A statement with its parameters as literals."""
    values = bound_values(bound) if bound else ()

    def value(found: re.Match[bytes]) -> bytes:
        index = int(found[1]) - 1
        known = values[index] if index < len(values) else None
        return b"NULL" if known is None else _literal(known).encode()

    return _PARAMETER.sub(value, sql) if values else sql


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
