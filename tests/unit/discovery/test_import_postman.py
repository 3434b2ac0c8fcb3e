"""A Postman collection with folders, variables, inherited authorization and scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seamproof.core.errors import ConfigurationError
from seamproof.core.model import Extract, Scenario
from seamproof.discovery.importers.filing import import_file
from seamproof.discovery.importers.scripts import translated
from seamproof.discovery.scenarios import load_scenarios

RECORDINGS = Path(__file__).with_name("recordings")
COLLECTION = RECORDINGS / "shop.postman_collection.json"
ENVIRONMENT = RECORDINGS / "shop.postman_environment.json"


def imported(file: Path, output: Path, **options: Any) -> tuple[dict[str, Scenario], str]:
    said = "\n".join(import_file(file, output=output, **options))
    identities = {f"user{number}" for number in range(1, 9)}
    return {each.name: each for each in load_scenarios([output], identities)}, said


def shop(tmp_path: Path) -> tuple[dict[str, Scenario], str]:
    return imported(COLLECTION, tmp_path / "s.yaml", environment=ENVIRONMENT)


def collection(tmp_path: Path, *items: dict[str, Any], **more: Any) -> Path:
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"info": {"name": "c"}, "item": items, **more}))
    return path


def item(name: str, url: str, raw: str = "{}", *test: str) -> dict[str, Any]:
    return {
        "name": name,
        "event": [{"listen": "test", "script": {"exec": list(test)}}],
        "request": {"method": "POST", "url": url, "body": {"mode": "raw", "raw": raw}},
    }


def test_the_scenarios(tmp_path: Path) -> None:
    found, said = shop(tmp_path)
    assert list(found) == [
        "Orders / Create order",
        "Orders / Add line",
        "Orders / Pay",
        "Orders / Comment",
        "Admin / Close shop",
        "Admin / Hook",
        "Admin / Signed",
    ]
    create = found["Orders / Create order"]
    assert create.arrangement == ()
    assert create.act.operation.id == "POST /api/orders"
    assert create.act.expect == (201,)
    assert create.act.headers == {"Idempotency-Key": "{uuid}"}
    assert create.act.json == {
        "product": 7,
        "currency": "EUR",
        "region": "folder",
        "reference": "web-{uuid}",
        "at": "2026-01-01T00:00:00.000Z",
    }
    pay = found["Orders / Pay"]
    assert [each.operation.path for each in pay.arrangement] == [
        "/api/orders",
        "/api/orders/{order}/lines",
    ]
    assert pay.arrangement[0].extracts == (Extract("orderId", "$.order.id"),)
    assert pay.arrangement[1].form == {"sku": "tea", "count": "2"}
    assert pay.arrangement[1].query == {"verbose": "1"}
    assert pay.act.path_parameters == {"order": "{orderId}"}
    assert pay.act.json == {"order": "{orderId}", "note": "order {orderId}"}
    assert pay.act.expect == (200, 202)
    comment = found["Orders / Comment"].act
    assert 'name="text"\r\n\r\nhello {orderId}\r\n--seamproof--' in (comment.text or "")
    assert comment.headers == {"Content-Type": "multipart/form-data; boundary=seamproof"}
    assert "requests that are to be refused: 1" in said
    assert "other origins: 1" in said


def test_who_sends_it_is_inherited(tmp_path: Path) -> None:
    found, said = shop(tmp_path)
    assert [each.act.identity for each in found.values()] == [
        *("user1", "user1", "user1", "user1", "user2", "user3", None)
    ]
    assert (
        'login = { operation = "POST /api/login", body = { email = "dora@example.com", password = '
        '"{env.USER1_PASSWORD}" }, token = "$.auth.access_token" }' in said
    )
    assert 'basic = { username = "root", password = "{env.USER2_PASSWORD}" }' in said
    assert 'header = { name = "X-API-Key", value = "{env.USER3_TOKEN}" }' in said
    assert "Admin / Signed: authorization by hawk cannot be configured" in said


def test_what_cannot_be_translated_is_said_line_by_line(tmp_path: Path) -> None:
    _, said = shop(tmp_path)
    lines = said.partition("not translated:\n")[2].partition("\nadd to")[0].splitlines()
    create = "  Orders / Create order, test script, line"
    assert lines == [
        '  the collection, test script, line 1: pm.test("fast", () => '
        "pm.expect(pm.response.responseTime).to.be.below(500));",
        "  Orders / Create order, pre-request script, line 3: const stamp = Date.now();",
        f"{create} 3: pm.expect(pm.response.json().total).to.be.above(0);",
        f"{create} 9: for (const item of data.items) {{",
        f'{create} 10: pm.environment.set("itemId", data.items[0].id);',
    ]
    assert "Orders / Attach is left out: a form with a file, 'doc'" in said
    assert "Orders / Ship is left out: {{parcelId}} has no value" in said


def test_no_secret_is_written_or_said(tmp_path: Path) -> None:
    _, said = shop(tmp_path)
    everything = said + (tmp_path / "s.yaml").read_text()
    secrets = ("green-door", "root-password", "hook-9f8e")
    assert not [each for each in secrets if each in everything]
    elsewhere = tmp_path / "elsewhere" / "s.yaml"
    _, again = imported(COLLECTION, elsewhere, environment=ENVIRONMENT)
    assert elsewhere.read_text() == (tmp_path / "s.yaml").read_text()
    assert again.replace("elsewhere/", "") == said


def test_a_variable_of_a_request_that_is_left_out_is_missing(tmp_path: Path) -> None:
    taken = 'pm.environment.set("id", pm.response.json().id);'
    file = collection(
        tmp_path,
        item("Make", "{{url}}/things/{{nothing}}", "{}", taken),
        item("Use", "{{url}}/things/{{id}}"),
        item("Other", "{{url}}/others"),
        variable=[{"key": "id", "value": "7"}],
    )
    found, said = imported(file, tmp_path / "s.yaml")
    assert list(found) == ["Other"]
    assert "Use is left out: {{id}} is set by Make, which is left out" in said


def test_what_a_test_script_sets_is_so_for_later_requests_only(tmp_path: Path) -> None:
    file = collection(
        tmp_path,
        item("First", "{{url}}/a", '{"step": "{{step}}"}', 'pm.environment.set("step", "two");'),
        item("Second", "{{url}}/b", '{"step": "{{step}}"}'),
        variable=[{"key": "step", "value": "one"}],
    )
    found, _ = imported(file, tmp_path / "s.yaml")
    assert found["First"].act.json == {"step": "one"}
    assert found["Second"].act.json == {"step": "two"}


def test_the_latest_script_before_a_request_gives_its_variable(tmp_path: Path) -> None:
    taken = 'pm.environment.set("id", pm.response.json().id);'
    file = collection(
        tmp_path,
        item("First", "{{url}}/a", "{}", taken),
        item("Second", "{{url}}/b", "{}", taken),
        item("Use", "{{url}}/c", '{"id": {{id}}, "text": "{{id}} \\" {{id}}"}'),
    )
    found, _ = imported(file, tmp_path / "s.yaml")
    assert [each.operation.path for each in found["Use"].arrangement] == ["/b"]
    assert found["Use"].act.json == {"id": "{id}", "text": '{id} " {id}'}


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"a": "{{b}}", "b": "{{a}}"}, "holds itself"),
        ({"a": "{{b}}" * 99, "b": "{{c}}" * 99, "c": "x" * 99}, "more than 500000 characters"),
    ],
)
def test_variables_that_grow_without_end_are_refused(
    tmp_path: Path, variables: dict[str, str], problem: str
) -> None:
    given = [{"key": name, "value": value} for name, value in variables.items()]
    file = collection(tmp_path, item("x", "{{url}}/x", '{"a": "{{a}}"}'), variable=given)
    with pytest.raises(ConfigurationError, match=problem):
        list(import_file(file, output=tmp_path / "s.yaml"))


@pytest.mark.parametrize(
    ("line", "extracts"),
    [
        ('pm.environment.set("x", pm.response.json().a.b)', {"x": "$.a.b"}),
        ("pm.globals.set('x', JSON.parse(responseBody)['a b'][0].c);", {"x": "$['a b'][0].c"}),
        (
            'let j = pm.response.json().data; pm.collectionVariables.set("x", j?.id);',
            {"x": "$.data.id"},
        ),
        ('postman.setEnvironmentVariable("x", pm.response.json().id);', {"x": "$.id"}),
        ('pm.environment.set("x", pm.response.headers.get("Location"));', {"x": "header:Location"}),
        (
            'pm.test("t", function () { pm.environment.set("x", pm.response.json().id); });',
            {"x": "$.id"},
        ),
    ],
)
def test_what_scripts_take_from_a_response(line: str, extracts: dict[str, str]) -> None:
    script = translated(line, of_response=True)
    assert script.extracts == extracts
    assert script.untranslated == []


@pytest.mark.parametrize(
    "line",
    [
        'pm.environment.set("x", pm.response.json().items.length)',
        'pm.environment.set("x", pm.response.json().items.find(i => i.ok).id)',
        'pm.environment.set("x", unknown.id)',
        'pm.environment.set("x", `a${b}`)',
        'pm.response.to.have.status("Created")',
        'if (ok) { pm.environment.set("x", pm.response.json().id); }',
        "pm.sendRequest(url, () => {});",
        'pm.environment.unset("x");',
        "x" * 3000,
    ],
)
def test_what_scripts_do_otherwise_is_said(line: str) -> None:
    script = translated(f"// as it was\n\n{line}", of_response=True)
    assert script.untranslated == [(3, line)]
    assert not script.extracts
    assert not script.expect


def test_a_secret_in_a_script_is_not_said(tmp_path: Path) -> None:
    line = 'if (x) pm.environment.set("password", "hidden-word-5");'
    _, said = imported(
        collection(tmp_path, item("a", "{{url}}/a", "{}", line)), tmp_path / "s.yaml"
    )
    assert 'a, test script, line 1: if (x) pm.environment.set("password", "…");' in said
