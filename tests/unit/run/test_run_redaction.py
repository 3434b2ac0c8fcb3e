from __future__ import annotations

import json

from seamproof.core import canaries
from seamproof.core.canaries import Form
from seamproof.core.canary import canary
from seamproof.core.experiment import BoundaryKind, CrossingKey
from seamproof.core.history import Changes, Crossing, CrossingKind, Request, Response, RowChange
from seamproof.core.model import Operation, Scenario, Step
from seamproof.run.redaction import Redactor

KEY = CrossingKey("POST payments /charges?api_key", 1, BoundaryKind.HTTP_OUT)


def call(request: Request, response: Response | None = None) -> Crossing:
    statement = f"POST http://payments{request.target}"
    return Crossing(
        KEY, CrossingKind.CALL, statement, 0, 1, 0.1, request=request, response=response
    )


def redacted(crossing: Crossing, *known: str) -> Crossing:
    redactor = Redactor()
    redactor.learn(*known)
    return redactor.crossing(crossing)


def test_a_call_is_kept_without_its_secrets() -> None:
    request = Request(
        "POST",
        "/charges?api_key=sk_live_1&limit=3",
        (("Authorization", "Bearer sk_live_2"), ("X-Trace", "t-1")),
        json.dumps({"amount": 5, "card": {"token": "tok_3"}}).encode(),
    )
    response = Response(201, (("Set-Cookie", "s=4"),), b'{"client_secret": "cs_5", "id": "ch_1"}')
    crossing = redacted(call(request, response))
    for secret in ("sk_live_1", "sk_live_2", "tok_3", "s=4", "cs_5"):
        assert secret not in repr(crossing)
    assert crossing.request is not None
    assert crossing.response is not None
    assert crossing.request.target.startswith("/charges?api_key=<redacted:")
    assert crossing.request.target.endswith(">&limit=3")
    assert crossing.statement == f"POST http://payments{crossing.request.target}"
    assert json.loads(crossing.request.body)["amount"] == 5
    assert json.loads(crossing.response.body)["id"] == "ch_1"
    assert crossing.key == KEY


def test_a_form_is_a_body_with_fields() -> None:
    crossing = redacted(call(Request("POST", "/", (), b"amount=5&card[token]=tok_1&secret=")))
    assert crossing.request is not None
    assert crossing.request.body.startswith(b"amount=5&card[token]=<redacted:")
    assert crossing.request.body.endswith(b"&secret=")


def test_a_known_secret_is_replaced_wherever_a_call_has_it() -> None:
    request = Request("GET", "/users/hunter22/x?q=hunter22", (("X-A", "hunter22"),), b"hunter22")
    crossing = redacted(call(request, Response(200, (), b"it is hunter22")), "hunter22")
    assert "hunter22" not in repr(crossing)
    assert crossing.tag is None


def test_a_call_without_an_answer_has_none() -> None:
    assert redacted(call(Request("GET", "/"))).response is None


def test_names_of_secrets_are_those_that_an_import_knows() -> None:
    request = Request("POST", "/", (("X-Signature", "s1gned"),), b'{"pin": "4711", "pinned": "x"}')
    crossing = redacted(call(request))
    assert crossing.request is not None
    body = json.loads(crossing.request.body)
    assert body["pin"].startswith("<redacted:")
    assert body["pinned"] == "x"
    assert "s1gned" not in repr(crossing)


def test_a_text_of_ours_is_no_secret() -> None:
    redactor, ours = Redactor(), f"{canary('a')}'{canary('b')}"
    redactor.learn_from({"password": ours, "token": "a-real-one"})
    assert redactor.text(f"= {ours} a-real-one").startswith(f"= {ours} <redacted:")
    body = json.dumps({"password_hash": ours, "password": "hunter22"}).encode()
    assert ours.encode() in redactor.body(body)
    assert b"hunter22" not in redactor.body(body)
    assert redactor.mask(f"{ours} and more").startswith("<redacted:")


def test_a_uuid_of_ours_is_no_secret_and_another_is() -> None:
    redactor, ours = Redactor(), canaries.made(Form.UUID, "a")
    body = json.dumps({"token": ours, "secret": "6fa459ea-ee8a-4ca4-894e-db77e160355e"}).encode()
    assert ours.encode() in redactor.body(body)
    assert b"6fa459ea" not in redactor.body(body)


def changed(*values: str) -> list[RowChange]:
    return [RowChange("notes", None, {"text": value}) for value in values]


def test_what_is_learned_later_is_replaced_in_rows_that_were_looked_through_before() -> None:
    redactor, rows = Redactor(), changed("a-s3cret", "b-s3cret")
    redactor.learn("a-s3cret")
    first = redactor.changes(Changes(tuple(rows)))
    assert "a-s3cret" not in repr(first)
    assert first.rows[1].new == {"text": "b-s3cret"}
    redactor.learn("b-s3cret")
    assert "b-s3cret" not in repr(redactor.changes(Changes(tuple(rows))))


def test_what_scenarios_are_to_send_is_known_before_it_is_sent() -> None:
    """A row that has it looks the same in the run before the one that sends it."""
    redactor, post = Redactor(), Operation("POST", "/confirmations")
    first = Step(post, json={"code": "c-12345", "user": {"token": "t-12345"}})
    act = Step(post, form={"token": "t-67890", "next": "/welcome"}, json=None)
    redactor.learn_from_all([Scenario("it", act, arrangement=(first,))])
    found = redactor.changes(Changes(tuple(changed("t-12345", "t-67890", "c-12345", "/welcome"))))
    texts = [row.new["text"] for row in found.rows if row.new]
    assert [text[:10] for text in texts] == ["<redacted:"] * 2 + ["c-12345", "/welcome"]


def test_a_reference_to_a_secret_is_none() -> None:
    redactor = Redactor()
    redactor.learn_from({"token": "{reset_token}", "password": "p{1}-12345"})
    assert redactor.text("POST /reset?t={reset_token}") == "POST /reset?t={reset_token}"
    assert "p{1}-12345" not in redactor.text("it is p{1}-12345")


def test_rows_that_were_looked_through_before_are_the_same_objects() -> None:
    redactor, (one, other, third) = Redactor(), changed("one", "other", "third")
    before = redactor.changes(Changes((one,)))
    after = redactor.changes(Changes((one, other)))
    assert after.rows[0] is before.rows[0]
    assert after == Changes((one, other))
    assert redactor.changes(Changes((third, other))) == Changes((third, other))
    assert redactor.changes(Changes()) == Changes()


def test_a_header_and_a_statement_are_replaced_anew_once_more_is_known() -> None:
    redactor, crossing = Redactor(), call(Request("GET", "/", (("X-Trace", "t-12345"),)))
    assert redactor.crossing(crossing).request == crossing.request
    redactor.learn("t-12345")
    assert "t-12345" not in repr(redactor.crossing(crossing).request)
    said = Crossing(KEY, CrossingKind.READ, "SELECT 't-67890'", 0, 1, 0.1)
    assert redactor.crossing(said).statement == said.statement
    redactor.learn("t-67890")
    assert "t-67890" not in redactor.crossing(said).statement


def test_half_of_a_surrogate_pair_stays_what_json_writes_for_it() -> None:
    body = rb'{"password": "\ud800", "name": "a\udfff"}'
    masked = Redactor().body(body)
    assert json.loads(masked)["name"] == "a\udfff"
    assert json.loads(masked)["password"].startswith("<redacted:")
    assert Redactor().body(rb'{"name": "a\udfff"}') == rb'{"name": "a\udfff"}'
