"""Why a row cannot be made."""

from __future__ import annotations

from collections.abc import Sequence


class CannotMake(ValueError):
    """A row that cannot be made: what refuses it, and what to give."""

    def __init__(self, problem: str, *details: str, columns: Sequence[str] = ()) -> None:
        super().__init__("\n".join([problem, *(f"  {each}" for each in details)]))
        self.problem = problem
        self.details = details
        self.columns = tuple(columns)
        """The columns that it is about."""
