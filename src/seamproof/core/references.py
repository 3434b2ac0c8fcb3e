"""References in texts: `{order}` is the value of that name, and `{{order}}` the text `{order}`.

1. What counts is how many braces stand on both sides of a name, the fewer of the two; more on one
   side are text.
2. An odd number is a reference, and each further pair of them is one brace of text round its value:
   `{{{order}}}` is `{17}`.
3. An even number is text: each pair of them is one brace.
4. Braces round anything that is no name are text as they are: bodies may hold braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from seamproof.core.model import Json

_NAME = r"[A-Za-z_][\w.-]*"
_BRACED = re.compile(rf"(\{{+)({_NAME})(\}}+)")
_ALONE = re.compile(rf"\{{({_NAME})\}}")


def names(text: str) -> list[str]:
    """The names that a text refers to, in its order."""
    return [found[2] for found in _BRACED.finditer(text) if _depth(found) % 2]


def possible(value: Json) -> bool:
    """Whether a JSON value may refer to anything: quick, and never no where one does."""
    # Of what is printed the first brace may be an object's own; in a text each may be a reference.
    return bool(value) and "{" in (value if isinstance(value, str) else str(value)[1:])


def inside(value: Json) -> Iterator[str]:
    """The names that the strings in a JSON value refer to, keys included."""
    if isinstance(value, str):
        yield from names(value) if "{" in value else ()
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from names(key)
            yield from inside(each)
    elif isinstance(value, list):
        for each in value:
            yield from inside(each)


def alone(text: str) -> str | None:
    """The name where a text is one reference and nothing else."""
    found = _ALONE.fullmatch(text)
    return found and found[1]


def filled(text: str, value: Callable[[str], str | None]) -> str:
    """A text with its references filled; one without a value (None) stays as it is."""

    def one(found: re.Match[str]) -> str:
        name, depth = found[2], _depth(found)
        said = name
        if depth % 2:
            known = value(name)
            said = f"{{{name}}}" if known is None else known
        return _wrapped(found, said, depth // 2)

    return _BRACED.sub(one, text)


def renamed(text: str, change: Callable[[str], str]) -> str:
    """A text whose references have other names."""

    def one(found: re.Match[str]) -> str:
        name = change(found[2]) if _depth(found) % 2 else found[2]
        return f"{found[1]}{name}{found[3]}"

    return _BRACED.sub(one, text)


def literal(text: str, besides: Collection[str] = ()) -> str:
    """A text that is filled to be this one, but for single references to names of `besides`."""

    def one(found: re.Match[str]) -> str:
        if found[2] in besides and _depth(found) == 1:
            return found[0]
        return _wrapped(found, found[2], 2 * _depth(found))

    return _BRACED.sub(one, text)


def literally(value: Json, besides: Collection[str] = ()) -> Json:
    """The same for all strings in a JSON value, keys included."""
    if isinstance(value, str):
        return literal(value, besides)
    if isinstance(value, dict):
        return {literal(key, besides): literally(each, besides) for key, each in value.items()}
    if isinstance(value, list):
        return [literally(each, besides) for each in value]
    return value


def joined(texts: Sequence[str], keys: Sequence[str]) -> str:
    """Texts that stay as they are, with a reference between each and the next."""
    parts = [literal(texts[0])]
    for before, key, after in zip(texts[:-1], keys, texts[1:], strict=True):
        # Braces of the texts on both sides would be taken for those of the reference.
        beside = min(len(before) - len(before.rstrip("{")), len(after) - len(after.lstrip("}")))
        parts += ["{" * (beside + 1), key, "}" * (beside + 1), literal(after)]
    return "".join(parts)


def _depth(found: re.Match[str]) -> int:
    return min(len(found[1]), len(found[3]))


def _wrapped(found: re.Match[str], text: str, braces: int) -> str:
    """A text in so many braces, beside those that have no counterpart."""
    depth = _depth(found)
    before, after = len(found[1]) - depth + braces, len(found[3]) - depth + braces
    return f"{'{' * before}{text}{'}' * after}"
