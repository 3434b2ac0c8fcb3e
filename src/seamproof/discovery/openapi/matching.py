"""Whether a document has an operation, whatever its parameters are called, and which is near."""

from __future__ import annotations

import difflib
import re

from seamproof.core.document import Document
from seamproof.core.model import Operation

_PARAMETER = re.compile(r"\{[^{}]*\}")
_NEAR = 0.6
_COMPARED = 200
"""Characters of a path that are compared: the comparison takes the product of two lengths."""


def has(document: Document, operation: Operation) -> bool:
    """Whether it declares the operation."""
    return any(
        each.operation.method == operation.method and _matches(operation.path, each.operation.path)
        for each in document.declarations
    )


def nearest(document: Document, operation: Operation) -> Operation | None:
    """The operation that may be meant: the same path by another method, or a near spelling."""
    known = [each.operation for each in document.declarations]
    for each in known:
        if _matches(operation.path, each.path):
            return each
    spelled = {_unnamed(each): each for each in known}
    found = difflib.get_close_matches(_unnamed(operation), spelled, n=1, cutoff=_NEAR)
    return spelled[found[0]] if found else None


def _matches(path: str, template: str) -> bool:
    """Whether a path, which may have parameters itself, is one that a template describes."""
    segments, described = path.split("/"), template.split("/")
    return len(segments) == len(described) and all(
        mine == theirs or _fits(mine, theirs)
        for mine, theirs in zip(segments, described, strict=True)
    )


def _fits(segment: str, template: str) -> bool:
    if "{" not in template:
        return False
    first, *between, last = _PARAMETER.split(template)
    if not segment.startswith(first) or not segment.endswith(last):
        return False
    # By hand, for a regular expression may take for ever: one letter at least for each parameter.
    at, end = len(first), len(segment) - len(last)
    for literal in between:
        at = segment.find(literal, at + 1, end)
        if at < 0:
            return False
        at += len(literal)
    return at < end


def _unnamed(operation: Operation) -> str:
    return f"{operation.method} {_PARAMETER.sub('{}', operation.path)}"[:_COMPARED]
