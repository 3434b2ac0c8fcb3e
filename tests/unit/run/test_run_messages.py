"""What a run and its workers say to each other survives the way over a pipe."""

from __future__ import annotations

from typing import Any

import pytest

from seamproof.core.document import (
    Answer,
    Declaration,
    Document,
    Parameter,
    Place,
    SchemeKind,
    SecurityScheme,
)
from seamproof.core.errors import Bug, SafetyError, ServiceError
from seamproof.core.events import ExperimentRun, JobStarted, Notice
from seamproof.core.experiment import (
    Act,
    BoundaryKind,
    CrossingKey,
    Experiment,
    Fault,
    FaultKind,
    Phase,
)
from seamproof.core.history import Exchange, Request, Response, RowChange
from seamproof.core.model import Extract, Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Job, Knowledge, Result
from seamproof.core.verdict import Control, Evidence, Outcome, Tier, Verdict
from seamproof.run.jobs import hash_of, judged
from seamproof.run.workers.crew import workers
from seamproof.run.workers.messages import (
    Begin,
    Brief,
    Enough,
    Ready,
    Refused,
    decode,
    encode,
    refusal,
)

STEP = Step(
    Operation("PUT", "/stock/{item}", retry_safe=True),
    identity="clerk",
    path_parameters={"item": "p\n\u2028€"},
    json={"units": [1, 2.5, None, True, {"deep": "{id}"}]},
    extracts=(Extract("id", "$.id"),),
    expect=(200, 201),
)
JOB = Job(
    7,
    ("rollback", "trace"),
    Scenario("name", STEP, (STEP, STEP), "file.yaml:3"),
    "0123456789abcdef",
    frozenset({BoundaryKind.HTTP_IN, BoundaryKind.SQL}),
    "a rate limiter",
    deep=True,
    seed=5,
)
DOCUMENT = Document(
    (
        Declaration(
            STEP.operation,
            parameters=(Parameter("item", Place.PATH, {"$ref": "#/Item"}, required=True),),
            answers=(Answer("2XX", {"application/json": {"type": "object"}}),),
            security=(frozenset({"token"}), frozenset()),
        ),
    ),
    {"token": SecurityScheme("token", SchemeKind.BEARER)},
    {"#/Item": {"type": "string", "maxLength": 3}},
    "3.1.0",
)
ACT = Act(STEP, replica=1, headers={"X": "y"}, raw=b"\x00\xff\n", body=b"\xff{id}")
EXCHANGE = Exchange(ACT, Request("PUT", "/", (("a", "b"),), b"\xff\n"), 0.0, 0.25, Response(503))
VERDICT = Verdict(
    Outcome.VIOLATED,
    "rollback",
    "PUT /stock/{item}",
    finding_class="partial-state",
    tier=Tier.PROVEN,
    replays=(3, 3),
    table="stock",
    evidence=Evidence(
        Experiment((Phase((ACT,), (Fault(FaultKind.REPLY_LOST, CrossingKey("COMMIT", 2)),)),)),
        control=Control("the same act with no fault", EXCHANGE),
        exchanges=(EXCHANGE,),
        left=(RowChange("stock", {"a": None}, {"a": "1"}),),
        masked=("stock.at",),
        facts={"count": 3, "share": 0.5, "retry": None, "ok": True, "text": "\x1b[2J"},
    ),
)
MESSAGES: list[Any] = [
    Begin(".seamproof/runs/x/logs/world-2", frozenset({BoundaryKind.SQL}), 5),
    Brief(
        Profile(volatile=frozenset({"a.b", "c.d"}), tail=0.1, notes=("n",)),
        Knowledge(DOCUMENT, (JOB.scenario,)),
        {"peer": {"basic": {"username": "u", "password": "p"}}},
        12.5,
    ),
    JOB,
    Enough(),
    Ready(1.5),
    Result(7, (judged("rollback", (VERDICT,), 12, 3.5),), 4.0, ("Traceback\n  line",)),
    Refused("ServiceError", "it died", "see", ("a", "b"), "Traceback"),
    Notice("text", "hint", warning=True),
    JobStarted("PUT /stock/{item}", "rollback"),
    ExperimentRun("PUT /stock/{item}", "rollback", "clean", 0.5),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: type(each).__name__)
def test_each_is_one_line_and_comes_back_as_it_was(message: Any) -> None:
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == message


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"{", b"[]", b"{}", b'{"Job": {}}', b'{"Other": {}}', b'{"Job": 1}']
)
def test_what_is_no_message_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode(line)


def test_an_error_comes_back_as_the_kind_that_it_was() -> None:
    error = ServiceError("it died", hint="see its log", details=("last line",))
    back = decode(encode(refusal(error)))
    assert not back.ours
    assert isinstance(back.as_error(), ServiceError)
    assert (back.problem, back.hint, back.details) == ("it died", "see its log", ("last line",))
    assert isinstance(refusal(SafetyError("another database")).as_error(), SafetyError)
    assert refusal(Bug("an audit differs")).ours
    assert isinstance(refusal(Bug("an audit differs")).as_error(), Bug)


def test_a_profile_has_one_hash_in_whatever_order_it_was_made() -> None:
    names = [f"table{number}.column" for number in range(20)]
    profile = Profile(volatile=frozenset(names))
    assert hash_of(profile) == hash_of(Profile(volatile=frozenset(reversed(names))))
    assert hash_of(profile) != hash_of(Profile(volatile=frozenset(names[1:])))


def test_auto_is_one_for_each_core_and_nonsense_is_refused() -> None:
    assert workers("3") == 3
    assert workers("auto") >= 1
    for text in ("0", "-1", "1.5", "", "many", "65", "٣"):
        with pytest.raises(Exception, match="no number of workers") as caught:
            workers(text)
        assert caught.value.exit_code == 4  # type: ignore[attr-defined]
