"""Whether two answers say the same."""

from __future__ import annotations

from seamproof.analysis.responses import same, volatile_leaves
from seamproof.core.experiment import Act
from seamproof.core.history import Exchange, Request, Response, Silence
from seamproof.core.model import Operation, Step

ACT = Act(Step(Operation("POST", "/orders")))


def answer(body: str, status: int = 200) -> Exchange:
    return Exchange(ACT, Request("POST", "/orders"), 0.0, 1.0, Response(status, (), body.encode()))


def silent(why: Silence) -> Exchange:
    return Exchange(ACT, Request("POST", "/orders"), 0.0, 1.0, silence=why)


def test_times_and_random_names_never_count() -> None:
    one = answer('{"id": "0e984725-c51c-4bf4-9960-e1c80e27aba0", "at": "2026-03-04T05:06:07Z"}')
    two = answer('{"id": "7a984725-c51c-4bf4-9960-e1c80e27aba1", "at": "2026-03-05T05:06:07Z"}')
    assert same(one, two)


def test_values_status_and_order_count() -> None:
    assert not same(answer('{"total": 1}'), answer('{"total": 2}'))
    assert not same(answer("{}", 200), answer("{}", 201))
    assert not same(answer('{"ids": [1, 2]}'), answer('{"ids": [2, 1]}'))
    assert not same(answer('{"paid": null}'), answer('{"paid": "2026-03-04"}'))
    assert not same(answer("plain"), answer("other"))


def test_silences_are_compared_too() -> None:
    assert same(silent(Silence.CLOSED), silent(Silence.CLOSED))
    assert not same(silent(Silence.CLOSED), silent(Silence.TIMEOUT))
    assert not same(silent(Silence.CLOSED), answer(""))


def test_what_equal_requests_differ_in_is_volatile() -> None:
    runs = [answer('{"n": 1, "word": "a"}'), answer('{"n": 1, "word": "b"}')]
    volatile = volatile_leaves(runs)
    assert volatile == {"$.word"}
    assert same(*runs, volatile)
    assert not same(*runs)
    assert volatile_leaves([]) == frozenset()
