"""The profile's file: read back as written, refused where it is not one, compared."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.core.errors import ConfigurationError
from seamproof.core.profile import Profile
from seamproof.plan.profile_file import differences, dump, load

_NAMES = st.frozensets(st.text(max_size=12), max_size=4)

PROFILES = st.builds(
    Profile,
    volatile=_NAMES,
    references=_NAMES,
    optional=_NAMES,
    ambient=_NAMES,
    audit=_NAMES,
    background=_NAMES,
    effects=_NAMES,
    tail=st.floats(0, 10),
    warm_rounds=st.integers(0, 9),
    fresh_sequences=st.booleans(),
    disturbed=st.text(max_size=12),
    notes=st.lists(st.text(max_size=12), max_size=3).map(tuple),
)


@given(PROFILES)
def test_it_is_read_back_as_it_was_written(profile: Profile) -> None:
    assert load(dump(profile)) == profile


def test_every_entry_stands_under_a_comment() -> None:
    lines = dump(Profile(volatile=frozenset({"orders.created_at"}))).splitlines()
    for name in tomllib.loads(dump(Profile())):
        index = next(i for i, line in enumerate(lines) if line.startswith(f"{name} ="))
        assert lines[index - 1].startswith("# ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("volatile = [", "is no TOML"),
        ("volatle = []", "unknown key 'volatle'"),
        ("volatile = [1]", "volatile is not a list of strings"),
        ('volatile = "orders"', "volatile is not a list of strings"),
        ('tail = "x"', "tail is not a float"),
        ("warm_rounds = true", "warm_rounds is not a int"),
    ],
)
def test_what_is_no_profile_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(text, "p.toml")
    assert problem in refused.value.problem
    assert "p.toml" in refused.value.problem


def test_differences_name_what_came_and_went() -> None:
    old = Profile(volatile=frozenset({"a.x"}), audit=frozenset({"log"}), tail=0.1)
    new = Profile(volatile=frozenset({"a.y"}), audit=frozenset({"log"}), disturbed="429")
    assert differences(old, new) == (
        "volatile: + a.y",
        "volatile: - a.x",
        'disturbed: "" -> "429"',
    )
    assert differences(old, old) == ()
