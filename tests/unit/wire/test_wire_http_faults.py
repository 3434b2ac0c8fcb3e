from __future__ import annotations

import json

import pytest

from seamproof.core.history import Response
from seamproof.wire.http.conversation import Conversation
from seamproof.wire.http.faults import malformed, tainted, truncated


def sent(response: Response) -> bytes:
    conversation = Conversation()
    conversation.receive(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    return conversation.answer(response).to_client


def test_a_body_is_cut_in_its_middle_and_its_length_is_not() -> None:
    response = Response(200, (), b'{"id": "abcdef"}')
    cut = truncated(sent(response), response.body)
    head, _, body = cut.partition(b"\r\n\r\n")
    assert b"16" in head
    assert body == b'{"id": "'


def test_an_answer_without_a_body_is_cut_in_its_head() -> None:
    whole = sent(Response(204))
    cut = truncated(whole, b"")
    assert whole.startswith(cut)
    assert b"\r\n\r\n" not in cut


@pytest.mark.parametrize(
    ("response", "status", "kind"),
    [
        (Response(201, (("content-type", "application/json"),), b"{}"), 201, "application/json"),
        (Response(200, (("Content-Type", "application/hal+json"),)), 200, "application/hal+json"),
        (Response(200, (("Content-Type", "text/plain"),), b"ok"), 200, "application/json"),
        (Response(204), 200, "application/json"),
        (Response(402, (), b"{}"), 200, "application/json"),
    ],
    ids=["json", "kind of json", "text", "no content", "refusal"],
)
def test_a_malformed_answer_claims_success_and_json(
    response: Response, status: int, kind: str
) -> None:
    broken = malformed(response)
    assert broken.status == status
    assert [value for name, value in broken.headers if name.lower() == "content-type"] == [kind]
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(broken.body)


def test_a_tainted_answer_has_another_text_at_one_place_or_at_each() -> None:
    body = b'{"id": "a", "items": [{"id": "b", "n": 1}, {"id": "c"}]}'
    response = Response(200, (), body)
    assert json.loads(tainted(response, "$.items[].id", "x").body) == {
        "id": "a",
        "items": [{"id": "x", "n": 1}, {"id": "x"}],
    }
    everywhere = tainted(response, "", "x").body
    assert everywhere.count(b'"x"') == 3
    assert tainted(Response(200, (), b"no JSON"), "", "x").body == b"no JSON"
