"""Who is let in to what: as it was seen, and as a person has reviewed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from seamproof.core.model import Operation


class Admission(StrEnum):
    """What came of a request for somebody who sent it."""

    ALLOWED = "allowed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AuthorizationPolicy:
    """What the user says of who may do what."""

    shared: tuple[str, ...] = ()
    """Tables, or operations as globs, whose objects are everybody's who signs in."""
    public: tuple[str, ...] = ()
    """Operations, as globs, that let anybody in."""
    admins: tuple[str, ...] = ()
    """Roles that may use the objects of everybody in their tenant."""

    def shares(self, name: str) -> bool:
        """Whether the objects of a table, or of an operation, are everybody's."""
        return any(fnmatchcase(name, each) for each in self.shared)

    def opens(self, operation: Operation) -> bool:
        """Whether an operation lets anybody in."""
        return any(fnmatchcase(operation.id, each) for each in self.public)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of a scenario as it was sent by somebody."""

    scenario: str
    operation: str
    identity: str
    """Who sent it; empty for nobody."""
    standing: str
    """What they are to the one whom the scenario is written for: `another member`, `admin`,
    `member of another tenant`, `nobody`."""
    status: int | None
    wrote: bool = False
    """Whether rows were changed."""

    @property
    def admission(self) -> Admission | None:
        """Whether they were let in; None where the answer is about something else."""
        if self.status is not None and 200 <= self.status < 300:
            return Admission.ALLOWED
        return Admission.REFUSED if self.status in {401, 403, 404} else None


@dataclass(frozen=True, slots=True)
class Access:
    """Everybody at every operation."""

    attempts: tuple[Attempt, ...] = ()
    """As they were seen in this run, before any check."""
    reviewed: dict[str, dict[str, Admission]] = field(default_factory=dict)
    """By operation and standing, as the project's file has it."""
    confirmed: bool = True
    """Whether a person has read that file. What was only seen once may be a defect of then."""

    @property
    def matrix(self) -> dict[str, dict[str, Admission]]:
        """By operation and standing, what was seen: let in once is let in."""
        found: dict[str, dict[str, Admission]] = {}
        for each in self.attempts:
            if each.admission is not None:
                cells = found.setdefault(each.operation, {})
                if cells.get(each.standing) is not Admission.ALLOWED:
                    cells[each.standing] = each.admission
        return found
