"""What is tried once in a session: opening the world takes long, and fails for every test alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from seamproof.core.errors import SeamproofError

T = TypeVar("T")


class Attempt(Generic[T]):
    """Something that all tests need. Where it fails the first test is told all, the others which
    test that was."""

    def __init__(self, what: str, make: Callable[[], T]) -> None:
        self._what = what
        self._make = make
        self._found: list[T] = []
        self._failed: Exception | None = None
        self._first = ""

    @property
    def made(self) -> T | None:
        """What there is, if it was asked for."""
        return self._found[0] if self._found else None

    def get(self, test: str) -> T:
        """What there is. Raises what making it raises, and then a SeamproofError."""
        if self._failed is not None:
            raise self._again(self._failed)
        if not self._found:
            try:
                self._found.append(self._make())
            except Exception as error:
                self._failed, self._first = error, test
                raise
        return self._found[0]

    def _again(self, failed: Exception) -> SeamproofError:
        why = str(failed).partition("\n")[0] or type(failed).__name__
        kind = type(failed) if isinstance(failed, SeamproofError) else SeamproofError
        hint = f"see {self._first}, the first test that needed it" if self._first else ""
        return kind(f"{self._what}: {why}", hint=hint)
