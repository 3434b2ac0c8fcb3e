import pytest

from seamproof.config import load
from seamproof.core.errors import ConfigurationError

SERVICE = '[service]\ncommand = "run {port}"\n'


def stub(folder, text):
    file = folder / "seamproof.toml"
    file.write_text(f"{SERVICE}{text}")
    return load(file).stubs["payments"]


def test_one_reply_is_a_list_of_one(tmp_path):
    found = stub(
        tmp_path,
        """
        [stubs.payments.replies]
        "post /charges" = { status = 201, json = { id = "{uuid}", n = 1 }, delay = 0.5 }
        "GET /charges/{id}" = [{ text = "{request.path.id}" }, { status = 404 }]
        [stubs.payments.errors]
        "POST /charges" = { 402 = { json = { error = "card_declined", at = "{now}" } } }
        """,
    )
    (charge,) = found.replies["POST /charges"]
    assert (charge.status, charge.json_, charge.delay) == (201, {"id": "{uuid}", "n": 1}, 0.5)
    assert [each.status for each in found.replies["GET /charges/{id}"]] == [200, 404]
    assert found.errors["POST /charges"][402].json_["error"] == "card_declined"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('replies."POST /a" = { status = 100 }', "status must be at least 200, and is 100"),
        ('replies."POST /a" = { stauts = 200 }', "has no key 'stauts'"),
        ('replies."POST /a" = []', "should have at least 1 item"),
        ('replies."POST /a?b=1" = {}', "chosen by method and path, not by the query"),
        ('replies."charges" = {}', "is not METHOD /path"),
        ('replies."POST /a" = { json = 1, text = "a" }', "an answer has one body"),
        ('replies."POST /a" = { headers = { "a b" = "c" } }', "'a b', which is no header's name"),
        ('replies."POST /a" = { headers = { Content-Length = "1" } }', "computed from the body"),
        ('replies."POST /a" = { delay = -1 }', "delay must be at least 0, and is -1"),
        (
            'replies."POST /a" = { json = { b = ["{request.jsn.c}"] } }',
            "has {request.jsn.c} in POST /a: of the request there are {request.json.NAME}",
        ),
        ('replies."POST /a" = { text = "{request.query}" }', "has {request.query} in POST /a"),
        (
            'replies."GET /a/{id}" = [{}, { headers = { Location = "/{request.path.di}" } }]',
            "has {request.path.di} in GET /a/{id}: the parameters of this path are: id",
        ),
        (
            'replies."POST /charges" = {}\nerrors."POST /charge" = { 402 = {} }',
            "has errors of POST /charge, and no reply of it; did you mean POST /charges?",
        ),
        ('replies."POST /a" = {}\nerrors."POST /a" = { 200 = {} }', "must be at least 400"),
        ('replies."POST /a" = {}\nerrors."POST /a" = { no = {} }', "must be a whole number"),
        (
            'replies."POST /a" = {}\nerrors."POST /a" = { 402 = { text = "{uuid}" } }',
            "has {uuid} in POST /a: a refusal makes nothing that has an id",
        ),
    ],
)
def test_a_mistake_is_told_before_anything_starts(tmp_path, text, problem):
    with pytest.raises(ConfigurationError) as caught:
        stub(tmp_path, f"[stubs.payments]\n{text}")
    assert problem in caught.value.problem
    assert "stubs.payments" in caught.value.problem


def test_what_is_no_placeholder_is_text(tmp_path):
    found = stub(tmp_path, '[stubs.payments.replies]\n"POST /a" = { text = "{other} {{uuid}} {}" }')
    assert found.replies["POST /a"][0].text == "{other} {{uuid}} {}"
