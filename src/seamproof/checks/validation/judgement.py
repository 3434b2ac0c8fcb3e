"""What one answer to an invalid request is: right, or which defect.

4xx, nothing changed    right, whichever 4xx: 404 hides, 401 and 403 may come before validation;
                        what is kept for the request's idempotency key is its answer
4xx or 5xx, changed     written before validation
5xx                     unhandled; known to be the database's where it refused a statement
2xx                     right where only the database's rules or HTTP's say that it is invalid;
                        where the document forbids it, the rows say what it is
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from seamproof.analysis.intervals import sql
from seamproof.analysis.keys import beside_key
from seamproof.analysis.masks import Mask
from seamproof.analysis.phases import own_rows
from seamproof.analysis.trouble import RATE_LIMITED, died
from seamproof.checks.validation.classes import (
    ACCEPTED_INVALID,
    ENDED_BY_INPUT,
    MISROUTED,
    UNHANDLED_INPUT,
    WRITTEN_BEFORE_VALIDATION,
)
from seamproof.checks.validation.stored import Found, Kept, found
from seamproof.core.document import Place
from seamproof.core.history import (
    Changes,
    Crossing,
    DisturbanceKind,
    RowChange,
    Section,
    Silence,
)
from seamproof.core.probe import Probe, Source
from seamproof.core.subject import Subject
from seamproof.core.verdict import FindingClass, Tier

_FAILURE = 500
_UNAVAILABLE = 503
_NOT_IMPLEMENTED = 501
_REFUSED_DATA = ("22", "23")
"""Classes of SQLSTATE: data exception, integrity constraint violation (appendix A)."""
_NO_SUCH_CHARACTER = "22021"
"""Of a NUL byte or bytes that are no UTF-8, which some drivers refuse before the server does."""
_EVERYWHERE = frozenset(
    {
        "NUL byte",
        "huge number",
        "invalid UTF-8",
        "lone surrogate",
        "infinite number",
        "long header",
        "octets in header",
        "octets in credential",
        "malformed JSON",
        "duplicate key",
        "no body",
        "content type",
        "unknown path",
        "undeclared method",
    }
)
"""What one place of a service handles for all of its operations, or does not."""
_UNREADABLE = frozenset({"malformed JSON", "content type"})
"""Bodies that nobody can have read."""
_LENIENT = frozenset({"invalid UTF-8", "no body"})
"""What readers mend for all operations: U+FFFD for bytes that are none (Encoding Standard, section
4.1), and defaults for a body that is not there."""
_ADVISORY = frozenset({"format", "pattern", "type", "additionalProperties", "required", "null"})
"""What a lenient reader may mend, where it is not seen what it stored."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is wrong with one answer."""

    finding_class: FindingClass
    tier: Tier
    probe: Probe
    section: Section
    cause: str = ""
    left: tuple[RowChange, ...] = ()
    crossing: Crossing | None = None
    """The statement that the database refused."""
    stored: Found = field(default_factory=lambda: Found(Kept.UNKNOWN))

    @property
    def key(self) -> tuple[str, str]:
        """Equal for what is one defect of the operation."""
        return self.finding_class.name, self.cause

    @property
    def table(self) -> str:
        """The table that it is about."""
        return self.stored.table or min((each.table for each in self.left), default="")


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges the answers of one subject."""

    subject: Subject
    mask: Mask

    def rows(self, section: Section, before: Changes) -> tuple[RowChange, ...]:
        """The rows that a phase changed, as far as verdicts look at them."""
        return own_rows(section, before, self.mask)

    def taints(self, section: Section, rows: Iterable[RowChange]) -> bool:
        """Whether what comes behind a phase meets another state than the arranged one."""
        known = self.subject.profile.effects
        changed = any(row.old is not None or row.table in known or not known for row in rows)
        return changed or bool(section.disturbances) or bool(section.open_backends)

    def sight(self, probe: Probe, section: Section, rows: tuple[RowChange, ...]) -> Sight | None:
        """What is wrong with an answer, None where nothing is."""
        exchange = section.exchange
        status = exchange.status
        rows = beside_key(rows, exchange, self.subject.idempotency.header)
        if died(section):
            return Sight(ENDED_BY_INPUT, Tier.PROVEN, probe, section)
        if status is None:
            lost = exchange.silence in (Silence.CLOSED, Silence.TIMEOUT)
            return Sight(UNHANDLED_INPUT, Tier.SUSPECTED, probe, section) if lost else None
        if exchange.ok:
            return self._accepted(probe, section, rows)
        refused = self._refused_by_database(section)
        if rows and status >= 400:
            tier = self.sureness(status, rows)
            if tier is not Tier.NOTE or status < _FAILURE:
                return Sight(
                    WRITTEN_BEFORE_VALIDATION, tier, probe, section, left=rows, crossing=refused
                )
        if status < _FAILURE or status == _NOT_IMPLEMENTED:
            return None
        if status == _UNAVAILABLE and refused is None:
            return None
        tier = Tier.SUSPECTED if refused is None else Tier.PROVEN
        return Sight(
            UNHANDLED_INPUT, tier, probe, section, _cause(probe, refused), rows, crossing=refused
        )

    def sureness(self, status: int, left: Iterable[RowChange]) -> Tier:
        """How sure it is that no service means to keep these rows.

        A refusal may be recorded in a table of its own, and may count attempts in a row.
        """
        grown: Counter[str] = Counter()
        for row in left:
            grown[row.table] += (row.new is not None) - (row.old is not None)
        known = {t: count for t, count in grown.items() if t in self.subject.profile.effects}
        if any(count > 0 for count in known.values()) or (known and status >= _FAILURE):
            return Tier.PROVEN
        updated = any(count <= 0 for count in grown.values())
        return Tier.SUSPECTED if known or updated else Tier.NOTE

    def _refused_by_database(self, section: Section) -> Crossing | None:
        """The statement that the database refused for its data."""
        failed = [
            each
            for each in sql(section, self.subject.profile)
            if each.sqlstate and each.fault is None and each.sqlstate[:2] in _REFUSED_DATA
        ]
        return failed[0] if failed else None

    def _accepted(
        self, probe: Probe, section: Section, rows: tuple[RowChange, ...]
    ) -> Sight | None:
        if probe.source is Source.ROUTING and probe.constraint != "content type":
            if not rows:
                return None
            tier = Tier.SUSPECTED if self.subject.operation.mutates else Tier.NOTE
            return Sight(MISROUTED, tier, probe, section, left=rows)
        if probe.constraint in _UNREADABLE:
            if not rows:
                return None
            return Sight(ACCEPTED_INVALID, Tier.SUSPECTED, probe, section, left=rows)
        if probe.constraint in _LENIENT and rows:
            return Sight(ACCEPTED_INVALID, Tier.NOTE, probe, section, probe.constraint, rows)
        if probe.source is not Source.SCHEMA:
            return None
        if not rows:
            # What nothing was stored for may have been left out, as a filter that is unknown.
            return Sight(ACCEPTED_INVALID, Tier.NOTE, probe, section)
        where = found(probe, rows, self.subject.landing)
        return Sight(
            ACCEPTED_INVALID, _sureness_of(probe, where), probe, section, left=rows, stored=where
        )


def _sureness_of(probe: Probe, where: Found) -> Tier:
    if where.kept is Kept.AS_IT_IS:
        return Tier.PROVEN
    if where.kept is Kept.OTHERWISE:
        # What is no number at all was taken for one: that is no leniency.
        return Tier.SUSPECTED if probe.constraint == "type" else Tier.NOTE
    # A header that nobody reads is as if it had not been sent.
    ignored = probe.field.startswith(f"{Place.HEADER} ") and where.kept is Kept.UNKNOWN
    return Tier.NOTE if ignored or probe.constraint in _ADVISORY else Tier.SUSPECTED


def _cause(probe: Probe, refused: Crossing | None) -> str:
    """What several operations may have in common: one handler that is not there."""
    if refused is not None and refused.sqlstate != _NO_SUCH_CHARACTER:
        return f"SQLSTATE {refused.sqlstate}"
    return probe.constraint if probe.constraint in _EVERYWHERE else ""


def restless(section: Section) -> str:
    """Why nothing follows from a phase; empty where it can be judged."""
    if section.disturbed(DisturbanceKind.OURS):
        return "seamproof failed"
    if any(each.status == RATE_LIMITED for each in section.exchanges):
        return "429: a rate limiter counts outside the database"
    return ""
