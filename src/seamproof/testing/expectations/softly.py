"""Expectations that fail together: inside `with soft():` each that fails is told at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_collected: ContextVar[list[str] | None] = ContextVar("seamproof_soft", default=None)


@contextmanager
def soft() -> Iterator[None]:
    """Collect what fails, and raise AssertionError with all of it at the end of the block.

    What the block itself raises comes first.
    """
    found: list[str] = []
    token = _collected.set(found)
    try:
        yield
    finally:
        _collected.reset(token)
    if found:
        __tracebackhide__ = True
        count = f"{len(found)} expectations" if len(found) > 1 else "an expectation"
        raise AssertionError("\n\n".join([f"{count} failed:", *found]))


def failed(message: str) -> None:
    """Fail an expectation: at once, or at the end of the soft block around it."""
    __tracebackhide__ = True
    collected = _collected.get()
    if collected is None:
        raise AssertionError(message)
    collected.append(message)
