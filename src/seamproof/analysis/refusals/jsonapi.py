"""Error objects of JSON:API (1.1, section 11).

{"errors": [{"status": "422", "source": {"pointer": "/data/attributes/name"},
             "title": "Invalid Attribute", "detail": "Name can't be blank"}]}
"""

from __future__ import annotations

from collections.abc import Mapping

from seamproof.analysis.refusals import wording
from seamproof.analysis.refusals.complaint import Complaint
from seamproof.analysis.refusals.saying import say
from seamproof.core.model import Json


def read(entries: list[Mapping[str, Json]]) -> list[Complaint]:
    """The complaints of entries that have a `source`; none where not all have one."""
    if not entries or not all(isinstance(each.get("source"), Mapping) for each in entries):
        return []
    return [_complaint(each) for each in entries]


def _complaint(entry: Mapping[str, Json]) -> Complaint:
    source = entry["source"]
    words = entry.get("detail") or entry.get("title")
    if isinstance(source.get("pointer"), str):
        return say(words, "body", wording.steps(source["pointer"]))
    if isinstance(source.get("parameter"), str):
        return say(words, "query", (source["parameter"][:100],))
    if isinstance(source.get("header"), str):
        return say(words, "header", (source["header"][:100],))
    return say(words)
