"""Checks on a recording, by the same jobs as those of a run, and what they found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from seamproof.analysis.landing import landing
from seamproof.core import registry
from seamproof.core.experiment import BoundaryKind
from seamproof.core.profile import Profile
from seamproof.core.subject import Job, Result
from seamproof.core.verdict import Acceptance, Finding, Outcome, Tier
from seamproof.plan import profile_file
from seamproof.plan.profile import Learned, learn
from seamproof.plan.runs import LearnedScenario
from seamproof.run.acceptance.file import PLACE
from seamproof.run.acceptance.standing import standing
from seamproof.run.drive import drive
from seamproof.run.findings import Shelf, collect
from seamproof.run.identities.admitted import Admitted
from seamproof.run.jobs import Jobs, Watcher, hash_of
from seamproof.run.rebasing import rebased
from seamproof.testing.amplification.knowing import Knowing, Reads
from seamproof.testing.stubs.fakes import answering

if TYPE_CHECKING:
    from seamproof.core.document import Document
    from seamproof.core.registry import Part
    from seamproof.testing.amplification.recording import Recording, Wanted
    from seamproof.testing.engine import Engine
    from seamproof.world import World

_ALONE = "fewer than two identities are configured"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one check says of a test."""

    outcome: Outcome
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    crashes: tuple[str, ...] = ()
    """Tracebacks of what failed in us."""
    accepted: Mapping[str, Acceptance] = field(default_factory=dict)
    """Why findings are lived with, by their names."""

    @property
    def proven(self) -> tuple[Finding, ...]:
        """The findings that fail a test."""
        proven = (each for each in self.findings if each.tier is Tier.PROVEN)
        return tuple(each for each in proven if each.id not in self.accepted)


@dataclass(slots=True)
class _Past:
    """What is known of one test."""

    learned: Learned
    reads: Reads
    watchers: dict[str, Watcher]
    """Those of its checks that look at what the others provoke."""
    judged: dict[str, Judgement] = field(default_factory=dict)


class Judge:
    """Judges the recordings of one process, in its world. A test is learned from once.

    Checks that watch judge what the others of the same test provoke. Where one of them comes first,
    the others are run then, and their items have only to say what came of it: so that the order of
    items changes nothing.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._knowing = Knowing(engine.premises)
        self._past: dict[str, _Past] = {}
        self._profile = profile_file.read(engine.config.path(engine.config.profile)) or Profile()
        self._standing = standing(engine.config.path(PLACE))
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

    def judge(self, recording: Recording, check: str, wanted: Wanted) -> Judgement:
        """Run one of the checks that are wanted on a recording. Raises SeamproofError where the
        world cannot go on."""

        async def judged(world: World) -> Judgement:
            premises = self._engine.premises
            if recording.stranger is not None:
                admitted = Admitted(recording.stranger)
                premises.identities.hold(str(recording.scenario.act.identity), admitted)
            async with rebased(premises, recording.state):
                with answering(world, recording.rules):
                    return await self._judgement(recording, check, wanted)

        return self._engine.call(judged)

    async def _judgement(self, recording: Recording, check: str, wanted: Wanted) -> Judgement:
        """What a check says, from the state of the test; it may have been asked before."""
        try:
            past = await self._known(recording, wanted)
            for each in _in_order(check, wanted):
                if each not in past.judged:
                    past.judged[each] = await self._judged(recording, past, each, wanted)
            return past.judged[check]
        finally:
            self._engine.premises.conductor.on_history = lambda history: None

    async def _judged(
        self, recording: Recording, past: _Past, check: str, wanted: Wanted
    ) -> Judgement:
        part = registry.discover(registry.CHECK)[check]
        conductor = self._engine.premises.conductor
        (scenario,) = past.learned.scenarios
        if not scenario.reached:
            return Judgement(
                Outcome.INCONCLUSIVE, f"sent again it is answered otherwise: {scenario.reason}"
            )
        conductor.profile = self._profile_of(past.learned)
        jobs = Jobs(
            conductor,
            {check: part},
            self._engine.premises.catalog,
            self._engine.premises.config,
            emit=lambda event: None,
            redact=self._engine.redactor.text,
            knowledge=await self._knowing.knowledge(part, scenario, past.reads, conductor.profile),
        )
        job = self._job(recording, part, scenario)
        if check in wanted.leads:
            undeclared = await self._knowing.undeclared(part)
            job = replace(job, leads=frozenset({check}), undeclared=undeclared)
        return self._concluded(await jobs.do(job, past.watchers), part, recording)

    async def _known(self, recording: Recording, wanted: Wanted) -> _Past:
        test = recording.scenario.source
        if test not in self._past:
            premises = self._engine.premises
            premises.conductor.profile = Profile()
            reads = await Reads.of(premises, recording.scenario.act)
            exploration = learn(
                [recording.scenario],
                premises.catalog,
                reads=[each.act for each in reads.scenarios],
                replicas=premises.conductor.replicas,
                reviewed=self._profile,
            )
            learned = await drive(exploration, premises.conductor.conduct)
            parts = registry.discover(registry.CHECK)
            watchers = {
                name: Watcher(parts[name].implementation())
                for name in wanted.checks
                if parts[name].watches
            }
            self._past[test] = _Past(learned, reads, watchers)
        return self._past[test]

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

    def _job(self, recording: Recording, part: Part, learned: LearnedScenario) -> Job:
        premises = self._engine.premises
        calls = {BoundaryKind.HTTP_OUT} if recording.calls else set()
        return Job(
            0,
            (part.name,),
            recording.scenario,
            hash_of(premises.conductor.profile),
            premises.sighted | calls,
            learned.disturbed,
            alone="" if len(premises.identities.identities) > 1 else _ALONE,
            landing={} if learned.clean is None else landing(learned.clean, premises.catalog),
        )

    def _concluded(self, result: Result, part: Part, recording: Recording) -> Judgement:
        (judged,) = result.judged
        findings = collect(judged.verdicts, {part.name: part})
        shelf = Shelf(self._engine.config.path(".seamproof/runs"))
        provenance = recording.provenance(part.name, self._engine.redactor) if findings else None
        for each in findings:
            shelf.put(self._engine.name, each, provenance)
        known = ((each.id, self._standing.acceptance(each)) for each in findings)
        accepted = {name: each for name, each in known if each is not None}
        return Judgement(judged.outcome, judged.reason, findings, result.crashes, accepted)


def _in_order(check: str, wanted: Wanted) -> tuple[str, ...]:
    """What is run for a check: before one that watches, all that it can look at."""
    parts = registry.discover(registry.CHECK)
    if not parts[check].watches:
        return (check,)
    return (*(each for each in wanted.checks if not parts[each].watches), check)
