"""`authentication` on handlers that verify what they are shown, and on those that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doubles.fake_store import Answer, Ask, FakeStore, Handler
from doubles.fake_world import FakeService, FakeWorld
from seamproof.checks.authentication import Authentication
from seamproof.checks.authentication.sessions import one_time_token
from seamproof.core.document import Declaration, Document
from seamproof.core.experiment import BoundaryKind, Credential
from seamproof.core.model import Identity, Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

ROWS = {"users": [{"id": 1, "name": "alice"}], "ended": []}
KINDS = tuple(each for each in Credential if each is not Credential.REUSED)


def verifying(handler: Handler, but: str = "") -> Handler:
    """Refuses whoever shows something wrong, but for one thing."""

    def one(ask: Ask) -> Answer:
        wrong = ask.credential and ask.credential not in (but, "reused")
        return (401, {}) if not ask.sender or wrong else handler(ask)

    return one


def read(ask: Ask) -> Answer:
    return 200, ask.one("users", id=1)


def judged(handler: Handler, operation: str = "GET /me", **what: object) -> list[Verdict]:
    step = Step(Operation.parse(operation), "alice", json=what.pop("json", None))
    handlers = {operation: handler, **what.pop("handlers", {})}
    scenario = replace(Scenario("it", step), act=step)
    subject = Subject(
        scenario,
        stored=FakeStore(ROWS, {}).stored,
        identities=(Identity("alice"),),
        credentials={"alice": (*KINDS, Credential.REUSED)},
    )
    subject = replace(subject, **what)
    return list(FakeStore(ROWS, handlers).drive(Authentication().explore(subject)))


def one(verdicts: list[Verdict]) -> Verdict:
    (verdict,) = verdicts
    return verdict


def test_who_refuses_them_all_is_held() -> None:
    verdict = one(judged(verifying(read)))
    assert verdict.outcome is Outcome.HELD
    assert "unsigned" in verdict.reason


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Credential.UNSIGNED, "unsigned-token"),
        (Credential.TAMPERED, "tampered-token"),
        (Credential.EXPIRED, "expired-token"),
        (Credential.WEAK_KEY, "weak-key"),
        (Credential.WRONG_KEY, "foreign-key-token"),
        (Credential.PUBLIC_KEY, "public-key-token"),
        (Credential.BROUGHT_KEY, "brought-key-token"),
        (Credential.NAMED_KEY, "named-key-token"),
        (Credential.OTHER_AUDIENCE, "other-audience-token"),
        (Credential.MALFORMED, "malformed-credential"),
    ],
)
def test_each_wrong_credential_that_is_taken_is_proven(kind: Credential, name: str) -> None:
    verdict = one(judged(verifying(read, but=kind)))
    assert (verdict.finding_class, verdict.tier) == (name, Tier.PROVEN)
    assert (verdict.replays, verdict.cause) == ((3, 3), f"credential {kind}")


def test_a_write_that_is_done_all_the_same_is_proven_and_the_rest_is_tried_afresh() -> None:
    def rename(ask: Ask) -> Answer:
        return (200 if ask.update("users", {"id": 1}, name="al") else 404), {}

    found = judged(verifying(rename, but=Credential.TAMPERED), "PATCH /me")
    assert {each.finding_class for each in found} == {"tampered-token"}
    assert "al" in {each.new["name"] for each in found[0].evidence.left if each.new}


def test_a_success_that_does_less_is_not_the_owners() -> None:
    def as_guest(ask: Ask) -> Answer:
        if ask.credential or not ask.sender:
            return (200, {"guest": True}) if ask.credential else (401, {})
        return read(ask)

    assert one(judged(as_guest)).outcome is Outcome.HELD


def test_what_lets_in_nobody_as_well_is_judged_elsewhere() -> None:
    verdict = one(judged(read))
    assert verdict.outcome is Outcome.SKIPPED
    assert "authorization" in verdict.reason


def test_a_credential_that_lives_on_after_logging_out_is_proven() -> None:
    def logout(ask: Ask) -> Answer:
        ask.insert("ended", who="alice")
        return 204, None

    reads = (Scenario("me", Step(Operation("GET", "/me"), "alice")),)
    what = {"handlers": {"GET /me": verifying(read)}, "reads": reads}
    verdict = one(judged(verifying(logout), "POST /logout", **what))
    assert (verdict.finding_class, verdict.tier) == ("ended-session", Tier.PROVEN)

    def looking(ask: Ask) -> Answer:
        return (401, {}) if ask.some("ended") else read(ask)

    what["handlers"] = {"GET /me": verifying(looking)}
    assert one(judged(verifying(logout), "POST /logout", **what)).outcome is Outcome.HELD


def test_the_document_may_name_what_logs_out() -> None:
    operation = Operation("POST", "/auth/logout")
    step = Step(Operation("GET", "/me"), "alice")
    what = {
        "document": Document((Declaration(operation),)),
        "reads": (Scenario("it", step),),
        "handlers": {operation.id: verifying(lambda ask: (204, None))},
    }
    assert one(judged(verifying(read), **what)).finding_class == "ended-session"


def test_a_one_time_token_that_is_taken_again_is_proven() -> None:
    def reset(ask: Ask) -> Answer:
        ask.update("users", {"id": 1}, name=f"new {len(ask.changes)}")
        return 204, None

    what = {"json": {"token": "t", "name": "new"}, "credentials": {}}
    found = {e.finding_class: e for e in judged(reset, "POST /password/reset", **what)}
    assert found["token-used-twice"].tier is Tier.PROVEN

    def careful(ask: Ask) -> Answer:
        return (409, {}) if ask.changes else reset(ask)

    names = {each.finding_class for each in judged(careful, "POST /password/reset", **what)}
    assert names == {""}


def test_what_a_token_alone_asks_for_once_more_may_be_done_already() -> None:
    def activate(ask: Ask) -> Answer:
        ask.update("users", {"id": 1}, name="active")
        return 200, {}

    def count(ask: Ask) -> Answer:
        ask.insert("ended", id=len(ask.some("ended")))
        return 200, {}

    def names(handler: Handler, **body: str) -> set[str]:
        what = {"json": body, "credentials": {}}
        return {each.finding_class for each in judged(handler, "POST /activation", **what)}

    assert names(activate, code="c") == {""}
    assert names(activate, code="c", name="active") == {"token-used-twice"}
    assert names(count, code="c") == {"token-used-twice"}


def test_a_password_that_stands_in_a_column_is_proven() -> None:
    typed = "<redacted:0a1b2c3d>"

    def register(ask: Ask) -> Answer:
        ask.insert("users", name="bob", words=ask.body["password"])
        return 201, {}

    what = {"json": {"name": "bob", "password": typed}, "credentials": {}}
    found = {each.finding_class: each for each in judged(register, "POST /users", **what)}
    verdict = found["password-stored"]
    assert (verdict.tier, verdict.replays, verdict.table) == (Tier.PROVEN, (3, 3), "users")
    assert verdict.evidence.facts["column"] == "users.words"

    def hashing(ask: Ask) -> Answer:
        ask.insert("users", name="bob", password_hash="<redacted:99999999>")
        return 201, {}

    assert {each.finding_class for each in judged(hashing, "POST /users", **what)} == {""}


@pytest.mark.parametrize(
    ("name", "shown", "finding", "tier"),
    [
        ("secret", True, "token-stored", Tier.NOTE),
        ("client_secret", False, "password-stored", Tier.SUSPECTED),
        ("secret_password", True, "password-stored", Tier.PROVEN),
    ],
)
def test_what_is_only_called_a_secret_may_be_a_code_that_is_to_be_kept(
    name: str, shown: bool, finding: str, tier: Tier
) -> None:
    def issue(ask: Ask) -> Answer:
        ask.insert("users", words=ask.body[name])
        return 201, {name: ask.body[name]} if shown else {}

    what = {"json": {name: "<redacted:0a1b2c3d>"}, "credentials": {}}
    verdicts = judged(issue, "POST /cards", **what)
    found = {e.finding_class: e.tier for e in verdicts if e.finding_class}
    assert found == {finding: tier}


def test_a_password_that_another_service_is_told_is_a_note() -> None:
    secret = "<redacted:0a1b2c3d>"
    act = Step(Operation.parse("POST /login"), "alice", json={"name": "al", "password": secret})

    def told(word: str) -> list[tuple[str, Tier, str]]:
        def login(service: FakeService) -> int:
            service.connect().insert("logins", id=1)
            service.call("POST directory /verify", {"user": "al", "word": word})
            return 200

        world = FakeWorld({"POST /login": login})
        verdicts = world.drive(Authentication().explore(Subject(Scenario("it", act))))
        return [(e.finding_class, e.tier, e.shape) for e in verdicts if e.finding_class]

    assert told(secret) == [("secret-passed-on", Tier.NOTE, "POST directory /verify")]
    assert told("<redacted:99999999>") == [], "a digest of another text is no password of this one"


def test_a_token_that_is_kept_as_it_is_handed_out_is_a_note() -> None:
    def login(ask: Ask) -> Answer:
        ask.insert("users", key="<redacted:0a1b2c3d>")
        return 200, {"token": "<redacted:0a1b2c3d>"}

    found = {e.finding_class: e for e in judged(login, "POST /login", credentials={})}
    assert found["token-stored"].tier is Tier.NOTE
    assert found["token-stored"].outcome is Outcome.HELD


def test_tokens_of_one_column_are_one_note_and_what_was_there_is_none() -> None:
    def order(ask: Ask) -> Answer:
        ask.insert("users", key="<redacted:0a1b2c3d>")
        ask.insert("users", key="<redacted:0a1b2c3e>")
        return 200, [{"token": "<redacted:0a1b2c3d>"}, {"token": "<redacted:0a1b2c3e>"}]

    found = [e for e in judged(order, "POST /login", credentials={}) if e.finding_class]
    assert [(e.finding_class, e.shape) for e in found] == [("token-stored", "users.key")]

    def rename(ask: Ask) -> Answer:
        ask.update("users", {"id": 1}, name="new", token="<redacted:0a1b2c3d>")
        return 200, {"token": "<redacted:0a1b2c3d>"}

    rows = {"users": [{"id": 1, "name": "old", "token": "<redacted:0a1b2c3d>"}]}
    step = Scenario("it", Step(Operation.parse("PATCH /me"), "alice"))
    store = FakeStore(rows, {"PATCH /me": rename})
    subject = Subject(step, stored=store.stored, identities=(Identity("alice"),))
    names = {e.finding_class for e in store.drive(Authentication().explore(subject))}
    assert names == {""}


def test_a_blind_boundary_is_not_run_and_a_disturbed_service_is_inconclusive() -> None:
    blind = one(judged(verifying(read), boundaries=frozenset({BoundaryKind.HTTP_IN})))
    assert blind.outcome is Outcome.NOT_RUN
    disturbed = one(judged(verifying(read), profile=Profile(disturbed="it remembers")))
    assert disturbed.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("POST /password/reset/{token}", "token"),
        ("POST /verify", "code"),
        ("PUT /activations/{code}/done", "code"),
        ("PUT /verification/tokens/{token}", ""),
        ("POST /invites/{token}/signup", ""),
        ("POST /coupons/redeem", ""),
        ("POST /orders/{code}/payments/{id}/confirm", ""),
        ("POST /orders/{code}/confirm/{token}", "token"),
        ("GET /verify", ""),
    ],
)
def test_tokens_that_are_used_once_are_known_by_what_the_request_does(
    operation: str, name: str
) -> None:
    step = Step(Operation.parse(operation), json={"code": "x"} if "{" not in operation else None)
    assert one_time_token(step) == name
