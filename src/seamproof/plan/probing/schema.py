"""Values that a schema forbids, one for each of its keywords.

What JSON Schema (draft 2020-12) does not refuse is not asked for: each value is judged first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seamproof.core.document import Place
from seamproof.core.experiment import Act
from seamproof.core.model import Json, Step
from seamproof.core.probe import Probe, Source
from seamproof.plan.generation import texts
from seamproof.plan.generation.judging import Judge
from seamproof.plan.generation.keywords import Schema, is_number
from seamproof.plan.probing.spots import ABSENT, Spot, with_value

_LONGEST = 20_000
"""Characters of a text, beyond which no limit is tried."""
_MOST_ITEMS = 1_000
_EXTRA = "unexpected_field"
_OTHER: dict[str, Json] = {
    "integer": "not-a-number",
    "number": "not-a-number",
    "boolean": "neither",
    "string": {"a": 1},
    "object": "not-an-object",
    "array": "not-a-list",
    "null": "not-null",
}
"""A value of another type, that no lenient reader can take for one of this type."""
_MALFORMED: dict[str, str] = {
    "date": "2021-02-30",
    "date-time": "2021-02-30T25:61:00Z",
    "time": "25:61:00",
    "duration": "not-a-duration",
    "email": "not-an-email",
    "idn-email": "not-an-email",
    "uuid": "not-a-uuid",
    "ipv4": "999.1.1.1",
    "ipv6": "not-an-address",
    "uri": "not a uri",
    "hostname": "-not-a-host-",
}
_NO_MATCH = ("!", "", " ", "\u2028!", "0", "a")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A value that breaks one constraint."""

    constraint: str
    value: Json
    says: str = ""


def probes(act: Step, spots: Iterable[Spot], judge: Judge) -> Iterator[Probe]:
    """An invalid request for each constraint that the document declares."""
    for spot in spots:
        for wrong in _wrong(spot):
            if forbidden(spot, wrong.value, judge):
                yield Probe(
                    Act(with_value(act, spot, wrong.value)),
                    Source.SCHEMA,
                    wrong.constraint,
                    spot.name,
                    wrong.says,
                    omitted=_omitted(act, spot) if wrong.constraint == "null" else None,
                )


def _omitted(act: Step, spot: Spot) -> Act | None:
    named = isinstance(spot.path[-1], str)
    return Act(with_value(act, spot, ABSENT)) if named and not spot.required else None


def forbidden(spot: Spot, value: Json, judge: Judge) -> bool:
    """Whether the schema has something against a value here that it has not against the act."""
    if value is ABSENT and not spot.path:
        return False
    if spot.written and value is ABSENT:
        return spot.required
    before = set(judge.errors(spot.root, texts.plain(spot.whole))) if _is_sent(spot) else set()
    return bool(set(judge.errors(spot.root, texts.plain(spot.judged(value)))) - before)


def _is_sent(spot: Spot) -> bool:
    return spot.whole is not ABSENT


def _wrong(spot: Spot) -> Iterator[Wrong]:
    plain, kinds = spot.schema, spot.kinds
    named = bool(spot.path) and isinstance(spot.path[-1], str) and spot.place != Place.PATH
    if spot.required and named and spot.value is not ABSENT:
        yield Wrong("required", ABSENT, "it is required")
    if not spot.written and spot.path:
        yield Wrong("null", None, "it must not be null")
    yield from _of_type(spot, kinds)
    yield from _of_values(plain)
    if not kinds or "string" in kinds:
        yield from _of_text(plain, spot.value, optional=spot.place == Place.PATH)
    if not kinds or kinds & {"integer", "number"}:
        yield from _of_number(plain, spot.value)
    if isinstance(spot.value, list):
        yield from _of_list(plain, spot.value)
    if isinstance(spot.value, dict) and spot.closed and not spot.written:
        yield Wrong(
            "additionalProperties", spot.value | {_EXTRA: 1}, f"no field {_EXTRA} is declared"
        )


def _of_type(spot: Spot, kinds: frozenset[str]) -> Iterator[Wrong]:
    real = sorted(kinds - {"null"})
    if len(real) != 1:
        return
    (kind,) = real
    if spot.written and kind in ("string", "array", "object"):
        # In a query or a path everything is a text, and one value is a list of one.
        return
    value = _OTHER[kind]
    items = spot.schema.get("items")
    if kind == "array" and isinstance(items, dict) and items.get("type") == "string":
        value = {"a": 1}
    says = f"it is {'an' if kind[0] in 'aio' else 'a'} {kind}"
    yield Wrong("type", value, says)


def _of_values(plain: Schema) -> Iterator[Wrong]:
    values = [plain["const"]] if "const" in plain else plain.get("enum")
    if not values:
        return
    shown = ", ".join(str(each) for each in values[:6])
    numbers = [each for each in values if is_number(each)]
    other: Json = max(numbers) + 1 if numbers else "none-of-these"
    yield Wrong("enum", other, f"one of {shown}")


def _of_text(plain: Schema, sent: Json, *, optional: bool) -> Iterator[Wrong]:
    """`optional` says that it cannot be empty, as a segment of a path."""
    text = texts.plain(sent) if isinstance(sent, str) else "sample"
    low, high = plain.get("minLength", 0), plain.get("maxLength")
    if low > 0 and not (optional and low == 1) and low <= _LONGEST:
        yield Wrong("minLength", text[: low - 1].ljust(low - 1, "x"), f"at least {low} characters")
    if high is not None and high <= _LONGEST:
        last = text[-1:] if text[-1:].isalnum() else "x"
        yield Wrong(
            "maxLength", text.ljust(high + 1, last)[: high + 1], f"at most {high} characters"
        )
    form = plain.get("format", "")
    if form in _MALFORMED:
        yield Wrong("format", _MALFORMED[form], f"the format {form}")
    if "pattern" in plain and "enum" not in plain:
        for each in _NO_MATCH:
            if each or not optional:
                yield Wrong("pattern", each, f"the pattern {plain['pattern']}")


def _of_number(plain: Schema, sent: Json) -> Iterator[Wrong]:
    for keyword, by in (("minimum", -1), ("maximum", 1)):
        if keyword in plain:
            bound = _whole(plain[keyword])
            least = "least" if by < 0 else "most"
            yield Wrong(keyword, bound + by, f"at {least} {bound}")
    if "exclusiveMinimum" in plain:
        bound = _whole(plain["exclusiveMinimum"])
        yield Wrong("exclusiveMinimum", bound, f"more than {bound}")
    if "exclusiveMaximum" in plain:
        bound = _whole(plain["exclusiveMaximum"])
        yield Wrong("exclusiveMaximum", bound, f"less than {bound}")
    if "multipleOf" in plain:
        unit = plain["multipleOf"]
        start = sent if is_number(sent) else unit
        yield Wrong("multipleOf", start + unit / 2, f"a multiple of {unit}")


def _whole(number: float) -> float:
    """A number as people write it: documents are made with 1.0 for 1."""
    return int(number) if number == int(number) else number


def _of_list(plain: Schema, sent: list[Json]) -> Iterator[Wrong]:
    low, high = plain.get("minItems", 0), plain.get("maxItems")
    if low > 0:
        yield Wrong("minItems", sent[: low - 1], f"at least {low} items")
    if high is not None and high < _MOST_ITEMS and sent:
        more = sent * (high // len(sent) + 1)
        yield Wrong("maxItems", more[: high + 1], f"at most {high} items")
    if plain.get("uniqueItems") and sent:
        yield Wrong("uniqueItems", [*sent, sent[0]], "no item twice")


def longer(text: str, length: int) -> str:
    """A text that is one character too long, of the characters that the text has."""
    last = text[-1:] if text[-1:].isalnum() else "x"
    return text.ljust(length + 1, last)[: length + 1]
