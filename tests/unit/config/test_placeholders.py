import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamproof.config.placeholders import names, render, render_tree
from seamproof.core.errors import ConfigurationError

VALUES = {
    "port": "8000",
    "database.url": "postgresql://u:p@127.0.0.1:5/d",
    "files.app.cfg": "/run/app.cfg",
    "env.HOME": "/root",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--port {port}", "--port 8000"),
        ("{database.url}", "postgresql://u:p@127.0.0.1:5/d"),
        ("{database.url:postgresql+asyncpg}", "postgresql+asyncpg://u:p@127.0.0.1:5/d"),
        ("{files.app.cfg}", "/run/app.cfg"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
        ("{{port}}", "{port}"),
        ("{} {0} { port }", "{} {0} { port }"),
        ("{env.HOME}{port}", "/root8000"),
    ],
)
def test_render(text, expected):
    assert render(text, VALUES, key="k") == expected


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("{prot}", "service.command: there is no placeholder {prot}", "did you mean {port}?"),
        ("{env.ALICE}", "the environment variable ALICE is not set", "export ALICE="),
        ("{port:http}", "{port} is no URL", "only a URL"),
        ("{database.url:a/b}", "'a/b' is none", "only a URL"),
        ("--ca {database.ca}", "service.command: {database.ca} is there only", "set tls = true"),
    ],
)
def test_an_unknown_name_is_an_error_that_names_the_key(text, problem, hint):
    with pytest.raises(ConfigurationError) as caught:
        render(text, VALUES, key="service.command")
    assert problem in caught.value.problem
    assert hint in caught.value.hint


def test_a_foreign_file_keeps_its_own_braces():
    text = "format = {message}\nurl = {database.url}"
    rendered = render(text, VALUES, key="app.cfg", lenient=True)
    assert rendered == "format = {message}\nurl = postgresql://u:p@127.0.0.1:5/d"
    with pytest.raises(ConfigurationError):
        render("{database.ulr}", VALUES, key="app.cfg", lenient=True)


def test_a_secret_never_enters_a_message():
    with pytest.raises(ConfigurationError) as caught:
        render("{env.X} {database.urk}", {"env.X": "hunter2", **VALUES}, key="k")
    assert "hunter2" not in str(caught.value) + caught.value.hint


def test_a_tree_names_the_place():
    assert render_tree({"a": ["{port}", 1, None]}, VALUES, key="k") == {"a": ["8000", 1, None]}
    with pytest.raises(ConfigurationError, match=r"k\.a\[1\]"):
        render_tree({"a": ["x", "{nope}"]}, VALUES, key="k")


def test_names_are_found_in_order():
    assert list(names("{a} {{b}} {c.d:e}")) == ["a", "c.d"]


@given(st.text().filter(lambda text: not list(names(text)) and "{{" not in text))
def test_text_without_placeholders_is_left_as_it_is(text):
    assert render(text, VALUES, key="k") == text
