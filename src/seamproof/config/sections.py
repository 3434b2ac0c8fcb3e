"""What all sections share: unknown keys are errors, values do not change, commands are words."""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from seamproof.core.model import Operation

_OPERATORS = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<", "2>&1"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


class Section(BaseModel):
    """A table of the configuration file."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _command(text: str) -> str:
    """Refuse what only a shell understands: we run programs, so that braces stay unambiguous."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"is no command line: {error}") from None
    if not words:
        raise ValueError("is empty")
    if operator := next((word for word in words if word in _OPERATORS), None):
        raise ValueError(f"is not run by a shell, so {operator!r} means nothing: use sh -c '...'")
    if _ASSIGNMENT.match(words[0]):
        raise ValueError(f"starts with {words[0]!r}: put variables into env, or use sh -c '...'")
    return text


def _operation(text: str) -> str:
    return Operation.parse(text).id


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _placed(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("is a path on the service and starts with /")
    return path


Command = Annotated[str, AfterValidator(_command)]
"""A command line, split into words as a shell does, run without one."""

OperationId = Annotated[str, AfterValidator(_operation)]
"""`POST /orders/{id}`."""

ServicePath = Annotated[str, AfterValidator(_placed)]
"""A path on the service."""

Strings = Annotated[
    tuple[str, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}),
]
"""A list of strings; one string alone is a list of one."""
