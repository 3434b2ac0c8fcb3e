"""The SQL of one request: a sequence of statements that compares with a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import overload

from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import Crossing, CrossingKind

_COUNTED = frozenset({CrossingKind.READ, CrossingKind.WRITE, CrossingKind.COPY, CrossingKind.OTHER})
_SHOWN = 4


class Statements(Sequence[Crossing]):
    """The statements that read or write, in order: `assert api.statements <= 5`.

    What only begins and ends transactions or sets up the session is in `all`; the empty statements
    by which a pool asks whether a connection still lives are in neither.
    """

    def __init__(self, crossings: Iterable[Crossing]) -> None:
        sql = (each for each in crossings if each.boundary is BoundaryKind.SQL)
        self.all = tuple(each for each in sql if each.statement.strip(" ;"))
        self._counted = tuple(each for each in self.all if each.kind in _COUNTED)

    @overload
    def __getitem__(self, index: int) -> Crossing: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Crossing]: ...
    def __getitem__(self, index: int | slice) -> Crossing | Sequence[Crossing]:
        return self._counted[index]

    def __len__(self) -> int:
        return len(self._counted)

    def __int__(self) -> int:
        return len(self._counted)

    def __eq__(self, other: object) -> bool:
        return len(self) == other if isinstance(other, int) else self is other

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: int) -> bool:
        return len(self) < other

    def __le__(self, other: int) -> bool:
        return len(self) <= other

    def __gt__(self, other: int) -> bool:
        return len(self) > other

    def __ge__(self, other: int) -> bool:
        return len(self) >= other

    def __repr__(self) -> str:
        most = Counter(each.key.shape for each in self._counted).most_common(_SHOWN)
        shown = "; ".join(f"{count} times {shape[:80]}" for shape, count in most if count > 1)
        return f"<{len(self)} statements{f': {shown}' if shown else ''}>"
