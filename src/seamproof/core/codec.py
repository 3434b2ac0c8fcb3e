"""All of the data to JSON and back. Bytes travel as base64 (RFC 4648)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    found = _adapters.get(kind)
    if found is None:
        from pydantic import ConfigDict, TypeAdapter

        if hasattr(kind, "__dataclass_fields__"):
            kind.__pydantic_config__ = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
        found = _adapters[kind] = TypeAdapter(kind)
    return found


def dump(value: Any, *, indent: int | None = None) -> bytes:
    """Encode one of our dataclasses as JSON."""
    return _adapter(type(value)).dump_json(value, indent=indent)


def plain(value: Any) -> Any:
    """The same as `dump`, but as Python's own dicts, lists and strings."""
    return _adapter(type(value)).dump_python(value, mode="json")


def load(kind: type[T], data: bytes | str) -> T:
    """Decode what `dump` wrote. Raises ValueError where it is not that."""
    value: T = _adapter(kind).validate_json(data)
    return value
