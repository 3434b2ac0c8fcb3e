"""What may be read with no more said than who asks: lists, oneself."""

from __future__ import annotations

from seamproof.core.document import Document, Place
from seamproof.core.model import SAFE_METHODS, Scenario, Step

_MOST = 8
"""Reads beside one act, of which each is a request more."""


def readable(document: Document | None, act: Step) -> tuple[Scenario, ...]:
    """The reads that the document declares without anything that has to be said, as who acts. The
    act itself comes first where it is such a read."""
    found = [
        Scenario(each.operation.id, Step(each.operation, act.identity))
        for each in (document.declarations if document is not None else ())
        if each.operation.method == "GET"
        and not each.deprecated
        and not each.parameters_in(Place.PATH)
        and not any(parameter.required for parameter in each.parameters)
    ]
    if act.operation.method in SAFE_METHODS and not act.path_parameters:
        own = Scenario(act.operation.id, act)
        found = [own, *(each for each in found if each.operation.id != act.operation.id)]
    return tuple(found[:_MOST])
