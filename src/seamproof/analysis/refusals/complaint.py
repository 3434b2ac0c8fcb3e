"""What a refusal says of a request, in one vocabulary for all frameworks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from seamproof.core.model import Json

Where: TypeAlias = Literal["body", "query", "path", "header", "cookie"] | None
"""The part of the request that is complained about; None where the refusal does not say."""

Steps: TypeAlias = tuple[str | int, ...]
"""The way to a field, names and indexes: `("items", 0, "quantity")`; empty is the whole part."""


class ComplaintKind(StrEnum):
    """What is wrong with it."""

    MISSING = "missing"
    UNEXPECTED = "unexpected"
    """A field that nobody asked for."""
    TYPE = "type"
    """`wanted` is a type's name in JSON Schema."""
    CHOICE = "choice"
    """`wanted` is the list of the values, None where they are not said."""
    TOO_SHORT = "too-short"
    """Of strings and lists; `wanted` is the least length."""
    TOO_LONG = "too-long"
    TOO_SMALL = "too-small"
    """Of numbers; `wanted` is the least value."""
    TOO_LARGE = "too-large"
    FORMAT = "format"
    """`wanted` is a format's name in JSON Schema, None where it is not said."""
    PATTERN = "pattern"
    """`wanted` is a regular expression."""
    NOT_UNIQUE = "not-unique"
    NO_SUCH = "no-such"
    """A value that refers to what is not there: `table` and `column` say where it was looked for,
    where that is known."""
    MEDIA_TYPE = "media-type"
    """`wanted` is the list of the types that are taken."""
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    NOT_FOUND = "not-found"
    """What the whole request is about is not there."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong."""

    kind: ComplaintKind
    place: Where = None
    path: Steps = ()
    wanted: Json = None
    text: str = ""
    """The words of the refusal, shortened."""
    table: str = ""
    """The table that it is about, from an SQL error."""
    column: str = ""
