"""Heals the stored scenarios of a project in a world of its own, and says what it found.

configuration -> world -> document, snapshot -> plan.healing -> diff -> files (with `apply`)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seamproof.core.counting import counted
from seamproof.core.document import Document
from seamproof.core.errors import ConfigurationError, ExitCode
from seamproof.core.events import Event, Notice
from seamproof.core.model import Scenario
from seamproof.discovery import snapshot
from seamproof.plan.healing import Healed, heal
from seamproof.run import proposal as proposals
from seamproof.run import selection
from seamproof.run.drive import drive
from seamproof.run.premises import Premises, open_premises
from seamproof.run.redaction import Redactor
from seamproof.run.stopping import stopping

if TYPE_CHECKING:
    from seamproof.config import Config

_LOGS = ".seamproof/runs/heal/logs"


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for."""

    config: Path | None = None
    apply: bool = False
    """Whether what was found is written."""
    seed: int = 0


async def run(options: Options, say: Callable[[str], None]) -> int:
    """Heal, say what was found and done, and return the exit code: 0 where nothing is to be done or
    all was applied, 1 where something is to heal or does otherwise than it did, 2 where a signal
    stopped it.

    Raises SeamproofError, and leaves nothing running then.
    """
    task = asyncio.current_task()
    assert task is not None
    with stopping(task.cancel):
        try:
            return await _run(options, say)
        except asyncio.CancelledError:
            return ExitCode.INTERRUPTED


async def _run(options: Options, say: Callable[[str], None]) -> int:
    from seamproof.config import load

    config = load(options.config)
    scenarios = selection.all_scenarios(config)
    if not scenarios:
        raise ConfigurationError(
            f"no scenario file matches {', '.join(config.scenarios)} in {config.root}",
            hint="there is nothing to heal: `seamproof run` finds scenarios",
        )
    path = config.path(snapshot.FILE)
    then = snapshot.read(path)
    redactor = Redactor()

    def emit(event: Event) -> None:
        if isinstance(event, Notice) and event.warning:
            say(redactor.text(f"{event.text}; {event.hint}" if event.hint else event.text))

    async with open_premises(
        config, logs=_LOGS, seed=options.seed, redactor=redactor, emit=emit
    ) as premises:
        document = await premises.openapi.document()
        if document is None:
            raise ConfigurationError(
                "the service has no document that its scenarios could be healed by",
                hint="say where it is: service.openapi",
            )
        healed = await _healed(premises, config, scenarios, document, then, options.seed)
    proposal = proposals.propose(healed, scenarios, config)
    for line in proposals.lines(healed, proposal, config.root):
        say(redactor.text(line))
    if then is None and not options.apply:
        say(f"{path} is not there: what was renamed is guessed, and tried; --apply writes it")
    if options.apply:
        proposals.apply(proposal)
        after = selection.all_scenarios(config)
        left = [each for each in after if each.name in healed.unmet]
        snapshot.renew(document, after, path, left)
    return _ended(healed, proposal, len(scenarios), say, applied=options.apply)


async def _healed(
    premises: Premises,
    config: Config,
    scenarios: Sequence[Scenario],
    document: Document,
    then: Document | None,
    seed: int,
) -> Healed:
    world, conductor = premises.world, premises.conductor
    catalog = await world.database.catalog()
    exploration = heal(
        document, catalog, conductor.stored, config.principals, scenarios, then=then, seed=seed
    )
    return await drive(exploration, conductor.conduct)


def _ended(
    healed: Healed,
    proposal: proposals.Proposal,
    count: int,
    say: Callable[[str], None],
    *,
    applied: bool,
) -> int:
    """Say what it came to in one line, and return the exit code."""
    repaired, unmet, by_hand = len(healed.healings), len(healed.unmet), len(proposal.by_hand)
    breaking = sum(each.breaking for each in healed.behaviours)
    done = "healed" if applied else "to heal"
    say(
        f"{counted(count, 'scenario')}: {repaired - by_hand} {done}, {unmet} not answered as "
        f"expected; {counted(breaking, 'breaking change')} of behaviour"
    )
    if applied:
        # What the documents alone say is known from now on; what a scenario expects stays.
        return ExitCode.PROVEN if unmet or by_hand else ExitCode.NOTHING_PROVEN
    if repaired:
        say("next: read the diff, then: seamproof heal --apply")
    elif breaking and not unmet:
        say("next: where that is meant, seamproof heal --apply takes note of it")
    return ExitCode.PROVEN if repaired or unmet or breaking else ExitCode.NOTHING_PROVEN
