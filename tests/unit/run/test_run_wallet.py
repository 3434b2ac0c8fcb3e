"""Whose credentials are due, which answers 401 are doubted, and who was let in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from seamproof.config import IdentityConfig
from seamproof.core.experiment import (
    Act,
    Credential,
    CrossingKey,
    Experiment,
    Fault,
    FaultKind,
    Phase,
    Settings,
)
from seamproof.core.history import Exchange, History, Request, Response, Section
from seamproof.core.model import Operation, Step
from seamproof.run.experiment.requests import Credentials
from seamproof.run.identities.admitted import Admitted
from seamproof.run.identities.wallet import Wallet

LOGIN = IdentityConfig.model_validate({"login": {"operation": "POST /login", "token": "$.t"}})
KEY = IdentityConfig.model_validate({"header": {"name": "X-Key", "value": "secret-key"}})
ORDER = Step(Operation("POST", "/orders"), "ann")
PLAIN = Experiment((Phase((Act(ORDER),)),))
BROKEN = Experiment((Phase((Act(ORDER),), (Fault(FaultKind.CUT, CrossingKey("SELECT ?")),)),))


@dataclass
class Turnstile:
    """An admission that gives out numbered tokens."""

    lifetime: float | None = None
    log: list[str] = field(default_factory=list)

    async def first(
        self, name: str, identity: IdentityConfig, earlier: Mapping[str, Credentials]
    ) -> Admitted:
        return await self.again(name, identity)

    async def again(self, name: str, identity: IdentityConfig) -> Admitted:
        self.log.append(name)
        token = Credentials((("T", str(len(self.log))),))
        return Admitted(token, self.lifetime, renewable=identity.login is not None)


def test_a_401_to_a_credential_that_was_altered_renews_nothing() -> None:
    wallet = Wallet.of({"ann": Credentials((("T", "1"),))})
    held = wallet._held["ann"]
    held.admitted, held.welcome = replace(held.admitted, renewable=True), True
    assert wallet.doubtful(_answered(Act(ORDER), 401)) == ("ann",)
    altered = Act(ORDER, credential=Credential.UNSIGNED)
    assert wallet.doubtful(_answered(altered, 401)) == ()


def _answered(act: Act, status: int) -> History:
    exchange = Exchange(act, Request("POST", "/orders"), 0.0, 1.0, Response(status))
    return History(Experiment((Phase((act,)),)), (Section((exchange,)),))


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def wallet(clock: Clock, turnstile: Turnstile, **identities: IdentityConfig) -> Wallet:
    made = Wallet(identities or {"ann": LOGIN}, turnstile, clock)  # type: ignore[arg-type]
    asyncio.run(made.sign_in())
    return made


def history(status: int, experiment: Experiment = PLAIN, *, arranged: int = 0) -> History:
    act = experiment.phases[0].acts[0]
    sections = (Section((_exchange(act, status),)),)
    return History(experiment, sections, (_exchange(Act(ORDER), arranged),) if arranged else ())


def asking(operation: str) -> Experiment:
    return Experiment((Phase((Act(Step(Operation.parse(operation), "ann")),)),))


def _exchange(act: Act, status: int) -> Exchange:
    return Exchange(act, Request("POST", "/orders"), 0.0, 0.1, Response(status))


@pytest.mark.parametrize(
    ("lifetime", "age", "wait", "due"),
    [
        (60.0, 29.0, 0.0, False),
        (60.0, 31.0, 0.0, True),
        (3600.0, 3569.0, 0.0, False),
        (3600.0, 3571.0, 0.0, True),
        (2.0, 0.9, 0.0, False),
        (2.0, 0.1, 1.2, True),
        (None, 9999.0, 0.0, False),
    ],
)
def test_credentials_are_due_before_they_end(
    clock: Clock, lifetime: float | None, age: float, wait: float, due: bool
) -> None:
    ours = wallet(clock, Turnstile(lifetime))
    clock.now += age
    experiment = Experiment(PLAIN.phases, settings=Settings(wait=wait))
    assert ours.due(experiment) == (("ann",) if due else ())


def test_what_is_renewed_is_sent_from_then_on(clock: Clock) -> None:
    turnstile = Turnstile(60.0)
    ours = wallet(clock, turnstile, ann=LOGIN, tool=KEY)
    clock.now += 59
    assert ours.due(PLAIN) == ("ann",)
    asyncio.run(ours.renew(ours.due(PLAIN)))
    assert turnstile.log == ["ann", "tool", "ann"]
    assert ours["ann"].headers == (("T", "3"),)
    assert ours.due(PLAIN) == ()


def test_an_answer_401_is_doubted_once(clock: Clock) -> None:
    ours = wallet(clock, Turnstile())
    assert ours.doubtful(history(401)) == ()  # never let in, so nothing has expired
    ours.note(history(200))
    assert ours.doubtful(history(401)) == ("ann",)
    assert ours.doubtful(history(200, arranged=401)) == ("ann",)
    assert ours.doubtful(history(403)) == ()
    ours.settle(history(401))
    assert ours.doubtful(history(401)) == ()
    assert ours.doubtful(history(401, BROKEN)) == ("ann",)


def test_the_first_act_that_was_refused_is_known_unless_the_arrangement_was(clock: Clock) -> None:
    ours = wallet(clock, Turnstile())
    ours.note(history(200))
    (act,) = PLAIN.phases[0].acts
    assert ours.refused(history(401), "ann") == act
    assert ours.refused(history(401), "bob") is None
    assert ours.refused(history(401, arranged=401), "ann") is None


def test_under_a_fault_a_known_end_leaves_no_doubt(clock: Clock) -> None:
    ours = wallet(clock, Turnstile(60.0))
    ours.note(history(200))
    assert ours.doubtful(history(401, BROKEN)) == ()
    assert ours.doubtful(history(401)) == ("ann",)


def test_who_cannot_sign_in_again_is_never_doubted(clock: Clock) -> None:
    ours = wallet(clock, Turnstile(), ann=KEY)
    ours.note(history(200))
    assert ours.doubtful(history(401)) == ()


def test_nobody_let_in_is_a_mistake_of_the_set_up_that_names_what_was_tried(clock: Clock) -> None:
    ours = wallet(clock, Turnstile())
    for status in (401, 401, 403, 404):
        ours.note(history(status))
    error = ours.turned_away()
    assert error is not None
    assert "of 4 requests" in error.problem
    assert "3 with 401 or 403" in error.problem
    assert error.details == (
        "ann: POST /login, token from $.t in the header Authorization: 4 requests, answered "
        "401 (2), 403 (1), 404 (1)",
    )


@pytest.mark.parametrize("statuses", [(401, 200), (404, 422), ()])
def test_who_was_let_in_or_not_refused_for_who_they_are(
    clock: Clock, statuses: tuple[int, ...]
) -> None:
    ours = wallet(clock, Turnstile())
    for status in statuses:
        ours.note(history(status))
    assert ours.turned_away() is None


def test_an_answer_under_a_fault_says_nothing_of_who_is_let_in(clock: Clock) -> None:
    ours = wallet(clock, Turnstile())
    ours.note(history(401, BROKEN))
    assert ours.turned_away() is None


def test_what_is_open_to_everybody_lets_nobody_in(clock: Clock) -> None:
    ours = wallet(clock, Turnstile())
    ours.note(history(401, asking("GET /mine")))
    ours.note(history(401, asking("GET /orders")))
    assert ours.shunned
    ours.note(history(200, asking("GET /health")))
    assert ours.shunned
    assert ours.turned_away() is None
    assert ours.turned_away({"GET /health"}) is not None
    ours.note(history(200, asking("GET /orders")))
    assert not ours.shunned
    assert ours.turned_away({"GET /health"}) is None
