"""What a child inherits, and what it must not: anything that could lead it to a real database.

Dropped, from our own environment and from `env_file`:

1. `PG*`, which libpq reads without being asked (PostgreSQL manual, section 34.15);
2. the names that frameworks and images use for a database, a cache or a broker;
3. any variable whose value is the URL of one.

The patterns are in `config/dropped.py`. What the configuration sets in `env` is set last, so each
of them can be given on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seamproof.config.dropped import DROPPED
from seamproof.core.errors import ConfigurationError

_NAMES = re.compile("|".join(each.replace("*", ".*") for each in DROPPED), re.IGNORECASE)
_URL = re.compile(
    r"(jdbc:)?(postgres(ql)?|mysql|mariadb|mongodb|redis|rediss|amqps?|mssql|oracle|cockroachdb)"
    r"([+:][\w+]+)?://",
    re.IGNORECASE,
)
_LINE = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][\w.]*)\s*=\s*(?P<value>.*?)\s*")
_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Inherited:
    """Variables that may be passed on, and the names of those that may not."""

    variables: dict[str, str]
    dropped: tuple[str, ...]


def dangerous(name: str, value: str) -> bool:
    """Whether a variable could lead a service to a database that is not ours."""
    return bool(_NAMES.fullmatch(name) or _URL.match(value))


def inherit(*sources: Mapping[str, str]) -> Inherited:
    """Merge environments, the later over the earlier, without what is dangerous."""
    merged: dict[str, str] = {}
    for source in sources:
        merged.update(source)
    kept = {name: value for name, value in merged.items() if not dangerous(name, value)}
    # Logs must be there when we ask why a process died.
    kept.setdefault("PYTHONUNBUFFERED", "1")
    return Inherited(kept, tuple(sorted(merged.keys() - kept.keys())))


def read_env_file(path: Path, *, key: str) -> dict[str, str]:
    """Read lines of `NAME=value`, as dotenv files have them; values may be quoted.

    Raises ConfigurationError that names `key`, the file and the line.
    """
    try:
        data = path.read_bytes()
        if len(data) > _LIMIT:
            raise ConfigurationError(f"{key}: {path} has {len(data)} bytes; an env file is smaller")
        text = data.decode()
    except OSError as error:
        raise ConfigurationError(f"{key}: {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{key}: {path} is not UTF-8") from None
    variables: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ConfigurationError(f"{key}: {path}:{number} is not NAME=value")
        variables[match["name"]] = _value(match["value"])
    return variables


def _value(text: str) -> str:
    quote = text[:1]
    if quote in ('"', "'") and (end := text.find(quote, 1)) > 0:
        inner = text[1:end]
        return inner.replace("\\n", "\n") if quote == '"' else inner
    return re.split(r"\s+#", text, maxsplit=1)[0]
