"""The file of who is let in to what: written, read, corrected by a person, compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from seamproof.core.access import Access, Admission, Attempt, AuthorizationPolicy
from seamproof.core.errors import ConfigurationError
from seamproof.core.model import Operation
from seamproof.plan import access_file

YES, NO = Admission.ALLOWED, Admission.REFUSED
MATRIX = {'GET /a/{"x"}': {"member, its own": YES, "nobody": NO}, "POST /b": {"admin": YES}}


def test_what_is_written_is_read_again() -> None:
    assert access_file.load(access_file.dump(MATRIX), "it") == access_file.Stored(
        MATRIX, reviewed=False
    )


def test_what_a_person_wrote_or_read_is_reviewed() -> None:
    cells = '["GET /a"]\n"nobody" = "refused"'
    assert access_file.load(cells, "it").reviewed
    assert access_file.load(f"reviewed = true\n{cells}", "it").reviewed
    assert not access_file.load(f"reviewed = false\n{cells}", "it").reviewed


def test_no_file_is_no_review(tmp_path: Path) -> None:
    assert access_file.read(tmp_path / "access.toml") == access_file.Stored({})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "is no TOML"),
        ("a = 1", "'a' is no table"),
        ('reviewed = "yes"', "reviewed is 'yes', and must be true or false"),
        ('["GET /a"]\n"nobody" = "maybe"', '\'maybe\', and must be "allowed" or "refused"'),
    ],
)
def test_a_malformed_file_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        access_file.load(text, "it")
    assert said in caught.value.problem
    assert "delete the file" in caught.value.hint


def test_a_looser_cell_stays_as_it_was_reviewed_and_a_tighter_one_is_kept() -> None:
    reviewed = {"GET /a": {"member": NO, "admin": YES}}
    seen = {"GET /a": {"member": YES, "admin": NO, "nobody": NO}, "GET /b": {"nobody": YES}}
    looser, tighter = sorted(access_file.differences(reviewed, seen), key=lambda d: not d.looser)
    assert str(looser) == "GET /a: member is allowed"
    assert (looser.looser, tighter.looser) == (True, False)
    assert access_file.joined(reviewed, seen) == {
        "GET /a": {"member": NO, "admin": NO, "nobody": NO},
        "GET /b": {"nobody": YES},
    }


def test_who_is_let_in_once_is_let_in() -> None:
    def attempt(standing: str, status: int) -> Attempt:
        return Attempt("it", "GET /a", "x", standing, status)

    asked = (attempt("member", 200), attempt("member", 404), attempt("admin", 409))
    assert Access(asked).matrix == {"GET /a": {"member": YES}}


def test_what_the_configuration_says_may_have_wildcards() -> None:
    policy = AuthorizationPolicy(shared=("wiki_*",), public=("GET /shop/*",))
    assert policy.shares("wiki_pages")
    assert not policy.shares("orders")
    assert policy.opens(Operation("GET", "/shop/1"))
    assert not policy.opens(Operation("PUT", "/shop/1"))
