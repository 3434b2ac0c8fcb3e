"""The fixtures, in a fresh project with ten lines of TOML."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import psutil
import pytest
from suites import Outcome, run_tests, shop

SOUND = """
import asyncio
import pytest
from seamproof.testing import inserted, instance, partial, unordered, updated

ORDER = {"items": [{"product": 1, "quantity": 3}]}


@pytest.mark.parametrize("n", range(3))
def test_order_reserves_stock(api, db, n):
    with db.changes() as changed:
        order = api.as_("alice").post("/orders", json=ORDER).expect(201, json=partial({"id": 1}))
    assert order["total"] == "59.97"
    assert changed == {
        "orders": inserted(total="59.97"),
        "order_items": inserted(1),
        "products": updated(stock=(10, 7)),
    }
    assert db.one("SELECT stock FROM products WHERE id = %s", 1) == {"stock": 7}
    assert db.count("orders", buyer=1) == 1
    assert [each["quantity"] for each in db.rows("order_items")] == [3]
    (call,) = api.calls
    assert b"5997" in call.request.body


def test_a_refusal_changes_nothing(api, db):
    with db.unchanged():
        wrong = {"items": [{"product": 1, "quantity": 0}]}
        api.as_("alice").post("/orders", json=wrong).expect_problem(422, field="quantity")
        api.post("/orders", json=ORDER).expect(401)


def test_what_comes_later_is_waited_for(seam):
    with seam.db.changes() as changed:
        seam.api.as_("alice").post("/mails", json={"to": "bob"}).expect(202)
        seam.db.eventually(lambda: seam.db.count("mails", recipient="bob") == 1)
    assert changed == {"mails": inserted(recipient="bob")}
    assert seam.db.count("users") == 2


def test_a_row_of_the_test_itself_goes_away(seam, tmp_path):
    with seam.db.changes() as changed:
        seam.db.execute("INSERT INTO users (name) VALUES (%(name)s)", name="carol")
    assert changed == {"users": inserted(name="carol")}
    assert seam.db.count("users") == 3
    assert "carol" in seam.db.snapshot(tmp_path / "rows.json", "users").read_text()


def test_statements_of_one_request(api):
    api.as_("alice").get("/slow").expect(200)
    assert api.statements == 8
    api.as_("alice").get("/orders").expect(200, json=[])
    assert api.statements <= 2


def test_a_coroutine(seam):
    async def body():
        api = seam.api.as_("alice").aio
        replies = await asyncio.gather(*(api.post("/orders", json=ORDER) for _ in range(2)))
        await api.http.aclose()
        return [each.expect(201)["id"] for each in replies]

    assert asyncio.run(body()) == unordered([1, 2])
    assert seam.db.value("SELECT stock FROM products WHERE id = 1") == 4


def test_all_of_httpx_is_below(seam):
    alice = seam.api.as_("alice")
    with alice.stream("GET", "/orders") as response:
        assert b"".join(response.iter_bytes()) == b"[]"
    assert alice.http.get("/orders").json() == []
    assert seam.api.statements == 2
    headers = {"Authorization": "Bearer bob"}
    assert seam.api.as_(headers).get("/orders").expect(headers={"content-type": "application/json"})
"""
FAILING = """
def test_broken(api, db):
    api.as_("alice").get("/orders").expect(200)
    api.as_("alice").post("/broken", json={"password": "hunter2-secret"}).expect(201)


def test_wrong(api, db):
    from seamproof.testing import inserted
    with db.changes() as changed:
        api.as_("alice").post("/orders", json={"items": [{"product": 2, "quantity": 1}]})
    assert changed == {"orders": inserted(2)}


def test_after(db):
    assert db.count("orders") == 0
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop(tmp_path_factory.mktemp("sound") / "shop", test_shop=SOUND)


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    folder = shop(tmp_path_factory.mktemp("failing") / "shop", test_failing=FAILING)
    return folder, run_tests(folder, "-p", "no:randomly")


def services(folder: Path) -> list[psutil.Process]:
    return [
        each
        for each in psutil.process_iter(["cwd"])
        if each.info["cwd"] == str(folder) and each.status() != psutil.STATUS_ZOMBIE
    ]


def test_a_fresh_project_in_random_order(sound: Path) -> None:
    done = run_tests(sound, "-p", "randomly")
    assert done.code == 0, done.text
    assert done.passed == 9
    assert re.search(r"isolation undo: 9 resets, [\d.]+ ms in the median", done.text)
    assert not services(sound)
    assert not list(sound.glob(".seamproof/cache/run-*"))


@pytest.mark.long
def test_two_workers_have_a_world_each(sound: Path) -> None:
    done = run_tests(sound, "-n", "2")
    assert done.code == 0, done.text
    assert done.passed == 9
    for worker in ("gw0", "gw1"):
        assert f"{worker}: isolation undo" in done.text, done.text
    assert not services(sound)


def test_a_failure_shows_every_boundary_in_forty_lines(failing: tuple[Path, Outcome]) -> None:
    folder, done = failing
    assert done.code == 1
    assert done.of("test_broken") == "FAILED"
    shown = re.search(r"-+ seamproof -+\n(.*?)\n(?:_{5}|=)", done.text, re.DOTALL)
    assert shown
    text = shown.group(1)
    assert len(text.splitlines()) <= 40
    for said in (
        "1. GET /orders as alice -> 200",
        "POST /broken as alice -> 500",
        "request 2 of 2",
        "broken at: SQL, error 23505 at #",
        "INSERT INTO users (name) VALUES ('alice')",
        "the database said: duplicate key",
    ):
        assert said in text
    assert "hunter2" not in text
    kept = list(folder.glob(".seamproof/runs/*/tests/*.txt"))
    assert kept
    for each in kept:
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
        assert "hunter2" not in each.read_text()


def test_a_comparison_says_which_rows(failing: tuple[Path, Outcome]) -> None:
    _, done = failing
    assert "orders: expected inserted(2), and there are 0 such" not in done.text
    assert "products: nothing expected, and updated stock=(5, 4)" in done.text
    assert done.of("test_after") == "PASSED"


@pytest.mark.long
@pytest.mark.parametrize("way", ["clone", "truncate"])
def test_other_ways_of_isolation(tmp_path: Path, way: str) -> None:
    folder = shop(tmp_path / "shop", test_shop=SOUND)
    with (folder / "seamproof.toml").open("a") as file:
        file.write(f'isolation = "{way}"\n')
    done = run_tests(folder)
    assert done.code == 0, done.text
    assert f"isolation {way}: 9 resets" in done.text
