"""Signing in as somebody whom the run itself has made: the only passwords that it knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from seamproof.core.model import Json, Step
from seamproof.plan.generation import Generator
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.drafts import Draft, put
from seamproof.plan.synthesis.knowledge import Knowledge, Reached
from seamproof.plan.synthesis.steps import merged
from seamproof.plan.synthesis.suppliers import Path, leaves, pinned

_PASSWORD = frozenset({"password", "passwd", "pwd", "passphrase"})
_WHO = frozenset({"username", "email", "login", "user", "name", "identifier", "account", "handle"})
_NOW = frozenset({"old", "current", "existing", "previous"})
_MAKERS = 2


class Accounts:
    """Lets a request that asks for a password use one that was given to a new account."""

    def __init__(self, knowledge: Knowledge, generator: Generator) -> None:
        self._knowledge = knowledge
        self._generator = generator

    def drafts(self, draft: Draft) -> Iterator[Draft]:
        """The draft with the password that its identity signs in by, or behind the making of an
        account, with what that one signs in by."""
        yield from _with_own_password(draft)
        passwords = _fields(draft.body, _PASSWORD)
        names = _fields(draft.body, _WHO)
        if len(passwords) != 1 or not names:
            return
        for reached, act in islice(self._makers(draft), _MAKERS):
            known = _fields(act.json, _WHO)
            password = next(iter(_fields(act.json, _PASSWORD).values()))
            for name, who in _pairs(names, known, act.json):
                arrangement, _ = merged(draft.arrangement, (*reached.scenario.arrangement, act))
                body = put(put(draft.body, next(iter(passwords)), password), name, who)
                made = replace(draft, identity=None, arrangement=arrangement, body=body)
                yield made.because(f"as who was made by {act.operation.id}")

    def _makers(self, draft: Draft) -> Iterator[tuple[Reached, Step]]:
        """Operations that made a row and take a password, each with the act that gives one."""
        for each in list(self._knowledge.reached.values()):
            makes = any(row.old is None for row in each.outcome.effect)
            if makes and each.scenario.operation.method in {"POST", "PUT"}:
                act = self._with_password(each)
                if act is not None and act.operation.id != draft.operation.id:
                    yield each, act

    def _with_password(self, reached: Reached) -> Step | None:
        """The act that makes an account, with a password and all names that it takes."""
        act = reached.scenario.act
        body = act.json
        if not isinstance(body, dict):
            return None
        declared = self._knowledge.document.declaration(act.operation)
        properties = [
            each
            for content in (declared.bodies[:1] if declared else ())
            for each in self._knowledge.properties(content.schema)
        ]
        for name, schema in properties:
            if name not in body and _is(name, _PASSWORD | {"username", "email"}):
                body = {**body, name: self._generator.instance(schema, name=name)}
        if not _fields(body, _PASSWORD) or not _fields(body, _WHO):
            return None
        return pinned(replace(act, json=body))


def _with_own_password(draft: Draft) -> Iterator[Draft]:
    """The draft with the password that the identity has now, where it asks for that.

    The search does not know it: where nothing stands for the reference, it stays the text it is.
    """
    body = draft.body
    for path in _fields(body, _PASSWORD):
        if not _NOW.isdisjoint(naming.words(str(path[-1]))):
            body = put(body, path, f"{{login.{draft.identity}.password}}")
    if draft.identity is not None and body != draft.body:
        yield replace(draft, body=body).because("with the password of now")


def _pairs(
    names: dict[Path, Json], known: dict[Path, Json], body: Json
) -> Iterator[tuple[Path, Json]]:
    """A field that says who signs in, and what the account has for it: the same field first."""
    by_name = {str(path[-1]): value for path, value in known.items()}
    for path in names:
        same = by_name.get(str(path[-1]))
        if same is not None:
            yield path, same
        for name, value in by_name.items():
            if name != str(path[-1]):
                yield path, value


def _fields(body: Json, words: frozenset[str]) -> dict[Path, Json]:
    return {
        path: value
        for path, name, _, value in leaves(body, "")
        if isinstance(value, str) and _is(name, words)
    }


def _is(name: str, words: frozenset[str]) -> bool:
    parts = naming.words(name)
    return bool(parts) and ("".join(parts) in words or parts[-1] in words)
