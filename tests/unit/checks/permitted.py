"""Orders of two tenants, and what `authorization` says of handlers for them."""

from __future__ import annotations

from dataclasses import replace

from doubles.fake_store import Answer, Ask, FakeStore, Handler
from seamproof.analysis.masks import Mask
from seamproof.analysis.ownership import Ownership
from seamproof.checks.authorization import Authorization
from seamproof.core.access import Access
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.experiment import Experiment
from seamproof.core.model import Extract, Identity, Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Verdict
from seamproof.plan.access import attempts
from seamproof.plan.runs import LearnedScenario


def table(name: str, *columns: str, refers: dict[str, str] | None = None) -> Table:
    return Table(
        name,
        tuple(Column(each, "integer" if each.endswith("id") else "text") for each in columns),
        ("id",),
        foreign_keys=tuple(
            ForeignKey((column,), to, ("id",)) for column, to in (refers or {}).items()
        ),
    )


CATALOG = Catalog(
    {
        each.name: each
        for each in (
            table("tenants", "id", "name"),
            table("users", "id", "tenant_id", "username", "role", refers={"tenant_id": "tenants"}),
            table(
                "orders",
                *("id", "tenant_id", "user_id", "address"),
                refers={"tenant_id": "tenants", "user_id": "users"},
            ),
            table("lines", "id", "order_id", "note", refers={"order_id": "orders"}),
            table("products", "id", "tenant_id", "name", refers={"tenant_id": "tenants"}),
            table("flags", "id", "name", "created_by", refers={"created_by": "users"}),
            table(
                "likes",
                "id",
                "user_id",
                "order_id",
                refers={"user_id": "users", "order_id": "orders"},
            ),
        )
    }
)
PEOPLE = {"alice": (1, 1), "dora": (2, 1), "bob": (3, 1), "carol": (4, 2)}
IDENTITIES = (
    Identity("alice", "member"),
    Identity("dora", "member"),
    Identity("bob", "admin"),
    Identity("carol", "member"),
)
ROWS = {
    "tenants": [{"id": 1, "name": "Acme"}, {"id": 2, "name": "Globex"}],
    "users": [
        {"id": key, "tenant_id": tenant, "username": name, "role": "member"}
        for name, (key, tenant) in PEOPLE.items()
    ],
    "orders": [],
    "lines": [],
    "products": [{"id": 7, "tenant_id": 1, "name": "An anvil of iron"}],
    "likes": [],
}


def place(ask: Ask) -> Answer:
    if not ask.sender:
        return 401, {}
    key, tenant = PEOPLE[ask.sender]
    return 201, ask.insert("orders", tenant_id=tenant, user_id=key, address="1 Main St")


def mine(ask: Ask) -> dict[str, object]:
    return {"user_id": PEOPLE[ask.sender][0]}


def signed_in(handler: Handler) -> Handler:
    return lambda ask: handler(ask) if ask.sender else (401, {})


def found(row: object, status: int = 200) -> Answer:
    return (status, row) if row else (404, {})


ORDER = Step(Operation("POST", "/orders"), "alice", extracts=(Extract("order", "$.id"),))
LINE = Step(
    Operation("POST", "/orders/{order}/lines"), "alice", extracts=(Extract("line", "$.id"),)
)


def add_line(ask: Ask) -> Answer:
    order = ask.one("orders", id=ask.path["order"], **mine(ask)) if ask.sender else None
    return (201, ask.insert("lines", order_id=order["id"], note="a note")) if order else (404, {})


def about(
    operation: str, owner: str | None = "alice", arrangement: tuple[Step, ...] = (ORDER,)
) -> Scenario:
    return Scenario("it", Step(Operation.parse(operation), owner), arrangement)


def judged(scenario: Scenario, handler: Handler, **what: object) -> list[Verdict]:
    handlers = {
        "POST /orders": place,
        "POST /orders/{order}/lines": add_line,
        scenario.operation.id: handler,
    }
    lists = what.pop("lists", {})
    store = FakeStore(ROWS, {**handlers, **lists, **what.pop("making", {})})
    subject = Subject(
        scenario,
        catalog=CATALOG,
        stored=store.stored,
        identities=IDENTITIES,
        reads=tuple(Scenario(each, Step(Operation.parse(each), "alice")) for each in lists),
    )
    subject = replace(subject, **what)
    known = subject.access.reviewed
    learned = LearnedScenario(scenario, True, clean=store.run(Experiment.of(scenario)))
    ownership = Ownership.of(CATALOG, store.stored, subject.identities)
    asked = store.drive(
        attempts([learned], subject.identities, ownership, Mask.of(Profile(), CATALOG))
    )
    everything = (*asked, *subject.access.attempts)
    subject = replace(subject, access=Access(everything, known, subject.access.confirmed))
    return list(store.drive(Authorization().explore(subject)))


def one(verdicts: list[Verdict]) -> Verdict:
    (verdict,) = verdicts
    return verdict
