"""Where the fields of a request land, by name and by value."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from seamproof.analysis.landing import column_of, field_name, landing, same_name, same_value
from seamproof.analysis.masks import Mask
from seamproof.analysis.phases import own_changes, own_rows
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import (
    Changes,
    Exchange,
    History,
    Request,
    Response,
    Row,
    RowChange,
    Section,
)
from seamproof.core.model import Operation, Step

CATALOG = Catalog(
    {
        "order_items": Table(
            "order_items",
            tuple(Column(name, "text") for name in ("id", "product_id", "quantity", "label")),
        ),
        "users": Table("users", (Column("id", "integer"), Column("full_name", "text"))),
    }
)


def clean(body: Any, *rows: RowChange, path: str = "/orders") -> History:
    step = Step(Operation("POST", path), json=body)
    act = Act(step)
    request = Request("POST", path.replace("{user}", "7"), (), json.dumps(body).encode())
    exchange = Exchange(act, request, 0.0, 0.1, Response(201))
    section = Section((exchange,), changes=Changes(rows))
    return History(Experiment((Phase((act,)),)), (section,))


def item(**row: str | None) -> RowChange:
    return RowChange("order_items", None, dict(row))


def test_a_field_lands_in_the_column_of_its_name() -> None:
    body = {"items": [{"product": 3, "quantity": 3}]}
    found = landing(clean(body, item(id="9", product_id="3", quantity="3", label=None)), CATALOG)
    assert found == {
        "body /items/0/product": ("order_items", "product_id"),
        "body /items/0/quantity": ("order_items", "quantity"),
    }


def test_a_telling_value_is_enough_and_a_plain_one_is_not() -> None:
    body = {"title": "winter sale", "count": 3}
    found = landing(clean(body, item(id="9", quantity="3", label="winter sale")), CATALOG)
    assert found == {"body /title": ("order_items", "label")}


def test_a_value_in_another_form_is_known_by_its_name() -> None:
    found = landing(clean({"label": "LOUD"}, item(id="9", label="hash:83af")), CATALOG)
    assert found == {"body /label": ("order_items", "label")}


def test_a_column_of_its_name_that_stays_null_has_nothing_of_a_value() -> None:
    row = item(id="9", label=None)
    assert landing(clean({"label": "production"}, row), CATALOG) == {}
    assert landing(clean({"label": None}, row), CATALOG) == {
        "body /label": ("order_items", "label")
    }


def test_parameters_of_the_path_land_too_and_what_was_there_does_not() -> None:
    old: Row = {"id": "7", "full_name": "Ann"}
    change = RowChange("users", old, {"id": "7", "full_name": "Ann Lee"})
    history = clean({"fullName": "Ann Lee", "id": 7}, change, path="/users/{user}")
    assert landing(history, CATALOG) == {"body /fullName": ("users", "full_name")}
    assert landing(History(Experiment(()), ()), CATALOG) == {}


def test_headers_of_the_act_land_and_those_of_the_sender_do_not() -> None:
    history = clean({}, RowChange("order_items", None, {"label": "spring", "quantity": "t-1"}))
    exchange = history.section.exchange
    step = replace(exchange.act.step, headers={"x-campaign": "{season}"})
    sent = (("X-Campaign", "spring"), ("X-Quantity", "t-1"))
    exchange = replace(exchange, act=Act(step), request=replace(exchange.request, headers=sent))
    history = replace(history, sections=(replace(history.section, exchanges=(exchange,)),))
    assert landing(history, CATALOG) == {"header x-campaign": ("order_items", "label")}


def test_names_and_values_that_say_the_same() -> None:
    assert same_name("productId", "product_id")
    assert same_name("product", "product_id")
    assert not same_name("product", "production")
    assert same_value("25.5", "25.5000")
    assert same_value(True, "t")
    assert not same_value(None, "")
    assert field_name("query", ("page",)) == "query page"
    assert column_of(CATALOG, "users", "nobody") is None


def test_a_phase_has_what_it_changed_itself() -> None:
    first, again = item(id="1", label="a"), item(id="2", label="a")
    section = Section((), changes=Changes((first, again, again)))
    assert own_changes(section, Changes((first, again))).rows == (again,)
    assert own_rows(section, Changes((first, again)), Mask.of(Mask().profile, CATALOG)) == (again,)
