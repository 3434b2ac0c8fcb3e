"""Which routes to ask for that the document does not have.

of the code     its route table, without what is no part of an API: documents, health, files
old versions    /v1 where the document has /v2
internals       what frameworks serve where nobody switched it off
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seamproof.checks.inventory.classes import OLD_VERSION, OPEN_INTERNALS, UNDECLARED_ROUTE
from seamproof.core.document import Document
from seamproof.core.model import Operation, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import FindingClass

_PARAMETER = re.compile(r"\{([^{}]*)\}")
_VERSION = re.compile(r"/v(\d+)(?=/|$)")
_NO_API = re.compile(
    r"^/?$|/(docs|redoc|swagger[\w-]*|openapi[\w.-]*|api-docs?[\w.-]*|schema|static|assets|media"
    r"|favicon\.ico|robots\.txt|health\w*|ready\w*|live\w*|ping|up|status|version|login|logout"
    r"|__api__|\.well-known)(/|\.|$)",
    re.IGNORECASE,
)
"""Paths that documents leave out on purpose."""
_INSIDES = re.compile(
    r"/(actuator|metrics|prometheus|pprof|heapdump|threaddump|env|_profiler|phpinfo|console)(/|$)",
    re.IGNORECASE,
)
_USUAL = (
    "/actuator",
    "/actuator/env",
    "/actuator/heapdump",
    "/metrics",
    "/debug",
    "/debug/vars",
    "/debug/pprof/",
    "/_profiler",
    "/console",
    "/.env",
    "/.git/config",
    "/phpinfo.php",
)
UNKNOWN = "/seamproof-no-such-route"
"""A path that no service has: whoever answers it with success answers everything."""
_MOST_VERSIONS = 6
_BODIES = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for what is not in the document."""

    step: Step
    finding_class: FindingClass
    declared: str = ""
    """The operation of the document that it is an older version of."""

    @property
    def route(self) -> str:
        """As people write it."""
        return self.step.operation.id


def asks(subject: Subject) -> Iterator[Ask]:
    """Everything to ask for, the routes of the code first; each route once."""
    seen: set[str] = set()
    for each in (*_of_code(subject), *_older(subject), *_internals(subject)):
        if each.route not in seen:
            seen.add(each.route)
            yield each


def _of_code(subject: Subject) -> Iterator[Ask]:
    for operation in subject.undeclared:
        if operation.method in ("HEAD", "OPTIONS") or _NO_API.search(operation.path):
            continue
        newer = _newer(subject.document, operation)
        known = UNDECLARED_ROUTE if newer is None else OLD_VERSION
        if _INSIDES.search(operation.path):
            known = OPEN_INTERNALS
        yield Ask(_step(operation), known, newer.id if newer is not None else "")


def _newer(document: Document | None, operation: Operation) -> Operation | None:
    """The operation of the document that one is an older version of."""
    found = _VERSION.search(operation.path)
    for each in document.declarations if found and document is not None else ():
        if each.operation.method == operation.method:
            other = _VERSION.search(each.operation.path)
            same = _VERSION.sub("", each.operation.path) == _VERSION.sub("", operation.path)
            if other and found and same and int(other[1]) > int(found[1]):
                return each.operation
    return None


def _step(operation: Operation) -> Step:
    """A request for an operation of which nothing but its path is known."""
    values = dict.fromkeys(_PARAMETER.findall(operation.path), 1)
    return Step(operation, path_parameters=values, json={} if operation.method in _BODIES else None)


def _older(subject: Subject) -> Iterator[Ask]:
    """Reads that are known to succeed, one version down: in all else they are right."""
    count = 0
    for scenario in subject.reads:
        operation = scenario.act.operation
        found = _VERSION.search(operation.path)
        if found is None or int(found[1]) < 2 or count == _MOST_VERSIONS:
            continue
        for number in range(int(found[1]) - 1, 0, -1):
            path = f"{operation.path[: found.start()]}/v{number}{operation.path[found.end() :]}"
            older = Operation(operation.method, path)
            if not _is_declared(subject.document, older):
                count += 1
                yield Ask(replace(scenario.act, operation=older), OLD_VERSION, operation.id)


def _internals(subject: Subject) -> Iterator[Ask]:
    for path in _USUAL:
        operation = Operation("GET", path)
        if not _is_declared(subject.document, operation):
            yield Ask(Step(operation), OPEN_INTERNALS)


def _is_declared(document: Document | None, operation: Operation) -> bool:
    return document is not None and document.declaration(operation) is not None
