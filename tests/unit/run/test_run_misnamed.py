"""What the configuration and the reviewed files name, and is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seamproof.config.loading import parse
from seamproof.config.models import Config
from seamproof.core.access import Access, Admission, Attempt
from seamproof.core.catalog import Catalog, Table
from seamproof.core.document import Declaration, Document
from seamproof.core.model import Operation, Scenario, Step
from seamproof.run.misnamed import Names, misnamed, misnamed_access

HOOKS, ITEM = "POST /webhooks", "PUT /carts/{cart}/items/{item}"
CATALOG = Catalog({"products": Table("products", ())})
DOCUMENT = Document(
    tuple(
        Declaration(Operation.parse(each))
        for each in (HOOKS, "PUT /carts/{id}/items/{key}", "GET /admin/users")
    )
)


def scenario(operation: str, *before: str) -> Scenario:
    steps = tuple(Step(Operation.parse(each)) for each in before)
    return Scenario(operation, Step(Operation.parse(operation)), steps)


SCENARIOS = (scenario(HOOKS, "POST /carts"), scenario(ITEM))
NAMES = Names.of(SCENARIOS, DOCUMENT, CATALOG, {"member", "owner"})


def config(**sections: Any) -> Config:
    service = {"command": "serve {port}", **sections.pop("service", {})}
    return parse({"service": service, **sections}, Path("/project"))


def told(names: Names = NAMES, **sections: Any) -> list[tuple[str, str]]:
    notices = list(misnamed(config(**sections), names))
    assert all(each.warning for each in notices)
    return [(each.text, each.hint) for each in notices]


@pytest.mark.parametrize(
    ("sections", "near"),
    [
        ({"ssrf": {"allowed": ["POST /webhook"]}}, HOOKS),
        ({"ssrf": {"allowed": ["post /webhooks"]}}, HOOKS),
        ({"discovery": {"skip": ["* /admn/*"]}}, "GET /admin/users"),
        ({"authorization": {"public": ["GET /admin/user"]}}, "GET /admin/users"),
        ({"ssrf": {"allowed": ["PSOT /webhooks"]}}, HOOKS),
        ({"authorization": {"shared": ["product"]}}, "products"),
        ({"authorization": {"admins": ["owners"]}}, "owner"),
        ({"service": {"retry_safe": ["PUT /carts/{id}/items/{key}"]}}, ITEM),
    ],
)
def test_an_entry_that_names_nothing_is_told_with_what_may_be_meant(
    sections: dict[str, Any], near: str
) -> None:
    ((key, entries),) = next(iter(sections.values())).items()
    ((text, hint),) = told(**sections)
    assert text.startswith(f"{next(iter(sections))}.{key}: {entries[0]!r} names no ")
    assert hint == f"did you mean {near}?"


def test_what_names_something_is_right() -> None:
    assert not told(
        service={"retry_safe": [ITEM]},
        ssrf={"allowed": ["POST /web*", "POST /carts"]},
        discovery={"skip": ["GET /admin/*", "PUT /carts/{id}/*", "*"]},
        authorization={
            "public": ["GET /admin/*"],
            "shared": ["products", "GET /admin/users"],
            "admins": ["owner"],
        },
    )


def test_nothing_is_near_to_what_is_quite_different() -> None:
    ((_, hint),) = told(ssrf={"allowed": ["DELETE /zzz"]})
    assert hint == "correct it, or take it out"


def test_where_nothing_is_declared_nothing_is_looked_for_that_could_be_skipped() -> None:
    names = Names.of(SCENARIOS, None, CATALOG, ())
    assert not told(names, discovery={"skip": ["POST /admin/*"]})
    assert told(names, ssrf={"allowed": ["POST /admin/*"]})


def test_the_matrix_of_access_is_held_against_the_operations_and_who_asked() -> None:
    attempts = (
        Attempt("a", HOOKS, "ann", "another member", 403),
        Attempt("a", HOOKS, "", "nobody", 401),
    )
    no = Admission.REFUSED
    right = {HOOKS: {"another member": no, "nobody": no, "auditor": no}}
    assert not list(misnamed_access("access.toml", Access(attempts, right), NAMES.operations))
    wrong = {HOOKS: {"another membr": no}, "POST /webhook": {"nobody": no}}
    found = list(misnamed_access("access.toml", Access(attempts, wrong), NAMES.operations))
    assert [(each.text, each.hint) for each in found] == [
        (
            f"access.toml: {HOOKS}: 'another membr' is nobody's standing",
            "did you mean 'another member'?",
        ),
        (
            "access.toml: 'POST /webhook' names no operation, and does nothing",
            f"did you mean {HOOKS}?",
        ),
    ]
