"""One canonical name for each generated value, so that runs with other values compare equal.

Rows name each other by generated keys: a graph whose nodes are values and whose edges are rows.
Colour refinement (Weisfeiler and Leman, 1968) gives each value a colour made of the rows in which
it stands, then of the colours beside it, until no class splits any more; where some still look
alike, one is singled out and refinement goes on. No name depends on the value itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

_MOST = 400
"""Beyond so many values they get no number: refinement would cost more than it tells."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A value that another run would choose otherwise: what it is of, and what it is here."""

    scope: str
    """The table whose key it is, or `uuid`, `value`."""
    value: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A leaf of a row: a text in which each generated value is a `<>`, and those values."""

    name: str
    text: str | None
    generated: tuple[Generated, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A net row: its table, `+` or `-`, and its cells."""

    table: str
    sign: str
    cells: tuple[Cell, ...]


def names(lines: Sequence[Line]) -> dict[Generated, str]:
    """A name for each generated value, `<orders-1>`, that no value has a part in."""
    places: dict[Generated, list[tuple[int, int]]] = defaultdict(list)
    for index, line in enumerate(lines):
        position = 0
        for cell in line.cells:
            for value in cell.generated:
                places[value].append((index, position))
                position += 1
    if len(places) > _MOST:
        return {value: f"<{value.scope}>" for value in places}
    colours = _refine(lines, places, {value: value.scope for value in places})
    while tied := _first_tie(colours):
        # Which of them is singled out must not matter; where they are symmetric it does not.
        chosen = min(tied, key=lambda value: min(places[value]))
        colours = _refine(lines, places, {**colours, chosen: colours[chosen] + "!"})
    return _number(colours)


def _refine(
    lines: Sequence[Line],
    places: dict[Generated, list[tuple[int, int]]],
    colours: dict[Generated, str],
) -> dict[Generated, str]:
    classes = len(set(colours.values()))
    while True:
        signatures = [
            repr(
                (
                    line.table,
                    line.sign,
                    [(c.name, c.text, [colours[g] for g in c.generated]) for c in line.cells],
                )
            )
            for line in lines
        ]
        seen = {
            value: (colours[value], tuple(sorted((signatures[i], p) for i, p in found)))
            for value, found in places.items()
        }
        ranks = {key: rank for rank, key in enumerate(sorted(set(seen.values())))}
        colours = {value: f"{value.scope}:{ranks[key]:05d}" for value, key in seen.items()}
        if len(ranks) == classes:
            return colours
        classes = len(ranks)


def _first_tie(colours: dict[Generated, str]) -> list[Generated]:
    classes: dict[str, list[Generated]] = defaultdict(list)
    for value, colour in colours.items():
        classes[colour].append(value)
    return next((classes[each] for each in sorted(classes) if len(classes[each]) > 1), [])


def _number(colours: dict[Generated, str]) -> dict[Generated, str]:
    counts: dict[str, int] = defaultdict(int)
    numbered = {}
    for value in sorted(colours, key=lambda each: colours[each]):
        counts[value.scope] += 1
        numbered[value] = f"<{value.scope}-{counts[value.scope]}>"
    return numbered
