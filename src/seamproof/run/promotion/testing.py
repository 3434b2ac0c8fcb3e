"""A finding as a test: what was found in its docstring, and what is done line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap
from typing import Any, Final

from seamproof.core.experiment import BoundaryKind, CrossingKey, Fault, Phase, Schedule, Settings
from seamproof.core.model import Step
from seamproof.core.verdict import Tier
from seamproof.run.promotion import steps
from seamproof.run.promotion.layout import WIDTH, Call, laid_out
from seamproof.run.promotion.origin import Origin
from seamproof.run.promotion.seeing import seen
from seamproof.run.promotion.style import Style

_WORD = re.compile(r"[A-Za-z0-9]+")
_ROWS: Final = frozenset({"concurrency", "rollback", "idempotency"})
"""Checks whose experiments need the rows that were edited; others plant their own."""
_BY_EXPERIMENT: Final = frozenset(
    {
        *("rollback", "idempotency", "trace", "authentication", "authorization"),
        *("mass-assignment", "contract", "roundtrip"),
    }
)
"""Checks that show a finding again by its experiment, or by all that they do."""
_BY_THE_CHECK: Final = frozenset({"watched"})
"""Settings that the check sees to by itself."""
_LONGEST: Final = 120
"""Characters of a fact that a check may need to know: longer ones are for people."""


def name_of(origin: Origin) -> str:
    """`place_an_order_partial_state`: the scenario and the class in words."""
    return _words(f"{origin.scenario.name} {origin.finding.finding_class}")


def _words(text: str) -> str:
    return "_".join(_WORD.findall(text.lower()))[:80].rstrip("_")


def written(origin: Origin, style: Style) -> str:
    """The file of a test."""
    name = f"test_{_words(origin.scenario.name)}_shows_no_{_words(origin.finding.finding_class)}"
    body = [
        f'    """{_doc(origin)}"""',
        *_statements(origin),
    ]
    lines = [f"def {name}(seam):", *body]
    if style.classes:
        subject = "".join(each.title() for each in _WORD.findall(origin.scenario.name))[:60]
        lines = [
            line.replace("(seam)", "(self, seam)", 1) if i == 0 else line
            for i, line in enumerate(lines)
        ]
        indented = [f"    {line}" if line else "" for each in lines for line in each.split("\n")]
        lines = [f"class Test{subject or 'Finding'}:", *indented]
    head = [
        f'"""Promoted from {origin.finding.id} by `seamproof promote`: it fails until that is '
        'repaired."""',
        "",
        *_imports(origin),
        "",
        "",
    ]
    return "\n".join([*head, *lines]) + "\n"


def _imports(origin: Origin) -> Iterator[str]:
    if any(act.credential for phase in origin.experiment.phases for act in phase.acts):
        yield "from seamproof.core.experiment import Credential"
    verbs = sorted({steps.verb(each) for each in _all_steps(origin)})
    yield f"from seamproof.testing.experiments import {', '.join(verbs)}"


def _all_steps(origin: Origin) -> Iterator[Step]:
    yield from origin.scenario.arrangement
    yield origin.scenario.act
    yield from (
        act.step
        for phase in origin.experiment.phases
        for act in phase.acts
        if act.step != origin.scenario.act
    )


# The docstring


def _doc(origin: Origin) -> str:
    """What was found, as a report says it, indented as in a function."""
    finding = origin.finding
    title = f"{finding.operation}: {finding.finding_class}. {_title(origin)}"
    lines = wrap(_safe(title), WIDTH - 8)
    kept = [_safe(each) for each in seen(origin, WIDTH - 7)]
    return "\n    ".join([*lines, *(["", *kept] if kept else []), ""]).replace("\n    \n", "\n\n")


def _title(origin: Origin) -> str:
    if origin.known is None:
        return ""
    sentence = origin.known.fix.split(". ")[0].rstrip(".")
    return f"To repair it: {sentence}." if sentence else ""


def _safe(text: str) -> str:
    """A text that ends no docstring."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain.replace("\\", "\\\\").replace('"""', "'''").rstrip()


# What is done


def _statements(origin: Origin) -> list[str]:
    names: dict[int, str] = {}
    lines: list[str] = []
    scenario = origin.scenario
    for number, step in enumerate(scenario.arrangement, 1):
        names[id(step)] = f"step_{number}" if len(scenario.arrangement) > 1 else "before"
        lines.append(_assigned(names[id(step)], step))
    lines.append(_assigned("act", scenario.act))
    given = [*(names[id(each)] for each in scenario.arrangement), "act"]
    lines += ["    (", f"        seam.experiment({', '.join(given)})"]
    for call in _calls(origin):
        lines.append(f"        .{laid_out(call, 2, 1)}")
    return [*lines, "    )"]


def _assigned(name: str, step: Step) -> str:
    return f"    {name} = {laid_out(steps.written(step), 1, len(name) + 3)}"


def _calls(origin: Origin) -> Iterator[Call]:
    experiment = origin.experiment
    if origin.finding.check in _ROWS:
        for edit in experiment.edits:
            rows = {"old": edit.old, "new": edit.new}
            yield Call("row", (edit.table,), {k: v for k, v in rows.items() if v is not None})
    for number, phase in enumerate(experiment.phases):
        yield from _sent(origin, phase, first=number == 0)
        yield from map(_fault, phase.faults)
        yield from _scheduled(phase.schedule)
    if (asked := _settings(experiment.settings)) is not None:
        yield asked
    yield _holds(origin)


def _sent(origin: Origin, phase: Phase, *, first: bool) -> Iterator[Call]:
    act, *others = phase.acts
    own = act.step == origin.scenario.act
    given, changed = () if own else (steps.written(act.step),), steps.overrides(act)
    if not first:
        yield Call("again" if own else "then", given, changed)
    elif given or changed:
        yield Call("sending", given, changed)
    for each in others:
        same = each.step == origin.scenario.act
        yield Call("beside", () if same else (steps.written(each.step),), steps.overrides(each))


def _place(key: CrossingKey, statement: str = "statement") -> dict[str, Any]:
    named: dict[str, Any] = {
        "call" if key.boundary is BoundaryKind.HTTP_OUT else statement: key.shape
    }
    return named if key.occurrence == 1 else {**named, "occurrence": key.occurrence}


def _fault(fault: Fault) -> Call:
    more = {name: value for name, value in (("place", fault.place), ("text", fault.text)) if value}
    return Call("fault", (fault.label,), {**_place(fault.at), **more})


def _scheduled(schedule: Schedule | None) -> Iterator[Call]:
    if schedule is None:
        return
    for act, key in schedule.holds:
        yield Call("hold", (act,), _place(key))
    for turn in schedule.turns:
        yield Call("turn", (turn.act,), {} if turn.until is None else _place(turn.until, "until"))


def _settings(settings: Settings) -> Call | None:
    usual = Settings()
    changed = {
        name: getattr(settings, name)
        for name in Settings.__slots__
        if getattr(settings, name) != getattr(usual, name) and name not in _BY_THE_CHECK
    }
    return Call("settings", (), changed) if changed else None


def _holds(origin: Origin) -> Call:
    finding = origin.finding
    named: dict[str, Any] = {}
    if finding.tier is not Tier.PROVEN:
        named["tier"] = str(finding.tier)
    if finding.cause:
        named["cause"] = finding.cause
    if facts := _facts(origin):
        named["facts"] = facts
    return Call("holds", (finding.check, finding.finding_class), named)


def _facts(origin: Origin) -> dict[str, Any]:
    """What a check knows of a finding, where its experiment does not say it."""
    finding = origin.finding
    if finding.check in _BY_EXPERIMENT:
        return {}
    facts = finding.evidence.facts
    if finding.check == "concurrency":
        return {"seeded": facts["seeded"]} if facts.get("seeded") else {}
    return {name: each for name, each in facts.items() if each and len(str(each)) <= _LONGEST}
