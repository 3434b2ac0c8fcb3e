"""What a finding is of that a check has shown on a test: no scenario of the project has it.

.seamproof/runs/<run>/tests/F-….json    beside the run's findings
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seamproof.core.errors import ConfigurationError
from seamproof.core.model import Scenario
from seamproof.core.profile import Profile
from seamproof.plan.reading import readable
from seamproof.run.rebasing import State, move

if TYPE_CHECKING:
    from seamproof.run.premises import Premises
    from seamproof.run.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a test has sent, and in which state."""

    item: str
    """The item of the check behind it, as pytest takes it: `test_it.py::test_order::rollback`."""
    scenario: Scenario
    state: State
    """Secrets are not kept: something else stands in their place."""
    only_there: str = ""
    """What belongs to it that cannot be kept, as the answers of fakes; empty where all is here."""

    @property
    def command(self) -> str:
        """What shows it again in any case."""
        return f"pytest {self.item}"


def ignoring(reviewed: Profile | None, tables: Iterable[str]) -> Profile | None:
    """What is normal by a person's word, with the tables that tests are to ignore."""
    ignored = frozenset(tables)
    if not ignored:
        return reviewed
    known = reviewed or Profile()
    return replace(known, audit=known.audit | ignored, effects=known.effects - ignored)


async def begun(provenance: Provenance, premises: Premises, wanted: Wanted) -> Wanted:
    """Make the state of a test in a world, and say what beside its act may be asked there, as when
    it was found. Raises ConfigurationError where the state cannot be made any more."""
    try:
        await move(premises, provenance.state)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"the rows of {provenance.item} cannot be written any more: {error.problem}",
            hint=f"the seed, or the schema, is another one since: {provenance.command}",
        ) from None
    document = await premises.openapi.document()
    reads = readable(document, provenance.scenario.act)
    return replace(wanted, everything=(*wanted.everything, *reads))
