"""A fake of an external service as a real client sees it, with http.client."""

from __future__ import annotations

import http.client
import json
import socket
import threading

import pytest

from seamproof.core.errors import Bug
from seamproof.core.experiment import (
    INTERRUPTIONS,
    BoundaryKind,
    CrossingKey,
    Fault,
    FaultKind,
)
from seamproof.core.history import CrossingKind

CHARGES = "POST payments /charges"


def key(shape=CHARGES, occurrence=1):
    return CrossingKey(shape, occurrence, BoundaryKind.HTTP_OUT)


def connect(stub):
    return http.client.HTTPConnection("127.0.0.1", stub.port, timeout=5)


def ask(connection, method="POST", target="/charges", body=None, **headers):
    """The status and the body as it was read. Raises what the client raises."""
    data = None if body is None else json.dumps(body)
    connection.request(method, target, data, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    return answer.status, answer.read()


def background(function, *arguments):
    """Run this in a thread, and return a list that its result comes into."""
    results = []

    def run():
        try:
            results.append(function(*arguments))
        except OSError as error:
            results.append(error)

    threading.Thread(target=run, daemon=True).start()
    return results


def test_a_call_is_answered_and_recorded(stub):
    stub.begin()
    connection = connect(stub)
    status, body = ask(connection, body={"amount": 250, "key": "k-1"}, Authorization="Bearer x")
    answer = json.loads(body)
    assert (status, answer["amount"], answer["key"]) == (201, 250, "k-1")
    (call,) = stub.crossings()
    assert (call.key, call.kind, call.replica) == (key(), CrossingKind.CALL, 3)
    assert call.statement == "POST http://payments/charges"
    assert call.tag == "201"
    assert 0 < call.started <= call.ended
    assert json.loads(call.request.body) == {"amount": 250, "key": "k-1"}
    assert ("Authorization", "Bearer x") in call.request.headers
    assert (call.response.status, call.response.body) == (201, body)


def test_a_connection_is_kept_and_calls_are_counted_from_begin(stub):
    connection = connect(stub)
    ask(connection, body={})
    stub.begin()
    ask(connection, body={})
    assert ask(connection, "GET", "/charges/ch_77?expand=a&expand=b") == (200, b'{"id": "ch_77"}')
    ask(connection, body={})
    assert ask(connection, "DELETE", "/charges/5") == (204, b"")
    assert [(each.key.shape, each.key.occurrence) for each in stub.crossings()] == [
        (CHARGES, 1),
        ("GET payments /charges/{id}?expand", 1),
        (CHARGES, 2),
        ("DELETE payments /charges/{id}", 1),
    ]
    assert len({each.connection for each in stub.crossings()}) == 1


def test_a_head_request_and_an_old_client(stub):
    assert ask(connect(stub), "HEAD", "/turns")[0] == 501
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as raw:
        raw.sendall(b"GET /turns HTTP/1.0\r\n\r\n")
        received = b"".join(iter(lambda: raw.recv(4096), b""))
    assert received.endswith(b"\r\n\r\nfirst")


def test_what_is_sent_ahead_is_answered_in_order(stub):
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as raw:
        ahead = b"".join(
            b"GET /%s HTTP/1.1\r\nHost: x\r\nConnection: %s\r\n\r\n" % pair
            for pair in ((b"slow", b"keep-alive"), (b"turns", b"keep-alive"), (b"turns", b"close"))
        )
        raw.sendall(ahead)
        received = b"".join(iter(lambda: raw.recv(4096), b""))
    places = [received.index(word) for word in (b"late", b"first", b"later")]
    assert places == sorted(places)


def test_a_client_that_sends_without_end_is_cut_off(stub):
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 20_000)
        assert raw.recv(65536).startswith(b"HTTP/1.1 431 ")
    assert stub.quiet()
    assert stub.crossings() == ()


def test_replies_and_ids_start_anew_with_each_experiment(stub):
    def turns():
        return [ask(connection, "GET", "/turns")[1] for _ in range(3)]

    def charge():
        return json.loads(ask(connection, body={"amount": 1})[1])["id"]

    connection = connect(stub)
    stub.begin(epoch=1.0)
    first, ids = turns(), [charge(), charge()]
    assert first == [b"first", b"later", b"later"]
    assert ids[0] != ids[1]
    stub.begin(epoch=1.0)
    assert turns() == [b"later"] * 3, "a phase goes on where the one before ended"
    assert charge() == ids[0], "a repeated call is known again"
    stub.loop.call(stub.boundary.forget)
    arranged = charge()
    stub.begin(epoch=2.0)
    assert turns() == first
    assert [charge(), charge()] == ids
    assert arranged not in ids, "what the arrangement stored is there when the act runs"


def test_an_unknown_call_is_told_of_with_its_nearest(stub, unfaked):
    stub.begin()
    status, body = ask(connect(stub), "POST", "/charge/12?dry=1")
    problem = json.loads(body)
    assert (status, problem["status"]) == (501, 501)
    assert "the nearest is POST /charges" in problem["detail"]
    (told,) = unfaked
    assert (told.shape, told.stub) == ("POST payments /charge/{}?dry", "payments")
    (call,) = stub.crossings()
    assert (call.key.shape, call.tag) == (told.shape, "501")


def test_a_held_call_waits_before_anything_is_done(stub):
    stub.begin()
    held = stub.loop.call(stub.boundary.hold, key())
    results = background(ask, connect(stub), "POST", "/charges", {"amount": 1})
    stub.loop.run(held.reached())
    assert ask(connect(stub), "GET", "/turns")[0] == 200, "another call is not held"
    (call, _) = stub.crossings()
    assert (call.ended, call.response, stub.pending()) == (None, None, 0)
    stub.loop.call(held.release)
    stub.until(lambda _: results)
    assert results[0][0] == 201
    assert ask(connect(stub), body={})[0] == 201, "it holds one call"


def test_a_held_call_is_done_although_its_client_has_left(stub):
    stub.begin(epoch=1.0)
    held = stub.loop.call(stub.boundary.hold, None)
    connection = connect(stub)
    connection.request("GET", "/turns")
    stub.loop.run(held.reached())
    connection.close()
    stub.until(lambda seen: not seen.loop.call(lambda: seen.boundary._links))
    stub.loop.call(held.release)
    (call,) = stub.crossings()
    assert (call.tag, call.ended, call.response) == ("200", None, None)
    assert ask(connect(stub), "GET", "/turns")[1] == b"later"


def test_begin_lets_go_what_is_held(stub):
    stub.begin()
    held = stub.loop.call(stub.boundary.hold, None)
    results = background(ask, connect(stub), "POST", "/charges", {"amount": 1})
    stub.loop.run(held.reached())
    stub.begin()
    stub.until(lambda _: results)
    assert results[0][0] == 201
    assert stub.crossings() == ()


def test_a_pause_keeps_new_calls_back(stub):
    stub.begin()
    connection = connect(stub)
    slow = background(ask, connect(stub), "GET", "/slow")
    stub.until(lambda seen: seen.pending())
    stub.loop.call(stub.boundary.pause)
    results = background(ask, connection, "GET", "/turns")
    assert stub.quiet()
    stub.until(lambda _: slow)
    assert slow == [(200, b"late")], "what is under way is answered"
    assert not results
    stub.begin()
    assert stub.crossings() == ()
    stub.loop.call(stub.boundary.resume)
    stub.until(lambda _: results)
    assert [each.key.shape for each in stub.crossings()] == ["GET payments /turns"]


def test_a_delayed_answer_is_under_way_until_it_comes(stub):
    stub.begin()
    results = background(ask, connect(stub), "GET", "/slow")
    stub.until(lambda seen: seen.pending())
    assert stub.quiet()
    (call,) = stub.crossings()
    assert call.ended is not None
    stub.until(lambda _: results)
    assert results == [(200, b"late")]


def test_a_client_that_leaves_a_delayed_call_ends_it(stub):
    stub.begin()
    connection = connect(stub)
    connection.request("GET", "/slow")
    stub.until(lambda seen: seen.pending())
    connection.close()
    stub.until(lambda seen: not seen.pending())
    (call,) = stub.crossings()
    assert (call.ended, call.response) == (None, None)


FAULTS = {
    FaultKind.CUT: (ConnectionResetError, None),
    FaultKind.REFUSED: (ConnectionResetError, None),
    FaultKind.REPLY_LOST: (ConnectionResetError, "201"),
    FaultKind.TRUNCATED: (http.client.IncompleteRead, "201"),
}


@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
@pytest.mark.parametrize("kind", FAULTS)
def test_a_lost_connection(stub, kind, kept):
    raised, tag = FAULTS[kind]
    connection = connect(stub)
    if kept:
        ask(connection, "GET", "/turns")
    fault = Fault(kind, key())
    stub.begin(fault)
    with pytest.raises(raised):
        ask(connection, body={"amount": 1, "padding": "x" * 5000})
    connection.close()
    (call,) = stub.crossings()
    assert (call.fault, call.tag, call.ended, call.response) == (fault, tag, None, None)
    assert stub.reached() == (fault,)
    assert stub.quiet()
    assert ask(connection, body={})[0] == 201


def test_a_call_that_is_done_counts_and_one_that_is_not_does_not(stub):
    shape = "GET payments /turns"
    connection = connect(stub)
    for kind, then in ((FaultKind.CUT, b"first"), (FaultKind.REPLY_LOST, b"later")):
        stub.begin(Fault(kind, key(shape)))
        with pytest.raises(ConnectionResetError):
            ask(connection, "GET", "/turns")
        connection.close()
        assert ask(connection, "GET", "/turns")[1] == then


def test_an_error_is_the_configured_one_or_a_problem(stub):
    connection = connect(stub)
    stub.begin(Fault(FaultKind.ERROR, key(), status=402), Fault(FaultKind.ERROR, key(CHARGES, 2)))
    assert ask(connection, body={}) == (402, b'{"error": "card_declined"}')
    status, body = ask(connection, body={})
    assert (status, json.loads(body)["title"]) == (503, "Service Unavailable")
    assert ask(connection, body={})[0] == 201
    first, second, _ = stub.crossings()
    assert (first.tag, first.response.status, first.fault.status) == ("402", 402, 402)
    assert second.tag == "503"
    assert second.ended is not None


@pytest.mark.parametrize("kind", sorted(INTERRUPTIONS))
def test_what_befalls_the_client_is_no_fault_of_a_call(stub, kind):
    with pytest.raises(Bug, match="nothing that a call can meet"):
        stub.begin(Fault(kind, key()))


def test_a_fault_of_a_statement_is_another_boundarys(stub):
    stub.begin(Fault(FaultKind.CUT, CrossingKey(CHARGES)))
    assert ask(connect(stub), body={})[0] == 201
    assert stub.reached() == ()


def test_a_tainted_answer_says_what_nobody_expects(stub):
    said = {"id": "' or true"}
    fault = Fault(FaultKind.TAINTED, key(), place="$.id", text=said["id"])
    stub.begin(fault)
    connection = connect(stub)
    plain = ask(connection, body={})
    assert plain[0] == 201
    (call,) = stub.crossings()
    assert json.loads(call.response.body)["id"] == said["id"]
    assert stub.reached() == (fault,)
    assert ask(connection, body={})[1] != plain[1]


def test_a_malformed_answer_claims_success(stub):
    fault = Fault(FaultKind.MALFORMED, key())
    stub.begin(fault)
    connection = connect(stub)
    connection.request("POST", "/charges", "{}")
    answer = connection.getresponse()
    body = answer.read()
    assert (answer.status, answer.getheader("Content-Type")) == (201, "application/json")
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(body)
    (call,) = stub.crossings()
    assert (call.tag, call.response.body) == ("201", body)
    assert ask(connection, body={})[0] == 201


def test_a_stalled_call_waits_until_the_client_leaves(stub):
    fault = Fault(FaultKind.STALL, key())
    stub.begin(fault)
    connection = http.client.HTTPConnection("127.0.0.1", stub.port, timeout=0.2)
    with pytest.raises(TimeoutError):
        ask(connection, body={})
    assert stub.pending() == 1
    assert not stub.quiet(limit=0.01)
    connection.close()
    assert stub.quiet()
    (call,) = stub.crossings()
    assert (call.fault, call.tag, call.ended, call.response) == (fault, None, None, None)
    assert stub.reached() == (fault,)
    assert ask(connection, body={})[0] == 201


def test_a_stalled_call_that_is_released_is_answered_late(stub):
    stub.begin(Fault(FaultKind.STALL, key()))
    results = background(ask, connect(stub), "POST", "/charges", {"amount": 1})
    stub.until(lambda seen: seen.reached())
    stub.loop.call(stub.boundary.release_stalled)
    stub.until(lambda _: results)
    assert results[0][0] == 201
    (call,) = stub.crossings()
    assert (call.tag, call.response.status) == ("201", 201)


def test_the_next_phase_ends_a_stalled_call(stub):
    stub.begin(Fault(FaultKind.STALL, key()))
    results = background(ask, connect(stub), "POST", "/charges", {"amount": 1})
    stub.until(lambda seen: seen.reached())
    stub.begin()
    stub.until(lambda _: results)
    assert isinstance(results[0], ConnectionResetError)
    assert stub.quiet()


def test_stopping_leaves_no_client_waiting(loop, stub):
    stub.begin(Fault(FaultKind.STALL, key()))
    results = background(ask, connect(stub), "POST", "/charges", {"amount": 1})
    stub.until(lambda seen: seen.reached())
    loop.run(stub.boundary.stop())
    stub.until(lambda _: results)
    assert isinstance(results[0], ConnectionResetError)
    with pytest.raises(ConnectionRefusedError):
        ask(connect(stub))
