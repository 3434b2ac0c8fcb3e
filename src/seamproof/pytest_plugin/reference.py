"""Writes docs/reference/testing.md from the plugin and the classes, so that it cannot differ."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from seamproof import pytest_plugin, testing
from seamproof.pytest_plugin import active
from seamproof.pytest_plugin.short import FIXTURES
from seamproof.testing.changed import Changed
from seamproof.testing.client import Api
from seamproof.testing.experiments.trial import Trial
from seamproof.testing.factories.borrowed import Borrowed
from seamproof.testing.factories.files import Loaded
from seamproof.testing.factories.make import Factory, Make
from seamproof.testing.reply import Reply
from seamproof.testing.rows import Db
from seamproof.testing.seam import Seam
from seamproof.testing.statements import Statements
from seamproof.testing.stubs.asked import Asked
from seamproof.testing.stubs.calls import Calls
from seamproof.testing.stubs.fakes import Fake
from seamproof.testing.stubs.rule import Rule

_CLASSES: dict[str, type] = {
    "seam": Seam,
    "api": Api,
    "A reply": Reply,
    "api.statements": Statements,
    "db": Db,
    "What db.changes() gives": Changed,
    "make": Make,
    "make.user": Factory,
    "make.load()": Loaded,
    "make.using()": Borrowed,
    "stubs.payments": Fake,
    "stubs.payments.on()": Rule,
    "stubs.payments.calls()": Calls,
    "A call": Asked,
    "seam.experiment()": Trial,
}
_OURS = frozenset(
    {"close", "settle", "record", "engine", "add", "begin", "builder", "ready", "take", "traits_of"}
)
"""What the plugin uses, and no test."""


class _Parser:
    """Stands in for pytest's, and keeps what the plugin adds."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def addini(self, name: str, help: str) -> None:
        self.rows.append((f"{name} = … (in pytest's own file)", help))

    def getgroup(self, *_: str) -> _Parser:
        return self

    def addoption(self, name: str, *, help: str, metavar: str = "", **_: Any) -> None:
        self.rows.append((f"{name} {metavar}".strip(), help))


def markdown() -> str:
    """The whole page."""
    parser: Any = _Parser()
    pytest_plugin.pytest_addoption(parser)
    lines = ["# Testing", "", "How these are used: [write tests](../how-to/write-tests.md).", ""]
    lines += ["## Options of pytest", "", "| | |", "|---|---|"]
    lines += [f"| `{name}` | {text} |" for name, text in parser.rows]
    lines += ["", "## Marks", "", "| | |", "|---|---|"]
    marks = (each.partition(": ") for each in active.MARKS)
    lines += [f"| `{name}` | {text} |" for name, _, text in marks]
    lines += ["", "## Fixtures", "", "| | |", "|---|---|"]
    lines += [f"| `seam` | {_said(Seam)} |"]
    lines += [
        f"| `{name}` | {_said(getattr(holder, name))} Where `testing.fixtures` names it. |"
        for name, holder in FIXTURES.items()
    ]
    lines += [
        "",
        "## Values that compare",
        "",
        "From `seamproof.testing`.",
        "",
        "| | |",
        "|---|---|",
    ]
    lines += [
        f"| `{_signed(name)}` | {_said(getattr(testing, name))} |" for name in testing.__all__
    ]
    for heading, kind in _CLASSES.items():
        lines += ["", f"## {heading}", "", _said(kind, whole=True)]
        rows = [f"| `{_shown(name, member)}` | {_said(member)} |" for name, member in _of(kind)]
        lines += ["", "| | |", "|---|---|", *rows] if rows else []
    return "\n".join(lines) + "\n"


def _of(kind: type) -> Iterator[tuple[str, Any]]:
    for name, member in vars(kind).items():
        if not name.startswith("_") and name not in _OURS and inspect.getdoc(member):
            yield name, member


def _said(thing: Any, *, whole: bool = False) -> str:
    if isinstance(thing, classmethod):
        thing = thing.__func__
    text = inspect.getdoc(getattr(thing, "__wrapped__", thing)) or ""
    paragraphs = text.split("\n\n")
    chosen = paragraphs if whole else paragraphs[:1]
    return " ".join(" ".join(each.split()) for each in chosen).replace("|", "\\|")


def _is_property(member: object) -> bool:
    return isinstance(member, property | cached_property)


def _signed(name: str) -> str:
    thing = getattr(testing, name)
    return _shown(name, thing) if callable(thing) else name


def _shown(name: str, member: Any) -> str:
    if _is_property(member):
        return name
    called: Callable[..., Any] = getattr(member, "__func__", member)
    parameters = [
        each.replace(annotation=each.empty, default=each.empty)
        if each.default is not each.empty and not _plain(each.default)
        else each.replace(annotation=each.empty)
        for each in inspect.signature(called).parameters.values()
        if each.name not in {"self", "cls"}
    ]
    return f"{name}{inspect.Signature(parameters)}".replace("|", "\\|")


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | tuple)
