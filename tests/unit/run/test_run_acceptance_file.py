"""The baseline file as people write it, and as `accept` adds to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import Acceptance, Evidence, Finding, Tier
from seamproof.run.acceptance import accepting
from seamproof.run.acceptance.file import PLACE, Entry, parse, read, written
from seamproof.run.findings import Shelf

PATH = Path("baseline.toml")
FINDING = Finding(
    "3a9c01aaaaaaaaaa",
    "concurrency",
    "lost-update",
    Tier.PROVEN,
    "POST /orders",
    BoundaryKind.SQL,
    (3, 3),
    Evidence(),
    ("PUT /orders/{id}",),
)
TEXT = """\
# ours
[[accepted]]
finding = "F-3a9c01"
class = "lost-update"
operation = "POST /orders"
reason = 'counted anew "each" night'
owner = "team-orders"
expires = 2027-01-01

[[accepted]]
finding = "bbbbbbbbbbbbbbbb"
reason = "old"
owner = "ann"
"""


def test_an_entry_says_what_why_who_and_until_when() -> None:
    first, second = parse(TEXT, PATH)
    acceptance = Acceptance('counted anew "each" night', "team-orders", date(2027, 1, 1))
    assert first == Entry("F-3a9c01", acceptance, "lost-update", "POST /orders", (), 2)
    assert (second.acceptance.expires, second.line) == (None, 10)
    assert first.names(FINDING)
    assert not second.names(FINDING)
    assert replace(second, finding=FINDING.fingerprint).names(FINDING)


def test_what_is_written_is_read() -> None:
    acceptance = Acceptance('a "b" \\ \x7f\n', "ü", date(2027, 1, 1))
    entry = Entry("F-3a9c01", acceptance, "c", "GET /{a}", ("PUT /a", "GET /b"), line=1)
    assert parse(written(entry), PATH) == (entry,)


def test_without_a_file_nothing_is_accepted(tmp_path: Path) -> None:
    assert read(tmp_path / "none.toml") == ()


@pytest.mark.parametrize(
    ("old", "new", "problem", "hint"),
    [
        ("owner = ", "owmer = ", "baseline.toml:7: [[accepted]] has no key 'owmer'", "mean owner?"),
        ("[[accepted]]", "[[acepted]]", "no key 'acepted'", "did you mean [[accepted]]?"),
        ('owner = "ann"\n', "", "baseline.toml:10: owner is missing", "an entry is [[accepted]]"),
        ('"old"', '" "', "baseline.toml:12: reason is empty", ""),
        ('"old"', "3", "baseline.toml:12: reason must be text in quotes, and is 3", ""),
        ("F-3a9c01", "F-3a", "baseline.toml:3: finding is 'F-3a'", 'as "F-3a9c01"'),
        ("2027-01-01", '"2027-01-01"', "baseline.toml:8: expires is 2027-01-01", "without quotes"),
        ("2027-01-01", "2027-01-01T00:00:00", "baseline.toml:8: expires is", "without quotes"),
        ("2027-01-01", "2027-13-01", "is not TOML", "an entry is"),
        ("bbbbbbbbbbbbbbbb", "3a9c010000000000", "baseline.toml:10: 3a9c", "F-3a9c01 (line 2)"),
        ("# ours", "accepted = 3\n#", "is not TOML", ""),
        (TEXT, "accepted = 3", "accepted is no list of tables", "an entry is"),
        ('class = "lost', 'also = ["a", 1]\nclass = "lost', "baseline.toml:4: also must be", ""),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, problem: str, hint: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigurationError) as caught:
        parse(TEXT.replace(old, new), PATH)
    assert problem in caught.value.problem
    assert hint in caught.value.hint


def test_a_text_that_hides_its_lines_is_read_without_them() -> None:
    (entry,) = parse('accepted = [{finding = "F-3a9c01", reason = "r", owner = "o"}]', PATH)
    assert (entry.line, entry.words) == (0, "F-3a9c01")


# Adding


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that keeps a finding."""
    (tmp_path / "seamproof.toml").write_text('[service]\ncommand = "serve {port}"\n')
    Shelf(tmp_path / ".seamproof/runs").put("1", FINDING)
    return tmp_path


def added(root: Path, name: str = "F-3a9c01", **changed: str) -> accepting.Added:
    said = {"reason": "known", "owner": "ann"} | changed
    return accepting.accept(name, config=root / "seamproof.toml", **said)


def test_a_stored_finding_is_added_by_its_name(root: Path) -> None:
    entry = added(root, "3a9", expires="2999-12-31").entry
    (stored,) = read(root / PLACE)
    assert stored == entry
    assert stored.names(FINDING)
    assert (stored.finding, stored.finding_class) == ("F-3a9c01", "lost-update")
    assert (stored.operation, *stored.also) == (FINDING.operation, *FINDING.also)
    assert stored.acceptance == Acceptance("known", "ann", date(2999, 12, 31))


def test_what_a_person_wrote_stays(root: Path) -> None:
    path = root / PLACE
    text = TEXT.replace("F-3a9c01", "F-000000").replace("\n", "\r\n").rstrip()
    path.write_bytes(text.encode())
    added(root)
    assert path.read_bytes().startswith(text.encode())
    assert [each.finding for each in read(path)] == ["F-000000", "b" * 16, "F-3a9c01"]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"name": "F-123456"}, "no finding F-123456"),
        ({"reason": " "}, "--reason is empty"),
        ({"owner": ""}, "--owner is empty"),
        ({"expires": "soon"}, "'soon' is no date"),
        ({"expires": "2020-01-01"}, "2020-01-01 is past"),
    ],
)
def test_a_request_that_cannot_be_done_changes_nothing(
    root: Path, changed: dict[str, str], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        added(root, **changed)
    assert not (root / PLACE).exists()


def test_a_finding_is_accepted_once(root: Path) -> None:
    added(root)
    with pytest.raises(ConfigurationError, match=r"F-3a9c01 is in .* already, line 4"):
        added(root)


def test_a_file_that_takes_no_table_is_left_and_the_entry_shown(root: Path) -> None:
    (root / PLACE).write_text("accepted = []\n")
    with pytest.raises(ConfigurationError, match="nothing can be added to") as caught:
        added(root)
    assert 'finding = "F-3a9c01"' in caught.value.details
    assert (root / PLACE).read_text() == "accepted = []\n"


def test_a_beginning_of_several_names_is_refused(root: Path) -> None:
    Shelf(root / ".seamproof/runs").put("2", replace(FINDING, fingerprint="3a" + "0" * 14))
    with pytest.raises(ConfigurationError, match="F-3a is the beginning of 2 findings"):
        added(root, "F-3a")
