"""Paths and methods that there are not (RFC 9110, sections 15.5.5 and 15.5.6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from seamproof.core.document import Declaration, Document
from seamproof.core.experiment import Act
from seamproof.core.model import Operation, Step
from seamproof.core.probe import Probe, Source
from seamproof.plan.synthesis.naming import Prefix, segments

_UNKNOWN = "no-such-route"
_METHODS = ("PATCH", "PUT", "DELETE", "POST")
"""The likeliest to be refused first; GET and HEAD often answer what others are declared for."""


def probes(act: Step, document: Document, declared: Declaration | None) -> Iterator[Probe]:
    """A path below the operation's, and each method that no route to its path declares: a service
    that refuses one may have a route for another."""
    below = f"{act.operation.path.rstrip('/')}/{_UNKNOWN}/{_UNKNOWN}"
    unknown = replace(act, operation=Operation(act.operation.method, below))
    yield Probe(Act(unknown), Source.ROUTING, "unknown path", "path", "there is none", (404,))
    if declared is None:
        return
    asked = segments(declared.operation.path)
    known = {
        each.operation.method
        for each in document.declarations
        if _serves(segments(each.operation.path), asked)
    }
    for method in _METHODS:
        if method not in known:
            other = replace(act, operation=Operation(method, act.operation.path))
            yield Probe(
                Act(other), Source.ROUTING, "undeclared method", f"method {method}", "", (405, 404)
            )


def _serves(route: Prefix, asked: Prefix) -> bool:
    """Whether a route takes the requests to a path: `/segments/{}` takes `/segments/validate`."""
    return len(route) == len(asked) and all(
        "{}" in one or one == other for one, other in zip(route, asked, strict=True)
    )
