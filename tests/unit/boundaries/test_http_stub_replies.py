"""Which reply a fake chooses, and which ids it gives."""

from __future__ import annotations

import json

import pytest

from seamproof.boundaries.http_stub import Reply, Route, Stage, Stub, StubState
from seamproof.core.history import Request
from seamproof.core.model import Operation

ROUTES = (
    Route(Operation("GET", "/customers/{id}"), (Reply(json={"id": "{request.path.id}"}),)),
    Route(Operation("GET", "/customers/me"), (Reply(text="me"),)),
    Route(
        Operation("POST", "/charges"),
        (Reply(201, json={"id": "{uuid}", "n": "{number}"}),),
        {402: Reply(402, {"X-Code": "{request.json.card}"}, {"error": "declined", "at": "{now}"})},
    ),
)


def stub(state: StubState | None = None) -> Stub:
    return Stub("shop", ROUTES, state or StubState())


def post(target: str = "/charges", **body: object) -> Request:
    return Request("POST", target, (), json.dumps(body).encode())


def charged(one: Stub, **body: object) -> tuple[str, int]:
    found = one.reply(post(**body))
    assert found is not None
    answer = json.loads(found[0].body)
    return answer["id"], answer["n"]


def test_the_template_that_leaves_less_open_is_meant() -> None:
    for target, body in (("/customers/me", b"me"), ("/customers/you", b'{"id": "you"}')):
        found = stub().reply(Request("GET", target))
        assert found is not None
        assert found[0].body == body


def test_method_and_whole_path_must_match() -> None:
    for request in (Request("PUT", "/charges"), Request("POST", "/charges/"), post("/v1/charges")):
        assert stub().reply(request) is None


@pytest.mark.parametrize(
    ("request_", "shape"),
    [
        (post("/charges?expand=a&b"), "POST shop /charges?b&expand"),
        (Request("GET", "/customers/c-1"), "GET shop /customers/{id}"),
        (Request("DELETE", "/customers/77"), "DELETE shop /customers/{}"),
    ],
)
def test_a_shape_is_the_template_or_the_path_without_ids(request_: Request, shape: str) -> None:
    assert stub().shape(request_) == shape


def test_the_type_of_a_body_is_said_unless_the_reply_says_another() -> None:
    def kind(reply: Reply) -> list[str]:
        one = Stub("s", (Route(Operation("GET", "/"), (reply,)),), StubState())
        found = one.reply(Request("GET", "/"))
        assert found is not None
        return [value for name, value in found[0].headers if name.lower() == "content-type"]

    assert kind(Reply(json=[])) == ["application/json"]
    assert kind(Reply(text="")) == ["text/plain; charset=utf-8"]
    assert kind(Reply(headers={"content-type": "text/csv"}, text="a")) == ["text/csv"]
    assert kind(Reply()) == []


def test_processes_share_what_a_fake_remembers() -> None:
    state = StubState()
    one, other = stub(state), stub(state)
    assert charged(one, a=1) != charged(other, a=1)


def test_an_equal_call_of_a_later_phase_is_known_again() -> None:
    one = stub()
    one.state.begin(1.0)
    first, second, another = charged(one, a=1), charged(one, a=1), charged(one, a=2)
    assert len({first, second, another}) == 3
    one.state.begin(1.0)
    assert charged(one, a=1) == first
    assert charged(one, a=3) not in {first, second, another}


def test_equal_experiments_get_equal_ids_and_no_stage_those_of_another() -> None:
    def experiment(epoch: float) -> tuple[object, object]:
        one.state.forget()
        arranged = charged(one, a=1)
        one.state.begin(epoch)
        return arranged, charged(one, a=1)

    one = stub()
    started = charged(one, a=1)
    first, second = experiment(1.0), experiment(2.0)
    assert first == second
    seeded = charged(stub(StubState(Stage.PREPARING)), a=1)
    assert len({started, seeded, *first}) == 4


def test_numbers_fit_32_bits() -> None:
    one = stub()
    assert all(0 < charged(one, a=place)[1] < 2**31 for place in range(200))


def test_a_refusal_is_the_configured_one_and_gives_no_id() -> None:
    one, card = stub(), "4000"
    refused = one.error(post(card=card), 402)
    assert (refused.status, dict(refused.headers)["X-Code"]) == (402, card)
    assert json.loads(refused.body)["at"].endswith("Z")
    assert charged(one, card=card) == charged(stub(), card=card)
    for request, status in ((post(), 503), (post("/other"), 402), (post(), 599)):
        problem = json.loads(one.error(request, status).body)
        assert problem["status"] == status
        assert problem["title"]


def test_the_nearest_operation_is_named() -> None:
    assert stub().nearest(post("/charge")) == "POST /charges"
    assert Stub("s", (), StubState()).nearest(post()) == ""
    problem = json.loads(Stub("s", (), StubState()).unknown(post()).body)
    assert problem["detail"] == "no reply of [stubs.s] answers POST s /charges"
