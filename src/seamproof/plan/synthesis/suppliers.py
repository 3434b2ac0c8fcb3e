"""Values that a reached operation gives: in its answer, in its path, and chosen by its caller."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from seamproof.core.catalog import Catalog
from seamproof.core.history import Exchange, RowChange
from seamproof.core.model import Json, Scenario, Step
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.outcome import Outcome
from seamproof.plan.synthesis.steps import Steps, changed, extracting, mapped

_DEPTH = 6
_MOST = 150
"""Leaves of one answer."""
_ITEMS = 2
"""Items of a list that are looked at: all the others are alike."""
_LONGEST = 300
_KEY = re.compile(r"[A-Za-z_][\w-]*")
_UNIQUE = re.compile(r"\{unique\}")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Supplier:
    """A value that can be had by doing `steps`."""

    thing: str
    """What it is of, as a concept."""
    attribute: str
    """Which of its attributes; empty where the name does not say."""
    name: str
    """What a step calls it when it extracts it."""
    operation: str
    """The operation that gives it; empty for a stored row."""
    steps: Steps
    source: str = ""
    """Where the last step's answer has it; empty where `value` says it."""
    value: Json = None
    """The value as a step writes it, where it need not be extracted."""
    sample: Json = None
    """The value as it was seen."""
    table: str = ""
    column: str = ""
    created: bool = False
    """Whether the last step made what it is of."""
    identity: str | None = None
    """Who did the last step."""
    path: naming.Prefix = ()
    """The path of the operation that gives it."""

    def draw(self) -> tuple[Json, Steps]:
        """The value as a later step writes it, and what must be done before."""
        if not self.source:
            return self.value, self.steps
        steps, name = extracting(self.steps, self.name, self.source)
        return f"{{{name}}}", steps


def harvest(scenario: Scenario, outcome: Outcome, catalog: Catalog) -> Iterator[Supplier]:
    """What a reached scenario gives to others."""
    assert outcome.exchange is not None
    act = scenario.act
    inserted = [each for each in outcome.effect if each.old is None and each.new is not None]
    steps = (*scenario.arrangement, act)
    seen: set[str] = set()
    for path, name, thing, value in leaves(outcome.body, naming.subject(act.operation.path)):
        source = json_path(path)
        if source is None or _counts(name, value):
            continue
        seen.add(_text(value))
        table, column = _home(name, thing, value, inserted, catalog)
        of, attribute = naming.split(name)
        yield Supplier(
            of or thing,
            attribute,
            _label(of or thing, attribute, name),
            act.operation.id,
            steps,
            source,
            sample=value,
            table=table,
            column=column,
            created=bool(table) and (of in {"", thing}),
            identity=act.identity,
            path=naming.segments(act.operation.path),
        )
    yield from _of_the_path(scenario, inserted)
    yield from _chosen(steps, outcome.exchange, inserted, seen, catalog)


def leaves(body: Json, subject: str) -> Iterator[tuple[Path, str, str, Json]]:
    """The single values of a body: path, field name, the thing that it is of, the value."""
    for count, leaf in enumerate(_walk(body, (), subject, subject, 0)):
        if count >= _MOST:
            return
        yield leaf


def _walk(
    value: Json, path: Path, name: str, thing: str, depth: int
) -> Iterator[tuple[Path, str, str, Json]]:
    if depth > _DEPTH:
        return
    if isinstance(value, dict):
        # What is near the top says more of the answer's subject than what is nested.
        for key, each in sorted(value.items(), key=lambda item: isinstance(item[1], dict | list)):
            inner = naming.concept(key)
            nested = isinstance(each, dict | list)
            of = inner if nested and inner not in naming.ENVELOPES else thing
            yield from _walk(each, (*path, key), key, of, depth + 1)
    elif isinstance(value, list):
        for index, each in enumerate(value[:_ITEMS]):
            yield from _walk(each, (*path, index), name, thing, depth + 1)
    elif _usable(value):
        yield path, name, thing, value


def _usable(value: Json) -> bool:
    if isinstance(value, bool) or value is None or value == "":
        return False
    return not isinstance(value, str) or len(value) <= _LONGEST


def _counts(name: str, value: Json) -> bool:
    """Whether a number under a plural says how many there are."""
    parts = naming.words(name)
    plural = bool(parts) and naming.singular(parts[-1]) != parts[-1]
    return plural and isinstance(value, int | float)


def json_path(path: Path) -> str | None:
    """A path as steps extract by it: `$.items[0].id`; None where it cannot be written."""
    text = "$"
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _KEY.fullmatch(part):
            text += f".{part}"
        elif "'" not in part:
            text += f"['{part}']"
        else:
            return None
    return text


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _label(thing: str, attribute: str, name: str) -> str:
    label = thing if attribute in {"", "id", "uuid"} else f"{thing}_{attribute}"
    label = re.sub(r"\W", "", label) or re.sub(r"\W", "", name)
    return label if label[:1].isalpha() else f"value_{label}"


def _home(
    name: str, thing: str, value: Json, inserted: Sequence[RowChange], catalog: Catalog
) -> tuple[str, str]:
    """The table and column of an inserted row that a value of the answer comes from."""
    text = _text(value)
    best: tuple[int, str, str] = (0, "", "")
    for row in inserted:
        key = catalog.key_of(row.table)
        alike = naming.same(row.table, thing)
        for column, stored in (row.new or {}).items():
            if stored != text:
                continue
            named = naming.same(column, name)
            weight = 4 * named + 2 * (column in key and len(key) == 1) + alike
            # A small number is in many columns by chance.
            if weight > best[0] and (named or len(text) > 3 or (column in key and alike)):
                best = (weight, row.table, column)
    return best[1], best[2]


def _of_the_path(scenario: Scenario, inserted: Sequence[RowChange]) -> Iterator[Supplier]:
    """The values that its path had, which name things that are there."""
    act = scenario.act
    names = naming.parameters(act.operation.path)
    for name, prefix in zip(names, naming.prefixes(act.operation.path), strict=True):
        if name not in act.path_parameters:
            continue
        value = act.path_parameters[name]
        made = bool(inserted) and prefix == naming.segments(act.operation.path)
        of, attribute = naming.split(name)
        thing = naming.collection(prefix) or of
        steps: Steps = scenario.arrangement
        if made and not _refers(value):
            fixed = pinned(act)
            steps, value = (*steps, fixed), fixed.path_parameters[name]
        elif isinstance(value, str) and _UNIQUE.search(value):
            continue
        yield Supplier(
            thing,
            attribute,
            _label(thing, attribute, name),
            act.operation.id,
            steps,
            value=value,
            created=made,
            identity=act.identity,
            path=prefix,
        )


def _refers(value: Json) -> bool:
    return isinstance(value, str) and value.startswith("{") and value != "{unique}"


def _chosen(
    steps: Steps,
    exchange: Exchange,
    inserted: Sequence[RowChange],
    seen: set[str],
    catalog: Catalog,
) -> Iterator[Supplier]:
    """Names that the caller chose for what was made, and that the answer does not repeat."""
    act = steps[-1]
    if not isinstance(act.json, dict | list):
        return
    try:
        sent = json.loads(exchange.request.body)
    except (ValueError, RecursionError):
        return
    fixed = pinned(act)
    for path, name, _, value in leaves(sent, naming.subject(act.operation.path)):
        text = _text(value)
        if text in seen or len(text) < 2:
            continue
        for row in inserted:
            key = catalog.key_of(row.table)
            column = next((c for c, stored in (row.new or {}).items() if stored == text), None)
            if column is None or not (column in key or naming.split(column)[1]):
                continue
            thing = naming.concept(row.table)
            yield Supplier(
                thing,
                naming.split(name)[1],
                _label(thing, "", name),
                act.operation.id,
                (*steps[:-1], fixed),
                value=at(fixed.json, path),
                sample=value,
                table=row.table,
                column=column,
                created=True,
                identity=act.identity,
                path=naming.segments(act.operation.path),
            )


def pinned(act: Step) -> Step:
    """A step that sends the same names each time, so that a later one can repeat them."""
    digits = f"{sum(map(ord, act.operation.id)):08x}"[-8:]
    return changed(
        replace(act, extracts=()),
        lambda value: mapped(value, lambda text: _UNIQUE.sub(digits, text)),
    )


_MISSING: Json = object()


def at(value: Json, path: Path, default: Json = None) -> Json:
    """The value at a path."""
    for part in path:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list) and part < len(value) else _MISSING
        else:
            value = value.get(part, _MISSING) if isinstance(value, dict) else _MISSING
        if value is _MISSING:
            return default
    return value


def has(value: Json, path: Path) -> bool:
    """Whether there is something at a path."""
    return at(value, path, _MISSING) is not _MISSING
