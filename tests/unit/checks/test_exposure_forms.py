"""`exposure` where a secret is no text: a UUID, a number, a moment, a piece of JSON."""

from __future__ import annotations

from typing import Any

import pytest

from doubles.fake_store import Answer, Ask, FakeStore, Handler
from doubles.stored import finding_of
from seamproof.checks.exposure import Exposure
from seamproof.core.canaries import DIGITS, sighted
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.model import Identity, Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

TYPES = {
    "id": "uuid",
    "user_id": "integer",
    "token": "uuid",
    "token_family": "uuid",
    "iban": "numeric(22,0)",
    "tax_number": "bigint",
    "salary": "numeric(12,2)",
    "token_balance": "bigint",
    "born_at": "timestamp with time zone",
    "birth_date": "date",
    "password_reset_at": "timestamp without time zone",
    "papers": "jsonb",
    "medical_record": "text",
    "wishes": "jsonb",
}
CATALOG = Catalog(
    {
        "users": Table("users", (Column("id", "integer"), Column("username", "text")), ("id",)),
        "files": Table(
            "files",
            tuple(Column(name, kind) for name, kind in TYPES.items()),
            ("id",),
            foreign_keys=(ForeignKey(("user_id",), "users", ("id",)),),
        ),
    }
)
JUDGED = {
    ("secret-in-answer", "files.token"),
    ("data-of-others", "files.iban"),
    ("data-of-others", "files.tax_number"),
    ("data-of-others", "files.born_at"),
    ("data-of-others", "files.papers.holder.ssn"),
    ("data-of-others", "files.medical_record.findings"),
}


def file(number: int, user: int) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-00000000000{number}",
        "user_id": user,
        "token": f"6fa459ea-ee8a-4ca4-894e-db77e160355{number}",
        "token_family": f"6fa459ea-ee8a-4ca4-894e-db77e160356{number}",
        "iban": f"370400440532013000{number}",
        "tax_number": f"8609574271{number}",
        "salary": "4000.00",
        "token_balance": "12",
        "born_at": f"198{number}-02-03 04:05:06+00",
        "birth_date": "1980-02-03",
        "password_reset_at": "2026-01-02 03:04:05.678901",
        "papers": {"kind": "passport", "holder": {"ssn": f"{number}-1", "colour": "blue"}},
        "medical_record": '{"findings": "none", "pages": 3}',
        "wishes": {"email": "weekly", "phone": "never"},
    }


ROWS = {
    "users": [{"id": 1, "username": "ann"}, {"id": 2, "username": "ben"}],
    "files": [file(1, 1), file(2, 2)],
}

LIST = Operation.parse("GET /files")


def verdicts(handler: Handler) -> tuple[list[Verdict], FakeStore]:
    store = FakeStore(ROWS, {LIST.id: handler})
    return list(store.drive(Exposure().explore(about(store)))), store


def about(store: FakeStore) -> Subject:
    return Subject(
        Scenario("list", Step(LIST, identity="ann")),
        catalog=CATALOG,
        identities=(Identity("ann", "member"), Identity("ben", "member")),
        stored=store.stored,
    )


def shown(*names: str, **where: Any) -> Handler:
    def answer(ask: Ask) -> Answer:
        return 200, [{n: row[n] for n in names or row} for row in ask.some("files", **where)]

    return answer


def told(found: list[Verdict]) -> set[tuple[str, str]]:
    assert all(each.tier is Tier.PROVEN for each in found if each.finding_class)
    return {(each.finding_class, each.cause) for each in found if each.finding_class}


def test_whole_rows_of_others_are_told_column_by_column() -> None:
    found, _ = verdicts(shown())
    assert told(found) == JUDGED
    assert all(each.replays == (3, 3) for each in found)
    assert all(each.evidence.crossing is not None for each in found), "it was on the wire as well"
    (ssn,) = [each for each in found if each.cause.endswith("ssn")]
    assert ssn.evidence.facts["field"] == "$[].papers"


@pytest.mark.parametrize(("name", "place"), sorted((p.split(".")[1], p) for _, p in JUDGED))
def test_each_is_told_where_it_is_the_only_one(name: str, place: str) -> None:
    found, _ = verdicts(shown("id", name))
    assert {cause for _, cause in told(found)} == {place}


def test_what_stands_inside_of_json_is_shown_again() -> None:
    found, store = verdicts(shown("id", "papers"))
    (verdict,) = found
    again = store.drive(Exposure().replay(about(store), finding_of(verdict)))
    assert told(list(again)) == told(found)


def test_one_s_own_row_is_right_whole() -> None:
    found, _ = verdicts(shown(user_id=1))
    assert [each.outcome for each in found] == [Outcome.HELD]


def test_keys_references_counters_and_preferences_are_for_everybody() -> None:
    harmless = ("id", "user_id", "token_family", "token_balance", "password_reset_at", "wishes")
    found, store = verdicts(shown(*harmless, "birth_date", "salary"))
    assert [each.outcome for each in found] == [Outcome.HELD]
    planted = {name for run in store.experiments for edit in run.edits for name in edit.new or {}}
    assert planted == {"token", "iban", "tax_number", "born_at", "papers", "medical_record"}


def test_what_is_planted_fits_its_column() -> None:
    _, store = verdicts(shown("id"))
    new = next(edit.new for run in store.experiments for edit in run.edits if edit.new)
    assert len(str(new["iban"])) == DIGITS
    assert new["papers"] is not None
    assert '"kind": "passport"' in new["papers"], "what is no secret stays"
    assert new["medical_record"] is not None
    assert '"pages": 3' in new["medical_record"]
    assert all(len(sighted(text or "")) == 1 for text in new.values())


def test_a_hash_of_it_or_its_end_is_no_leak() -> None:
    def masked(ask: Ask) -> Answer:
        rows = ask.some("files")
        return 200, [
            {"iban": f"…{str(r['iban'])[-4:]}", "born": str(r["born_at"])[:10]} for r in rows
        ]

    found, _ = verdicts(masked)
    assert [each.outcome for each in found] == [Outcome.HELD]
