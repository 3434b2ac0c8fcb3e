"""The configured sign-ins as requests of scenarios: what is typed there is referred to as
`{login.alice.password}`, and never written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from seamproof.core.model import Json, Operation, Scenario, Step

if TYPE_CHECKING:
    from seamproof.config.identities import IdentityConfig

_NAME = re.compile(r"[\w-]+")


def values(
    identities: Mapping[str, IdentityConfig], environment: Mapping[str, str]
) -> dict[str, Json]:
    """What each reference stands for, by its name without braces.

    Raises ConfigurationError for a variable that is not set.
    """
    found: dict[str, Json] = {}
    for name, each in identities.items():
        if each.login is not None:
            login = each.filled(name, environment).login
            assert login is not None
            body = login.form if login.body is None else login.body
            found.update(_leaves(f"login.{name}", body))
    return found


def scenarios(identities: Mapping[str, IdentityConfig]) -> tuple[Scenario, ...]:
    """One for each operation that somebody signs in by, as the first who does.

    A sign-in that wants a page before it, or whose fields have names that no reference can have,
    is none.
    """
    found: dict[str, Scenario] = {}
    for name, each in identities.items():
        login = each.login
        if login is None or login.csrf is not None or login.operation in found:
            continue
        body, form = (_referred(f"login.{name}", each) for each in (login.body, login.form))
        names = dict(_leaves(f"login.{name}", login.body if form is None else login.form))
        if names and all(map(_nameable, names)):
            step = Step(Operation.parse(login.operation), json=body, form=form)
            found[login.operation] = Scenario(login.operation, step)
    return tuple(found.values())


def _leaves(name: str, value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(f"{name}.{key}", each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _leaves(f"{name}.{index}", each)
    elif value is not None:
        yield name, value


def _referred(name: str, value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _referred(f"{name}.{key}", each) for key, each in value.items()}
    if isinstance(value, list):
        return [_referred(f"{name}.{index}", each) for index, each in enumerate(value)]
    return None if value is None else f"{{{name}}}"


def _nameable(reference: str) -> bool:
    return all(_NAME.fullmatch(part) for part in reference.split("."))
