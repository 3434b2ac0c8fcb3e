"""A stored session whose end is past: is who has its credential let in all the same?

its rows as they are       the control: it is let in
its rows deleted           it must be refused; else they are not what lets it in
their end set to the past  it must be refused as well

A token that says its own end is no stored session: its row may say when something else ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from seamproof.analysis.confirm import replay_all
from seamproof.analysis.ownership import Ownership, as_text
from seamproof.analysis.statements import names
from seamproof.analysis.trouble import trouble
from seamproof.checks.authentication.classes import EXPIRED_SESSION
from seamproof.checks.authentication.inquiry import Inquiry
from seamproof.checks.authentication.report import Case, violated
from seamproof.core.catalog import Column, Table
from seamproof.core.experiment import Act, Credential, RowEdit
from seamproof.core.history import History, Row
from seamproof.core.model import Json
from seamproof.core.protocols import Exploration
from seamproof.core.secrecy import REDACTED
from seamproof.core.verdict import Tier, Verdict

_SESSIONS = re.compile(r"session|token|api_?key|access_?key|login|credential", re.I)
_END = re.compile(r"(^|_)expir\w*|^valid_?(until|till|to)$", re.I)
_OF_ELSE = re.compile(r"refresh|reset|verif|confirm|grace", re.I)
"""Words of columns that say when something else ends than the session."""
_PAST = "2001-09-09 01:46:40"
_PAST_SECONDS = 1_000_000_000
"""The same since 1970."""
_MILLISECONDS = 100_000_000_000
"""From here on a number of seconds would be one of the year 5138: it is of milliseconds."""


@dataclass(frozen=True, slots=True)
class _Sessions:
    """A table of sessions, and its rows that may be the owner's."""

    table: str
    column: str
    """What says when one ends."""
    deleted: tuple[RowEdit, ...]
    expired: tuple[RowEdit, ...]


def lapsed(inquiry: Inquiry) -> Exploration[tuple[Verdict | None, str]]:
    """The finding, and what is to be said of sessions where there is none."""
    kinds = inquiry.subject.credentials.get(inquiry.subject.scenario.act.identity or "", ())
    if Credential.UNSIGNED in kinds:
        if Credential.EXPIRED in kinds:
            return None, ""
        return (
            None,
            "; an expired one was not tried: it has no end, or we know no key to sign it with",
        )
    act = Act(inquiry.subject.scenario.act, credential=Credential.REUSED)
    for sessions in _kept(inquiry):
        gone: History = yield inquiry.experiment([act], "its session deleted", sessions.deleted)
        if trouble(gone) or inquiry.does(gone.section):
            continue
        experiment = inquiry.experiment([act], "its session expired", sessions.expired)
        history: History = yield experiment
        if trouble(history):
            continue
        if not inquiry.does(history.section):
            return None, "; and where its session has expired"

        def shows(each: History) -> bool:
            return inquiry.does(each.section)

        (confirmed,) = yield from replay_all(
            inquiry.subject, experiment, (shows,), inquiry.passes, (history,)
        )
        case = Case(
            EXPIRED_SESSION,
            Tier.PROVEN if inquiry.known_by_wire else Tier.SUSPECTED,
            _without_keys(history),
            inquiry.telling(history.section),
            cause="session expired",
            table=sessions.table,
            facts={"column": f"{sessions.table}.{sessions.column}"},
        )
        return violated(inquiry.subject, case, confirmed, inquiry.clean), ""
    return None, "; that its session ends was not tried: no row that lets it in says when"


def _kept(inquiry: Inquiry) -> Iterator[_Sessions]:
    """The tables of sessions that the act reads, whose rows say when they end."""
    subject = inquiry.subject
    ownership = Ownership.of(subject.catalog, subject.stored, subject.identities)
    owner = subject.scenario.act.identity or ""
    read = {name for each in inquiry.clean.section.crossings for name in names(each.statement)}
    bare = {each.rpartition(".")[2] for each in read}
    for name, table in subject.catalog.tables.items():
        word = name.rpartition(".")[2]
        ends = [each for each in table.columns if _is_end(each, table)]
        if not (ends and table.primary_key and word in bare and _SESSIONS.search(word)):
            continue
        deleted: list[RowEdit] = []
        expired: list[RowEdit] = []
        for row in subject.stored.get(name, ()):
            said: Row = {each.name: past for each in ends if (past := _past(each, row))}
            owned = ownership.belonging(name, as_text(row))
            if said and (not owned.people or ownership.mine(owner, owned)):
                key: Row = {column: str(row.get(column)) for column in table.primary_key}
                deleted.append(RowEdit(name, key))
                expired.append(RowEdit(name, key, said))
        if expired:
            yield _Sessions(name, ends[0].name, tuple(deleted), tuple(expired))


def _without_keys(history: History) -> History:
    """The same, to be told of: the key of a session is often the credential itself."""
    edits = tuple(
        replace(each, old=dict.fromkeys(each.old or {}, f"{REDACTED}key>"))
        for each in history.experiment.edits
    )
    return replace(history, experiment=replace(history.experiment, edits=edits))


def _is_end(column: Column, table: Table) -> bool:
    """Whether a column says when a session ends, and can be set to any time."""
    named = _END.search(column.name) and not _OF_ELSE.search(column.name)
    ruled = any(column.name in each for each in table.conditions)
    return bool(named) and not column.generated and not ruled


def _past(column: Column, row: Mapping[str, Json]) -> str | None:
    """The end of a session, long ago, as the column writes it; None where it has none."""
    value = row.get(column.name)
    if value is None or isinstance(value, bool):
        return None
    if column.type.startswith(("timestamp", "date")):
        return f"{_PAST}+00" if column.type.endswith("with time zone") else _PAST
    if isinstance(value, int | float) and value >= _PAST_SECONDS:
        return str(_PAST_SECONDS * 1000 if value >= _MILLISECONDS else _PAST_SECONDS)
    return None
