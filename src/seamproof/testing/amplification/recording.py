"""What a test leaves for the checks: its act, and the state that it was sent in.

The state is the rows that were there and not at the base, as the journal has them before each
request: the fixtures' and those that earlier requests wrote. Sequences stand where the test has
left them, so that no id is given twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import RowChange
from seamproof.core.model import SAFE_METHODS, Scenario
from seamproof.run.experiment.requests import Credentials
from seamproof.run.provenance import Provenance
from seamproof.run.rebasing import SEQUENCES, State
from seamproof.testing.amplification.steps import Unspeakable, credentials, step
from seamproof.testing.engine import rest

if TYPE_CHECKING:
    from seamproof.core.document import Document
    from seamproof.run.redaction import Redactor
    from seamproof.testing.exchanges import Sent
    from seamproof.testing.seam import Seam
    from seamproof.testing.stubs.rules import Rules
    from seamproof.world import World


@dataclass(frozen=True, slots=True)
class Recording:
    """A passed test as the checks have it."""

    scenario: Scenario
    state: State
    """That in which the act was sent."""
    calls: bool
    """Whether the act called another service."""
    rules: Mapping[str, Rules] = field(default_factory=dict)
    """What the test has said of the fakes, by their names."""
    stranger: Credentials | None = None
    """Of whom it was sent as, where that is no configured identity."""

    def provenance(self, check: str, redactor: Redactor) -> Provenance:
        """What of it is kept with a finding."""
        only_there = ""
        if self.stranger is not None:
            only_there = f"the credentials of {self.scenario.act.identity}"
        elif any(each.rules for each in self.rules.values()):
            only_there = "what it says of the fakes"
        item = f"{self.scenario.source}::{check}"
        return Provenance(item, self.scenario, self.state.redacted(redactor), only_there)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which checks are to be run on a test."""

    checks: tuple[str, ...]
    leads: frozenset[str] = frozenset()
    """Those that ask here what they have to ask of the whole service."""


class Recorder:
    """Takes note of the state before each request of a test."""

    def __init__(self, seam: Seam) -> None:
        self._seam = seam
        self._before: dict[int, tuple[RowChange, ...]] = {}
        seam.record.before = self._look

    async def _look(self, sent: Sent) -> None:
        world: World = self._seam.engine.world
        await rest(world)
        self._before[id(sent)] = (await world.database.changes()).rows

    def recording(self, test: str, document: Document | None) -> Recording | str:
        """What the test leaves, or why there is nothing to judge."""
        seam = self._seam
        act = _act(seam.record.sent)
        if act is None or act.http is None:
            return "it sent no request"
        config, identities = seam.engine.config, seam.engine.premises.identities
        stranger, identity = None, act.identity
        if identity not in identities:
            shown = credentials(act.request)
            stranger = Credentials(shown) if shown else None
            identity = f"who asks in {test.rpartition('::')[2]}" if shown else None
        try:
            scenario = Scenario(
                test.rpartition("::")[2],
                step(
                    act.request,
                    identity,
                    act.http.status_code,
                    document,
                    config.service.retry_safe,
                ),
                source=test,
            )
        except Unspeakable as error:
            return f"its act cannot be sent again: {error}"
        rows = self._before.get(id(act), ())
        sequences = tuple(tuple(each.values()) for each in seam.db.rows(SEQUENCES))
        called = any(each.boundary is BoundaryKind.HTTP_OUT for each in act.span.crossings)
        return Recording(
            scenario,
            State.of(rows, sequences, seam.engine.premises.catalog),
            called,
            seam.stubs.rules,
            stranger,
        )


def _act(sent: list[Sent]) -> Sent | None:
    """The request that the test calls the act, else the last that may change something, else the
    last read."""
    marked = [each for each in sent if each.act]
    mutating = [each for each in sent if each.request.method not in SAFE_METHODS]
    return next(reversed(marked or mutating or sent), None)
