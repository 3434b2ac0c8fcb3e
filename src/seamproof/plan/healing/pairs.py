"""Which name that is sent is meant by one that is asked for."""

from __future__ import annotations

from difflib import SequenceMatcher

from seamproof.plan.healing.edits import Address
from seamproof.plan.synthesis.naming import singular, words

_COMPARED = 100
"""Characters of a name that are compared."""


def likeness(one: str, other: str) -> float:
    """How much two names are alike, from 0 to 1: by their words, by letters, by being shortened."""
    mine = [singular(each) for each in words(one[:_COMPARED])]
    theirs = [singular(each) for each in words(other[:_COMPARED])]
    if not mine or not theirs:
        return 0.0
    if mine == theirs:
        return 1.0
    shared = 2 * len(set(mine) & set(theirs)) / (len(mine) + len(theirs))
    a, b = "".join(mine), "".join(theirs)
    letters = SequenceMatcher(None, a, b).ratio()
    short, long = sorted((a, b), key=len)
    return max(shared, letters, 0.75 if len(short) > 1 and _shortens(short, long) else 0.0)


def score(sent: Address, asked: Address) -> float:
    """How likely a value that is sent at one place is meant for another."""
    alike = likeness(str(sent[-1]), str(asked[-1]))
    if sent[0] != asked[0]:
        # Another place and another name at once is too much of a guess.
        return 0.9 if alike == 1.0 else 0.0
    return alike if sent[:-1] == asked[:-1] else alike * 0.9


def _shortens(short: str, long: str) -> bool:
    """Whether a word is another with letters left out: `qty`, `quantity`."""
    letters = iter(long)
    return short[0] == long[0] and all(each in letters for each in short)
