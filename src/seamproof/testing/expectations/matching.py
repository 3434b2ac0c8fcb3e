"""Values that stand for many, and where a JSON value is not what was expected.

Plain values are compared as they are; the ones made here may stand anywhere within them:

    {"id": instance(int), "items": unordered([{"sku": "a"}, partial({"sku": "b"})])}

A mapping whose keys all begin with `$` is JSON paths (RFC 9535's singular queries) with a value
for each.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seamproof.core.model import Json
from seamproof.run.experiment.extraction import NotThere, at_path

_SHOWN = 120


class Pattern(ABC):
    """Stands for many values. It equals each of them, so that plain `==` works too."""

    @abstractmethod
    def differences(self, found: Json, at: str) -> Iterator[str]:
        """Why a value is none of them; nothing where it is one."""

    def __eq__(self, other: object) -> bool:
        return next(self.differences(other, "$"), None) is None

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True, eq=False)
class _Anything(Pattern):
    """Any value, also null."""

    def differences(self, found: Json, at: str) -> Iterator[str]:
        return iter(())

    def __repr__(self) -> str:
        return "anything"


@dataclass(frozen=True, slots=True, eq=False)
class _Instance(Pattern):
    kinds: tuple[type, ...]

    def differences(self, found: Json, at: str) -> Iterator[str]:
        # JSON's true is no number, though Python's is.
        number = isinstance(found, bool) and bool not in self.kinds
        if number or not isinstance(found, self.kinds):
            yield f"{at}: {_short(found)} is no {' or '.join(each.__name__ for each in self.kinds)}"

    def __repr__(self) -> str:
        return f"instance({', '.join(each.__name__ for each in self.kinds)})"


@dataclass(frozen=True, slots=True, eq=False)
class _Matching(Pattern):
    pattern: re.Pattern[str]

    def differences(self, found: Json, at: str) -> Iterator[str]:
        if not isinstance(found, str) or not self.pattern.search(found):
            yield f"{at}: {_short(found)} does not match {self.pattern.pattern!r}"

    def __repr__(self) -> str:
        return f"matching({self.pattern.pattern!r})"


@dataclass(frozen=True, slots=True, eq=False)
class _Partial(Pattern):
    expected: Json

    def differences(self, found: Json, at: str) -> Iterator[str]:
        return differences(self.expected, found, at, whole=False)

    def __repr__(self) -> str:
        return f"partial({self.expected!r})"


@dataclass(frozen=True, slots=True, eq=False)
class _Unordered(Pattern):
    expected: Sequence[Json]

    def differences(self, found: Json, at: str) -> Iterator[str]:
        if not isinstance(found, list):
            yield f"{at}: {_short(found)} is no list"
            return
        pairs = _assigned(self.expected, found)
        taken = set(pairs.values())
        missing = [each for number, each in enumerate(self.expected) if number not in pairs]
        yield from (f"{at}: {_short(each)} is not there" for each in missing)
        for number, each in enumerate(found):
            if number not in taken:
                yield f"{at}[{number}]: {_short(each)} was not expected"

    def __repr__(self) -> str:
        return f"unordered({list(self.expected)!r})"


def _assigned(expected: Sequence[Json], found: Sequence[Json]) -> dict[int, int]:
    """Which of what was found is which of what is expected, as many as there can be.

    A pattern may fit several, so what was taken first may have to go elsewhere (Kuhn's algorithm).
    """
    fitting = [
        [place for place, each in enumerate(found) if next(differences(one, each), None) is None]
        for one in expected
    ]
    owner: dict[int, int] = {}

    def place(number: int, tried: set[int]) -> bool:
        for each in fitting[number]:
            if each not in tried:
                tried.add(each)
                if each not in owner or place(owner[each], tried):
                    owner[each] = number
                    return True
        return False

    for number in range(len(expected)):
        place(number, set())
    return {number: found_at for found_at, number in owner.items()}


anything: Pattern = _Anything()
"""Any value, also null."""


def instance(*kinds: type) -> Pattern:
    """Any value of these types: `instance(int, float)`."""
    return _Instance(kinds)


def matching(pattern: str) -> Pattern:
    """Any text in which the regular expression is found."""
    return _Matching(re.compile(pattern))


def partial(expected: Json) -> Pattern:
    """A mapping with at least these keys, at every depth; lists are compared whole."""
    return _Partial(expected)


def unordered(expected: Sequence[Json]) -> Pattern:
    """A list of these in any order."""
    return _Unordered(expected)


def differences(expected: Json, found: Json, at: str = "$", *, whole: bool = True) -> Iterator[str]:
    """Where a value is not what was expected, a line each.

    `whole` is whether a mapping may have no other keys than those expected.
    """
    if isinstance(expected, Pattern):
        yield from expected.differences(found, at)
    elif isinstance(expected, Mapping) and expected and _are_paths(expected):
        yield from _by_path(expected, found)
    elif isinstance(expected, Mapping):
        yield from _of_mapping(expected, found, at, whole)
    elif isinstance(expected, list | tuple):
        yield from _of_list(expected, found, at, whole)
    elif isinstance(expected, bool) != isinstance(found, bool) or expected != found:
        yield f"{at}: expected {_short(expected)}, got {_short(found)}"


def _are_paths(expected: Mapping[Any, Json]) -> bool:
    return all(isinstance(name, str) and name.startswith("$") for name in expected)


def _by_path(expected: Mapping[str, Json], found: Json) -> Iterator[str]:
    for path, value in expected.items():
        try:
            there = at_path(found, path)
        except NotThere as error:
            yield f"{path}: {error}"
        else:
            yield from differences(value, there, path)


def _of_mapping(expected: Mapping[str, Json], found: Json, at: str, whole: bool) -> Iterator[str]:
    if not isinstance(found, Mapping):
        yield f"{at}: expected {_short(expected)}, got {_short(found)}"
        return
    for name, value in expected.items():
        if name in found:
            yield from differences(value, found[name], f"{at}.{name}", whole=whole)
        else:
            yield f"{at}.{name}: expected {_short(value)}, and it is not there"
    if whole:
        for name in found:
            if name not in expected:
                yield f"{at}.{name}: {_short(found[name])} was not expected"


def _of_list(expected: Sequence[Json], found: Json, at: str, whole: bool) -> Iterator[str]:
    if not isinstance(found, list):
        yield f"{at}: expected {_short(list(expected))}, got {_short(found)}"
        return
    if len(expected) != len(found):
        yield f"{at}: expected {len(expected)} items, got {len(found)}"
    for number, (one, other) in enumerate(zip(expected, found, strict=False)):
        yield from differences(one, other, f"{at}[{number}]", whole=whole)


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
