"""Scenarios as the YAML that our own reader reads, laid out for a person."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent
from typing import Any

import yaml

from seamproof.core.model import Json, Scenario, Step

_WIDTH = 100


class _Block(dict[str, Json]):
    """A mapping with a line for each of its keys."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """No anchors: a value that comes twice is written twice."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists stand below their key, indented."""
        super().increase_indent(flow, indentless=False)


def _block(dumper: yaml.SafeDumper, data: _Block) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=False)


_Dumper.add_representer(_Block, _block)


def written(scenario: Scenario) -> str:
    """One scenario as an item of the list `scenarios:`, below the comment of where it is from."""
    text = yaml.dump(
        [_scenario(scenario)],
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=_WIDTH,
    )
    head = f"  # {comment(scenario.source)}\n" if scenario.source else ""
    return head + indent(text.rstrip("\n"), "  ")


def comment(text: str) -> str:
    """A text that ends no comment."""
    return "".join(each if each.isprintable() else " " for each in text)


def _scenario(scenario: Scenario) -> _Block:
    block = _Block(name=scenario.name)
    if scenario.checks:
        block["checks"] = list(scenario.checks)
    if scenario.arrangement:
        block["arrange"] = [_Block(_step(each)) for each in scenario.arrangement]
    block["act"] = _Block(_step(scenario.act))
    return block


def _step(step: Step) -> Iterator[tuple[str, Json]]:
    yield "operation", step.operation.id
    if step.identity:
        yield "as", step.identity
    path = {name: value for name, value in step.path_parameters.items() if value != f"{{{name}}}"}
    parameters = {"path": path, "query": step.query, "headers": step.headers}
    yield from ((key, each) for key, each in parameters.items() if each)
    body: dict[str, Json] = {
        "json": step.json,
        "form": step.form,
        "text": step.text,
        "multipart": step.multipart,
    }
    yield from ((key, each) for key, each in body.items() if each is not None)
    if step.expect:
        yield "expect", list(step.expect)
    if step.extracts:
        yield "extract", {each.name: each.source for each in step.extracts}
