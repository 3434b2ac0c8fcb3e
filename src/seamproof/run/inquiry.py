"""What checks want to know of a service beside what is learned of it: asked for once, in one world.

Nothing is asked for that no check needs: most of it takes requests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from seamproof.core import references
from seamproof.core.access import Access
from seamproof.core.document import Document
from seamproof.core.events import Event
from seamproof.core.model import Json, Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.registry import Need
from seamproof.core.subject import Knowledge
from seamproof.plan.access_file import PLACE
from seamproof.plan.profile import LearnedScenario
from seamproof.run.access import Lookout
from seamproof.run.contract import FILE, promised
from seamproof.run.premises import Premises
from seamproof.run.wanted import Wanted


class Inquiry:
    """Asks in one world. `profile` is the file beside which what is found is kept for review."""

    def __init__(
        self,
        premises: Premises,
        wanted: Wanted,
        root: Path,
        profile: Path,
        emit: Callable[[Event], None],
    ) -> None:
        self._premises = premises
        self._wanted = wanted
        self._root = root
        self._beside = profile
        self._emit = emit

    async def knowledge(self, learned: Sequence[LearnedScenario], profile: Profile) -> Knowledge:
        """What all subjects have in common, of the scenarios that are reached."""
        document = await self._document()
        access = await self._access(learned, profile)
        return Knowledge(document, free_reads(learned), access, self._promised(document))

    async def undeclared(self) -> tuple[Operation, ...]:
        """The routes of the service's code that its document does not declare."""
        if Need.UNDECLARED not in self._wanted.needs or await self._document() is None:
            return ()
        return await self._premises.openapi.undeclared()

    async def _document(self) -> Document | None:
        """What the service declares."""
        if not self._wanted.needs & {Need.DOCUMENT, Need.PROBES}:
            return None
        return await self._premises.openapi.document()

    def _promised(self, document: Document | None) -> Document | None:
        """What the document promised before."""
        if document is None or Need.FORMER not in self._wanted.needs:
            return None
        before = self._wanted.reviewed.promised
        return promised(document, before, self._root / FILE, self._emit)

    async def _access(self, learned: Sequence[LearnedScenario], profile: Profile) -> Access:
        """Who is let in to what."""
        asked = [each for each in learned if any(map(each.scenario.serves, self._wanted.asking))]
        if not asked or not self._premises.identities:
            return Access()
        place, known = self._beside.with_name(PLACE), self._wanted.everything
        lookout = Lookout(self._premises, place, self._wanted.reviewed.access, self._emit, known)
        return await lookout.look(asked, profile)


def free_reads(learned: Sequence[LearnedScenario]) -> tuple[Scenario, ...]:
    """Reads that refer to nothing that is arranged; those first for which nothing is."""
    found = [
        each.scenario
        for each in learned
        if each.scenario.operation.method == "GET"
        and (not each.scenario.arrangement or not _refers(each.scenario.act))
        and each.clean is not None
        and each.clean.section.exchange.ok
    ]
    found.sort(key=lambda each: bool(each.arrangement))
    return tuple(replace(each, arrangement=()) for each in found)


def _refers(step: Step) -> bool:
    """Whether a read has ids in it that an arrangement made."""
    path = set(references.names(step.operation.path)) - step.path_parameters.keys()
    values: Json = [step.path_parameters, step.query, step.headers]
    return bool(path) or any(references.inside(values))
