"""Issues of zod, which are also those of valibot's kind in tRPC and Hono.

{"issues": [{"code": "invalid_type", "expected": "string", "received": "undefined",
             "path": ["name"], "message": "Required"}]}
"""

from __future__ import annotations

from collections.abc import Mapping

from seamproof.analysis.refusals.complaint import Complaint, ComplaintKind, Steps
from seamproof.analysis.refusals.saying import say
from seamproof.core.model import Json

K = ComplaintKind

_CODES = frozenset(
    "invalid_type invalid_enum_value invalid_literal invalid_value too_small too_big"  # noqa: SIM905
    " unrecognized_keys invalid_string invalid_format invalid_union invalid_date custom"
    " not_multiple_of invalid_union_discriminator".split()
)


def read(entries: list[Mapping[str, Json]]) -> list[Complaint]:
    """The complaints of entries that are all zod's; none where they are not."""
    if not entries or not all(_is_zod(each) for each in entries):
        return []
    return [complaint for each in entries for complaint in _complaints(each)]


def _is_zod(entry: Mapping[str, Json]) -> bool:
    return entry.get("code") in _CODES and isinstance(entry.get("path"), list)


def _complaints(entry: Mapping[str, Json]) -> list[Complaint]:
    path: Steps = tuple(each for each in entry["path"][:40] if isinstance(each, str | int))
    keys = entry.get("keys")
    if entry["code"] == "unrecognized_keys" and isinstance(keys, list):
        return [
            say(entry.get("message"), None, (*path, each), kind=K.UNEXPECTED)
            for each in keys[:50]
            if isinstance(each, str)
        ]
    kind, wanted = _meaning(entry)
    return [say(entry.get("message"), None, path, kind=kind, wanted=wanted)]


def _meaning(entry: Mapping[str, Json]) -> tuple[ComplaintKind | None, Json]:
    code, message = entry["code"], str(entry.get("message", ""))
    numeric = entry.get("type", entry.get("origin")) in ("number", "int", "bigint", "date")
    if code == "invalid_type":
        if entry.get("received") == "undefined" or "received undefined" in message:
            return K.MISSING, None
        expected = entry.get("expected")
        return K.TYPE, "integer" if expected == "int" else expected
    if code in ("invalid_enum_value", "invalid_literal", "invalid_value"):
        wanted = entry.get("options", entry.get("values", entry.get("expected")))
        return K.CHOICE, wanted[:100] if isinstance(wanted, list) else [wanted]
    if code == "too_small":
        return K.TOO_SMALL if numeric else K.TOO_SHORT, entry.get("minimum")
    if code == "too_big":
        return K.TOO_LARGE if numeric else K.TOO_LONG, entry.get("maximum")
    if code in ("invalid_string", "invalid_format", "invalid_date"):
        form = entry.get("validation", entry.get("format", "date"))
        named = {"datetime": "date-time", "url": "uri"}.get(str(form), form)
        return K.FORMAT, named if isinstance(named, str) else None
    return None, None
