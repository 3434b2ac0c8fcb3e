"""Fills placeholders: `{database.url}`, `{port}`, `{env.NAME}`.

The rules:

1. A placeholder is a name of words joined by dots, in braces. Other braces are text, so that
   JSON and format strings pass.
2. `{database.url:postgresql+asyncpg}` is the URL with another scheme. Only URLs take one.
3. `{{name}}` is the text `{name}`.
4. A name that is not known is an error that names the key and the nearest known name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from seamproof.core.errors import ConfigurationError

_NAME = r"[A-Za-z_][\w-]*(?:\.[\w./-]*[\w-])?"
_PLACEHOLDER = re.compile(
    rf"\{{\{{(?P<escaped>{_NAME}(?::[^{{}}\s]*)?)\}}\}}"
    rf"|\{{(?P<name>{_NAME})(?::(?P<scheme>[^{{}}\s]*))?\}}"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


def names(text: str) -> Iterator[str]:
    """The names of the placeholders in a text, in order."""
    for match in _PLACEHOLDER.finditer(text):
        if match["name"]:
            yield match["name"]


def render(text: str, values: Mapping[str, str], *, key: str, lenient: bool = False) -> str:
    """Fill the placeholders of a text that stands at `key` in the configuration.

    `lenient` is for files in somebody else's format: a name whose first word is not one of ours is
    text there. Raises ConfigurationError for an unknown name.
    """
    roots = {name.partition(".")[0] for name in values}

    def fill(match: re.Match[str]) -> str:
        if match["escaped"]:
            return f"{{{match['escaped']}}}"
        name = match["name"]
        if name not in values:
            if lenient and name.partition(".")[0] not in roots:
                return match[0]
            raise unknown(name, values, key=key)
        value = values[name]
        return value if match["scheme"] is None else _with_scheme(name, value, match, key)

    return _PLACEHOLDER.sub(fill, text)


def render_tree(value: Any, values: Mapping[str, str], *, key: str) -> Any:
    """Fill the placeholders of every string in JSON-like data; keys are left as they are."""
    if isinstance(value, str):
        return render(value, values, key=key)
    if isinstance(value, Mapping):
        return {
            name: render_tree(each, values, key=f"{key}.{name}") for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            render_tree(each, values, key=f"{key}[{index}]") for index, each in enumerate(value)
        ]
    return value


def unknown(name: str, known: Collection[str], *, key: str) -> ConfigurationError:
    """The error for a placeholder that is not there."""
    root, _, variable = name.partition(".")
    if root == "env":
        return ConfigurationError(
            f"{key}: the environment variable {variable} is not set",
            hint=f"set it before the run, for example: export {variable}=...",
        )
    if name == "database.ca" and "database.url" in known:
        return ConfigurationError(
            f"{key}: {{database.ca}} is there only where connections to the database are encrypted",
            hint="set tls = true in [database]",
        )
    shown = sorted(each for each in known if not each.startswith("env."))
    nearest = get_close_matches(name, shown, n=1)
    offered = ", ".join(f"{{{each}}}" for each in shown) or "none"
    return ConfigurationError(
        f"{key}: there is no placeholder {{{name}}}",
        hint=(f"did you mean {{{nearest[0]}}}? " if nearest else "")
        + f"known here: {offered}; write {{{{{name}}}}} for the text itself",
    )


def _with_scheme(name: str, value: str, match: re.Match[str], key: str) -> str:
    scheme = match["scheme"]
    _, separator, rest = value.partition("://")
    if not separator or not _SCHEME.fullmatch(scheme):
        raise ConfigurationError(
            f"{key}: {match[0]} asks for a URL scheme"
            + (f", and {scheme!r} is none" if separator else f", and {{{name}}} is no URL"),
            hint="only a URL takes a scheme, as in {database.url:postgresql+asyncpg}",
        )
    return f"{scheme}://{rest}"
