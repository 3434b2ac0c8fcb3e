"""Errors of cornice, and of kinto above it.

{"errno": 107, "error": "Invalid parameters", "message": "data in body: Required",
 "details": [{"location": "body", "name": "data", "description": "Required"}]}
"""

from __future__ import annotations

from collections.abc import Mapping

from seamproof.analysis.refusals import wording
from seamproof.analysis.refusals.complaint import Complaint, ComplaintKind
from seamproof.analysis.refusals.saying import PLACES, say
from seamproof.core.model import Json

_UNRECOGNIZED = "Unrecognized keys in mapping"


def read(entries: list[Mapping[str, Json]]) -> list[Complaint]:
    """The complaints of entries that are all cornice's; none where they are not."""
    if not entries or not all(_is_cornice(each) for each in entries):
        return []
    return [complaint for each in entries for complaint in _complaints(each)]


def _is_cornice(entry: Mapping[str, Json]) -> bool:
    return isinstance(entry.get("location"), str) and "description" in entry and "name" in entry


def _complaints(entry: Mapping[str, Json]) -> list[Complaint]:
    place = PLACES.get(entry["location"])
    name, description = entry["name"], entry["description"]
    path = wording.steps(name) if isinstance(name, str) else ()
    if isinstance(description, str) and description.startswith(_UNRECOGNIZED):
        # Colander prints the mapping of what it does not know: `"{'a': 1}"`.
        keys = wording.keys(description[len(_UNRECOGNIZED) :])
        return [
            say(description, place, (*path, each), kind=ComplaintKind.UNEXPECTED) for each in keys
        ] or [say(description, place, path, kind=ComplaintKind.UNEXPECTED)]
    return [say(description, place, path)]
