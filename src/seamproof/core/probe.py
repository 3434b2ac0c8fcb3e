"""Requests that are wrong in one thing: what `plan.probing` makes, and `validation` sends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from seamproof.core.experiment import Act


class Source(StrEnum):
    """Who says that a request is wrong."""

    SCHEMA = "schema"
    """The service's document: a type, a bound, a length, a format, what is required."""
    CATALOG = "catalog"
    """The database: a length, a foreign key, a CHECK, what must not be NULL."""
    SYNTAX = "syntax"
    """The rules of what it is written in: malformed JSON, a NUL byte, invalid UTF-8."""
    ROUTING = "routing"
    """HTTP: a path, a method or a content type that there is not."""
    EDGE = "edge"
    """Nobody: it is at an edge, as a negative number, where services have rules of their own. To
    accept it is right."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A request that breaks one constraint, and is right in all else."""

    act: Act
    source: Source
    constraint: str
    """The keyword or rule, as `maxLength`, `required`, `foreign key`, `malformed JSON`."""
    field: str = ""
    """What it is broken in: `body /items/0/quantity`, `query limit`, `header X-Page`."""
    says: str = ""
    """The constraint's own words, as `at most 20 characters`."""
    expected: tuple[int, ...] = ()
    """What HTTP suggests as the answer, as 405; empty means any 4xx."""
    omitted: Act | None = None
    """Of null, where the document lets the field be left out: the act without it."""
