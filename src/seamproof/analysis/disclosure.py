"""What an error's answer says of the inside of a service: its SQL, its code, its files.

What the database was asked and what it answered is known from the wire, so a text of either in an
answer is no guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from seamproof.core.history import Crossing, Exchange, Section
from seamproof.core.leaves import json_leaves

_LEAST = 20
"""Characters of a statement that nobody writes by chance."""
_LEAST_MESSAGE = 15
_RAISED = "P0"
_INTEGRITY = "23"
_VIOLATES = re.compile(r"violates|duplicate key")
_VALUE = re.compile(r"[$'\"]|(?<![\w.])\d")
"""Where a statement begins to depend on how its values are bound."""
_SPACE = re.compile(r"\s+")
_DRIVER = re.compile(
    r"\b(?:psycopg2?\.errors\.\w+|asyncpg\.exceptions\.\w+|sqlalchemy\.exc\.\w+"
    r"|django\.db\.utils\.\w+|Sequelize\w*Error|QueryFailedError|PrismaClient\w+Error"
    r"|PG::[A-Z]\w+|ActiveRecord::[A-Z]\w+|SQLSTATE\[\w+\]|java\.sql\.\w+"
    r"|org\.(?:postgresql|hibernate|jooq)\.[\w.]+|Npgsql\.\w+Exception|pgconn\.PgError)"
)
_TRACE = re.compile(
    r"Traceback \(most recent call last\)"
    r'|File "[^"\n]+", line \d+'
    r"|\bat [\w.$<>\[\] ]{1,80} ?\((?:file://)?[^()\s]+:\d+:\d+\)"  # V8
    r"|\bat (?:async )?(?:file://)?/[^\s:]+:\d+:\d+"
    r"|\bat [\w.$]+\([\w$]+\.(?:java|kt|scala):\d+\)"
    r"|\.rb:\d+:in [`']"
    r"|#\d+ /\S+\.php\(\d+\)"
    r"|goroutine \d+ \[running\]"
    r"|\bin /\S+\.cs:line \d+"
)
_FILE = re.compile(
    r"(?<![\w/.:-])/(?:usr|home|opt|var|srv|app|root|tmp|Users|code|workspace)/[\w./@+-]{1,200}"
    r"\.(?:py|js|mjs|cjs|ts|rb|java|php|go|cs|rs|so)\b"
)


class Inside(StrEnum):
    """What an answer tells."""

    DATABASE = "the database's error"
    TRACE = "a stack trace"
    FILE = "a path of a file"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Something of the inside in an answer."""

    inside: Inside
    text: str
    """The words that tell it."""
    crossing: Crossing | None = None
    """The statement that is told of."""


def disclosures(section: Section) -> Iterator[tuple[Exchange, Disclosure]]:
    """What the answers of a section tell that are errors, each kind once an answer."""
    for exchange in section.exchanges:
        if exchange.status is None or exchange.status < 400 or not exchange.response:
            continue
        text = _said(exchange.response.body)
        for each in _told(text, section.crossings):
            yield exchange, each


def _told(text: str, crossings: Iterable[Crossing]) -> Iterator[Disclosure]:
    if not text:
        return
    database = _of_database(text, crossings)
    if database is not None:
        yield database
    trace = _TRACE.search(text)
    if trace is not None:
        yield Disclosure(Inside.TRACE, trace[0])
    elif (file := _FILE.search(text)) is not None:
        yield Disclosure(Inside.FILE, file[0])


def _of_database(text: str, crossings: Iterable[Crossing]) -> Disclosure | None:
    folded = _SPACE.sub(" ", text)
    for each in crossings:
        statement = _SPACE.sub(" ", each.statement)
        edge = _VALUE.search(statement)
        beginning = (statement[: edge.start()] if edge else statement).strip()
        if len(beginning) >= _LEAST and beginning in folded:
            return Disclosure(Inside.DATABASE, beginning, each)
        said = (each.message or "").partition("\n")[0]
        if len(said) >= _LEAST_MESSAGE and said in text and not _meant(each.sqlstate or "", said):
            return Disclosure(Inside.DATABASE, said, each)
    named = _DRIVER.search(text)
    return None if named is None else Disclosure(Inside.DATABASE, named[0])


def _meant(sqlstate: str, said: str) -> bool:
    """Whether a function of the database says it, by RAISE, to be told to clients: with a code of
    its own (PostgreSQL, appendix A), or as a violation that the server words otherwise."""
    if sqlstate.startswith(_RAISED):
        return True
    return sqlstate.startswith(_INTEGRITY) and not _VIOLATES.search(said)


def _said(body: bytes) -> str:
    """What an answer says, without JSON's escapes."""
    text = body.decode("utf-8", "replace")
    found = json_leaves(text)
    return text if found is None else "\n".join(value for _, value in found if value)
