"""One act, and what it does with the right credential: what all the others are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seamproof.analysis.confirm import as_expected
from seamproof.analysis.masks import Mask
from seamproof.analysis.sameness import same_work, statements
from seamproof.core.experiment import Act, Experiment, Phase, RowEdit, Settings
from seamproof.core.history import Crossing, History, Section
from seamproof.core.subject import Subject


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One act, and what it does with the right credential."""

    subject: Subject
    clean: History
    mask: Mask

    def experiment(
        self, acts: Iterable[Act], purpose: str, edits: tuple[RowEdit, ...] = ()
    ) -> Experiment:
        """These acts, one after the other."""
        return Experiment(
            tuple(Phase((each,)) for each in acts),
            self.subject.scenario.arrangement,
            edits,
            Settings(fresh_sequences=self.subject.profile.fresh_sequences),
            purpose,
        )

    def does(self, section: Section) -> bool:
        """Whether what the owner asks for was done."""
        return same_work(self.clean.section, section, self.mask)

    @property
    def known_by_wire(self) -> bool:
        """Whether statements or rows tell that it was done, and not the answer alone."""
        return bool(statements(self.clean.section, self.mask))

    def telling(self, section: Section) -> Crossing | None:
        """The statement that shows best that it was done: the last that reads or writes."""
        shapes = statements(self.clean.section, self.mask)
        found = [each for each in section.crossings if each.key.shape in shapes]
        return found[-1] if found else None

    def passes(self, history: History) -> bool:
        """The control: the right credential does it."""
        return as_expected(self.subject, history)
