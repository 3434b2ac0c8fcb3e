"""One complaint of a text and what a style knows beside it."""

from __future__ import annotations

from seamproof.analysis.refusals import wording
from seamproof.analysis.refusals.complaint import Complaint, ComplaintKind, Steps, Where
from seamproof.core.model import Json

_SHOWN = 200

PLACES: dict[str, Where] = {
    "body": "body",
    "json": "body",
    "form": "body",
    "data": "body",
    "payload": "body",
    "formdata": "body",
    "requestbody": "body",
    "body_params": "body",
    "query": "query",
    "querystring": "query",
    "query_params": "query",
    "queryparams": "query",
    "params": "path",
    "path": "path",
    "path_params": "path",
    "headers": "header",
    "header": "header",
    "cookies": "cookie",
    "cookie": "cookie",
}
"""The words by which frameworks name the parts of a request."""


def say(
    text: Json,
    place: Where = None,
    path: Steps = (),
    *,
    kind: ComplaintKind | None = None,
    wanted: Json = None,
) -> Complaint:
    """The complaint of a text. What the caller knows goes before what the text says; a name that
    the text gives is the field where the caller knows none, or what its object lacks."""
    text = text if isinstance(text, str) else ""
    said = wording.read(text)
    found = said.kind if kind is None else kind
    if wanted is None and (kind is None or kind is said.kind):
        wanted = said.wanted
    if said.name and not path:
        path = wording.steps(said.name)
    return Complaint(found, place, path, wanted, text[:_SHOWN])
