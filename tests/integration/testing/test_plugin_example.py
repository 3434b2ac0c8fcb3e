"""The whole of it: rows made, a fake told what to answer, a request as a row that was made."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites import Outcome, run_tests, shop

SOUND = """
import pytest
from seamproof.testing import inserted, updated


@pytest.fixture
def make(make):
    make.defaults("products", price="19.99")
    return make


def order(widget, quantity=3):
    return {"items": [{"product": widget.id, "quantity": quantity}]}


@pytest.mark.parametrize("n", range(2))
def test_order_reserves_stock(api, db, stubs, make, n):
    alice, widget = make.user(), make.product(stock=10)
    stubs.payments.on("POST /charges").reply(201, json={"status": "succeeded"})
    with db.changes() as changed:
        placed = api.as_(alice).post("/orders", json=order(widget)).expect(201)
    assert placed["total"] == "59.97"
    assert changed == {
        "orders": inserted(buyer=alice.id),
        "order_items": inserted(1),
        "products": updated(stock=(10, 7)),
    }
    assert stubs.payments.calls("POST /charges").once.json["amount"] == 5997


def test_a_charge_that_is_refused_leaves_nothing(api, db, stubs, make):
    widget = make.product(stock=10)
    stubs.payments.on("POST /charges").error(503)
    with db.unchanged():
        api.as_("alice").post("/orders", json=order(widget)).expect(502)
    assert stubs.payments.calls().once.status == 503


def test_what_one_test_says_is_forgotten(api, stubs, make):
    assert stubs.payments.calls().none
    api.as_("alice").post("/orders", json=order(make.product(stock=10))).expect(201)


def test_rows_of_another_session(db, make):
    import psycopg
    with psycopg.connect(db.url) as connection:
        connection.execute("INSERT INTO users (name) VALUES ('carol')")
    assert db.count("users") == 3


@pytest.mark.parametrize("n", range(2))
def test_equal_in_each_run(db, make, n):
    assert db.count("users") == 2
    print("made", n, make.user().name)


def test_nothing_answers(api, stubs, make):
    stubs.payments.on("POST /charges", json={"amount": 1}).reply(201)
    stubs.payments.on("POST /charges").reply(lambda asked: 1 / 0)
    api.as_("alice").post("/orders", json=order(make.product(stock=10))).expect(201)
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    folder = shop(tmp_path_factory.mktemp("example") / "shop", test_example=SOUND)
    file = folder / "seamproof.toml"
    named = 'fixtures = ["api", "db", "stubs", "make"]'
    file.write_text(file.read_text().replace('fixtures = ["api", "db"]', named))
    return folder, run_tests(folder, "-p", "randomly", "-rA")


def test_the_example(done: tuple[Path, Outcome]) -> None:
    _, outcome = done
    assert outcome.passed == 7, outcome.text
    assert outcome.of("test_nothing_answers") == "FAILED"


def test_a_failure_shows_what_went_wrong_at_a_fake(done: tuple[Path, Outcome]) -> None:
    _, outcome = done
    assert "fakes     payments: what answers POST /charges raised ZeroDivisionError" in outcome.text


@pytest.mark.long
def test_values_are_equal_in_each_run_and_on_two_workers(done: tuple[Path, Outcome]) -> None:
    folder, outcome = done
    made = sorted(line for line in outcome.text.splitlines() if line.startswith("made "))
    again = run_tests(folder, "-n", "2")
    assert sorted(line for line in again.text.splitlines() if line.startswith("made ")) == made
    assert len(set(made)) == 2


CHARGED = """
import pytest


@pytest.mark.seamproof("rollback")
def test_order(api, stubs, make):
    widget = make.product(stock=10, price="19.99")
    stubs.payments.on("POST /charges").reply(201, json={"status": "succeeded"}).times(1)
    body = {"items": [{"product": widget.id, "quantity": 3}]}
    api.as_(make.user()).post("/orders", json=body).expect(201)
"""


@pytest.mark.long
def test_checks_meet_the_answers_of_the_test(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_charged=CHARGED)
    file = folder / "seamproof.toml"
    text = file.read_text().replace('["api", "db"]', '["api", "db", "stubs", "make"]')
    # Nothing else answers: without the test's own rule the act is answered otherwise.
    file.write_text(text.replace('"POST /charges"', '"POST /refunds"'))
    done = run_tests(folder)
    assert done.of("test_order") == "PASSED", done.text
    assert done.of("test_order::rollback") == "FAILED", done.text
    assert "uncompensated-call  POST /orders" in done.text
