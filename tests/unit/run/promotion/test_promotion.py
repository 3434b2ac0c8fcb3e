"""A finding as Python and as curl, in the style of the project's own tests."""

from __future__ import annotations

import ast
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from seamproof.config.loading import parse
from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import (
    Act,
    BoundaryKind,
    CrossingKey,
    Experiment,
    Fault,
    FaultKind,
    Phase,
    Schedule,
    Settings,
    Turn,
)
from seamproof.core.model import Extract, Operation, Scenario, Step
from seamproof.core.verdict import Evidence, Finding, FindingClass, Tier
from seamproof.run.promotion import curl, testing
from seamproof.run.promotion.layout import Call, laid_out
from seamproof.run.promotion.origin import Origin, origin
from seamproof.run.promotion.style import Style, style

SERVICE = {"command": "serve {port}", "env": {"DATABASE_URL": "{database.url}"}}
LONG = "a text that is so long that it does not fit into one line of a hundred characters, " * 2
ORDER = Step(
    Operation("POST", "/orders"),
    "alice",
    json={"items": [{"product": 1}], "note": 'it\'s "here"'},
    extracts=(Extract("order", "$.id"),),
)
PAY = Step(
    Operation("POST", "/orders/{order}/payment"),
    "alice",
    path_parameters={"order": "{order}"},
    query={"mode": "a b&c"},
    headers={"X-Api-Key": "sk_live_1", "X-Trace": "t'1"},
    json={"order": "{order}", "password": "hunter2", "card": {"cvc": 1}},
    expect=(402,),
)
KNOWN = FindingClass("lost-write", "", "", "", "Answer after COMMIT. Or not at all.")


def finding(experiment: Experiment | None, check: str = "rollback") -> Finding:
    return Finding(
        "0123456789abcdef",
        check,
        "lost-write",
        Tier.PROVEN,
        "POST /orders/{order}/payment",
        BoundaryKind.SQL,
        (3, 3),
        Evidence(experiment, facts={"payload": 'a"""\\', "wire": "left out" * 20}),
    )


def made(*phases: Phase, check: str = "rollback") -> Origin:
    experiment = Experiment(phases or (Phase((Act(PAY),)),), (ORDER,))
    scenario = Scenario("pay an order", PAY, (ORDER,))
    return Origin(finding(experiment, check), scenario, experiment, KNOWN, 1)


def functions(folder: Path = Path("tests")) -> Style:
    return Style(folder, False, "")


# Layout


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "it's",
        'say "x"',
        "both ' and \"",
        "line\nbreak \\ \x00 \u2028 é",
        LONG,
        {"a": [1, 2.5, None, True], "b": {"c": LONG}, "d'": ()},
        [LONG, {"x": (1,)}, b"raw"],
        [list(range(60))],
        "x" * 300,
    ],
)
def test_values_mean_themselves_and_fit(value):
    text = laid_out(value)
    assert ast.literal_eval(text) == value
    assert all(len(line) <= 100 for line in text.splitlines())


def test_calls():
    assert laid_out(Call("post", ("/orders",), {"as_": "alice"})) == 'post("/orders", as_="alice")'
    text = laid_out(Call("post", ("/orders",), {"json": {"note": LONG}}))
    assert text.startswith('post(\n    "/orders",\n    json={\n        "note": (\n')


# The test


def test_what_is_done_is_written_line_by_line():
    fault = Fault(FaultKind.ERROR, CrossingKey("UPDATE orders SET x=?", 2), "40001")
    stall = Fault(FaultKind.STALL, CrossingKey("POST pay /charges", 1, BoundaryKind.HTTP_OUT))
    text = testing.written(
        made(Phase((Act(PAY),), (fault, stall)), Phase((Act(ORDER),))), functions()
    )
    ast.parse(text)
    assert text.endswith(
        """\
    (
        seam.experiment(before, act)
        .fault("error 40001", statement="UPDATE orders SET x=?", occurrence=2)
        .fault("stall", call="POST pay /charges")
        .then(
            post(
                "/orders",
                as_="alice",
                json={"items": [{"product": 1}], "note": "it's \\"here\\""},
                extract={"order": "$.id"},
            ),
        )
        .holds("rollback", "lost-write")
    )
"""
    )
    assert "def test_pay_an_order_shows_no_lost_write(seam):" in text
    assert "To repair it: Answer after COMMIT." in text
    assert "left out" not in text


def test_what_a_check_knows_is_said_where_no_experiment_says_it():
    text = testing.written(made(check="injection"), functions())
    assert """facts={"payload": 'a\"\"\"\\\\'}""" in text
    assert "left out" not in text


def test_overlaps_are_turns():
    schedule = Schedule(turns=(Turn(0, CrossingKey("COMMIT")), Turn(1)))
    acts = (Act(PAY), Act(PAY, replica=1, fresh=1))
    text = testing.written(made(Phase(acts, (), schedule), check="concurrency"), functions())
    assert (
        '        .beside(replica=1, fresh=1)\n        .turn(0, until="COMMIT")\n        .turn(1)\n'
    ) in text


def test_what_is_asked_of_the_world_is_written_but_for_what_the_check_sees_to():
    origin = made(Phase((Act(PAY),)), check="concurrency")
    settings = Settings(watched=True, isolation="serializable")
    asked = replace(origin, experiment=replace(origin.experiment, settings=settings))
    assert '.settings(isolation="serializable")\n' in testing.written(asked, functions())


def test_methods_of_classes():
    text = testing.written(made(), Style(Path("tests"), True, ""))
    tree = ast.parse(text)
    (found,) = (each for each in tree.body if isinstance(each, ast.ClassDef))
    assert found.name == "TestPayAnOrder"
    assert "    def test_pay_an_order_shows_no_lost_write(self, seam):" in text


# Where


def test_the_style_is_that_of_the_project(tmp_path):
    assert style(tmp_path) == Style(tmp_path / "tests", False, "the project has no tests yet")
    folder = tmp_path / "checks" / "integration"
    folder.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["checks"]\n')
    (folder / "test_a.py").write_text(
        "class TestA:\n    def test_a(self): ...\n    def test_b(self): ...\n"
    )
    (folder / "test_b.py").write_text("def test_c(): ...\n")
    (folder / "test_c.py").write_text("this is no Python")
    assert style(tmp_path) == Style(folder, True, "testpaths of pyproject.toml")


def test_a_finding_of_no_request_is_told(tmp_path):
    config = parse({"service": SERVICE}, tmp_path)
    with pytest.raises(ConfigurationError, match="is of no request"):
        origin(finding(None), config)
    found = origin(made().finding, config)
    assert (found.scenario.act, found.scenario.arrangement) == (PAY, (ORDER,))


# curl


CONFIG = {
    "service": SERVICE,
    "identities": {
        "alice": {"login": {"operation": "POST /login", "body": {}, "token": "$.t"}},
        "carol": {"api_key": {"name": "key", "value": "carol-key", "in": "query"}},
        "dave": {"api_key": {"name": "sid", "value": "dave-key", "in": "cookie"}},
        "bob": {"basic": {"username": "bob", "password": "bob-secret"}},
    },
}


def test_a_script_of_curl(tmp_path):
    text = curl.written(
        made(Phase((Act(PAY),)), Phase((Act(PAY, identity="bob"),))), parse(CONFIG, tmp_path)
    )
    for secret in ("sk_live_1", "hunter2", "bob-secret"):
        assert secret not in text
    assert "# ALICE_TOKEN: the token of alice" in text
    assert ': "${ALICE_TOKEN:?is not set}"' in text
    assert "ORDER=$(printf '%s' \"$answer\" | jq -r .id)" in text
    path = tmp_path / "it.sh"
    path.write_text(text)
    subprocess.run(["sh", "-n", path], check=True)


@pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")
def test_a_script_sends_what_the_finding_says(tmp_path):
    (tmp_path / "curl").write_text(
        '#!/bin/sh\nfor each in "$@"; do printf \'[%s]\' "$each" >> calls; done\n'
        "echo >> calls\necho '{\"id\": 7}'\n"
    )
    (tmp_path / "curl").chmod(0o755)
    (tmp_path / "it.sh").write_text(curl.written(made(), parse(CONFIG, tmp_path)))
    given = {
        "BASE_URL": "http://it",
        "ALICE_TOKEN": "a'b",
        "PASSWORD": "p",
        "X_API_KEY": "k",
        "CVC": "9",
    }
    subprocess.run(
        ["sh", "it.sh"],
        cwd=tmp_path,
        env={**given, "PATH": f"{tmp_path}:/usr/local/bin:/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    _, sent = (tmp_path / "calls").read_text().splitlines()
    assert "[Authorization: Bearer a'b]" in sent
    assert "[X-Trace: t'1]" in sent
    assert "[X-Api-Key: k]" in sent
    assert '"order": 7, "password": "p", "card": {"cvc": 9}' in sent
    assert sent.endswith("[http://it/orders/7/payment?mode=a%20b%26c]")


@pytest.mark.parametrize(
    ("who", "option"),
    [
        ("bob", "--header 'Authorization: Basic '\"${BOB_BASIC}\""),
        ("carol", '--url-query key="${CAROL_TOKEN}"'),
        ("dave", "--header 'Cookie: sid='\"${DAVE_TOKEN}\""),
    ],
)
def test_everybody_shows_who_they_are(tmp_path, who, option):
    read = Act(Step(Operation("GET", "/orders/{order}")), identity=who)
    text = curl.written(made(Phase((read,))), parse(CONFIG, tmp_path))
    assert f"  {option} \\\n" in text
    assert text.endswith('  "${BASE_URL}"/orders/"${ORDER}"\necho\n')
    assert "-key" not in text


def test_what_curl_cannot_show(tmp_path):
    config = parse(CONFIG, tmp_path)
    fault = Fault(FaultKind.CUT, CrossingKey("COMMIT"))
    with pytest.raises(ConfigurationError, match="something is broken") as told:
        curl.written(made(Phase((Act(PAY),), (fault,))), config)
    assert told.value.hint.startswith("`seamproof promote F-012345`")
    with pytest.raises(ConfigurationError, match="its requests overlap"):
        curl.written(made(Phase((Act(PAY), Act(PAY)))), config)
