"""What is tried once."""

from __future__ import annotations

import pytest

from seamproof.core.errors import SeamproofError, ServiceError
from seamproof.testing.attempt import Attempt


def test_it_is_made_once() -> None:
    made: list[int] = []
    attempt = Attempt("no list", lambda: made.append(1) or made)
    assert attempt.made is None
    assert attempt.get("a") is attempt.get("b") is attempt.made
    assert made == [1]


def failing(error: Exception) -> tuple[Attempt[None], list[int]]:
    tried: list[int] = []

    def make() -> None:
        tried.append(1)
        raise error

    return Attempt("the world could not be opened", make), tried


def test_a_failure_is_told_once_and_then_referred_to() -> None:
    told = ServiceError("it does not start", hint="look", details=("a log",))
    attempt, tried = failing(told)
    with pytest.raises(ServiceError) as first:
        attempt.get("test_a.py::test_one")
    assert first.value is told
    for _ in range(2):
        with pytest.raises(ServiceError) as later:
            attempt.get("test_a.py::test_two")
        assert later.value.problem == "the world could not be opened: it does not start"
        assert later.value.hint == "see test_a.py::test_one, the first test that needed it"
        assert later.value.details == ()
    assert tried == [1]


def test_so_is_a_bug_of_ours() -> None:
    attempt, _ = failing(KeyError("x"))
    with pytest.raises(KeyError):
        attempt.get("")
    with pytest.raises(SeamproofError, match="could not be opened: 'x'"):
        attempt.get("")
