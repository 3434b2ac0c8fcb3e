"""What passed the inbound proxy, to scenarios."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from seamproof.core.history import Request, Response
from seamproof.core.model import Scenario
from seamproof.discovery.importers import filing, proxied
from seamproof.discovery.importers.composing import compose
from seamproof.discovery.importers.proxied import Passed, traffic_of
from seamproof.discovery.importers.traffic import Imported, Surroundings
from seamproof.discovery.scenarios import load_scenarios
from seamproof.run.experiment import requests

JSON = ("Content-Type", "application/json")


def passed(method: str, target: str, status: int = 200, **more: Any) -> Passed:
    """`sends` and `answers` are JSON; `changed` says whether the request had an effect."""
    body = json.dumps(more["sends"]).encode() if "sends" in more else b""
    answered = more.get("raw") or json.dumps(more.get("answers")).encode()
    return Passed(
        Request(method, target, (JSON, *more.get("headers", ())), body),
        Response(status, (JSON, *more.get("returns", ())), answered),
        more.get("changed", False),
    )


ORDER = passed("POST", "/orders", 201, sends={"n": 2}, answers={"id": 17}, changed=True)


def composed(*all_passed: Passed, around: Surroundings | None = None) -> Imported:
    traffic = traffic_of(all_passed, "http://127.0.0.1:1")
    return compose(traffic, around) if around else compose(traffic)


def names(imported: Imported) -> list[str]:
    return [each.name for each in imported.scenarios]


def test_what_changed_something_and_what_was_read_are_acts() -> None:
    imported = composed(
        ORDER,
        passed("POST", "/quotes", sends={"n": 2}, answers={"id": 99}),
        passed("GET", "/orders/17", answers={"id": 17}),
    )
    assert names(imported) == ["POST /orders", "GET /orders/{order}"]
    assert "changed nothing, and so is no act: POST /quotes (request 2)" in imported.traffic.notes


def test_what_changed_nothing_is_arranged_where_its_answer_is_needed() -> None:
    imported = composed(
        passed("POST", "/quotes", sends={"n": 2}, answers={"id": 99}),
        passed("POST", "/orders", 201, sends={"quote_id": 99}, changed=True),
    )
    (scenario,) = imported.scenarios
    assert [each.operation.id for each in scenario.arrangement] == ["POST /quotes"]
    assert scenario.act.json == {"quote_id": "{quote}"}


def test_a_read_that_changes_something_comes_before_what_is_done_to_the_same_thing() -> None:
    imported = composed(
        passed("GET", "/carts/7/open", answers={}, changed=True),
        passed("DELETE", "/carts/7", changed=True),
    )
    assert names(imported) == ["GET /carts/{cart}/open", "DELETE /carts/{cart}"]


def test_what_is_no_operation_is_left_out_and_counted() -> None:
    imported = composed(
        ORDER,
        passed("OPTIONS", "/orders", 204),
        passed("GET", "/app.js"),
        passed("GET", "/live", 101),
        passed("GET", "/nothing", 404),
        Passed(Request("GET", "/slow"), None, changed=False),
        Passed(
            Request("GET", "/events"),
            Response(200, (("Content-Type", "text/event-stream; charset=utf-8"),)),
            changed=False,
        ),
    )
    assert imported.traffic.left_out == {
        "preflights": 1,
        "static assets": 1,
        "WebSockets": 1,
        "refused by the service": 1,
        "without an answer": 1,
        "streams of events": 1,
    }


def test_a_compressed_answer_gives_values_too() -> None:
    squeezed = gzip.compress(b'{"id": 17}')
    first = passed(
        "POST", "/orders", 201, raw=squeezed, returns=[("Content-Encoding", "gzip")], changed=True
    )
    imported = composed(first, passed("GET", "/orders/17"))
    assert imported.scenarios[-1].act.path_parameters == {"order": "{order}"}


@pytest.mark.parametrize(
    "answer",
    [
        {"raw": gzip.compress(b'{"id": 17}')[:-4], "returns": [("Content-Encoding", "gzip")]},
        {"raw": b"\x00no gzip", "returns": [("Content-Encoding", "gzip")]},
        {"raw": b'{"id": 17}', "returns": [("Content-Encoding", "br")]},
        {"raw": b'{"id": 1'},
        {"raw": b"[" * 100_000},
    ],
    ids=["cut short", "no gzip", "unknown", "no JSON", "deep"],
)
def test_an_answer_that_cannot_be_read_gives_nothing(answer: dict[str, Any]) -> None:
    imported = composed(passed("POST", "/orders", 201, changed=True, **answer))
    assert names(imported) == ["POST /orders"]


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxied, "MOST_UNPACKED", 1000)
    bomb = gzip.compress(json.dumps({"id": 17, "pad": "x" * 100_000}).encode())
    first = passed(
        "POST", "/orders", 201, raw=bomb, returns=[("Content-Encoding", "gzip")], changed=True
    )
    imported = composed(first, passed("GET", "/orders/17"))
    assert imported.scenarios[-1].act.path_parameters == {"order": "17"}


def test_names_and_identities_that_are_there_already(tmp_path: Path) -> None:
    login = {"username": "ann", "password": "wonderland-7"}
    token = [("Authorization", "Bearer " + "t0k3n" * 5)]
    other = [("Authorization", "Bearer " + "0th3r" * 5)]
    imported = composed(
        passed("POST", "/login", sends=login, answers={"token": "t0k3n" * 5}),
        passed("POST", "/orders", 201, sends={"n": 1}, headers=token, changed=True),
        passed("DELETE", "/orders/1", headers=other, changed=True),
        around=Surroundings(
            {"POST /orders"},
            {"ann", "user1"},
            lambda each: "ann" if "signs in" in each.evidence else None,
        ),
    )
    assert names(imported) == ["POST /orders (2)", "DELETE /orders/{order}"]
    assert [each.act.identity for each in imported.scenarios] == ["ann", "user2"]
    assert [each.name for each in imported.traffic.principals] == ["user2"]
    file = tmp_path / "s.yaml"
    file.write_text(filing.document(imported, "Recorded"))
    read: tuple[Scenario, ...] = load_scenarios([file], {"ann", "user1", "user2"})
    assert [each.name for each in read] == names(imported)
    assert "wonderland-7" not in file.read_text()


def test_what_an_answer_only_repeats_is_not_given_by_it() -> None:
    sold = {"sends": {"product_id": 2}, "answers": {"id": 17, "product_id": 2}, "changed": True}
    imported = composed(
        passed("POST", "/orders", 201, **sold),
        passed("POST", "/reviews", 201, sends={"product_id": 2}, changed=True),
    )
    assert [len(each.arrangement) for each in imported.scenarios] == [0, 0]


def test_what_a_client_knew_before_is_not_given_by_a_later_read() -> None:
    imported = composed(
        passed("POST", "/orders", 201, sends={"product_id": 2}, answers={"id": 17}, changed=True),
        passed("GET", "/orders/17", answers={"id": 17, "product_id": 2, "shop_id": 5}),
        passed("POST", "/reviews", 201, sends={"product_id": 2, "shop_id": 5}, changed=True),
    )
    review = imported.scenarios[-1]
    assert review.act.json == {"product_id": 2, "shop_id": "{shop}"}


def test_a_key_that_the_client_has_chosen_is_given() -> None:
    imported = composed(
        passed("POST", "/lists", 201, sends={"slug": "a"}, answers={"slug": "a"}, changed=True),
        passed("DELETE", "/lists/a", changed=True),
    )
    assert names(imported) == ["POST /lists", "DELETE /lists/{list}"]
    assert len(imported.scenarios[-1].arrangement) == 1


def test_who_shows_no_credential_is_nobody() -> None:
    login = {"username": "ann", "password": "wonderland-7"}
    imported = composed(
        passed("POST", "/login", sends=login, answers={"token": "t0k3n" * 5}), ORDER
    )
    assert [each.act.identity for each in imported.scenarios] == [None]
    assert imported.traffic.notes == ()


def test_braces_that_were_sent_are_sent_again(tmp_path: Path) -> None:
    guid = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    sent = {"template": "Dear {name}, {{unsubscribe}}", "of": f"{{{guid}}}", "{odd}": 1}
    imported = composed(
        passed("POST", "/lists", 201, answers={"id": guid}, changed=True),
        passed("POST", "/mails", 201, sends=sent, changed=True),
    )
    file = tmp_path / "s.yaml"
    file.write_text(filing.document(imported, "Recorded"))
    *_, mail = load_scenarios([file], set())
    assert len(mail.arrangement) == 1
    resolved = requests.resolve(mail.act.json, requests.Bindings({"list": "L", "value": "L"}))
    assert resolved == sent | {"of": "{L}"}
