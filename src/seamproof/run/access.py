"""Learns who is let in to what, and compares it with what a person has reviewed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seamproof.analysis.masks import Mask
from seamproof.analysis.ownership import Ownership
from seamproof.core.access import Access
from seamproof.core.events import Event, Notice, Stage
from seamproof.core.model import Scenario
from seamproof.core.profile import Profile
from seamproof.plan import access_file
from seamproof.plan.access import attempts
from seamproof.plan.runs import LearnedScenario
from seamproof.run.drive import drive
from seamproof.run.misnamed import misnamed_access, names_at

if TYPE_CHECKING:
    from seamproof.run.premises import Premises

_STAGE = "who is let in to what"
_SHOWN = 4
"""Differences that a notice names."""


class Lookout:
    """Asks in a world; `path` is where the reviewed matrix is."""

    def __init__(
        self,
        premises: Premises,
        path: Path,
        stored: access_file.Stored,
        emit: Callable[[Event], None],
        known: Sequence[Scenario],
    ) -> None:
        """`stored` is what the file says, and `known` are all scenarios of the project: not all are
        asked in each run."""
        self._known = known
        self._premises = premises
        self._path = path
        self._stored = stored
        self._emit = emit

    async def look(self, learned: Sequence[LearnedScenario], profile: Profile) -> Access:
        """Everybody at every operation of these, and what the file says."""
        began, stage = time.monotonic(), Stage(_STAGE, f"{len(learned)} scenarios")
        self._emit(stage)
        conductor, catalog = self._premises.conductor, self._premises.catalog
        everybody = self._premises.config.principals
        ownership = Ownership.of(catalog, conductor.stored, everybody)
        mask = Mask.of(profile, catalog)
        asked = await drive(attempts(learned, everybody, ownership, mask), conductor.conduct)
        access = Access(asked, self._stored.matrix, self._stored.reviewed)
        self._emit(Stage(_STAGE, stage.detail, time.monotonic() - began))
        names = await names_at(self._premises, self._known)
        if names is not None:
            for each in misnamed_access(self._path.name, access, names.operations):
                self._emit(each)
        self._keep(access)
        return access

    def _keep(self, access: Access) -> None:
        """Store what is new or tighter, and say what differs from what was reviewed."""
        seen, reviewed = access.matrix, access.reviewed
        kept = access_file.joined(reviewed, seen)
        if not reviewed:
            hint = "read it, correct it, and write reviewed = true"
            self._emit(Notice(f"who is let in to what is in {self._path}", hint))
        found = access_file.differences(reviewed, seen)
        by = "reviewed" if access.confirmed else "it was seen before"
        for looser, text in ((True, f"looser than {by}"), (False, f"tighter than {by}")):
            told = [str(each) for each in found if each.looser is looser]
            if told:
                shown = "; ".join(told[:_SHOWN]) + ("; …" if len(told) > _SHOWN else "")
                self._emit(Notice(f"access is {text}: {shown}", str(self._path), warning=looser))
        if kept == reviewed:
            return
        if reviewed and access.confirmed:
            text = f"{self._path} has new lines: read them, and write reviewed = true again"
            self._emit(Notice(text))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._premises.world.replace(self._path, access_file.dump(kept))
        except OSError as error:
            text = f"{self._path} cannot be written: {error.strerror}"
            self._emit(Notice(text, hint="the next run learns it again", warning=True))
