"""What to try for one failing step, the likeliest and smallest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from seamproof.analysis.refusals import Complaint
from seamproof.core.document import Declaration
from seamproof.core.model import Step
from seamproof.plan.healing.edits import Edit, applied
from seamproof.plan.healing.fitting import Choice, Fitting
from seamproof.plan.healing.hints import Hints
from seamproof.plan.healing.operations import Meant, Operations

_COMBINED = 6
"""Ways to see to all that the document does not allow of one step."""


@dataclass(frozen=True, slots=True)
class Repair:
    """Edits of one step that are about to be tried."""

    edits: tuple[Edit, ...]
    document: tuple[str, ...]
    """What the document says to it, or that it is guessed."""
    declared: Declaration | None = None
    """What the repaired step is declared as."""


class Repairing:
    """Proposes repairs by the document and by refusals."""

    def __init__(self, operations: Operations, fitting: Fitting, hints: Hints) -> None:
        self._operations = operations
        self._fitting = fitting
        self._hints = hints

    def by_document(self, step: Step, taken: Sequence[str]) -> Iterator[Repair]:
        """What makes the step one that the document declares."""
        for meant in self._operations.meant(step, taken):
            head, moved = _addressed(step, meant)
            choices = self._fitting.choices(moved, meant.declared, meant.renames)
            for chosen in _combined(choices):
                edits = (*head, *(each for option in chosen for each in option[0]))
                said = tuple(option[1] for option in chosen if option[1])
                if edits:
                    why = (meant.why,) if meant.why else ()
                    yield Repair(edits, (*why, *said), meant.declared)

    def surely(self, step: Step) -> Repair | None:
        """What the documents, then and now, say was renamed of a step; None where nothing was."""
        meant = next(self._operations.meant(step), None)
        if meant is None or not meant.sure:
            return None
        head, moved = _addressed(step, meant)
        choices = self._fitting.sure(moved, meant.declared, meant.renames)
        said = [each.options[0] for each in choices]
        edits = (*head, *(each for option in said for each in option.edits))
        if not edits or applied(step, edits) is None:
            return None
        why = (meant.why,) if meant.why else ()
        return Repair(edits, (*why, *(option.why for option in said)), meant.declared)

    def by_refusal(
        self, repair: Repair, step: Step, complaints: Sequence[Complaint]
    ) -> Iterator[Repair]:
        """What a refusal asks for, on top of what was tried. `step` is as it was sent."""
        declared = repair.declared or self._operations.declared(step.operation)
        declared = declared or Declaration(step.operation)
        words = "; ".join(each.text for each in complaints if each.text)[:200]
        for edits in self._hints.edits(step, declared, complaints):
            said = (*repair.document, f"the service said: {words}")
            yield Repair((*repair.edits, *edits), said, declared)


def _addressed(step: Step, meant: Meant) -> tuple[tuple[Edit, ...], Step]:
    if meant.edit is None:
        return (), step
    return (meant.edit,), meant.edit.applied(step) or step


_Chosen = tuple[tuple[tuple[Edit, ...], str], ...]


def _combined(choices: Sequence[Choice]) -> Iterator[_Chosen]:
    """The likeliest way to see to everything; then one thing at a time in another way."""
    first = tuple((each.options[0].edits, each.options[0].why) for each in choices)
    yield first
    others = (
        (*first[:index], (option.edits, option.why), *first[index + 1 :])
        for index, choice in enumerate(choices)
        for option in choice.options[1:]
    )
    yield from islice(others, _COMBINED)
