"""What every reporter must do with any stream of events. Run over the registry and the no-op."""

from __future__ import annotations

from pathlib import Path

import pytest

from doubles.noop_reporter import NoopReporter
from seamproof.core.events import (
    Baseline,
    BoundaryStatus,
    Event,
    ExperimentRun,
    FindingReported,
    JobFinished,
    JobStarted,
    Notice,
    ProfileLearned,
    RunFinished,
    RunStarted,
    Stage,
    VerdictReached,
)
from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import RowChange
from seamproof.core.profile import Profile
from seamproof.core.registry import REPORTER, Part, discover, validate
from seamproof.core.verdict import Evidence, Finding, FindingClass, Outcome, Tier, Verdict

PARTS = [*discover(REPORTER).values(), validate(REPORTER, NoopReporter)]
REPORTERS = pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)

HOSTILE = "\x1b[2J\u202e</script>{0}{facts}%s\r\n\x00" + "x" * 5000
CLASS = FindingClass("odd", "{operation} is odd", "{missing}", "Why.", "Fix it.")
EVIDENCE = Evidence(
    left=(RowChange(HOSTILE, None, {HOSTILE: HOSTILE, "n": None}),), facts={"operation": HOSTILE}
)
VERDICT = Verdict(Outcome.VIOLATED, "any", "POST /orders", HOSTILE, "odd", evidence=EVIDENCE)
FINDING = Finding(
    "0123456789abcdef",
    "any",
    "odd",
    Tier.PROVEN,
    "POST /orders",
    BoundaryKind.SQL,
    (3, 3),
    EVIDENCE,
)
STREAM: list[Event] = [
    RunStarted("seamproof.toml", "0", 0, ("any",), ("POST /orders",), (CLASS,)),
    Stage("world", HOSTILE),
    Stage("world", HOSTILE, 0.5),
    Notice(HOSTILE, HOSTILE, warning=True),
    BoundaryStatus("sql", True),
    ProfileLearned(Profile(volatile=frozenset({HOSTILE})), "p", (HOSTILE,)),
    Baseline("POST /orders", True, "", 1.0, ("orders",)),
    JobStarted("POST /orders", "any"),
    ExperimentRun("POST /orders", "any", HOSTILE, 0.1),
    VerdictReached(VERDICT),
    JobFinished("POST /orders", "any", Outcome.VIOLATED, HOSTILE, 1, 0.1),
    FindingReported(FINDING),
    RunFinished(1, 0, 0, 0, 1, 0.5, exit_code=1),
]


@REPORTERS
@pytest.mark.parametrize(
    "stream",
    [
        STREAM,
        [STREAM[0], STREAM[-1]],
        [STREAM[-1]],
        [*STREAM[:3], RunFinished(0, 0, 0, 0, 0, 0.0, interrupted=True, crashed=HOSTILE)],
    ],
    ids=["whole", "empty", "end", "broken-off"],
)
def test_it_takes_any_stream(part: Part, stream: list[Event], tmp_path: Path) -> None:
    path = tmp_path / "report"
    writer = part.implementation(path)
    for event in stream:
        writer.on_event(event)
    assert {each.name for each in tmp_path.iterdir()} <= {"report"}, "it writes where it is told"


@REPORTERS
def test_nothing_of_the_target_commands_a_terminal(part: Part, tmp_path: Path) -> None:
    path = tmp_path / "report"
    writer = part.implementation(path)
    for event in STREAM:
        writer.on_event(event)
    if path.exists():
        written = path.read_bytes().decode()
        assert "\x1b[2J" not in written
        assert "\u202e" not in written
        assert "\x00" not in written


@REPORTERS
def test_two_runs_write_the_same(part: Part, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        path = tmp_path / name
        writer = part.implementation(path)
        for event in STREAM:
            writer.on_event(event)
        written.append(path.read_bytes() if path.exists() else b"")
    assert written[0] == written[1].replace(b"two", b"one")
