"""Whose a row is, by foreign keys, names of columns, and rows of members."""

from __future__ import annotations

from seamproof.analysis.ownership import Belonging, Ownership
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.history import Changes, RowChange
from seamproof.core.model import Identity

ALICE, DORA, CAROL = ("users", "1"), ("users", "2"), ("users", "3")
ACME, GLOBEX = ("tenants", "1"), ("tenants", "2")


def table(name: str, *columns: str, **refers: str) -> Table:
    return Table(
        name,
        tuple(Column(each, "text") for each in ("id", *columns)),
        ("id",),
        uniques=(("username",),) if "username" in columns else (),
        foreign_keys=tuple(ForeignKey((c,), to, ("id",)) for c, to in refers.items()),
    )


TABLES = (
    table("tenants", "name"),
    table("users", "username", "tenant_id", "boss_id", tenant_id="tenants", boss_id="users"),
    table("orders", "user_id", "tenant_id", user_id="users", tenant_id="tenants"),
    table("lines", "order_id", order_id="orders"),
    table("products", "tenant_id", tenant_id="tenants"),
    table("comments", "user_id", "order_id", user_id="users", order_id="orders"),
    table("boards", "created_by", "tenant_id", created_by="users", tenant_id="tenants"),
    table("pages", "created_by", created_by="users"),
    table("letters", "owner", "tenant_id"),
    table("plans", "name"),
)
CATALOG = Catalog({each.name: each for each in TABLES})
PEOPLE = (Identity("alice"), Identity("dora"), Identity("carol"))
STORED = {
    "tenants": ({"id": 1, "name": "Acme"}, {"id": 2, "name": "Globex"}),
    "users": (
        {"id": 1, "username": "alice", "tenant_id": 1, "boss_id": 2},
        {"id": 2, "username": "dora@acme.example", "tenant_id": 1, "boss_id": None},
        {"id": 3, "username": "Carol", "tenant_id": 2, "boss_id": None},
    ),
    "orders": ({"id": 7, "user_id": 1, "tenant_id": 1},),
}
KNOWN = Ownership.of(CATALOG, STORED, PEOPLE)


def owned(of: str, **row: str | None) -> Belonging:
    return KNOWN.belonging(of, {"id": "9", **row})


def test_everybody_is_known_by_their_own_row_and_has_a_tenant() -> None:
    assert KNOWN.people == {"alice": ALICE, "dora": DORA, "carol": CAROL}
    assert KNOWN.tenants["alice"] == {ACME}
    assert KNOWN.apart("alice", "carol")
    assert not KNOWN.apart("alice", "dora")
    assert not KNOWN.apart("alice", "nobody")


def test_a_row_is_of_the_person_and_the_tenant_that_it_refers_to() -> None:
    found = owned("orders", user_id="1", tenant_id="1")
    assert found == Belonging(frozenset({ALICE}), frozenset({ACME}))
    assert KNOWN.mine("alice", found)
    assert not KNOWN.mine("dora", found)


def test_a_person_is_their_own_and_not_their_bosss() -> None:
    found = owned("users", username="alice", tenant_id="1", boss_id="2")
    assert found.people == {("users", "9")}


def test_what_is_of_a_row_is_of_its_owner() -> None:
    assert owned("lines", order_id="7").people == {ALICE}
    assert owned("lines", order_id="8").people == frozenset()


def test_a_row_that_was_made_since_is_known_as_well() -> None:
    made = RowChange("orders", None, {"id": "8", "user_id": "2", "tenant_id": "1"})
    later = KNOWN.also(Changes((made,)))
    assert later.belonging("lines", {"id": "9", "order_id": "8"}).people == {DORA}


def test_the_nearest_person_counts() -> None:
    assert owned("comments", user_id="3", order_id="7").people == {CAROL}


def test_what_a_tenant_has_is_nobodys_in_it_whoever_made_it() -> None:
    assert owned("products", tenant_id="2") == Belonging(frozenset(), frozenset({GLOBEX}))
    board = owned("boards", created_by="1", tenant_id="1")
    assert board == Belonging(frozenset(), frozenset({ACME}))
    assert owned("pages", created_by="1") == Belonging(frozenset({ALICE}), authored=True)


def test_columns_that_are_called_like_references_count() -> None:
    letter = owned("letters", owner="alice", tenant_id="1")
    assert letter.people == {ALICE}
    assert letter.tenants == {("tenant_id", "1")}


def test_what_refers_to_nobody_is_nobodys() -> None:
    assert not owned("plans", name="the small one")
    assert not owned("unknown", user_id=None)


def test_members_are_of_a_tenant_by_a_row_of_their_own() -> None:
    catalog = Catalog(
        {
            each.name: each
            for each in (
                table("people", "username"),
                table("teams", "name"),
                table("members", "person_id", "team_id", person_id="people", team_id="teams"),
            )
        }
    )
    stored = {
        "people": ({"id": 1, "username": "alice"}, {"id": 2, "username": "carol"}),
        "members": (
            {"id": 1, "person_id": 1, "team_id": 5},
            {"id": 2, "person_id": 2, "team_id": 6},
        ),
        "teams": ({"id": 5, "name": "x"}, {"id": 6, "name": "y"}),
    }
    found = Ownership.of(catalog, stored, (Identity("alice"), Identity("carol")))
    assert found.tenants["alice"] == {("teams", "5")}
    assert found.apart("alice", "carol")


def test_nobody_is_their_own_tenant_by_a_session() -> None:
    tables = (
        table("workspaces", "name"),
        table("accounts", "username"),
        table(
            "memberships",
            *("account_id", "workspace_id"),
            account_id="accounts",
            workspace_id="workspaces",
        ),
        table("sessions", "account_id", account_id="accounts"),
    )
    stored = {
        "workspaces": ({"id": 1, "name": "Acme"},),
        "accounts": ({"id": 1, "username": "alice"}, {"id": 2, "username": "dora"}),
        "memberships": tuple({"id": n, "account_id": n, "workspace_id": 1} for n in (1, 2)),
        "sessions": tuple({"id": n, "account_id": n} for n in (1, 2)),
    }
    known = Ownership.of(Catalog({e.name: e for e in tables}), stored, PEOPLE[:2])
    assert known.tenants["alice"] == known.tenants["dora"] == {("workspaces", "1")}


def test_a_tenant_is_also_the_row_that_says_its_name() -> None:
    catalog = Catalog(
        {
            "firms": table("firms", "name"),
            "users": table("users", "username", "firm_id", firm_id="firms"),
        }
    )
    stored = {
        "firms": ({"id": 4, "name": "Acme"},),
        "users": ({"id": 1, "username": "alice", "firm_id": 4},),
    }
    found = Ownership.of(catalog, stored, (Identity("alice", tenant="Acme"),))
    assert found.tenants["alice"] == {("firms", "4")}
