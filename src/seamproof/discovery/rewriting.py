"""A scenario file with other steps: only what is different is written anew.

The places of YAML's nodes say what to replace, so that comments, order and layout of a person stay.
What comes out is read again, and is refused where it does not mean what it must: anchors and merged
mappings belong to several places at once.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from seamproof.core.errors import ConfigurationError
from seamproof.core.model import Json, Scenario, Step
from seamproof.discovery.scenarios import load_scenarios

_FIELDS = ("query", "headers", "json", "form", "text", "multipart")


class NotEditable(ValueError):
    """The file's layout does not allow it: a person must change it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text, and what is to be there."""

    start: int
    end: int
    text: str


def rewritten(
    text: str,
    healed: Mapping[str, Scenario],
    identities: Collection[str],
    retry_safe: Collection[str] = (),
) -> str:
    """The text of a file in which scenarios, by name, are others. Raises NotEditable."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    before = _loaded(text, identities, retry_safe)
    spans: list[Span] = []
    for scenario, node in zip(before, _scenarios(root), strict=True):
        if scenario.name in healed:
            spans += _scenario(text, node, scenario, healed[scenario.name])
    changed = _spliced(text, spans)
    try:
        after = _loaded(changed, identities, retry_safe)
    except ConfigurationError as error:
        raise NotEditable(error.problem) from None
    wanted = [healed.get(each.name, each) for each in before]
    if [*map(_meaning, after)] != [*map(_meaning, wanted)]:
        raise NotEditable("it shares what has to change with what has not")
    return changed


def _loaded(
    text: str, identities: Collection[str], retry_safe: Collection[str]
) -> tuple[Scenario, ...]:
    with tempfile.TemporaryDirectory(prefix="seamproof-") as folder:
        path = Path(folder) / "scenarios.yaml"
        path.write_text(text, encoding="utf-8")
        return load_scenarios([path], identities, retry_safe)


def _meaning(scenario: Scenario) -> Scenario:
    """A scenario without where it is from, and with every value of its paths said."""
    steps = [
        replace(
            each,
            path_parameters={
                name: value
                for name, value in each.path_parameters.items()
                if value != f"{{{name}}}"
            },
        )
        for each in (*scenario.arrangement, scenario.act)
    ]
    return replace(scenario, act=steps[-1], arrangement=tuple(steps[:-1]), source="")


def _scenarios(root: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(root, yaml.MappingNode):
        items = _items(root)
        if "scenarios" in items:
            root = items["scenarios"][1]
    if root is None:
        return []
    return [*root.value] if isinstance(root, yaml.SequenceNode) else [root]


def _scenario(text: str, node: yaml.Node, old: Scenario, new: Scenario) -> Iterator[Span]:
    items = _items(node)
    if old.name != new.name and "name" in items:
        yield from _value(text, items["name"][1], old.name, new.name)
    steps = [*items["arrange"][1].value] if old.arrangement and "arrange" in items else []
    if len(steps) != len(old.arrangement) or "act" not in items:
        raise NotEditable("its steps are merged from elsewhere")
    nodes = [*steps, items["act"][1]]
    for each, was, now in zip(
        nodes, (*old.arrangement, old.act), (*new.arrangement, new.act), strict=True
    ):
        yield from _value(text, each, _written(was, was), _written(now, was))


def _written(step: Step, stored: Step) -> dict[str, Json]:
    """A step as a scenario file has it. `stored` says which values of the path it has there."""
    fields: dict[str, Json] = {"operation": step.operation.id}
    path = {
        name: value
        for name, value in step.path_parameters.items()
        if value != f"{{{name}}}" or name in stored.path_parameters
    }
    fields["path"] = path or None
    for each in _FIELDS:
        value = getattr(step, each)
        fields[each] = None if each in {"query", "headers"} and not value else value
    fields["extract"] = {each.name: each.source for each in step.extracts} or None
    return {name: value for name, value in fields.items() if value is not None}


# Values


def _value(text: str, node: yaml.Node, old: Json, new: Json) -> Iterator[Span]:
    if old == new and json.dumps(old) == json.dumps(new):
        # True and 1 are equal in Python alone.
        return
    if isinstance(node, yaml.MappingNode) and isinstance(old, dict) and isinstance(new, dict):
        yield from _mapping(text, node, old, new)
    elif (
        isinstance(node, yaml.SequenceNode)
        and isinstance(old, list)
        and isinstance(new, list)
        and len(old) == len(new) == len(node.value)
    ):
        for each, was, now in zip(node.value, old, new, strict=True):
            yield from _value(text, each, was, now)
    else:
        start, end = node.start_mark.index, _end(text, node)
        yield Span(start, end, _like(text[start:end], new))


def _mapping(
    text: str, node: yaml.MappingNode, old: dict[str, Json], new: dict[str, Json]
) -> Iterator[Span]:
    items = _items(node)
    gone = [each for each in old if each not in new]
    more = [each for each in new if each not in old]
    for each in [*gone]:
        other = next((name for name in more if new[name] == old[each]), None)
        if other is not None:
            key = _item(items, each)[0]
            yield Span(key.start_mark.index, _end(text, key), _flow(other))
            gone.remove(each)
            more.remove(other)
    kept = len(items) - len(gone)
    if (gone and not kept) or (more and not items) or (node.flow_style and len(gone) > 1):
        if not node.flow_style:
            raise NotEditable("a mapping would have to be laid out anew")
        yield Span(node.start_mark.index, _end(text, node), _flow(new))
        return
    yield from (_without(text, node, _item(items, each)[0]) for each in gone)
    if more:
        yield _with(text, node, {each: new[each] for each in more}, gone)
    for each, value in old.items():
        if each in new:
            yield from _value(text, _item(items, each)[1], value, new[each])


def _without(text: str, node: yaml.MappingNode, key: yaml.Node) -> Span:
    """A mapping without one of its items, which is not the only one."""
    index = next(i for i, (each, _) in enumerate(node.value) if each is key)
    following = node.value[index + 1][0] if index + 1 < len(node.value) else None
    start = key.start_mark.index
    if following is not None and (node.flow_style or index == 0):
        return Span(start, following.start_mark.index, "")
    if node.flow_style:
        return Span(_end(text, node.value[index - 1][1]), _end(text, node.value[index][1]), "")
    line = text.rfind("\n", 0, start) + 1
    return Span(line, _line_end(text, _end(text, node.value[index][1])) + 1, "")


def _with(text: str, node: yaml.MappingNode, more: Mapping[str, Json], gone: Sequence[str]) -> Span:
    """A mapping with more items, behind the last one that stays."""
    last = next(pair for pair in reversed(node.value) if str(pair[0].value) not in gone)
    end = _end(text, last[1])
    if node.flow_style:
        return Span(end, end, "".join(f", {_flow(k)}: {_flow(v)}" for k, v in more.items()))
    indent = " " * node.value[0][0].start_mark.column
    end = _line_end(text, end)
    return Span(end, end, "".join(f"\n{indent}{_flow(k)}: {_flow(v)}" for k, v in more.items()))


def _items(node: yaml.Node) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise NotEditable("a mapping is something else")
    return {str(key.value): (key, value) for key, value in node.value}


def _item(items: dict[str, tuple[yaml.Node, yaml.Node]], name: str) -> tuple[yaml.Node, yaml.Node]:
    if name not in items:
        raise NotEditable(f"{name} is merged from elsewhere")
    return items[name]


def _end(text: str, node: yaml.Node) -> int:
    """Where a node ends: that of a block ends at its last value, not at what comes behind."""
    block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    if block and node.value:
        last: Any = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    end = int(node.end_mark.index)
    while end > node.start_mark.index and text[end - 1] in " \r\n\t":
        end -= 1
    return end


def _line_end(text: str, position: int) -> int:
    found = text.find("\n", position)
    return len(text) if found < 0 else found


def _flow(value: Json) -> str:
    """A value on one line, as it may stand anywhere."""
    written = yaml.safe_dump(
        [value], default_flow_style=True, width=10**9, allow_unicode=True, sort_keys=False
    )
    return str(written).strip()[1:-1]


def _like(written: str, value: Json) -> str:
    """A value as what stood there was written: `GET /orders/{id}` needs no quotes in a block."""
    plain = isinstance(value, str) and "{" in written and written[:1] not in "\"'[{|>&*!"
    if plain and yaml.safe_load(f"- {value}") == [value]:
        return str(value)
    return _flow(value)


def _spliced(text: str, spans: Sequence[Span]) -> str:
    ordered = sorted(set(spans), key=lambda each: (each.start, each.end))
    end = len(text)
    for one, other in pairwise(ordered):
        if other.start < one.end:
            raise NotEditable("two changes touch each other")
    for each in reversed(ordered):
        if each.end > end:
            raise NotEditable("two changes touch each other")
        text = text[: each.start] + each.text + text[each.end :]
        end = each.start
    return text
