"""Requests of the right form that a service may well refuse, made of one that it accepts.

beyond     a number that is larger than anything there is, a name that nobody has; of a list the
           last entry too, because those before it may be written by then
exhausted  the act where nothing is left of what it takes, or a limit beside what it counts is met
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from seamproof.analysis.changes import paired
from seamproof.analysis.inputs import Input, Where, inputs
from seamproof.analysis.values import MISSING, at, is_number, is_time, is_uuid
from seamproof.checks.rollback.clean import Clean
from seamproof.core.catalog import Catalog
from seamproof.core.experiment import RowEdit
from seamproof.core.history import RowChange
from seamproof.core.model import Json, Step
from seamproof.core.secrecy import sensitive
from seamproof.core.subject import Subject

_MANY = 1_000_000
"""More of anything than is there, and less than any integer column holds."""
_NO_KEY = 2_000_000_000
"""A key that is not given out, and that an integer column holds."""
_LONGEST_NAME = 40
"""Characters; what is longer is a text, and no name."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that may well be refused."""

    act: Step
    given: str = ""
    """What is otherwise in the state, for a person: `products.stock = 0`."""
    edits: tuple[RowEdit, ...] = ()
    before: tuple[Step, ...] = ()
    """What is sent first."""


def beyond(subject: Subject) -> Iterator[Attempt]:
    """The act with one value that nothing there is fits, one at a time."""
    act = subject.scenario.act
    for each in inputs(act, subject.document):
        if each.value is None or sensitive(each.name):
            continue
        for place in (each, *_last(each, act)):
            if (value := _unfit(place)) is not None:
                yield Attempt(place.sent(act, value))


def _last(place: Input, act: Step) -> Iterator[Input]:
    """The same field in the last entry of its list."""
    whole: Json = act.json if place.where is Where.BODY else None
    for depth, step in enumerate(place.path):
        if isinstance(whole, list) and step == 0 and len(whole) > 1:
            path = (*place.path[:depth], len(whole) - 1, *place.path[depth + 1 :])
            value = at(whole[-1], place.path[depth + 1 :])
            if value is not MISSING and value is not None:
                yield replace(place, path=path, value=value)
            return
        whole = at(whole, (step,))


def _unfit(place: Input) -> Json:
    """A value of the same form that nothing there fits; None where there may be none."""
    declared = place.schema if isinstance(place.schema, dict) else {}
    value = place.value
    if isinstance(value, bool) or declared.keys() & {"enum", "const"}:
        return None
    if place.where is Where.PATH:
        return _other_key(value)
    if place.where not in (Where.BODY, Where.FORM):
        return None
    if isinstance(value, int | float):
        return _large(value, declared)
    if not isinstance(value, str) or is_time(value):
        return None
    if is_number(value):
        return str(_large(float(value), declared))
    if is_uuid(value) or not declared.keys() & {"format", "pattern"}:
        return _other_name(value)
    return None


def _large(value: float, declared: dict[str, Json]) -> Json:
    """The largest number that is declared, or one of many digits."""
    bounds = [declared.get("maximum"), declared.get("exclusiveMaximum")]
    numbers = [int(each) for each in bounds if isinstance(each, int | float)]
    if numbers and bounds[0] is None:
        numbers = [each - 1 for each in numbers]
    large = min([*numbers, _NO_KEY if value >= _MANY else _MANY])
    return large if large > value else None


def _other_key(value: Json) -> Json:
    text = str(value)
    if text.isdecimal():
        return _NO_KEY if isinstance(value, int) else str(_NO_KEY)
    return _other_name(text) if is_uuid(text) else None


def _other_name(value: str) -> str | None:
    """A name that nobody has; None for what is no name."""
    if is_uuid(value):
        return value[:-12] + "f0f0f0f0f0f0"
    name = len(value) <= _LONGEST_NAME and not any(each.isspace() for each in value)
    return f"{value}-none" if name and value and "/" not in value else None


def exhausted(clean: Clean, catalog: Catalog) -> Iterator[Attempt]:
    """The act in a state in which what it takes is used up, one row at a time."""
    act = clean.exchange.act.step
    for change in paired((row for _, row in clean.effect.rows), catalog):
        key = catalog.key_of(change.table)
        if change.old is None or change.new is None or not key:
            continue
        identity = {name: change.old[name] for name in key}
        linked = _linked(change.table, catalog)
        for name, amount in _spent(change, linked):
            edit = RowEdit(change.table, identity, {name: amount})
            yield Attempt(act, f"{change.table}.{name} = {amount}", (edit,))


def _linked(table: str, catalog: Catalog) -> frozenset[str]:
    """The columns that name rows, which are no amounts."""
    described = catalog.tables.get(table)
    if described is None:
        return frozenset()
    foreign = (name for each in described.foreign_keys for name in each.columns)
    return frozenset((*described.primary_key, *foreign))


def _spent(change: RowChange, linked: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Columns with the amount at which the act takes too much."""
    old = {n: t for n, t in (change.old or {}).items() if t and n not in linked and _counts(t)}
    new = {n: t for n, t in (change.new or {}).items() if t and _counts(t)}
    for name, text in old.items():
        after = new.get(name)
        if after is None or float(after) == float(text):
            continue
        if float(after) < float(text):
            yield name, "0"
            continue
        for other, limit in old.items():
            if other != name and new.get(other) == limit and float(limit) >= float(after):
                yield other, text


def _counts(text: str) -> bool:
    return is_number(text) and not is_time(text)
