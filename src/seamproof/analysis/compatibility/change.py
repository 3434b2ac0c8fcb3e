"""One change between two versions of a document, in OpenAPI's terms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from seamproof.core.model import Json


class Side(StrEnum):
    """Who has to live with a change."""

    OPERATION = "operation"
    REQUEST = "request"
    RESPONSE = "response"


class ChangeKind(StrEnum):
    """What changed. Properties are those of objects in bodies."""

    OPERATION_ADDED = "operation-added"
    OPERATION_REMOVED = "operation-removed"
    OPERATION_RENAMED = "operation-renamed"
    PARAMETER_ADDED = "parameter-added"
    PARAMETER_REMOVED = "parameter-removed"
    PARAMETER_RENAMED = "parameter-renamed"
    PARAMETER_MOVED = "parameter-moved"
    BODY_ADDED = "body-added"
    BODY_REMOVED = "body-removed"
    MEDIA_TYPE_ADDED = "media-type-added"
    MEDIA_TYPE_REMOVED = "media-type-removed"
    PROPERTY_ADDED = "property-added"
    PROPERTY_REMOVED = "property-removed"
    PROPERTY_RENAMED = "property-renamed"
    REQUIRED = "required"
    OPTIONAL = "optional"
    TYPE = "type"
    ENUM = "enum"
    BOUNDS = "bounds"
    """A length, a size, a least or a largest value, a pattern or a format."""
    ALTERNATIVES = "alternatives"
    """The branches of a oneOf or an anyOf."""
    STATUS_ADDED = "status-added"
    STATUS_REMOVED = "status-removed"
    SECURITY = "security"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one operation."""

    kind: ChangeKind
    breaking: bool
    """Whether a client that kept to the old document may fail with the new one."""
    operation: str
    """As the old document has it: `POST /orders`; a new operation as the new one has it."""
    place: str
    """Where in the operation, like a JSON Pointer (RFC 6901): `/requestBody/application~1json/qty`,
    `/parameters/query/page`, `/responses/201`."""
    words: str
    side: Side = Side.OPERATION
    was: Json = None
    """The name, type, list of values or bound that was; None where there was none."""
    now: Json = None


def pointer(*parts: str) -> str:
    """A JSON Pointer's reference tokens, escaped (RFC 6901, section 3)."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
