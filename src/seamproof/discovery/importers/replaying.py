"""Recorded requests as steps that can be sent again: references for values, templates for paths."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from seamproof.core.model import Json, Operation, Step
from seamproof.core.references import literal
from seamproof.core.secrecy import sensitive
from seamproof.discovery.importers.bodies import attached, gathered
from seamproof.discovery.importers.links import Links, opaque, resource, thing
from seamproof.discovery.importers.recorded import Recorded, encoded
from seamproof.discovery.importers.secrecy import Secrets
from seamproof.discovery.importers.sent import Changes, Sent, last_named
from seamproof.discovery.importers.sessions import Sessions
from seamproof.discovery.importers.traffic import Traffic

_VOLATILE = re.compile(
    r":.*|accept(-encoding|-language|-charset)?|alt-used|baggage|cache-control|connection"
    r"|content-(type|length|encoding)|date|dnt|expect|forwarded|from|host|http2-settings|if-(modified|none|un).*"
    r"|keep-alive|newrelic|origin|pragma|priority|proxy-.*|range|referer|save-data|sec-.*"
    r"|sentry-trace|te|trace(parent|state)|transfer-encoding|upgrade.*|user-agent|via"
    r"|x-(amzn?|b3|cloud|datadog|forwarded|newrelic|real|vercel)-.*|x-client-data"
    r"|x-(request|correlation|trace)-?id|b3",
    re.IGNORECASE,
)
_KEY_HEADER = re.compile(r"(x-)?idempotency-key", re.IGNORECASE)
_FORGERY = re.compile(r"csrf|xsrf", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_]\w*")
_OWN_KEYS = ("id", "uuid", "slug", "code", "key")
_LITERALS_SHOWN = 20
_CACHED = 304
"""Answered to a browser that has a copy: a step has none, and is answered in full."""


def replayed(
    calls: Sequence[Recorded], service: str, left: Counter[str], *, whole: bool = False
) -> Traffic:
    """What was recorded of one service, each value that an earlier response gave a reference.

    `whole` where the recorder leaves no credentials out: who sends none is nobody then.
    """
    return _Replay(calls, left, whole=whole).traffic(service)


class _Replay:
    def __init__(self, calls: Sequence[Recorded], left: Counter[str], *, whole: bool) -> None:
        self._forged = 0
        self._calls = [self._without_forgery(each) for each in calls]
        self._left = left
        self._secrets = Secrets()
        self._sessions = Sessions(self._calls, self._secrets, whole=whole)
        self._inexpressible: list[str] = []
        self._links = Links()
        self._literals: dict[str, str] = {}
        self._without_effect: dict[str, str] = {}
        """Operations that promise to change something, and where one did not."""
        self._changes = Changes()

    def traffic(self, service: str) -> Traffic:
        """All of it."""
        sent = [each for call in self._calls if (each := self._sent(call)) is not None]
        return Traffic(
            service,
            tuple(sent),
            self._links.given,
            self._sessions.principals,
            dict(self._left),
            tuple(self._notes()),
        )

    def _without_forgery(self, call: Recorded) -> Recorded:
        """The request without fields of a form that only prove where it comes from."""
        form = call.body.form
        if form is None or not any(_FORGERY.search(name) for name in form):
            return call
        self._forged += 1
        kept = {name: value for name, value in form.items() if not _FORGERY.search(name)}
        return replace(call, body=replace(call.body, form=kept))

    def _sent(self, call: Recorded) -> Sent | None:
        if reason := self._unusable(call):
            self._left[reason] += 1
            return None
        step, things = self._step(call)
        self._links.learn(call)
        if not call.acts:
            if call.mutates:
                self._without_effect.setdefault(step.operation.id, call.place)
            return Sent(call.index, call.place, step, acts=False)
        if not call.mutates and not call.changed:
            return Sent(call.index, call.place, step, acts=True)
        after = self._changes.before(step.operation, things)
        self._changes.note(call.index, step.operation, things)
        return Sent(call.index, call.place, step, acts=True, after=after)

    def _unusable(self, call: Recorded) -> str:
        if call.index in self._sessions.logins:
            return "logins, which are configured"
        if not call.succeeded:
            return "refused by the service"
        if call.body.problem:
            self._inexpressible.append(f"{call.place} is left out: {call.body.problem}")
            return "requests that cannot be expressed"
        return ""

    def _step(self, call: Recorded) -> tuple[Step, frozenset[str]]:
        template, parameters = self._path(call)
        about = resource(tuple(each for each in template.split("/") if "{" not in each))
        query = {
            literal(name): self._in_pairs(name, value, about)
            for name, value in gathered(call.query).items()
            if name != "_" and not sensitive(name)
        }
        step = Step(
            Operation(call.method, template),
            self._sessions.name(call),
            path_parameters=self._secrets.cleaned(parameters),
            query=self._secrets.cleaned(query),
            headers=self._headers(call),
            expect=(call.status,) if call.status >= 300 and call.status != _CACHED else (),
        )
        body = call.body
        if body.form is not None:
            form = {
                literal(name): self._in_pairs(name, value, about)
                for name, value in body.form.items()
            }
            body = replace(body, form=form)
        elif body.json is not None:
            body = replace(body, json=self._links.in_body(body.json, about))
        elif body.text is not None:
            body = replace(body, text=literal(body.text))
        things = {last_named(parameters) or ""}
        things |= {
            f"{about}={value}"
            for name, value in call.body.fields().items()
            if name in _OWN_KEYS and isinstance(value, str | int)
        }
        return attached(step, body, self._secrets), frozenset(each for each in things if each)

    def _path(self, call: Recorded) -> tuple[str, dict[str, Json]]:
        """The template of a path, and its parameters."""
        parts: list[str] = []
        parameters: dict[str, Json] = {}
        for at, segment in enumerate(call.segments):
            reference = self._links.in_segment(call.segments, at)
            is_key = segment.isdigit() or opaque(segment) or self._secrets.knows(segment)
            if not segment or (reference is None and not is_key):
                parts.append(encoded(segment))
                continue
            name = _parameter(call.segments, at, parameters)
            parts.append(f"{{{name}}}")
            if reference is None:
                place = f"{call.method} {'/'.join(['', *parts])}: {name} = {segment}"
                self._literals.setdefault(place, call.place)
                hidden = sensitive(call.segments[at - 1]) if at else False
                segment = self._secrets.stand_in(segment) if hidden else segment
            parameters[name] = reference or literal(segment)
        return "/" + "/".join(parts), parameters

    def _in_pairs(self, name: str, value: Json, about: str) -> Json:
        if isinstance(value, list):
            return [self._links.in_pair(name, str(each), about) for each in value]
        return self._links.in_pair(name, str(value), about)

    def _headers(self, call: Recorded) -> dict[str, str]:
        kept: dict[str, str] = {}
        for name, value in call.headers:
            if name.lower() == "accept" and "vnd." in value:
                kept[name] = literal(value)
            elif _KEY_HEADER.fullmatch(name):
                kept[name] = "{uuid}"
            elif name.lower() == "if-match":
                kept[name] = self._links.in_header(value) or literal(value)
            elif _FORGERY.search(name):
                self._forged += 1
            elif not _VOLATILE.fullmatch(name) and not sensitive(name):
                kept[literal(name)] = self._secrets.text(self._links.in_pair(name, value, ""))
        return kept

    def _notes(self) -> Iterable[str]:
        yield from self._inexpressible
        if self._without_effect:
            found = (f"{name} ({place})" for name, place in self._without_effect.items())
            yield f"changed nothing, and so is no act: {', '.join(found)}"
        if self._sessions.stripped:
            yield (
                "no request shows who sent it: the recorder left credentials out, as browsers do "
                "unless they save sensitive data too. Requests after a login are taken for that "
                "user's; correct `as` where it is not so"
            )
        if self._forged:
            yield f"tokens against forgery are not written, in {self._forged} requests"
        shown = list(self._literals.items())
        for place, where in shown[:_LITERALS_SHOWN]:
            yield f"nothing recorded gives {self._secrets.text(place)} ({where}): it must be seeded"
        if len(shown) > _LITERALS_SHOWN:
            yield f"and {len(shown) - _LITERALS_SHOWN} more that nothing recorded gives"
        if self._secrets.replaced:
            yield f"{self._secrets.replaced} secrets in requests have made-up values"


def _parameter(segments: tuple[str, ...], at: int, taken: dict[str, Json]) -> str:
    """What a parameter is called: by the collection that it is a key in."""
    name = thing(segments[at - 1]) if at else ""
    if not _NAME.fullmatch(name):
        name = "id"
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
