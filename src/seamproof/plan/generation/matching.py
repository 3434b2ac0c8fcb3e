"""Whether a text matches a pattern or has a format, in bounded time.

Patterns are ECMA-262's, as JSON Schema has them, and come from a hostile document: the validator
has a limit on backtracking, which Python's own expressions have not.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from seamproof.core.model import Json

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

_MAX_KEPT = 4_000
"""Validators that are kept."""
_BACKTRACKS = 20_000


@lru_cache(maxsize=_MAX_KEPT)
def _pattern_validator(pattern: str) -> Draft202012Validator | None:
    """What matches a pattern as ECMA-262 has it; None where it is no pattern."""
    return compiled({"type": "string", "pattern": pattern})


def is_pattern(text: str) -> bool:
    """Whether a text is a pattern."""
    return _pattern_validator(text) is not None


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a text, in bounded time. One that is none is not found."""
    validator = _pattern_validator(pattern)
    return validator is not None and _holds(validator, text)


@lru_cache(maxsize=_MAX_KEPT)
def _format_validator(name: str) -> Draft202012Validator | None:
    return compiled({"type": "string", "format": name})


def has_format(name: str, text: str) -> bool:
    """Whether a text has a format. A format that is not known is not looked at."""
    validator = _format_validator(name)
    return validator is None or _holds(validator, text)


def compiled(schema: Json) -> Draft202012Validator | None:
    """A validator of a schema; None where it is none. It fetches nothing."""
    from jsonschema_rs import Draft202012Validator, FancyRegexOptions

    try:
        return Draft202012Validator(
            schema,
            validate_formats=True,
            pattern_options=FancyRegexOptions(backtrack_limit=_BACKTRACKS),
            offline=True,
        )
    except (ValueError, OverflowError):
        return None


def _holds(validator: Draft202012Validator, text: str) -> bool:
    try:
        return validator.is_valid(text)
    except ValueError:
        return False
