"""Values that later steps refer to, taken out of responses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from seamproof.core.history import Response
from seamproof.core.model import Json

if TYPE_CHECKING:
    from http.cookies import Morsel

_SHOWN = 12
"""Names that a message shows."""
_PATH_PART = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']*)'\]")


class NotThere(LookupError):
    """The response does not hold what was to be extracted."""


def parse_path(path: str) -> tuple[str | int, ...]:
    """Read a JSONPath of names and indexes (RFC 9535's singular queries): `$.items[0].id`.

    Raises ValueError where it is something else.
    """
    if not path.startswith("$"):
        raise ValueError(f"{path!r} does not begin with $")
    parts: list[str | int] = []
    position = 1
    while position < len(path):
        match = _PATH_PART.match(path, position)
        if match is None:
            raise ValueError(f"{path!r} is no path of names and indexes at {path[position:]!r}")
        name, index, quoted = match.groups()
        parts.append(int(index) if index is not None else (name or quoted or ""))
        position = match.end()
    return tuple(parts)


def at_path(value: Json, path: str) -> Json:
    """The value at a path. Raises NotThere naming the part that is missing."""
    walked = "$"
    for part in parse_path(path):
        present = (
            isinstance(value, Mapping) and part in value
            if isinstance(part, str)
            else isinstance(value, list) and part < len(value)
        )
        if not present:
            raise NotThere(f"{walked} {_has(value, part)}")
        value = value[part]
        walked += f".{part}" if isinstance(part, str) else f"[{part}]"
    return value


def _has(value: Json, part: str | int) -> str:
    """What is there instead: names alone, for values may be secrets."""
    if isinstance(value, Mapping):
        names = [str(name) for name in value][:_SHOWN]
        return f"has no {part!r}, it has: {', '.join(names) or 'nothing'}"
    if isinstance(value, list):
        return f"has no {part!r}, it is a list of {len(value)}"
    return f"has no {part!r}, it is no object or list"


def extract(response: Response, source: str) -> Json:
    """The value that `source` names: `$.path`, `header:Name`, `cookie:name`. Raises NotThere."""
    kind, _, name = source.partition(":")
    if kind == "header" and name:
        return _header(response, name)
    if kind == "cookie" and name:
        found = cookies(response).get(name)
        if found is None:
            raise NotThere(f"the response sets no cookie {name!r}")
        return found
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        raise NotThere("the response's body is no JSON") from None
    return at_path(body, source)


def _header(response: Response, name: str) -> str:
    for key, value in response.headers:
        if key.lower() == name.lower():
            return value
    raise NotThere(f"the response has no header {name!r}")


def cookies(response: Response) -> dict[str, str]:
    """The cookies that a response sets, by name; one that it deletes is absent (RFC 6265)."""
    found: dict[str, str] = {}
    for each in set_cookies(response):
        if each["max-age"] == "0" or not each.value:
            found.pop(each.key, None)
        else:
            found[each.key] = each.value
    return found


def set_cookies(response: Response) -> Iterator[Morsel[str]]:
    """Each cookie that a response sets or deletes, in its order; what is no cookie is left out."""
    from http.cookies import CookieError, SimpleCookie

    for key, value in response.headers:
        if key.lower() == "set-cookie":
            try:
                yield from SimpleCookie(value).values()
            except CookieError:
                continue
