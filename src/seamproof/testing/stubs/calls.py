"""The calls that the service made, as a test asserts on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

from seamproof.core.counting import counted
from seamproof.testing.expectations import failed
from seamproof.testing.stubs.asked import Asked

_SHOWN = 8


class Calls(Sequence[Asked]):
    """Calls in the order that they were made in."""

    def __init__(self, what: str, calls: Iterable[Asked], others: Iterable[Asked] = ()) -> None:
        self._what = what
        self._calls = tuple(calls)
        self._others = tuple(others)

    @overload
    def __getitem__(self, index: int) -> Asked: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Asked]: ...
    def __getitem__(self, index: int | slice) -> Asked | Sequence[Asked]:
        if isinstance(index, int) and not -len(self) <= index < len(self):
            raise AssertionError(self._told(f"there is no call {index}"))
        return self._calls[index]

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def count(self) -> int:  # type: ignore[override]
        """How many there are."""
        return len(self)

    @property
    def once(self) -> Asked:
        """The only one. Raises AssertionError where there is not just one."""
        __tracebackhide__ = True
        self.times(1)
        return self._calls[0]

    @property
    def none(self) -> bool:
        """True. Raises AssertionError where there is one."""
        __tracebackhide__ = True
        self.times(0)
        return True

    @property
    def last(self) -> Asked:
        """The last one. Raises AssertionError where there is none."""
        return self[-1]

    def times(self, count: int) -> Calls:
        """Expect so many, and return itself. Raises AssertionError."""
        if len(self) != count:
            __tracebackhide__ = True
            failed(self._told(f"expected {counted(count, 'call')}, got {len(self)}"))
        return self

    def _told(self, problem: str) -> str:
        lines = [f"{self._what}: {problem}", *(f"  {each!r}" for each in self._calls[:_SHOWN])]
        if not self._calls and self._others:
            lines += ["  others were made:", *(f"  {each!r}" for each in self._others[:_SHOWN])]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<{len(self)} calls: {list(self._calls[:_SHOWN])!r}>"
