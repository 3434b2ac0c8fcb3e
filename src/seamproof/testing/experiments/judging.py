"""The judgement of an experiment: the check's own, as `seamproof replay` comes to it.

What a check knows besides the experiment is learned as in a run. What a person has reviewed is
read, and nothing is written beside it.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seamproof.core.errors import ConfigurationError, SeamproofError
from seamproof.core.experiment import BoundaryKind, Experiment
from seamproof.core.model import Scenario
from seamproof.core.protocols import Replays
from seamproof.core.registry import Need, Part
from seamproof.core.subject import Result
from seamproof.core.verdict import Evidence, Finding, Outcome, Tier, Verdict, fingerprint
from seamproof.plan import access_file
from seamproof.run import selection
from seamproof.run.costs import Costs
from seamproof.run.findings import collect
from seamproof.run.jobs import Jobs
from seamproof.run.preparation import Preparation, Prepared
from seamproof.run.reviewed import Reviewed
from seamproof.run.wanted import Wanted

if TYPE_CHECKING:
    from seamproof.config import Config
    from seamproof.testing.engine import Engine


@dataclass(frozen=True, slots=True)
class Sought:
    """What must not be found."""

    check: str
    finding_class: str
    """Empty for any of the check."""
    tier: Tier
    cause: str
    facts: dict[str, Any]

    def finding(self, scenario: Scenario, experiment: Experiment) -> Finding:
        """The finding as it was, as far as it takes that to show it again."""
        operation = scenario.operation.id
        return Finding(
            fingerprint(self.check, self.finding_class, operation, "", self.cause),
            self.check,
            self.finding_class,
            self.tier,
            operation,
            BoundaryKind.SQL,
            (0, 0),
            Evidence(experiment, facts=self.facts),
            cause=self.cause,
        )

    def found(self, verdict: Verdict) -> bool:
        """Whether a verdict is of it."""
        if self.finding_class not in ("", verdict.finding_class):
            return False
        if verdict.outcome is Outcome.VIOLATED:
            return True
        return self.tier is verdict.tier is Tier.NOTE and bool(verdict.finding_class)


def judge(engine: Engine, scenario: Scenario, experiment: Experiment, sought: Sought) -> None:
    """Raise AssertionError where it is found, or where nothing can be said.

    Raises ConfigurationError for a check that there is not, or one that needs another copy of the
    service.
    """
    __tracebackhide__ = True
    parts = selection.checks((sought.check,))
    acts = [act for phase in experiment.phases for act in phase.acts]
    copies = max((len(phase.acts) for phase in experiment.phases), default=1)
    copies = max(copies, *(act.replica + 1 for act in acts))
    if copies > len(engine.world.replicas):
        raise ConfigurationError(
            f"requests overlap in {copies} copies of the service, and there is "
            f"{len(engine.world.replicas)}",
            hint=f"set testing.replicas = {copies} in the configuration",
        )
    try:
        verdicts = engine.call(lambda world: _judged(engine, scenario, experiment, sought, parts))
    except SeamproofError as error:
        if isinstance(error, ConfigurationError):
            raise
        details = "\n".join(f"  {each}" for each in error.details)
        raise AssertionError(
            f"{sought.check} cannot judge it: {error.problem}\n{details}"
        ) from None
    _conclude(sought, verdicts, parts, scenario.source)


async def _judged(
    engine: Engine,
    scenario: Scenario,
    experiment: Experiment,
    sought: Sought,
    parts: dict[str, Part],
) -> list[Verdict]:
    premises = engine.premises
    try:
        prepared = await _prepared(engine, scenario, parts)
        # A check that explores all the same is not asked twice.
        replayed = sought.finding(scenario, experiment)
        verdicts = await _done(engine, prepared, parts, replayed)
        if any(map(sought.found, verdicts)):
            return verdicts
        # By what is known of the finding alone a repair cannot be told from a change of names.
        if not sought.facts and not _unknown(verdicts):
            return verdicts
        return [*verdicts, *await _done(engine, prepared, parts, None)]
    finally:
        premises.conductor.on_history = lambda history: None


def _unknown(verdicts: Sequence[Verdict]) -> bool:
    return not any(each.outcome is Outcome.HELD for each in verdicts)


async def _prepared(engine: Engine, scenario: Scenario, parts: dict[str, Part]) -> Prepared:
    config = _apart(engine)
    needs = frozenset[Need]().union(*(part.needs for part in parts.values()))
    wanted = Wanted(
        tuple(parts),
        (scenario,),
        # Of one of several too little is learned to be stored.
        (*selection.all_scenarios(config), scenario),
        Reviewed.read(config, needs),
        needs=needs,
        asking=tuple(name for name, part in parts.items() if Need.ACCESS in part.needs),
    )
    costs = Costs(_folder(engine) / "costs.json")
    preparation = Preparation(
        config, engine.premises, wanted, lambda event: None, lambda: None, costs
    )
    return await preparation.run()


def _folder(engine: Engine) -> Path:
    folder = engine.config.path(f".seamproof/runs/{engine.name}/learned")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _apart(engine: Engine) -> Config:
    """The configuration with what was reviewed copied: what is learned is written to the copies."""
    config, folder = engine.config, _folder(engine)
    reviewed = config.path(config.profile)
    for path in (reviewed, reviewed.with_name(access_file.PLACE)):
        if path.is_file():
            shutil.copyfile(path, folder / path.name)
    return config.model_copy(update={"profile": str(folder / reviewed.name)})


async def _done(
    engine: Engine, prepared: Prepared, parts: dict[str, Part], replayed: Finding | None
) -> list[Verdict]:
    premises = engine.premises
    if replayed is not None and not isinstance(parts[replayed.check].implementation(), Replays):
        replayed = None
    jobs = Jobs(
        premises.conductor,
        parts,
        prepared.catalog,
        premises.config,
        emit=lambda event: None,
        redact=engine.redactor.text,
        knowledge=prepared.knowledge,
        replayed=replayed,
    )
    results: list[Result] = [await jobs.do(job) for job in prepared.jobs]
    crashes = [each for result in results for each in result.crashes]
    if crashes:
        raise RuntimeError("seamproof itself failed:\n" + "\n".join(crashes))
    return [v for result in results for judged in result.judged for v in judged.verdicts]


def _conclude(
    sought: Sought, verdicts: Sequence[Verdict], parts: dict[str, Part], test: str
) -> None:
    __tracebackhide__ = True
    found = [each for each in verdicts if sought.found(each)]
    if found:
        from seamproof.testing.amplification.telling import drawn, more

        shown = [drawn(each, f"pytest {test} · {more(each)}") for each in collect(found, parts)]
        raise AssertionError("\n\n".join(shown))
    if _unknown(verdicts):
        reasons = {each.reason: None for each in verdicts if each.reason}
        raise AssertionError(
            f"{sought.check} cannot judge it: {'; '.join(reasons) or 'nothing was exercised'}"
        )
