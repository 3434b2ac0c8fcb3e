"""Finds parts in our folders and by entry points, and refuses a malformed one by name.

A part is a class that its kind's decorator marked:

    @check("rollback", title="A failure leaves no partial state", boundary=BoundaryKind.SQL)
    class Rollback: ...

Adding one is adding one file to the kind's folder, or an entry point in the group
`seamproof.<kind>s` of another distribution.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import entry_points
from typing import Any, TypeVar

from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import BoundaryKind

C = TypeVar("C", bound=type)
_MARK = "__seamproof_part__"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Need(StrEnum):
    """What a check may ask for of its subject, that costs something to get."""

    DOCUMENT = "document"
    """The service's own document: asking for it is a request to the service."""
    PROBES = "probes"
    """Invalid requests, made of the document and of the catalog."""
    UNDECLARED = "undeclared"
    """The routes of the service's own code that its document does not declare."""
    FORMER = "former"
    """What the document promised when a person last looked at it."""
    ACCESS = "access"
    """Who is let in to what: each act is sent by everybody once."""


@dataclass(frozen=True, slots=True)
class Part:
    """One registered part: what it is called and the class that does it."""

    kind: str
    name: str
    title: str
    implementation: type
    boundary: BoundaryKind | None = None
    needs: frozenset[Need] = frozenset()
    """Of a check: what its subject must have beside what all have."""

    @property
    def watches(self) -> bool:
        """Of a check: whether it looks at what others provoke (`core.protocols.Watches`)."""
        return hasattr(self.implementation, "watch")

    @property
    def description(self) -> str:
        """The class's docstring, dedented."""
        return inspect.getdoc(self.implementation) or ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of part: where its files are, and which methods with which parameters it must have."""

    name: str
    package: str
    methods: dict[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The entry-point group of third parties."""
        plural = f"{self.name[:-1]}ies" if self.name.endswith("y") else f"{self.name}s"
        return f"seamproof.{plural}"


CHECK = Kind(
    "check",
    "seamproof.checks",
    {"applies": ("subject",), "explore": ("subject",)},
    ("classes",),
)
REPORTER = Kind("reporter", "seamproof.reports", {"on_event": ("event",)})
BACKEND = Kind("backend", "seamproof.database", {"provision": ("settings", "workspace")})
BOUNDARY = Kind(
    "boundary",
    "seamproof.boundaries",
    {"start": (), "stop": (), "begin": ("epoch", "faults"), "crossings": (), "activity": ()},
)
IMPORTER = Kind(
    "importer",
    "seamproof.discovery.importers",
    {"recognises": ("root",), "read": ("root", "options")},
)
FRAMEWORK = Kind(
    "framework", "seamproof.discovery.routes", {"starts": ("start",)}, ("language", "script")
)
KINDS = {each.name: each for each in (CHECK, REPORTER, BACKEND, BOUNDARY, IMPORTER, FRAMEWORK)}


def _marker(
    kind: Kind,
    name: str,
    title: str,
    boundary: BoundaryKind | None,
    needs: Iterable[Need] = (),
) -> Callable[[C], C]:
    def mark(implementation: C) -> C:
        part = Part(kind.name, name, title, implementation, boundary, frozenset(needs))
        setattr(implementation, _MARK, part)
        return implementation

    return mark


def check(
    name: str, *, title: str, boundary: BoundaryKind, needs: Iterable[Need] = ()
) -> Callable[[C], C]:
    """Mark a class as the check of this name, which needs sight of `boundary`."""
    return _marker(CHECK, name, title, boundary, needs)


def reporter(name: str, *, title: str) -> Callable[[C], C]:
    """Mark a class as the reporter of this name."""
    return _marker(REPORTER, name, title, None)


def backend(name: str, *, title: str) -> Callable[[C], C]:
    """Mark a class as the database backend of this engine."""
    return _marker(BACKEND, name, title, None)


def boundary(name: str, *, title: str, kind: BoundaryKind) -> Callable[[C], C]:
    """Mark a class as the boundary of this name."""
    return _marker(BOUNDARY, name, title, kind)


def importer(name: str, *, title: str) -> Callable[[C], C]:
    """Mark a class as the importer of this format."""
    return _marker(IMPORTER, name, title, None)


def framework(name: str, *, title: str) -> Callable[[C], C]:
    """Mark a class as the framework of this name, whose route table can be asked for."""
    return _marker(FRAMEWORK, name, title, None)


def validate(kind: Kind, implementation: type) -> Part:
    """Return the part that a class declares. Raises ConfigurationError saying what is wrong."""
    where = f"{implementation.__module__}.{implementation.__qualname__}"
    part = implementation.__dict__.get(_MARK)
    if not isinstance(part, Part) or part.kind != kind.name:
        raise ConfigurationError(
            f"{where} is not marked as a {kind.name}",
            hint=f"decorate it with @{kind.name}(...) from seamproof.core.registry",
        )
    if not _NAME.fullmatch(part.name):
        raise ConfigurationError(
            f"{where}: the name {part.name!r} is not lower case words joined by hyphens"
        )
    if not (implementation.__doc__ or "").strip():
        raise ConfigurationError(
            f"{where} has no docstring", hint="its first line is what the listing shows"
        )
    for attribute in kind.attributes:
        if not hasattr(implementation, attribute):
            raise ConfigurationError(f"{where} has no attribute {attribute!r}")
    for method, expected in kind.methods.items():
        _validate_method(where, implementation, method, expected)
    return part


def _validate_method(where: str, owner: type, method: str, expected: tuple[str, ...]) -> None:
    function = getattr(owner, method, None)
    if not callable(function):
        raise ConfigurationError(f"{where} has no method {method}({', '.join(expected)})")
    found = tuple(inspect.signature(function).parameters)[1:]
    if found[: len(expected)] != expected:
        raise ConfigurationError(
            f"{where}.{method} takes ({', '.join(found)}), not ({', '.join(expected)})"
        )
    if not (inspect.getdoc(function) or "").strip():
        raise ConfigurationError(f"{where}.{method} has no docstring")


def _own(kind: Kind) -> Iterable[type]:
    package = importlib.import_module(kind.package)
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{kind.package}.{module_info.name}")
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and value.__module__.startswith(module.__name__)
                and isinstance(value.__dict__.get(_MARK), Part)
                and value.__dict__[_MARK].kind == kind.name
            ):
                yield value


def _foreign(kind: Kind) -> Iterable[type]:
    for entry_point in entry_points(group=kind.group):
        loaded: Any = entry_point.load()
        if not isinstance(loaded, type):
            raise ConfigurationError(
                f"the entry point {entry_point.name!r} in {kind.group} is no class",
                hint="uninstall that plugin, or tell its author",
            )
        yield loaded


def discover(kind: Kind) -> dict[str, Part]:
    """Every part of a kind by name, sorted. Raises ConfigurationError for a malformed or double."""
    parts: dict[str, Part] = {}
    for implementation in (*_own(kind), *_foreign(kind)):
        part = validate(kind, implementation)
        other = parts.get(part.name)
        if other is not None and other.implementation is not implementation:
            raise ConfigurationError(
                f"two {kind.name}s are called {part.name!r}: "
                f"{other.implementation.__module__} and {implementation.__module__}"
            )
        parts[part.name] = part
    return dict(sorted(parts.items()))
