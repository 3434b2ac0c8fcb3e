"""Strings within lengths, of a format, by a pattern, and like what the field's name says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from zlib import crc32

from seamproof.core.model import Json
from seamproof.core.references import filled
from seamproof.plan.generation import formats, patterns
from seamproof.plan.generation.keywords import Schema
from seamproof.plan.generation.matching import has_format, matches
from seamproof.plan.generation.vocabulary import UNIQUE, UUID, Usual, usual

_WORD = "sample"
_MAX_TEXT = 4_000
"""What no minimum makes longer."""
_SAMPLES = ("0a1b2c3d", "12345678", "fedcabde", "1e234567")
"""What `{unique}` may become: digits or letters alone, in any order."""
_UUID_SAMPLE = "0b5c3b0a-7d53-4b7e-9a55-0b7a6c1d0e5f"
_SHORTEN = re.compile(r"[^{}]*(?=\{unique\})")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def plain(value: Json, place: str = "") -> Json:
    """A value as it may be sent: built-in references replaced, by others at other places."""
    if isinstance(value, str):
        if "{" not in value:
            return value
        digits = f"{crc32(place.encode()):08x}"
        return filled(value, {"unique": digits, "uuid": _uuid(digits)}.get)
    if isinstance(value, dict):
        return {
            plain(name, f"{place}.{name}"): plain(each, f"{place}.{name}")
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [plain(each, f"{place}[{at}]") for at, each in enumerate(value)]
    return value


def _uuid(digits: str) -> str:
    return digits + _UUID_SAMPLE[8:]


def allowed(schema: Schema, text: str) -> bool:
    """Whether lengths, format and pattern allow a text whatever its references become."""
    return all(_allowed(schema, each) for each in _samples(text))


def _samples(text: str) -> list[str]:
    if UNIQUE in text:
        return [text.replace(UNIQUE, each).replace(UUID, _UUID_SAMPLE) for each in _SAMPLES]
    return [text.replace(UUID, _UUID_SAMPLE)]


def _allowed(schema: Schema, text: str) -> bool:
    # A length is counted in characters of Unicode (Validation, section 6.3).
    if len(text) < schema.get("minLength", 0) or len(text) > schema.get("maxLength", len(text)):
        return False
    if "pattern" in schema and not matches(schema["pattern"], text):
        return False
    return "format" not in schema or has_format(schema["format"], text)


def text(schema: Schema, name: str, random: Random, ordinal: int = 0) -> str | None:
    """A string that the schema allows, None where none was found.

    `ordinal` asks for another of them, for lists without doubles.
    """
    passed = 0
    for candidate in _candidates(schema, name, random, ordinal):
        if allowed(schema, candidate):
            passed += 1
            if passed > ordinal or UNIQUE in candidate or UUID in candidate:
                return candidate
    return None


def unique(schema: Schema, text: str) -> str | None:
    """The text with `{unique}` in it, where the schema allows that; None where it does not.

    An address keeps its domain, and what is too long loses its beginning's end.
    """
    if UNIQUE in text or UUID in text:
        return text if allowed(schema, text) else None
    local, at, domain = text.partition("@")
    stem, dot, ending = (local, at, domain) if at else (text, "", "")
    for separator in ("-", "", "_", " "):
        for candidate in _fitted(f"{stem}{separator}{UNIQUE}{dot}{ending}", schema):
            if UNIQUE in candidate and allowed(schema, candidate):
                return candidate
    return UNIQUE if allowed(schema, UNIQUE) else None


def _candidates(schema: Schema, name: str, random: Random, ordinal: int) -> Iterator[str]:
    known = usual(name)
    for candidate in _likely(schema, name, known):
        yield from _fitted(candidate, schema)
    if "pattern" in schema:
        if known and known.unique:
            yield from _woven(schema["pattern"], random)
        for made in patterns.strings(schema["pattern"], random, schema.get("minLength", 0)):
            yield made
            yield from _fitted(made, schema)
        for number in range(1, ordinal + 2):
            yield from patterns.strings(schema["pattern"], Random(number), tries=2)  # noqa: S311
    elif "format" not in schema:
        for number in range(1, ordinal + 2):
            yield from _fitted(f"{_WORD}{number}", schema)
    yield from (chr(ord("a") + each % 26) for each in range(ordinal + 1))


def _likely(schema: Schema, name: str, known: Usual | None) -> Iterator[str]:
    """Values by the format, then by the name, then none in particular."""
    form = schema.get("format") or ""
    if not form and schema.get("contentEncoding") in ("base64", "base64url"):
        form = "byte"
    if form:
        yield from formats.examples(form, name)
    if known is not None and known.text:
        yield known.text
        if known.unique:
            yield from _cased(known.text)
    if "pattern" in schema:
        # What most identifiers and codes must look like, before one is made of the pattern.
        yield from (f"name-{UNIQUE}", f"name{UNIQUE}", UNIQUE) if known and known.unique else ()
        yield "Sample-Passw0rd!"
    yield _WORD


def _cased(text: str) -> Iterator[str]:
    """The same for those that want a slug, or letters and digits alone."""
    lowered = text.lower()
    stem, _, _ = lowered.partition(UNIQUE)
    yield f"{_NOT_SLUG.sub('-', stem)}{UNIQUE}"
    yield f"{_NOT_SLUG.sub('', stem)}{UNIQUE}"
    yield UNIQUE


def _woven(pattern: str, random: Random) -> Iterator[str]:
    """Strings of a pattern with `{unique}` in them: for codes that begin in one way."""
    for made in patterns.strings(pattern, random, 8):
        for keep in range(min(len(made), 12) + 1):
            yield made[:keep] + UNIQUE + made[keep + 8 :]
            yield made[:keep] + UNIQUE


def _fitted(text: str, schema: Schema) -> Iterator[str]:
    """The text, then one of the length that is asked for."""
    yield text
    # `{unique}` is as long as what it becomes.
    length = len(text)
    low = min(schema.get("minLength", 0), _MAX_TEXT)
    high = schema.get("maxLength", _MAX_TEXT)
    if length < low:
        yield _longer(text, low - length)
    elif length > high:
        shorter = _shorter(text, length - high)
        if shorter is not None:
            yield shorter
        elif UNIQUE not in text and UUID not in text:
            yield text[:high]
        else:
            yield text.replace(UNIQUE, "").replace(UUID, "")[:high].rstrip("-@.") or _WORD[:high]


def _longer(text: str, missing: int) -> str:
    filling = (_WORD * (missing // len(_WORD) + 1))[:missing]
    if "@" in text:
        return filling + text
    return text + filling


def _shorter(text: str, excess: int) -> str | None:
    """A text with `{unique}` whose beginning is so much shorter; None where it has less of it."""
    stem = _SHORTEN.match(text)
    if stem is None or UNIQUE not in text or len(stem[0]) < excess:
        return None
    kept = stem[0][: len(stem[0]) - excess]
    return kept + text[len(stem[0]) :]
