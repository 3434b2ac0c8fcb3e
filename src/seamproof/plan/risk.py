"""Risk of an operation: what comes first when the time is short.

It adds up what was *seen* of one clean act, and what broke before. Each part has a weight, and a
line that says why; docs/explanation/risk.md has the same table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from seamproof.analysis.statements import locks
from seamproof.core.counting import counted
from seamproof.core.history import CrossingKind, History
from seamproof.core.model import SAFE_METHODS, Operation, Scenario

TRANSACTION = 3.0
"""A write transaction: between two of them half of an effect can remain."""
TABLE = 2.0
"""A table that is written: it must agree with the others."""
STATEMENT = 1.0
"""A statement that writes: a place to fail at."""
CALL = 4.0
"""A call to another service: it is in no transaction."""
LOCK = 2.0
"""A read that locks: somebody saw a race there before."""
IDENTITY = 2.0
"""Somebody else whose requests the act builds on."""
MONEY = 3.0
"""A column written that is named as money and quantities are."""
PERSON = 2.0
"""A column written that is named as what a person is known by."""
BROKE = 5.0
"""A finding of an earlier run, at most `MOST_BROKE` of them."""
MOST_BROKE = 4
CHURN = 0.5
"""A commit of the last three months to a file that names the path, at most `MOST_CHURN`."""
MOST_CHURN = 10
MUTATES, READS = 4.0, 0.5
"""What is assumed of an operation that was never seen, by its method."""

_MONEY = re.compile(
    r"amount|balance|price|total|cost|fee|credit|debit|stock|quantity|qty|quota|budget|points"
    r"|discount|tax|refund|currency|limit",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"e?mail|phone|password|passwd|first_?name|last_?name|full_?name|address|birth|ssn|iban|card"
    r"|passport|role|permission|token|secret",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Past:
    """What is known from before, by the operation's id."""

    findings: dict[str, int] = field(default_factory=dict)
    """Proven findings of earlier runs, each defect once."""
    commits: dict[str, int] = field(default_factory=dict)
    """Commits of the last three months to files that name the operation's path."""
    risks: dict[str, float] = field(default_factory=dict)
    """The figure that the operation had when it was last seen."""


@dataclass(frozen=True, slots=True)
class Risk:
    """A figure to order operations by, and what it is made of."""

    figure: float
    parts: tuple[str, ...] = ()
    """In words, the heaviest first: `2 write transactions`, `writes balance`."""


def risk(scenario: Scenario, clean: History, past: Past, ignored: Collection[str] = ()) -> Risk:
    """The risk of a scenario's operation, by its clean act. `ignored` tables do not count."""
    parts = [*_seen(scenario, clean, frozenset(ignored)), *_before(scenario.operation, past)]
    parts.sort(key=lambda part: -part[0])
    return Risk(round(sum(weight for weight, _ in parts), 2), tuple(text for _, text in parts))


def assumed(operation: Operation, past: Past) -> float:
    """The risk of an operation that this run has not seen: as it was, or by its method."""
    known = past.risks.get(operation.id)
    if known is not None:
        return known
    plain = READS if operation.method in SAFE_METHODS else MUTATES
    return round(plain + sum(weight for weight, _ in _before(operation, past)), 2)


def _seen(
    scenario: Scenario, clean: History, ignored: frozenset[str]
) -> Iterable[tuple[float, str]]:
    if not clean.sections:
        return
    section = clean.section
    rows = [each for each in section.changes.rows if each.table not in ignored]
    transactions = {each.transaction for each in rows}
    tables = sorted({each.table for each in rows})
    writes = sum(each.kind is CrossingKind.WRITE for each in section.crossings)
    calls = sum(each.kind is CrossingKind.CALL for each in section.crossings)
    locking = sum(
        each.kind is CrossingKind.READ and locks(each.statement) for each in section.crossings
    )
    others = {step.identity for step in scenario.arrangement} - {scenario.act.identity, None}
    columns = {
        name
        for each in rows
        for name, value in (each.new or each.old or {}).items()
        if each.old is None or each.new is None or each.old.get(name) != value
    }
    yield from _weighed(TRANSACTION, len(transactions), "write transaction")
    if tables:
        yield TABLE * len(tables), f"writes {_listed(tables)}"
    yield from _weighed(STATEMENT, writes, "statement that writes", "statements that write")
    yield from _weighed(CALL, calls, "call to another service", "calls to other services")
    yield from _weighed(LOCK, locking, "read that locks", "reads that lock")
    yield from _weighed(IDENTITY, len(others), "other identity", "other identities")
    for weight, pattern, kind in ((MONEY, _MONEY, "money"), (PERSON, _PERSON, "a person")):
        named = sorted(each for each in columns if pattern.search(each))
        if named:
            yield weight * len(named), f"{_listed(named)}: {kind}"


def _before(operation: Operation, past: Past) -> Iterable[tuple[float, str]]:
    broke = min(past.findings.get(operation.id, 0), MOST_BROKE)
    commits = past.commits.get(operation.id, 0)
    yield from _weighed(BROKE, broke, "finding before", "findings before")
    if commits:
        yield CHURN * min(commits, MOST_CHURN), counted(commits, "recent commit")


def _weighed(weight: float, count: int, one: str, many: str = "") -> Iterable[tuple[float, str]]:
    if count:
        yield weight * count, counted(count, one, many)


def _listed(names: list[str], shown: int = 3) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
