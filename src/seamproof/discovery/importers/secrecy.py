"""Passwords and tokens, which are never written: a made-up value stands for each.

Two rules, as at a run: a value that is known to be a secret is replaced wherever it appears, and
the value of a field whose name says that it holds one is replaced whatever it is. Equal secrets
have equal stand-ins, so that a password and its repetition stay equal.
"""

from __future__ import annotations

import re
from bisect import insort
from collections import defaultdict

from seamproof.core.model import Json
from seamproof.core.references import alone
from seamproof.core.secrecy import password, sensitive

_SHAPED = re.compile(
    r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"  # a JSON web token (RFC 7519)
    r"|(?<![\w.])(?i:bearer|basic)\s+(?=[\w.~+/-]*[\d=])[\w.~+/=-]{16,}"
)
_QUOTED = re.compile(r"""(["'`])((?:\\.|(?!\1).)*)\1""")
_STAND_IN = re.compile(r"Made-Up-Secret-\d+")
_SHORTEST = 6
"""A shorter value is a word like any other: replacing it everywhere would garble the rest."""


class Secrets:
    """The secrets of one file."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._stand_ins: dict[str, str] = {}
        self._by_beginning: dict[str, list[str]] = defaultdict(list)
        """The known ones by their first characters, the longest first."""

    def learn(self, *values: str) -> None:
        """Take note of secrets, to be replaced wherever they appear."""
        for each in {each for each in values if len(each) >= _SHORTEST} - self._known:
            self._known.add(each)
            insort(self._by_beginning[each[:_SHORTEST]], each, key=lambda known: -len(known))

    def knows(self, text: str) -> bool:
        """Whether a text is a known secret."""
        return text in self._known

    def cleaned(self, value: Json, name: str = "") -> Json:
        """A value, of a field of this name, with stand-ins for what is secret in it."""
        if isinstance(value, dict):
            inherited = name if sensitive(name) else ""
            return {
                self._key(each): self.cleaned(inner, each if sensitive(each) else inherited or each)
                for each, inner in value.items()
            }
        if isinstance(value, list):
            return [self.cleaned(each, name) for each in value]
        if isinstance(value, str):
            if value and sensitive(name) and alone(value) is None:
                return self.stand_in(value)
            return self.text(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and password(name):
            return self.stand_in(str(value))
        return value

    def text(self, value: str) -> str:
        """A text with stand-ins for the secrets in it."""
        parts, end, at = [], 0, 0
        while self._known and at <= len(value) - _SHORTEST:
            known = self._by_beginning.get(value[at : at + _SHORTEST], ())
            found = next((each for each in known if value.startswith(each, at)), None)
            if found is None:
                at += 1
                continue
            parts += [value[end:at], self.stand_in(found)]
            at = end = at + len(found)
        value = "".join([*parts, value[end:]])
        return _SHAPED.sub(lambda found: self.stand_in(found.group()), value)

    def _key(self, name: str) -> str:
        """A name of a field: a password may be the word `password`, and the name must stay."""
        return self.text(name) if any(each.isdigit() for each in name) else name

    def shown(self, line: str) -> str:
        """A line of a script for a person: no literals where it speaks of secrets."""
        if sensitive(line):
            line = _QUOTED.sub(
                lambda found: found.group() if sensitive(found[2]) else f"{found[1]}…{found[1]}",
                line,
            )
        return self.text(line)

    def stand_in(self, value: str) -> str:
        """The made-up value that stands for a secret; it satisfies usual rules for passwords."""
        if _STAND_IN.fullmatch(value):
            return value
        return self._stand_ins.setdefault(value, f"Made-Up-Secret-{len(self._stand_ins) + 1}")

    @property
    def replaced(self) -> int:
        """How many different secrets have a stand-in."""
        return len(self._stand_ins)
