"""`validation` on handlers that refuse late, accept, fail or die, and on lenient ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from doubles.fake_world import DatabaseFault, FakeService, FakeWorld
from doubles.stored import finding_of
from seamproof.analysis.statements import shape
from seamproof.checks.validation import Validation
from seamproof.checks.validation.shapes import uneven
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import Act, BoundaryKind, Credential, CrossingKey
from seamproof.core.history import Exchange, Request, Response
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.probe import Probe, Source
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

STEP = Step(Operation.parse("POST /orders"), json={"name": "Ann", "quantity": 2})
Handler = Callable[[FakeService], int]


def wrong(constraint: str, source: Source = Source.SCHEMA, **fields: object) -> Probe:
    field = f"body /{next(iter(fields), '')}"
    return Probe(Act(replace(STEP, json={**STEP.json, **fields})), source, constraint, field)


MINIMUM = wrong("minimum", quantity=-5)
SUBJECT = Subject(
    Scenario("test", STEP),
    Profile(effects=frozenset({"orders"})),
    probes=(MINIMUM,),
    landing={"body /quantity": ("orders", "quantity"), "body /name": ("orders", "name")},
)


def verdicts(handler: Handler, subject: Subject = SUBJECT) -> list[Verdict]:
    return list(FakeWorld({subject.operation.id: handler}).drive(Validation().explore(subject)))


def sent(service: FakeService) -> dict:
    assert service.serving is not None
    return service.serving.step.json


def insert(service: FakeService, table: str = "orders", **row: object) -> None:
    with service.connect() as db:
        db.begin()
        db.insert(table, **row)
        db.commit()


def sound(service: FakeService) -> int:
    body = sent(service)
    if body["quantity"] < 1:
        return 422
    insert(service, id=1, **body)
    return 201


def test_what_is_refused_with_nothing_written_holds() -> None:
    (verdict,) = verdicts(sound)
    assert verdict.outcome is Outcome.HELD
    assert verdict.reason == "1 of 1 invalid requests refused, nothing written"


def test_what_is_stored_before_it_is_refused_is_proven() -> None:
    def late(service: FakeService) -> int:
        body = sent(service)
        insert(service, id=1, **body)
        return 422 if body["quantity"] < 1 else 201

    (verdict,) = verdicts(late)
    assert (verdict.finding_class, verdict.tier) == ("written-before-validation", Tier.PROVEN)
    assert verdict.replays == (3, 3)
    assert verdict.table == "orders"


def signed_in(name: str = "ann") -> Subject:
    step = replace(STEP, identity=name)
    kinds = {"ann": (Credential.MALFORMED, Credential.OCTETS), "ben": (Credential.MALFORMED,)}
    return replace(SUBJECT, scenario=Scenario("test", step), probes=(), credentials=kinds)


def test_a_credential_that_is_no_ascii_is_refused_as_any_other_is() -> None:
    def failing(service: FakeService) -> int:
        assert service.serving is not None
        return 500 if service.serving.credential is Credential.OCTETS else 201

    def refusing(service: FakeService) -> int:
        return 401 if failing(service) == 500 else 201

    def trusting(service: FakeService) -> int:
        return 201

    (failed,) = verdicts(failing, signed_in())
    assert (failed.finding_class, failed.tier) == ("unhandled-input", Tier.SUSPECTED)
    assert failed.cause == "octets in credential", "who reads it does so for all operations"
    for handler in (refusing, trusting):
        (held,) = verdicts(handler, signed_in())
        assert held.outcome is Outcome.HELD
    assert Validation().applies(signed_in()) is None
    assert Validation().applies(signed_in("ben")) is not None, "nothing can be broken of it"


def test_a_refusal_that_is_only_recorded_is_a_note() -> None:
    def recorded(service: FakeService) -> int:
        status = sound(service)
        if status == 422:
            insert(service, "attempts", id=1)
        return status

    found = verdicts(recorded)
    assert [each.outcome for each in found] == [Outcome.HELD, Outcome.HELD]
    assert found[0].tier is Tier.NOTE


def test_what_is_kept_of_a_refusal_for_its_key_is_the_answer_to_a_retry() -> None:
    step = replace(STEP, headers={"Idempotency-Key": "key-1"})
    effects = frozenset({"orders", "calls", "idempotency_keys"})
    subject = replace(
        SUBJECT,
        scenario=Scenario("test", step),
        profile=Profile(effects=effects),
        probes=(
            replace(MINIMUM, act=replace(MINIMUM.act, step=replace(step, json={"quantity": -5}))),
        ),
    )

    def keeping(table: str, **row: object) -> Handler:
        def serve(service: FakeService) -> int:
            status = 400 if sent(service)["quantity"] < 1 else 201
            insert(service, table, id=1, key="key-1", **row)
            return status

        return serve

    for handler in (keeping("calls", response_code=400), keeping("idempotency_keys")):
        (verdict,) = verdicts(handler, subject)
        assert verdict.outcome is Outcome.HELD
    # What it is about is no answer, whatever key it has.
    (verdict,) = verdicts(keeping("orders", quantity=-5), subject)
    assert (verdict.finding_class, verdict.tier) == ("written-before-validation", Tier.PROVEN)


def accepting(service: FakeService) -> int:
    insert(service, id=1, **sent(service))
    return 201


def test_what_is_accepted_and_stored_as_it_is_is_proven() -> None:
    (verdict,) = verdicts(accepting)
    assert (verdict.finding_class, verdict.tier) == ("accepted-invalid", Tier.PROVEN)
    assert verdict.evidence.facts["stored"] == "orders.quantity has '-5'."


def test_what_is_mended_before_it_is_stored_is_a_note() -> None:
    def lenient(service: FakeService) -> int:
        insert(service, id=1, name="Ann", quantity=max(1, sent(service)["quantity"]))
        return 201

    found = verdicts(lenient)
    assert {each.outcome for each in found} == {Outcome.HELD}
    assert (found[0].finding_class, found[0].tier) == ("accepted-invalid", Tier.NOTE)


def test_a_header_that_nobody_reads_is_a_note_and_one_that_is_stored_is_proven() -> None:
    def header(constraint: str, value: str) -> Probe:
        act = Act(replace(STEP, headers={"X-Channel": value}))
        return Probe(act, Source.SCHEMA, constraint, "header X-Channel")

    def ignoring(service: FakeService) -> int:
        insert(service, id=1, **STEP.json)
        return 201

    def storing(service: FakeService) -> int:
        assert service.serving is not None
        channel = service.serving.step.headers.get("X-Channel", "web")
        insert(service, id=1, **STEP.json, channel=channel)
        return 201

    landing = {"header X-Channel": ("orders", "channel")}
    subject = replace(SUBJECT, probes=(header("enum", "none-of-these"),), landing=landing)
    found = verdicts(ignoring, subject)
    assert [each.tier for each in found if each.finding_class] == [Tier.NOTE]
    (verdict,) = verdicts(storing, subject)
    assert (verdict.finding_class, verdict.tier) == ("accepted-invalid", Tier.PROVEN)


def test_what_only_the_database_forbids_may_be_accepted() -> None:
    probe = wrong("foreign key", Source.CATALOG, quantity=2_147_483_646)
    (verdict,) = verdicts(accepting, replace(SUBJECT, probes=(probe,)))
    assert verdict.outcome is Outcome.HELD


def test_a_default_for_what_is_required_is_a_note_and_null_is_proven() -> None:
    step = replace(STEP, json={"name": "Ann"})
    probe = Probe(Act(step), Source.SCHEMA, "required", "body /quantity")
    subject = replace(SUBJECT, probes=(probe,))

    def defaulting(service: FakeService) -> int:
        insert(service, id=1, name="Ann", quantity=sent(service).get("quantity", 1))
        return 201

    def storing_null(service: FakeService) -> int:
        insert(service, id=1, name="Ann", quantity=sent(service).get("quantity"))
        return 201

    assert verdicts(defaulting, subject)[0].tier is Tier.NOTE
    assert verdicts(storing_null, subject)[0].tier is Tier.PROVEN


def test_null_for_what_may_be_left_out_is_proven_only_where_leaving_it_out_stores_otherwise() -> (
    None
):
    omitted = Act(replace(STEP, json={"name": "Ann"}))
    probe = replace(wrong("null", quantity=None), omitted=omitted)
    subject = replace(SUBJECT, probes=(probe,))

    def alike(service: FakeService) -> int:
        insert(service, id=1, name="Ann", quantity=sent(service).get("quantity"))
        return 201

    def with_default(service: FakeService) -> int:
        insert(service, id=1, name="Ann", quantity=sent(service).get("quantity", 1))
        return 201

    def refusing(service: FakeService) -> int:
        return accepting(service) if "quantity" in sent(service) else 422

    (note, held) = verdicts(alike, subject)
    assert (note.outcome, note.tier, held.outcome) == (Outcome.HELD, Tier.NOTE, Outcome.HELD)
    assert note.evidence.facts["stored"] == (
        "orders.quantity has NULL, as where the field is left out."
    )
    for handler in (with_default, refusing):
        (verdict,) = verdicts(handler, subject)
        assert (verdict.tier, verdict.replays) == (Tier.PROVEN, (3, 3))
        assert verdict.evidence.facts["stored"] == "orders.quantity has NULL."


def test_null_that_was_there_before_is_not_of_the_request() -> None:
    probe = wrong("null", quantity=None)

    def renaming(before: str | None) -> Handler:
        def handler(service: FakeService) -> int:
            with service.connect() as db:
                db.begin()
                row = {"id": "1", "name": "Bob", "quantity": before}
                db.update("orders", row, name="Ann", quantity=None)
                db.commit()
            return 200

        return handler

    orders = Table("orders", (Column("id", "integer"),), ("id",))
    subject = replace(SUBJECT, probes=(probe,), catalog=Catalog({"orders": orders}))
    assert verdicts(renaming(None), subject)[0].tier is Tier.NOTE
    assert verdicts(renaming("2"), subject)[0].tier is Tier.PROVEN


def test_an_undeclared_method_that_writes_is_suspected_and_one_that_only_answers_is_not() -> None:
    put = Act(replace(STEP, operation=Operation.parse("PUT /orders")))
    probe = Probe(put, Source.ROUTING, "undeclared method", "method PUT")
    subject = replace(SUBJECT, probes=(probe,))

    def told(handler: Handler) -> list[tuple[str, Tier]]:
        world = FakeWorld({STEP.operation.id: sound, put.step.operation.id: handler})
        found = world.drive(Validation().explore(subject))
        return [(each.finding_class, each.tier) for each in found if each.finding_class]

    assert told(sound) == [("misrouted", Tier.SUSPECTED)]
    assert told(lambda service: 200) == [], "as who shows a page under every path"
    assert told(lambda service: 405) == []


def test_a_body_that_is_not_there_is_mended_by_defaults() -> None:
    probe = Probe(Act(STEP, body=b""), Source.SYNTAX, "no body", "body /")
    note = verdicts(accepting, replace(SUBJECT, probes=(probe,)))[0]
    assert (note.outcome, note.tier, note.cause) == (Outcome.HELD, Tier.NOTE, "no body")
    probe = Probe(Act(STEP, body=b"{"), Source.SYNTAX, "malformed JSON", "body /")
    (verdict,) = verdicts(accepting, replace(SUBJECT, probes=(probe,)))
    assert (verdict.outcome, verdict.tier) == (Outcome.VIOLATED, Tier.SUSPECTED)


def test_an_error_of_the_database_that_nobody_handles_is_proven() -> None:
    def failing(service: FakeService) -> int:
        with service.connect() as db:
            db.begin()
            if sent(service)["quantity"] < 1:
                statement = "INSERT INTO orders (quantity) VALUES ($1)"
                key = CrossingKey(shape(statement))
                said = 'violates check constraint "positive"'
                service.world.record(
                    db, key, statement, db.status, db.status, sqlstate="23514", message=said
                )
                raise DatabaseFault("23514")
            db.insert("orders", id=1, **sent(service))
            db.commit()
        return 201

    (verdict,) = verdicts(failing)
    assert (verdict.finding_class, verdict.tier) == ("unhandled-input", Tier.PROVEN)
    assert verdict.cause == "SQLSTATE 23514"


def test_a_failure_that_no_statement_explains_is_suspected() -> None:
    def failing(service: FakeService) -> int:
        return 500 if sent(service)["quantity"] < 1 else sound(service)

    (verdict,) = verdicts(failing)
    assert (verdict.finding_class, verdict.tier) == ("unhandled-input", Tier.SUSPECTED)
    assert verdict.cause == ""
    probe = wrong("NUL byte", Source.SYNTAX, name="Ann\0")

    def no_nul(service: FakeService) -> int:
        return 500 if "\0" in sent(service)["name"] else sound(service)

    (verdict,) = verdicts(no_nul, replace(SUBJECT, probes=(probe,)))
    assert verdict.cause == "NUL byte"


def test_a_service_that_is_busy_is_not_failing() -> None:
    def busy(service: FakeService) -> int:
        return 503 if sent(service)["quantity"] < 1 else sound(service)

    assert verdicts(busy)[0].outcome is Outcome.HELD


def test_a_request_that_ends_the_service_is_proven() -> None:
    def dying(service: FakeService) -> int:
        if sent(service)["quantity"] < 1:
            service.die()
        return sound(service)

    (verdict,) = verdicts(dying)
    assert (verdict.finding_class, verdict.tier) == ("ended-by-input", Tier.PROVEN)


def test_what_comes_behind_an_effect_is_sent_again_from_a_reset() -> None:
    probes = tuple(wrong("minimum", quantity=-each) for each in range(4))
    world = FakeWorld({"POST /orders": accepting})
    list(world.drive(Validation().explore(replace(SUBJECT, probes=probes))))
    sizes = [len(each.phases) for each in world.experiments]
    assert sizes == [1, 4, 3, 2, 1, 1, 1, 1, 1]  # clean, portions, replays, control


def test_many_constraints_of_one_operation_are_one_finding() -> None:
    probes = (MINIMUM, wrong("enum", name="none-of-these"))
    (verdict,) = verdicts(accepting, replace(SUBJECT, probes=probes))
    assert "enum of body /name" in str(verdict.evidence.facts["others"])


def test_what_cannot_be_judged_says_so() -> None:
    blind = replace(SUBJECT, boundaries=frozenset({BoundaryKind.HTTP_IN}))
    assert verdicts(sound, blind)[0].outcome is Outcome.NOT_RUN
    disturbed = replace(SUBJECT, profile=Profile(disturbed="a cache"))
    assert verdicts(sound, disturbed)[0].outcome is Outcome.INCONCLUSIVE

    def limited(service: FakeService) -> int:
        return 429 if sent(service)["quantity"] < 1 else sound(service)

    assert verdicts(limited)[0].outcome is Outcome.INCONCLUSIVE
    assert verdicts(lambda service: 500)[0].outcome is Outcome.INCONCLUSIVE


def test_what_nothing_can_be_broken_of_is_skipped() -> None:
    assert Validation().applies(SUBJECT) is None
    assert Validation().applies(replace(SUBJECT, probes=())) is not None
    refused = replace(SUBJECT.scenario, act=replace(STEP, expect=(422,)))
    assert Validation().applies(replace(SUBJECT, scenario=refused)) is not None


def test_a_finding_is_shown_again() -> None:
    (verdict,) = verdicts(accepting)
    finding = finding_of(verdict, BoundaryKind.HTTP_IN)
    world = FakeWorld({"POST /orders": accepting})
    (again,) = world.drive(Validation().replay(SUBJECT, finding))
    assert (again.finding_class, again.replays) == (verdict.finding_class, (3, 3))
    (again,) = FakeWorld({"POST /orders": sound}).drive(Validation().replay(SUBJECT, finding))
    assert again.outcome is Outcome.HELD


def answered(status: int, body: bytes, media: str = "application/json") -> Exchange:
    response = Response(status, (("Content-Type", media),), body)
    return Exchange(Act(STEP), Request("POST", "/orders"), 0.0, 0.1, response)


def test_errors_have_one_shape_where_they_share_a_key() -> None:
    one = answered(404, b'{"detail": "no such order"}')
    assert not uneven([one, answered(422, b'{"detail": [{"loc": []}], "code": 3}')])
    assert not uneven([one, answered(500, b"oops", "text/plain"), answered(404, b"")])
    found = uneven([one, answered(404, b"<pre>Cannot GET</pre>", "text/html")])
    assert [str(shape) for shape, _ in found] == ["JSON with detail", "text/html"]
    assert uneven([one, answered(400, b'{"error": "x"}')])
