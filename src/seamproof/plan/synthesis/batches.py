"""Requests within a request: an endpoint that takes methods and paths of the service itself."""

from __future__ import annotations

from seamproof.core.model import Json
from seamproof.plan.synthesis.drafts import put
from seamproof.plan.synthesis.knowledge import Knowledge, Reached
from seamproof.plan.synthesis.suppliers import Path, has, leaves

METHOD = "method"
_BODY = "body"
_TARGETS = frozenset({"path", "url", "uri", "href", "relative_url", "relativeUrl"})


def targets(body: Json) -> list[Path]:
    """Where a body may say which path is asked for."""
    return [path for path, name, _, _ in leaves(body, "") if name in _TARGETS and len(path) > 1]


def filled(body: Json, target: Path, knowledge: Knowledge) -> Json:
    """A body with one of its inner requests made one that was reached, where there is one."""
    request = _request(knowledge)
    if request is None:
        return body
    act, around = request.scenario.act, target[:-1]
    body = put(body, target, act.operation.path)
    body = put(body, (*around, METHOD), act.operation.method)
    if has(body, (*around, _BODY)) or act.json:
        body = put(body, (*around, _BODY), act.json if act.json is not None else {})
    return body


def _request(knowledge: Knowledge) -> Reached | None:
    """The simplest request that changes something, else one that reads something."""
    plain = [
        each
        for each in knowledge.reached.values()
        if not each.scenario.act.path_parameters
        and not each.scenario.arrangement
        and each.scenario.act.form is None
        and each.scenario.act.multipart is None
    ]
    return min(
        plain,
        key=lambda each: (not each.effective, len(repr(each.scenario.act.json))),
        default=None,
    )
