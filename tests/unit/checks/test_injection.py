"""`injection` on handlers that build their SQL of texts, and on sound ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from doubles.fake_world import DatabaseFault, FakeService, FakeWorld
from doubles.stored import finding_of
from seamproof.checks.injection import Injection
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import BoundaryKind
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

SEARCH = Subject(
    Scenario("search", Step(Operation.parse("GET /things"), query={"name": "a", "sort": "name"}))
)
ADD = Subject(Scenario("add", Step(Operation.parse("POST /things"), json={"name": "a", "n": 3})))
Handler = Callable[[FakeService], int]


def verdicts(subject: Subject, **handlers: Handler) -> list[Verdict]:
    by_operation = {name.replace("_", " /", 1): each for name, each in handlers.items()}
    return list(FakeWorld(by_operation).drive(Injection().explore(subject)))


def query(service: FakeService) -> dict[str, str]:
    assert service.serving is not None
    return service.serving.step.query


def body(service: FakeService) -> dict[str, str]:
    assert service.serving is not None
    return service.serving.step.json


def run(service: FakeService, sql: str) -> int:
    service.connect().read(sql)
    return 200


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def test_bound_and_escaped_values_hold() -> None:
    def sound(service: FakeService) -> int:
        asked = query(service)
        run(service, "SELECT 1 FROM things WHERE name = $1 ORDER BY name")
        return run(service, f"SELECT 1 FROM things WHERE name = {quoted(asked['name'])}")

    (verdict,) = verdicts(SEARCH, GET_things=sound)
    assert verdict.outcome is Outcome.HELD
    assert "none read as SQL" in verdict.reason


def test_each_spliced_input_is_a_finding_of_its_own() -> None:
    def broken(service: FakeService) -> int:
        asked = query(service)
        return run(
            service, f"SELECT 1 FROM t WHERE name = '{asked['name']}' ORDER BY {asked['sort']}"
        )

    found = verdicts(SEARCH, GET_things=broken)
    assert {(each.finding_class, each.tier, each.shape) for each in found} == {
        ("sql-injection", Tier.PROVEN, "query name"),
        ("sql-injection", Tier.PROVEN, "query sort"),
    }
    for each in found:
        assert each.replays == (3, 3)
        assert each.evidence.control is not None
        assert each.evidence.experiment is not None
        assert "qzsmp" in str(each.evidence.facts["wire"])


def test_a_refusal_of_one_input_does_not_hide_another() -> None:
    def broken(service: FakeService) -> int:
        asked = query(service)
        if asked["sort"] not in ("name", "price"):
            return 422
        return run(service, f"SELECT 1 FROM t WHERE name = '{asked['name']}'")

    (verdict,) = verdicts(SEARCH, GET_things=broken)
    assert (verdict.finding_class, verdict.shape) == ("sql-injection", "query name")


def test_doubled_quotes_do_not_help_where_a_backslash_escapes() -> None:
    def broken(service: FakeService) -> int:
        return run(service, f"SELECT 1 FROM t WHERE name = E{quoted(query(service)['name'])}")

    (verdict,) = verdicts(SEARCH, GET_things=broken)
    assert verdict.shape == "query name"
    assert "\\'" in str(verdict.evidence.facts["payload"])


def test_a_quoted_name_that_a_client_chooses_is_a_note() -> None:
    def lenient(service: FakeService) -> int:
        name = query(service)["sort"].replace('"', '""')
        return run(service, f'SELECT 1 FROM t ORDER BY "{name}"')

    note, held = verdicts(SEARCH, GET_things=lenient)
    assert (note.finding_class, note.tier) == ("client-names-column", Tier.NOTE)
    (exchange,) = note.evidence.exchanges
    assert "qzsmp" in exchange.act.step.query["sort"], "the request that shows it, and no other"
    assert held.outcome is Outcome.HELD


MEMBERS = ("id", "name", "password_hash")


@pytest.mark.parametrize(
    ("known", "own", "named"),
    [
        (MEMBERS, "name", True),
        (MEMBERS, "-name", True),
        (("id", "name"), "name", False),
        (MEMBERS, "a member", False),
    ],
    ids=["any that there is", "in descending order", "some of a list", "a text"],
)
def test_the_name_of_a_secret_column_is_taken_or_not(
    known: tuple[str, ...], own: str, named: bool
) -> None:
    columns = tuple(Column(each, "text") for each in MEMBERS)
    step = Step(Operation.parse("GET /things"), query={"sort": own})
    catalog = Catalog({"members": Table("members", columns, ("id",))})

    def orm(service: FakeService) -> int:
        name = query(service)["sort"]
        order = name.lstrip("-") if own != "a member" else "name"
        if order not in known:
            return 422
        return run(service, f'SELECT "id", "name", "password_hash" FROM members ORDER BY "{order}"')

    found = verdicts(Subject(Scenario("all", step), catalog=catalog), GET_things=orm)
    notes = [each for each in found if each.finding_class]
    assert [(each.finding_class, each.tier) for each in notes] == [
        ("client-names-column", Tier.NOTE)
    ] * named
    for each in notes:
        assert each.evidence.facts["payload"] == "password_hash"
        assert str(each.evidence.facts["wire"]).endswith('ORDER BY "password_hash"')


def test_a_name_between_quotes_that_can_be_ended_is_proven() -> None:
    def broken(service: FakeService) -> int:
        return run(service, f'SELECT 1 FROM t ORDER BY "{query(service)["sort"]}"')

    found = [each for each in verdicts(SEARCH, GET_things=broken) if each.tier is Tier.PROVEN]
    assert [each.shape for each in found] == ["query sort"]


@pytest.mark.parametrize(("escape", "notes"), [(False, 1), (True, 0)])
def test_wildcards_that_come_to_like_are_a_note(escape: bool, notes: int) -> None:
    def search(service: FakeService) -> int:
        text = query(service)["name"]
        if escape:
            text = text.replace("%", "\\%").replace("_", "\\_")
        return run(service, f"SELECT 1 FROM t WHERE name LIKE {quoted(f'%{text}%')}")

    found = verdicts(SEARCH, GET_things=search)
    assert [each.finding_class for each in found if each.finding_class] == [
        "like-wildcards"
    ] * notes


def test_numbers_and_names_of_fields_are_inputs() -> None:
    def broken(service: FakeService) -> int:
        sent = body(service)
        if not isinstance(sent["name"], str):
            return 422
        return run(
            service, f"UPDATE t SET {', '.join(each for each in sent)} WHERE n = {sent['n']}"
        )

    shapes = {each.shape for each in verdicts(ADD, POST_things=broken)}
    assert shapes == {"body /n", "name in body"}


def test_what_is_refused_behind_a_change_is_sent_again() -> None:
    def once(service: FakeService) -> int:
        if service.world.committed:
            return 409
        service.connect().insert("things", id=1)
        return run(service, f"SELECT 1 FROM t WHERE n = {body(service)['n']}")

    two = Subject(Scenario("add", Step(Operation.parse("POST /things"), json={"a": 1, "n": 3})))
    (verdict,) = verdicts(two, POST_things=once)
    assert (verdict.finding_class, verdict.shape) == ("sql-injection", "body /n")


def test_what_is_stored_and_then_spliced_by_a_read_is_proven() -> None:
    def store(service: FakeService) -> int:
        service.connect().insert("things", id=1, name=body(service)["name"])
        return 201

    def report(service: FakeService) -> int:
        for row in service.world.committed:
            assert row.new is not None
            run(service, f"SELECT count(*) FROM t WHERE name = '{row.new['name']}'")
        return 200

    reads = (Scenario("report", Step(Operation.parse("GET /report"))),)
    (verdict,) = verdicts(replace(ADD, reads=reads), POST_things=store, GET_report=report)
    assert (verdict.finding_class, verdict.tier) == ("stored-sql-injection", Tier.PROVEN)
    assert verdict.evidence.facts["later"] == "GET /report"


@pytest.mark.parametrize("picky", [False, True])
def test_an_answer_that_is_spliced_is_proven(picky: bool) -> None:
    def locate(service: FakeService) -> int:
        answer = service.call("GET geo /city", answer={"city": "Rome", "state": "ok"}, status=200)
        if picky and answer["state"] != "ok":
            return 502
        return run(service, f"SELECT 1 FROM t WHERE city = '{answer['city']}'")

    (verdict,) = verdicts(ADD, POST_things=locate)
    assert (verdict.finding_class, verdict.tier) == ("answer-sql-injection", Tier.PROVEN)
    assert verdict.evidence.facts["input"] == ("$.city" if picky else "its texts")


def test_an_answer_that_is_bound_holds() -> None:
    def locate(service: FakeService) -> int:
        city = service.call("GET geo /city", answer={"city": "Rome"}, status=200)["city"]
        return run(service, f"SELECT 1 FROM t WHERE city = {quoted(city)}")

    assert [each.outcome for each in verdicts(ADD, POST_things=locate)] == [Outcome.HELD]


def test_a_splice_that_is_not_seen_again_is_inconclusive() -> None:
    def once(service: FakeService) -> int:
        asked = query(service)
        if "'" not in asked["name"] or service.memory.setdefault("broken", 0) > 0:
            return run(service, "SELECT 1")
        service.memory["broken"] += 1
        return run(service, f"SELECT 1 FROM t WHERE name = '{asked['name']}'")

    (verdict,) = verdicts(SEARCH, GET_things=once)
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_an_error_of_the_database_does_not_hide_the_splice() -> None:
    def broken(service: FakeService) -> int:
        text = query(service)["name"]
        run(service, f"SELECT 1 FROM t WHERE name = '{text}'")
        if "'" in text:
            raise DatabaseFault("42601")
        return 200

    found = verdicts(SEARCH, GET_things=broken)
    assert [each.shape for each in found] == ["query name"]


def test_a_finding_is_shown_again() -> None:
    def broken(service: FakeService) -> int:
        return run(service, f"SELECT 1 FROM t WHERE name = '{query(service)['name']}'")

    world = FakeWorld({"GET /things": broken})
    (verdict,) = world.drive(Injection().explore(SEARCH))
    finding = finding_of(verdict)
    (again,) = world.drive(Injection().replay(SEARCH, finding))
    assert (again.finding_class, again.tier, again.shape) == (
        verdict.finding_class,
        Tier.PROVEN,
        verdict.shape,
    )
    world.handlers["GET /things"] = lambda service: run(service, "SELECT 1")
    (mended,) = world.drive(Injection().replay(SEARCH, finding))
    assert mended.outcome is not Outcome.VIOLATED


def test_a_blind_boundary_and_state_elsewhere_say_nothing() -> None:
    blind = replace(SEARCH, boundaries=frozenset({BoundaryKind.HTTP_IN}))
    assert [each.outcome for each in verdicts(blind)] == [Outcome.NOT_RUN]
    disturbed = replace(SEARCH, profile=Profile(disturbed="a limiter"))
    assert [each.outcome for each in verdicts(disturbed)] == [Outcome.INCONCLUSIVE]
