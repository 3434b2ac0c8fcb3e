"""Strings of a regular expression, as short as it allows.

The syntax is ECMA-262's (section 22.2.1), which is JSON Schema's. What a string cannot be made for
part by part is passed over: look-around, word boundaries, back references to groups that are not
yet closed. So whoever asks matches the outcome against the pattern, and several are offered.

The libraries that do this read Python's syntax, repeat up to a hundred times where nothing limits
it, and have no bound on what a hostile pattern makes them write.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import TypeAlias

_MAX_PATTERN = 2_000
_MAX_TEXT = 4_000
_MAX_DEPTH = 50

_DIGITS = "0123456789"
_LETTERS = string.ascii_lowercase + string.ascii_uppercase
_WORD = _LETTERS + _DIGITS + "_"
_SPACE = " \t"
_PRINTABLE = _LETTERS + _DIGITS + "-_.~!#$%&'()*+,/:;<=>?@[]^`{|}\"\\ "
"""The likeliest first: one that is chosen freely is a letter."""
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_PROPERTIES = {
    "L": _LETTERS,
    "Letter": _LETTERS,
    "Alphabetic": _LETTERS,
    "Ll": string.ascii_lowercase,
    "Lowercase": string.ascii_lowercase,
    "Lu": string.ascii_uppercase,
    "Uppercase": string.ascii_uppercase,
    "N": _DIGITS,
    "Nd": _DIGITS,
    "Number": _DIGITS,
    "Z": " ",
    "Zs": " ",
    "P": "-.,!",
    "S": "+$",
    "Script=Latin": _LETTERS,
}


class _NoPattern(ValueError):
    """Not the syntax that is read here."""


@dataclass(slots=True)
class _Set:
    """One character of these."""

    characters: str


@dataclass(slots=True)
class _Group:
    alternatives: list[list[_Node]]
    number: int = 0
    name: str = ""


@dataclass(slots=True)
class _Repeat:
    node: _Node
    low: int
    high: int | None


@dataclass(slots=True)
class _Back:
    """What a group was."""

    group: int | str


_Node: TypeAlias = _Set | _Group | _Repeat | _Back


def strings(pattern: str, random: Random, low: int = 0, tries: int = 6) -> Iterator[str]:
    """Strings that the pattern may match, none for one that cannot be read.

    The first has every repetition as often as it must be; the later ones more, up to `low`
    characters or some above.
    """
    tree = _parsed(pattern)
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


@lru_cache(maxsize=1024)
def _parsed(pattern: str) -> _Group | None:
    if len(pattern) > _MAX_PATTERN:
        return None
    try:
        return _Reader(pattern).read()
    except (_NoPattern, IndexError, ValueError, OverflowError):
        return None


class _Reader:
    """Recursive descent: alternatives, terms, atoms, quantifiers."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._groups = 0
        self._depth = 0

    def read(self) -> _Group:
        """The whole pattern. Raises _NoPattern or IndexError."""
        group = _Group(self._alternatives())
        if self._at < len(self._text):
            raise _NoPattern(self._text)
        return group

    def _peek(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _take(self, text: str) -> bool:
        if self._peek(text):
            self._at += len(text)
            return True
        return False

    def _until(self, close: str) -> str:
        end = self._text.index(close, self._at)
        found, self._at = self._text[self._at : end], end + len(close)
        return found

    def _alternatives(self) -> list[list[_Node]]:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _NoPattern(self._text)
        found = [self._terms()]
        while self._take("|"):
            found.append(self._terms())
        self._depth -= 1
        return found

    def _terms(self) -> list[_Node]:
        terms: list[_Node] = []
        while self._at < len(self._text) and not self._peek("|") and not self._peek(")"):
            node = self._atom()
            if node is None:
                continue
            terms.append(self._quantified(node))
        return terms

    def _atom(self) -> _Node | None:
        """One atom; None for what matches no character."""
        if self._take("^") or self._take("$"):
            return None
        if self._take("("):
            return self._group()
        if self._take("["):
            return _Set(self._class())
        if self._take("\\"):
            return self._escape()
        if self._take("."):
            return _Set(_PRINTABLE)
        self._at += 1
        return _Set(self._text[self._at - 1])

    def _group(self) -> _Group | None:
        name, looks, captures = "", False, False
        if self._take("?:"):
            pass
        elif any(self._take(each) for each in ("?=", "?!", "?<=", "?<!")):
            looks = True
        elif self._take("?P<") or self._take("?<"):
            name, captures = self._until(">"), True
        elif self._peek("?"):
            raise _NoPattern(self._text)
        else:
            captures = True
        self._groups += captures
        number = self._groups if captures else 0
        group = _Group(self._alternatives(), number, name)
        if not self._take(")"):
            raise _NoPattern(self._text)
        if looks:
            self._quantifier()
            return None
        return group

    def _escape(self) -> _Node | None:
        letter = self._text[self._at]
        self._at += 1
        if letter in "bBAZzG":
            return None
        if letter in "123456789":
            return _Back(int(letter))
        if letter == "k" and self._take("<"):
            return _Back(self._until(">"))
        return _Set(self._escaped(letter))

    def _escaped(self, letter: str) -> str:
        """The characters that an escape, whose letter is read, stands for."""
        if letter in _CLASSES:
            return _CLASSES[letter]
        if letter.lower() in _CLASSES:
            excluded = _CLASSES[letter.lower()]
            return "".join(each for each in _PRINTABLE if each not in excluded)
        if letter in "pP" and self._take("{"):
            named = self._until("}")
            named = named.removeprefix("General_Category=").removeprefix("gc=")
            characters = _PROPERTIES.get(named, _LETTERS)
            if letter == "p":
                return characters
            return "".join(each for each in _PRINTABLE if each not in characters)
        if letter == "x":
            return self._code(2)
        if letter == "u":
            return chr(int(self._until("}"), 16)) if self._take("{") else self._code(4)
        return _ESCAPED.get(letter, letter)

    def _code(self, digits: int) -> str:
        code = self._text[self._at : self._at + digits]
        self._at += digits
        return chr(int(code, 16))

    def _class(self) -> str:
        """The characters of a class, whose bracket is read: some of them where there are many."""
        excluded = self._take("^")
        found: list[str] = []
        while not self._take("]"):
            first = self._class_atom()
            if len(first) == 1 and self._peek("-") and not self._peek("-]"):
                self._at += 1
                last = self._class_atom()
                if len(last) == 1:
                    found.append(_between(first, last))
                    continue
                found.append("-")
                first += last
            found.append(first)
        characters = "".join(dict.fromkeys("".join(found)))
        if excluded:
            return "".join(each for each in _PRINTABLE if each not in characters)
        # Letters and digits first: they are what else forbids least.
        return "".join(sorted(characters, key=lambda each: (not each.isalnum(), each not in _WORD)))

    def _class_atom(self) -> str:
        character = self._text[self._at]
        self._at += 1
        if character != "\\":
            return character
        letter = self._text[self._at]
        self._at += 1
        return "\b" if letter == "b" else self._escaped(letter)

    def _quantified(self, node: _Node) -> _Node:
        found = self._quantifier()
        return node if found is None else _Repeat(node, *found)

    def _quantifier(self) -> tuple[int, int | None] | None:
        found: tuple[int, int | None] | None = None
        if self._take("*"):
            found = (0, None)
        elif self._take("+"):
            found = (1, None)
        elif self._take("?"):
            found = (0, 1)
        elif self._peek("{"):
            found = self._counts()
        if found is not None and not self._take("?"):
            self._take("+")
        return found

    def _counts(self) -> tuple[int, int | None] | None:
        """`{2}`, `{2,}`, `{2,5}`; any other brace is itself."""
        end = self._text.find("}", self._at)
        low, comma, high = self._text[self._at + 1 : max(end, self._at + 1)].partition(",")
        if not low.isdecimal() or (high and not high.isdecimal()):
            return None
        self._at = end + 1
        if not comma:
            return int(low), int(low)
        return int(low), int(high) if high else None


def _between(first: str, last: str) -> str:
    low, high = ord(first), ord(last)
    if low > high:
        raise _NoPattern(f"{first}-{last}")
    if high - low > 255:
        # Of a wide range what can be typed, where it has any.
        typed = "".join(each for each in _PRINTABLE if low <= ord(each) <= high)
        return typed or first
    return "".join(chr(code) for code in range(low, high + 1) if not 0xD800 <= code <= 0xDFFF)


@dataclass(slots=True)
class _Writer:
    """Writes one string; `more` is how many repetitions beyond the fewest each may have."""

    random: Random
    more: int
    written: dict[int | str, str] = field(default_factory=dict)
    length: int = 0

    def write(self, tree: _Group) -> str | None:
        """The string; None where it would be too long, or a set has no character."""
        try:
            return self._node(tree)
        except (_NoPattern, IndexError):
            return None

    def _node(self, node: _Node) -> str:
        if isinstance(node, _Set):
            self.length += 1
            if self.length > _MAX_TEXT:
                raise _NoPattern
            few = node.characters[:62]
            return self.random.choice(few)
        if isinstance(node, _Back):
            return self.written.get(node.group, "")
        if isinstance(node, _Repeat):
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
