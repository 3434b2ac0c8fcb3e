"""The registry finds parts, and says of a malformed one what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from typing import ClassVar

import pytest

from doubles.noop_check import NoopCheck
from seamproof.core import registry
from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import BoundaryKind
from seamproof.core.registry import CHECK, REPORTER, check, discover, reporter, validate
from seamproof.core.verdict import FindingClass


def refusal(implementation: type) -> str:
    with pytest.raises(ConfigurationError) as refused:
        validate(CHECK, implementation)
    return refused.value.problem


def test_a_valid_part_says_what_it_is() -> None:
    part = validate(CHECK, NoopCheck)
    assert (part.kind, part.name, part.boundary) == ("check", "noop", BoundaryKind.HTTP_IN)
    assert part.description.startswith("The smallest valid check")


def test_an_unmarked_class_is_refused() -> None:
    class Unmarked:
        """Says nothing."""

    assert "is not marked as a check" in refusal(Unmarked)


def test_a_mark_is_not_inherited() -> None:
    class Heir(NoopCheck):
        """Has only what it inherited."""

    assert "is not marked as a check" in refusal(Heir)


def test_a_part_of_another_kind_is_refused() -> None:
    @reporter("x", title="X")
    class Writer:
        """Writes."""

    assert "is not marked as a check" in refusal(Writer)


@pytest.mark.parametrize("name", ["", "Rollback", "roll_back", "-a", "a-", "a b", "1a"])
def test_a_bad_name_is_refused(name: str) -> None:
    @check(name, title="X", boundary=BoundaryKind.SQL)
    class Named(NoopCheck):
        """Has a name."""

    assert "is not lower case words joined by hyphens" in refusal(Named)


def test_a_missing_docstring_is_refused() -> None:
    @check("x", title="X", boundary=BoundaryKind.SQL)
    class Silent(NoopCheck):
        pass

    assert refusal(Silent).endswith("has no docstring")


def test_a_missing_attribute_is_refused() -> None:
    @check("x", title="X", boundary=BoundaryKind.SQL)
    class Classless:
        """Has no classes."""

    assert "has no attribute 'classes'" in refusal(Classless)


def test_a_missing_method_is_refused() -> None:
    @check("x", title="X", boundary=BoundaryKind.SQL)
    class Idle:
        """Does nothing."""

        classes: ClassVar[tuple[FindingClass, ...]] = ()

    assert "has no method applies(subject)" in refusal(Idle)


def test_a_bad_signature_is_refused_with_both() -> None:
    @check("x", title="X", boundary=BoundaryKind.SQL)
    class Odd(NoopCheck):
        """Takes something else."""

        def explore(self, about: object) -> Iterable[object]:  # type: ignore[override]
            """Explore."""
            return ()

    assert "explore takes (about), not (subject)" in refusal(Odd)


def test_a_method_without_a_docstring_is_refused() -> None:
    @check("x", title="X", boundary=BoundaryKind.SQL)
    class Silent(NoopCheck):
        """Its method says nothing."""

        def applies(self, subject: object) -> None:
            return None

    Silent.applies.__doc__ = ""
    assert "applies has no docstring" in refusal(Silent)


def test_our_own_checks_are_found_sorted() -> None:
    found = list(discover(CHECK))
    assert found == sorted(found)
    assert {"rollback", "trace"} <= set(found)


def foreign(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    point = EntryPoint("theirs", value, CHECK.group)
    monkeypatch.setattr(
        registry, "entry_points", lambda group: [point] if group == CHECK.group else []
    )


def test_a_third_partys_part_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign(monkeypatch, "doubles.noop_check:NoopCheck")
    assert discover(CHECK)["noop"].implementation is NoopCheck
    assert "noop" not in discover(REPORTER)


def test_an_entry_point_that_is_no_class_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign(monkeypatch, "doubles.noop_check:Iterable")
    monkeypatch.setattr(EntryPoint, "load", lambda self: "text")
    with pytest.raises(ConfigurationError, match="is no class") as refused:
        discover(CHECK)
    assert "theirs" in refused.value.problem


def test_two_parts_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    @check("rollback", title="Another", boundary=BoundaryKind.SQL)
    class Another(NoopCheck):
        """Has a name that is taken."""

    foreign(monkeypatch, "doubles.noop_check:NoopCheck")
    monkeypatch.setattr(EntryPoint, "load", lambda self: Another)
    with pytest.raises(ConfigurationError, match="two checks are called 'rollback'"):
        discover(CHECK)
