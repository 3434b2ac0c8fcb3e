"""A job in a world, and what of it is data."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from seamproof.config.identities import IdentityConfig
from seamproof.config.models import Config, ServiceConfig
from seamproof.config.stubs import ErrorConfig, ReplyConfig, StubConfig
from seamproof.core import registry
from seamproof.core.catalog import Catalog, Stored
from seamproof.core.errors import Bug, ServiceError
from seamproof.core.events import Event, ExperimentRun, JobStarted
from seamproof.core.experiment import Act, BoundaryKind, Credential, Experiment, Phase
from seamproof.core.history import History
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.protocols import Exploration, Spent
from seamproof.core.registry import Part
from seamproof.core.subject import Job, Skip, Subject
from seamproof.core.verdict import Outcome, Tier, Verdict
from seamproof.run.jobs import Jobs, Watcher, hash_of

PROFILE = Profile(tail=0.5)
SCENARIO = Scenario("", Step(Operation("POST", "/orders")))
EXPERIMENT = Experiment((Phase((Act(SCENARIO.act),)),), purpose="clean")


class Conductor:
    """Answers every experiment with an empty history."""

    profile = PROFILE
    replicas = 2
    stored: ClassVar[Stored] = {}
    credentials: ClassVar[dict[str, tuple[Credential, ...]]] = {}

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure

    def on_history(self, history: History) -> None:
        """Replaced by who listens."""

    async def conduct(self, experiment: Experiment) -> History:
        if self.failure is not None:
            raise self.failure
        history = History(experiment, ())
        self.on_history(history)
        return history


class Slow(Conductor):
    """Takes a second for each experiment, on a clock that stands still else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.now = 0.0
        monkeypatch.setattr("seamproof.run.jobs.time.monotonic", lambda: self.now)

    async def conduct(self, experiment: Experiment) -> History:
        self.now += 1.0
        return await super().conduct(experiment)


class Asks:
    """Runs two experiments and notes what they show."""

    classes = ()

    def applies(self, subject: Subject) -> Skip | None:
        return Skip("nothing to do") if subject.profile.disturbed else None

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        yield EXPERIMENT
        yield EXPERIMENT
        return [
            Verdict(Outcome.VIOLATED, "asks", subject.operation.id, "a note", tier=Tier.NOTE),
            Verdict(Outcome.HELD, "asks", subject.operation.id, "all of it"),
        ]


class Sees(Asks):
    """Counts what the others provoke."""

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        return []
        yield

    def watch(self, subject: Subject, history: History) -> Iterable[Verdict]:
        return [Verdict(Outcome.HELD, "sees", subject.operation.id, "seen")]


class Concludes(Asks):
    """Finds a defect with each of three experiments."""

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        found: list[Verdict] = []
        with suppress(Spent):
            for _ in range(3):
                yield EXPERIMENT
                operation = subject.operation.id
                found.append(Verdict(Outcome.VIOLATED, "concludes", operation, "a defect"))
        return found


class Raises(Asks):
    """Has a bug, and says a secret in it."""

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        yield EXPERIMENT
        raise KeyError("hunter2")


CHECKS = {"concludes": Concludes, "asks": Asks, "sees": Sees, "raises": Raises}


def parts() -> dict[str, Part]:
    known = next(iter(registry.discover(registry.CHECK).values()))
    return {name: replace(known, name=name, implementation=each) for name, each in CHECKS.items()}


CONFIG = Config(
    service=ServiceConfig(command="serve"),
    stubs={
        "payments": StubConfig(
            replies={"POST /charges": ReplyConfig(status=201)},
            errors={"POST /charges": {402: ErrorConfig()}},
        )
    },
    identities={"alice": IdentityConfig(bearer="token", tenant="acme")},
    root=Path(),
)


def do(
    *checks: str,
    conductor: Any = None,
    events: list[Event] | None = None,
    until: float | None = None,
    watchers: dict[str, Watcher] | None = None,
    **more: Any,
) -> Any:
    job = Job(3, checks, SCENARIO, hash_of(PROFILE), frozenset({BoundaryKind.SQL}))
    jobs = Jobs(
        conductor or Conductor(),
        parts(),
        Catalog(),
        CONFIG,
        emit=(events if events is not None else []).append,
        redact=lambda text: text.replace("hunter2", "***"),
        until=until,
    )
    return asyncio.run(jobs.do(replace(job, **more), watchers))


def test_checks_that_watch_come_last_and_see_what_the_others_provoke() -> None:
    events: list[Event] = []
    result = do("sees", "asks", events=events)
    assert [each.check for each in result.judged] == ["asks", "sees"]
    assert [len(each.verdicts) for each in result.judged] == [2, 2]
    assert [each.experiments for each in result.judged] == [2, 0]
    assert [type(each) for each in events] == [
        JobStarted,
        ExperimentRun,
        ExperimentRun,
        JobStarted,
    ]


def test_checks_that_watch_see_what_other_jobs_have_provoked() -> None:
    watchers = {"sees": Watcher(Sees())}
    do("asks", watchers=watchers)
    (judged,) = do("sees", watchers=watchers).judged
    assert len(judged.verdicts) == 2
    assert {name: each.watches for name, each in parts().items()} == {
        **{"concludes": False, "asks": False, "raises": False},
        "sees": True,
    }


def test_no_check_is_begun_once_the_time_is_spent() -> None:
    events: list[Event] = []
    result = do("asks", "sees", "raises", events=events, until=0.0)
    assert {each.outcome for each in result.judged} == {Outcome.NOT_RUN}
    assert {each.reason for each in result.judged} == {"the budget is spent"}
    assert [each.check for each in result.judged] == ["asks", "raises", "sees"]
    assert not any(each.whole for each in result.judged)
    assert events == []


def test_what_does_not_apply_is_skipped_also_where_there_is_no_time() -> None:
    (judged,) = do("asks", until=0.0, disturbed="a rate limiter").judged
    assert (judged.outcome, judged.whole) == (Outcome.SKIPPED, True)


def test_overlaps_come_last_where_the_time_may_end(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("concurrency", "asks", "idempotency", "raises", "sees")
    monkeypatch.setitem(CHECKS, "concurrency", Asks)
    monkeypatch.setitem(CHECKS, "idempotency", Asks)
    assert [each.check for each in do(*names).judged] == sorted(names)
    limited = [each.check for each in do(*names, until=1e12).judged]
    assert limited == ["asks", "raises", "idempotency", "concurrency", "sees"]


def test_a_check_that_has_begun_ends_at_the_next_experiment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = do("asks", "sees", conductor=Slow(monkeypatch), until=0.5)
    asks, sees = result.judged
    assert (asks.outcome, asks.reason) == (Outcome.NOT_RUN, "the budget is spent")
    assert asks.experiments == 1, "the second is not begun"
    # What was seen of the others' experiments is known, and no pass.
    assert (sees.outcome, sees.reason) == (Outcome.INCONCLUSIVE, "the budget is spent")
    assert [each.outcome for each in sees.verdicts].count(Outcome.HELD) == 1
    assert result.seconds == 0.0, "what it took is not what it costs"


def test_what_it_had_concluded_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    (judged,) = do("concludes", conductor=Slow(monkeypatch), until=0.5).judged
    assert (judged.outcome, judged.reason) == (Outcome.VIOLATED, "a defect")
    assert judged.verdicts[-1].reason == "the budget is spent"
    assert not judged.whole
    (whole,) = do("concludes", conductor=Slow(monkeypatch), until=9.0).judged
    assert [each.reason for each in whole.verdicts] == ["a defect", "a defect", "a defect"]
    assert whole.whole


def test_a_note_counts_as_held() -> None:
    (judged,) = do("asks").judged
    assert (judged.outcome, judged.reason) == (Outcome.HELD, "a note; all of it")


def test_what_is_disturbed_is_said_to_the_checks() -> None:
    (judged,) = do("asks", disturbed="a rate limiter").judged
    assert (judged.outcome, judged.reason) == (Outcome.SKIPPED, "nothing to do")


def test_a_check_that_raises_is_inconclusive_and_costs_no_other() -> None:
    result = do("raises", "asks")
    assert [(each.check, each.outcome) for each in result.judged] == [
        ("asks", Outcome.HELD),
        ("raises", Outcome.INCONCLUSIVE),
    ]
    (crash,) = result.crashes
    assert "KeyError: '***'" in crash
    assert "hunter2" not in str(result)


def test_a_world_that_cannot_go_on_is_no_verdict() -> None:
    with pytest.raises(ServiceError):
        do("asks", conductor=Conductor(ServiceError("it does not come up again")))


def test_a_job_of_another_profile_is_refused() -> None:
    with pytest.raises(Bug, match="another profile"):
        do("asks", profile_hash="0" * 16)


def test_a_subject_knows_who_may_ask_and_what_the_job_says_it_overlaps_with() -> None:
    seen: list[Subject] = []

    @registry.check("seeing", title="Keeps what it sees", boundary=BoundaryKind.SQL)
    class Seeing:
        """Keeps what it sees."""

        classes = ()

        def applies(self, subject: Subject) -> Skip | None:
            """Keep the subject."""
            seen.append(subject)
            return Skip("seen")

        def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
            """Nothing."""
            return ()
            yield

    part = Part("check", "seeing", "Keeps what it sees", Seeing, BoundaryKind.SQL)
    job = Job(0, ("seeing",), SCENARIO, hash_of(PROFILE), frozenset(), partners=(SCENARIO,))
    jobs = Jobs(
        Conductor(), {"seeing": part}, Catalog(), CONFIG, emit=lambda event: None, redact=str
    )
    asyncio.run(jobs.do(job))
    (subject,) = seen
    assert subject.partners == (SCENARIO,)
    assert subject.replicas == 2
    assert subject.refusals == {"POST payments /charges": (402,)}
    assert [(each.name, each.tenant) for each in subject.identities] == [("alice", "acme")]
