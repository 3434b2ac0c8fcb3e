"""HAR files, as Chrome and Firefox save them, to scenarios that our own reader reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seamproof.core.errors import ConfigurationError
from seamproof.core.model import Extract, Scenario
from seamproof.discovery.importers.filing import import_file
from seamproof.discovery.scenarios import load_scenarios

RECORDINGS = Path(__file__).with_name("recordings")
SECRETS = ("wonderland-7", "eyJ", "blue-horse", "k3j4h5k6j7", "CsRf012", "Zz0123", "sk_live")


def imported(file: Path, output: Path, **options: Any) -> tuple[dict[str, Scenario], str]:
    said = "\n".join(import_file(file, output=output, **options))
    identities = {f"user{number}" for number in range(1, 9)}
    return {each.name: each for each in load_scenarios([output], identities)}, said


def exchange(method: str, path: str, status: int = 200, **more: Any) -> dict[str, Any]:
    """One entry: `sends` and `answers` are JSON, `headers` those of the request."""
    request: dict[str, Any] = {
        "method": method,
        "url": f"http://shop.test{path}",
        "headers": [{"name": k, "value": v} for k, v in more.get("headers", {}).items()],
    }
    if "sends" in more:
        text = json.dumps(more["sends"])
        request["postData"] = {"mimeType": "application/json", "text": text}
    content = {"mimeType": "application/json", "text": json.dumps(more.get("answers"))}
    return {"request": request, "response": {"status": status, "content": content}}


def recording(tmp_path: Path, *entries: dict[str, Any]) -> Path:
    path = tmp_path / "r.har"
    path.write_text(json.dumps({"log": {"entries": entries}}))
    return path


def test_chrome(tmp_path: Path) -> None:
    found, said = imported(RECORDINGS / "chrome.har", tmp_path / "s.yaml")
    assert list(found) == [
        "POST /api/orders",
        "POST /api/orders/{order}/items",
        "PATCH /api/orders/{order}/items/{item}",
        "POST /api/orders/{order}/payment",
        "DELETE /api/payments/{payment}",
        "PUT /api/settings/{setting}",
    ]
    order = found["POST /api/orders"]
    assert [each.operation.id for each in order.arrangement] == ["GET /api/products"]
    assert order.arrangement[0].query == {"page": "1"}
    assert order.arrangement[0].extracts == (Extract("product", "$.items[1].id"),)
    assert order.act.json == {
        "product_id": "{product}",
        "quantity": 2,
        "note": "for {{name}}",
        "retry": True,
    }
    assert order.act.headers == {"Idempotency-Key": "{uuid}", "X-Tenant": "north"}
    assert order.act.identity == "user1"
    for line in (
        "other origins: 1",
        "preflights: 1",
        "static assets: 2",
        "WebSockets: 1",
        "refused by the service: 1",
        "without an answer: 1",
        "repeats of an act that is imported: 1",
        "entry 16 is left out: a form with a file",
        "setting = 3 (entry 15): it must be seeded",
    ):
        assert line in said


def test_what_a_request_needs_comes_before_it_and_nothing_else(tmp_path: Path) -> None:
    found, _ = imported(RECORDINGS / "chrome.har", tmp_path / "s.yaml")
    payment = found["POST /api/orders/{order}/payment"]
    assert [each.operation.id for each in payment.arrangement] == [
        "GET /api/products",
        "POST /api/orders",
        "POST /api/orders/{order}/items",
    ]
    assert payment.arrangement[1].json["product_id"] == "{product}"
    assert payment.act.json == {"amount": "28.50", "order": "{order}", "see": "item/{item}"}
    assert payment.arrangement[2].extracts == (Extract("item", "$.ref"),)
    assert found["DELETE /api/payments/{payment}"].act.identity == "user2"
    assert found["PUT /api/settings/{setting}"].arrangement == ()


def test_a_login_is_configuration(tmp_path: Path) -> None:
    _, said = imported(RECORDINGS / "chrome.har", tmp_path / "s.yaml")
    assert (
        'login = { operation = "POST /api/login", body = { username = "alice", password = '
        '"{env.USER1_PASSWORD}" }, token = "$.access_token" }' in said
    )
    assert '[identities.user2]\nbearer = "{env.USER2_TOKEN}"' in said


def test_firefox(tmp_path: Path) -> None:
    found, said = imported(RECORDINGS / "firefox.har", tmp_path / "s.yaml")
    put = found["PUT /api/notebooks/{notebook}/"]
    assert put.arrangement[0].extracts == (
        Extract("notebook", "$.slug"),
        Extract("etag", "header:ETag"),
    )
    assert put.act.headers == {"If-Match": "{etag}"}
    assert put.act.json == {"slug": "{notebook}", "title": "Trips"}
    note = found["POST /notes/new"].act
    assert note.form == {"notebook": "{notebook}", "text": "hello there", "tag": ["a", "b"]}
    assert note.expect == (302,)
    assert note.identity == "user1"
    assert 'form = { username = "carol@example.com", password = "{env.USER1_PASSWORD}" } }' in said
    assert "tokens against forgery are not written, in 4 requests" in said


@pytest.mark.parametrize("name", ["chrome.har", "firefox.har"])
def test_no_secret_is_written_or_said_and_the_result_is_the_same_each_time(
    tmp_path: Path, name: str
) -> None:
    _, said = imported(RECORDINGS / name, tmp_path / "s.yaml")
    text = (tmp_path / "s.yaml").read_text()
    assert not [each for each in SECRETS if each in text + said]
    elsewhere = tmp_path / "elsewhere" / "s.yaml"
    _, again = imported(RECORDINGS / name, elsewhere)
    assert elsewhere.read_text() == text
    assert again.replace("elsewhere/", "") == said


def test_a_small_number_is_no_reference_by_chance(tmp_path: Path) -> None:
    file = recording(
        tmp_path,
        exchange("GET", "/products", answers=[{"id": 2, "stock": 2}]),
        exchange("POST", "/orders", 201, sends={"quantity": 2, "flag": True}, answers={"id": 1}),
    )
    found, _ = imported(file, tmp_path / "s.yaml")
    assert found["POST /orders"].arrangement == ()
    assert found["POST /orders"].act.json == {"quantity": 2, "flag": True}


def test_what_a_read_only_repeats_is_no_source(tmp_path: Path) -> None:
    file = recording(
        tmp_path,
        exchange("GET", "/orders/17", answers={"id": 17}),
        exchange("POST", "/orders/17/close", answers={}),
    )
    found, said = imported(file, tmp_path / "s.yaml")
    assert found["POST /orders/{order}/close"].arrangement == ()
    assert found["POST /orders/{order}/close"].act.path_parameters == {"order": "17"}
    assert "order = 17 (entry 1): it must be seeded" in said


def test_a_reference_keeps_the_type_that_a_body_had(tmp_path: Path) -> None:
    file = recording(
        tmp_path,
        exchange("POST", "/orders", answers={"id": 17}),
        exchange("POST", "/bills", sends={"order_id": "17"}),
        exchange("POST", "/notes", sends={"order_id": 17}),
    )
    found, _ = imported(file, tmp_path / "s.yaml")
    assert found["POST /bills"].act.json == {"order_id": "17"}
    assert found["POST /notes"].act.json == {"order_id": "{order}"}


def test_requests_whose_credentials_were_stripped_are_those_of_the_login(tmp_path: Path) -> None:
    file = recording(
        tmp_path,
        exchange("POST", "/register", sends={"email": "a@b.example", "password": "first-pass-1"}),
        exchange("POST", "/login", sends={"user": "a", "password": "x"}, answers={"token": "t.1"}),
        exchange("POST", "/orders", sends={"n": 1}),
    )
    found, said = imported(file, tmp_path / "s.yaml")
    assert found["POST /register"].act.identity is None
    assert found["POST /register"].act.json["password"] == "Made-Up-Secret-1"
    assert found["POST /orders"].act.identity == "user1"
    assert "the recorder left credentials out" in said


def test_a_renewed_token_and_one_of_the_same_subject_are_one_identity(tmp_path: Path) -> None:
    def bearer(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    old, new = "old-token-0123456789", "new-token-0123456789"
    file = recording(
        tmp_path,
        exchange("POST", "/a", headers=bearer(old)),
        exchange("GET", "/auth/refresh", headers=bearer(old), answers={"access_token": new}),
        exchange("POST", "/b", headers=bearer(new)),
        exchange("POST", "/c", headers=bearer("e30.eyJzdWIiOiJ6In0.aaaaaaaa")),
        exchange("POST", "/d", headers=bearer("e30.eyJzdWIiOiJ6In0.bbbbbbbb")),
        exchange("POST", "/e", headers={"Authorization": "Basic em9lOmhpZGRlbi1vbmU="}),
        exchange("POST", "/f", headers={"X-API-Key": "key-0123456789"}),
        exchange("POST", "/g", headers={"Cookie": "theme=dark; sessionid=s-0123456789"}),
    )
    found, said = imported(file, tmp_path / "s.yaml")
    assert [each.act.identity for each in found.values()] == [
        *("user1", "user1", "user2", "user2", "user3", "user4", "user5")
    ]
    assert 'basic = { username = "zoe", password = "{env.USER3_PASSWORD}" }' in said
    assert 'header = { name = "X-API-Key", value = "{env.USER4_TOKEN}" }' in said
    assert 'header = { name = "Cookie", value = "{env.USER5_TOKEN}" }' in said
    assert not [each for each in (old, new, "hidden-one", "key-01", "s-01") if each in said]


def test_base_is_the_root_of_the_service(tmp_path: Path) -> None:
    file = recording(
        tmp_path, exchange("POST", "/shop/orders"), exchange("POST", "/other"), exchange("GET", "/")
    )
    found, said = imported(file, tmp_path / "s.yaml", base="http://SHOP.test:80/shop/")
    assert list(found) == ["POST /orders"]
    assert "other origins: 2" in said
    with pytest.raises(ConfigurationError, match="'shop' is no address"):
        list(import_file(file, base="shop"))


def test_what_only_looks_like_a_secret_stays(tmp_path: Path) -> None:
    login = {"user": "a", "password": "password"}
    words = {"password": "password", "plan": "Basic membership", "note": "a password"}
    file = recording(
        tmp_path,
        exchange("POST", "/login", sends=login, answers={"token": "t.1"}),
        exchange("POST", "/plans", sends=words),
    )
    found, _ = imported(file, tmp_path / "s.yaml")
    assert found["POST /plans"].act.json == {
        "password": "Made-Up-Secret-1",
        "plan": "Basic membership",
        "note": "a Made-Up-Secret-1",
    }


def test_a_copy_of_the_browser_is_not_expected(tmp_path: Path) -> None:
    cached = exchange("GET", "/notes/5", 304)
    cached["response"]["headers"] = [{"name": "ETag", "value": '"v7"'}]
    file = recording(tmp_path, cached, exchange("PUT", "/notes/5", headers={"If-Match": '"v7"'}))
    found, _ = imported(file, tmp_path / "s.yaml")
    (read,) = found["PUT /notes/{note}"].arrangement
    assert read.expect == ()
    assert read.extracts == (Extract("etag", "header:ETag"),)


def test_a_query_of_graphql_is_no_act(tmp_path: Path) -> None:
    file = recording(
        tmp_path,
        exchange("POST", "/graphql", sends={"query": "query { me {id} }"}),
        exchange("POST", "/graphql", sends={"query": "mutation { pay {id} }"}),
    )
    found, _ = imported(file, tmp_path / "s.yaml")
    assert [each.act.json for each in found.values()] == [{"query": "mutation { pay {{id}} }"}]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"log": {"entries": [', "line 1, column 22: no JSON"),
        ("[" * 5000 + "]" * 5000, "nested deeper than 100"),
        ('{"a":' * 150 + "1" + "}" * 150, "nested deeper than 100"),
        ('{"log": {"entries": [{"time": NaN}]}}', "NaN is no JSON number"),
        ('{"log": {"entries": [7]}}', r"log.entries\[0\]: expected an object, found a number"),
        ('{"log": {"entries": [{"request": {"url": "x y"}}]}}', r"request.url: no URL"),
        ('{"log": {"entries": []}}', "holds no request"),
        ('{"openapi": "3.1.0"}', "no file of the format har or postman"),
    ],
)
def test_a_malformed_file_is_refused_with_its_place(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "bad.har"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=problem) as refused:
        list(import_file(path, output=tmp_path / "s.yaml"))
    assert refused.value.hint
    assert not (tmp_path / "s.yaml").exists()


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seamproof.discovery.importers.har.MAX_ENTRIES", 2)
    file = recording(tmp_path, *[exchange("POST", "/a")] * 3)
    with pytest.raises(ConfigurationError, match=r"log\.entries: more than 2 entries"):
        list(import_file(file))


def test_too_large_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seamproof.discovery.importers.source.MAX_BYTES", 10)
    with pytest.raises(ConfigurationError, match="more than 0 MiB"):
        list(import_file(recording(tmp_path, exchange("POST", "/a"))))


def test_names_and_texts_of_the_target_are_only_text(tmp_path: Path) -> None:
    odd = {"<<": "*x", "a: b": "# no", "=": "\x1b[2J\ud800"}
    file = recording(
        tmp_path,
        exchange(
            "POST", "/a\n  - act: {}", sends={"<<": "*x", "a: b": "# no", "=": "\x1b[2J\ud800"}
        ),
        exchange("POST", "/{id}/x", sends={"{uuid}": "{g0}", "null": None, "on": "off", "n": 1e30}),
        exchange("POST", "/b", sends={"deep": [[[["2024-01-01"]]]], "long": "line\nline\n"}),
    )
    found, _ = imported(file, tmp_path / "s.yaml")
    first, second, third = (each.act for each in found.values())
    assert first.json == odd
    assert second.operation.path == "/%7Bid%7D/x"
    assert second.json == {"{{uuid}}": "{{g0}}", "null": None, "on": "off", "n": 1e30}
    assert third.json == {"deep": [[[["2024-01-01"]]]], "long": "line\nline\n"}


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    output = tmp_path / "s.yaml"
    output.write_text("mine")
    with pytest.raises(ConfigurationError, match="is there already"):
        list(import_file(RECORDINGS / "chrome.har", output=output))
    assert output.read_text() == "mine"
    list(import_file(RECORDINGS / "chrome.har", output=output, force=True))
    assert "POST /api/orders" in output.read_text()


def test_entries_are_taken_in_the_order_of_their_times(tmp_path: Path) -> None:
    made = exchange("POST", "/orders", answers={"id": 9}) | {
        "startedDateTime": "2026-01-01T10:00:00+01:00"
    }
    closed = exchange("POST", "/orders/9/close") | {"startedDateTime": "2026-01-01T09:30:00Z"}
    found, _ = imported(recording(tmp_path, closed, made), tmp_path / "s.yaml")
    assert len(found["POST /orders/{order}/close"].arrangement) == 1


def test_an_arrangement_that_is_too_long_is_left_out_and_said(tmp_path: Path) -> None:
    steps = [
        exchange("POST", f"/orders/9/{chr(97 + at // 26)}{chr(97 + at % 26)}") for at in range(60)
    ]
    found, said = imported(recording(tmp_path, *steps), tmp_path / "s.yaml")
    assert len(found) == 51
    assert "acts that need more than 50 requests before them: 9" in said


def test_names_are_unlike_those_in_the_other_files_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    sent = exchange("POST", "/notes", 201, sends={"text": "a"}, answers={"id": 1})
    recorded = recording(tmp_path, sent)
    for name in ("one", "two", "two"):
        list(import_file(recorded, output=folder / f"{name}.yaml", force=True))
    (folder / "by-hand.yaml").write_text("{act: {operation: GET /notes}, name: mine}\n")
    (folder / "broken.yaml").write_text("scenarios: [")
    list(import_file(recorded, output=folder / "three.yaml"))
    files = [folder / f"{name}.yaml" for name in ("by-hand", "one", "two", "three")]
    names = [each.name for each in load_scenarios(files, ())]
    assert names == ["mine", "POST /notes", "POST /notes (2)", "POST /notes (3)"]
