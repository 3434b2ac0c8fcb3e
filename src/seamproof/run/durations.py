"""Durations as people write them: `90`, `60s`, `5m`, `1h`."""

from __future__ import annotations

import re

from seamproof.core.errors import ConfigurationError

_DURATION = re.compile(r"(?P<count>\d+(\.\d+)?)(?P<unit>ms|s|m|h|)")
_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """Return the seconds. Raises ConfigurationError for what is no positive duration."""
    match = _DURATION.fullmatch(text.strip())
    value = float(match["count"]) * _UNITS[match["unit"]] if match else 0.0
    if value <= 0:
        raise ConfigurationError(f"{text!r} is no duration", hint="write 90s, 5m or 1h")
    return value
