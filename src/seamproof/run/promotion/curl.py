"""A finding of single requests as a script of curl, one after the other, with nothing broken.

Secrets are environment variables and never text. What a request needs of an earlier one is taken
from its answer by jq.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from seamproof.core import references
from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import Act
from seamproof.core.model import AuthKind, Json, Step
from seamproof.core.secrecy import sensitive
from seamproof.run.promotion.layout import WIDTH
from seamproof.run.promotion.origin import Origin
from seamproof.run.promotion.seeing import seen

if TYPE_CHECKING:
    from seamproof.config import Config
    from seamproof.config.identities import IdentityConfig

_VARIABLE = re.compile(r"[^A-Z0-9]+")
_MARK = "\ue000"
"""Round a variable in text that is still to be quoted."""
_MARKED = re.compile(f"{_MARK}([^{_MARK}]+){_MARK}")
_NUMBER = re.compile(f'"({_MARK}[^{_MARK}]+{_MARK})#"')
"""A variable in JSON that is a number: it has no quotes."""


def unsuited(origin: Origin) -> str:
    """Why curl alone cannot show it; empty where it can."""
    for phase in origin.experiment.phases:
        if phase.faults:
            return "something is broken between the service and what it calls"
        if len(phase.acts) > 1 or phase.schedule is not None:
            return "its requests overlap"
        if any(act.raw is not None or act.credential is not None for act in phase.acts):
            return "its bytes or its credential are made anew each time"
    if origin.experiment.edits and origin.finding.check not in {"authorization"}:
        return "it needs rows that are written directly"
    return ""


def written(origin: Origin, config: Config) -> str:
    """The script. Raises ConfigurationError where curl cannot show it."""
    if reason := unsuited(origin):
        raise ConfigurationError(
            f"{origin.finding.id} takes more than single requests: {reason}",
            hint=f"`seamproof promote {origin.finding.id}` writes a test that shows it",
        )
    return "\n".join(_Script(origin, config).lines()) + "\n"


class _Script:
    """One script, and the variables that it needs."""

    def __init__(self, origin: Origin, config: Config) -> None:
        self._origin = origin
        self._config = config
        self._wanted: dict[str, str] = {}
        """Environment variables, each with what it is."""

    def lines(self) -> Iterator[str]:
        """Every line."""
        requests: list[str] = []
        for step in self._origin.scenario.arrangement:
            requests += ["", f"# Before: {step.operation.id}", *self._arranged(step)]
        for number, phase in enumerate(self._origin.experiment.phases, 1):
            act = phase.acts[0]
            what = "The act" if number == 1 else "Then"
            requests += ["", f"# {what}: {act.step.operation.id}", *self._shown(act)]
        finding = self._origin.finding
        yield "#!/bin/sh"
        yield f"# {finding.id}: {finding.finding_class} at {finding.operation}"
        yield from (f"# {each}".rstrip() for each in seen(self._origin, WIDTH - 4))
        yield "#"
        if any("jq -r" in each for each in requests):
            yield "# It needs jq."
        yield "# BASE_URL: where the service is, as http://127.0.0.1:8000"
        yield from (f"# {name}: {what}" for name, what in sorted(self._wanted.items()))
        yield "set -eu"
        for name in ("BASE_URL", *sorted(self._wanted)):
            yield f': "${{{name}:?is not set}}"'
        yield from requests

    def _arranged(self, step: Step) -> Iterator[str]:
        command = self._command(Act(step), ["--fail-with-body"])
        if not step.extracts:
            yield f"{command} > /dev/null"
            return
        yield f"answer=$({command})"
        for each in step.extracts:
            if not each.source.startswith("$"):
                self._want(each.name, f"the {each.source} of its answer")
                continue
            path = each.source.removeprefix("$") or "."
            yield f"{_name(each.name)}=$(printf '%s' \"$answer\" | jq -r {shlex.quote(path)})"

    def _shown(self, act: Act) -> Iterator[str]:
        yield self._command(act, ["--include"])
        yield "echo"

    def _command(self, act: Act, options: list[str]) -> str:
        step = act.step
        parts = ["curl", "--silent", "--show-error", *options]
        if step.operation.method != "GET":
            parts += ["--request", step.operation.method]
        parts += self._credentials(act.sender)
        for name, value in {**step.headers, **act.headers}.items():
            shown = self._secret(name) if sensitive(name) else self._filled(value)
            parts += ["--header", self._quoted(f"{name}: {shown}")]
        parts += self._body(act)
        parts.append(self._quoted(f"{_MARK}BASE_URL{_MARK}{self._target(step)}"))
        return " \\\n  ".join(_grouped(parts))

    def _target(self, step: Step) -> str:
        values = {name: self._text(value) for name, value in step.path_parameters.items()}
        path = references.filled(
            step.operation.path, lambda name: values.get(name) or self._text(f"{{{name}}}")
        )
        if not step.query:
            return path
        pairs = [
            (name, each)
            for name, value in step.query.items()
            for each in (value if isinstance(value, list) else [value])
        ]
        return f"{path}?{'&'.join(f'{quote(n)}={self._text(v)}' for n, v in pairs)}"

    def _text(self, value: Json) -> str:
        """A value in a URL: what is a variable is left to the shell."""
        filled = self._filled(value if isinstance(value, str) else json.dumps(value))
        return "".join(
            f"{_MARK}{each}{_MARK}" if number % 2 else quote(each, safe="")
            for number, each in enumerate(_MARKED.split(filled))
        )

    def _body(self, act: Act) -> list[str]:
        step = act.step
        if act.body is not None:
            return [
                "--data-binary",
                self._quoted(self._filled(act.body.decode("utf-8", "replace"))),
            ]
        if step.json is not None:
            text = _NUMBER.sub(r"\1", json.dumps(self._hidden(step.json, "#"), ensure_ascii=False))
            for name in references.names(text):
                # A text that is one reference alone takes the value's own type.
                text = text.replace(f'"{{{name}}}"', f"{{{name}}}")
            return [
                *("--header", shlex.quote("Content-Type: application/json")),
                *("--data-raw", self._quoted(self._filled(text))),
            ]
        if step.form is not None:
            pairs = self._hidden(step.form)
            return [
                part
                for name, value in pairs.items()
                for part in ("--data-urlencode", self._quoted(f"{name}={self._filled(str(value))}"))
            ]
        if step.text is not None:
            return ["--data-raw", self._quoted(self._filled(step.text))]
        if step.multipart is not None:
            return [
                part
                for name, value in self._hidden(step.multipart).items()
                for part in ("--form", self._quoted(f"{name}={_part(value)}"))
            ]
        return []

    # Secrets

    def _credentials(self, sender: str) -> list[str]:
        identity = self._config.identities.get(sender)
        if not sender or identity is None:
            return []
        key = identity.api_key
        if key is not None and key.in_ != "header":
            shown = f"{key.name}={self._want(f'{sender}_token', f'the key of {sender}')}"
            if key.in_ == "query":
                return ["--url-query", self._quoted(shown)]
            return ["--header", self._quoted(f"Cookie: {shown}")]
        return ["--header", self._quoted(self._shows(sender, identity))]

    def _shows(self, name: str, identity: IdentityConfig) -> str:
        """The header by which somebody shows who it is."""
        if identity.kind is AuthKind.COOKIE:
            return f"Cookie: {self._want(f'{name}_cookie', f'the cookies of {name}, signed in')}"
        if identity.kind is AuthKind.BASIC:
            what = f"user:password of {name} in base64"
            return f"Authorization: Basic {self._want(f'{name}_basic', what)}"
        held = self._want(f"{name}_token", f"the token of {name}")
        if identity.header is not None:
            return f"{identity.header.name}: {held}"
        if identity.api_key is not None:
            return f"{identity.api_key.name}: {held}"
        header, scheme = "Authorization", identity.scheme
        if identity.login is not None:
            header, scheme = identity.login.header, identity.login.scheme
        scheme = "Bearer" if scheme is None else scheme
        return f"{header}: {scheme} {held}" if scheme else f"{header}: {held}"

    def _hidden(self, value: Any, number: str = "") -> Any:
        """A body whose secrets are variables; `number` marks those that are numbers."""
        if isinstance(value, Mapping):
            return {
                name: self._secret(str(name)) + ("" if isinstance(each, str) else number)
                if sensitive(str(name)) and isinstance(each, str | int)
                else self._hidden(each, number)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self._hidden(each, number) for each in value]
        return value

    def _secret(self, name: str) -> str:
        return self._want(name, f"the {name} that is sent")

    def _want(self, name: str, what: str) -> str:
        variable = _name(name)
        self._wanted.setdefault(variable, what)
        return f"{_MARK}{variable}{_MARK}"

    def _filled(self, text: str) -> str:
        """A text whose references are variables."""

        def variable(name: str) -> str:
            if name in {"uuid", "unique"}:
                return f"{_MARK}:{name}{_MARK}"
            known = {each.name for s in self._origin.scenario.arrangement for each in s.extracts}
            if name in known:
                return f"{_MARK}{_name(name)}{_MARK}"
            return self._want(name, f"the value of {{{name}}}")

        return references.filled(text, variable)

    @staticmethod
    def _quoted(text: str) -> str:
        """A word of the shell: variables between double quotes, the rest between single ones."""
        parts = _MARKED.split(text)
        return "".join(
            (_variable(each) if number % 2 else shlex.quote(each) if each else "")
            for number, each in enumerate(parts)
        )


def _variable(name: str) -> str:
    if name.startswith(":"):
        return '"$(cat /proc/sys/kernel/random/uuid)"'
    return f'"${{{name}}}"'


def _name(text: str) -> str:
    return _VARIABLE.sub("_", text.upper()).strip("_")


def _part(value: Any) -> str:
    return str(value.get("content", "")) if isinstance(value, Mapping) else str(value)


def _grouped(parts: list[str]) -> Iterator[str]:
    """Options with their values, a line each."""
    yield " ".join(parts[:3])
    at = 3
    while at < len(parts):
        takes = parts[at] in {
            *("--request", "--header", "--data-raw", "--data-binary", "--data-urlencode", "--form"),
            "--url-query",
        }
        yield " ".join(parts[at : at + 1 + takes])
        at += 1 + takes
