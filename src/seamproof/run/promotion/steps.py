"""Requests as Python, in the words of `seamproof.testing.experiments`."""

from __future__ import annotations

from typing import Any, Final

from seamproof.core.experiment import Act
from seamproof.core.model import Step
from seamproof.run.promotion.layout import Call, Name

VERBS: Final = ("get", "post", "put", "patch", "delete")


def written(step: Step) -> Call:
    """The call that makes a step."""
    verb = step.operation.method.lower()
    own = verb in VERBS
    arguments: tuple[Any, ...] = (step.operation.path,)
    if not own:
        arguments = (step.operation.method, *arguments)
    return Call(verb if own else "request", arguments, named(step))


def named(step: Step) -> dict[str, Any]:
    """What a step is beside its operation."""
    path = {name: value for name, value in step.path_parameters.items() if value != f"{{{name}}}"}
    expect: Any = list(step.expect) if len(step.expect) != 1 else step.expect[0]
    said: dict[str, Any] = {
        "as_": step.identity,
        "params": path,
        "query": step.query,
        "headers": step.headers,
        "json": step.json,
        "form": step.form,
        "text": step.text,
        "multipart": step.multipart,
        "extract": {each.name: each.source for each in step.extracts},
        "expect": expect,
    }
    return {name: value for name, value in said.items() if value not in (None, {}, [])}


def verb(step: Step) -> str:
    """The function that makes a step."""
    name = step.operation.method.lower()
    return name if name in VERBS else "request"


def overrides(act: Act) -> dict[str, Any]:
    """What an act is beside its step, as `sending`, `again` and `beside` take it."""
    said: dict[str, Any] = {
        "identity": act.identity,
        "replica": act.replica or None,
        "headers": act.headers or None,
        "fresh": act.fresh or None,
        "raw": act.raw,
        "body": act.body,
        "credential": None if act.credential is None else Name(f"Credential.{act.credential.name}"),
    }
    return {name: value for name, value in said.items() if value is not None}
