"""Checks on a recording, by the same jobs as those of a run, and what they found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seamproof.core import registry
from seamproof.core.experiment import BoundaryKind
from seamproof.core.profile import Profile
from seamproof.core.subject import Job, Result
from seamproof.core.verdict import Finding, FindingClass, Outcome, Tier
from seamproof.plan import profile_file
from seamproof.plan.profile import Learned, learn
from seamproof.reports import finding as drawing
from seamproof.run.catalogue import classes_of
from seamproof.run.drive import drive
from seamproof.run.findings import Shelf, collect
from seamproof.run.identities.admitted import Admitted
from seamproof.run.jobs import Jobs, hash_of
from seamproof.testing.amplification.rebasing import rebased
from seamproof.testing.stubs.fakes import answering

if TYPE_CHECKING:
    from seamproof.core.document import Document
    from seamproof.core.registry import Part
    from seamproof.testing.amplification.recording import Recording
    from seamproof.testing.engine import Engine
    from seamproof.world import World

_WIDTH = 110
_ALONE = "fewer than two identities are configured"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one check says of a test."""

    outcome: Outcome
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    crashes: tuple[str, ...] = ()
    """Tracebacks of what failed in us."""

    @property
    def proven(self) -> tuple[Finding, ...]:
        """The findings that fail a test."""
        return tuple(each for each in self.findings if each.tier is Tier.PROVEN)


class Judge:
    """Judges the recordings of one process, in its world. A test is learned from once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._learned: dict[str, Learned] = {}
        self._profile = profile_file.read(engine.config.path(engine.config.profile)) or Profile()
        self._document: Document | None = None
        self._asked = False

    def document(self) -> Document | None:
        """The service's own document, where it has one."""
        if not self._asked:
            self._asked = True

            async def read(world: World) -> Document | None:
                return await self._engine.premises.openapi.document()

            self._document = self._engine.call(read)
        return self._document

    def judge(self, recording: Recording, check: str) -> Judgement:
        """Run one check on a recording. Raises SeamproofError where the world cannot go on."""
        parts = registry.discover(registry.CHECK)

        async def judged(world: World) -> Judgement:
            premises = self._engine.premises
            if recording.stranger is not None:
                admitted = Admitted(recording.stranger)
                premises.identities.hold(str(recording.scenario.act.identity), admitted)
            async with rebased(premises, recording):
                try:
                    with answering(world, recording.rules):
                        return await self._judged(recording, check, parts)
                finally:
                    premises.conductor.on_history = lambda history: None

        return self._engine.call(judged)

    async def _judged(
        self, recording: Recording, check: str, parts: Mapping[str, Part]
    ) -> Judgement:
        conductor = self._engine.premises.conductor
        learned = await self._learn(recording)
        (scenario,) = learned.scenarios
        if not scenario.reached:
            return Judgement(
                Outcome.INCONCLUSIVE, f"sent again it is answered otherwise: {scenario.reason}"
            )
        conductor.profile = self._profile_of(learned)
        jobs = Jobs(
            conductor,
            {check: parts[check]},
            self._engine.premises.catalog,
            self._engine.premises.config,
            emit=lambda event: None,
            redact=self._engine.redactor.text,
        )
        result = await jobs.do(self._job(recording, check, learned))
        return self._concluded(result, {check: parts[check]})

    async def _learn(self, recording: Recording) -> Learned:
        test = recording.scenario.source
        if test not in self._learned:
            conductor = self._engine.premises.conductor
            conductor.profile = Profile()
            exploration = learn(
                [recording.scenario],
                self._engine.premises.catalog,
                replicas=conductor.replicas,
            )
            self._learned[test] = await drive(exploration, conductor.conduct)
        return self._learned[test]

    def _profile_of(self, learned: Learned) -> Profile:
        """What is normal: as was learned from this test, with what a person has reviewed. One test
        alone shows neither what is kept as a log nor what others change: the configuration and the
        profile say it."""
        reviewed, found = self._profile, learned.profile
        ignored = frozenset(self._engine.config.testing.ignore)
        return replace(
            found,
            volatile=found.volatile | reviewed.volatile,
            optional=found.optional | reviewed.optional,
            ambient=found.ambient | reviewed.ambient,
            audit=found.audit | reviewed.audit | ignored,
            records=found.records | reviewed.records,
            background=found.background | reviewed.background,
            effects=(found.effects | reviewed.effects) - ignored,
        )

    def _job(self, recording: Recording, check: str, learned: Learned) -> Job:
        premises = self._engine.premises
        calls = {BoundaryKind.HTTP_OUT} if recording.calls else set()
        return Job(
            0,
            (check,),
            recording.scenario,
            hash_of(premises.conductor.profile),
            premises.sighted | calls,
            learned.scenarios[0].disturbed,
            alone="" if len(premises.identities.identities) > 1 else _ALONE,
        )

    def _concluded(self, result: Result, parts: dict[str, Part]) -> Judgement:
        (judged,) = result.judged
        findings = collect(judged.verdicts, parts)
        shelf = Shelf(self._engine.config.path(".seamproof/runs"))
        for each in findings:
            shelf.put(self._engine.name, each)
        return Judgement(judged.outcome, judged.reason, findings, result.crashes)


def drawn(finding: Finding, again: str) -> str:
    """A finding as lines for a person, at most thirty; `again` is the command that shows it."""
    known = _classes().get(finding.finding_class)
    left, right = drawing.heading(finding, known, _WIDTH - len(finding.tier) - 2)
    lines = [f"{finding.tier.upper()}  {left}{right}"]
    for line in drawing.lines(finding, known, _WIDTH):
        if line.label == "Next:":
            explain = f"seamproof explain {finding.finding_class}"
            line = replace(line, text=f"{again} · {explain}")
        mark = f"  {line.mark}" if line.mark else ""
        lines.append(f"{line.label:<{drawing.LABEL}}{line.text}{mark}".rstrip())
    return "\n".join(lines)


def _classes() -> dict[str, FindingClass]:
    parts = registry.discover(registry.CHECK).values()
    return {each.name: each for part in parts for each in classes_of(part)}
