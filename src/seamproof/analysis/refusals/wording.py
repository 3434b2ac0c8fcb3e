"""Plain texts: "X is required", "must be one of …", "already exists"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from seamproof.analysis.refusals.complaint import ComplaintKind, Steps
from seamproof.analysis.refusals.phrases import FORMATS, NAME, QUOTED, TYPES, phrases
from seamproof.core.model import Json

MOST_TEXT = 600
"""Characters of a text that are read."""

K = ComplaintKind

_SUBJECT = re.compile(
    rf"^(?:each value in |the |property |field |parameter |attribute |path )*{NAME}"
    rf"(?: field| property| parameter| attribute)? (?:is|are|must|should|can|cannot|can't"
    rf"|may|has|have|was|does|doesn't|needs|contains|length|already|not|do|exceeds|violates)\b",
    re.IGNORECASE,
)
_ANY_QUOTED = re.compile(rf"^{QUOTED}", re.IGNORECASE)
_FIELD_QUOTED = re.compile(
    rf"\b(?:field|property|parameter|key|attribute|column|for) {QUOTED}", re.IGNORECASE
)
_VALUE_FOR = re.compile(rf"\b(?:value|option|choice) for (?:the )?{NAME}", re.IGNORECASE)
_TWO_WORDS = re.compile(
    r"^(?:The )?(?P<name>(?!(?i:this|that|your?|no|it|there|min|max) )[A-Za-z]\w* [a-z]\w*) "
    r"(?:is|are|must|should|can|cannot|may|has|was)\b"
)
_NO_CHOICE = re.compile(r"(?:the )?(?:allowed|following|permitted|valid)\b", re.IGNORECASE)
_LEADING = re.compile(r"^(?P<name>[A-Za-z_$][\w$.\[\]]*): ")
_AT_FIELD = re.compile(
    rf"(?:^|\b(?:at|for|in) (?:the )?)(?:path|field|property|parameter|column|attribute) {QUOTED}",
    re.IGNORECASE,
)
_SUBJECTS = (_AT_FIELD, _LEADING, _ANY_QUOTED, _SUBJECT, _FIELD_QUOTED, _VALUE_FOR, _TWO_WORDS)
_QUOTES = tuple("'\"`‘’“”")
_NO_NAMES = frozenset(
    "this it value field the input data that a an string object body request request_body"  # noqa: SIM905
    " parameter property there list number you no not page resource endpoint route url"
    " entity record item must should is input_data missing invalid none null min max".split()
)
_STRINGS = re.compile(r"'([^']*)'|\"([^\"]*)\"|`([^`]*)`")
_KEY = re.compile(r"['\"]([\w$.-]+)['\"]\s*:")
_ITEM = re.compile(r"[^,|\[\]{}()]+")
_LIST_END = re.compile(
    r"\.\s|\.$|; | \(|, (?:got|received|but|not|you)\b| (?:but|received|got|You)\b|\n"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says."""

    kind: ComplaintKind
    wanted: Json = None
    name: str = ""
    """The field that the text itself names."""
    high: int | None = None
    """The other end of a range, whose lower one is wanted."""


@lru_cache(maxsize=2048)
def _read(text: str) -> Reading:
    text = " ".join(text.split())
    for kind, phrase in phrases():
        found = phrase.search(text)
        if found is None:
            continue
        groups = found.groupdict()
        wanted = _wanted(kind, groups)
        if kind is K.CHOICE and groups.get("list") and not wanted:
            continue
        high = groups.get("high")
        most = int(high) if high and len(high) < 16 else None
        return Reading(kind, wanted, _named(found) or _subject(text), most)
    return Reading(K.OTHER, None, _subject(text))


def read(text: str) -> Reading:
    """What a text says, OTHER where it is none of the known phrases."""
    return _read(text[:MOST_TEXT])


def steps(path: str) -> Steps:
    """The way that a text writes: `items[0].name`, `items.0.name`, `/items/0/name`, `#/name`.

    A JSON Pointer (RFC 6901) where it begins with a slash.
    """
    path = path.strip().removeprefix("#")[:MOST_TEXT]
    if path.startswith("/"):
        parts = [each.replace("~1", "/").replace("~0", "~") for each in path[1:].split("/")]
    else:
        path = path.removeprefix("$.").removeprefix("$")
        parts = re.split(r"[.\[\]/]+", path.replace('"', "").replace("'", ""))
    return tuple(int(each) if each.isdecimal() else each for each in parts if each)[:40]


def _named(found: re.Match[str] | None) -> str:
    """A name that a text gives: in quotes any, else none that is a word of the sentence."""
    name = found.groupdict().get("name") if found else None
    if found is None or not name or len(name) > 100:
        return ""
    quoted = found.string[: found.start("name")].rstrip("/")[-1:] in _QUOTES
    name = name.strip(".-/[")
    if quoted:
        return name
    if found.start("name") == 0 and name[1:].islower():
        # The first word of a sentence has its capital from there.
        name = name[0].lower() + name[1:]
    return name if name.lower() not in _NO_NAMES else ""


def _subject(text: str) -> str:
    named = (_named(phrase.search(text)) for phrase in _SUBJECTS)
    return next(filter(None, named), "")


def _wanted(kind: ComplaintKind, groups: dict[str, str | None]) -> Json:
    if kind is K.CHOICE:
        return choices(groups.get("list") or "") or None
    if kind is K.TYPE:
        return TYPES.get((groups.get("type") or "").lower())
    if kind is K.FORMAT:
        said = (groups.get("format") or "").lower()
        said = "binary" if said == "file" else said
        return FORMATS.get(said, said) or None
    if kind is K.PATTERN:
        return (groups.get("pattern") or "").strip() or None
    return _limit(kind, groups)


def _limit(kind: ComplaintKind, groups: dict[str, str | None]) -> Json:
    """The number that is still allowed: beyond an exclusive bound it is the next one."""
    said = groups.get("number")
    if said is None:
        return None
    number = float(said) if "." in said else int(said)
    if "inclusive" not in groups or groups["inclusive"]:
        return number
    return number + 1 if kind is K.TOO_SMALL else number - 1


def choices(text: str) -> list[str]:
    """The values of a list in words: `'a', 'b' or 'c'`, `[a, b]`, `a | b`."""
    end = _LIST_END.search(text)
    text = text[: end.start()] if end else text
    quoted = [a or b or c for a, b, c in _STRINGS.findall(text)]
    if quoted:
        return list(dict.fromkeys(quoted))[:100]
    text = re.sub(r",? (?:or|and) ", ", ", text)
    values = [each.strip(" .:;") for each in _ITEM.findall(text)]
    values = [each for each in values if each and len(each) <= 60 and not _NO_CHOICE.match(each)]
    # Words that follow on each other are a sentence and no list.
    return [] if any(each.count(" ") > 2 for each in values) else list(dict.fromkeys(values))[:100]


def keys(text: str) -> list[str]:
    """The keys of a mapping that a text shows, at its first level or below: `{'a': 1}`."""
    return list(dict.fromkeys(_KEY.findall(text[:MOST_TEXT])))[:50]
