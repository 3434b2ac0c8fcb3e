"""Steps as bytes, values out of responses, secrets out of records."""

from __future__ import annotations

import json

import pytest

from seamproof.core.experiment import Act
from seamproof.core.history import Changes, Exchange, Request, Response, RowChange
from seamproof.core.model import Operation, Step
from seamproof.run.experiment.extraction import NotThere, cookies, extract, parse_path
from seamproof.run.experiment.requests import (
    Bindings,
    Credentials,
    UnknownReference,
    build,
    encode,
    filled_body,
    resolve,
    target,
    ungiven,
)
from seamproof.run.redaction import Redactor

POST = Operation("POST", "/orders/{order}/items")


def test_a_lone_reference_keeps_its_type() -> None:
    bindings = Bindings({"n": 7, "who": "eve"})
    assert resolve({"a": "{n}", "b": ["{who}", "n={n}"]}, bindings) == {"a": 7, "b": ["eve", "n=7"]}


def test_other_braces_are_text() -> None:
    assert resolve("{nobody} {} {{", Bindings()) == "{nobody} {} {{"


def test_two_braces_are_one_that_is_meant() -> None:
    bindings = Bindings({"n": 7})
    sent = resolve({"{{n}}": ["{{n}}", "{{{n}}}", "Dear {{n}}"]}, bindings)
    assert sent == {"{n}": ["{n}", "{7}", "Dear {n}"]}


def test_uuid_is_the_same_for_equal_experiments_and_differs_between_places() -> None:
    first, again = Bindings(salt="1"), Bindings(salt="1")
    one = resolve({"a": "{uuid}", "b": "{uuid}"}, first, "act/0")
    assert one == resolve({"a": "{uuid}", "b": "{uuid}"}, again, "act/0")
    assert one["a"] != one["b"]
    assert one != resolve({"a": "{uuid}", "b": "{uuid}"}, first, "act/1")
    assert one != resolve({"a": "{uuid}", "b": "{uuid}"}, Bindings(salt="2"), "act/0")


def test_the_target_is_percent_encoded() -> None:
    step = Step(
        POST, path_parameters={"order": "a/b ?"}, query={"q": "x&y", "n": [1, 2], "z": None}
    )
    assert target(step, Bindings()) == "/orders/a%2Fb%20%3F/items?q=x%26y&n=1&n=2"


def test_a_path_parameter_may_be_a_binding() -> None:
    assert target(Step(POST), Bindings({"order": 12})) == "/orders/12/items"
    with pytest.raises(UnknownReference):
        target(Step(POST), Bindings())


def test_a_step_overrides_credentials_whatever_the_case() -> None:
    step = Step(Operation("GET", "/"), headers={"authorization": "none"})
    request = build(step, Bindings(), Credentials((("Authorization", "Bearer x"),)), place="act/0")
    assert [pair for pair in request.headers if pair[0].lower() == "authorization"] == [
        ("authorization", "none")
    ]


def test_the_bytes() -> None:
    step = Step(Operation("POST", "/a"), json={"k": "v"})
    request = build(step, Bindings(), Credentials(cookies={"sid": "1"}), place="act/0")
    head, _, body = encode(request, "h:1").partition(b"\r\n\r\n")
    assert body == b'{"k": "v"}'
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /a HTTP/1.1"
    assert {b"Host: h:1", b"Cookie: sid=1", b"Content-Length: 10", b"Connection: close"} <= {*lines}


def test_a_hostile_value_begins_no_header() -> None:
    step = Step(Operation("GET", "/"), headers={"If-Match": "{tag}"})
    request = build(step, Bindings({"tag": "a\r\nX-Evil: 1"}), Credentials(), place="act/0")
    assert b"\r\nX-Evil" not in encode(request, "h")


RESPONSE = Response(
    201,
    (("Location", "/orders/4"), ("Set-Cookie", "sid=abc; Path=/"), ("set-cookie", "x=; Max-Age=0")),
    b'{"id": 4, "items": [{"sku": "w-1"}]}',
)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("$.id", 4),
        ("$.items[0].sku", "w-1"),
        ("$['items'][0]['sku']", "w-1"),
        ("header:location", "/orders/4"),
        ("cookie:sid", "abc"),
    ],
)
def test_extraction(source: str, value: object) -> None:
    assert extract(RESPONSE, source) == value


@pytest.mark.parametrize("source", ["$.nope", "$.items[1]", "$.id.x", "header:X", "cookie:x"])
def test_what_is_not_there_is_said(source: str) -> None:
    with pytest.raises(NotThere):
        extract(RESPONSE, source)


def test_a_path_that_is_none() -> None:
    with pytest.raises(ValueError, match="no path"):
        parse_path("$..id")


def test_deleted_cookies_are_not_kept() -> None:
    assert cookies(RESPONSE) == {"sid": "abc"}


def exchange(request: Request, response: Response | None = None) -> Exchange:
    return Exchange(Act(Step(Operation("POST", "/"))), request, 0.0, 0.1, response)


def test_known_secrets_and_sensitive_names_are_replaced() -> None:
    redactor = Redactor()
    redactor.learn("s3cret-token")
    cleaned = redactor.exchange(
        exchange(
            Request(
                "POST",
                "/login?t=s3cret-token",
                (("Authorization", "Bearer s3cret-token"), ("Accept", "x")),
                b'{"user": "a", "password": "hunter22"}',
            ),
            Response(200, (), b'{"access_token": "other", "note": "has s3cret-token"}'),
        )
    )
    text = repr(cleaned)
    assert "s3cret-token" not in text
    assert "hunter22" not in text
    assert "other" not in text
    assert json.loads(cleaned.request.body)["user"] == "a"
    assert ("Accept", "x") in cleaned.request.headers


def test_equal_secrets_stay_equal_and_different_ones_different() -> None:
    redactor = Redactor()
    row = {"id": "1", "password_hash": "h1", "name": "a"}
    changes = redactor.changes(
        Changes((RowChange("users", row, {**row, "password_hash": "h2", "name": "b"}),))
    )
    (change,) = changes.rows
    assert change.old is not None
    assert change.new is not None
    assert change.old["password_hash"] != change.new["password_hash"]
    assert "h1" not in repr(changes)
    assert redactor.mask("h1") == change.old["password_hash"]
    assert (change.old["name"], change.new["name"]) == ("a", "b")


def test_a_clean_body_is_untouched_to_the_byte() -> None:
    body = b'{"a" :  1}'
    assert Redactor().body(body) == body
    assert Redactor().body(b"\xff\xfe") == b"\xff\xfe"


def test_unique_is_short_and_fresh_for_each_place() -> None:
    bindings = Bindings(salt="1")
    sent = resolve({"a": "{unique}", "b": "{unique}"}, bindings, "act/0")
    assert len(sent["a"]) == 8
    assert sent["a"] != sent["b"]
    assert sent == resolve({"a": "{unique}", "b": "{unique}"}, bindings, "act/0")


def test_a_reference_to_a_stored_row_takes_its_own_type() -> None:
    bindings = Bindings(stored={"shop.users": ({"id": 7, "name": "eve"},)})
    assert resolve("{row.shop.users.0.id}", bindings) == 7
    assert resolve("by {row.shop.users.0.name}", bindings) == "by eve"
    for unknown in ("{row.shop.users.1.id}", "{row.shop.users.0.no}", "{row.users}"):
        assert resolve(unknown, bindings) == unknown


def test_multipart_has_fields_and_files() -> None:
    file = {"filename": 'a".csv', "type": "text/csv", "content": "x\n{unique}"}
    step = Step(Operation("POST", "/files"), multipart={"note": "hello", "n": [1, 2], "file": file})
    request = build(step, Bindings(), Credentials(), place="act/0")
    again = build(step, Bindings(), Credentials(), place="act/0")
    headers = dict(request.headers)
    assert headers["Content-Type"].startswith("multipart/form-data; boundary=")
    boundary = headers["Content-Type"].partition("boundary=")[2].encode()
    assert request == again
    assert request.body.count(b"--" + boundary) == 5
    assert request.body.endswith(b"--" + boundary + b"--\r\n")
    assert b'filename="a%22.csv"\r\nContent-Type: text/csv\r\n\r\nx\n' in request.body
    assert b"{unique}" not in request.body


def test_a_row_or_a_sign_in_that_is_not_there_is_told() -> None:
    bindings = Bindings(stored={"users": ({"id": 7},)}, logins={"login.ann.password": "x"})
    given = Step(POST, json={"a": ["{row.users.0.id}", "{login.ann.password}", "{later}"]})
    assert ungiven(given, bindings) == ""
    assert ungiven(Step(POST, query={"a": "x {row.users.1.id}"}), bindings) == "row.users.1.id"
    assert ungiven(Step(POST, form={"a": "{login.ann.user}"}), bindings) == "login.ann.user"
    assert ungiven(Step(POST, text="{{row.users.1.id}}"), bindings) == "", "two braces are text"


def test_a_body_as_it_is_written_has_its_references_filled() -> None:
    bindings = Bindings({"order": 17, "name": 'a"b'}, sinkhole="http://127.0.0.1:9")
    body = b'{"id": "{order}", "id": {order}, "note": "{name} {{order}}", "bad": "\xff", "u": '
    assert filled_body(body, bindings, "") == (
        b'{"id": 17, "id": 17, "note": "a"b {order}", "bad": "\xff", "u": '
    )
    assert filled_body(b'"{sinkhole}"/{sinkhole}/a', bindings, "") == (
        b'"http://127.0.0.1:9"/http://127.0.0.1:9/a'
    )
    assert filled_body(b"localhost:{sinkhole.port}", bindings, "") == b"localhost:9"
    assert filled_body(b'"{filler.5}"', bindings, "") == b'"xxxxx"'
