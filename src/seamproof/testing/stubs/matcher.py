"""Which calls are meant: by method, path, query, headers, form and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from seamproof.core.history import Request
from seamproof.core.model import Json, Operation
from seamproof.testing.expectations.matching import Pattern, differences
from seamproof.testing.stubs.asked import Asked
from seamproof.wire.http.paths import PathTemplate, split

UNSET: Any = object()
"""Where nothing is asked of the JSON: it may be null."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """Calls of one operation that have at least these parts."""

    operation: Operation
    template: PathTemplate
    json: Json = UNSET
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    where: Callable[[Asked], bool] | None = None

    @classmethod
    def of(cls, operation: str, **parts: Any) -> Matcher:
        """Calls of an operation, `POST /charges/{id}`. Raises ValueError where it is none."""
        parsed = Operation.parse(operation)
        return cls(parsed, PathTemplate(parsed.path), **parts)

    def asked(self, request: Request) -> Asked | None:
        """The call with its parameters, where it is of the operation."""
        if request.method != self.operation.method:
            return None
        parameters = self.template.match(split(request.target)[0])
        return None if parameters is None else Asked(request, parameters)

    def differences(self, asked: Asked) -> Iterator[str]:
        """Why a call of the operation is not meant; nothing where it is."""
        if self.json is not UNSET:
            yield from differences(self.json, asked.json, "json", whole=False)
        for part in ("query", "headers", "form"):
            found = getattr(asked, part)
            for name, expected in getattr(self, part).items():
                if name not in found:
                    yield f"{part}.{name}: expected {expected!r}, and it is not there"
                elif not _fits(expected, found[name]):
                    yield f"{part}.{name}: expected {expected!r}, got {found[name]!r}"
        if self.where is not None and not self.where(asked):
            yield "the function that chooses says no"

    def __str__(self) -> str:
        parts = [
            *([f"json={self.json!r}"] if self.json is not UNSET else []),
            *(f"{each}={getattr(self, each)!r}" for each in _NAMED if getattr(self, each)),
        ]
        return f"{self.operation.id}{' with ' if parts else ''}{', '.join(parts)}"


_NAMED = ("query", "headers", "form")


def _fits(expected: Any, found: str) -> bool:
    if isinstance(expected, Pattern):
        return expected == found
    return found == str(expected)
