"""Numbers within bounds, as near to a wanted one as they allow."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ceil, floor

from seamproof.core.model import Json
from seamproof.plan.generation.keywords import Schema


def number(schema: Schema, wanted: float, *, whole: bool, ordinal: int = 0) -> Json | None:
    """A number that the schema allows; None where it allows none.

    `ordinal` asks for another of them: the next ones for 1, 2, … as far as the bounds go.
    """
    step = _fraction(schema.get("multipleOf", 0)) or None
    if whole:
        step = Fraction(1) if step is None else Fraction(step.numerator)
    low, high = _lowest(schema, step), _highest(schema, step)
    if low is not None and high is not None and low > high:
        return None
    value = _clamp(_fraction(wanted), low, high)
    if step is not None:
        value = _clamp(floor(value / step) * step, low, high)
    value = _moved(value, step or Fraction(1), ordinal, low, high)
    return int(value) if whole or value.denominator == 1 else float(value)


def _fraction(value: float) -> Fraction:
    """Exactly what is written: 0.1 is one tenth, not the nearest binary number."""
    try:
        return Fraction(Decimal(str(value)))
    except (InvalidOperation, ValueError, OverflowError):
        return Fraction(0)


def _clamp(value: Fraction, low: Fraction | None, high: Fraction | None) -> Fraction:
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value


def _moved(
    value: Fraction, step: Fraction, ordinal: int, low: Fraction | None, high: Fraction | None
) -> Fraction:
    """The value some steps on, from the lowest again where it comes to the highest."""
    moved = value + ordinal * step
    if high is None or moved <= high:
        return moved
    if low is None:
        return value - ordinal * step
    return low + (moved - high - step) if low + (moved - high - step) <= high else high


def _lowest(schema: Schema, step: Fraction | None) -> Fraction | None:
    found = []
    if "minimum" in schema:
        bound = _fraction(schema["minimum"])
        found.append(bound if step is None else ceil(bound / step) * step)
    if "exclusiveMinimum" in schema:
        bound = _fraction(schema["exclusiveMinimum"])
        above = bound + _little(schema) if step is None else (floor(bound / step) + 1) * step
        found.append(above)
    return max(found, default=None)


def _highest(schema: Schema, step: Fraction | None) -> Fraction | None:
    found = []
    if "maximum" in schema:
        bound = _fraction(schema["maximum"])
        found.append(bound if step is None else floor(bound / step) * step)
    if "exclusiveMaximum" in schema:
        bound = _fraction(schema["exclusiveMaximum"])
        below = bound - _little(schema) if step is None else (ceil(bound / step) - 1) * step
        found.append(below)
    return min(found, default=None)


def _little(schema: Schema) -> Fraction:
    """How far from an exclusive bound: one, or half of the way to the other bound."""
    lows = [schema[each] for each in ("minimum", "exclusiveMinimum") if each in schema]
    highs = [schema[each] for each in ("maximum", "exclusiveMaximum") if each in schema]
    if not lows or not highs:
        return Fraction(1)
    width = _fraction(min(highs)) - _fraction(max(lows))
    return min(Fraction(1), width / 2)
