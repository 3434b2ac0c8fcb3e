"""Bodies of requests as scenarios can express them: JSON, a form, a text; or why they cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from seamproof.core.model import Json, Step
from seamproof.core.secrecy import sensitive
from seamproof.discovery.importers.secrecy import Secrets
from seamproof.discovery.importers.source import value_of

MAX_CHARACTERS = 200_000
"""A longer body is nothing that a person reads."""
_BOUNDARY = "seamproof"
_FIELD = re.compile(r'(?i)^content-disposition:[^\r\n]*?;\s*name="([^"]*)"', re.MULTILINE)
_JSON = re.compile(r"[/+]json$")
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request. One of json, form and text, or none."""

    json: Json = None
    form: dict[str, Json] | None = None
    multipart: bool = False
    """Whether the form is one of parts (RFC 7578)."""
    text: str | None = None
    content_type: str = ""
    """The header to send, where it is not the one that follows from the kind."""
    problem: str = ""
    """Why it cannot be expressed."""

    def fields(self) -> dict[str, Json]:
        """The fields of an object or a form, and no others."""
        found = self.form if self.form is not None else self.json
        return found if isinstance(found, dict) else {}


def media_type(text: str) -> str:
    """`Application/JSON; charset=utf-8` as `application/json`."""
    return text.partition(";")[0].strip().lower()


def is_json(media: str) -> bool:
    """Whether a media type is JSON or built on it (RFC 6839)."""
    return _JSON.search(media) is not None


def of_text(text: str, content_type: str) -> Body:
    """The body that a text of a content type is."""
    media = media_type(content_type)
    if not text:
        return Body()
    if len(text) > MAX_CHARACTERS:
        return Body(problem=f"a body of more than {MAX_CHARACTERS} characters")
    if is_json(media):
        try:
            value = value_of(text)
        except ValueError as error:
            return Body(problem=f"a body that is not the JSON that it says: {error}")
        if value is None:
            return Body(problem="a body that is null: a scenario has no such body")
        return Body(json=value, content_type="" if media == "application/json" else content_type)
    if media == _FORM:
        return of_pairs(parse_qsl(text, keep_blank_values=True))
    if media == _MULTIPART:
        return _of_multipart(text, content_type)
    if any(ord(each) < 32 and each not in "\t\r\n" for each in text):
        return Body(problem="a body that is no text")
    if sensitive(text):
        return Body(problem=f"a body of type {media or 'text'} that seems to hold a secret")
    return Body(text=text, content_type="" if media in {"", "text/plain"} else content_type)


def of_pairs(pairs: Iterable[tuple[str, str]]) -> Body:
    """A form, URL-encoded; a name that repeats has a list."""
    return Body(form=gathered(pairs))


def of_fields(fields: Iterable[tuple[str, str]]) -> Body:
    """A form of parts that are all texts."""
    return Body(form=gathered(fields), multipart=True)


def attached(step: Step, body: Body, secrets: Secrets) -> Step:
    """The step with a body, without its secrets."""
    if body.content_type:
        step = replace(step, headers={**step.headers, "Content-Type": body.content_type})
    if body.form is None:
        text = None if body.text is None else secrets.text(body.text)
        return replace(step, json=secrets.cleaned(body.json), text=text)
    form = secrets.cleaned(body.form)
    if not body.multipart:
        return replace(step, form=form)
    headers = {**step.headers, "Content-Type": f"{_MULTIPART}; boundary={_BOUNDARY}"}
    return replace(step, headers=headers, text=_parts(form))


def _parts(form: dict[str, Json]) -> str:
    lines: list[str] = []
    for name, values in form.items():
        quoted = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        for value in values if isinstance(values, list) else [values]:
            lines += [f"--{_BOUNDARY}", f'Content-Disposition: form-data; name="{quoted}"']
            lines += ["", str(value)]
    return "\r\n".join([*lines, f"--{_BOUNDARY}--", ""])


def gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, Json]:
    """Pairs as an object; a name that repeats has a list."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: each[0] if len(each) == 1 else each for name, each in found.items()}


def fields_of(text: str, boundary: str) -> list[tuple[str, str]] | None:
    """Names and values of a form of parts; None where one is a file or cannot be read."""
    fields: list[tuple[str, str]] = []
    for part in text.replace("\r\n", "\n").split(f"--{boundary}")[1:]:
        if part.startswith("--"):
            return fields
        head, separator, value = part.removeprefix("\n").partition("\n\n")
        name = _FIELD.search(head)
        if not separator or name is None or "filename" in head.lower():
            return None
        fields.append((name[1], value.removesuffix("\n")))
    return None


def _of_multipart(text: str, content_type: str) -> Body:
    found = re.search(r'boundary="?([^";]+)', content_type)
    fields = fields_of(text, found[1]) if found else None
    if fields is None:
        return Body(problem="a form with a file, or with parts that cannot be read")
    return of_fields(fields)
