"""Sign-ins as scenarios, without what is typed there."""

from __future__ import annotations

from typing import Any

from seamproof.config.identities import IdentityConfig
from seamproof.run.experiment.requests import Bindings, resolve
from seamproof.run.identities.logins import scenarios, values


def identity(**login: Any) -> IdentityConfig:
    return IdentityConfig.model_validate({"login": {"operation": "POST /login", **login}})


def test_a_login_is_a_scenario_that_refers_to_what_is_typed() -> None:
    body = {"user": {"name": "al", "password": "{env.PW}"}, "scopes": ["a"], "hint": None}
    people = {"alice": identity(body=body), "bob": identity(form={"name": "bob"})}
    (scenario,) = scenarios(people)
    assert scenario.operation.id == "POST /login"
    assert scenario.act.json == {
        "user": {"name": "{login.alice.user.name}", "password": "{login.alice.user.password}"},
        "scopes": ["{login.alice.scopes.0}"],
        "hint": None,
    }
    bindings = Bindings(logins=values(people, {"PW": "s3cret"}))
    assert resolve(scenario.act.json, bindings) == {
        "user": {"name": "al", "password": "s3cret"},
        "scopes": ["a"],
        "hint": None,
    }


def test_a_form_is_one_too() -> None:
    (scenario,) = scenarios({"bob": identity(form={"name": "bob"})})
    assert scenario.act.form == {"name": "{login.bob.name}"}


def test_what_no_reference_can_name_or_needs_a_page_before_is_none() -> None:
    odd = identity(body={"user name": "x"})
    page = identity(form={"name": "bob"}, csrf={"operation": "GET /csrf"})
    key = IdentityConfig.model_validate({"bearer": "t"})
    assert scenarios({"odd": odd, "page": page, "key": key}) == ()
