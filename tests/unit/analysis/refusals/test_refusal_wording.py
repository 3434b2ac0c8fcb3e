"""The very words of libraries, as their present versions print them."""

from __future__ import annotations

import pytest

from seamproof.analysis.refusals.complaint import ComplaintKind as K
from seamproof.analysis.refusals.wording import choices, read, steps
from seamproof.core.model import Json


@pytest.mark.parametrize(
    ("text", "kind", "wanted", "name"),
    [
        # Django REST framework
        ("No file was submitted.", K.MISSING, None, ""),
        ("This value does not match the required pattern.", K.PATTERN, None, ""),
        ('Enter a valid "slug" consisting of letters or numbers.', K.FORMAT, "slug", ""),
        (
            "Duration has wrong format. Use one of these formats instead: [DD] [HH:[MM:]]ss.",
            K.FORMAT,
            "duration",
            "duration",
        ),
        # marshmallow
        ("Shorter than minimum length 2.", K.TOO_SHORT, 2, ""),
        ("Longer than maximum length 2.", K.TOO_LONG, 2, ""),
        ("Must be one of: x, y.", K.CHOICE, ["x", "y"], ""),
        ("Not a valid mapping type.", K.TYPE, "object", ""),
        # colander
        ("9 is greater than maximum value 5", K.TOO_LARGE, 5, "9"),
        ('"5" is not a mapping type: Does not implement dict.', K.TYPE, "object", "5"),
        # jsonschema
        ("'a' is a required property", K.MISSING, None, "a"),
        (
            "Additional properties are not allowed ('zz' was unexpected)",
            K.UNEXPECTED,
            None,
            "zz",
        ),
        ("'b' does not match '^a$'", K.PATTERN, "^a$", "b"),
        # cerberus
        ("min length is 3", K.TOO_SHORT, 3, ""),
        ("min value is 3", K.TOO_SMALL, 3, ""),
        ("null value not allowed", K.MISSING, None, ""),
        ("unallowed value q", K.CHOICE, None, ""),
        # zod
        ("Invalid input: expected string, received undefined", K.MISSING, None, ""),
        ("Too small: expected string to have >=3 characters", K.TOO_SHORT, 3, ""),
        ("Too small: expected number to be >0", K.TOO_SMALL, 1, ""),
        ("Too big: expected string to have <=1 characters", K.TOO_LONG, 1, ""),
        ("Invalid string: must match pattern /^a$/", K.PATTERN, "^a$", ""),
        # Joi
        ('"o" is not allowed to be empty', K.MISSING, None, "o"),
        ('"value" must contain at least one of [x1, x2]', K.MISSING, None, "x1"),
        ('"g[0].q" is required', K.MISSING, None, "g[0].q"),
        ('"m" length must be less than or equal to 1 characters long', K.TOO_LONG, 1, "m"),
        # yup
        (
            "h must be a `date` type, but the final value was: `x`.",
            K.FORMAT,
            "date",
            "h",
        ),
        ('k must match the following: "/^a$/"', K.PATTERN, "^a$", "k"),
        ("this field has unspecified keys: zz", K.UNEXPECTED, None, "zz"),
        # class-validator
        ("s must not be greater than 3", K.TOO_LARGE, 3, "s"),
        ("e must not be less than 3", K.TOO_SMALL, 3, "e"),
        ("m must be shorter than or equal to 1 characters", K.TOO_LONG, 1, "m"),
        ("k must match /^a$/ regular expression", K.PATTERN, "^a$", "k"),
        ("w should not be null or undefined", K.MISSING, None, "w"),
        # mongoose
        (
            "Path `b` (`a`, length 1) is shorter than the minimum allowed length (3).",
            K.TOO_SHORT,
            3,
            "b",
        ),
        ("Path `e` (1) is less than minimum allowed value (3).", K.TOO_SMALL, 3, "e"),
        ("`q` is not a valid enum value for path `c`.", K.CHOICE, None, "c"),
        (
            'Cast to date failed for value "x" (type string) at path "h" for model "M"',
            K.FORMAT,
            "date",
            "h",
        ),
        ("No project with id 5", K.NO_SUCH, None, "project"),
        # none of a library
        ("What a day", K.OTHER, None, ""),
        ("", K.OTHER, None, ""),
    ],
)
def test_words_of_libraries(text: str, kind: K, wanted: Json, name: str) -> None:
    found = read(text)
    assert (found.kind, found.wanted, found.name) == (kind, wanted, name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'a', 'b' or 'c'", ["a", "b", "c"]),
        ("[A, B]", ["A", "B"]),
        ("a | b", ["a", "b"]),
        ('"x", "y". You sent "z".', ["x", "y"]),
        ("one, two and three.", ["one", "two", "three"]),
        ("the values that are allowed for it", []),
    ],
)
def test_the_values_of_a_choice(text: str, expected: list[str]) -> None:
    assert choices(text) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("items[0].name", ("items", 0, "name")),
        ("items.0.name", ("items", 0, "name")),
        ("/items/0/na~1me", ("items", 0, "na/me")),
        ("#/name", ("name",)),
        ("$.a.b", ("a", "b")),
        ("data['a']", ("data", "a")),
        ("", ()),
    ],
)
def test_paths(path: str, expected: tuple[str | int, ...]) -> None:
    assert steps(path) == expected
