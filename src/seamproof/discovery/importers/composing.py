"""Requests to scenarios: each act with the requests that it needs before it, and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count

from seamproof.core.model import Extract, Json, Scenario, Step
from seamproof.core.references import renamed
from seamproof.discovery.importers.sent import (
    MOST_STEPS,
    UUID,
    Given,
    Sent,
    mapped,
    references,
)
from seamproof.discovery.importers.source import nodes
from seamproof.discovery.importers.traffic import Imported, Surroundings, Traffic

MOST_NODES = 60_000
"""Values that a scenario file may have: our own reader refuses more."""

_NOTHING = Surroundings()


def compose(traffic: Traffic, around: Surroundings = _NOTHING) -> Imported:
    """Make scenarios of traffic; acts that repeat an earlier one with other values are left out."""
    left: Counter[str] = Counter(traffic.left_out)
    sent = {each.index: each for each in traffic.sent}
    scenarios: list[Scenario] = []
    seen: set[object] = set()
    names: set[str] = set(around.scenarios)
    room = MOST_NODES
    for act in (each for each in traffic.sent if each.acts):
        order = _needed(act, sent, traffic.given)
        if len(order) > MOST_STEPS:
            left[f"acts that need more than {MOST_STEPS} requests before them"] += 1
            continue
        steps = _named([sent[each] for each in (*order, act.index)], traffic.given)
        likeness = tuple(_likeness(each) for each in steps)
        if not act.name and likeness in seen:
            left["repeats of an act that is imported"] += 1
            continue
        room -= sum(_size(each) for each in steps)
        if room < 0:
            left[f"acts beyond the {MOST_NODES} values that one file may have"] += 1
            continue
        seen.add(likeness)
        name = _free(act.name or act.step.operation.id, names, " ({})")
        names.add(name)
        place = ", ".join(sent[each].place for each in (*order, act.index))
        scenarios.append(Scenario(name, steps[-1], steps[:-1], place))
    return _renumbered(replace(traffic, left_out=dict(left)), scenarios, around)


def _renumbered(traffic: Traffic, scenarios: list[Scenario], around: Surroundings) -> Imported:
    """Only the identities that a scenario uses, named as they are configured, and those that are
    not by the order in which they are used."""
    steps = [step for each in scenarios for step in (*each.arrangement, each.act)]
    used = dict.fromkeys(step.identity for step in steps if step.identity)
    known = {each.name: each for each in traffic.principals}
    names = {name: found for name in used if (found := around.recognise(known[name])) is not None}
    configured = set(names)
    free = (each for each in map("user{}".format, count(1)) if each not in around.identities)
    names |= {name: next(free) for name in used if name not in configured}

    def one(step: Step) -> Step:
        return replace(step, identity=names[step.identity] if step.identity else None)

    principals = tuple(
        replace(known[old], name=new) for old, new in names.items() if old not in configured
    )
    return Imported(
        replace(traffic, principals=principals),
        tuple(
            replace(each, act=one(each.act), arrangement=tuple(map(one, each.arrangement)))
            for each in scenarios
        ),
    )


def _needed(act: Sent, sent: Mapping[int, Sent], given: Mapping[str, Given]) -> list[int]:
    """The requests that an act needs before it, in the order in which they were sent."""
    needed: set[int] = set()
    waiting = [act]
    while waiting:
        each = waiting.pop()
        before = {given[key].index for key in references(each.step)} | each.after
        fresh = before - needed - {act.index}
        needed |= fresh
        waiting += [sent[index] for index in fresh]
        if len(needed) > MOST_STEPS:
            break
    return sorted(needed)


def _named(chosen: list[Sent], given: Mapping[str, Given]) -> tuple[Step, ...]:
    """The steps with readable references, each extracted where it is given, and only if used."""
    used = [key for each in chosen for key in references(each.step)]
    names: dict[str, str] = {}
    for key in sorted(set(used), key=lambda key: (given[key].index, key)):
        names[key] = _free(given[key].name, {*names.values(), UUID}, "_{}")
    steps = []
    for each in chosen:
        step = mapped(each.step, lambda text: _renamed(text, names))
        extracts = [
            Extract(name, given[key].source)
            for key, name in names.items()
            if given[key].index == each.index
        ]
        steps.append(replace(step, extracts=tuple(extracts)))
    return tuple(steps)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    return renamed(text, lambda key: names.get(key, key))


def _free(name: str, taken: set[str], numbered: str) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = name + numbered.format(number)
    return free


def _likeness(step: Step) -> object:
    """What two steps have in common that differ in their values only."""
    return (
        step.operation,
        step.identity,
        tuple(sorted(step.query)),
        tuple(_shape(each) for each in (step.json, step.form, step.text)),
        step.expect,
    )


def _shape(value: Json) -> object:
    if isinstance(value, dict):
        return tuple((name, _shape(each)) for name, each in sorted(value.items()))
    if isinstance(value, list):
        return tuple(dict.fromkeys(_shape(each) for each in value))
    return type(value).__name__


def _size(step: Step) -> int:
    return 20 + sum(nodes(each) + _keys(each) for each in _values(step))


def _keys(value: Json) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_keys(each) for each in value.values())
    return sum(_keys(each) for each in value) if isinstance(value, list) else 0


def _values(step: Step) -> Iterator[Json]:
    yield from (step.path_parameters, step.query, step.headers, step.json, step.form, step.text)
