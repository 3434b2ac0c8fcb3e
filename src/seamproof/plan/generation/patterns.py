"""Strings of a regular expression, as short as it allows.

What a string cannot be made for part by part is passed over: look-around, word boundaries, back
references to groups that are not yet closed. So whoever asks matches the outcome against the
pattern, and several are offered.

The libraries that do this read Python's syntax, repeat up to a hundred times where nothing limits
it, and have no bound on what a hostile pattern makes them write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from seamproof.plan.generation.pattern_syntax import (
    Back,
    Group,
    Node,
    NoPattern,
    Repeat,
    Set,
    parsed,
)

_MAX_TEXT = 4_000


def strings(pattern: str, random: Random, low: int = 0, tries: int = 6) -> Iterator[str]:
    """Strings that the pattern may match, none for one that cannot be read.

    The first has every repetition as often as it must be; the later ones more, up to `low`
    characters or some above.
    """
    tree = parsed(pattern)
    if tree is None:
        return
    for more in range(tries):
        made = _Writer(random, more).write(tree)
        if made is not None:
            yield made
    if low:
        made = _Writer(random, low).write(tree)
        if made is not None:
            yield made


@dataclass(slots=True)
class _Writer:
    """Writes one string; `more` is how many repetitions beyond the fewest each may have."""

    random: Random
    more: int
    written: dict[int | str, str] = field(default_factory=dict)
    length: int = 0

    def write(self, tree: Group) -> str | None:
        """The string; None where it would be too long, or a set has no character."""
        try:
            return self._node(tree)
        except (NoPattern, IndexError):
            return None

    def _node(self, node: Node) -> str:
        if isinstance(node, Set):
            self.length += 1
            if self.length > _MAX_TEXT:
                raise NoPattern
            few = node.characters[:62]
            return self.random.choice(few)
        if isinstance(node, Back):
            return self.written.get(node.group, "")
        if isinstance(node, Repeat):
            times = node.low + self.more
            if node.high is not None:
                times = min(times, node.high)
            times = max(times, 1) if node.low == 0 and self.more else times
            return "".join(self._node(node.node) for _ in range(min(times, _MAX_TEXT + 1)))
        chosen = node.alternatives[0 if not self.more else self._any(len(node.alternatives))]
        text = "".join(self._node(each) for each in chosen)
        if node.number:
            self.written[node.number] = text
        if node.name:
            self.written[node.name] = text
        return text

    def _any(self, count: int) -> int:
        return self.random.randrange(count)
