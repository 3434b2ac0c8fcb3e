"""Requests for the operations that no scenario is for, found from the service's own document.

    document -> search (plan.synthesis) -> scenario files -> the scenarios of this run

What is found is stored for a person to review, and is not searched for again. What is not found is
remembered for a day: most of it a person has to say.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seamproof.core import codec
from seamproof.core.counting import counted
from seamproof.core.document import Declaration, Document
from seamproof.core.events import Baseline, Event, ExperimentRun, Notice, Stage
from seamproof.core.experiment import Experiment
from seamproof.core.history import History
from seamproof.core.model import Operation, Scenario
from seamproof.discovery import filing, snapshot
from seamproof.discovery.scenarios import load_scenarios
from seamproof.plan.risk import Past, risk
from seamproof.plan.synthesis import Attempt, Budget, Synthesised, Unreached, synthesise
from seamproof.run import selection
from seamproof.run.drive import drive
from seamproof.run.identities.logins import scenarios
from seamproof.run.past import RISKS, remember
from seamproof.run.premises import Premises

if TYPE_CHECKING:
    from seamproof.config import Config

_NAME = "find requests"
_AGAIN = 24 * 3600.0
"""Seconds for which it is remembered that no request was found."""
_PARAMETER = re.compile(r"\{[^{}]*\}")


class _Enough(Exception):
    """The time for the search is over."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is to be searched, and for how long."""

    known: tuple[Scenario, ...]
    """Every scenario that there is."""
    operations: tuple[str, ...] = ()
    """Globs of the operations that are asked for; none asks for all."""
    seed: int = 0
    until: float | None = None
    """When to stop, on the monotonic clock."""


class Synthesis:
    """Searches in one world, before anything is learned in it."""

    def __init__(self, config: Config, premises: Premises, emit: Callable[[Event], None]) -> None:
        self._config = config
        self._premises = premises
        self._emit = emit
        self._memory = config.path(".seamproof/cache/unreached.json")
        self._risks = config.path(RISKS)

    async def run(self, search: Search) -> tuple[Scenario, ...]:
        """The scenarios that were found and stored, as they are read again.

        Raises ConfigurationError where there is no place to store them in.
        """
        if search.known and self._config.service.openapi is None:
            # Who wrote scenarios and named no document wants these.
            return ()
        document = await self._premises.openapi.document()
        if document is None:
            return ()
        missing = self._missing(document, search)
        if search.known and search.until is not None:
            # What is known to be risky is worth more of a short time than what is not known.
            self._leave_out([each.operation.id for each in missing])
            return ()
        if not missing:
            return ()
        folder = filing.folder_of(self._config.scenarios, self._config.root)
        signing_in = {_plain(each.operation): each for each in scenarios(self._config.identities)}
        entries = tuple(
            signing_in[_plain(each.operation)]
            for each in missing
            if _plain(each.operation) in signing_in
        )
        missing = [each for each in missing if _plain(each.operation) not in signing_in]
        began = time.monotonic()
        self._emit(Stage(_NAME, f"{len(missing)} operations"))
        came_to = await self._search(document, missing, search)
        found = (*entries, *came_to.scenarios)
        reached = f"{len(found)} of {len(missing) + len(entries)} operations"
        self._emit(Stage(_NAME, reached, time.monotonic() - began))
        self._tell(came_to)
        self._remember(came_to.unreached, {each.operation.id: each for each in missing})
        return self._stored(found, search.known, document, folder)

    def _missing(self, document: Document, search: Search) -> list[Declaration]:
        """What is asked for, is no scenario's, and was not looked for in vain today."""
        covered = {_plain(each.operation) for each in search.known}
        skipped = self._config.discovery.skip
        wanted = [
            each
            for each in document.declarations
            if _plain(each.operation) not in covered
            and selection.asked_for(each.operation.id, search.operations)
            and not (skipped and selection.asked_for(each.operation.id, skipped))
        ]
        memory = self._recall()
        again, left = [], []
        for each in wanted:
            known = memory.get(self._print(each))
            if known is None:
                again.append(each)
            else:
                left.append(each)
                self._emit(Baseline(each.operation.id, False, known[0]))
        if left:
            self._emit(
                Notice(
                    f"no request was found lately for {counted(len(left), 'operation')}: not "
                    "searched again today",
                    hint=f"write a scenario, or delete {self._memory} to search again",
                )
            )
        return again

    async def _search(
        self, document: Document, missing: Sequence[Declaration], search: Search
    ) -> Synthesised:
        """Search for what is missing; where the time is short, for what may change something first.

        The risk of what is found is remembered: it decides what is learned where time is short.
        """
        came_to, risks = Synthesised(), dict[str, float]()
        groups = [missing]
        if search.until is not None:
            groups = [
                [each for each in missing if each.operation.mutates],
                [each for each in missing if not each.operation.mutates],
            ]
        for group in groups:
            known = (*search.known, *came_to.scenarios)
            names = {each.operation.id for each in group}
            part = await self._search_for(names, document, replace(search, known=known), risks)
            came_to = Synthesised(
                (*came_to.scenarios, *part.scenarios),
                (*came_to.unreached, *part.unreached),
                (*came_to.deaths, *part.deaths),
            )
        remember(self._risks, risks)
        told = {each.operation.id for each in came_to.scenarios}
        told |= {each.operation.id for each in came_to.unreached}
        self._leave_out([each.operation.id for each in missing if each.operation.id not in told])
        return came_to

    async def _search_for(
        self, names: Collection[str], document: Document, search: Search, risks: dict[str, float]
    ) -> Synthesised:
        conductor = self._premises.conductor
        found: dict[str, Scenario] = {}
        seen: list[History] = []

        def on_attempt(attempt: Attempt) -> None:
            name = attempt.operation.id
            if not attempt.refusal and name in names:
                found[name] = Scenario(name, attempt.act, attempt.arrangement)
                risks[name] = risk(found[name], seen[-1], Past()).figure

        async def conduct(experiment: Experiment) -> History:
            if search.until is not None and time.monotonic() > search.until:
                raise _Enough
            history = await conductor.conduct(experiment)
            seen[:] = [history]
            operation = experiment.phases[0].acts[0].step.operation.id
            self._emit(ExperimentRun(operation, _NAME, experiment.purpose, history.timing.total))
            return history

        exploration = synthesise(
            document,
            self._premises.catalog,
            conductor.stored,
            self._config.principals,
            known=search.known,
            wanted=names,
            seed=search.seed,
            budget=Budget(tries=self._config.discovery.tries),
            on_attempt=on_attempt,
        )
        try:
            return await drive(exploration, conduct)
        except _Enough:
            return Synthesised(tuple(found.values()))

    def _leave_out(self, operations: Sequence[str]) -> None:
        """Say what there was no time for."""
        if not operations:
            return
        for each in operations:
            reason = "no time was left to find a request"
            self._emit(Baseline(each, False, reason, tried=False))
        text = f"no time to find requests: {counted(len(operations), 'operation')} left"
        hint = "what is known is kept: a run without --budget goes on from there"
        self._emit(Notice(text, hint, warning=True))

    def _tell(self, came_to: Synthesised) -> None:
        for each in came_to.unreached:
            tries = counted(each.tries, "request")
            self._emit(Baseline(each.operation.id, False, f"{each.refusal} ({tries} tried)"))
        for death in came_to.deaths:
            text = f"{death.operation.id} ends the service, with nothing broken: {death.detail}"
            self._emit(Notice(text, "send this request by hand, and see its log", warning=True))

    def _stored(
        self,
        found: Sequence[Scenario],
        known: Sequence[Scenario],
        document: Document,
        folder: Path,
    ) -> tuple[Scenario, ...]:
        counts = filing.store(found, folder, filing.groups(document))
        if not counts:
            return ()
        snapshot.write(document, (*known, *found), self._config.path(snapshot.FILE))
        text = f"{counted(len(found), 'scenario')} stored in {folder}"
        self._emit(Notice(text, hint="read them, change what is not so, and commit them"))
        names = {each.name for each in found}
        service = self._config.service
        loaded = load_scenarios(sorted(counts), self._config.identities, service.retry_safe)
        return tuple(each for each in loaded if each.name in names)

    # What was looked for in vain

    def _print(self, declaration: Declaration) -> str:
        """Names an operation as it is declared now, for the identities that there are now."""
        names = ",".join(self._config.identities)
        data = codec.dump(declaration) + names.encode()
        return f"{declaration.operation.id} {hashlib.sha256(data).hexdigest()[:16]}"

    def _recall(self) -> dict[str, tuple[str, float]]:
        """The last refusal and when that was, by the print of the operation."""
        try:
            data = json.loads(self._memory.read_bytes())
            oldest = time.time() - _AGAIN
            return {name: (str(text), at) for name, (text, at) in data.items() if at > oldest}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _remember(self, unreached: Collection[Unreached], declared: dict[str, Declaration]) -> None:
        now = time.time()
        kept = self._recall() | {
            self._print(declared[each.operation.id]): (each.refusal, now)
            for each in unreached
            if each.operation.id in declared
        }
        # A run is not worse for its lack: it searches again.
        with contextlib.suppress(OSError):
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            self._memory.write_text(json.dumps(kept, indent=0), encoding="utf-8")


def _plain(operation: Operation) -> str:
    return f"{operation.method} {_PARAMETER.sub('{}', operation.path)}"
