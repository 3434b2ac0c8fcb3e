"""The syntax of regular expressions, ECMA-262's (section 22.2.1), which is JSON Schema's.

Look-around, anchors and word boundaries match no character, and are passed over.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

_MAX_PATTERN = 2_000
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


class NoPattern(ValueError):
    """Not the syntax that is read here."""


@dataclass(slots=True)
class Set:
    """One character of these."""

    characters: str


@dataclass(slots=True)
class Group:
    """One of several sequences, remembered by its number or name where it captures."""

    alternatives: list[list[Node]]
    number: int = 0
    name: str = ""


@dataclass(slots=True)
class Repeat:
    """A node several times; no upper limit is None."""

    node: Node
    low: int
    high: int | None


@dataclass(slots=True)
class Back:
    """What a group was."""

    group: int | str


Node: TypeAlias = Set | Group | Repeat | Back


@lru_cache(maxsize=1024)
def parsed(pattern: str) -> Group | None:
    """The tree of a pattern; None for one that cannot be read, or is too long."""
    if len(pattern) > _MAX_PATTERN:
        return None
    try:
        return _Reader(pattern).read()
    except (NoPattern, IndexError, ValueError, OverflowError):
        return None


class _Reader:
    """Recursive descent: alternatives, terms, atoms, quantifiers."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._groups = 0
        self._depth = 0

    def read(self) -> Group:
        """The whole pattern. Raises NoPattern or IndexError."""
        group = Group(self._alternatives())
        if self._at < len(self._text):
            raise NoPattern(self._text)
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

    def _alternatives(self) -> list[list[Node]]:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise NoPattern(self._text)
        found = [self._terms()]
        while self._take("|"):
            found.append(self._terms())
        self._depth -= 1
        return found

    def _terms(self) -> list[Node]:
        terms: list[Node] = []
        while self._at < len(self._text) and not self._peek("|") and not self._peek(")"):
            node = self._atom()
            if node is None:
                continue
            terms.append(self._quantified(node))
        return terms

    def _atom(self) -> Node | None:
        """One atom; None for what matches no character."""
        if self._take("^") or self._take("$"):
            return None
        if self._take("("):
            return self._group()
        if self._take("["):
            return Set(self._class())
        if self._take("\\"):
            return self._escape()
        if self._take("."):
            return Set(_PRINTABLE)
        self._at += 1
        return Set(self._text[self._at - 1])

    def _group(self) -> Group | None:
        name, looks, captures = "", False, False
        if self._take("?:"):
            pass
        elif any(self._take(each) for each in ("?=", "?!", "?<=", "?<!")):
            looks = True
        elif self._take("?P<") or self._take("?<"):
            name, captures = self._until(">"), True
        elif self._peek("?"):
            raise NoPattern(self._text)
        else:
            captures = True
        self._groups += captures
        number = self._groups if captures else 0
        group = Group(self._alternatives(), number, name)
        if not self._take(")"):
            raise NoPattern(self._text)
        if looks:
            self._quantifier()
            return None
        return group

    def _escape(self) -> Node | None:
        letter = self._text[self._at]
        self._at += 1
        if letter in "bBAZzG":
            return None
        if letter in "123456789":
            return Back(int(letter))
        if letter == "k" and self._take("<"):
            return Back(self._until(">"))
        return Set(self._escaped(letter))

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

    def _quantified(self, node: Node) -> Node:
        found = self._quantifier()
        return node if found is None else Repeat(node, *found)

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
        raise NoPattern(f"{first}-{last}")
    if high - low > 255:
        # Of a wide range what can be typed, where it has any.
        typed = "".join(each for each in _PRINTABLE if low <= ord(each) <= high)
        return typed or first
    return "".join(chr(code) for code in range(low, high + 1) if not 0xD800 <= code <= 0xDFFF)
