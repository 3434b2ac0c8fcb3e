"""The document's tree, the references within it, and what was found wrong with it.

A place is a JSON Pointer as a fragment (RFC 6901, section 6): `#/paths/~1orders/post`. References
lead to places of the same document; files and other hosts are never read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

from seamproof.core.document import MAX_REFERENCES
from seamproof.core.model import Json

MAX_WORK = 1_000_000
"""Values of the document that are looked at, those that several places refer to counted anew."""
MAX_PROBLEMS = 500
_SHOWN = 160
"""Characters of a place, or of the document's own text, that a problem shows."""


class Dialect(Enum):
    """The versions that differ in what they mean."""

    V2 = 2
    V3 = 3


class Exhausted(Exception):
    """The document asks for more work than any real one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A value of the document, and its place."""

    value: Json
    at: str

    def get(self, key: str) -> Piece:
        """The member of this name; of what is not there the value is None."""
        inner = self.value.get(key) if isinstance(self.value, dict) else None
        return Piece(inner, f"{self.at}/{escaped(key)}")


def escaped(token: str) -> str:
    """A token as a pointer has it."""
    return token.replace("~", "~0").replace("/", "~1")


def shown(text: str) -> str:
    """A text of the document, cut."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class Source:
    """One document while it is read."""

    def __init__(self, root: dict[str, Json], dialect: Dialect) -> None:
        self.root = root
        self.dialect = dialect
        self._problems: dict[str, None] = {}
        self._told: set[str] = set()
        self._left = MAX_WORK

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be used, in the order in which it was met."""
        return tuple(self._problems)

    def problem(self, at: str, text: str) -> None:
        """Note what could not be used; each once."""
        if len(self._problems) < MAX_PROBLEMS:
            self._problems[f"{shown(at)}: {text}"] = None

    def problem_once(self, at: str, text: str) -> None:
        """Note what many places may have in common: the first is named."""
        if text not in self._told:
            self._told.add(text)
            self.problem(at, text)

    def spend(self, work: int = 1) -> None:
        """Count work. Raises Exhausted."""
        self._left -= work
        if self._left < 0:
            raise Exhausted

    def renew(self) -> None:
        """Allow as much work again: for what the operations refer to."""
        self._left = MAX_WORK

    def entries(self, piece: Piece) -> list[tuple[str, Piece]]:
        """The members of an object. Something else costs a problem, null nothing."""
        if piece.value is None:
            return []
        if not isinstance(piece.value, dict):
            self.problem(piece.at, f"expected an object, found {named(piece.value)}")
            return []
        self.spend(len(piece.value))
        return [(key, Piece(v, f"{piece.at}/{escaped(key)}")) for key, v in piece.value.items()]

    def items(self, piece: Piece) -> list[Piece]:
        """The items of a list. Something else costs a problem, null nothing."""
        if piece.value is None:
            return []
        if not isinstance(piece.value, list):
            self.problem(piece.at, f"expected a list, found {named(piece.value)}")
            return []
        self.spend(len(piece.value))
        return [Piece(each, f"{piece.at}/{index}") for index, each in enumerate(piece.value)]

    def text(self, piece: Piece) -> str:
        """A text. Something else costs a problem, null nothing; either is empty."""
        if piece.value is None:
            return ""
        if not isinstance(piece.value, str):
            self.problem(piece.at, f"expected a text, found {named(piece.value)}")
            return ""
        return piece.value

    def flag(self, piece: Piece) -> bool:
        """True or false; `"true"`, as some write it, is true."""
        if piece.value is None or isinstance(piece.value, bool):
            return bool(piece.value)
        if isinstance(piece.value, str) and piece.value.lower() in {"true", "false"}:
            return piece.value.lower() == "true"
        self.problem(piece.at, f"expected true or false, found {named(piece.value)}")
        return False

    def content(self, piece: Piece) -> list[tuple[str, Piece]]:
        """The media types of `content`, each that is a reference followed, as 3.2 allows."""
        found: list[tuple[str, Piece]] = []
        for key, media in self.entries(piece):
            refers = isinstance(media.value, dict) and "$ref" in media.value
            followed = self.follow(media) if refers else media
            found.append((key, followed or Piece({}, media.at)))
        return found

    def follow(self, piece: Piece) -> Piece | None:
        """What an object that may be a Reference Object stands for, None where that is nothing."""
        for _ in range(MAX_REFERENCES):
            if not isinstance(piece.value, dict) or not isinstance(piece.value.get("$ref"), str):
                break
            self.spend()
            found = self.find(piece.value["$ref"], f"{piece.at}/$ref")
            if found is None:
                return None
            piece = found
        else:
            self.problem(piece.at, "references that lead to one another")
            return None
        if not isinstance(piece.value, dict):
            self.problem(piece.at, f"expected an object, found {named(piece.value)}")
            return None
        return piece

    def find(self, reference: str, at: str) -> Piece | None:
        """What a reference leads to; what it does not costs a problem at `at`."""
        if not reference.startswith("#"):
            self.problem_once(at, f"{shown(reference)} is elsewhere, and is not fetched")
            return None
        piece: Json = self.root
        tokens = tokens_of(reference)
        self.spend(len(tokens))
        for token in tokens:
            if isinstance(piece, dict) and token in piece:
                piece = piece[token]
            elif isinstance(piece, list) and token.isdecimal() and int(token[:9]) < len(piece):
                piece = piece[int(token[:9])]
            else:
                self.problem_once(at, f"{shown(reference)} leads nowhere")
                return None
        return Piece(piece, "#" + "".join(f"/{escaped(token)}" for token in tokens))


def tokens_of(reference: str) -> list[str]:
    """The tokens of a pointer that is a fragment; an anchor's name is one token that none has."""
    tokens = unquote(reference.removeprefix("#")).split("/")
    found = [each.replace("~1", "/").replace("~0", "~") for each in tokens]
    return found[1:] if not found[0] else found


def named(value: Json) -> str:
    """What a value is, for a message."""
    if value is None:
        return "null"
    names = {bool: "true or false", dict: "an object", list: "a list", str: "a text"}
    return names.get(type(value), "a number")
