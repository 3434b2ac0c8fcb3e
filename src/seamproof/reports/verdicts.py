"""What all checks say of an operation, in one line, and what their reasons have in common."""

from __future__ import annotations

from collections.abc import Mapping

from seamproof.core.verdict import Outcome

_ORDER = (Outcome.VIOLATED, Outcome.INCONCLUSIVE, Outcome.NOT_RUN, Outcome.HELD)
"""What a person must know of comes first; what does not concern an operation is left out."""
_NAMED = 4
"""Checks that held, or have a reason in common, by name; more are counted."""


def parts(outcomes: Mapping[str, Outcome]) -> list[tuple[Outcome, str]]:
    """Each outcome with the checks that have it: `violated rollback`, `held trace`."""
    found: list[tuple[Outcome, str]] = []
    concerned = [each for each in outcomes.values() if each is not Outcome.SKIPPED]
    for outcome in _ORDER:
        names = [check for check, each in outcomes.items() if each is outcome]
        if not names:
            continue
        if outcome is not Outcome.VIOLATED and len(names) == len(concerned) > 1:
            found.append((outcome, str(outcome)))
        elif outcome is Outcome.HELD and len(names) > _NAMED:
            found.append((outcome, f"{outcome} {len(names)}"))
        else:
            found.append((outcome, f"{outcome} {', '.join(names)}"))
    return found or [(Outcome.SKIPPED, str(Outcome.SKIPPED))]


class Reasons:
    """Why checks did not judge operations; what is said alike is said once."""

    def __init__(self, checks: int, operations: int) -> None:
        self._checks = checks
        self._operations = operations
        self._gathered: dict[tuple[Outcome, str], dict[str, list[str]]] = {}

    def add(self, outcome: Outcome, reason: str, check: str, operation: str) -> None:
        """Take one reason."""
        by_check = self._gathered.setdefault((outcome, reason), {})
        by_check.setdefault(check, []).append(operation)

    def lines(self) -> list[str]:
        """A sentence for each reason."""
        found: list[str] = []
        for (outcome, reason), by_check in self._gathered.items():
            alike: dict[tuple[str, ...], list[str]] = {}
            for check, operations in by_check.items():
                alike.setdefault(tuple(operations), []).append(check)
            if outcome is Outcome.SKIPPED and len(alike) > 1 and len(by_check) > _NAMED:
                counts = [len(each) for each in alike]
                many = f"{min(counts)} to {max(counts)} operations each"
                found.append(f"{len(by_check)} checks {outcome}: {reason}: {many}")
                continue
            found += [
                f"{self._named(checks)} {outcome}: {reason}: {self._listed(outcome, operations)}"
                for operations, checks in alike.items()
            ]
        return found

    def _named(self, checks: list[str]) -> str:
        if len(checks) == self._checks > 1:
            return "every check"
        return ", ".join(checks) if len(checks) <= _NAMED else f"{len(checks)} checks"

    def _listed(self, outcome: Outcome, operations: tuple[str, ...]) -> str:
        if len(operations) == self._operations:
            return "every operation"
        if outcome is Outcome.SKIPPED and len(operations) > _NAMED:
            return f"{len(operations)} operations"
        return ", ".join(operations)
