"""Scenarios from YAML files.

    scenarios:
      - name: place an order
        act:
          operation: POST /orders
          as: alice
          json: { product: "{product}", quantity: 2 }
        arrange:
          - operation: POST /products
            as: admin
            json: { name: widget }
            extract: { product: $.id }

Every mistake is named with its file and line: a key that is not known, an identity that is not
configured, a check that does not exist, a reference to what no earlier step extracts.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from seamproof.core import references, registry
from seamproof.core.errors import ConfigurationError
from seamproof.core.model import Extract, Json, Operation, Scenario, Step

MAX_NODES = 100_000
"""A file with more, aliases expanded, is refused."""

_STEP_KEYS = frozenset(
    {
        "operation",
        "as",
        "path",
        "query",
        "headers",
        "json",
        "form",
        "text",
        "multipart",
        "expect",
        "extract",
    }
)
_SCENARIO_KEYS = frozenset({"name", "act", "arrange", "checks"})
_BODIES = ("json", "form", "text", "multipart")
_BUILT_IN = frozenset({"uuid", "unique"})
_GIVEN = re.compile(r"row\.[^{}]+\.\d+\.[^{}.]+|login\.[^{}.]+\.[^{}]+")
_MERGE = "tag:yaml.org,2002:merge"
"""The key `<<`: the mapping, or each mapping of the list, lends the keys that are not there."""


def load_scenarios(
    paths: Iterable[Path], identities: Collection[str], retry_safe: Collection[str] = ()
) -> tuple[Scenario, ...]:
    """Read files in order. Raises ConfigurationError naming file and line of the first mistake."""
    scenarios: list[Scenario] = []
    for path in paths:
        try:
            scenarios += _File(path, frozenset(identities), frozenset(retry_safe)).scenarios()
        except RecursionError:
            raise ConfigurationError(f"{path}: an alias that holds itself, or too deep") from None
    seen: dict[str, str] = {}
    for scenario in scenarios:
        if scenario.name in seen:
            raise ConfigurationError(
                f"{scenario.source}: two scenarios are called {scenario.name!r}",
                hint=f"give each a `name` of its own; the other is at {seen[scenario.name]}",
            )
        seen[scenario.name] = scenario.source
    return tuple(scenarios)


class _File:
    """One file being read."""

    def __init__(self, path: Path, identities: frozenset[str], retry_safe: frozenset[str]) -> None:
        self._path = path
        self._identities = identities
        self._retry_safe = retry_safe
        self._nodes = 0

    @cached_property
    def _known(self) -> Collection[str]:
        """The checks that there are: to look takes as long as reading the file."""
        return tuple(registry.discover(registry.CHECK))

    def scenarios(self) -> Iterator[Scenario]:
        root = self._parse()
        if root is None:
            return
        if isinstance(root, yaml.MappingNode) and "scenarios" in dict(self._items(root)):
            root = self._mapping(root, frozenset({"scenarios"}))["scenarios"]
        nodes = root.value if isinstance(root, yaml.SequenceNode) else [root]
        for node in nodes:
            yield self._scenario(node)

    def _parse(self) -> yaml.Node | None:
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"cannot read {self._path}: {error}", hint="a scenario file is YAML in UTF-8"
            ) from None
        try:
            node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f":{mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or "no YAML"
            raise ConfigurationError(
                f"{self._path}{line}: {problem}", hint="correct the file: there it is no YAML"
            ) from None
        return node

    def _scenario(self, node: yaml.Node) -> Scenario:
        fields = self._mapping(node, _SCENARIO_KEYS)
        if "act" not in fields:
            raise self._error(node, "a scenario has no `act`", "the act is the request to judge")
        arrange = fields.get("arrange")
        if arrange is not None and not isinstance(arrange, yaml.SequenceNode):
            raise self._error(arrange, "`arrange` is no list of steps")
        known: set[str] = set(_BUILT_IN)
        arrangement: list[Step] = []
        for each in arrange.value if arrange is not None else []:
            arrangement.append(self._step(each, known))
            known |= {extract.name for extract in arrangement[-1].extracts}
        act = self._step(fields["act"], known)
        name = self._plain(fields["name"]) if "name" in fields else act.operation.id
        source = f"{self._path}:{node.start_mark.line + 1}"
        return Scenario(str(name), act, tuple(arrangement), source, self._checks(fields))

    def _checks(self, fields: dict[str, yaml.Node]) -> tuple[str, ...]:
        if "checks" not in fields:
            return ()
        node = fields["checks"]
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self._error(node, "`checks` is no list of names", "without it, all checks run")
        names = {str(self._plain(each)): each for each in node.value}
        for name, each in names.items():
            if name not in self._known:
                hint = _suggest(name, self._known)
                raise self._error(each, f"no check is called {name!r}", hint)
        return tuple(names)

    def _step(self, node: yaml.Node, known: set[str]) -> Step:
        fields = self._mapping(node, _STEP_KEYS)
        if "operation" not in fields:
            raise self._error(node, "a step has no `operation`", "write it as `POST /orders/{id}`")
        bodies = [name for name in _BODIES if name in fields]
        if len(bodies) > 1:
            raise self._error(node, f"a step has both `{bodies[0]}` and `{bodies[1]}`")
        operation = self._operation(fields["operation"])
        identity = self._identity(fields.get("as"))
        values = {name: self._plain(each) for name, each in fields.items()}
        step = Step(
            operation,
            identity,
            path_parameters=self._object(fields, values, "path"),
            query=self._object(fields, values, "query"),
            headers={k: str(v) for k, v in self._object(fields, values, "headers").items()},
            json=values.get("json"),
            form=self._object(fields, values, "form") if "form" in fields else None,
            text=values.get("text"),
            multipart=(
                self._object(fields, values, "multipart") if "multipart" in fields else None
            ),
            extracts=self._extracts(fields, values),
            expect=self._expect(fields, values),
        )
        self._check_references(node, step, known)
        return step

    def _operation(self, node: yaml.Node) -> Operation:
        text = str(self._plain(node))
        try:
            operation = Operation.parse(text)
        except ValueError as error:
            raise self._error(node, str(error), "write it as `POST /orders/{id}`") from None
        if operation.id in self._retry_safe:
            return Operation(operation.method, operation.path, retry_safe=True)
        return operation

    def _identity(self, node: yaml.Node | None) -> str | None:
        if node is None:
            return None
        name = self._plain(node)
        if name is None or name in self._identities:
            return name if name is None else str(name)
        raise self._error(
            node, f"no identity is called {name!r}", _suggest(str(name), self._identities)
        )

    def _extracts(
        self, fields: dict[str, yaml.Node], values: dict[str, Json]
    ) -> tuple[Extract, ...]:
        found = self._object(fields, values, "extract")
        for name, source in found.items():
            known = str(source).startswith(("$", "header:", "cookie:"))
            if not known or references.alone(f"{{{name}}}") is None:
                raise self._error(
                    fields["extract"],
                    f"{name}: {source!r} cannot be extracted",
                    "write `name: $.path.in.body`, `name: header:Location` or `name: cookie:sid`",
                )
        return tuple(Extract(name, str(source)) for name, source in found.items())

    def _expect(self, fields: dict[str, yaml.Node], values: dict[str, Json]) -> tuple[int, ...]:
        expect = values.get("expect", [])
        statuses = expect if isinstance(expect, list) else [expect]
        if not all(isinstance(each, int) and 100 <= each <= 599 for each in statuses):
            raise self._error(fields["expect"], f"{expect!r} is no status, or list of statuses")
        return tuple(statuses)

    def _object(
        self, fields: dict[str, yaml.Node], values: dict[str, Json], key: str
    ) -> dict[str, Json]:
        value = values.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._error(fields[key], f"`{key}` is no mapping")
        return value

    def _check_references(self, node: yaml.Node, step: Step, known: set[str]) -> None:
        own = set(step.path_parameters)
        for name in references.names(step.operation.path):
            if name not in own | known:
                raise self._error(
                    node,
                    f"nothing gives {{{name}}} in {step.operation.path!r} a value",
                    f"add `path: {{{name}: …}}`, or extract it in an earlier step",
                )
        bodies = (step.json, step.form, step.text, step.multipart)
        places = (step.path_parameters, step.query, step.headers, *bodies)
        unknown = {name for place in places for name in references.inside(place)} - known
        for name in sorted(each for each in unknown if not self._given(each)):
            if name.startswith("row."):
                hint = "a stored row is {row.TABLE.NUMBER.COLUMN}, as {row.users.0.id}"
                raise self._error(node, f"{{{name}}} names no row", hint)
            if name.startswith("login."):
                hint = f"{{login.NAME.FIELD}}, where NAME is one of: {', '.join(self._identities)}"
                raise self._error(node, f"{{{name}}} names no sign-in", hint)
            raise self._error(
                node,
                f"no earlier step extracts {{{name}}}",
                _nearest(name, known)
                or f"extract it in the arrangement: `extract: {{{name}: $.id}}`",
            )

    def _given(self, name: str) -> bool:
        """Whether a reference needs no step that extracts it: a stored row, a field of a login."""
        if not _GIVEN.fullmatch(name):
            return False
        return not name.startswith("login.") or name.split(".")[1] in self._identities

    def _mapping(self, node: yaml.Node, allowed: frozenset[str]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, f"expected a mapping with {', '.join(sorted(allowed))}")
        fields: dict[str, yaml.Node] = {}
        for key, value in self._items(node):
            if key not in allowed:
                raise self._error(value, f"unknown key {key!r}", _suggest(key, allowed))
            fields[key] = value
        return fields

    def _items(self, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
        """Keys and values; what is merged comes first, so that the mapping's own keys win."""
        for key, value in node.value:
            if key.tag == _MERGE:
                yield from self._merged(value)
        for key, value in node.value:
            if key.tag != _MERGE:
                yield str(self._plain(key)), value

    def _merged(self, node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
        """What `<<` brings. Of a list the first mapping wins, so it comes last."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in reversed(sources):
            if not isinstance(source, yaml.MappingNode):
                raise self._error(source, "`<<` merges mappings only")
            yield from self._items(source)

    def _plain(self, node: yaml.Node) -> Any:
        """The node's value in JSON's types. Aliases count each time that they are used."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._error(node, f"more than {MAX_NODES} nodes")
        if isinstance(node, yaml.MappingNode):
            return {key: self._plain(value) for key, value in self._items(node)}
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(each) for each in node.value]
        try:
            value = yaml.SafeLoader("").construct_object(node)
        except yaml.constructor.ConstructorError as error:
            raise self._error(node, str(error.problem)) from None
        except ValueError:  # the thirteenth month
            value = node.value
        if value is None or isinstance(value, bool | int | float | str):
            return value
        return node.value  # a date or the like: JSON has none, and the text is what was meant

    def _error(self, node: yaml.Node, problem: str, hint: str = "") -> ConfigurationError:
        return ConfigurationError(f"{self._path}:{node.start_mark.line + 1}: {problem}", hint=hint)


def _nearest(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else ""


def _suggest(word: str, known: Collection[str]) -> str:
    if nearest := _nearest(word, known):
        return nearest
    return f"known: {', '.join(sorted(known))}" if known else ""
