"""The profile as TOML that a person reads, reviews once and commits beside the configuration."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seamproof.config.quoting import quoted
from seamproof.core.errors import ConfigurationError
from seamproof.core.profile import Profile

_SETS = {
    "volatile": "Columns, and places in JSON columns, whose values differ between equal runs.",
    "references": "Columns that hold keys of new rows of a table though no foreign key says so.",
    "optional": "Tables whose number of changed rows differs between equal runs.",
    "ambient": "What harmless reads write: tables, or columns that they only update.",
    "audit": "Insert-only tables that unrelated operations write, refused ones also.",
    "records": "Logs of what was done: where nothing else differs, that is a note.",
    "effects": "Tables that successful operations change: never audit. Nothing here is ignored.",
    "background": "Statements of the service's own jobs, seen while nobody asked for anything.",
}
_SCALARS = {
    "fresh_sequences": "Whether the service remembers ids, so that no id may come twice.",
    "tail": "Seconds after a response within which the service's last statement came.",
    "warm_rounds": "Requests that a replica needed until its statements were stable.",
    "disturbed": "Why state outside the database makes every verdict inconclusive.",
}
_HEADER = """\
# What seamproof learned from equal runs of this service. Verdicts do not look at what is
# volatile, optional, ambient or audit: read it once, then commit it. `seamproof run` says
# where a later run differs.
"""


def dump(profile: Profile) -> str:
    """The profile as TOML, each entry under a line that says what it means."""
    return _HEADER + "".join(_lines(profile))


def _lines(profile: Profile) -> Iterator[str]:
    for name, meaning in _SETS.items():
        items = sorted(getattr(profile, name))
        yield f"\n# {meaning}\n{name} = ["
        yield "".join(f"\n    {quoted(each)}," for each in items) + ("\n]\n" if items else "]\n")
    for name, meaning in _SCALARS.items():
        yield f"\n# {meaning}\n{name} = {_scalar(getattr(profile, name))}\n"
    if profile.notes:
        yield "\n# What else was seen.\nnotes = [\n"
        yield "".join(f"    {quoted(each)},\n" for each in profile.notes) + "]\n"


def _scalar(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else repr(value)


def read(path: Path) -> Profile | None:
    """The stored profile, None where there is none yet. Raises ConfigurationError."""
    try:
        return load(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}", hint=_AGAIN) from None


def load(text: str, source: str = "the profile") -> Profile:
    """Read what `dump` wrote and a person may have edited. Raises ConfigurationError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{source} is no TOML: {error}", hint=_AGAIN) from None
    known = {*_SETS, *_SCALARS, "notes"}
    for name in data:
        if name not in known:
            raise ConfigurationError(f"{source}: unknown key {name!r}", hint=_AGAIN)
    values: dict[str, Any] = {
        name: frozenset(_strings(source, name, data[name])) for name in _SETS if name in data
    }
    for name in _SCALARS:
        if name in data:
            values[name] = _typed(source, name, data[name])
    if "notes" in data:
        values["notes"] = tuple(_strings(source, "notes", data["notes"]))
    return Profile(**values)


_AGAIN = "delete the file, and the next run learns it again"


def _strings(source: str, name: str, value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise ConfigurationError(f"{source}: {name} is not a list of strings", hint=_AGAIN)


def _typed(source: str, name: str, value: object) -> object:
    kind = type(getattr(Profile(), name))
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is kind:
        return value
    raise ConfigurationError(f"{source}: {name} is not a {kind.__name__}", hint=_AGAIN)


def differences(old: Profile, new: Profile) -> tuple[str, ...]:
    """How a newly learned profile differs from the stored one, a line each."""
    lines: list[str] = []
    for name in _SETS:
        before, after = getattr(old, name), getattr(new, name)
        lines += [f"{name}: + {each}" for each in sorted(after - before)]
        lines += [f"{name}: - {each}" for each in sorted(before - after)]
    for name in ("fresh_sequences", "disturbed"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            lines.append(f"{name}: {_scalar(before)} -> {_scalar(after)}")
    return tuple(lines)
