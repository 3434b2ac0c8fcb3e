"""What is sent in place of a statement that begins or ends a transaction, or cannot be in one.

Rules:
- The server's transaction is ours. A client's own is the savepoint `SAVEPOINT`, which is there
  before its first statement: BEGIN finds it, COMMIT releases it and sets the next.
- Transactions follow one another, so every isolation level holds; only READ ONLY is set.
- Deferred constraints are checked at COMMIT, as the server does (manual, SET CONSTRAINTS).
- What only a commit brings about never happens: what would wait for it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import Final

SAVEPOINT: Final = b'"seamproof"'
RELEASE: Final = b"RELEASE SAVEPOINT " + SAVEPOINT
BEGIN: Final = b"SAVEPOINT " + SAVEPOINT
ROLLBACK: Final = b"ROLLBACK TO SAVEPOINT " + SAVEPOINT

UNSUPPORTED: Final = "0A000"
NO_TRANSACTION: Final = "25P01"

_LEAD: Final = re.compile(rb"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)+", re.DOTALL)
_MOST: Final = 300
"""Bytes of a statement that are looked at: what controls transactions is short."""
_BEGINS: Final = re.compile(r"(?:BEGIN|START TRANSACTION)\b")
_COMMITS: Final = re.compile(r"(?:COMMIT|END)\b(?! PREPARED)")
_ROLLS_BACK: Final = re.compile(
    r"(?:ROLLBACK|ABORT)\b(?! PREPARED)(?!(?: WORK| TRANSACTION)? TO\b)"
)
_CHAINS: Final = re.compile(r"\bAND CHAIN\b")
_SETS_MODES: Final = re.compile(r"SET (?:LOCAL |SESSION )?TRANSACTION (?!SNAPSHOT)")
_MODE: Final = re.compile(r"\bREAD (ONLY|WRITE)\b")
_FORGETS: Final = re.compile(r'DEALLOCATE (?:PREPARE )?("(?:[^"]|"")+"|\w+)', re.IGNORECASE)
_REFUSED: Final = re.compile(r"LISTEN\b|PREPARE TRANSACTION\b|(?:COMMIT|ROLLBACK) PREPARED\b")
_IN_BLOCK_ONLY: Final = re.compile(
    r"(SAVEPOINT|RELEASE|ROLLBACK TO|LOCK|DECLARE)\b(?!.* WITH HOLD\b)"
)


class Effect(Enum):
    """What becomes of the client's transaction by it."""

    NONE = 0
    OPENS = 1
    COMMITS = 2
    ROLLS_BACK = 3


@dataclass(frozen=True, slots=True)
class Instead:
    """Statements in the place of one. Its own reply is shown with a tag, those of others are not.

    `tags` has one for each statement of `sql`: None for a reply that is hidden, and nothing for one
    that is shown as it is.
    """

    sql: bytes
    tags: tuple[str | None, ...]
    effect: Effect = Effect.NONE
    chains: bool = False
    """Whether the next transaction begins where this one ends."""
    forgets: tuple[bytes, ...] = ()
    """The prepared statements of the client that are no more."""


@dataclass(frozen=True, slots=True)
class State:
    """What the translation depends on."""

    open: bool
    """Whether the client has begun a transaction."""
    failed: bool
    """Whether the server refuses everything until it is rolled back."""
    deferred: tuple[bytes, ...] = ()
    """What checks deferred constraints, and defers again what is deferred initially."""


def words(sql: bytes) -> str:
    """The beginning of a statement, as far as it tells what that is."""
    lead = _LEAD.match(sql)
    start = lead.end() if lead else 0
    text = sql[start : start + _MOST].decode("utf-8", "replace")
    return " ".join(text.split()).rstrip("; ").upper()


def instead_of(
    sql: bytes,
    state: State,
    rename: Callable[[bytes], bytes],
    prepared: Collection[bytes],
) -> Instead | None:
    """What is sent in place of one statement; None where it passes.

    `rename` gives the name that the server knows a prepared statement by, `prepared` are those of
    the client.
    """
    said = words(sql)
    if _BEGINS.match(said):
        tag = "BEGIN" if said.startswith("BEGIN") else "START TRANSACTION"
        return Instead(_modes(said), (tag,), Effect.OPENS)
    if _COMMITS.match(said):
        return _commit(said, state)
    if _ROLLS_BACK.match(said):
        return Instead(ROLLBACK, ("ROLLBACK",), Effect.ROLLS_BACK, _chains(said))
    if _SETS_MODES.match(said):
        return Instead(_modes(said), ("",))
    if said.startswith("DEALLOCATE"):
        return _forget(sql, said, rename, prepared)
    if _REFUSED.match(said):
        what = " ".join(said.split()[: 1 if said.startswith("LISTEN") else 2])
        return Instead(
            raising(
                UNSUPPORTED,
                f"{what} cannot be used where testing.isolation is transaction, because nothing is "
                "committed: use undo",
            ),
            ("",),
        )
    if not state.open and not state.failed and (only := _IN_BLOCK_ONLY.match(said)):
        what = {"LOCK": "LOCK TABLE", "DECLARE": "DECLARE CURSOR"}.get(only[1], only[1])
        problem = f"{what} can only be used in transaction blocks"
        return Instead(raising(NO_TRANSACTION, problem), ("",))
    return None


def controls(sql: bytes) -> bool:
    """Whether it takes its effect by others, which cannot be prepared in its place."""
    said = words(sql)
    found = (_BEGINS, _COMMITS, _ROLLS_BACK)
    return said.startswith("DEALLOCATE") or any(each.match(said) for each in found)


def raising(sqlstate: str, problem: str) -> bytes:
    """A statement that fails."""
    return (
        f"DO $seamproof$BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}', "
        f"MESSAGE = '{problem}'; END$seamproof$"
    ).encode()


def _modes(said: str) -> bytes:
    found = _MODE.findall(said)
    return f"SET TRANSACTION READ {found[-1] if found else 'WRITE'}".encode()


def _chains(said: str) -> bool:
    return bool(_CHAINS.search(said))


def _commit(said: str, state: State) -> Instead:
    if state.failed:
        return Instead(ROLLBACK, ("ROLLBACK",), Effect.ROLLS_BACK, _chains(said))
    sent = (*state.deferred, RELEASE, BEGIN)
    tags = (*(None for _ in sent[1:]), "COMMIT")
    return Instead(b"; ".join(sent), tags, Effect.COMMITS, _chains(said))


def _forget(
    sql: bytes, said: str, rename: Callable[[bytes], bytes], prepared: Collection[bytes]
) -> Instead | None:
    if said.removeprefix("DEALLOCATE ").removeprefix("PREPARE ") == "ALL":
        if not prepared:
            return Instead(_modes(""), ("DEALLOCATE ALL",))
        sent = [deallocate(rename(each)) for each in prepared]
        tags = (*(None for _ in sent[1:]), "DEALLOCATE ALL")
        return Instead(b"; ".join(sent), tags, forgets=tuple(prepared))
    lead = _LEAD.match(sql)
    found = _FORGETS.match(" ".join(sql[lead.end() if lead else 0 :].decode().split()))
    if found is None:
        return None
    name = found[1]
    plain = name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
    if plain.encode() not in prepared:
        return None
    return Instead(deallocate(rename(plain.encode())), ("",), forgets=(plain.encode(),))


def deallocate(name: bytes) -> bytes:
    """Forget a prepared statement."""
    return b'DEALLOCATE "' + name.replace(b'"', b'""') + b'"'
