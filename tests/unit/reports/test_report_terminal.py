from __future__ import annotations

import io
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from report_samples import EVENTS, FINDING, FINISHED, STARTED, changed

from seamproof.core.errors import MachineError
from seamproof.core.events import (
    Baseline,
    Event,
    ExperimentRun,
    FindingReported,
    JobFinished,
    Notice,
    RunFinished,
    RunStarted,
    Stage,
)
from seamproof.core.history import RowChange
from seamproof.core.verdict import Acceptance, Outcome, Tier
from seamproof.reports.terminal import Terminal


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)


def shown(
    monkeypatch: pytest.MonkeyPatch, *events: Event, stream: io.StringIO | None = None
) -> str:
    stream = stream or io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    terminal = Terminal(None, ("json out.json",))
    for event in events:
        terminal.on_event(event)
    return stream.getvalue()


def test_a_plain_stream_has_a_line_for_each_operation_and_no_escapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = shown(monkeypatch, *EVENTS)
    assert "\x1b" not in text
    assert "\r" not in text
    assert (
        "  POST /orders  violated rollback · held trace  (2 experiments, 0.0 s)\n"
        "  GET /orders  inconclusive trace  (0 experiments, 0.0 s)\n"
    ) in text
    assert "  boundaries            HTTP ok, SQL ok, outbound not observed\n" in text
    assert "  database              PostgreSQL 18.6" in text
    assert "masks orders.created_at; ignores audit (.seamproof/profile.toml)" in text
    assert "changed: orders.created_at is volatile" in text
    assert "  no baseline POST /refunds: answered 404" in text


def test_the_end_sums_up(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, *EVENTS)
    end = text[text.index("\n  operation") :]
    assert end == (
        "\n"
        "  operation      risk  verdicts\n"
        "  POST /orders      4  violated rollback · held trace\n"
        "  POST /refunds     4  not run\n"
        "  GET /orders       0  inconclusive trace\n"
        "\n"
        "  rollback skipped: it changes nothing: GET /orders\n"
        "  trace inconclusive: the service was busy: GET /orders\n"
        "  every check not run: answered 404: POST /refunds\n"
        "\n"
        "  1 proven, 0 suspected, 0 notes, 1 inconclusive · 2 experiments in 1.2 s"
        " · 2 of 3 operations exercised · 45% of the risk judged\n"
        "  report                json out.json\n"
    )


def test_a_finding_is_headed_and_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, STARTED, FindingReported(FINDING)).splitlines()
    head = next(line for line in lines if line.startswith("PROVEN"))
    assert head.startswith("PROVEN  partial-state  POST /orders ")
    assert head.endswith("boundary broken: transaction")
    assert len(head) == 100
    marked = next(line for line in lines if line.startswith("SQL #4"))
    assert marked.endswith("  <- error 40001")
    assert len(marked) == 100


def test_a_note_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown(monkeypatch, STARTED)
    text = shown(monkeypatch, STARTED, FindingReported(replace(FINDING, tier=Tier.NOTE)))
    assert text.removeprefix(before).splitlines() == [
        "  note  partial-state  POST /orders: a failure in POST /orders leaves a part of its rows"
    ]


def test_other_operations_with_the_same_cause_are_counted_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    several = replace(FINDING, also=("PUT /orders/{id}", "DELETE /orders/{id}"))
    named = "and 2 more operations: PUT /orders/{id}, DELETE /orders/{id}\n"
    assert f"Also:    {named}" in shown(monkeypatch, STARTED, FindingReported(several))
    note = replace(several, tier=Tier.NOTE)
    assert f"\n        {named}" in shown(monkeypatch, STARTED, FindingReported(note))


def test_an_accepted_finding_is_one_line_and_counted_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accepted = Acceptance("counted anew each night", "team-orders", date(2027, 1, 1))
    ended = replace(FINISHED, proven=0, accepted=1)
    text = shown(monkeypatch, STARTED, FindingReported(FINDING, accepted), ended)
    assert (
        "  accepted  partial-state  POST /orders: counted anew each night"
        " (team-orders, until 2027-01-01)\n"
    ) in text
    assert "PROVEN" not in text
    assert "1 inconclusive, 1 accepted" in text


def test_a_terminal_has_one_live_line_and_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, *EVENTS, stream=Tty())
    assert "\x1b[31;1mPROVEN\x1b[0m" in text
    assert "\r\x1b[2K" in text
    assert "violated rollback · held trace" not in text
    assert text.endswith("json out.json\n")


def test_progress_is_drawn_at_most_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [ExperimentRun("POST /orders", "rollback", "cut", 0.01)] * 1000
    text = shown(monkeypatch, STARTED, *runs, stream=Tty())
    assert 1 <= text.count("\r\x1b[2K") <= 10


@pytest.mark.parametrize(
    ("name", "value", "live"), [("NO_COLOR", "1", True), ("TERM", "dumb", False)]
)
def test_colour_can_be_turned_off(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, live: bool
) -> None:
    monkeypatch.setenv(name, value)
    text = shown(monkeypatch, *EVENTS, stream=Tty())
    assert "m" not in {part[:1] for part in text.split("\x1b[31;1")[1:]}
    assert "\x1b[0m" not in text
    assert ("\x1b[2K" in text) is live


def test_the_target_cannot_draw_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\u202e\r\n"
    finding = changed(
        left=(RowChange(evil, None, {evil: evil}),),
        masked=(evil,),
        facts={"fault": evil, "statement": evil, "answer": evil},
    )
    text = shown(
        monkeypatch,
        STARTED,
        Stage(evil.strip(), evil, 0.1),
        Notice(evil, evil),
        Baseline(f"POST /{evil}", False, evil),
        FindingReported(replace(finding, operation=f"POST /{evil}", also=(evil,))),
        replace(FINISHED, crashed=evil),
    )
    assert not set(text) & set("\x1b\x07\r\u202e")


def test_nothing_exercised_has_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    end = RunFinished(0, 0, 0, 0, 0, 0.1, crashed="login refused")
    text = shown(monkeypatch, STARTED, end)
    assert "not run" not in text
    assert "0 of 3 operations exercised · ended by an error: login refused" in text


def test_what_holds_for_every_operation_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [
        JobFinished(name, "trace", Outcome.INCONCLUSIVE, "a rate limit")
        for name in STARTED.operations
    ]
    text = shown(monkeypatch, STARTED, *jobs, FINISHED)
    assert "  trace inconclusive: a rate limit: every operation\n" in text


def test_many_that_are_skipped_for_one_reason_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    names = tuple(f"GET /{number}" for number in range(6))
    jobs = [JobFinished(name, "trace", Outcome.SKIPPED, "it is quiet") for name in names[:5]]
    busy = [JobFinished(names[5], "trace", Outcome.HELD)]
    started = RunStarted("t", "1", 0, ("trace",), names)
    text = shown(monkeypatch, started, *jobs, *busy, RunFinished(0, 0, 0, 0, 0, 1.0))
    assert "  trace skipped: it is quiet: 5 operations\n" in text
    text = shown(monkeypatch, started, *jobs[:2], *busy, RunFinished(0, 0, 0, 0, 0, 1.0))
    assert "  trace skipped: it is quiet: GET /0, GET /1\n" in text


def test_an_interrupted_and_a_failed_run_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, STARTED, RunFinished(0, 0, 0, 0, 0, 0.1, interrupted=True))
    assert "· interrupted\n" in text
    text = shown(monkeypatch, STARTED, RunFinished(0, 0, 0, 0, 0, 0.1, crashed="KeyError: 'x'"))
    assert "· ended by an error: KeyError: 'x'\n" in text
    text = shown(monkeypatch, RunFinished(0, 0, 0, 0, 0, 0.0, crashed="no configuration"))
    assert text == "  report                json out.json\n"


def test_a_stream_that_knows_only_ascii_is_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    terminal = Terminal(None)
    for event in EVENTS:
        terminal.on_event(event)
    assert b"PROVEN" in raw.getvalue()


def test_a_file_can_be_written_instead(tmp_path: Path) -> None:
    path = tmp_path / "run.txt"
    terminal = Terminal(path)
    for event in EVENTS:
        terminal.on_event(event)
    assert "PROVEN  partial-state" in path.read_text(encoding="utf-8")
    with pytest.raises(MachineError, match="cannot be written"):
        Terminal(tmp_path / "missing" / "run.txt")
