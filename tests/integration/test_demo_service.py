"""The demo's twins, started for real: equal on the happy path, and different where they must be."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from seamproof import demo
from seamproof.config import loading
from seamproof.core.model import Scenario, Step
from seamproof.core.protocols import Address
from seamproof.database.postgres.backend import Postgres
from seamproof.database.settings import DatabaseSettings
from seamproof.discovery.scenarios import load_scenarios

ROOT = demo.CONFIGURATION.parent
CONFIG = loading.load(demo.CONFIGURATION)
SCENARIOS = {
    each.name: each
    for each in load_scenarios(sorted((ROOT / "scenarios").glob("*.yaml")), CONFIG.identities)
}
UNJUDGED = {"presence", "audit_log", "alembic_version"}
SEEDED = "demo_seeded"
State = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A server of our own with `SEEDED`, what both twins begin with; its superuser's address."""
    with asyncio.Runner() as runner:
        workspace = tmp_path_factory.mktemp("server")
        started = runner.run(Postgres().provision(DatabaseSettings(), workspace))
        try:
            environment = os.environ | {"DATABASE_URL": create(started.admin, SEEDED)}
            for words in ("alembic upgrade head", "alembic check", "seamproof.demo.seed"):
                command = [sys.executable, "-m", *words.split()]
                subprocess.run(command, cwd=ROOT, env=environment, check=True)
            yield started.admin
        finally:
            runner.run(started.stop())


def create(admin: Address, name: str, template: str = "template1") -> str:
    """Create a database. Returns its URL."""
    names = map(sql.Identifier, (name, template))
    with psycopg.connect(admin.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    return Address(admin.host, admin.port, admin.user, admin.password, name).url()


class Shop:
    """One twin of the service on a database of its own."""

    def __init__(self, admin: Address, *, fixed: bool) -> None:
        self.fixed = fixed
        self.url = create(admin, f"demo_{'fixed' if fixed else 'broken'}", SEEDED)
        self.environment = os.environ | {"DATABASE_URL": self.url, demo.FIXED_SWITCH: str(+fixed)}
        self.database = psycopg.connect(self.url, autocommit=True)
        self.tables = [
            row[0]
            for row in self.database.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            )
        ]
        self.database.execute("CREATE SCHEMA kept")
        for table in self.tables:
            self._on(table, "CREATE TABLE kept.{table} AS TABLE public.{table}")
        self.launch()

    def _on(self, table: str, statement: str) -> None:
        self.database.execute(sql.SQL(statement).format(table=sql.Identifier(table)))

    def launch(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = CONFIG.service.command.replace("{python}", sys.executable)
        words = command.replace("{port}", str(self.port)).split()
        self.process = subprocess.Popen(words, cwd=ROOT, env=self.environment)

    def await_ready(self) -> None:
        limit = time.monotonic() + 60
        while self.request("GET", CONFIG.service.ready)[0] != 200:
            assert self.process.poll() is None, "the service ended"
            assert time.monotonic() < limit, "the service does not become ready"
            time.sleep(0.1)
        self.tokens = {name: self._token(name) for name in CONFIG.identities}

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def restore(self) -> None:
        """Put the seed's rows back, and end the transaction that the broken reports leave open."""
        self.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
        )
        self.database.execute("SET session_replication_role = replica")
        for table in self.tables:
            self._on(table, "DELETE FROM public.{table}")
            self._on(table, "INSERT INTO public.{table} SELECT * FROM kept.{table}")
        self.database.execute("RESET session_replication_role")

    def state(self) -> State:
        """The rows that the twins are judged by."""
        return {
            table: sorted(
                self.database.execute(
                    sql.SQL("SELECT * FROM public.{}").format(sql.Identifier(table))
                ),
                key=repr,
            )
            for table in self.tables
            if table not in UNJUDGED
        }

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """The status and the parsed body; status 0 where there is no answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", **(headers or {})},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")
        except OSError:
            return 0, None

    def _token(self, name: str) -> str:
        body = {"username": name, "password": f"{name}-secret"}
        token: str = self.request("POST", "/login", body)[1]["access_token"]
        return token

    def send(self, step: Step, known: dict[str, Any], **headers: str) -> tuple[int, Any]:
        """Send a step, and remember what it extracts."""
        path = re.sub(
            r"\{(\w+)\}",
            lambda match: str(step.path_parameters.get(match[1], known.get(match[1]))),
            step.operation.path,
        )
        token = {"Authorization": f"Bearer {self.tokens[step.identity or 'alice']}"}
        status, body = self.request(step.operation.method, path, step.json, token | headers)
        for extract in step.extracts:
            known[extract.name] = body[extract.source.removeprefix("$.")]
        return status, body

    def arrange(self, scenario: Scenario) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for step in scenario.arrangement:
            status, body = self.send(step, known)
            assert 200 <= status < 300, body
        return known

    @contextmanager
    def failing(self, table: str, event: str, *, at_commit: bool = False) -> Iterator[None]:
        """Let every such write raise on the server, as a statement timeout would."""
        when = "CONSTRAINT TRIGGER broken AFTER" if at_commit else "TRIGGER broken BEFORE"
        deferred = "DEFERRABLE INITIALLY DEFERRED" if at_commit else ""
        self.database.execute(
            "CREATE OR REPLACE FUNCTION kept.fail() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '57014'; END $$"
        )
        self._on(
            table,
            f"CREATE {when} {event} ON {{table}} {deferred}"
            " FOR EACH ROW EXECUTE FUNCTION kept.fail()",
        )
        try:
            yield
        finally:
            self._on(table, "DROP TRIGGER broken ON {table}")


@pytest.fixture(scope="module")
def twins(server: Address) -> Iterator[dict[bool, Shop]]:
    shops = {fixed: Shop(server, fixed=fixed) for fixed in (False, True)}
    for shop in shops.values():
        shop.await_ready()
    yield shops
    for shop in shops.values():
        shop.stop()
        shop.database.close()


@pytest.fixture(params=[False, True], ids=["broken", "fixed"])
def shop(twins: dict[bool, Shop], request: pytest.FixtureRequest) -> Shop:
    chosen = twins[request.param]
    chosen.restore()
    return chosen


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_answers_as_it_says(shop: Shop, name: str) -> None:
    scenario = SCENARIOS[name]
    status, body = shop.send(scenario.act, shop.arrange(scenario))
    expected = scenario.act.expect or (200, 201, 204)
    assert status in expected, body


def test_the_scenarios_reach_what_the_document_describes(shop: Shop) -> None:
    document = shop.request("GET", "/openapi.json")[1]
    described = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    reached = {scenario.operation.id for scenario in SCENARIOS.values()}
    assert reached <= described
    assert len([each for each in reached if not each.startswith("GET")]) >= 10


@dataclass(frozen=True)
class Planted:
    """A failing write, and what the broken twin answers to the act and to the retry."""

    scenario: str
    table: str
    event: str
    answer: int
    retry: int
    leaves_rows: bool
    at_commit: bool = False


PLANTED = [
    Planted("place an order", "order_items", "INSERT", 500, 201, True),
    Planted("cancel an order", "products", "UPDATE", 200, 200, False),
    Planted("pay an order", "orders", "UPDATE", 500, 201, False),
    Planted("refund a paid order", "notifications", "INSERT", 201, 201, False),
    Planted("send money", "transfers", "INSERT", 500, 201, True),
    Planted("check out", "order_items", "INSERT", 500, 500, True),
    Planted("review a product", "reviews", "INSERT", 201, 201, False, at_commit=True),
    Planted("book a delivery", "stock_movements", "INSERT", 500, 500, False),
]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.scenario)
def test_a_failing_write(shop: Shop, planted: Planted) -> None:
    scenario = SCENARIOS[planted.scenario]
    known = shop.arrange(scenario)
    before = shop.state()
    with shop.failing(planted.table, planted.event, at_commit=planted.at_commit):
        answer, _ = shop.send(scenario.act, known)
        time.sleep(0.2 if planted.at_commit else 0)
    left = shop.state()
    retry, _ = shop.send(scenario.act, known)
    if shop.fixed:
        assert (answer, left == before) == (503, True)
        assert retry in (200, 201)
        return
    assert (answer, left != before) == (planted.answer, planted.leaves_rows)
    assert retry == planted.retry
    if planted.scenario == "book a delivery":
        again = [shop.send(scenario.act, known)[0] for _ in range(3)]
        shop.stop()
        shop.launch()
        shop.await_ready()
        assert again == [500, 500, 500]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_no_failing_write_leaves_a_part_in_the_fixed_twin(
    twins: dict[bool, Shop], scenario: Scenario
) -> None:
    shop = twins[True]
    for table in (*_written(shop, scenario), "presence", "audit_log"):
        shop.restore()
        known = shop.arrange(scenario)
        before = shop.state()
        with shop.failing(table, "INSERT OR UPDATE OR DELETE"):
            answer, _ = shop.send(scenario.act, known)
        kept = (scenario.act.expect or (200, 201, 204)) if table in UNJUDGED else (503,)
        assert answer in kept, table
        if answer == 503:
            assert shop.state() == before, table


def _written(shop: Shop, scenario: Scenario) -> list[str]:
    """The tables that the act changes when nothing fails."""
    shop.restore()
    known = shop.arrange(scenario)
    before = shop.state()
    shop.send(scenario.act, known)
    after = shop.state()
    return [table for table in before if before[table] != after[table]]


def test_a_refused_order_leaves_a_row_only_in_the_broken_twin(shop: Shop) -> None:
    before = shop.state()
    assert shop.send(SCENARIOS["order more than there is"].act, {})[0] == 409
    assert (shop.state() == before) == shop.fixed


def test_a_repeated_put_doubles_only_in_the_broken_twin(shop: Shop) -> None:
    act = SCENARIOS["put a product in the cart"].act
    shop.send(act, {})
    shop.send(act, {})
    held = shop.database.execute("SELECT quantity FROM cart_items").fetchall()
    assert held == [(4,)] if shop.fixed else [(8,)]


def test_a_key_makes_one_order_and_belongs_to_one_user(shop: Shop) -> None:
    act = SCENARIOS["place an order"].act
    key = {"Idempotency-Key": "k-1"}
    first, second = (shop.send(act, {}, **key)[1]["id"] for _ in range(2))
    assert first == second
    token = {"Authorization": f"Bearer {shop.tokens['bob']}"}
    _, foreign = shop.request("POST", "/orders", act.json, token | key)
    assert (foreign["id"] != first) == shop.fixed


def test_reports_leave_a_transaction_open_only_in_the_broken_twin(shop: Shop) -> None:
    shop.send(SCENARIOS["read the sales"].act, {})
    left = shop.database.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%'"
    ).fetchone()
    assert left == ((0,) if shop.fixed else (1,))


def test_legal_rows_of_a_failed_request_are_kept_in_both(shop: Shop) -> None:
    with shop.failing("orders", "INSERT"):
        shop.send(SCENARIOS["place an order"].act, {})
    entries = shop.database.execute("SELECT action, outcome FROM audit_log").fetchall()
    assert entries == [("POST /orders", "failed")]
    assert shop.database.execute("SELECT count(*) FROM presence").fetchone() == (1,)


def _as(shop: Shop, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {shop.tokens[name]}"}


def test_planted_defects_of_access(shop: Shop) -> None:
    order = shop.arrange(SCENARIOS["cancel an order"])["order"]
    refused = 404 if shop.fixed else 200
    assert shop.request("GET", f"/orders/{order}", None, _as(shop, "carol"))[0] == refused
    promoted = shop.request("PUT", "/users/1/role", {"role": "admin"}, _as(shop, "alice"))[0]
    assert promoted == (403 if shop.fixed else 200)
    hidden = shop.request("GET", "/debug/orders")[0]
    assert hidden == (404 if shop.fixed else 200)


def test_planted_defects_of_input(shop: Shop) -> None:
    body = {"display_name": "Al", "balance": "5000"}
    assert shop.request("PATCH", "/me", body, _as(shop, "alice"))[0] == 200
    balance = shop.database.execute("SELECT balance FROM users WHERE id = 1").fetchone()
    assert balance == ((1000,) if shop.fixed else (5000,))
    _, found = shop.request("GET", "/products?search=%27%20OR%201=1--", None, _as(shop, "bob"))
    assert (len(found) == 0) == shop.fixed
    _, people = shop.request("GET", "/users", None, _as(shop, "bob"))
    assert ("password_hash" in people[0]) != shop.fixed


def test_an_order_beyond_all_money_is_refused_by_the_fixed_twin(shop: Shop) -> None:
    product = {"name": "a ship", "price": "9999999999.9999", "stock": 10}
    assert shop.request("PUT", "/products/1", product, _as(shop, "bob"))[0] == 200
    order = {"items": [{"product": 1, "quantity": 2}], "address": "1 Main St"}
    refused = 422 if shop.fixed else 500
    assert shop.request("POST", "/orders", order, _as(shop, "alice"))[0] == refused
    shop.request("PUT", "/cart/items/1", {"quantity": 2}, _as(shop, "alice"))
    bought = shop.request("POST", "/cart/checkout", {"address": "here"}, _as(shop, "alice"))
    assert bought[0] == refused


def test_unsigned_tokens_are_believed_only_by_the_broken_twin(shop: Shop) -> None:
    claims = shop.tokens["alice"].split(".")[1]
    unsigned = f"eyJhbGciOiJub25lIn0.{claims}."
    status, _ = shop.request("GET", "/me", None, {"Authorization": f"Bearer {unsigned}"})
    assert status == (401 if shop.fixed else 200)
    if shop.fixed:
        beyond_ascii = {"Authorization": f"Bearer {shop.tokens['alice']}\u00e9"}
        assert shop.request("GET", "/me", None, beyond_ascii)[0] == 401


def test_the_demo_imports_nothing_of_seamproof() -> None:
    foreign = re.compile(r"from seamproof\.(?!demo\b)|import seamproof\.(?!demo\b)")
    offenders = [str(path) for path in Path(ROOT).rglob("*.py") if foreign.search(path.read_text())]
    assert not offenders
